//! The economy that is there at the start.

use crate::client::{Client, number};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolError, SolValue};
use bondstone_kernel::erc20::Erc20::{approveCall, balanceOfCall};
use bondstone_node::economy::part;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::Delegator::stakeCall;
use bondstone_symbiotic::abi::registry::Registry::totalEntitiesCall;
use bondstone_symbiotic::abi::rewards::DefaultOperatorRewards::rootCall;
use bondstone_symbiotic::abi::rewards::DefaultStakerRewards::claimableCall;
use bondstone_symbiotic::abi::slasher::VetoSlasher::slashRequestsLengthCall;
use bondstone_symbiotic::abi::vault::Vault::{
    InvalidEpoch, TooMuchWithdraw, activeStakeCall, claimCall, currentEpochCall, depositCall,
    slasherCall, totalStakeCall, withdrawCall, withdrawalsOfCall,
};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

fn subnetwork(network: Address) -> B256 {
    let mut word = B256::ZERO;
    word[..20].copy_from_slice(network.as_slice());
    word
}

#[test]
fn networks_operators_and_vaults_are_registered() {
    let client = Client::with_economy();
    let count = |kind| {
        client.call(client.node.deployment().address(kind), &totalEntitiesCall {}).to::<u64>()
    };
    assert_eq!(count(Kind::NetworkRegistry), 3);
    assert_eq!(count(Kind::OperatorRegistry), 3);
    assert_eq!(count(Kind::VaultFactory), 3);
    assert_eq!(count(Kind::DelegatorFactory), 3);
    assert_eq!(count(Kind::SlasherFactory), 2);
    assert_eq!(count(Kind::StakerRewardsFactory), 1);
    assert_eq!(count(Kind::OperatorRewardsFactory), 1);
    let economy = client.node.economy().expect("it was asked for");
    let slasher = |vault| client.call(vault, &slasherCall {});
    assert_eq!(slasher(economy.instant.vault), economy.instant.slasher);
    assert_eq!(slasher(economy.veto.vault), economy.veto.slasher);
    assert_eq!(slasher(economy.unslashable.vault), Address::ZERO);
}

#[test]
fn stake_is_delegated_slashed_and_leaving() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for");
    let tokens = client.node.tokens();
    let stake = |network: usize, operator: usize, delegator| {
        let subnetwork = subnetwork(client.address(network));
        let operator = client.address(operator);
        client.call(delegator, &stakeCall { subnetwork, operator })
    };
    // 150 deposited, 5 slashed, 10 on their way out.
    let vault = economy.instant.vault;
    assert_eq!(client.call(vault, &activeStakeCall {}), tokens.wsteth.units(135));
    assert_eq!(client.call(vault, &totalStakeCall {}), tokens.wsteth.units(145));
    let burned = client.call(
        tokens.wsteth.address,
        &balanceOfCall {
            account: "0x000000000000000000000000000000000000dEaD".parse().expect("it is one"),
        },
    );
    assert_eq!(burned, tokens.wsteth.units(5));
    let delegator = economy.instant.delegator;
    let staked = stake(part::HYPERLANE, part::OPERATOR_A, delegator);
    assert_eq!(staked, tokens.wsteth.units(60));
    let staked = stake(part::TANSSI, part::OPERATOR_B, delegator);
    assert_eq!(staked, tokens.wsteth.units(32));
    let staked = stake(part::DITTO, part::OPERATOR_C, economy.veto.delegator);
    assert_eq!(staked, tokens.usdc.units(150_000));
    let staked = stake(part::HYPERLANE, part::OPERATOR_C, economy.unslashable.delegator);
    assert_eq!(staked, tokens.wsteth.units(20));
    let requests = client.call(economy.veto.slasher, &slashRequestsLengthCall {});
    assert_eq!(requests, U256::ONE);
}

#[test]
fn the_exit_cannot_be_claimed_until_its_epoch_is_over() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for");
    let (vault, bob) = (economy.instant.vault, client.address(part::BOB));
    let epoch = client.call(vault, &currentEpochCall {});
    assert_eq!(epoch, U256::from(2), "not quite three weeks have passed");
    let owed = |epoch| client.call(vault, &withdrawalsOfCall { epoch, account: bob });
    let at = (0u64..6).map(U256::from).find(|epoch| !owed(*epoch).is_zero());
    let at = at.expect("he is owed something");
    assert!(at >= epoch, "not claimable yet");
    assert_eq!(owed(at), client.node.tokens().wsteth.units(10));
    let claim = claimCall { recipient: bob, epoch: at };
    let described =
        json!([{ "from": bob, "to": vault, "input": hex::encode_prefixed(claim.abi_encode()) }]);
    let response = client.request("eth_call", described);
    assert_eq!(response["error"]["data"], hex::encode_prefixed(InvalidEpoch {}.abi_encode()));
    client.ok("evm_increaseTime", json!([14 * 24 * 3600]));
    client.ok("evm_mine", json!([]));
    let receipt = client.transact(part::BOB, vault, &claim);
    assert_eq!(receipt["status"], "0x1");
}

