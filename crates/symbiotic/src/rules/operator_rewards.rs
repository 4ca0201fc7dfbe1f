//! Default operator rewards: networks pay operators by Merkle proofs of cumulative amounts.
//! Source: Symbiotic rewards 2.0.0 `DefaultOperatorRewards`, `DefaultOperatorRewardsFactory`.

use super::registry;
use crate::abi::registry::{AddEntity, Initialized};
use crate::abi::rewards::operator::{
    ClaimRewards, DefaultOperatorRewards as Abi, DefaultOperatorRewardsCalls as Calls,
    DistributeRewards, OperatorRewardsFactoryCalls as FactoryCalls,
};
use crate::state::Kind;
use crate::state::rewards::Pot;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::host::guarded;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Creation, Host, Id, Message, NONE, Revert, erc20, math, require};

/// Answers a call to an operator rewards contract; `id` is `NONE` for the implementation, which
/// works like any other except that it can never be initialised.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let view = match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::distributeRewards(c) => {
            guarded(host, message.this, |host| distribute(host, message, &c))?;
            return Ok(Vec::new());
        }
        Calls::claimRewards(c) => {
            let amount = guarded(host, message.this, |host| claim(host, id, message, &c))?;
            return Ok(amount.abi_encode());
        }
        Calls::initialize(_) => {
            initialize(host, id, message)?;
            return Ok(Vec::new());
        }
        view => view,
    };
    Ok(match view {
        Calls::NETWORK_MIDDLEWARE_SERVICE(_) => {
            host.state().singleton(Kind::NetworkMiddlewareService).abi_encode()
        }
        Calls::balance(c) => pot_of(host, id, c.network, c.token).1.balance.abi_encode(),
        Calls::root(c) => pot_of(host, id, c.network, c.token).1.root.abi_encode(),
        Calls::claimed(c) => {
            let (pot, _) = pot_of(host, id, c.network, c.token);
            claimed(host, pot, c.account).abi_encode()
        }
        _ => return Err(Revert::empty()),
    })
}

/// Answers a call to the factory or the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_singleton(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if kind == Kind::OperatorRewardsImplementation {
        return dispatch(host, NONE, message);
    }
    if let Some(answer) = registry::dispatch_entities(host, kind, message) {
        return answer;
    }
    let call = FactoryCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let FactoryCalls::create(_) = call;
    Ok(create(host, message)?.abi_encode())
}

fn pot_of(host: &SymbioticHost<'_>, id: Id, network: Address, token: Address) -> (Id, Pot) {
    let (rewards, accounts) = (&host.state().rewards, host.accounts());
    let pot = rewards.pot_keys.find(&(id, accounts.find(&network), accounts.find(&token)));
    (pot, *rewards.pots.get(pot))
}

fn claimed(host: &SymbioticHost<'_>, pot: Id, account: Address) -> U256 {
    let rewards = &host.state().rewards;
    *rewards.claimed.get(rewards.claimed_keys.find(&(pot, host.accounts().find(&account))))
}

/// Once, by anyone: the factory leaves it out. Source: `DefaultOperatorRewards.initialize`.
fn initialize(host: &mut dyn Host<Symbiotic>, id: Id, message: &Message<'_>) -> Result<(), Revert> {
    let initialized = id == NONE || *host.state().rewards.operator_initialized.get(id);
    require!(!initialized, InvalidInitialization {});
    host.emit(message.this, Initialized { version: 1 }.into())
}

/// Source: `DefaultOperatorRewards.distributeRewards`.
fn distribute(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::distributeRewardsCall,
) -> Result<(), Revert> {
    let (network, token) = (call.network, call.token);
    let middleware = *host.state().registry.middleware.get(host.accounts().find(&network));
    require!(middleware == message.sender, Abi::NotNetworkMiddleware {});
    let mut amount = U256::ZERO;
    if !call.amount.is_zero() {
        amount = erc20::pull(host, message.this, token, message.sender, call.amount)?;
        require!(!amount.is_zero(), Abi::InsufficientTransfer {});
    }
    let event = DistributeRewards { network, token, amount, root: call.root };
    host.emit(message.this, event.into())
}

/// Source: `DefaultOperatorRewards.claimRewards`.
fn claim(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Abi::claimRewardsCall,
) -> Result<U256, Revert> {
    let (recipient, network, token) = (call.recipient, call.network, call.token);
    let claimer = message.sender;
    let (pot, Pot { root, balance }) = pot_of(host, id, network, token);
    require!(!root.is_zero(), Abi::RootNotSet {});
    let leaf = leaf(claimer, call.totalClaimable);
    require!(root_of_proof(&call.proof, leaf) == root, Abi::InvalidProof {});
    let claimed = claimed(host, pot, claimer);
    require!(call.totalClaimable > claimed, Abi::InsufficientTotalClaimable {});
    let amount = math::sub(call.totalClaimable, claimed)?;
    require!(amount <= balance, Abi::InsufficientBalance {});
    erc20::safe_transfer(host, message.this, token, recipient, amount)?;
    let event = ClaimRewards { recipient, network, token, claimer, amount };
    host.emit(message.this, event.into())?;
    Ok(amount)
}

/// The leaf of an entitlement, hashed twice so that it cannot be taken for a node.
/// Source: OpenZeppelin `StandardMerkleTree` of `["address", "uint256"]`.
#[must_use]
pub fn leaf(account: Address, total_claimable: U256) -> B256 {
    keccak256(keccak256((account, total_claimable).abi_encode_params()))
}

/// The root to which a proof folds; pairs are hashed in ascending order.
/// Source: OpenZeppelin 5.0.2 `MerkleProof.processProofCalldata`.
#[must_use]
pub fn root_of_proof(proof: &[B256], leaf: B256) -> B256 {
    proof.iter().fold(leaf, |node, sibling| {
        let (low, high) = if node < *sibling { (node, *sibling) } else { (*sibling, node) };
        keccak256((low, high).abi_encode_params())
    })
}

/// Source: `DefaultOperatorRewardsFactory.create`.
fn create(host: &mut dyn Host<Symbiotic>, message: &Message<'_>) -> Result<Address, Revert> {
    let total = registry::total_entities(host, Kind::OperatorRewardsFactory);
    let entity = host.create(Creation::Clone {
        deployer: message.this,
        salt: keccak256((total, message.sender).abi_encode_params()),
        implementation: host.state().singleton(Kind::OperatorRewardsImplementation),
    })?;
    host.emit(message.this, AddEntity { entity }.into())?;
    Ok(entity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_folds_to_the_root_from_either_side() {
        let (a, b) = (leaf(Address::repeat_byte(1), U256::from(7)), B256::repeat_byte(9));
        let root = root_of_proof(&[b], a);
        assert_eq!(root, root_of_proof(&[a], b));
        assert_eq!(root_of_proof(&[], a), a);
        assert_ne!(root, root_of_proof(&[a], a));
    }
}
