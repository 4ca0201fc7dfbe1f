//! What Symbiotic sells, in the language of [`bondstone_kernel::security`].
//!
//! Stakes come out of the very rules that answer the contracts' views. What no state keeps (when a
//! slash happened, how a request ended, what operators were paid) comes out of the logs that the
//! caller gives; [`topics`] says which. Only what exists is visited: each index of limits, parts,
//! roles, requests and rewards is read through once, and nothing is tried for every pair.

mod changes;
mod payments;
mod payments_v2;
mod slashes;
mod stakes;
mod vaults;

use crate::SymbioticHost;
use crate::abi::rewards::{operator, staker};
use crate::abi::{slasher, vault};
use crate::rules::network_of;
use crate::state::State;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::security::{Dated, Network, Party, Protocol, Rule, SecurityView};
use bondstone_kernel::{Accounts, Assets, Id, MathError, Revert, Timestamp};
use changes::Holders;
use thiserror::Error;

/// Why a picture cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecurityError {
    /// The rule that tells a stake fails.
    #[error("the stake of {operator} for {subnetwork} at {delegator} cannot be told: {revert}")]
    Stake {
        /// The delegator.
        delegator: Address,
        /// The subnetwork.
        subnetwork: B256,
        /// The operator.
        operator: Address,
        /// What the contract's view would revert with.
        revert: Revert,
    },
    /// Sums leave 256 bits, or the block's time 48.
    #[error("amounts cannot be added up: {0}")]
    Math(#[from] MathError),
}

/// First topics of the logs that [`add_to`] needs, from all blocks up to the picture's. Others that
/// are given besides are passed over.
#[must_use]
pub fn topics() -> Vec<B256> {
    let mut topics = vec![
        vault::OnSlash::SIGNATURE_HASH,
        slasher::Slash::SIGNATURE_HASH,
        slasher::ExecuteSlash::SIGNATURE_HASH,
        slasher::VetoSlash::SIGNATURE_HASH,
        staker::DistributeRewards::SIGNATURE_HASH,
        operator::DistributeRewards::SIGNATURE_HASH,
    ];
    topics.extend(payments_v2::topics());
    topics
}

/// Adds what Symbiotic sells at the host's block to a picture. `history` holds the logs of
/// [`topics`] in the chain's order.
///
/// # Errors
/// [`SecurityError`]; amounts that contracts accept do not lead to one.
pub fn add_to(
    view: &mut SecurityView,
    host: &SymbioticHost<'_>,
    history: &[Dated<'_>],
) -> Result<(), SecurityError> {
    let scene = Scene::new(host);
    scene.add_networks(view);
    scene.add_vaults(view)?;
    scene.add_commitments(view)?;
    scene.add_slashes(view, history);
    scene.add_payments(view, history)?;
    scene.add_payments_v2(view, history)
}

/// What every part of the picture looks at.
struct Scene<'a> {
    host: &'a SymbioticHost<'a>,
    now: Timestamp,
    holders: Holders,
}

impl<'a> Scene<'a> {
    fn new(host: &'a SymbioticHost<'a>) -> Self {
        let now = Timestamp(host.block().timestamp);
        Self { host, now, holders: Holders::of(host) }
    }

    fn state(&self) -> &'a State {
        self.host.state()
    }

    fn accounts(&self) -> &'a Accounts {
        self.host.accounts()
    }

    /// The address with this id, zero for none.
    fn address(&self, id: Id) -> Address {
        self.accounts().key(id).unwrap_or_default()
    }

    fn add_networks(&self, view: &mut SecurityView) {
        let registry = &self.state().registry;
        for id in registry.networks.keys() {
            let network = Party::from(self.address(id));
            let middleware = Party::somebody(*registry.middleware.get(id));
            let changes = vec![changes::by_one(Rule::Middleware, network.clone(), 0)];
            let protocol = Protocol::Symbiotic;
            view.networks.push(Network { protocol, network, middleware, has_rail: true, changes });
        }
    }
}

/// Network and number of a subnetwork.
fn split(subnetwork: B256) -> (Party, Assets) {
    let (_, identifier) = subnetwork.split_at(20);
    (network_of(subnetwork).into(), Assets(U256::from_be_slice(identifier)))
}
