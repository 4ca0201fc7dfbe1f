//! What a vault gives to a network, and which operators stand behind it.

use super::{Change, Fraction, Party, Protocol};
use crate::math::{self, MathError};
use crate::{Assets, Shares, Timestamp};
use alloy_primitives::{Bytes, U256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A network that buys security.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// The protocol in which it is registered.
    pub protocol: Protocol,
    /// The network.
    pub network: Party,
    /// Who may slash and pay for it, which can be the network itself; `None` when nobody may.
    pub middleware: Option<Party>,
    /// Whether the protocol has contracts through which it can pay. Where it has none, what a
    /// network pays is between it and whom it pays.
    pub has_rail: bool,
    /// Rules of the network itself that can change.
    pub changes: Vec<Change>,
}

/// What a vault gives to a network, or to one subnetwork of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commitment {
    /// The protocol.
    pub protocol: Protocol,
    /// The vault that gives.
    pub vault: Party,
    /// The network that gets.
    pub network: Party,
    /// Number of the subnetwork (or operator set), as decimal digits in JSON.
    pub subnetwork: Assets,
    /// The most stake that the network accepts.
    pub maximum: Assets,
    /// The most stake that the vault's curator gives.
    pub limit: Assets,
    /// Sum of the operators' stakes. Where operators share stake it exceeds what the vault has.
    pub stake: Assets,
    /// Part of [`Self::stake`] that no other network and no other operator can slash: the sum of
    /// the operators' unique parts.
    pub unique: Assets,
    /// The rest of [`Self::stake`].
    pub shared: Assets,
    /// Sum of what can be slashed of the stake that operators had one second before the block;
    /// where slashes measure stake when they are carried out, the most that one could take of what
    /// there is now.
    pub slashable: Assets,
    /// The largest part of the stake that one slash can take.
    pub slashable_part: Fraction,
    /// What such a slash reverts with, now; `None` when it works.
    pub failure: Option<Bytes>,
    /// Last second at which that stake can be slashed; zero when the vault has no slasher.
    pub slashable_until: Timestamp,
    /// Last second at which a slash of that stake can be asked for. It differs from
    /// [`Self::slashable_until`] where slashes can be vetoed.
    pub request_until: Timestamp,
    /// Who can veto; `None` where slashes are not vetoed.
    pub resolver: Option<Resolver>,
    /// Rules between the network and the vault that the network can change.
    pub changes: Vec<Change>,
    /// Operators with a part in it, the largest stake first.
    pub operators: Vec<OperatorStake>,
    /// For which operators the network's own books count the vault; `None` when it keeps none that
    /// can be read.
    pub counted: Option<Vec<Party>>,
}

/// Who can veto a network's slashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolver {
    /// Whether one was ever set.
    pub was_set: bool,
    /// The resolver now; without one slashes need not wait.
    pub current: Option<Party>,
    /// The next resolver and from when on it holds.
    pub next: Option<(Option<Party>, Timestamp)>,
}

/// Stake behind one operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatorStake {
    /// The operator.
    pub operator: Party,
    /// What it was given.
    pub part: Part,
    /// Whether it agreed to work for the vault.
    pub is_in_vault: bool,
    /// Whether it agreed to work for the network.
    pub is_in_network: bool,
    /// Whether the network has jailed it. What that means is the network's affair.
    pub is_jailed: bool,
    /// Its stake by the protocol's own rule; zero unless it agreed to both.
    pub stake: Assets,
    /// Its part of the network's unique stake, rounded down.
    pub unique: Assets,
    /// The rest of its stake: others can slash it too.
    pub shared: Assets,
    /// What can be slashed of the stake that it had one second before the block.
    pub slashable: Assets,
    /// Sum of what it was slashed here, in nominal amounts.
    pub slashed: Assets,
}

/// What an operator was given of a network's stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Part {
    /// Shares of it.
    Shares {
        /// The operator's.
        shares: Shares,
        /// All.
        total: Shares,
    },
    /// A cap of its own.
    Limit {
        /// The cap.
        limit: Assets,
    },
    /// All of it.
    Whole,
}

/// Fills in which stake of a vault is unique and which is shared. `commitments` are all those of
/// one vault, and `active` is its stake.
///
/// Networks are counted, not subnetworks. What a network claims is the sum of its operators'
/// stakes; its unique stake is what the vault has left when every other network takes all that it
/// claims, and at most its own claim. An operator gets its share of that, rounded down. Stake that
/// several operators of one network share is not unique either: the claim then exceeds the vault.
///
/// # Errors
/// [`MathError`] when sums of stakes leave 256 bits.
pub fn split_shared(active: Assets, commitments: &mut [Commitment]) -> Result<(), MathError> {
    let mut claims: BTreeMap<Party, Assets> = BTreeMap::new();
    let mut all = Assets::ZERO;
    for commitment in &*commitments {
        let claim = claims.entry(commitment.network.clone()).or_default();
        *claim = claim.plus(commitment.stake)?;
        all = all.plus(commitment.stake)?;
    }
    for commitment in commitments {
        let claim = claims.get(&commitment.network).copied().unwrap_or_default();
        let others = all.minus(claim)?;
        let left = active.minus(others.min(active))?.min(claim);
        let mut unique = Assets::ZERO;
        for operator in &mut commitment.operators {
            operator.unique = Assets(share_floor(left.0, operator.stake.0, claim.0)?);
            operator.shared = operator.stake.minus(operator.unique)?;
            unique = unique.plus(operator.unique)?;
        }
        commitment.unique = unique;
        commitment.shared = commitment.stake.minus(unique)?;
    }
    Ok(())
}

