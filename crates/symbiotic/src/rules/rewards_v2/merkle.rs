//! The Merkle rail: a network's balance is distributed by roots of cumulative amounts, each signed
//! by the protocol and by the network's rewarder.
//! Source: Symbiotic rewards-v2 `CumulativeMerkleRewards`.

use super::{CUMULATIVE_MERKLE, Rate, account_protocol_fees};
use crate::abi::ledger::{MerkleClaimBooked, MerkleTotalRaised, MerkleWithdrawalBooked};
use crate::abi::rewards_v2::contract::{
    ClaimCumulativeMerkleRewards, CumulativeDistribution, CumulativeDistributionLeaf,
    DepositCumulativeMerkleRewards, DistributeCumulativeMerkleRewards, Rewards as Abi,
    RewardsCalls as Calls, SetProtocol, SetRewarder, TokenAmount, WithdrawCumulativeMerkleRewards,
};
use crate::rules::operator_rewards::root_of_proof;
use crate::rules::owners;
use crate::state::rewards_v2::MerklePot;
use crate::state::{Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, FixedBytes, U256, b256, keccak256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{
    Accounts, Host, Id, Message, NONE, Revert, erc20, math, ownable, require, signature,
};

/// Name in the EIP-712 domain.
const DOMAIN_NAME: &str = "CumulativeMerkleRewards";
/// Version in the EIP-712 domain.
const DOMAIN_VERSION: &str = "1";
/// ERC-5267: name, version, chain id and contract make up the domain.
const DOMAIN_FIELDS: FixedBytes<1> = FixedBytes([0x0f]);
/// keccak256 of `EIP712Domain(string name,string version)`: a signature holds on every chain.
const CROSS_CHAIN_DOMAIN_TYPE: B256 =
    b256!("0xb03948446334eb9b2196d5eb166f69b9d49403eb4a12f36de8d3f9f3cb8e15c3");
/// keccak256 of `TokenAmount(uint64 chainId,address token,uint256 amount)`.
const TOKEN_AMOUNT_TYPE: B256 =
    b256!("0x85b201ef5e73a9d39bbb102d72d503e490cfe4f186300d8a529458d375f73c8e");
/// keccak256 of `CumulativeDistributionPayload(address network,uint48 timestamp,bytes32
/// merkleRoot,TokenAmount[] totalAmounts)` and the type of its elements.
const PAYLOAD_TYPE: B256 =
    b256!("0xa0c8a5d45d8d8fabdcf7c9a6d7d2850df531095f991439c9b5c5837218692dc0");

/// The EIP-712 digest of `struct_hash` in the domain that names neither chain nor contract.
/// Source: `OzEIP712.hashTypedDataV4CrossChain`.
#[must_use]
pub fn cross_chain_digest(struct_hash: B256) -> B256 {
    let name = keccak256(DOMAIN_NAME.as_bytes());
    let version = keccak256(DOMAIN_VERSION.as_bytes());
    let domain = keccak256((CROSS_CHAIN_DOMAIN_TYPE, name, version).abi_encode());
    signature::typed_data_digest(domain, struct_hash)
}

/// What the protocol and the network's rewarder sign to accept a distribution.
/// Source: `CumulativeMerkleRewards.distributeCumulativeMerkleRewards`.
#[must_use]
pub fn distribution_digest(
    network: Address,
    distribution: &CumulativeDistribution,
    totals: &[TokenAmount],
) -> B256 {
    let hashes: Vec<u8> = totals
        .iter()
        .flat_map(|total| {
            let fields = (TOKEN_AMOUNT_TYPE, total.chainId, total.token, total.amount);
            keccak256(fields.abi_encode()).0
        })
        .collect();
    let CumulativeDistribution { timestamp, merkleRoot } = distribution;
    let timestamp = U256::from(*timestamp);
    let fields = (PAYLOAD_TYPE, network, timestamp, *merkleRoot, keccak256(hashes));
    cross_chain_digest(keccak256(fields.abi_encode()))
}

/// The leaf of what a rewardee is entitled to on a chain, hashed once over six words.
/// Source: `CumulativeMerkleRewards.claimCumulativeMerkleRewards`.
#[must_use]
pub fn leaf_hash(rewardee: Address, chain_id: u64, leaf: &CumulativeDistributionLeaf) -> B256 {
    let fields = (
        rewardee,
        U256::from(chain_id),
        leaf.token,
        leaf.rewardeeType,
        leaf.amount,
        leaf.rewardeeDataHash,
    );
    keccak256(fields.abi_encode())
}

/// Answers a view of this rail; a revert without data for anything else.
///
/// # Errors
/// A revert without data.
pub(super) fn read(
    host: &SymbioticHost<'_>,
    message: &Message<'_>,
    view: Calls,
) -> Result<Vec<u8>, Revert> {
    let (state, accounts) = (host.state(), host.accounts());
    Ok(match view {
        Calls::lastCumulativeDistribution(c) => {
            let last = state.rewards_v2.last.get(accounts.find(&c.network));
            (last.timestamp.0, last.root).abi_encode_params()
        }
        Calls::lastTotalAmount(c) => total(state, accounts, c.network, c.token).abi_encode(),
        Calls::balance(c) => pot(state, accounts, c.network, c.token).balance.abi_encode(),
        Calls::isCumulativeDistributionRoot(c) => {
            is_root(state, accounts, c.network, c.root).abi_encode()
        }
        Calls::claimed(c) => {
            let claim = (c.network, c.token, c.rewardeeType, c.rewardee);
            claimed(state, accounts, claim).abi_encode()
        }
        Calls::rewarder(c) => rewarder(state, accounts, c.network).abi_encode(),
        Calls::protocol(_) => protocol(state, accounts).abi_encode(),
        Calls::eip712Domain(_) => {
            let fields = (
                DOMAIN_FIELDS,
                DOMAIN_NAME.to_owned(),
                DOMAIN_VERSION.to_owned(),
                U256::from(host.block().chain_id),
                message.this,
                B256::ZERO,
                Vec::<U256>::new(),
            );
            fields.abi_encode_params()
        }
        Calls::hashTypedDataV4(c) => {
            let (chain_id, this) = (host.block().chain_id, message.this);
            let domain = signature::domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, this);
            signature::typed_data_digest(domain, c.structHash).abi_encode()
        }
        Calls::hashTypedDataV4CrossChain(c) => cross_chain_digest(c.structHash).abi_encode(),
        _ => return Err(Revert::empty()),
    })
}

