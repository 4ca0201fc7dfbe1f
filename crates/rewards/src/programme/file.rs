//! The text of a programme as it is written, and its parts that stand for themselves.

use super::terms;
use super::{Currency, Pay, Payment, Period, PointsTerms, Programme, Shape, Valuation};
use crate::release::Claim;
use crate::text::{self, Problem, TextError, civil, line_of};
use alloy_primitives::{Address, U256};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A string and where it is written.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Option<String>,
    counted_operators: Option<Vec<Text>>,
    payer: PayerTable,
    pay: Spanned<PayTable>,
    #[serde(default)]
    period: Vec<Spanned<PeriodTable>>,
    points: Option<Spanned<PointsTable>>,
    rate: Option<Spanned<terms::RateTable>>,
    fees: Option<Spanned<terms::FeesTable>>,
    stakers: Option<Spanned<terms::StakersTable>>,
    operators: Option<Spanned<terms::OperatorsTable>>,
    contributors: Option<Spanned<terms::ContributorsTable>>,
    prices: Option<Spanned<PricesTable>>,
    asset: Option<Vec<Spanned<AssetTable>>>,
    payout: Option<Spanned<terms::PayoutTable>>,
    claim: Option<Spanned<ClaimTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayerTable {
    network: Text,
    chain_id: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayTable {
    token: Option<Text>,
    points: Option<Text>,
    decimals: u8,
    chain_id: Option<u64>,
    price: Option<Text>,
    #[serde(default)]
    elsewhere: Vec<Spanned<PaymentTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentTable {
    chain_id: u64,
    token: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodTable {
    from: Spanned<toml::Value>,
    until: Spanned<toml::Value>,
    budget: Option<Text>,
    cadence: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointsTable {
    rate_per_usd_hour: Text,
    operator_fee: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesTable {
    file: String,
    max_age: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetTable {
    asset: Text,
    weight: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimTable {
    delay: Option<Text>,
    stream: Option<Text>,
}

/// The text that is read, for what is said about it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// The chain of a vault that is written without one.
    pub(super) chain_id: u64,
    /// Digits after the point of what is paid.
    pub(super) decimals: u8,
}

impl Reader<'_> {
    /// The line of a value.
    pub(super) fn line<T>(&self, value: &Spanned<T>) -> usize {
        line_of(self.text, value.span().start)
    }

    /// What is wrong with a value.
    pub(super) fn wrong<T>(&self, key: &str, value: &Spanned<T>, problem: Problem) -> TextError {
        let (file, key) = (self.file.to_owned(), key.to_owned());
        TextError { file, line: self.line(value), key, problem }
    }

    /// A value, read.
    pub(super) fn read<T>(
        &self,
        key: &str,
        value: &Text,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<T, TextError> {
        read(value.as_ref()).map_err(|problem| self.wrong(key, value, problem))
    }

    /// An optional value, read.
    pub(super) fn read_some<T>(
        &self,
        key: &str,
        value: Option<&Text>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<Option<T>, TextError> {
        value.map(|value| self.read(key, value, read)).transpose()
    }

    /// An address.
    pub(super) fn address(&self, key: &str, value: &Text) -> Result<Address, TextError> {
        self.read(key, value, text::address)
    }

    /// A duration of more than nothing.
    pub(super) fn duration(&self, key: &str, value: &Text) -> Result<u64, TextError> {
        match self.read(key, value, text::duration)? {
            0 => Err(self.wrong(key, value, Problem::Zero)),
            seconds => Ok(seconds),
        }
    }

    fn moment(&self, key: &str, value: &Spanned<toml::Value>) -> Result<u64, TextError> {
        let found = match value.as_ref() {
            toml::Value::Integer(seconds) => u64::try_from(*seconds).ok(),
            toml::Value::Datetime(moment) => civil(moment),
            toml::Value::String(text) => text::moment(text).ok(),
            _ => None,
        };
        found.ok_or_else(|| self.wrong(key, value, Problem::Moment(value.as_ref().to_string())))
    }
}

/// Reads a programme.
pub(super) fn read(file: &str, text: &str) -> Result<Programme, TextError> {
    let raw: File = toml::from_str(text).map_err(|error| malformed(file, text, &error))?;
    let chain_id = raw.payer.chain_id;
    let reader = Reader { file, text, chain_id, decimals: raw.pay.as_ref().decimals };
    let network = reader.address("network", &raw.payer.network)?;
    let pay = pay(reader, &raw.pay)?;
    let periods = periods(reader, &raw)?;
    let valuation = valuation(reader, &raw)?;
    let claim = claim(reader, raw.claim.as_ref())?;
    let shape = shape(reader, &raw, &pay, &valuation)?;
    Ok(Programme {
        file: file.to_owned(),
        title: raw.title.unwrap_or_default(),
        network,
        chain_id,
        pay,
        periods,
        valuation,
        shape,
        claim,
    })
}

/// What the TOML reader says, with its line and, where the reader names one, the key.
fn malformed(file: &str, text: &str, error: &toml::de::Error) -> TextError {
    let offset = error.span().unwrap_or_default().start;
    let line = line_of(text, offset);
    let problem = Problem::Malformed(error.message().to_owned());
    let quoted = error.message().split('`').nth(1).unwrap_or_default();
    let named = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let key = match named.split_once('=') {
        Some((key, _)) => key.trim(),
        None => quoted,
    };
    TextError { file: file.to_owned(), line, key: key.to_owned(), problem }
}

fn pay(reader: Reader<'_>, table: &Spanned<PayTable>) -> Result<Pay, TextError> {
    let raw = table.as_ref();
    let currency = match (&raw.token, &raw.points) {
        (Some(token), None) => {
            let token = reader.address("token", token)?;
            let chain_id = raw.chain_id.unwrap_or(reader.chain_id);
            let mut payments = vec![Payment { chain_id, token }];
            for table in &raw.elsewhere {
                let PaymentTable { chain_id, token } = table.as_ref();
                if payments.iter().any(|payment| payment.chain_id == *chain_id) {
                    let twice = Problem::Twice(format!("chain {chain_id}"));
                    return Err(reader.wrong("chain_id", table, twice));
                }
                let token = reader.address("token", token)?;
                payments.push(Payment { chain_id: *chain_id, token });
            }
            Currency::Tokens(payments)
        }
        (None, Some(name)) => {
            if let Some(table) = raw.elsewhere.first() {
                return Err(reader.wrong("elsewhere", table, Problem::Excluded("points")));
            }
            Currency::Points(name.as_ref().clone())
        }
        (Some(token), Some(_)) => {
            return Err(reader.wrong("token", token, Problem::Excluded("points")));
        }
        (None, None) => return Err(reader.wrong("pay", table, Problem::Missing("token"))),
    };
    let price = reader.read_some("price", raw.price.as_ref(), |text| text::fixed(text, 24))?;
    if let (Some(text), Some(price)) = (&raw.price, price)
        && price.is_zero()
    {
        return Err(reader.wrong("price", text, Problem::Zero));
    }
    Ok(Pay { currency, decimals: raw.decimals, price })
}

fn periods(reader: Reader<'_>, raw: &File) -> Result<Vec<Period>, TextError> {
    let mut periods: Vec<Period> = Vec::with_capacity(raw.period.len());
    for table in &raw.period {
        let period = table.as_ref();
        let from = reader.moment("from", &period.from)?;
        let until = reader.moment("until", &period.until)?;
        let length = until.checked_sub(from).filter(|length| *length > 0);
        let length = length.ok_or_else(|| {
            reader.wrong("until", &period.until, Problem::EmptyPeriod { from, until })
        })?;
        if let Some(before) = periods.last()
            && from < before.until
        {
            let overlap = Problem::Overlap { from, line: before.line, until: before.until };
            return Err(reader.wrong("from", &period.from, overlap));
        }
        let budget = match (&period.budget, &raw.points) {
            (Some(budget), Some(_)) => {
                return Err(reader.wrong("budget", budget, Problem::Excluded("points")));
            }
            (Some(budget), None) => {
                reader.read("budget", budget, |text| text::fixed(text, reader.decimals))?
            }
            (None, Some(_)) => U256::ZERO,
            (None, None) => return Err(reader.wrong("period", table, Problem::Missing("budget"))),
        };
        let cadence = match &period.cadence {
            Some(cadence) => reader.duration("cadence", cadence)?,
            None => length,
        };
        periods.push(Period { from, until, budget, cadence, line: reader.line(table) });
    }
    if periods.is_empty() {
        return Err(reader.wrong("period", &raw.pay, Problem::Missing("[[period]]")));
    }
    Ok(periods)
}

fn valuation(reader: Reader<'_>, raw: &File) -> Result<Valuation, TextError> {
    match (&raw.prices, &raw.asset) {
        (Some(prices), Some(_)) => {
            Err(reader.wrong("prices", prices, Problem::Excluded("[[asset]]")))
        }
        (Some(prices), None) => {
            let max_age = prices.as_ref().max_age.as_ref();
            let max_age = max_age.map(|age| reader.duration("max_age", age)).transpose()?;
            Ok(Valuation::Prices { file: prices.as_ref().file.clone(), max_age })
        }
        (None, Some(assets)) => {
            let mut weights = BTreeMap::new();
            for table in assets {
                let AssetTable { asset, weight } = table.as_ref();
                let address = reader.address("asset", asset)?;
                let value = reader.read("weight", weight, |text| text::fixed(text, 24))?;
                if weights.insert(address, value).is_some() {
                    let twice = Problem::Twice(address.to_string());
                    return Err(reader.wrong("asset", asset, twice));
                }
            }
            Ok(Valuation::Fixed(weights))
        }
        (None, None) => Ok(Valuation::Plain),
    }
}

fn claim(reader: Reader<'_>, table: Option<&Spanned<ClaimTable>>) -> Result<Claim, TextError> {
    let Some(table) = table else { return Ok(Claim::AtOnce) };
    match (&table.as_ref().delay, &table.as_ref().stream) {
        (Some(_), Some(stream)) => Err(reader.wrong("stream", stream, Problem::Excluded("delay"))),
        (Some(delay), None) => reader.duration("delay", delay).map(Claim::Delayed),
        (None, Some(stream)) => reader.duration("stream", stream).map(Claim::Streamed),
        (None, None) => Ok(Claim::AtOnce),
    }
}

fn shape(
    reader: Reader<'_>,
    raw: &File,
    pay: &Pay,
    valuation: &Valuation,
) -> Result<Shape, TextError> {
    let Some(points) = &raw.points else {
        let tables = terms::Tables {
            counted_operators: raw.counted_operators.as_deref(),
            rate: raw.rate.as_ref(),
            fees: raw.fees.as_ref(),
            stakers: raw.stakers.as_ref(),
            operators: raw.operators.as_ref(),
            contributors: raw.contributors.as_ref(),
            payout: raw.payout.as_ref(),
            whole: &raw.payer.network,
        };
        let terms = terms::read(reader, &tables, pay)?;
        return Ok(Shape::Budget(Box::new(terms)));
    };
    let excluded = |key: &str, value| Err(reader.wrong(key, value, Problem::Excluded("points")));
    let Currency::Points(_) = &pay.currency else {
        return Err(reader.wrong("pay", &raw.pay, Problem::Missing("points")));
    };
    if pay.decimals != 48 {
        let word = Problem::Word { found: pay.decimals.to_string(), expected: "48" };
        return Err(reader.wrong("decimals", &raw.pay, word));
    }
    if *valuation == Valuation::Plain {
        return Err(reader.wrong("points", points, Problem::Missing("[prices]")));
    }
    match raw {
        File { rate: Some(table), .. } => return excluded("rate", &span_of(table)),
        File { fees: Some(table), .. } => return excluded("fees", &span_of(table)),
        File { stakers: Some(table), .. } => return excluded("stakers", &span_of(table)),
        File { operators: Some(table), .. } => return excluded("operators", &span_of(table)),
        File { contributors: Some(table), .. } => return excluded("contributors", &span_of(table)),
        File { payout: Some(table), .. } => return excluded("payout", &span_of(table)),
        _ => {}
    }
    let table = points.as_ref();
    let rate =
        reader.read("rate_per_usd_hour", &table.rate_per_usd_hour, |t| text::fixed(t, 48))?;
    let fee = reader.read_some("operator_fee", table.operator_fee.as_ref(), terms::bips)?;
    let operator_fee_bips = fee.unwrap_or_default();
    if operator_fee_bips > crate::fees::TEN_THOUSAND
        && let Some(fee) = &table.operator_fee
    {
        return Err(reader.wrong("operator_fee", fee, terms::too_much(fee.as_ref())));
    }
    Ok(Shape::Points(PointsTerms { rate, operator_fee_bips }))
}

/// The place of a table, whatever is in it.
fn span_of<T>(table: &Spanned<T>) -> Spanned<()> {
    Spanned::new(table.span(), ())
}