#[test]
fn rewards_wait_for_those_who_have_not_claimed() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for");
    let hyper = client.node.tokens().hyper.clone();
    let network = client.address(part::HYPERLANE);
    let claimable = |index: usize| {
        let data = (network, U256::MAX).abi_encode_params();
        let account = client.address(index);
        let call = claimableCall { token: hyper.address, account, data: data.into() };
        client.call(economy.staker_rewards, &call)
    };
    // 9,000 and 6,000, less a tenth each, of which Alice has two thirds. Bob took the first.
    assert_eq!(claimable(part::ALICE), hyper.units(9_000));
    assert_eq!(claimable(part::BOB), hyper.units(1_800));
    let tanssi = client.node.tokens().tanssi.clone();
    let call = rootCall { network: client.address(part::TANSSI), token: tanssi.address };
    assert_ne!(client.call(economy.operator_rewards, &call), B256::ZERO);
    let account = client.address(part::OPERATOR_A);
    let paid = client.call(tanssi.address, &balanceOfCall { account });
    assert_eq!(paid, tanssi.units(1_000_000 + 5_000));
}

#[test]
fn the_chain_catches_up_with_the_wall_clock() {
    let client = Client::with_economy();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let last = number(&client.latest()["timestamp"]);
    assert!(last < wall, "the economy lies in the past: {last} {wall}");
    client.ok("evm_mine", json!([]));
    let next = number(&client.latest()["timestamp"]);
    assert!((wall..wall + 60).contains(&next), "{next} {wall}");
}

#[test]
fn the_economy_was_made_by_ordinary_transactions_that_all_succeeded() {
    let client = Client::with_economy();
    let height = client.node.chain().height();
    assert_eq!(height, 68);
    for number in 1..=height {
        let block = format!("{number:#x}");
        let receipts = client.ok("eth_getBlockReceipts", json!([block]));
        assert_eq!(receipts[0]["status"], "0x1", "block {number}");
    }
}

#[test]
fn the_banner_names_what_a_user_needs() {
    let client = Client::with_economy();
    let banner = client.node.banner();
    let economy = client.node.economy().expect("it was asked for");
    let mut wanted = vec![
        client.node.url(),
        "0xAEb6bdd95c502390db8f52c8909F703E9Af6a346".to_owned(),
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80".to_owned(),
        "Chain id 31337".to_owned(),
        // The instant vault, at the address that the README calls.
        "0xa96DecEd086704C901f45675cE4f97f3F3d29Bc2".to_owned(),
        economy.staker_rewards.to_string(),
        economy.operator_rewards.to_string(),
    ];
    for vault in [economy.instant, economy.veto, economy.unslashable] {
        wanted.extend([vault.vault.to_string(), vault.delegator.to_string()]);
    }
    for text in wanted {
        assert!(banner.contains(&text), "{text} is not in\n{banner}");
    }
}

#[test]
fn a_deposit_and_an_exit_go_through() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for");
    let (vault, wsteth) = (economy.instant.vault, client.node.tokens().wsteth.clone());
    let (staker, amount) = (client.address(9), wsteth.units(7));
    client.transact(9, wsteth.address, &approveCall { spender: vault, value: amount });
    let deposit = depositCall { onBehalfOf: staker, amount };
    assert_eq!(client.transact(9, vault, &deposit)["status"], "0x1");
    let too_much = withdrawCall { claimer: staker, amount: wsteth.units(8) };
    let input: Bytes = too_much.abi_encode().into();
    let described = json!([{ "from": staker, "to": vault, "input": input }]);
    let response = client.request("eth_estimateGas", described);
    assert_eq!(response["error"]["message"], "execution reverted: TooMuchWithdraw()");
    assert_eq!(response["error"]["data"], hex::encode_prefixed(TooMuchWithdraw {}.abi_encode()));
    let half = withdrawCall { claimer: staker, amount: wsteth.units(3) };
    assert_eq!(client.transact(9, vault, &half)["status"], "0x1");
}
