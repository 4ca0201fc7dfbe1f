//! Rewards V2: one contract with two rails. Networks pay a vault's stakers and operators by shares
//! at one second (`snapshot`), or anybody by a Merkle tree of cumulative amounts (`merkle`).
//! Source: Symbiotic rewards-v2 `Rewards`, `ProtocolFees`, `CuratorFees`.

pub mod merkle;
pub mod snapshot;
mod unified;

use super::multicall::{self, Batch};
use super::{curator_registry, fee_registry, owners};
use crate::abi::ledger::ProtocolFeesBooked;
use crate::abi::rewards_v2::contract::{
    AccountProtocolFees, ClaimCuratorFees, ClaimProtocolFees, Rewards as Abi, RewardsCalls as Calls,
};
use crate::rules::fee_registry::MAX_FEE;
use crate::state::{Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::host::guarded;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Accounts, Host, Message, Revert, erc20, math, ownable, require};

/// `RewardsType.VAULT_SNAPSHOT`.
pub const VAULT_SNAPSHOT: u64 = 0;
/// `RewardsType.CUMULATIVE_MERKLE`.
pub const CUMULATIVE_MERKLE: u64 = 1;

/// Answers a call to the rewards contract.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Symbiotic>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    answer(host, message, &mut Batch::whole())
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    batch: &mut Batch,
) -> Result<Vec<u8>, Revert> {
    if let Some(result) = ownable::dispatch(host, owners, message) {
        return result;
    }
    let this = message.this;
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::distributeVaultSnapshotRewards(c) => {
            guarded(host, this, |host| snapshot::distribute(host, message, &c))?;
        }
        Calls::claimVaultSnapshotRewards(c) => {
            guarded(host, this, |host| snapshot::claim(host, message, &c))?;
        }
        Calls::claimOperatorFees(c) => {
            guarded(host, this, |host| snapshot::claim_operator_fees(host, message, &c))?;
        }
        Calls::claimCuratorFees(c) => {
            guarded(host, this, |host| claim_curator_fees(host, message, &c))?;
        }
        Calls::claimProtocolFees(c) => {
            return Ok(claim_protocol_fees(host, message, &c)?.abi_encode());
        }
        Calls::setProtocol(c) => merkle::set_protocol(host, message, c.protocol)?,
        Calls::setRewarder(c) => merkle::set_rewarder(host, message, c.rewarder)?,
        Calls::depositCumulativeMerkleRewards(c) => merkle::deposit(host, message, &c)?,
        Calls::withdrawCumulativeMerkleRewards(c) => merkle::withdraw(host, message, &c)?,
        Calls::distributeCumulativeMerkleRewards(c) => merkle::distribute(host, message, &c)?,
        Calls::claimCumulativeMerkleRewards(c) => merkle::claim(host, message, &c)?,
        Calls::claimRewards(c) => unified::claim(host, message, &c)?,
        Calls::multicall(c) => return multicall::run(host, message, &c.data, batch, answer),
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        view => return read(host, message, view),
    }
    Ok(Vec::new())
}

fn read(host: &SymbioticHost<'_>, message: &Message<'_>, view: Calls) -> Result<Vec<u8>, Revert> {
    let (state, accounts) = (host.state(), host.accounts());
    let singleton = |kind| Ok(state.singleton(kind).abi_encode());
    match view {
        Calls::FEE_REGISTRY(_) => singleton(Kind::FeeRegistry),
        Calls::CURATOR_REGISTRY(_) => singleton(Kind::CuratorRegistry),
        Calls::VAULT_FACTORY(_) => singleton(Kind::VaultFactory),
        Calls::NETWORK_REGISTRY(_) => singleton(Kind::NetworkRegistry),
        Calls::NETWORK_MIDDLEWARE_SERVICE(_) => singleton(Kind::NetworkMiddlewareService),
        Calls::MAX_FEE(_) => Ok(MAX_FEE.abi_encode()),
        Calls::protocolFees(c) => Ok(protocol_fees(state, accounts, c.token).abi_encode()),
        Calls::curatorFees(c) => Ok(curator_fees(state, accounts, c.vault, c.token).abi_encode()),
        Calls::protocolFee(c) => Ok(protocol_fee(state, c.rewardsType, c.network).abi_encode()),
        Calls::distributionToTotalAmount(c) => {
            let rate = Rate::of(state, c.rewardsType, c.network)?;
            Ok(rate.total(c.distributionAmount)?.abi_encode())
        }
        Calls::totalToDistributionAmount(c) => {
            let rate = Rate::of(state, c.rewardsType, c.network)?;
            Ok(rate.distribution(c.totalDistributionAmount)?.abi_encode())
        }
        Calls::rewardsLength(_)
        | Calls::rewards(_)
        | Calls::lastUnclaimedReward(_)
        | Calls::lastUnclaimedOperatorReward(_) => snapshot::read(host, view),
        _ => merkle::read(host, message, view),
    }
}

