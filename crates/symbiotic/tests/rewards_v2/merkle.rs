//! The Merkle rail.

use crate::bench::*;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::{Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards_v2::Rewards as R;
use bondstone_symbiotic::abi::rewards_v2::contract::CumulativeDistribution;
use bondstone_symbiotic::rules::rewards_v2::CUMULATIVE_MERKLE;
use bondstone_symbiotic::rules::rewards_v2::merkle::leaf_hash;
use bondstone_world::{Guest, World};
use std::sync::Arc;

#[test]
fn merkle_money_moves_by_deposit_withdrawal_and_claim() {
    let mut bench = Bench::new();
    bench.protocol_fee(CUMULATIVE_MERKLE, 250_000);
    let (network, token) = (NETWORK, PAY);
    let none = R::depositCumulativeMerkleRewardsCall { network, token, amount: U256::ZERO };
    bench.refused(EVE, &none, R::InsufficientDeposit {});
    bench.merkle(1_000);
    let (root, claim) = tree(ALICE, 300);
    let call = bench.distribution(root, 5, &[(1, 9_999), (CHAIN, 300)]);
    bench.rewards(EVE, &call);
    // 300 and a quarter on top of it are set aside.
    assert_eq!(bench.rewards(EVE, &R::balanceCall { network, token }), n(625));
    assert_eq!(bench.rewards(EVE, &R::lastTotalAmountCall { network, token }), n(300));
    assert_eq!(bench.rewards(EVE, &R::protocolFeesCall { token }), n(75));
    let last = bench.rewards(EVE, &R::lastCumulativeDistributionCall { network });
    assert_eq!(last, CumulativeDistribution { timestamp: U48::from(5), merkleRoot: root });
    bench.rewards(ALICE, &claim);
    assert_eq!(bench.balance(PAY, EVE), n(300));
    bench.refused(ALICE, &claim, R::NoCumulativeRewardsToClaim {});
    let (next, more) = tree(ALICE, 400);
    let call = bench.distribution(next, 6, &[(CHAIN, 400)]);
    bench.rewards(EVE, &call);
    bench.rewards(ALICE, &more);
    assert_eq!(bench.balance(PAY, EVE), n(400));
    // The old root still counts, but shows less than was claimed.
    bench.refused(ALICE, &claim, panic(0x11));
    let rewarder = bench.rewarder.address();
    let mut take =
        R::withdrawCumulativeMerkleRewardsCall { recipient: BOB, network, token, amount: n(501) };
    bench.refused(NETWORK, &take, R::NotRewarder {});
    bench.refused(rewarder, &take, panic(0x11));
    take.amount = n(500);
    bench.rewards(rewarder, &take);
    assert_eq!(bench.balance(PAY, BOB), n(500));
    assert_eq!(bench.rewards(EVE, &R::balanceCall { network, token }), U256::ZERO);
    let rewards = bench.at(Kind::Rewards);
    assert_eq!(bench.balance(PAY, rewards), n(100));
}

#[test]
fn merkle_distributions_are_refused_in_the_contracts_order() {
    let mut bench = Bench::new();
    let (root, _) = tree(ALICE, 300);
    let call = bench.distribution(root, 5, &[(CHAIN, 300)]);
    // Nobody is named yet, and nobody can sign for nobody.
    bench.refused(EVE, &call, R::InvalidSignature {});
    bench.merkle(1_000);
    bench.rewards(EVE, &call);
    let mut bad = bench.distribution(root, 5, &[(CHAIN, 200)]);
    let signatures = (bad.protocolSignature.clone(), bad.rewarderSignature.clone());
    bad.protocolSignature = Bytes::new();
    bad.rewarderSignature = Bytes::new();
    bench.refused(EVE, &bad, R::RootAlreadySet {});
    bad.cumulativeDistribution.merkleRoot = B256::repeat_byte(1);
    bench.refused(EVE, &bad, R::InvalidSignature {});
    (bad.protocolSignature, bad.rewarderSignature) = signatures;
    bench.refused(EVE, &bad, R::InvalidSignature {});
    bad = bench.signed(bad);
    let good = bad.clone();
    // Both signatures are needed, from the right keys, whole, and not for another network.
    std::mem::swap(&mut bad.protocolSignature, &mut bad.rewarderSignature);
    bench.refused(EVE, &bad, R::InvalidSignature {});
    bad = R::distributeCumulativeMerkleRewardsCall {
        rewarderSignature: good.rewarderSignature.slice(..64),
        ..good.clone()
    };
    bench.refused(EVE, &bad, R::InvalidSignature {});
    bad = R::distributeCumulativeMerkleRewardsCall { network: EVE, ..good.clone() };
    bench.refused(EVE, &bad, R::InvalidSignature {});
    // Not newer; then a total that falls; then one that the balance cannot pay.
    bench.refused(EVE, &good, R::InvalidTimestamp {});
    let again = bench.distribution(B256::repeat_byte(1), 6, &[(CHAIN, 299)]);
    bench.refused(EVE, &again, panic(0x11));
    let again = bench.distribution(B256::repeat_byte(1), 6, &[(CHAIN, 1_001)]);
    bench.refused(EVE, &again, panic(0x11));
    // A token that is named twice is measured against itself.
    let twice = bench.distribution(B256::repeat_byte(1), 6, &[(CHAIN, 500), (CHAIN, 499)]);
    bench.refused(EVE, &twice, panic(0x11));
    let twice = bench.distribution(B256::repeat_byte(1), 6, &[(CHAIN, 500), (CHAIN, 1_000)]);
    bench.rewards(EVE, &twice);
    let (network, token) = (NETWORK, PAY);
    assert_eq!(bench.rewards(EVE, &R::balanceCall { network, token }), U256::ZERO);
}

#[test]
fn merkle_claims_are_refused_in_the_contracts_order() {
    let mut bench = Bench::new();
    bench.merkle(1_000);
    let (root, good) = tree(ALICE, 300);
    let mut call = good.clone();
    call.proof.clear();
    bench.refused(ALICE, &call, R::InvalidMerkleRoot {});
    let distribution = bench.distribution(root, 5, &[(CHAIN, 300)]);
    bench.rewards(EVE, &distribution);
    bench.refused(ALICE, &call, R::InvalidMerkleProof {});
    bench.refused(BOB, &good, R::InvalidMerkleProof {});
    call = good.clone();
    call.leaf.rewardeeType = U256::ONE;
    bench.refused(ALICE, &call, R::InvalidMerkleProof {});
    // The leaf of another chain has another hash.
    let elsewhere = leaf_hash(ALICE, 1, &good.leaf);
    assert_ne!(elsewhere, leaf_hash(ALICE, CHAIN, &good.leaf));
    let distribution = bench.distribution(elsewhere, 6, &[]);
    bench.rewards(EVE, &distribution);
    call = R::claimCumulativeMerkleRewardsCall {
        proof: Vec::new(),
        merkleRoot: elsewhere,
        ..good.clone()
    };
    bench.refused(ALICE, &call, R::InvalidMerkleProof {});
    // One leaf is the whole tree; what it shows of nothing cannot be claimed.
    let nothing = leaf_hash(ALICE, CHAIN, &leaf(PAY, 0));
    let distribution = bench.distribution(nothing, 7, &[]);
    bench.rewards(EVE, &distribution);
    call.merkleRoot = nothing;
    call.leaf = leaf(PAY, 0);
    bench.refused(ALICE, &call, R::NoCumulativeRewardsToClaim {});
    bench.rewards(ALICE, &good);
}

/// A wallet that signs what its owner signed with one byte before the signature.
#[derive(Debug)]
struct Wallet {
    owner: Address,
}

bondstone_kernel::alloy_sol_types::sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

impl Guest for Wallet {
    fn call(&self, _: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let call = isValidSignatureCall::abi_decode(message.input).map_err(|_| Revert::empty())?;
        let signature = call.signature.get(1..).ok_or_else(Revert::empty)?;
        if bondstone_kernel::signature::recover(call.hash, signature) != Some(self.owner) {
            return Err(Revert::reason("wallet"));
        }
        let mut magic = [0u8; 32];
        magic[..4].copy_from_slice(&isValidSignatureCall::SELECTOR);
        Ok(magic.to_vec())
    }
}

#[test]
fn a_contract_signs_through_erc_1271() {
    let mut bench = Bench::new();
    bench.merkle(1_000);
    let owner = bench.rewarder.address();
    bench.sandbox.world.register_guest(WALLET, Arc::new(Wallet { owner }));
    bench.rewards(NETWORK, &R::setRewarderCall { rewarder: WALLET });
    let mut call = bench.distribution(B256::repeat_byte(1), 5, &[(CHAIN, 300)]);
    // The owner's own signature is not the wallet's.
    bench.refused(EVE, &call, R::InvalidSignature {});
    call.rewarderSignature = [&[7u8], call.rewarderSignature.as_ref()].concat().into();
    bench.rewards(EVE, &call);
    let take = R::withdrawCumulativeMerkleRewardsCall {
        recipient: EVE,
        network: NETWORK,
        token: PAY,
        amount: n(1),
    };
    bench.refused(owner, &take, R::NotRewarder {});
    bench.rewards(WALLET, &take);
}