/// `floor(amount * part / whole)`, nothing of nothing.
fn share_floor(amount: U256, part: U256, whole: U256) -> Result<U256, MathError> {
    if whole.is_zero() { Ok(U256::ZERO) } else { math::mul_div_floor(amount, part, whole) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;
    use proptest::prelude::*;

    fn commitment(network: u8, stakes: &[u64]) -> Commitment {
        let n = |v: u64| Assets(U256::from(v));
        let operator = |(at, stake): (usize, &u64)| OperatorStake {
            operator: Party::Chain(format!("operator {at}")),
            part: Part::Whole,
            is_in_vault: true,
            is_in_network: true,
            is_jailed: false,
            stake: n(*stake),
            unique: n(0),
            shared: n(0),
            slashable: n(0),
            slashed: n(0),
        };
        Commitment {
            protocol: Protocol::Symbiotic,
            vault: Address::repeat_byte(0xee).into(),
            network: Address::repeat_byte(network).into(),
            subnetwork: n(0),
            maximum: n(0),
            limit: n(0),
            stake: n(stakes.iter().sum()),
            unique: n(0),
            shared: n(0),
            slashable: n(0),
            slashable_part: Fraction::WHOLE,
            failure: None,
            slashable_until: Timestamp(0),
            request_until: Timestamp(0),
            resolver: None,
            changes: Vec::new(),
            operators: stakes.iter().enumerate().map(operator).collect(),
            counted: None,
        }
    }

    fn split(active: u64, claims: &[(u8, &[u64])]) -> Vec<(u64, Vec<u64>)> {
        let mut made: Vec<_> = claims.iter().map(|(n, s)| commitment(*n, s)).collect();
        split_shared(Assets(U256::from(active)), &mut made).expect("small numbers");
        let unique = |c: &Commitment| c.operators.iter().map(|o| o.unique.0.to()).collect();
        made.iter().map(|c| (c.unique.0.to(), unique(c))).collect()
    }

    #[test]
    fn unique_stake_is_what_others_leave() {
        // Alone, everything is unique; what the vault has beside it does not matter.
        assert_eq!(split(100, &[(1, &[60, 30])]), [(90, vec![60, 30])]);
        // 100 in the vault, the other network can take 30 or 90.
        let two = split(100, &[(1, &[54, 36]), (2, &[30])]);
        assert_eq!(two, [(70, vec![42, 28]), (10, vec![10])]);
        // Both can take all.
        assert_eq!(split(100, &[(1, &[100]), (2, &[100])]), [(0, vec![0]), (0, vec![0])]);
        // Subnetworks of one network do not compete with each other.
        assert_eq!(split(100, &[(1, &[40]), (1, &[50])]), [(40, vec![40]), (50, vec![50])]);
        // Two operators share the whole vault: half of each one's stake is its own, in effect.
        assert_eq!(split(100, &[(1, &[100, 100])]), [(100, vec![50, 50])]);
        // Parts round down: 10 * 3 / 7 and 10 * 4 / 7.
        assert_eq!(split(13, &[(1, &[3, 4]), (2, &[6])]), [(7, vec![3, 4]), (6, vec![6])]);
        assert_eq!(split(11, &[(1, &[3, 4]), (2, &[6])]), [(4, vec![2, 2]), (4, vec![4])]);
        assert_eq!(split(0, &[(1, &[0])]), [(0, vec![0])]);
    }

    proptest! {
        #[test]
        fn unique_stakes_fit_into_the_vault_together(
            active in 0u64..1_000,
            claims in prop::collection::vec(
                (1u8..5, prop::collection::vec(0u64..700, 0..4)), 0..6),
        ) {
            let mut made: Vec<_> = claims.iter().map(|(n, s)| commitment(*n, s)).collect();
            split_shared(Assets(U256::from(active)), &mut made).expect("small numbers");
            let unique: u64 = made.iter().map(|c| c.unique.0.to::<u64>()).sum();
            prop_assert!(unique <= active);
            for c in &made {
                prop_assert_eq!(c.unique.plus(c.shared), Ok(c.stake));
                for o in &c.operators {
                    prop_assert_eq!(o.unique.plus(o.shared), Ok(o.stake));
                }
            }
        }
    }
}