/// Claimable protocol fees in a token. Source: `ProtocolFees.protocolFees`.
#[must_use]
pub fn protocol_fees(state: &State, accounts: &Accounts, token: Address) -> U256 {
    state.rewards_v2.protocol_pots.get(accounts.find(&token)).fees
}

/// Claimable fees of the vault's curator in a token. Source: `CuratorFees.curatorFees`.
#[must_use]
pub fn curator_fees(state: &State, accounts: &Accounts, vault: Address, token: Address) -> U256 {
    let fees = &state.rewards_v2;
    let key = fees.curator_keys.find(&(accounts.find(&vault), accounts.find(&token)));
    *fees.curator_pots.get(key)
}

/// The id under which the registry keeps a protocol fee: that of a rail, or of one network on it.
/// Source: `ProtocolFees.protocolFee`.
#[must_use]
pub fn protocol_fee_id(rewards_type: u64, network: Option<Address>) -> B256 {
    let rail = "rewards".to_owned();
    keccak256(match network {
        Some(network) => (rail, rewards_type, network).abi_encode_params(),
        None => (rail, rewards_type).abi_encode_params(),
    })
}

/// The protocol fee in force, parts of a million: the network's own while it is enabled, else the
/// rail's, whose switch is not looked at. Source: `ProtocolFees.protocolFee`.
#[must_use]
pub fn protocol_fee(state: &State, rewards_type: u64, network: Address) -> U256 {
    let own = fee_registry::protocol_fee(state, protocol_fee_id(rewards_type, Some(network)));
    if own.is_enabled {
        return own.fee;
    }
    fee_registry::protocol_fee(state, protocol_fee_id(rewards_type, None)).fee
}

/// How a rail takes the protocol fee from a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rate {
    /// Out of what is paid in.
    Deducted(U256),
    /// On top of what is paid out.
    OnTop(U256),
}

impl Rate {
    /// # Errors
    /// `InvalidRewardType()`.
    fn of(state: &State, rewards_type: u64, network: Address) -> Result<Self, Revert> {
        match rewards_type {
            VAULT_SNAPSHOT => Ok(Self::Deducted(protocol_fee(state, rewards_type, network))),
            CUMULATIVE_MERKLE => Ok(Self::OnTop(protocol_fee(state, rewards_type, network))),
            _ => Err(Abi::InvalidRewardType {}.into()),
        }
    }

    /// What a network must pay for a distribution. The fee on top rounds down; a deducted fee makes
    /// it the smallest amount that leaves the distribution.
    /// Source: `distributionToTotalAmount` of either rail.
    fn total(self, distribution: U256) -> Result<U256, Revert> {
        match self {
            Self::Deducted(_) if distribution.is_zero() => Ok(U256::ZERO),
            Self::Deducted(fee) => {
                let below = math::sub(distribution, U256::ONE)?;
                let total = math::mul_div_floor(below, MAX_FEE, math::sub(MAX_FEE, fee)?)?;
                Ok(math::add(total, U256::ONE)?)
            }
            Self::OnTop(fee) => {
                let fees = math::mul_div_floor(distribution, fee, MAX_FEE)?;
                Ok(math::add(distribution, fees)?)
            }
        }
    }

