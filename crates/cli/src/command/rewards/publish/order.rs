//! What is to be published: a folder, checked against its manifest.

use super::{PublishError, Rail};
use alloy_primitives::{Address, U256};
use bondstone_node::distributions::{DistributionError, Folder, MANIFEST, PREVIOUS, Tree};
use bondstone_rewards::fees::{Fees, Scheme};
use bondstone_rewards::programme::{BudgetTerms, Currency, Shape};
use bondstone_rewards::release::{Claim, Release};
use bondstone_rewards::{Distribution, Programme};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;

/// What is to be published.
#[derive(Debug)]
pub(super) struct Order {
    folder: Folder,
    rail: Rail,
    /// The chain on which it is published.
    pub(super) chain_id: u64,
    /// The programme.
    pub(super) programme: Programme,
    /// The distribution.
    pub(super) distribution: Distribution,
    /// The one before it.
    pub(super) previous: Option<Distribution>,
    /// What is paid.
    pub(super) token: Address,
}

impl Order {
    /// Reads a folder, every file of which must be the one of its manifest.
    pub(super) fn read(
        path: &Path,
        rail: Rail,
        chain_id: u64,
        token: Option<Address>,
    ) -> Result<Self, PublishError> {
        let folder = Folder::open(path)?;
        for name in folder.manifest().files.keys() {
            folder.lines(name)?.finish()?;
        }
        let (programme, distribution) = (folder.programme()?, folder.distribution()?);
        let previous = match folder.has(PREVIOUS) {
            true => {
                let text = folder.text(PREVIOUS)?;
                Some(bondstone_node::distributions::parse(&path.join(PREVIOUS), &text)?)
            }
            false => None,
        };
        let here = distribution.payments.iter().find(|payment| payment.chain_id == chain_id);
        let pays: Vec<u64> = distribution.payments.iter().map(|p| p.chain_id).collect();
        let payment = here.ok_or(PublishError::OtherChain { chain_id, pays })?;
        let token = match (&programme.pay.currency, token) {
            (Currency::Points(_), Some(token)) => token,
            (Currency::Points(name), None) => return Err(PublishError::Points(name.clone())),
            (Currency::Tokens(_), Some(token)) if token != payment.token => {
                return Err(PublishError::OtherToken { asked: token, paid: payment.token });
            }
            (Currency::Tokens(_), _) => payment.token,
        };
        let order = Self { folder, rail, chain_id, programme, distribution, previous, token };
        Ok(order)
    }

    /// Keeps others from publishing the same folder until it is dropped.
    pub(super) fn lock(&self) -> Result<File, PublishError> {
        let path = self.folder.path().join(MANIFEST);
        let read = |source| DistributionError::Read { path: path.clone(), source };
        let file = File::open(&path).map_err(read)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(PublishError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(read(source).into()),
        }
    }

    /// The tree whose root the chain takes; nothing when nothing is payable there.
    pub(super) fn tree(&self, file: &str) -> Result<Option<Tree>, PublishError> {
        let root = self.folder.manifest().trees.iter().find(|tree| tree.file == file);
        Ok(root.map(|root| self.folder.tree(root)).transpose()?)
    }

    /// What is payable on a chain since the beginning.
    pub(super) fn payable(&self) -> Result<U256, PublishError> {
        total(&self.distribution, self.chain_id)
    }

    /// What was payable with the distribution before it.
    pub(super) fn payable_before(&self) -> Result<U256, PublishError> {
        self.previous.as_ref().map_or(Ok(U256::ZERO), |before| total(before, self.chain_id))
    }

    /// What was payable to each account with the distribution before it.
    pub(super) fn accounts_before(&self) -> BTreeMap<Address, U256> {
        let mut sums: BTreeMap<Address, U256> = BTreeMap::new();
        let entries = self.previous.iter().flat_map(|before| &before.entries);
        let here = entries.filter(|entry| entry.recipient.chain_id == self.chain_id);
        for entry in here.filter(|entry| !entry.payable.is_zero()) {
            let sum = sums.entry(entry.recipient.account).or_default();
            // All of it together fits: the distribution's accounts were added up.
            *sum = sum.saturating_add(entry.payable);
        }
        sums
    }

    /// The programme has something that the rail cannot express.
    pub(super) fn inexpressible(&self, key: &'static str, why: &'static str) -> PublishError {
        let file = self.programme.file.clone();
        PublishError::Inexpressible { file, rail: self.rail, key, why }
    }

    /// Fees must be those that the rail takes.
    pub(super) fn check_scheme(&self, taken: &[Scheme]) -> Result<(), PublishError> {
        match &self.programme.shape {
            Shape::Budget(terms) if !taken.contains(&terms.fees.scheme) => {
                Err(self.inexpressible("fees.scheme", "it takes fees in another way, or none"))
            }
            _ => Ok(()),
        }
    }

    /// A tree's whole amount can be claimed as soon as its root is there, so the root has to wait.
    pub(super) fn check_release(&self, now: u64) -> Result<(), PublishError> {
        let (key, at) = match (self.distribution.release, self.programme.claim) {
            (Release::Linear { until, .. }, _) => ("claim.stream", until),
            (Release::At(at), Claim::Delayed(_)) => ("claim.delay", at),
            (Release::At(at), _) => ("the window's end", at),
        };
        let file = self.programme.file.clone();
        if now < at { Err(PublishError::TooEarly { file, key, at, now }) } else { Ok(()) }
    }

    /// The budget's terms, which programmes of points by rate do not have.
    pub(super) fn terms(&self) -> Result<&BudgetTerms, PublishError> {
        match &self.programme.shape {
            Shape::Budget(terms) => Ok(terms),
            Shape::Points(_) => {
                Err(self.inexpressible("points.rate_per_usd_hour", "it pays tokens by captures"))
            }
        }
    }

    /// The fees of the programme.
    pub(super) fn fees(&self) -> Result<&Fees, PublishError> {
        Ok(&self.terms()?.fees)
    }
}

fn total(distribution: &Distribution, chain_id: u64) -> Result<U256, PublishError> {
    let totals = distribution.totals().map_err(Box::new)?;
    let here = totals.into_iter().filter(|(payment, _)| payment.chain_id == chain_id);
    Ok(here.map(|(_, total)| total).next().unwrap_or_default())
}
