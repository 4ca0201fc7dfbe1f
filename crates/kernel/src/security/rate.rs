//! What pay is worth by the year: exact fractions rounded down, with their inputs.

use super::{Asset, Decimal, Payee, Payment, SecurityView};
use crate::Assets;
use alloy_primitives::U256;
use std::collections::BTreeMap;
use thiserror::Error;

/// Seconds of a year of 365 days, the year of every rate.
pub const SECONDS_PER_YEAR: u64 = 31_536_000;

/// Places after the point of a rate in tokens per token.
const TOKEN_PLACES: u8 = 6;
/// Places of a rate in money; two less when it is written in percent.
const MONEY_PLACES: u8 = 4;

/// What a whole unit of an asset costs, in one currency for all of them.
pub type Prices = BTreeMap<Asset, Decimal>;

/// A stream of pay by the year, set against the stake that earns it:
/// `paid * year / window / stake`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yield {
    /// The window whose distributions count; it ends at the block.
    pub window_seconds: u64,
    /// What they paid after fees, in whole tokens.
    pub paid: Decimal,
    /// Stake at the block in whole tokens, by asset.
    pub stake: Vec<(Asset, Decimal)>,
    /// Tokens paid per token of stake in a year, to six places, rounded down; `None` when the stake
    /// is of several assets.
    pub tokens_per_token: Option<Decimal>,
    /// The same in money and in percent, to two places, rounded down; or what is missing for it.
    pub percent: Result<Decimal, Unrated>,
}

/// Why there is no rate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unrated {
    /// An asset has no price.
    #[error("{0} has no price")]
    NoPrice(Asset),
    /// No stake earns the pay.
    #[error("there is no stake")]
    NoStake,
    /// The numbers are too large to tell.
    #[error("the numbers are too large")]
    TooLarge,
}

impl SecurityView {
    /// An amount of an asset in whole units.
    #[must_use]
    pub fn whole(&self, asset: &Asset, amount: Assets) -> Decimal {
        Decimal::new(amount.0, self.asset(asset).map_or(0, |label| label.decimals))
    }

    /// Stake that earns a stream of pay, by asset: the active stake of the vault whose stakers are
    /// paid, or, for operators, what the network can take of each vault at most: the sum of its
    /// operators' stakes there, or the vault's active stake when that is less. What a Merkle tree
    /// of anybody's pay rewards is not known, so nothing earns that.
    #[must_use]
    pub fn earning_stake(&self, payment: &Payment) -> BTreeMap<Asset, Assets> {
        let mut stakes: BTreeMap<Asset, Assets> = BTreeMap::new();
        for vault in &self.vaults {
            let stake = match &payment.payee {
                Payee::Stakers { vault: paid } if *paid == vault.vault => vault.active,
                Payee::VaultOperators { vault: paid } if *paid != vault.vault => continue,
                Payee::Stakers { .. } | Payee::Rewardees => continue,
                Payee::Operators | Payee::VaultOperators { .. } => {
                    let given = self.commitments_of(&vault.vault);
                    let given = given.filter(|c| c.network == payment.network);
                    let sum = given.fold(U256::ZERO, |sum, c| sum.saturating_add(c.stake.0));
                    Assets(sum).min(vault.active)
                }
            };
            if !stake.is_zero() {
                let sum = stakes.entry(vault.collateral).or_default();
                *sum = Assets(sum.0.saturating_add(stake.0));
            }
        }
        stakes
    }

    /// What a stream pays by the year, by its distributions in the window.
    #[must_use]
    pub fn yield_of(&self, payment: &Payment, window_seconds: u64, prices: &Prices) -> Yield {
        let paid = payment.paid_in(window_seconds).unwrap_or_default().amount;
        let paid = self.whole(&payment.token, paid);
        let stake: Vec<(Asset, Decimal)> = self
            .earning_stake(payment)
            .into_iter()
            .map(|(asset, amount)| (asset, self.whole(&asset, amount)))
            .collect();
        let rate = |paid: Decimal, stake: Decimal, places| {
            let window = Decimal::new(U256::from(window_seconds), 0);
            paid.ratio_floor(U256::from(SECONDS_PER_YEAR), stake.times(window)?, places)
        };
        let tokens_per_token = match stake.as_slice() {
            [(_, only)] => rate(paid, *only, TOKEN_PLACES),
            _ => None,
        };
        let percent = value(prices, &[(payment.token, paid)]).and_then(|paid| {
            if stake.is_empty() {
                return Err(Unrated::NoStake);
            }
            let rate = rate(paid, value(prices, &stake)?, MONEY_PLACES).ok_or(Unrated::TooLarge)?;
            let decimals = rate.decimals.saturating_sub(2);
            Ok(Decimal { units: rate.units, decimals })
        });
        Yield { window_seconds, paid, stake, tokens_per_token, percent }
    }
}

/// What amounts are worth together.
fn value(prices: &Prices, amounts: &[(Asset, Decimal)]) -> Result<Decimal, Unrated> {
    let mut sum = Decimal::default();
    for (asset, amount) in amounts {
        let price = prices.get(asset).ok_or(Unrated::NoPrice(*asset))?;
        let worth = amount.times(*price).and_then(|worth| sum.plus(worth));
        sum = worth.ok_or(Unrated::TooLarge)?;
    }
    Ok(sum)
}
