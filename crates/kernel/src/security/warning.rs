//! What is dangerous in a picture of security.

use super::{
    Commitment, Condition, Destination, Party, Rule, SecurityView, SlashRecord, SlashStatus,
    SlashingMode, Vault,
};
use crate::{Assets, Timestamp};
use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

/// Something that a buyer or seller should know before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Warning {
    /// Networks count on stake that nobody can slash.
    NoSlasher {
        /// The vault.
        vault: Party,
    },
    /// Slashed stake would go to the zero address. Most tokens refuse that, and the slash fails.
    ZeroBurner {
        /// The vault.
        vault: Party,
    },
    /// The slasher does not tell the router of slashes, so whoever calls it next says which network
    /// and operator the tokens came from.
    RouterNotCalled {
        /// The vault.
        vault: Party,
        /// The router.
        router: Party,
    },
    /// The router has no receiver for a network's slashes; what is slashed stays in it.
    NoReceiver {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
    },
    /// Slashes can be vetoed, but the network never named who may: it need not wait.
    ResolverNeverSet {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The subnetwork.
        subnetwork: Assets,
    },
    /// The vault can be slashed and the network has a limit there, and yet nothing can be taken.
    NothingSlashable {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The subnetwork.
        subnetwork: Assets,
        /// Stake that it counts on.
        stake: Assets,
    },
    /// Vaults give to the network, and nobody may slash or pay for it.
    NoMiddleware {
        /// The network.
        network: Party,
    },
    /// A slash can be executed: its veto time is over.
    SlashExecutable {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the request.
        request: Option<u64>,
        /// Last second at which it can be executed.
        until: Timestamp,
    },
    /// A slash was asked for and never executed, and the time for it is over.
    SlashExpired {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the request.
        request: Option<u64>,
        /// Last second at which it could have been executed.
        since: Timestamp,
    },
    /// A network has the vault's stake, and taking any of it fails.
    SlashFails {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// Stake that it counts on.
        stake: Assets,
        /// What the slash reverts with.
        failure: Bytes,
    },
    /// The network's own books count the vault for other operators than the protocol's.
    StakeMiscounted {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// Whose it is; `None` when the vault does not stand for the network.
        operator: Option<Party>,
        /// For whom the network counts it.
        counted: Vec<Party>,
    },
    /// An update of stake cannot be carried out, and keeps the vault from every other.
    UpdateStuck {
        /// The vault.
        vault: Party,
        /// The network, which the operator has left.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the update.
        number: u64,
    },
    /// A slash can be executed by anybody, and still be vetoed.
    SlashDue {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the request.
        request: Option<u64>,
        /// First second at which it could be executed.
        since: Timestamp,
    },
    /// A slash waits, and executing it fails for all vaults of its request.
    SlashBlocked {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the request.
        request: Option<u64>,
        /// What executing it reverts with.
        failure: Bytes,
    },
    /// A slash waits against an operator who has left the network.
    SlashDangling {
        /// The vault.
        vault: Party,
        /// The network.
        network: Party,
        /// The operator.
        operator: Party,
        /// Number of the request.
        request: Option<u64>,
    },
    /// Deposits move nothing: shares of the vault cost nothing.
    FreeShares {
        /// The vault.
        vault: Party,
    },
    /// There are shares and nothing that they stand for.
    WipedOut {
        /// The vault.
        vault: Party,
    },
    /// A deposit of one whole unit fails.
    DeadVault {
        /// The vault.
        vault: Party,
    },
    /// Somebody can replace the code of the nodes that hold the stakers' ether, and so take it.
    NodesReplaceable {
        /// The vault.
        vault: Party,
        /// Each of them can.
        by: Vec<Party>,
    },
    /// Exits are paused.
    ExitPaused {
        /// The vault.
        vault: Party,
    },
    /// The history that was given does not account for all pay.
    IncompleteHistory {
        /// The contract that holds the pay.
        rail: Party,
        /// The network that pays.
        network: Party,
    },
}

