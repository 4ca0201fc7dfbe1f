//! A world that is built from logs alone, and what such a world cannot know.

use crate::readings::Reading;
use crate::report::Difference;
use alloy_primitives::{Address, Log};
use alloy_sol_types::SolEvent;
use bondstone_kernel::FoldError;
use bondstone_symbiotic::Event;
use bondstone_symbiotic::abi::registry::AddEntity;
use bondstone_symbiotic::abi::rewards::InitVault;
use bondstone_world::{Folded, World};
use std::collections::{BTreeMap, BTreeSet};

/// A fact that a contract keeps and that no log of it carries. Readings that depend on one are left
/// out of a mirror's comparison and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The books of burner routers.
    RouterBooks,
    /// Allowances after `transferFrom`.
    Allowances,
    /// Names of tokenized vaults.
    VaultLabels,
    /// What default collateral is created with.
    CollateralParameters,
    /// Entities whose configuration the header does not give.
    Undescribed,
    /// What services of Karak's SDK keep, and what is computed from it.
    ServiceBooks,
    /// Who is paid by an open redeem of a Karak vault.
    Beneficiaries,
    /// What Merkle distributions of Symbiotic's Rewards V2 set aside.
    MerkleTotals,
}

impl Fact {
    /// Short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RouterBooks => "router-books",
            Self::Allowances => "allowances",
            Self::VaultLabels => "vault-labels",
            Self::CollateralParameters => "collateral-parameters",
            Self::Undescribed => "undescribed-entities",
            Self::ServiceBooks => "service-books",
            Self::Beneficiaries => "beneficiaries",
            Self::MerkleTotals => "merkle-totals",
        }
    }

    /// Why no log carries it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::RouterBooks => {
                "a burner router logs neither its init parameters nor what onSlash credits"
            }
            Self::Allowances => "transferFrom spends an allowance without logging it",
            Self::VaultLabels => "a tokenized vault logs neither its name nor its symbol",
            Self::CollateralParameters => {
                "default collateral logs neither its asset nor its limit when it is created"
            }
            Self::Undescribed => {
                "created outside the configurator: its init parameters are in no log and not in \
                 the header"
            }
            Self::ServiceBooks => {
                "a service of the SDK logs neither its operators, nor the vaults that it counts, \
                 nor whom it jails"
            }
            Self::Beneficiaries => "the log of a started redeem does not say who is to be paid",
            Self::MerkleTotals => {
                "a Merkle distribution logs neither its totals nor what it takes from the balance"
            }
        }
    }

    /// The fact on which a view of a contract depends, where a mirror does not know it.
    ///
    /// `kind` is the contract's type as the header names it.
    #[must_use]
    pub fn behind(mirror: &World, to: Address, kind: &str, function: &str) -> Option<Self> {
        match (kind, function) {
            ("BurnerRouter", _) => Some(Self::RouterBooks),
            ("DefaultCollateral", _) => Some(Self::CollateralParameters),
            (_, "allowance") => Some(Self::Allowances),
            ("VaultTokenized", "name" | "symbol") => Some(Self::VaultLabels),
            _ if !mirror.has_code(to) => Some(Self::Undescribed),
            _ => None,
        }
    }

    /// [`Self::behind`] of a recorded reading.
    #[must_use]
    pub fn behind_reading(mirror: &World, reading: &Reading, kind: &str) -> Option<Self> {
        Self::behind(mirror, reading.to, kind, &reading.function)
    }
}

/// Creation facts that wait for the first log of their contract.
#[derive(Clone, Debug, Default)]
pub struct Creations {
    waiting: BTreeMap<Address, Event>,
    known: BTreeSet<Address>,
}

impl Creations {
    /// Nothing waits yet; the header of the trace names these addresses.
    #[must_use]
    pub fn new(named: impl IntoIterator<Item = Address>) -> Self {
        Self { waiting: BTreeMap::new(), known: named.into_iter().collect() }
    }

    /// Adds the internal event that brings a contract to life.
    pub fn add(&mut self, address: Address, event: Event) {
        self.waiting.insert(address, event);
    }

    /// Folds the logs of one step into a mirror. Logs of contracts that the mirror does not know
    /// (test contracts, entities that the header does not describe) are passed over, if the header
    /// or a registry's log names them. Returns how many were folded.
    ///
    /// # Errors
    /// The first log that the mirror cannot take.
    pub fn fold(&mut self, mirror: &mut World, logs: &[Log]) -> Result<u64, Difference> {
        self.known.extend(logs.iter().filter_map(added));
        let mut folded = 0u64;
        for (index, log) in logs.iter().enumerate() {
            let refused = |error: FoldError| Difference {
                what: format!("fold of log {} of {}", index.saturating_add(1), logs.len()),
                expected: "a log that changes the state".to_owned(),
                actual: error.to_string(),
            };
            if let Some(event) = self.waiting.remove(&log.address) {
                mirror.deploy(log.address, event).map_err(refused)?;
            }
            let creates = log.topics().first() == Some(&InitVault::SIGNATURE_HASH);
            if !creates && !mirror.has_code(log.address) {
                if self.known.contains(&log.address) {
                    continue;
                }
                let (emitter, event) = (log.address, "this event: nobody created it");
                return Err(refused(FoldError::WrongEmitter { emitter, event }));
            }
            match mirror.fold(log).map_err(refused)? {
                Folded::Applied => folded = folded.saturating_add(1),
                Folded::Unknown(topic) => return Err(refused(FoldError::UnknownEvent(topic))),
            }
        }
        Ok(folded)
    }
}

/// The entity that a registry's log adds.
fn added(log: &Log) -> Option<Address> {
    let is_addition = log.topics().first() == Some(&AddEntity::SIGNATURE_HASH);
    log.topics().get(1).filter(|_| is_addition).map(|topic| Address::from_word(*topic))
}