fn pot_key(state: &State, accounts: &Accounts, network: Address, token: Address) -> Id {
    state.rewards_v2.pot_keys.find(&(accounts.find(&network), accounts.find(&token)))
}

/// What a network has deposited in a token and not distributed.
#[must_use]
pub fn pot(state: &State, accounts: &Accounts, network: Address, token: Address) -> MerklePot {
    *state.rewards_v2.pots.get(pot_key(state, accounts, network, token))
}

/// What a network has ever distributed in a token on this chain, without fees.
/// Source: `CumulativeMerkleRewards.lastTotalAmount`.
#[must_use]
pub fn total(state: &State, accounts: &Accounts, network: Address, token: Address) -> U256 {
    state.rewards_v2.totals.get(pot_key(state, accounts, network, token)).latest()
}

/// Whether the network ever distributed by this root.
#[must_use]
pub fn is_root(state: &State, accounts: &Accounts, network: Address, root: B256) -> bool {
    state.rewards_v2.roots.find(&(accounts.find(&network), root)) != NONE
}

/// What a rewardee has claimed: (network, token, type, rewardee).
#[must_use]
pub fn claimed(
    state: &State,
    accounts: &Accounts,
    (network, token, rewardee_type, rewardee): (Address, Address, U256, Address),
) -> U256 {
    let books = &state.rewards_v2;
    let pot = pot_key(state, accounts, network, token);
    let key = (pot, B256::from(rewardee_type), accounts.find(&rewardee));
    *books.claimed.get(books.claimed_keys.find(&key))
}

/// Who signs for a network, zero when it named nobody.
#[must_use]
pub fn rewarder(state: &State, accounts: &Accounts, network: Address) -> Address {
    *state.rewards_v2.rewarders.get(accounts.find(&network))
}

/// Who signs for the protocol, zero when its owner named nobody.
#[must_use]
pub fn protocol(state: &State, accounts: &Accounts) -> Address {
    *state.rewards_v2.protocol.get(accounts.find(&state.singleton(Kind::Rewards)))
}

/// Source: `CumulativeMerkleRewards.setProtocol`.
pub(super) fn set_protocol(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    protocol: Address,
) -> Result<(), Revert> {
    ownable::check_owner(host, owners, message)?;
    host.emit(message.this, SetProtocol { protocol }.into())
}

/// Anybody is a network here. Source: `CumulativeMerkleRewards.setRewarder`.
pub(super) fn set_rewarder(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    rewarder: Address,
) -> Result<(), Revert> {
    host.emit(message.this, SetRewarder { network: message.sender, rewarder }.into())
}

/// Source: `CumulativeMerkleRewards.depositCumulativeMerkleRewards`.
pub(super) fn deposit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::depositCumulativeMerkleRewardsCall,
) -> Result<(), Revert> {
    let (network, token) = (call.network, call.token);
    let amount = erc20::pull(host, message.this, token, message.sender, call.amount)?;
    require!(!amount.is_zero(), Abi::InsufficientDeposit {});
    let event = DepositCumulativeMerkleRewards { network, token, amount };
    host.emit(message.this, event.into())
}

