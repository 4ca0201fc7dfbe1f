//! Pay in words: amounts, rates with their formulas, how it is shared out.

use super::amount::{date, grouped, percent, span};
use super::names::Names;
use super::{Terms, rules};
use crate::layout::Page;
use bondstone_kernel::security::{
    Asset, Decimal, Distribution, Paid, Payee, Payment, Prices, Protocol, SECONDS_PER_YEAR,
    SecurityView, Unrated, Yield,
};

/// Streams of pay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pay<'a> {
    pub(super) view: &'a SecurityView,
    pub(super) names: &'a Names<'a>,
    pub(super) terms: &'a Terms,
}

impl Pay<'_> {
    /// "Who pays?"
    pub(super) fn who(
        &self,
        page: &mut Page,
        protocol: Protocol,
        has_rail: bool,
        streams: &[&Payment],
    ) {
        page.heading("  Who pays?");
        if streams.is_empty() && has_rail {
            page.line(4, "Nobody: no distribution is on record.");
        } else if streams.is_empty() {
            let text = format!(
                "Nobody through the protocol: {protocol} has no contracts for pay. What a network \
                 pays it pays by means of its own, to whom it likes, and no log of {protocol} tells."
            );
            page.line(4, &text);
        }
        for stream in streams {
            self.stream(page, stream);
        }
    }

    /// "How is it distributed?"
    pub(super) fn how(&self, page: &mut Page, has_rail: bool, streams: &[&Payment]) {
        page.heading("  How is it distributed?");
        if streams.is_empty() && has_rail {
            page.line(4, "Nothing is.");
        } else if streams.is_empty() {
            page.line(4, "As each network decides; the protocol knows no fee and no commission.");
        }
        for stream in streams {
            let token = self.names.asset(&stream.token);
            let payer = self.names.party(&stream.network);
            let text = match stream.distribution {
                Distribution::ActiveShares { fee } => format!(
                    "{token} of {payer}: to stakers, pro rata to active shares at a second that the \
                     payer names, after a fee of {}.",
                    percent(fee)
                ),
                Distribution::MerkleRoot { root, unclaimed } => {
                    let root = root.map_or("no root is set".to_owned(), |root| root.to_string());
                    let left = self.names.amount(&stream.token, unclaimed);
                    format!(
                        "{token} of {payer}: to operators, by a Merkle root of cumulative amounts \
                         that the network sets as it likes; {left} are left to claim; root {root}."
                    )
                }
                Distribution::OperatorShares { part } => format!(
                    "{token} of {payer}: to operators of the vault, pro rata to their shares at the \
                     same second; their part is {} of what is paid in.",
                    percent(part)
                ),
                Distribution::SignedMerkleRoot { root, unclaimed, undistributed } => {
                    let root = root.map_or("no root is set".to_owned(), |root| root.to_string());
                    let left = self.names.amount(&stream.token, unclaimed);
                    let held = self.names.amount(&stream.token, undistributed);
                    format!(
                        "{token} of {payer}: by a Merkle root of cumulative amounts that its \
                         rewarder and the protocol both sign; {left} are left to claim, {held} are \
                         not distributed yet; last root {root}."
                    )
                }
            };
            page.line(4, &text);
            for line in rules::changes(self.names, &stream.changes) {
                page.line(6, &format!("can change: {line}"));
            }
        }
    }

    fn stream(&self, page: &mut Page, stream: &Payment) {
        let names = self.names;
        let payee = match &stream.payee {
            Payee::Stakers { vault } => format!("the stakers of {}", names.party(vault)),
            Payee::Operators => "its operators".to_owned(),
            Payee::VaultOperators { vault } => {
                format!("its operators of {}", names.party(vault))
            }
            Payee::Rewardees => "whoever its Merkle tree names".to_owned(),
        };
        let (payer, token) = (names.party(&stream.network), names.asset(&stream.token));
        let rail = names.party(&stream.rail);
        page.line(4, &format!("{payer} pays {payee} in {token}, through {rail}."));
        let last = match stream.last_at {
            Some(at) => format!("{} on {}", self.paid(&stream.token, stream.last), date(at)),
            None => "unknown: the history has no distribution".to_owned(),
        };
        page.item(6, "last", &last);
        let windows = stream.windows.iter().map(|window| {
            let paid = names.number(&stream.token, window.paid.amount);
            format!("{} in {}", paid, span(window.window_seconds))
        });
        let windows = windows.collect::<Vec<_>>().join(", ");
        let all = self.paid(&stream.token, stream.total);
        let count = super::text::count(stream.total.count, "distribution");
        page.item(6, "paid", &format!("{windows}, {all} ever, in {count}"));
        let rate = self.view.yield_of(stream, self.terms.window_seconds, &self.terms.prices);
        page.item(6, "rate", &self.rate(stream, &rate));
    }

    fn paid(&self, token: &Asset, paid: Paid) -> String {
        let amount = self.names.amount(token, paid.amount);
        if paid.fee.is_zero() {
            return amount;
        }
        format!("{amount} after a fee of {}", self.names.amount(token, paid.fee))
    }

    /// The rate, its formula, and the numbers in it.
    fn rate(&self, stream: &Payment, rate: &Yield) -> String {
        let window = span(rate.window_seconds);
        if rate.stake.is_empty() {
            return "none: there is no stake that earns it".to_owned();
        }
        let times = format!("x {} / {window}", span(SECONDS_PER_YEAR));
        let token = self.names.asset(&stream.token);
        let paid = self.names.whole(&stream.token, &rate.paid);
        let bare = rate.tokens_per_token.map(|number| {
            let stake = self.stake(rate, None);
            let of = rate.stake.first().map(|(asset, _)| self.names.asset(asset));
            let of = of.unwrap_or_default();
            format!("{} {token} per {of} a year = {paid} {times} / {stake}", grouped(&number))
        });
        let priced = match &rate.percent {
            Ok(number) => {
                let prices = Some(&self.terms.prices);
                let price = self.price(&stream.token);
                let stake = self.stake(rate, prices);
                Some(format!("{} % = {paid} x {price} {times} / {stake}", grouped(number)))
            }
            Err(Unrated::NoPrice(_)) if bare.is_some() => None,
            Err(reason) => Some(format!("none in percent: {}", self.reason(reason))),
        };
        let rates: Vec<String> = priced.into_iter().chain(bare).collect();
        let end = date(bondstone_kernel::Timestamp(self.view.block.timestamp));
        format!("{}; pay of the {window} to {end}, stake of now", rates.join("; "))
    }

    fn reason(&self, reason: &Unrated) -> String {
        match reason {
            Unrated::NoPrice(asset) => format!("{} has no price", self.names.asset(asset)),
            other => other.to_string(),
        }
    }

    fn stake(&self, rate: &Yield, prices: Option<&Prices>) -> String {
        let terms = rate.stake.iter().map(|(asset, amount): &(Asset, Decimal)| {
            let amount = self.names.whole(asset, amount);
            match prices {
                Some(_) => format!("{amount} x {}", self.price(asset)),
                None => amount,
            }
        });
        let sum = terms.collect::<Vec<_>>().join(" + ");
        if rate.stake.len() > 1 || prices.is_some() { format!("({sum})") } else { sum }
    }

    fn price(&self, asset: &Asset) -> String {
        self.terms.prices.get(asset).map_or("no price".to_owned(), grouped)
    }
}
