//! The snapshot rail.

use crate::bench::*;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolEvent, SolValue};
use bondstone_kernel::Revert;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::ownable::OwnableUnauthorizedAccount;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards_v2::Rewards as R;
use bondstone_symbiotic::abi::rewards_v2::contract::{
    DistributeVaultSnapshotRewardsHints, RewardDistribution,
};
use bondstone_symbiotic::abi::rewards_v2::fees::FeeAtHints;
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::rewards_v2::VAULT_SNAPSHOT;
use bondstone_symbiotic::rules::subnetwork;

#[test]
fn worked_example_of_a_snapshot_distribution() {
    let mut bench = Bench::new();
    bench.fees(50_000, 100_000);
    bench.protocol_fee(VAULT_SNAPSHOT, 10_000);
    bench.operator_shares(OPERATOR, 1);
    bench.operator_shares(EVE, 3);
    bench.sandbox.wait(10);
    let at = bench.sandbox.now() - 1;
    let call = bench.payment(1_000_000, at);
    let rewards = bench.at(Kind::Rewards);
    let receipt = bench.sandbox.send(MIDDLEWARE, rewards, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let expected = [
        Erc20::Transfer::SIGNATURE_HASH,
        R::AccountProtocolFees::SIGNATURE_HASH,
        R::AccountCuratorFees::SIGNATURE_HASH,
        R::DistributeVaultSnapshotRewards::SIGNATURE_HASH,
    ];
    assert_eq!(topics, expected);
    let (vault, network, token) = (bench.parts.vault, NETWORK, PAY);
    let reward = bench.rewards(EVE, &R::rewardsCall { vault, network, token, index: n(0) });
    let expected = RewardDistribution {
        subnetworkId: U96::ZERO,
        delegator: bench.parts.delegator,
        delegatorType: 0,
        timestamp: U48::from(at),
        amount: n(841_500),
        operatorsFees: n(49_500),
    };
    assert_eq!(reward, expected);
    assert_eq!(bench.rewards(EVE, &R::protocolFeesCall { token }), n(10_000));
    assert_eq!(bench.rewards(EVE, &R::curatorFeesCall { vault, token }), n(99_000));
    let past = R::rewardsCall { vault, network, token, index: n(1) };
    bench.refused(EVE, &past, panic(0x32));

    // Stakers 3 and 4 of 7, each floored; operators 1 and 3 of 4.
    bench.rewards(ALICE, &bench.claim(0, 0, U256::MAX));
    bench.rewards(BOB, &bench.claim(0, 0, n(1)));
    assert_eq!(bench.balance(PAY, EVE), n(360_642 + 480_857));
    let again = bench.claim(1, 0, U256::MAX);
    bench.refused(ALICE, &again, R::NoRewardsToClaim {});
    bench.rewards(OPERATOR, &bench.operator_claim(0, 0, n(9)));
    bench.rewards(EVE, &bench.operator_claim(0, 0, n(9)));
    assert_eq!(bench.balance(PAY, EVE), n(360_642 + 480_857 + 12_375 + 37_125));

    let curator = R::claimCuratorFeesCall { recipient: EVE, vault, token };
    let zero = R::claimCuratorFeesCall { recipient: Address::ZERO, ..curator.clone() };
    bench.refused(EVE, &zero, R::InvalidRecipient {});
    bench.refused(EVE, &curator, R::NotCurator {});
    bench.rewards(CURATOR, &curator);
    bench.refused(CURATOR, &curator, R::NoRewardsToClaim {});
    let protocol = R::claimProtocolFeesCall { recipient: EVE, token };
    bench.refused(CURATOR, &protocol, OwnableUnauthorizedAccount { account: CURATOR });
    let owner = bench.owner();
    assert_eq!(bench.rewards(owner, &protocol), n(10_000));
    bench.refused(owner, &protocol, R::InsufficientClaimableFees {});
    // What flooring leaves stays for ever.
    assert_eq!(bench.balance(PAY, rewards), n(1));
}

#[test]
fn snapshot_distributions_are_refused_in_the_contracts_order() {
    let mut bench = Bench::new();
    let now = bench.sandbox.now();
    let mut call = bench.payment(0, now);
    call.vault = EVE;
    call.hints = vec![1; 31].into();
    bench.refused(EVE, &call, Revert::empty());
    call.hints = Bytes::new();
    bench.refused(EVE, &call, R::NotNetworkOrMiddleware {});
    let foreign =
        R::distributeVaultSnapshotRewardsCall { subnetwork: subnetwork(EVE, U96::ZERO), ..call };
    bench.refused(EVE, &foreign, R::NotNetworkOrMiddleware {});
    let mut call = bench.payment(0, now);
    call.vault = EVE;
    bench.refused(NETWORK, &call, R::NotVault {});
    call.vault = bench.parts.vault;
    bench.refused(NETWORK, &call, R::InvalidRewardTimestamp {});
    call.timestamp = U48::from(START);
    bench.refused(NETWORK, &call, R::InvalidRewardTimestamp {});
    call.timestamp = U48::from(now - 1);
    let hint = Bytes::from(n(9).to_be_bytes::<32>());
    let hints = |hints: DistributeVaultSnapshotRewardsHints| Bytes::from(hints.abi_encode());
    let none = DistributeVaultSnapshotRewardsHints::default;
    call.hints =
        hints(DistributeVaultSnapshotRewardsHints { activeSharesHint: hint.clone(), ..none() });
    bench.refused(NETWORK, &call, panic(0x32));
    call.hints = Bytes::new();
    bench.refused(NETWORK, &call, R::InsufficientReward {});
    call.amount = n(7);
    let fee = Bytes::from(
        FeeAtHints { networkFeeHint: hint.clone(), defaultFeeHint: Bytes::new() }.abi_encode(),
    );
    for bad in [
        DistributeVaultSnapshotRewardsHints { operatorsFeeHint: fee.clone(), ..none() },
        DistributeVaultSnapshotRewardsHints {
            totalOperatorNetworkSharesHint: hint.clone(),
            ..none()
        },
        DistributeVaultSnapshotRewardsHints { curatorFeeHint: fee, ..none() },
    ] {
        call.hints = hints(bad);
        bench.refused(NETWORK, &call, panic(0x32));
    }
    call.hints = Bytes::new();
    bench.rewards(NETWORK, &call);
    // Once the shares of the second are known, their hint is not looked at again.
    call.hints = hints(DistributeVaultSnapshotRewardsHints { activeSharesHint: hint, ..none() });
    bench.rewards(NETWORK, &call);
    let (vault, network, token) = (bench.parts.vault, NETWORK, PAY);
    assert_eq!(bench.rewards(EVE, &R::rewardsLengthCall { vault, network, token }), n(2));
}

#[test]
fn a_claim_skips_and_forfeits_and_is_refused_in_the_contracts_order() {
    let mut bench = Bench::new();
    for amount in [700, 70, 7] {
        let call = bench.payment(amount, bench.sandbox.now() - 1);
        bench.rewards(NETWORK, &call);
    }
    let mut call = bench.claim(1, 4, U256::ZERO);
    call.recipient = Address::ZERO;
    bench.refused(ALICE, &call, R::InvalidRecipient {});
    call.recipient = EVE;
    bench.refused(ALICE, &call, R::InvalidLastUnclaimedReward {});
    call.lastUnclaimedRewards = U256::ZERO;
    bench.refused(ALICE, &call, R::NoRewardsToClaim {});
    call.firstRewardToClaim = n(3);
    call.rewardsToClaim = U256::MAX;
    bench.refused(ALICE, &call, R::NoRewardsToClaim {});
    call.firstRewardToClaim = n(1);
    call.rewardsToClaim = U256::ZERO;
    bench.refused(ALICE, &call, R::NoRewardsToClaim {});
    call.rewardsToClaim = n(2);
    call.activeSharesHints = vec![Bytes::new()];
    bench.refused(ALICE, &call, panic(0x32));
    call.activeSharesHints = vec![Bytes::new(), Bytes::from(n(9).to_be_bytes::<32>())];
    bench.refused(ALICE, &call, panic(0x32));
    call.activeSharesHints = vec![Bytes::from(n(0).to_be_bytes::<32>()); 3];
    bench.rewards(ALICE, &call);
    // The first reward is forfeited: 3 of 7 of 70 and of 7.
    assert_eq!(bench.balance(PAY, EVE), n(33));
    let (account, vault, network, token) = (ALICE, bench.parts.vault, NETWORK, PAY);
    let cursor = R::lastUnclaimedRewardCall { account, vault, network, token };
    assert_eq!(bench.rewards(EVE, &cursor), n(3));
    // Somebody without shares claims nothing and moves on.
    bench.rewards(EVE, &bench.claim(0, 0, n(2)));
    let cursor = R::lastUnclaimedRewardCall { account: EVE, vault, network, token };
    assert_eq!(bench.rewards(EVE, &cursor), n(2));
    assert_eq!(bench.balance(PAY, EVE), n(33));
}

#[test]
fn a_subnetwork_without_operators_blocks_operator_claims_until_they_start_behind_it() {
    let mut bench = Bench::new();
    bench.fees(500_000, 0);
    bench.operator_shares(OPERATOR, 2);
    bench.sandbox.wait(10);
    let at = bench.sandbox.now() - 1;
    let mut unused = bench.payment(100, at);
    unused.subnetwork = subnetwork(NETWORK, U96::from(7));
    bench.rewards(NETWORK, &unused);
    let call = bench.payment(100, at);
    bench.rewards(NETWORK, &call);
    let (vault, network, token) = (bench.parts.vault, NETWORK, PAY);
    let reward = bench.rewards(EVE, &R::rewardsCall { vault, network, token, index: n(0) });
    assert_eq!((reward.subnetworkId, reward.amount), (U96::from(7), n(100)));
    assert_eq!(reward.operatorsFees, U256::ZERO);
    bench.refused(OPERATOR, &bench.operator_claim(0, 0, n(2)), panic(0x12));
    let mut call = bench.operator_claim(0, 1, n(2));
    call.extraData = vec![0; 31].into();
    bench.refused(OPERATOR, &call, Revert::empty());
    let none: Vec<Bytes> = Vec::new();
    call.extraData = (none.clone(), none.clone()).abi_encode_params().into();
    bench.refused(OPERATOR, &call, panic(0x32));
    call.extraData = (vec![Bytes::new()], none).abi_encode_params().into();
    bench.refused(OPERATOR, &call, panic(0x32));
    let hint = vec![Bytes::from(n(0).to_be_bytes::<32>())];
    call.extraData = (hint.clone(), hint).abi_encode_params().into();
    bench.rewards(OPERATOR, &call);
    assert_eq!(bench.balance(PAY, EVE), n(50));
    let account = OPERATOR;
    let cursor = R::lastUnclaimedOperatorRewardCall { account, vault, network, token };
    assert_eq!(bench.rewards(EVE, &cursor), n(2));
}

#[test]
fn a_full_restake_delegator_leaves_operators_nothing() {
    let mut bench = Bench::with(1);
    bench.fees(500_000, 0);
    bench.sandbox.wait(10);
    let call = bench.payment(100, bench.sandbox.now() - 1);
    bench.rewards(NETWORK, &call);
    let (vault, network, token) = (bench.parts.vault, NETWORK, PAY);
    let reward = bench.rewards(EVE, &R::rewardsCall { vault, network, token, index: n(0) });
    assert_eq!((reward.delegatorType, reward.amount), (1, n(100)));
    let call = bench.operator_claim(0, 0, n(1));
    bench.refused(OPERATOR, &call, R::InvalidDelegatorType {});
}

#[test]
fn collateral_is_donated_and_a_v1_vault_takes_no_donation() {
    let mut bench = Bench::new();
    bench.fees(500_000, 500_000);
    bench.operator_shares(OPERATOR, 1);
    bench.sandbox.wait(10);
    let token = bench.sandbox.token;
    let spender = bench.at(Kind::Rewards);
    bench.sandbox.mint(token, NETWORK, n(100)).unwrap();
    bench.sandbox.run(NETWORK, token, &Erc20::approveCall { spender, value: n(100) }).unwrap();
    let mut call = bench.payment(3, bench.sandbox.now() - 1);
    call.token = token;
    // One unit of three is left for the stakers, and the vault refuses it.
    bench.refused(NETWORK, &call, Vault::InvalidOnBehalfOf {});
    call.amount = n(2);
    bench.rewards(NETWORK, &call);
    let (vault, network) = (bench.parts.vault, NETWORK);
    let reward = bench.rewards(EVE, &R::rewardsCall { vault, network, token, index: n(0) });
    assert_eq!((reward.amount, reward.operatorsFees), (U256::ZERO, n(1)));
    let mut claim = bench.claim(0, 0, n(1));
    claim.token = token;
    bench.refused(ALICE, &claim, panic(0x12));
}