/// Only what is not distributed can leave. There is no guard, so the books come first.
/// Source: `CumulativeMerkleRewards.withdrawCumulativeMerkleRewards`.
pub(super) fn withdraw(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::withdrawCumulativeMerkleRewardsCall,
) -> Result<(), Revert> {
    let (this, network, token, amount) = (message.this, call.network, call.token, call.amount);
    let rewarder = rewarder(host.state(), host.accounts(), network);
    require!(rewarder == message.sender, Abi::NotRewarder {});
    host.emit(this, MerkleWithdrawalBooked { network, token, amount }.into())?;
    erc20::safe_transfer(host, this, token, call.recipient, amount)?;
    host.emit(this, WithdrawCumulativeMerkleRewards { network, token, amount }.into())
}

/// Anybody may hand in what both parties signed.
/// Source: `CumulativeMerkleRewards.distributeCumulativeMerkleRewards`.
pub(super) fn distribute(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::distributeCumulativeMerkleRewardsCall,
) -> Result<(), Revert> {
    let (this, network) = (message.this, call.network);
    let distribution = &call.cumulativeDistribution;
    let is_known = is_root(host.state(), host.accounts(), network, distribution.merkleRoot);
    require!(!is_known, Abi::RootAlreadySet {});

    let digest = distribution_digest(network, distribution, &call.totalAmounts);
    let signer = protocol(host.state(), host.accounts());
    let by_protocol = signature::is_valid_now(host, this, signer, digest, &call.protocolSignature);
    require!(by_protocol, Abi::InvalidSignature {});
    let signer = rewarder(host.state(), host.accounts(), network);
    let by_rewarder = signature::is_valid_now(host, this, signer, digest, &call.rewarderSignature);
    require!(by_rewarder, Abi::InvalidSignature {});

    let last = host.state().rewards_v2.last.get(host.accounts().find(&network)).timestamp;
    require!(distribution.timestamp > U48::from(last.0), Abi::InvalidTimestamp {});

    for total in &call.totalAmounts {
        if total.chainId == host.block().chain_id {
            raise(host, message, network, total)?;
        }
    }
    let event =
        DistributeCumulativeMerkleRewards { network, cumulativeDistribution: distribution.clone() };
    host.emit(this, event.into())
}

/// Sets the rise of a total and the fee on it aside. A total that falls, and a balance that does
/// not suffice, are `Panic(0x11)`.
fn raise(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    network: Address,
    total: &TokenAmount,
) -> Result<(), Revert> {
    let token = total.token;
    let before = self::total(host.state(), host.accounts(), network, token);
    let rise = math::sub(total.amount, before)?;
    let reserved = Rate::of(host.state(), CUMULATIVE_MERKLE, network)?.total(rise)?;
    account_protocol_fees(host, message, (CUMULATIVE_MERKLE, network, token), reserved, rise)?;
    let event = MerkleTotalRaised { network, token, totalAmount: total.amount, reserved };
    host.emit(message.this, event.into())
}

/// Source: `CumulativeMerkleRewards.claimCumulativeMerkleRewards`.
pub(super) fn claim(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimCumulativeMerkleRewardsCall,
) -> Result<(), Revert> {
    let (this, rewardee) = (message.this, message.sender);
    let (network, leaf, root) = (call.network, &call.leaf, call.merkleRoot);
    let (state, accounts) = (host.state(), host.accounts());
    require!(is_root(state, accounts, network, root), Abi::InvalidMerkleRoot {});
    let hash = leaf_hash(rewardee, host.block().chain_id, leaf);
    require!(root_of_proof(&call.proof, hash) == root, Abi::InvalidMerkleProof {});

    let CumulativeDistributionLeaf { token, rewardeeType, amount, .. } = *leaf;
    let before = claimed(state, accounts, (network, token, rewardeeType, rewardee));
    let claimable = math::sub(amount, before)?;
    require!(!claimable.is_zero(), Abi::NoCumulativeRewardsToClaim {});
    // There is no guard: a token that calls back must find the claim in the books.
    let booked = MerkleClaimBooked { rewardee, network, token, rewardeeType, amount };
    host.emit(this, booked.into())?;
    erc20::safe_transfer(host, this, token, call.recipient, claimable)?;
    let event = ClaimCumulativeMerkleRewards { rewardee, network, leaf: leaf.clone() };
    host.emit(this, event.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_hashes_are_those_of_the_types() {
        let amount = "TokenAmount(uint64 chainId,address token,uint256 amount)";
        let payload = "CumulativeDistributionPayload(address network,uint48 timestamp,\
                       bytes32 merkleRoot,TokenAmount[] totalAmounts)";
        assert_eq!(keccak256(amount), TOKEN_AMOUNT_TYPE);
        assert_eq!(keccak256(format!("{payload}{amount}")), PAYLOAD_TYPE);
        let domain = "EIP712Domain(string name,string version)";
        assert_eq!(keccak256(domain), CROSS_CHAIN_DOMAIN_TYPE);
    }
}
