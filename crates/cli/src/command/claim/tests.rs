//! What is chosen, and how it goes together, on claims that are made up.

use super::bundle::bundles;
use super::worth::{Worth, choose};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Asset, Decimal, Prices, Protocol};
use bondstone_node::api::{AssetInfo, Claim, ClaimKind, ContractCall};
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::abi::vault::Vault;

const TOKEN: Address = Address::repeat_byte(0x70);
const OWN: Address = Address::repeat_byte(0x01);
const FRIEND: Address = Address::repeat_byte(0x02);

fn claim(kind: ClaimKind, contract: u8, amount: u64, gas: u64) -> Claim {
    let contract = Address::repeat_byte(contract);
    let call = Rewards::claimProtocolFeesCall { recipient: OWN, token: TOKEN };
    Claim {
        kind,
        protocol: Protocol::Symbiotic,
        contract,
        vault: None,
        network: None,
        programme: None,
        token: AssetInfo { asset: Asset::Token(TOKEN), symbol: "TOK".to_owned(), decimals: 0 },
        amount: Assets(U256::from(amount)),
        open_entries: 1,
        first_entry: None,
        since: None,
        until: None,
        call: ContractCall { to: contract, input: call.abi_encode().into() },
        recipient_settable: true,
        gas,
        failure: None,
    }
}

fn withdrawal(vault: u8, epoch: u64) -> Claim {
    let call = Vault::claimCall { recipient: OWN, epoch: U256::from(epoch) };
    let claim = claim(ClaimKind::Withdrawal, vault, 1, 1);
    let to = claim.contract;
    Claim { call: ContractCall { to, input: call.abi_encode().into() }, ..claim }
}

/// A token and a unit of gas are worth the same.
fn even(least: u64) -> Worth {
    let one = Decimal::new(U256::ONE, 0);
    let prices = Prices::from([(Asset::Token(TOKEN), one)]);
    Worth::new(prices, one, Some(Decimal::new(U256::from(least), 0)))
}

/// Amounts of what is taken, and why the others are left.
fn chosen(claims: &[Claim], worth: Option<&Worth>) -> (Vec<u64>, Vec<String>) {
    let (taken, left) = choose(claims.to_vec(), worth, None).expect("the numbers are small");
    let amounts = taken.iter().map(|claim| claim.amount.0.to()).collect();
    (amounts, left.into_iter().map(|skipped| skipped.reason).collect())
}

#[test]
fn what_brings_no_more_than_it_costs_is_left() {
    let kind = ClaimKind::StakerRewards;
    let claims = [claim(kind, 1, 10, 9), claim(kind, 2, 9, 9), claim(kind, 3, 3, 1)];
    let dear = "it brings 9 and costs 9".to_owned();
    assert_eq!(chosen(&claims, Some(&even(0))), (vec![10, 3], vec![dear.clone()]));
    let small = "it brings 3 and costs 1".to_owned();
    assert_eq!(chosen(&claims, Some(&even(4))), (vec![10], vec![dear, small]));
    assert_eq!(chosen(&claims, None).0, [10, 9, 3]);
}

#[test]
fn of_a_list_in_order_the_part_is_taken_that_leaves_most() {
    let kind = ClaimKind::SnapshotRewards;
    let list = |amounts: &[(u64, u64)]| -> Vec<Claim> {
        amounts.iter().map(|(amount, gas)| claim(kind, 1, *amount, *gas)).collect()
    };
    // What comes later pays for what comes before, but not the other way round.
    let claims = list(&[(1, 5), (20, 5), (2, 5)]);
    assert_eq!(chosen(&claims, Some(&even(0))).0, [1, 20]);
    assert_eq!(chosen(&list(&[(1, 5), (8, 5), (1, 5)]), Some(&even(0))).0, [0u64; 0]);
    let mut broken = list(&[(20, 5), (20, 5), (20, 5)]);
    broken[1].failure = Some("NoRewardsToClaim()".to_owned());
    let left =
        ["it cannot be claimed now: NoRewardsToClaim()", "an earlier one of its list is left"];
    assert_eq!(chosen(&broken, None), (vec![20], left.map(str::to_owned).to_vec()));
}

#[test]
fn somebody_else_is_paid_where_the_call_says_who() {
    let mut fixed = claim(ClaimKind::Withdrawal, 1, 5, 1);
    fixed.recipient_settable = false;
    let claims = vec![fixed, claim(ClaimKind::MerkleRewards, 2, 6, 1)];
    let (taken, left) = choose(claims, None, Some(FRIEND)).expect("the numbers are small");
    assert_eq!(left[0].reason, "it can only be paid to the account itself");
    let call = Rewards::claimProtocolFeesCall::abi_decode(&taken[0].call.input).expect("as made");
    assert_eq!((taken.len(), call.recipient, call.token), (1, FRIEND, TOKEN));
}

#[test]
fn contracts_with_a_way_take_several_claims_at_once_up_to_twenty() {
    let kind = ClaimKind::OperatorRewards;
    let mut claims = vec![claim(kind, 1, 1, 1), claim(kind, 1, 2, 1)];
    claims.extend([withdrawal(2, 7), withdrawal(3, 7), withdrawal(2, 9)]);
    claims.extend((0..21).map(|_| claim(ClaimKind::SnapshotRewards, 4, 1, 1)));
    let bundles = bundles(&claims);
    let counts: Vec<usize> = bundles.iter().map(|bundle| bundle.claims.len()).collect();
    assert_eq!(counts, [1, 1, 2, 1, 20, 1]);
    let batch = Vault::claimBatchCall::abi_decode(&bundles[2].transaction.input);
    let batch = batch.expect("it is a batch");
    assert_eq!((batch.recipient, batch.epochs), (OWN, vec![U256::from(7), U256::from(9)]));
    let input: &Bytes = &bundles[4].transaction.input;
    let together = Rewards::multicallCall::abi_decode(input).expect("it is a multicall");
    assert_eq!((together.data.len(), &together.data[0]), (20, &claims[5].call.input));
    assert_eq!(bundles[5].transaction.input, claims[25].call.input);
    assert_eq!(bundles[4].transaction.to, Address::repeat_byte(4));
}
