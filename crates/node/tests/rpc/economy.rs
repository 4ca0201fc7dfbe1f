//! The economy that is there at the start.

use crate::client::{Client, number};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, B256, Bytes, U256, address, hex};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use bondstone_karak::Kind as KarakKind;
use bondstone_karak::abi::core::{Core, QueuedSlashing};
use bondstone_karak::abi::vault::Vault as karak_vault;
use bondstone_kernel::erc20::Erc20::{approveCall, balanceOfCall};
use bondstone_node::economy::{LabelKind, Vault};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::Delegator::{TYPECall, stakeCall};
use bondstone_symbiotic::abi::registry::Registry::totalEntitiesCall;
use bondstone_symbiotic::abi::rewards::DefaultOperatorRewards::rootCall;
use bondstone_symbiotic::abi::rewards::DefaultStakerRewards::{claimableCall, rewardsLengthCall};
use bondstone_symbiotic::abi::slasher::Slasher::Slash;
use bondstone_symbiotic::abi::slasher::VetoSlasher::{
    VetoSlash, slashRequestsCall, slashRequestsLengthCall,
};
use bondstone_symbiotic::abi::vault::Vault::{
    InvalidEpoch, TooMuchWithdraw, activeStakeCall, claimCall, currentEpochCall, depositCall,
    isWithdrawalsClaimedCall, slasherCall, totalStakeCall, withdrawCall, withdrawalsOfCall,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// Indices of the developer accounts that have a part.
mod part {
    pub(super) const ALICE: usize = 0;
    pub(super) const BOB: usize = 1;
    pub(super) const HYPERLANE: usize = 3;
    pub(super) const TANSSI: usize = 4;
    pub(super) const DITTO: usize = 5;
    pub(super) const OPERATOR_A: usize = 6;
    pub(super) const OPERATOR_B: usize = 7;
    pub(super) const OPERATOR_C: usize = 8;
}

fn vault<'a>(client: &'a Client, name: &str) -> &'a Vault {
    client.economy().vault(name).unwrap_or_else(|| panic!("there is no vault {name}"))
}

fn rewards(client: &Client, name: &str) -> Address {
    client.economy().rewards(name).unwrap_or_else(|| panic!("there are no {name}")).address
}

fn subnetwork(network: Address) -> B256 {
    let mut word = B256::ZERO;
    word[..20].copy_from_slice(network.as_slice());
    word
}

#[test]
fn networks_operators_and_vaults_are_registered() {
    let client = Client::with_economy();
    let count = |kind| {
        client
            .call(client.node.protocols().symbiotic.address(kind), &totalEntitiesCall {})
            .to::<u64>()
    };
    assert_eq!(count(Kind::NetworkRegistry), 8);
    assert_eq!(count(Kind::OperatorRegistry), 12);
    assert_eq!(count(Kind::VaultFactory), 13);
    assert_eq!(count(Kind::DelegatorFactory), 13);
    assert_eq!(count(Kind::SlasherFactory), 10);
    assert_eq!(count(Kind::StakerRewardsFactory), 10);
    assert_eq!(count(Kind::OperatorRewardsFactory), 2);
    assert_eq!(count(Kind::BurnerRouterFactory), 2);
    for vault in &client.economy().vaults {
        assert_eq!(client.call(vault.vault, &slasherCall {}), vault.slasher, "{}", vault.name);
    }
    assert_ne!(vault(&client, "instant").slasher, Address::ZERO);
    assert_eq!(vault(&client, "unslashable").slasher, Address::ZERO);
}

#[test]
fn all_four_delegators_and_both_slashers_are_in_use() {
    let client = Client::with_economy();
    let types: BTreeSet<u64> = client
        .economy()
        .vaults
        .iter()
        .map(|vault| client.call(vault.delegator, &TYPECall {}))
        .collect();
    assert_eq!(types, BTreeSet::from([0, 1, 2, 3]));
    let vetoes = client.economy().vaults.iter().filter(|vault| vault.slasher != Address::ZERO);
    let types: BTreeSet<u64> =
        vetoes.map(|vault| client.call(vault.slasher, &TYPECall {})).collect();
    assert_eq!(types, BTreeSet::from([0, 1]));
    let decimals: BTreeSet<u8> = client
        .economy()
        .vaults
        .iter()
        .map(|vault| client.token(&vault.collateral).decimals)
        .collect();
    assert_eq!(decimals, BTreeSet::from([6, 8, 18]));
}

