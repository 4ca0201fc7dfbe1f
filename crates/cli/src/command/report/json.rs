//! The report as one JSON object.

use super::Terms;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Asset, Party, SecurityView, Warning};
use bondstone_node::labels::Labels;
use bondstone_node::rpc::security::SecurityAnswer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// Everything that the text tells, for programs. Amounts are in smallest units.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    view: &'a SecurityView,
    warnings: &'a [Warning],
    labels: &'a Labels,
    /// Prices that the rates are computed with.
    prices: BTreeMap<String, String>,
    rates: Vec<Rate<'a>>,
}

/// What a stream pays by the year.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rate<'a> {
    rail: &'a Party,
    network: &'a Party,
    token: Asset,
    window_seconds: u64,
    paid: Assets,
    stake: BTreeMap<String, Assets>,
    /// Whole tokens per whole token of stake and year, rounded down to six places.
    tokens_per_token_year: Option<String>,
    /// Percent of the stake's worth a year, rounded down to two places.
    percent_year: Option<String>,
    /// Why there is no percentage.
    missing: Option<String>,
}

/// The whole report, with a line break at the end.
///
/// # Errors
/// None that occurs: everything in it has a JSON form.
pub(super) fn report_of(answer: &SecurityAnswer, terms: &Terms) -> Result<String, io::Error> {
    let view = &answer.view;
    let rates = view.payments.iter().map(|payment| {
        let rate = view.yield_of(payment, terms.window_seconds, &terms.prices);
        let paid = payment.paid_in(terms.window_seconds).unwrap_or_default().amount;
        let stake = view.earning_stake(payment);
        Rate {
            rail: &payment.rail,
            network: &payment.network,
            token: payment.token,
            window_seconds: terms.window_seconds,
            paid,
            stake: stake.into_iter().map(|(asset, sum)| (asset.to_string(), sum)).collect(),
            tokens_per_token_year: rate.tokens_per_token.map(|number| number.to_string()),
            percent_year: rate.percent.as_ref().ok().map(ToString::to_string),
            missing: rate.percent.err().map(|reason| reason.to_string()),
        }
    });
    let prices = terms.prices.iter();
    let report = Report {
        view,
        warnings: &answer.warnings,
        labels: &answer.labels,
        prices: prices.map(|(asset, price)| (asset.to_string(), price.to_string())).collect(),
        rates: rates.collect(),
    };
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    Ok(text)
}
