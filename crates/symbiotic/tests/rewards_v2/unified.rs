//! The entry for both rails, and tokens that call back.

use crate::bench::*;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::revert::library::ReentrancyGuardReentrantCall;
use bondstone_kernel::{Call, Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards_v2::Rewards as R;
use bondstone_symbiotic::rules::rewards_v2::merkle::leaf_hash;
use bondstone_symbiotic::rules::rewards_v2::{CUMULATIVE_MERKLE, VAULT_SNAPSHOT};
use bondstone_world::{Guest, World};
use std::sync::Arc;

/// The packed data of a Merkle claim.
fn packed(claim: &R::claimCumulativeMerkleRewardsCall, proof_length: u64) -> Vec<u8> {
    let mut data = CUMULATIVE_MERKLE.to_be_bytes().to_vec();
    data.extend(claim.network.into_word());
    data.extend(claim.merkleRoot);
    data.extend(claim.leaf.token.into_word());
    data.extend(claim.leaf.rewardeeType.to_be_bytes::<32>());
    data.extend(claim.leaf.amount.to_be_bytes::<32>());
    data.extend(claim.leaf.rewardeeDataHash);
    data.extend(n(0xdead).to_be_bytes::<32>());
    data.extend(n(proof_length).to_be_bytes::<32>());
    data.extend(claim.proof.iter().flat_map(|word| word.0));
    data
}

fn unified(token: Address, data: Vec<u8>) -> R::claimRewardsCall {
    R::claimRewardsCall { recipient: EVE, token, data: data.into() }
}

#[test]
fn one_entry_claims_on_both_rails_and_multicall_on_all_of_them() {
    let mut bench = Bench::new();
    bench.merkle(1_000);
    let (root, claim) = tree(ALICE, 300);
    let distribution = bench.distribution(root, 5, &[(CHAIN, 300)]);
    bench.rewards(EVE, &distribution);
    let payment = bench.payment(70, bench.sandbox.now() - 1);
    bench.rewards(NETWORK, &payment);

    bench.refused(ALICE, &unified(PAY, 2u64.to_be_bytes().to_vec()), R::InvalidRewardType {});
    // Nothing at all reads as the first rail, and then there are no eight bytes to cut off.
    bench.refused(ALICE, &unified(PAY, Vec::new()), Revert::empty());
    bench.refused(ALICE, &unified(PAY, vec![0; 40]), Revert::empty());
    let other = unified(bench.sandbox.token, packed(&claim, 1));
    bench.refused(ALICE, &other, R::InvalidToken {});
    bench.refused(ALICE, &unified(PAY, packed(&claim, 0)), R::InvalidMerkleProof {});
    bench.refused(ALICE, &unified(PAY, packed(&claim, 2)), R::InvalidMerkleProof {});
    bench.refused(ALICE, &unified(PAY, packed(&claim, u64::MAX)), Revert::empty());
    let mut dirty = packed(&claim, 1);
    dirty[8 + 64] = 1;
    bench.refused(ALICE, &unified(PAY, dirty), Revert::empty());

    let none: Vec<Bytes> = Vec::new();
    let snapshot = (NETWORK, bench.parts.vault, n(0), n(0), U256::MAX, none).abi_encode_params();
    let snapshot = [VAULT_SNAPSHOT.to_be_bytes().to_vec(), snapshot].concat();
    let calls: [Bytes; 2] =
        [packed(&claim, 1), snapshot].map(|data| unified(PAY, data).abi_encode().into());
    let again = calls[0].clone();
    let call = R::multicallCall { data: calls.to_vec() };
    bench.refused(EVE, &call, R::InvalidMerkleProof {});
    bench.rewards(ALICE, &call);
    assert_eq!(bench.balance(PAY, EVE), n(330));
    let call = R::multicallCall { data: vec![again] };
    bench.refused(ALICE, &call, R::NoCumulativeRewardsToClaim {});
}

/// A token that calls its receiver's claim once more before it answers `transfer`.
#[derive(Debug)]
struct Reentrant {
    rewards: Address,
    inner: Bytes,
}

impl Guest for Reentrant {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let (this, input) = (message.this, message.input);
        if let Ok(call) = Erc20::balanceOfCall::abi_decode(input) {
            return Ok(world.storage(this, call.account.into_word()).0.to_vec());
        }
        if let Ok(call) = Erc20::transferFromCall::abi_decode(input) {
            world.store(this, call.to.into_word(), B256::from(call.value))?;
            return Ok(true.abi_encode());
        }
        // Remembers what the inner claim said.
        let answer = world.call(Call::new(this, self.rewards, &self.inner));
        let said = answer.err().map(|revert| keccak256(revert.data())).unwrap_or_default();
        world.store(this, B256::repeat_byte(0xff), said)?;
        Ok(true.abi_encode())
    }
}

#[test]
fn a_token_that_calls_back_finds_merkle_books_closed_and_the_snapshot_rail_locked() {
    let mut bench = Bench::new();
    bench.merkle(1);
    let token = Address::repeat_byte(0x99);
    let rewards = bench.at(Kind::Rewards);
    let leaf = leaf(token, 300);
    let root = leaf_hash(token, CHAIN, &leaf);
    let claim = R::claimCumulativeMerkleRewardsCall {
        recipient: EVE,
        network: NETWORK,
        leaf,
        proof: Vec::new(),
        merkleRoot: root,
    };
    let inner = claim.abi_encode().into();
    bench.sandbox.world.register_guest(token, Arc::new(Reentrant { rewards, inner }));
    let distribution = bench.distribution(root, 5, &[]);
    bench.rewards(EVE, &distribution);
    // The token is the rewardee of its own leaf, and claims it twice.
    bench.rewards(token, &claim);
    let said = |bench: &Bench| bench.sandbox.world.storage(token, B256::repeat_byte(0xff));
    assert_eq!(said(&bench), keccak256(R::NoCumulativeRewardsToClaim::SELECTOR));
    let (network, rewardee) = (NETWORK, token);
    let claimed = R::claimedCall { network, token, rewardee, rewardeeType: U256::ZERO };
    assert_eq!(bench.rewards(EVE, &claimed), n(300));

    // A withdrawal is out of the books before its tokens move, and only once.
    let amount = n(40);
    let deposit = R::depositCumulativeMerkleRewardsCall { network, token, amount };
    bench.rewards(EVE, &deposit);
    bench.rewards(NETWORK, &R::setRewarderCall { rewarder: token });
    let recipient = EVE;
    let take = R::withdrawCumulativeMerkleRewardsCall { recipient, network, token, amount };
    let inner = take.abi_encode().into();
    bench.sandbox.world.register_guest(token, Arc::new(Reentrant { rewards, inner }));
    bench.rewards(token, &take);
    assert_eq!(said(&bench), keccak256(panic(0x11).data()));
    assert_eq!(bench.rewards(EVE, &R::balanceCall { network, token }), U256::ZERO);

    // The snapshot rail has a guard.
    let mut payment = bench.payment(70, bench.sandbox.now() - 1);
    payment.token = token;
    bench.rewards(NETWORK, &payment);
    let mut claim = bench.claim(0, 0, U256::MAX);
    claim.token = token;
    let inner = claim.abi_encode().into();
    bench.sandbox.world.register_guest(token, Arc::new(Reentrant { rewards, inner }));
    bench.rewards(ALICE, &claim);
    assert_eq!(said(&bench), keccak256(ReentrancyGuardReentrantCall::SELECTOR));
}
