//! Pay over both rails of Rewards V2 in the picture, with figures worked out by hand.

use crate::market::*;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::security::{
    Asset, Distribution, Fraction, Party, Payee, Payment, Rule, SecurityView, Unrated,
};
use bondstone_kernel::{Assets, Message, Revert, Timestamp};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards_v2::contract::{CumulativeDistribution, TokenAmount};
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, FeeRegistry, Rewards};
use bondstone_symbiotic::rules::rewards_v2::protocol_fee_id;
use bondstone_world::{Guest, World};
use std::sync::Arc;

const SIGNER: Address = Address::repeat_byte(0x51);
const CURATOR: Address = Address::repeat_byte(0x52);

/// A wallet that takes every signature for its own.
#[derive(Debug)]
struct Generous;

impl Guest for Generous {
    fn call(&self, _: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let mut magic = vec![0u8; 32];
        magic[..4].copy_from_slice(&message.input[..4]);
        Ok(magic)
    }
}

/// A market in which A pays the instant vault 1 000 HYP over the snapshot rail and anybody twice
/// over the Merkle rail, 300 and then 500 TAN. Fees: protocol 1 %, operators 5 %, curator 10 %; on
/// the Merkle rail a quarter.
fn market() -> Market {
    let mut market = Market::new();
    let (owner, vault) = (market.sandbox.curator, market.instant.vault);
    let at = |kind| market.sandbox.at(kind);
    let (rewards, fees, curators) =
        (at(Kind::Rewards), at(Kind::FeeRegistry), at(Kind::CuratorRegistry));
    market.act(owner, curators, &CuratorRegistry::setCuratorCall { vault, curator: CURATOR });
    let fee = U256::from(50_000);
    market.act(CURATOR, fees, &FeeRegistry::setOperatorsFeeCall { vault, fee });
    let fee = U256::from(100_000);
    market.act(CURATOR, fees, &FeeRegistry::setCuratorFeeCall { vault, fee });
    for (rail, fee) in [(0, 10_000), (1, 250_000)] {
        let (id, fee) = (protocol_fee_id(rail, None), U256::from(fee));
        market.act(owner, fees, &FeeRegistry::setProtocolFeeCall { id, enable: false, fee });
    }
    market.sandbox.wait(DAY);
    fund(&mut market, HYP, 1_000);
    let call = Rewards::distributeVaultSnapshotRewardsCall {
        subnetwork: first(A),
        token: HYP,
        vault,
        amount: wei(1_000),
        timestamp: U48::from(market.sandbox.now() - 1),
        hints: Bytes::new(),
    };
    market.act(middleware(A), rewards, &call);
    market.sandbox.world.register_guest(SIGNER, Arc::new(Generous));
    market.act(owner, rewards, &Rewards::setProtocolCall { protocol: SIGNER });
    market.act(A, rewards, &Rewards::setRewarderCall { rewarder: SIGNER });
    fund(&mut market, TAN, 2_000);
    let (network, token, amount) = (A, TAN, wei(2_000));
    let call = Rewards::depositCumulativeMerkleRewardsCall { network, token, amount };
    market.act(middleware(A), rewards, &call);
    for (number, whole) in [(1u8, 300), (2, 800)] {
        market.sandbox.wait(DAY);
        let call = Rewards::distributeCumulativeMerkleRewardsCall {
            network,
            cumulativeDistribution: CumulativeDistribution {
                timestamp: U48::from(number),
                merkleRoot: B256::repeat_byte(number),
            },
            totalAmounts: vec![TokenAmount { chainId: 31_337, token, amount: wei(whole) }],
            protocolSignature: Bytes::new(),
            rewarderSignature: Bytes::new(),
        };
        market.act(SIGNER, rewards, &call);
    }
    market
}

fn fund(market: &mut Market, token: Address, whole: u64) {
    let (payer, spender, value) = (middleware(A), market.sandbox.at(Kind::Rewards), wei(whole));
    market.sandbox.mint(token, payer, value).expect("it fits");
    market.act(payer, token, &Erc20::approveCall { spender, value });
}

fn stream<'a>(view: &'a SecurityView, payee: &Payee) -> &'a Payment {
    view.payments.iter().find(|payment| payment.payee == *payee).expect("somebody is paid so")
}

