//! What is dangerous in a picture of security.

use super::{Destination, Party, SecurityView, SlashStatus, SlashingMode};
use crate::{Assets, Timestamp};
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
    /// The history that was given does not account for all pay.
    IncompleteHistory {
        /// The contract that holds the pay.
        rail: Party,
        /// The network that pays.
        network: Party,
    },
}

impl SecurityView {
    /// Everything dangerous: vaults first, then networks, slashes and payments.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        self.warn_of_vaults(&mut warnings);
        self.warn_of_commitments(&mut warnings);
        self.warn_of_networks(&mut warnings);
        self.warn_of_slashes(&mut warnings);
        for payment in self.payments.iter().filter(|payment| !payment.is_complete) {
            let (rail, network) = (payment.rail.clone(), payment.network.clone());
            warnings.push(Warning::IncompleteHistory { rail, network });
        }
        warnings
    }

    fn warn_of_vaults(&self, warnings: &mut Vec<Warning>) {
        for entry in &self.vaults {
            let vault = entry.vault.clone();
            let rules = &entry.slashing;
            if matches!(rules.mode, SlashingMode::Never | SlashingMode::Unset) {
                if self.commitments_of(&vault).any(|c| !c.limit.is_zero()) {
                    warnings.push(Warning::NoSlasher { vault });
                }
                continue;
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
    }

    fn warn_of_commitments(&self, warnings: &mut Vec<Warning>) {
        for commitment in self.commitments.iter().filter(|c| !c.limit.is_zero()) {
            let (vault, network) = (commitment.vault.clone(), commitment.network.clone());
            let Some(rules) = self.vault(&vault).map(|vault| &vault.slashing) else { continue };
            if matches!(rules.mode, SlashingMode::Never | SlashingMode::Unset) {
                continue;
            }
            let (subnetwork, stake) = (commitment.subnetwork, commitment.stake);
            if commitment.resolver.as_ref().is_some_and(|resolver| !resolver.was_set) {
                let (vault, network) = (vault.clone(), network.clone());
                warnings.push(Warning::ResolverNeverSet { vault, network, subnetwork });
            }
            if commitment.slashable.is_zero() {
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
    }

    fn warn_of_networks(&self, warnings: &mut Vec<Warning>) {
        for network in self.networks.iter().filter(|network| network.middleware.is_none()) {
            let network = network.network.clone();
            if self.commitments_to(&network).any(|c| !c.limit.is_zero()) {
                warnings.push(Warning::NoMiddleware { network });
            }
        }
    }

    fn warn_of_slashes(&self, warnings: &mut Vec<Warning>) {
        for slash in &self.slashes {
            let (vault, network) = (slash.vault.clone(), slash.network.clone());
            let (operator, request) = (slash.operator.clone(), slash.request);
            match slash.status {
                SlashStatus::Executable { until } => {
                    let warning =
                        Warning::SlashExecutable { vault, network, operator, request, until };
                    warnings.push(warning);
                }
                SlashStatus::Expired { since } => {
                    let warning =
                        Warning::SlashExpired { vault, network, operator, request, since };
                    warnings.push(warning);
                }
                _ => {}
            }
        }
    }
}
