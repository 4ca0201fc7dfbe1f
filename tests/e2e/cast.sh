#!/usr/bin/env bash
# Drives `bondstone up` with cast, as a network developer would: reads, deposits, opts in, slashes,
# claims rewards, decodes a custom error, moves time.
# Usage: tests/e2e/cast.sh BONDSTONE, the path of the program. Needs `npm ci` in this folder.
set -euo pipefail

bondstone=$(realpath "${1:?usage: tests/e2e/cast.sh BONDSTONE}")
cd "$(dirname "${BASH_SOURCE[0]}")"
# The program itself: the script that npm links to it loses its exit code.
for bin in node_modules/@foundry-rs/cast-*/bin; do PATH="$PWD/$bin:$PATH"; done
command -v cast >/dev/null || { echo "error: cast is missing; run npm ci in tests/e2e" >&2; exit 1; }
# Nothing here may leave the machine.
export FOUNDRY_DISABLE_NIGHTLY_WARNING=1 NO_COLOR=1 ETH_RPC_TIMEOUT=20

work=$(mktemp -d)
# A node that keeps its chain on disk would go on where another test stopped.
fresh=()
help=$("$bondstone" up --help)
[[ "$help" == *--ephemeral* ]] && fresh=(--ephemeral)
"$bondstone" up --port 0 "${fresh[@]}" >"$work/banner" 2>"$work/log" &
node=$!
finish() {
    kill "$node" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

die() {
    printf '\nFAILED: %s\n' "$*" >&2
    echo "--- what the node said:" >&2
    cat "$work/log" >&2
    exit 1
}

checks=0
# same WHAT GOT WANT
same() {
    [[ "$2" == "$3" ]] || die "$1: got '$2', want '$3'"
    checks=$((checks + 1))
    echo "ok: $1"
}

for _ in $(seq 200); do
    grep -q '^Listening on ' "$work/banner" && break
    kill -0 "$node" 2>/dev/null || die "the node did not start"
    sleep 0.05
done
ETH_RPC_URL=$(sed -n 's/^Listening on //p' "$work/banner")
[[ -n "$ETH_RPC_URL" ]] || die "no URL in the banner"
export ETH_RPC_URL

# at LABEL: the address that the banner gives for a label. key N and account N: of the N-th account.
at() { sed -n "s/^  $1  *\(0x[0-9a-fA-F]\{40\}\).*/\1/p" "$work/banner" | head -n 1; }
account() { sed -n "s/^  ($1) \(0x[0-9a-fA-F]\{40\}\).*/\1/p" "$work/banner"; }
key() { sed -n "s/^  ($1) 0x[0-9a-fA-F]\{40\}  \(0x[0-9a-f]\{64\}\).*/\1/p" "$work/banner"; }
# tx N TO SIGNATURE ARGS…: a transaction signed with the key of the N-th account; prints its hash.
tx() {
    local from=$1
    shift
    cast send --async --private-key "$(key "$from")" "$@"
}
status() { cast receipt "$1" status; }
# call TO SIGNATURE ARGS…: a number or an address, without the "[1e18]" that cast adds.
call() { cast call "$@" | cut -d ' ' -f 1; }

alice=0
hyperlane=3
operator_a=6
newcomer=9

wsteth=$(at 'wstETH (18 decimals)')
hyper=$(at 'HYPER (18 decimals)')
vault=$(at 'instant vault')
delegator=$(at 'instant delegator')
slasher=$(at 'instant slasher')
rewards=$(at 'staker rewards')
network=$(account "$hyperlane")
subnetwork=${network}000000000000000000000000

same "chain id" "$(cast chain-id)" 31337
same "client" "$(cast client | cut -d / -f 1)" bondstone
same "mainnet address of the vault factory" "$(at VaultFactory)" \
    0xAEb6bdd95c502390db8f52c8909F703E9Af6a346
same "code at the vault factory" "$(cast code "$(at VaultFactory)" | cut -c 1-4)" 0xfe
same "ether of an account" "$(cast balance "$(account "$newcomer")")" 10000000000000000000000
same "vaults" "$(call "$(at VaultFactory)" 'totalEntities()(uint256)')" 13
same "stake after the slash and the exit" "$(call "$vault" 'activeStake()(uint256)')" \
    135000000000000000000

# Deposit: approve, then deposit, by a newcomer.
amount=3000000000000000000
hash=$(tx "$newcomer" "$wsteth" 'approve(address,uint256)' "$vault" $amount)
same "approve" "$(status "$hash")" true
hash=$(tx "$newcomer" "$vault" 'deposit(address,uint256)' "$(account "$newcomer")" $amount)
same "deposit" "$(status "$hash")" true
same "stake after the deposit" "$(call "$vault" 'activeStake()(uint256)')" 138000000000000000000
same "wstETH after the deposit" \
    "$(call "$wsteth" 'balanceOf(address)(uint256)' "$(account "$newcomer")")" \
    9997000000000000000000
deposits=$(cast logs --from-block earliest --address "$vault" \
    'Deposit(address indexed,address indexed,uint256,uint256)' | grep -c 'transactionHash: ')
same "deposits in the logs" "$deposits" 3

# Opt in: the newcomer becomes an operator of the vault and of the network.
hash=$(tx "$newcomer" "$(at OperatorRegistry)" 'registerOperator()')
same "register an operator" "$(status "$hash")" true
for where in "OperatorVaultOptInService $vault" "OperatorNetworkOptInService $network"; do
    read -r service entity <<<"$where"
    hash=$(tx "$newcomer" "$(at "$service")" 'optIn(address)' "$entity")
    same "opt in at $service" "$(status "$hash")" true
    same "opted in at $service" "$(call "$(at "$service")" 'isOptedIn(address,address)(bool)' \
        "$(account "$newcomer")" "$entity")" true
done

# Slash: the network's middleware takes stake that was there a block ago.
same "stake behind the operator" "$(call "$delegator" 'stake(bytes32,address)(uint256)' \
    "$subnetwork" "$(account "$operator_a")")" 60000000000000000000
capture=$(cast block latest --field timestamp)
slash='slash(bytes32,address,uint256,uint48,bytes)'
hash=$(tx "$hyperlane" "$slasher" "$slash" "$subnetwork" "$(account "$operator_a")" \
    1000000000000000000 "$capture" 0x)
same "slash" "$(status "$hash")" true
same "total stake after the slash" "$(call "$vault" 'totalStake()(uint256)')" \
    147000000000000000000
same "logs of the slash" "$(cast receipt "$hash" logs --json | grep -o '"logIndex"' | wc -l)" 4

# A custom error, decoded: somebody who is not the middleware tries the same.
error=$(cast call --from "$(account "$alice")" "$slasher" "$slash" "$subnetwork" \
    "$(account "$operator_a")" 1 "$capture" 0x 2>&1) && die "a stranger may slash"
[[ "$error" == *"error code 3: execution reverted: NotNetworkMiddleware()"* ]] || die "got $error"
data=$(grep -o 'data: "0x[0-9a-f]*"' <<<"$error" | grep -o '0x[0-9a-f]*')
same "data of the error" "$data" 0x227bf64d
same "name of the error" "$(cast sig 'NotNetworkMiddleware()')" "$data"
error=$(cast call --from "$(account "$alice")" "$wsteth" 'transfer(address,uint256)' \
    "$vault" "$(cast max-uint)" 2>&1) && die "more moved than is there"
data=$(grep -o 'data: "0x[0-9a-f]*"' <<<"$error" | grep -o '0x[0-9a-f]*')
decoded=$(cast decode-error --sig 'ERC20InsufficientBalance(address,uint256,uint256)' "$data")
same "an error's arguments, decoded" "$(head -n 1 <<<"$decoded")" "$(account "$alice")"

# Rewards: Alice claims what Hyperlane paid to the vault's stakers.
before=$(call "$hyper" 'balanceOf(address)(uint256)' "$(account "$alice")")
claim=$(cast abi-encode 'f(address,uint256,bytes[])' "$network" 100 '[]')
hash=$(tx "$alice" "$rewards" 'claimRewards(address,address,bytes)' "$(account "$alice")" \
    "$hyper" "$claim")
same "claim rewards" "$(status "$hash")" true
after=$(call "$hyper" 'balanceOf(address)(uint256)' "$(account "$alice")")
same "HYPER claimed" "$((${after%000000000000000000} - ${before%000000000000000000}))" 9000

# A transaction that reverts is in the chain, with status 0.
hash=$(tx "$alice" --gas-limit 500000 "$rewards" 'claimRewards(address,address,bytes)' \
    "$(account "$alice")" "$hyper" "$claim")
same "claiming twice" "$(status "$hash")" false

# Time: a week on, the vault is in its next epoch.
epoch=$(call "$vault" 'currentEpoch()(uint256)')
same "move time" "$(cast rpc evm_increaseTime 604800)" 604800
cast rpc evm_mine >/dev/null
next=$(call "$vault" 'currentEpoch()(uint256)')
[[ "$next" -gt "$epoch" ]] || die "still in epoch $next"
number=$(cast block-number)
same "the last block" "$(cast block latest --field number)" "$number"
when=$(($(cast block latest --field timestamp) + 5))
cast rpc evm_setNextBlockTimestamp "$when" >/dev/null
cast rpc evm_mine >/dev/null
same "time of the next block" "$(cast block latest --field timestamp)" "$when"

# Ctrl-C.
kill -INT "$node"
code=0
wait "$node" || code=$?
same "exit code after Ctrl-C" "$code" 0
grep -q '^Stopped at block ' "$work/banner" || die "no farewell"
echo "$checks checks passed"