#[test]
fn snapshot_pay_is_told_for_stakers_and_operators_of_the_vault() {
    let market = market();
    let view = market.view();
    let vault = Party::from(market.instant.vault);
    let rail = Party::from(market.sandbox.at(Kind::Rewards));
    let is_stakers =
        |p: &&Payment| p.rail == rail && p.payee == Payee::Stakers { vault: vault.clone() };
    let stakers = view.payments.iter().find(is_stakers).expect("stakers are paid");
    // 990 are left after the protocol: 49.5, 99 and 841.5; 109 are fees.
    let tenths = |amount: u64| Assets(wei(amount) / U256::from(10));
    assert_eq!((stakers.total.amount, stakers.total.fee), (tenths(8_415), tenths(1_090)));
    assert_eq!((stakers.total.count, stakers.is_complete), (1, true));
    assert_eq!(stakers.last_at, Some(Timestamp(NOW + DAY)));
    // The next distribution leaves 99 % of 85 %.
    let of = |numerator| Fraction { numerator, denominator: 1_000_000_000_000 };
    let fee = of(1_000_000_000_000 - 990_000 * 850_000);
    assert_eq!(stakers.distribution, Distribution::ActiveShares { fee });
    assert_eq!(stakers.changes[0].rule, Rule::RewardFee);
    let by = [Party::from(CURATOR), Party::from(market.sandbox.curator)];
    assert_eq!(stakers.changes[0].by, by);
    let operators = stream(&view, &Payee::VaultOperators { vault: vault.clone() });
    assert_eq!((operators.total.amount, operators.total.fee), (tenths(495), Assets::ZERO));
    assert_eq!(operators.distribution, Distribution::OperatorShares { part: of(990_000 * 50_000) });
    // A's operators stand for 100 of the 135 that the vault has.
    let earning = view.earning_stake(operators);
    assert_eq!(earning.into_iter().collect::<Vec<_>>(), [(Asset::Token(WST), Assets(wei(100)))]);
    let earning = view.earning_stake(stakers);
    assert_eq!(earning.into_iter().collect::<Vec<_>>(), [(Asset::Token(WST), Assets(wei(135)))]);
}

#[test]
fn merkle_pay_is_told_from_the_history_of_totals() {
    let market = market();
    let view = market.view();
    let stream = stream(&view, &Payee::Rewardees);
    assert_eq!((&stream.network, stream.token), (&Party::from(A), Asset::Token(TAN)));
    assert_eq!((stream.total.amount, stream.total.fee), (Assets(wei(800)), Assets(wei(200))));
    assert_eq!((stream.last.amount, stream.last.fee), (Assets(wei(500)), Assets(wei(125))));
    assert_eq!((stream.total.count, stream.is_complete), (2, true));
    assert_eq!(stream.first_at, Some(Timestamp(NOW + 2 * DAY)));
    let expected = Distribution::SignedMerkleRoot {
        root: Some(B256::repeat_byte(2)),
        unclaimed: Assets(wei(800)),
        undistributed: Assets(wei(1_000)),
    };
    assert_eq!(stream.distribution, expected);
    assert!(view.earning_stake(stream).is_empty());
    let rate = view.yield_of(stream, 30 * DAY, &[(Asset::Token(TAN), "1".parse().unwrap())].into());
    assert_eq!(rate.percent, Err(Unrated::NoStake));
}

#[test]
fn pay_without_its_logs_is_told_and_said_to_be_incomplete() {
    let mut market = market();
    market.history().clear();
    let view = market.view();
    let vault = Party::from(market.instant.vault);
    let operators = stream(&view, &Payee::VaultOperators { vault });
    assert_eq!((operators.total.count, operators.is_complete), (0, false));
    let anybody = stream(&view, &Payee::Rewardees);
    // The amounts are in the state, the fees were in the logs.
    assert_eq!((anybody.total.amount, anybody.total.fee), (Assets(wei(800)), Assets::ZERO));
    assert!(!anybody.is_complete);
    let call = Rewards::lastTotalAmountCall { network: A, token: TAN };
    let total = market.sandbox.read(market.sandbox.at(Kind::Rewards), &call).unwrap();
    assert_eq!(total, wei(800), "{}", Rewards::lastTotalAmountCall::SIGNATURE);
}