impl SecurityView {
    /// Everything dangerous: vaults first, then networks, updates of stake, slashes and payments.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for vault in &self.vaults {
            self.warn_of_slashing(vault, &mut warnings);
            warn_of_shares(vault, &mut warnings);
        }
        for commitment in &self.commitments {
            self.warn_of_commitment(commitment, &mut warnings);
            self.warn_of_books(commitment, &mut warnings);
        }
        self.warn_of_networks(&mut warnings);
        for update in self.updates.iter().filter(|update| update.is_stuck) {
            warnings.push(Warning::UpdateStuck {
                vault: update.vault.clone(),
                network: update.network.clone(),
                operator: update.operator.clone(),
                number: update.number,
            });
        }
        warnings.extend(self.slashes.iter().filter_map(warning_of));
        for payment in self.payments.iter().filter(|payment| !payment.is_complete) {
            let (rail, network) = (payment.rail.clone(), payment.network.clone());
            warnings.push(Warning::IncompleteHistory { rail, network });
        }
        warnings
    }

    fn warn_of_slashing(&self, entry: &Vault, warnings: &mut Vec<Warning>) {
        let vault = entry.vault.clone();
        let rules = &entry.slashing;
        if matches!(rules.mode, SlashingMode::Never | SlashingMode::Unset) {
            if self.commitments_of(&vault).any(|c| !c.limit.is_zero()) {
                warnings.push(Warning::NoSlasher { vault });
            }
            return;
        }
        match &rules.destination {
            Destination::Zero => warnings.push(Warning::ZeroBurner { vault }),
            Destination::Router { router, .. } if !rules.is_destination_called => {
                let router = (*router).into();
                warnings.push(Warning::RouterNotCalled { vault, router });
            }
            _ => {}
        }
    }

    fn warn_of_commitment(&self, commitment: &Commitment, warnings: &mut Vec<Warning>) {
        let (vault, network) = (commitment.vault.clone(), commitment.network.clone());
        let Some(entry) = self.vault(&vault).filter(|_| !commitment.limit.is_zero()) else {
            return;
        };
        let rules = &entry.slashing;
        if matches!(rules.mode, SlashingMode::Never | SlashingMode::Unset) {
            return;
        }
        let (subnetwork, stake) = (commitment.subnetwork, commitment.stake);
        if commitment.resolver.as_ref().is_some_and(|resolver| !resolver.was_set) {
            let (vault, network) = (vault.clone(), network.clone());
            warnings.push(Warning::ResolverNeverSet { vault, network, subnetwork });
        }
        if let Some(failure) = commitment.failure.clone() {
            let (vault, network) = (vault.clone(), network.clone());
            warnings.push(Warning::SlashFails { vault, network, stake, failure });
        } else if commitment.slashable.is_zero() && entry.condition == Condition::Sound {
            let (vault, network) = (vault.clone(), network.clone());
            warnings.push(Warning::NothingSlashable { vault, network, subnetwork, stake });
        }
        if let Destination::Router { receivers, .. } = &rules.destination {
            let receives = receivers.iter().any(|receiver| {
                let fits = receiver.network.as_ref().is_none_or(|other| *other == network);
                fits && receiver.operator.is_none() && receiver.receiver.is_some()
            });
            if !receives {
                warnings.push(Warning::NoReceiver { vault, network });
            }
        }
    }

    /// A network may stop counting a vault as soon as leaving is asked for, and no sooner.
    fn warn_of_books(&self, commitment: &Commitment, warnings: &mut Vec<Warning>) {
        let Some(counted) = &commitment.counted else { return };
        let (vault, network) = (commitment.vault.clone(), commitment.network.clone());
        let mut rightful = commitment.operators.iter().map(|operator| &operator.operator);
        let leaves =
            self.updates.iter().any(|u| !u.joins && u.vault == vault && u.network == network);
        let is_right =
            if leaves && counted.is_empty() { true } else { counted.iter().eq(rightful.clone()) };
        if !is_right {
            let (operator, counted) = (rightful.next().cloned(), counted.clone());
            warnings.push(Warning::StakeMiscounted { vault, network, operator, counted });
        }
    }

    fn warn_of_networks(&self, warnings: &mut Vec<Warning>) {
        for network in self.networks.iter().filter(|network| network.middleware.is_none()) {
            let network = network.network.clone();
            if self.commitments_to(&network).any(|c| !c.limit.is_zero()) {
                warnings.push(Warning::NoMiddleware { network });
            }
        }
    }
}

fn warn_of_shares(entry: &Vault, warnings: &mut Vec<Warning>) {
    let vault = entry.vault.clone();
    match entry.condition {
        Condition::Sound => {}
        Condition::Free => warnings.push(Warning::FreeShares { vault: vault.clone() }),
        Condition::WipedOut => warnings.push(Warning::WipedOut { vault: vault.clone() }),
        Condition::Dead => warnings.push(Warning::DeadVault { vault: vault.clone() }),
    }
    let has_stake = !entry.active.is_zero() || !entry.leaving.is_zero();
    if has_stake && let Some(change) = entry.changes.iter().find(|c| c.rule == Rule::NodeCode) {
        let by = change.by.clone();
        warnings.push(Warning::NodesReplaceable { vault: vault.clone(), by });
    }
    if entry.exit.is_paused {
        warnings.push(Warning::ExitPaused { vault });
    }
}

fn warning_of(slash: &SlashRecord) -> Option<Warning> {
    let (vault, network) = (slash.vault.clone(), slash.network.clone());
    let (operator, request) = (slash.operator.clone(), slash.request);
    match slash.status.clone() {
        SlashStatus::Executable { until } => {
            Some(Warning::SlashExecutable { vault, network, operator, request, until })
        }
        SlashStatus::Expired { since } => {
            Some(Warning::SlashExpired { vault, network, operator, request, since })
        }
        SlashStatus::Due { since } => {
            Some(Warning::SlashDue { vault, network, operator, request, since })
        }
        SlashStatus::Blocked { failure, .. } => {
            Some(Warning::SlashBlocked { vault, network, operator, request, failure })
        }
        SlashStatus::Dangling { .. } => {
            Some(Warning::SlashDangling { vault, network, operator, request })
        }
        SlashStatus::Executed { .. }
        | SlashStatus::Vetoed { .. }
        | SlashStatus::Skipped { .. }
        | SlashStatus::Closed
        | SlashStatus::Vetoable { .. } => None,
    }
}
