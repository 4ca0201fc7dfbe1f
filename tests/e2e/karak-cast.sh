#!/usr/bin/env bash
# Drives the Karak of `bondstone up` with cast: a vault from the operator's call to a stake that
# counts, a deposit and a redeem, and the slash of the economy that waits for its two days.
# Usage: tests/e2e/karak-cast.sh BONDSTONE, the path of the program. Needs `npm ci` in this folder.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/node.sh"

alice=0
hyperlane=3
operator=8
committee=9
ether=000000000000000000
day=86400

core=$(at KarakCore)
weth=$(at 'WETH (18 decimals)')
service=$(at 'price oracle DSS')
first=$(at 'operator A WETH vault')

# refused WHAT WANT COMMAND…: the command fails and names the error.
refused() {
    local what=$1 want=$2 said
    shift 2
    said=$("$@" 2>&1) && die "$what went through"
    [[ "$said" == *"execution reverted: $want"* ]] || die "$what: got $said"
    same "$what" "$want" "$want"
}
# pass SECONDS
pass() {
    cast rpc evm_increaseTime "$1" >/dev/null
    cast rpc evm_mine >/dev/null
}
# data HASH SIGNATURE: data of the transaction's log with this signature.
data() {
    cast receipt "$1" --json |
        sed 's/{"address"/\n&/g' |
        grep "$(cast sig-event "$2")" |
        grep -o '"data":"0x[0-9a-f]*"' | cut -d '"' -f 4
}

same "mainnet address of Core" "$core" 0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15
same "mainnet address of the slashing handler" "$(at KarakSlashingHandler)" \
    0xAFe106717E5Af6B81D0F43296317710EDCC22D32
same "code at Core" "$(cast code "$core" | cut -c 1-4)" 0xfe
same "version of Core" "$(call "$core" 'VERSION()(string)')" '"2.0.0"'

# The operator deploys a vault.
who=$(account "$operator")
config="[($weth,18,$who,Test vault,TEST,0x)]"
deploy='deployVaults((address,uint8,address,string,string,bytes)[],address)'
hash=$(tx "$operator" "$core" "$deploy" "$config" "$(cast address-zero)")
same "deploy a vault" "$(status "$hash")" true
vault=$(call "$core" 'getOperatorVaults(address)(address[])' "$who" | tr -d '[]')
event=$(data "$hash" 'DeployedVault(address,address,address)')
same "the vault in the log" "$(cast decode-abi --input 'f(address,address,address)' "$event" |
    sed -n 2p)" "$vault"
same "the vault's operator" "$(cast call "$vault" \
    'vaultConfig()((address,uint8,address,string,string,bytes))' | tr -d '()' | cut -d ' ' -f 3)" "$who,"

# A staker chooses him by depositing.
hash=$(tx "$alice" "$weth" 'approve(address,uint256)' "$vault" "10$ether")
same "approve" "$(status "$hash")" true
hash=$(tx "$alice" "$vault" 'deposit(uint256,address)' "10$ether" "$(account "$alice")")
same "deposit" "$(status "$hash")" true
same "assets of the vault" "$(call "$vault" 'totalAssets()(uint256)')" "10$ether"

# The operator registers to a service and stakes the vault there.
stake='requestUpdateVaultStakeInDSS((address,address,bool))'
refused "stake before registering" 'OperatorNotValidatingForDSS()' \
    cast call --from "$who" "$core" "$stake" "($vault,$service,true)"
hash=$(tx "$operator" "$core" 'registerOperatorToDSS(address,bytes)' "$service" 0x)
same "register to the service" "$(status "$hash")" true
same "the service knows him" "$(call "$service" 'isOperatorRegistered(address)(bool)' "$who")" true
refused "a service that refuses" \
    "DSSHookCallReverted($(cast sig 'Refused(bytes4)')$(cast sig 'registrationHook(address,bytes)' |
        cut -c 3-)$(printf '0%.0s' $(seq 48)))" \
    cast call --from "$who" "$core" 'registerOperatorToDSS(address,bytes)' \
    "$(at 'members only DSS')" 0x
hash=$(tx "$operator" "$core" "$stake" "($vault,$service,true)")
same "request a stake" "$(status "$hash")" true
update='(uint48,uint48,address,(address,address,bool))'
event=$(data "$hash" "RequestedStakeUpdate($update)")
queued=$(cast decode-abi --input "f($update)" "$event" | sed 's/ \[[0-9.e]*\]//g')
finalize="finalizeUpdateVaultStakeInDSS($update)"
pass $((9 * day - 600))
refused "finalize it too early" 'OperatorStakeUpdateDelayNotPassed()' \
    cast call --from "$who" "$core" "$finalize" "$queued"
# Blocks come a second apart at least, so the chain may be ahead of its clock.
pass 900
hash=$(tx "$operator" "$core" "$finalize" "$queued")
same "finalize it after nine days" "$(status "$hash")" true
same "vaults staked" "$(call "$core" 'fetchVaultsStakedInDSS(address,address)(address[])' \
    "$who" "$service")" "[$vault]"
same "leverage of 100 %" "$(call "$core" 'getLeverage(address)(uint256)' "$vault")" "100$ether"

# Alice takes a part back.
hash=$(tx "$alice" "$vault" 'approve(address,uint256)' "$vault" "4$ether")
same "allow the vault to take shares" "$(status "$hash")" true
hash=$(tx "$alice" "$vault" 'startRedeem(uint256,address)' "4$ether" "$(account "$alice")")
same "start a redeem" "$(status "$hash")" true
word=$(data "$hash" 'StartedRedeem(address,address,uint256,bytes32,uint256)' | cut -c 195-258)
refused "finish it too early" 'MinWithdrawDelayNotPassed()' \
    cast call "$vault" 'finishRedeem(bytes32)' "0x$word"
pass $((9 * day + 900))
hash=$(tx "$hyperlane" "$vault" 'finishRedeem(bytes32)' "0x$word")
same "anybody may finish it" "$(status "$hash")" true
same "assets left" "$(call "$vault" 'totalAssets()(uint256)')" "6$ether"

# The slash of the economy that waits: its request is in the log, its time in the block, and the
# nonce counts stake updates and slashings together.
requested=$(cast logs --from-block earliest --address "$core" --json \
    'RequestedSlashing(address,(address,uint96[],address[]))' | sed 's/{"address"/\n&/g' | tail -n 1)
number=$(grep -o '"blockNumber":"0x[0-9a-f]*"' <<<"$requested" | cut -d '"' -f 4)
when=$(cast block "$number" --field timestamp)
slashing='(address,uint96,address,address[],uint96[],uint256)'
slash="($(at 'price oracle DSS'),$when,$(account 6),[$first],[5$ether],13)"
same "queued for slashing" "$(call "$core" 'isVaultQueuedForSlashing(address)(bool)' "$first")" true
refused "veto by a stranger" 'Unauthorized()' \
    cast call --from "$(account "$alice")" "$core" "cancelSlashing($slashing)" "$slash"
cast call --from "$(account "$committee")" "$core" "cancelSlashing($slashing)" "$slash" >/dev/null ||
    die "the committee cannot veto"
before=$(call "$first" 'totalAssets()(uint256)')
same "assets before the slash" "$before" "64$ether"
hash=$(tx "$alice" "$core" "finalizeSlashing($slashing)" "$slash")
same "anybody may finalize it" "$(status "$hash")" true
same "assets after the slash" "$(call "$first" 'totalAssets()(uint256)')" 60800000000000000000
refused "finalize it twice" 'InvalidSlashingParams()' \
    cast call "$core" "finalizeSlashing($slashing)" "$slash"

farewell