    /// What a payment distributes: the deducted fee rounds down; with the fee on top it is the
    /// largest amount that can be paid for.
    /// Source: `totalToDistributionAmount` of either rail.
    fn distribution(self, total: U256) -> Result<U256, Revert> {
        match self {
            Self::Deducted(fee) => {
                let fees = math::mul_div_floor(total, fee, MAX_FEE)?;
                Ok(math::sub(total, fees)?)
            }
            Self::OnTop(fee) => {
                let whole = math::add(MAX_FEE, fee)?;
                let distribution = math::mul_div_floor(total, MAX_FEE, whole)?;
                let next = math::add(distribution, U256::ONE)?;
                Ok(if self.total(next)? <= total { next } else { distribution })
            }
        }
    }
}

/// Books the protocol's part: what of `total` is not `distribution`.
/// Source: `ProtocolFees._accountProtocolFees`.
fn account_protocol_fees(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    (rewards_type, network, token): (u64, Address, Address),
    total: U256,
    distribution: U256,
) -> Result<(), Revert> {
    let fees = math::sub(total, distribution)?;
    let event = AccountProtocolFees { rewardsType: rewards_type, network, token, fees };
    host.emit(message.this, event.into())
}

/// Source: `ProtocolFees.claimProtocolFees`. It has no guard, so the books come first.
fn claim_protocol_fees(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimProtocolFeesCall,
) -> Result<U256, Revert> {
    let (this, token) = (message.this, call.token);
    ownable::check_owner(host, owners, message)?;
    let fees = protocol_fees(host.state(), host.accounts(), token);
    require!(!fees.is_zero(), Abi::InsufficientClaimableFees {});
    host.emit(this, ProtocolFeesBooked { token, fees }.into())?;
    erc20::safe_transfer(host, this, token, call.recipient, fees)?;
    host.emit(this, ClaimProtocolFees { token, fees }.into())?;
    Ok(fees)
}

/// Whoever is the curator now gets the fees of all curators before.
/// Source: `CuratorFees.claimCuratorFees`.
fn claim_curator_fees(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimCuratorFeesCall,
) -> Result<(), Revert> {
    let (vault, token) = (call.vault, call.token);
    require!(!call.recipient.is_zero(), Abi::InvalidRecipient {});
    let curator = curator_registry::of(host, vault);
    require!(curator == message.sender, Abi::NotCurator {});
    let amount = curator_fees(host.state(), host.accounts(), vault, token);
    require!(!amount.is_zero(), Abi::NoRewardsToClaim {});
    erc20::safe_transfer(host, message.this, token, call.recipient, amount)?;
    host.emit(message.this, ClaimCuratorFees { vault, token, amount }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn ids_of_protocol_fees_are_those_of_the_traces() {
        let snapshot = b256!("0xeb80a68820c67c78501c3e2a6a2f5b92219528082562884f816654352c9ba4e1");
        let merkle = b256!("0x922a922713a200f7a20eacb1e79f5d591350b67204c3d9c5d77b14abd6026499");
        assert_eq!(protocol_fee_id(VAULT_SNAPSHOT, None), snapshot);
        assert_eq!(protocol_fee_id(CUMULATIVE_MERKLE, None), merkle);
        assert_ne!(protocol_fee_id(VAULT_SNAPSHOT, Some(Address::ZERO)), snapshot);
    }

    #[test]
    fn a_fee_and_its_inverse_fit_each_other_on_both_rails() {
        let n = |value: u64| U256::from(value);
        for fee in [0, 1, 33_333, 250_000, 999_999].map(n) {
            for amount in (0..200).chain([999_999, 1_000_000, 1_000_001]).map(n) {
                let on_top = Rate::OnTop(fee);
                let total = on_top.total(amount).unwrap();
                let back = on_top.distribution(total).unwrap();
                assert!(back >= amount && on_top.total(back).unwrap() <= total);
                assert!(on_top.total(back + U256::ONE).unwrap() > total, "the largest");
                let deducted = Rate::Deducted(fee);
                let total = deducted.total(amount).unwrap();
                assert_eq!(deducted.distribution(total), Ok(amount));
                if let Some(less) = total.checked_sub(U256::ONE) {
                    assert!(deducted.distribution(less).unwrap() < amount, "the smallest");
                }
            }
        }
    }
}