#[test]
fn stake_is_delegated_slashed_and_leaving() {
    let client = Client::with_economy();
    let (wsteth, usdc) = (client.token("wstETH"), client.token("USDC"));
    let stake = |network: usize, operator: usize, vault: &Vault| {
        let subnetwork = subnetwork(client.address(network));
        let operator = client.address(operator);
        client.call(vault.delegator, &stakeCall { subnetwork, operator })
    };
    // 150 deposited, 5 slashed, 10 on their way out.
    let instant = vault(&client, "instant");
    assert_eq!(client.call(instant.vault, &activeStakeCall {}), wsteth.units(135));
    assert_eq!(client.call(instant.vault, &totalStakeCall {}), wsteth.units(145));
    let account = address!("0x000000000000000000000000000000000000dEaD");
    let burned = client.call(wsteth.address, &balanceOfCall { account });
    assert_eq!(burned, wsteth.units(5));
    assert_eq!(stake(part::HYPERLANE, part::OPERATOR_A, instant), wsteth.units(60));
    assert_eq!(stake(part::TANSSI, part::OPERATOR_B, instant), wsteth.units(32));
    let veto = vault(&client, "veto");
    assert_eq!(stake(part::DITTO, part::OPERATOR_C, veto), usdc.units(150_000));
    let unslashable = vault(&client, "unslashable");
    assert_eq!(stake(part::HYPERLANE, part::OPERATOR_C, unslashable), wsteth.units(20));
    assert_eq!(client.call(veto.slasher, &slashRequestsLengthCall {}), U256::ONE);
}

#[test]
fn one_slash_was_executed_one_was_vetoed_and_one_is_open() {
    let client = Client::with_economy();
    let request = |name: &str| {
        let call = slashRequestsCall { slashIndex: U256::ZERO };
        client.call(vault(&client, name).slasher, &call)
    };
    let now = number(&client.latest()["timestamp"]);
    assert!(request("Meadow wstETH").completed);
    let fund = client.economy().account("Spark insurance fund").expect("it is in the file");
    let wsteth = client.token("wstETH");
    let paid = client.call(wsteth.address, &balanceOfCall { account: fund });
    assert_eq!(wsteth.decimal(paid), "12.5");
    let vetoed = client.logs(vault(&client, "Harbour WBTC").slasher, VetoSlash::SIGNATURE_HASH);
    assert_eq!(vetoed, 1);
    assert!(request("Harbour WBTC").completed);
    let open = request("veto");
    assert!(!open.completed);
    assert!(open.vetoDeadline.to::<u64>() > now, "somebody may still veto it");
    let slashed = client.logs(vault(&client, "Harbour rETH").slasher, Slash::SIGNATURE_HASH);
    assert_eq!(slashed, 1);
}

#[test]
fn some_exits_can_be_claimed_and_some_cannot() {
    let client = Client::with_economy();
    let meadow = vault(&client, "Meadow wstETH").vault;
    let current = client.call(meadow, &currentEpochCall {}).to::<u64>();
    let waiting = |member: u64, epochs: std::ops::Range<u64>| {
        let name = format!("ether staker {member}");
        let account = client.economy().account(&name).expect("it is in the file");
        let unclaimed = |epoch: &u64| {
            let epoch = U256::from(*epoch);
            !client.call(meadow, &withdrawalsOfCall { epoch, account }).is_zero()
                && !client.call(meadow, &isWithdrawalsClaimedCall { epoch, account })
        };
        epochs.filter(unclaimed).count()
    };
    assert_eq!(waiting(1, 0..current), 0, "he has claimed");
    assert_eq!(waiting(10, 0..current), 1, "he may claim");
    assert_eq!(waiting(20, 0..current), 0);
    assert_eq!(waiting(20, current..current + 2), 1, "he has to wait");
}

