//! The proof that a distribution adds up.

use crate::digits;
use alloy_primitives::U256;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where every unit came from and went, in smallest units.
///
/// What came in is `budget`, `carried_in` and `held_in`; everything else is where it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// What the programme grants for the window.
    #[serde(with = "digits")]
    pub budget: U256,
    /// What the previous distribution left for this one.
    #[serde(with = "digits")]
    pub carried_in: U256,
    /// What recipients had earned before and were not paid, because it was too little.
    #[serde(with = "digits")]
    pub held_in: U256,
    /// What the protocol takes.
    #[serde(with = "digits")]
    pub protocol_fees: U256,
    /// What vaults' admins take (Symbiotic version 1).
    #[serde(with = "digits")]
    pub admin_fees: U256,
    /// What becomes payable to recipients, curators and accounts for leftovers among them.
    #[serde(with = "digits")]
    pub paid: U256,
    /// What rounding leaves to the payer.
    #[serde(with = "digits")]
    pub dust: U256,
    /// What nobody earned and stays with the payer.
    #[serde(with = "digits")]
    pub unspent: U256,
    /// What is left for the next distribution.
    #[serde(with = "digits")]
    pub carried_out: U256,
    /// What recipients have earned and are not paid yet, because it is too little.
    #[serde(with = "digits")]
    pub held_out: U256,
}

/// [`Figures`] that add up. There is no other way to make one than to have them checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Figures", into = "Figures")]
pub struct Accounts(Figures);

/// Figures that do not add up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{came} came in, but {went} went out: {figures:?}")]
pub struct Imbalance {
    /// What came in; the largest number when the sum leaves 256 bits.
    pub came: U256,
    /// What went out, likewise.
    pub went: U256,
    /// The figures.
    pub figures: Box<Figures>,
}

impl Accounts {
    /// Checks figures.
    ///
    /// # Errors
    /// [`Imbalance`] when what came in is not what went out, to the unit.
    pub fn close(figures: Figures) -> Result<Self, Imbalance> {
        let f = &figures;
        let came = sum(&[f.budget, f.carried_in, f.held_in]);
        let went = sum(&[
            f.protocol_fees,
            f.admin_fees,
            f.paid,
            f.dust,
            f.unspent,
            f.carried_out,
            f.held_out,
        ]);
        match (came, went) {
            (Some(came), Some(went)) if came == went => Ok(Self(figures)),
            (came, went) => {
                let [came, went] = [came, went].map(|sum| sum.unwrap_or(U256::MAX));
                Err(Imbalance { came, went, figures: Box::new(figures) })
            }
        }
    }

    /// The figures.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.0
    }
}

impl TryFrom<Figures> for Accounts {
    type Error = Imbalance;

    fn try_from(figures: Figures) -> Result<Self, Imbalance> {
        Self::close(figures)
    }
}

impl From<Accounts> for Figures {
    fn from(accounts: Accounts) -> Self {
        accounts.0
    }
}

fn sum(parts: &[U256]) -> Option<U256> {
    parts.iter().try_fold(U256::ZERO, |sum, part| sum.checked_add(*part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_is_missing_is_noticed() {
        let ten = U256::from(10);
        let mut figures = Figures { budget: ten, paid: ten, ..Figures::default() };
        assert_eq!(Accounts::close(figures).map(|accounts| *accounts.figures()), Ok(figures));
        figures.dust = U256::ONE;
        let error = Accounts::close(figures).unwrap_err();
        assert_eq!((error.came, error.went), (ten, U256::from(11)));
        figures.dust = U256::MAX;
        assert!(Accounts::close(figures).is_err());
    }

    #[test]
    fn accounts_that_do_not_add_up_cannot_be_read() {
        let figures = Figures { budget: U256::from(3), paid: U256::from(3), ..Figures::default() };
        let text = serde_json::to_string(&Accounts::close(figures).unwrap()).unwrap();
        assert!(text.contains("\"budget\":\"3\""), "{text}");
        assert_eq!(serde_json::from_str::<Accounts>(&text).unwrap().figures(), &figures);
        let wrong = text.replace("\"paid\":\"3\"", "\"paid\":\"4\"");
        assert!(serde_json::from_str::<Accounts>(&wrong).is_err());
    }
}
