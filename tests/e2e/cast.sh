#!/usr/bin/env bash
# Drives `bondstone up` with cast, as a network developer would: reads, deposits, opts in, slashes,
# claims rewards, decodes a custom error, moves time.
# Usage: tests/e2e/cast.sh BONDSTONE, the path of the program. Needs `npm ci` in this folder.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/node.sh"

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

farewell