#[test]
fn the_exit_cannot_be_claimed_until_its_epoch_is_over() {
    let client = Client::with_economy();
    let (vault, bob) = (vault(&client, "instant").vault, client.address(part::BOB));
    let epoch = client.call(vault, &currentEpochCall {});
    assert_eq!(epoch, U256::from(9), "nine weeks and two days have passed");
    let owed = |epoch| client.call(vault, &withdrawalsOfCall { epoch, account: bob });
    let at = (0u64..13).map(U256::from).find(|epoch| !owed(*epoch).is_zero());
    let at = at.expect("he is owed something");
    assert!(at >= epoch, "not claimable yet");
    assert_eq!(owed(at), client.token("wstETH").units(10));
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
fn karak_has_a_slash_that_was_carried_out_one_that_was_vetoed_and_one_that_waits() {
    let client = Client::with_economy();
    let karak = &client.node.protocols().karak;
    let core = karak.address(KarakKind::Core);
    assert_eq!(core, address!("0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15"));
    let vault = |name: &str| client.economy().karak_vault(name).expect("it is there").vault;
    let count = |event: B256| {
        let filter = json!([{ "fromBlock": "0x0", "address": core, "topics": [event] }]);
        client.ok("eth_getLogs", filter).as_array().map(Vec::len)
    };
    assert_eq!(count(Core::RequestedSlashing::SIGNATURE_HASH), Some(3));
    assert_eq!(count(Core::CancelledSlashing::SIGNATURE_HASH), Some(1));
    assert_eq!(count(Core::FinalizedSlashing::SIGNATURE_HASH), Some(1));
    let is_queued =
        |name: &str| client.call(core, &Core::isVaultQueuedForSlashingCall { vault: vault(name) });
    let names = ["operator A WETH", "Alder WETH", "Birch WETH"];
    assert_eq!(names.map(is_queued), [true, false, false]);
    let leverage = Core::getLeverageCall { vault: vault("Alder WETH") };
    let hundred = U256::from(10).pow(U256::from(20));
    assert_eq!(client.call(core, &leverage), U256::from(3) * hundred);

    // Whoever waits two days may carry the third out: 5 % of 40 and 24.
    let handler = karak.address(KarakKind::SlashingHandler);
    assert_eq!(handler, address!("0xAFe106717E5Af6B81D0F43296317710EDCC22D32"));
    let (weth, assets) = (client.token("WETH"), karak_vault::totalAssetsCall {});
    assert_eq!(client.call(vault("operator A WETH"), &assets), weth.units(64));
    let filter = json!([{
        "fromBlock": "0x0", "address": core,
        "topics": [Core::RequestedSlashing::SIGNATURE_HASH]
    }]);
    let logs = client.ok("eth_getLogs", filter);
    let log = &logs[2];
    let block = client.ok("eth_getBlockByNumber", json!([log["blockNumber"], false]));
    let data: Bytes = log["data"].as_str().expect("it has data").parse().expect("it is hex");
    let event = Core::RequestedSlashing::abi_decode_data(&data).expect("it is the request");
    let (dss, request) = event;
    // Nonces count stake updates and slashings together: eleven updates and two slashings before.
    let queued = QueuedSlashing {
        dss,
        timestamp: U96::from(number(&block["timestamp"])),
        operator: request.operator,
        vaults: request.vaults,
        slashPercentagesWad: request.slashPercentagesWad,
        nonce: U256::from(13),
    };
    let finalize = Core::finalizeSlashingCall { queuedSlashing: queued };
    client.ok("evm_increaseTime", json!([2 * 24 * 3600]));
    assert_eq!(client.transact(9, core, &finalize)["status"], "0x1");
    let left = weth.units(64) * U256::from(95) / U256::from(100);
    assert_eq!(client.call(vault("operator A WETH"), &assets), left);
}

#[test]
fn rewards_wait_for_those_who_have_not_claimed() {
    let client = Client::with_economy();
    let (hyper, tanssi) = (client.token("HYPER"), client.token("TANSSI"));
    let network = client.address(part::HYPERLANE);
    let claimable = |rewards: Address, account: Address| {
        let data = (network, U256::MAX).abi_encode_params();
        let call = claimableCall { token: hyper.address, account, data: data.into() };
        client.call(rewards, &call)
    };
    // 9,000 and 6,000, less a tenth each, of which Alice has two thirds. Bob took the first.
    let at = rewards(&client, "staker rewards");
    assert_eq!(claimable(at, client.address(part::ALICE)), hyper.units(9_000));
    assert_eq!(claimable(at, client.address(part::BOB)), hyper.units(1_800));
    let call = rootCall { network: client.address(part::TANSSI), token: tanssi.address };
    assert_ne!(client.call(rewards(&client, "operator rewards"), &call), B256::ZERO);
    let account = client.address(part::OPERATOR_A);
    let paid = client.call(tanssi.address, &balanceOfCall { account });
    assert_eq!(paid, tanssi.units(1_000_000 + 5_000));
    // Eight weeks for a large vault, of which few took the last payment.
    let at = rewards(&client, "Meadow wstETH rewards");
    let call = rewardsLengthCall { token: hyper.address, network };
    assert_eq!(client.call(at, &call), U256::from(8));
    let late = client.economy().account("ether staker 55").expect("it is in the file");
    assert!(claimable(at, late) > hyper.units(1));
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
    assert_eq!(height, 1977);
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
    let mut wanted = vec![
        client.node.url(),
        "0xAEb6bdd95c502390db8f52c8909F703E9Af6a346".to_owned(),
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80".to_owned(),
        "Chain id 31337".to_owned(),
        // The instant vault, at the address that the README calls.
        "0xa96DecEd086704C901f45675cE4f97f3F3d29Bc2".to_owned(),
    ];
    let row = |name: &str, address: Address| format!("  {name:<32}{address}");
    for Vault { name, vault, delegator, slasher, .. } in &client.economy().vaults {
        wanted.push(row(&format!("{name} vault"), *vault));
        wanted.push(row(&format!("{name} delegator"), *delegator));
        if *slasher != Address::ZERO {
            wanted.push(row(&format!("{name} slasher"), *slasher));
        }
    }
    for rewards in &client.economy().rewards {
        wanted.push(row(&rewards.name, rewards.address));
    }
    for vault in &client.economy().karak_vaults {
        wanted.push(row(&format!("{} vault", vault.name), vault.vault));
    }
    for service in &client.economy().services {
        wanted.push(row(&service.name, service.address));
    }
    let core = address!("0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15");
    wanted.push(row("KarakCore", core));
    for account in &client.economy().accounts {
        if [LabelKind::Network, LabelKind::Operator].contains(&account.kind) {
            wanted.push(row(&account.name, account.address));
        }
    }
    for text in wanted {
        assert!(banner.contains(&text), "{text} is not in\n{banner}");
    }
}

#[test]
fn a_deposit_and_an_exit_go_through() {
    let client = Client::with_economy();
    let (vault, wsteth) = (vault(&client, "instant").vault, client.token("wstETH"));
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
