//! The terms of a budget as they are written.

use super::file::{Reader, Text};
use super::{
    BudgetTerms, Contributor, ContributorSource, ContributorTerms, Counted, Leftover, Measure,
    OperatorMeasure, OperatorTerms, Pay, Rate, StakerTerms, VaultKey,
};
use crate::fees::{Fees, MILLION, Scheme, VaultFees};
use crate::text::{self, Problem, TextError, Written};
use alloy_primitives::{Address, U256};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateTable {
    kind: Text,
    apr: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeesTable {
    scheme: Text,
    protocol: Option<Text>,
    admin: Option<Text>,
    operators: Option<Text>,
    curator: Option<Text>,
    curator_account: Option<Text>,
    #[serde(default)]
    vault: Vec<Spanned<VaultFeesTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultFeesTable {
    vault: Text,
    admin: Option<Text>,
    operators: Option<Text>,
    curator: Option<Text>,
    curator_account: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StakersTable {
    share: Text,
    measure: Option<Text>,
    every: Option<Text>,
    counted: Option<Text>,
    #[serde(default)]
    exiting: bool,
    vaults: Option<Vec<Text>>,
    assets: Option<Vec<Text>>,
    #[serde(default)]
    excluded: Vec<Text>,
    minimum_duration: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorsTable {
    share: Text,
    by: Text,
    file: Option<Text>,
    weighed_by_stake: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContributorsTable {
    share: Text,
    file: Option<Text>,
    #[serde(default)]
    list: Vec<Spanned<ContributorTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContributorTable {
    account: Text,
    points: Text,
    chain_id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayoutTable {
    minimum: Option<Text>,
    rest: Option<Text>,
    dust: Option<Text>,
}

/// The tables of a budget's terms.
pub(super) struct Tables<'a> {
    pub(super) counted_operators: Option<&'a [Text]>,
    pub(super) rate: Option<&'a Spanned<RateTable>>,
    pub(super) fees: Option<&'a Spanned<FeesTable>>,
    pub(super) stakers: Option<&'a Spanned<StakersTable>>,
    pub(super) operators: Option<&'a Spanned<OperatorsTable>>,
    pub(super) contributors: Option<&'a Spanned<ContributorsTable>>,
    pub(super) payout: Option<&'a Spanned<PayoutTable>>,
    /// A place to name when the fault is what is not there.
    pub(super) whole: &'a Text,
}

/// Reads the terms.
pub(super) fn read(
    reader: Reader<'_>,
    tables: &Tables<'_>,
    pay: &Pay,
) -> Result<BudgetTerms, TextError> {
    let stakers = tables.stakers.map(|table| stakers(reader, table)).transpose()?;
    let operators = tables.operators.map(|table| operators(reader, table)).transpose()?;
    let contributors = tables.contributors.map(|table| contributors(reader, table)).transpose()?;
    shares_add_up(reader, tables)?;
    let rate = tables.rate.map(|table| rate(reader, table, pay)).transpose()?;
    if let (Some(table), Some(Rate::Capped(_) | Rate::Fixed(_))) = (tables.rate, rate)
        && stakers.as_ref().map(|stakers| stakers.share_ppm) != Some(MILLION)
    {
        return Err(reader.wrong("rate", table, Problem::RateWithOthers));
    }
    let fees = tables.fees.map(|table| fees(reader, table)).transpose()?;
    let counted_operators = tables.counted_operators.map(|list| {
        list.iter().map(|text| written(reader, "counted_operators", text, text::address)).collect()
    });
    let payout = tables.payout.map(Spanned::as_ref);
    let smallest = |text: &str| text::fixed(text, reader.decimals);
    let minimum = payout.and_then(|payout| payout.minimum.as_ref());
    let minimum_payout = reader.read_some("minimum", minimum, smallest)?.unwrap_or_default();
    let rest = payout.and_then(|payout| payout.rest.as_ref());
    let dust = payout.and_then(|payout| payout.dust.as_ref());
    Ok(BudgetTerms {
        rate: rate.unwrap_or(Rate::Spread),
        fees: fees.unwrap_or_else(Fees::none),
        stakers,
        operators,
        contributors,
        counted_operators: counted_operators.transpose()?,
        minimum_payout,
        rest: reader.read_some("rest", rest, leftover)?.unwrap_or(Leftover::Payer),
        dust: reader.read_some("dust", dust, leftover)?.unwrap_or(Leftover::Payer),
    })
}

/// The shares are 100% together, or the last of them is named.
fn shares_add_up(reader: Reader<'_>, tables: &Tables<'_>) -> Result<(), TextError> {
    let shares = [
        tables.stakers.map(|table| &table.as_ref().share),
        tables.operators.map(|table| &table.as_ref().share),
        tables.contributors.map(|table| &table.as_ref().share),
    ];
    let mut sum = 0u64;
    for share in shares.into_iter().flatten() {
        sum = sum.saturating_add(reader.read("share", share, text::ppm)?);
    }
    if sum == MILLION {
        return Ok(());
    }
    let problem = Problem::Shares { found: text::percentage(sum) };
    Err(match shares.into_iter().flatten().last() {
        Some(share) => reader.wrong("share", share, problem),
        None => reader.wrong("stakers", tables.whole, Problem::Missing("share")),
    })
}

fn rate(reader: Reader<'_>, table: &Spanned<RateTable>, pay: &Pay) -> Result<Rate, TextError> {
    let RateTable { kind, apr } = table.as_ref();
    let apr_ppm = || match apr {
        Some(apr) => reader.read("apr", apr, text::ppm),
        None => Err(reader.wrong("rate", table, Problem::Missing("apr"))),
    };
    let rate = match kind.as_ref().as_str() {
        "spread" => match apr {
            Some(apr) => return Err(reader.wrong("apr", apr, Problem::Excluded("spread"))),
            None => return Ok(Rate::Spread),
        },
        "capped" => Rate::Capped(apr_ppm()?),
        "fixed" => Rate::Fixed(apr_ppm()?),
        found => {
            let found = found.to_owned();
            let word = Problem::Word { found, expected: "spread, capped, fixed" };
            return Err(reader.wrong("kind", kind, word));
        }
    };
    if pay.price.is_none() {
        return Err(reader.wrong("rate", table, Problem::Missing("price in [pay]")));
    }
    Ok(rate)
}

fn fees(reader: Reader<'_>, table: &Spanned<FeesTable>) -> Result<Fees, TextError> {
    let raw = table.as_ref();
    let scheme = reader.read("scheme", &raw.scheme, scheme)?;
    let protocol = reader.read_some("protocol", raw.protocol.as_ref(), text::ppm)?;
    let protocol_ppm = protocol.unwrap_or_default();
    if let Some(text) = &raw.protocol {
        match scheme {
            Scheme::None | Scheme::SymbioticV1 => {
                let problem = Problem::Excluded("this scheme: it has no protocol fee");
                return Err(reader.wrong("protocol", text, problem));
            }
            _ if protocol_ppm > MILLION => {
                return Err(reader.wrong("protocol", text, too_much(text.as_ref())));
            }
            Scheme::EigenLayer => drop(reader.read("protocol", text, bips)?),
            _ => {}
        }
    }
    let rates = [&raw.admin, &raw.operators, &raw.curator, &raw.curator_account];
    let default = vault_fees(reader, scheme, table, rates, VaultFees::default())?;
    let mut vaults = BTreeMap::new();
    for table in &raw.vault {
        let raw = table.as_ref();
        let vault = reader.address("vault", &raw.vault)?;
        let rates = [&raw.admin, &raw.operators, &raw.curator, &raw.curator_account];
        let value = vault_fees(reader, scheme, table, rates, default)?;
        let written = Written { value, line: reader.line(&raw.vault) };
        if vaults.insert(vault, written).is_some() {
            let twice = Problem::Twice(vault.to_string());
            return Err(reader.wrong("vault", &raw.vault, twice));
        }
    }
    Ok(Fees { scheme, protocol_ppm, default, vaults })
}

fn scheme(text: &str) -> Result<Scheme, Problem> {
    Ok(match text {
        "none" => Scheme::None,
        "symbiotic-v1" => Scheme::SymbioticV1,
        "symbiotic-v2-merkle" => Scheme::SymbioticV2Merkle,
        "symbiotic-v2-snapshot" => Scheme::SymbioticV2Snapshot,
        "eigenlayer" => Scheme::EigenLayer,
        found => {
            let expected =
                "none, symbiotic-v1, symbiotic-v2-merkle, symbiotic-v2-snapshot, eigenlayer";
            return Err(Problem::Word { found: found.to_owned(), expected });
        }
    })
}

/// Rates of a vault: admin, operators, curator, and the curator's account.
fn vault_fees<T>(
    reader: Reader<'_>,
    scheme: Scheme,
    table: &Spanned<T>,
    [admin, operators, curator, account]: [&Option<Text>; 4],
    default: VaultFees,
) -> Result<VaultFees, TextError> {
    let has = |key: &str| match scheme {
        Scheme::None => false,
        Scheme::SymbioticV1 => key == "admin",
        Scheme::SymbioticV2Merkle | Scheme::SymbioticV2Snapshot => key != "admin",
        Scheme::EigenLayer => key == "operators",
    };
    // Half is the most that the fee registry of version 2 lets either take.
    let most = match scheme {
        Scheme::SymbioticV2Merkle | Scheme::SymbioticV2Snapshot => 500_000,
        _ => MILLION,
    };
    let read = |key: &'static str, value: &Option<Text>, default: u64| {
        let Some(text) = value else { return Ok(default) };
        if !has(key) {
            let problem = Problem::Excluded("this scheme: it has no such fee");
            return Err(reader.wrong(key, text, problem));
        }
        let ppm = match scheme {
            Scheme::SymbioticV1 | Scheme::EigenLayer => {
                reader.read(key, text, bips)?.saturating_mul(100)
            }
            _ => reader.read(key, text, text::ppm)?,
        };
        if ppm > most {
            let (found, most) = (text.as_ref().clone(), text::percentage(most));
            return Err(reader.wrong(key, text, Problem::Fees { found, most }));
        }
        Ok(ppm)
    };
    let fees = VaultFees {
        admin_ppm: read("admin", admin, default.admin_ppm)?,
        operators_ppm: read("operators", operators, default.operators_ppm)?,
        curator_ppm: read("curator", curator, default.curator_ppm)?,
        curator: match account {
            Some(account) => Some(reader.address("curator_account", account)?),
            None => default.curator,
        },
    };
    if fees.curator_ppm > 0 && fees.curator.is_none() {
        return Err(reader.wrong("curator", table, Problem::Missing("curator_account")));
    }
    Ok(fees)
}

/// What a fee of more than everything is.
pub(super) fn too_much(found: &str) -> Problem {
    Problem::Fees { found: found.to_owned(), most: "100%".to_owned() }
}

/// Ten-thousandths, written as a percentage.
pub(super) fn bips(text: &str) -> Result<u64, Problem> {
    let ppm = text::ppm(text)?;
    if ppm.checked_rem(100) == Some(0) {
        ppm.checked_div(100).ok_or(Problem::Zero)
    } else {
        Err(Problem::TooManyDecimals { text: text.to_owned(), most: 2 })
    }
}

fn stakers(reader: Reader<'_>, table: &Spanned<StakersTable>) -> Result<StakerTerms, TextError> {
    let raw = table.as_ref();
    let measure =
        match (raw.measure.as_ref().map(|text| (text, text.as_ref().as_str())), &raw.every) {
            (None | Some((_, "time")), None) => Measure::Time,
            (None | Some((_, "time")), Some(every)) => {
                return Err(reader.wrong("every", every, Problem::Excluded("measure = \"time\"")));
            }
            (Some((_, "capture")), Some(every)) => {
                Measure::Capture(reader.duration("every", every)?)
            }
            (Some((text, "capture")), None) => {
                return Err(reader.wrong("measure", text, Problem::Missing("every")));
            }
            (Some((text, found)), _) => {
                let word = Problem::Word { found: found.to_owned(), expected: "time, capture" };
                return Err(reader.wrong("measure", text, word));
            }
        };
    let vault = |text: &str| vault_key(text, reader.chain_id);
    let vaults = raw.vaults.as_ref().map(|list| {
        list.iter().map(|text| written(reader, "vaults", text, vault)).collect::<Result<_, _>>()
    });
    let addresses = |key: &str, list: &[Text]| -> Result<Vec<Address>, TextError> {
        list.iter().map(|text| reader.address(key, text)).collect()
    };
    let minimum = raw.minimum_duration.as_ref();
    Ok(StakerTerms {
        share_ppm: reader.read("share", &raw.share, text::ppm)?,
        measure,
        counted: reader
            .read_some("counted", raw.counted.as_ref(), counted)?
            .unwrap_or(Counted::Delegated),
        exiting: raw.exiting,
        vaults: vaults.transpose()?,
        assets: raw.assets.as_ref().map(|list| addresses("assets", list)).transpose()?,
        excluded: addresses("excluded", &raw.excluded)?,
        minimum_duration: minimum
            .map(|text| reader.duration("minimum_duration", text))
            .transpose()?
            .unwrap_or_default(),
    })
}

fn written<T>(
    reader: Reader<'_>,
    key: &str,
    text: &Text,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Result<Written<T>, TextError> {
    Ok(Written { value: reader.read(key, text, read)?, line: reader.line(text) })
}

/// A vault, with its chain before a colon when it is not the payer's.
fn vault_key(text: &str, chain_id: u64) -> Result<VaultKey, Problem> {
    let (chain_id, vault) = match text.split_once(':') {
        Some((chain, vault)) => {
            (chain.parse().map_err(|_| Problem::Address(text.to_owned()))?, vault)
        }
        None => (chain_id, text),
    };
    Ok(VaultKey { chain_id, vault: text::address(vault)? })
}

fn counted(text: &str) -> Result<Counted, Problem> {
    match text {
        "delegated" => Ok(Counted::Delegated),
        "vault" => Ok(Counted::Vault),
        found => Err(Problem::Word { found: found.to_owned(), expected: "delegated, vault" }),
    }
}

fn leftover(text: &str) -> Result<Leftover, Problem> {
    match text {
        "payer" => Ok(Leftover::Payer),
        "carry" => Ok(Leftover::Carry),
        account if account.starts_with("0x") => text::address(account).map(Leftover::Account),
        found => {
            Err(Problem::Word { found: found.to_owned(), expected: "payer, carry, an address" })
        }
    }
}

fn operators(
    reader: Reader<'_>,
    table: &Spanned<OperatorsTable>,
) -> Result<OperatorTerms, TextError> {
    let raw = table.as_ref();
    let by = match (raw.by.as_ref().as_str(), &raw.file, &raw.weighed_by_stake) {
        ("performance", Some(file), weighed) => OperatorMeasure::Performance {
            file: file.as_ref().clone(),
            weighed_by_stake: weighed.as_ref().is_some_and(|weighed| *weighed.as_ref()),
        },
        ("performance", None, _) => {
            return Err(reader.wrong("by", &raw.by, Problem::Missing("file")));
        }
        ("stake" | "equal", Some(file), _) => {
            return Err(reader.wrong(
                "file",
                file,
                Problem::Excluded("by = \"stake\" or \"equal\""),
            ));
        }
        ("stake" | "equal", None, Some(weighed)) => {
            let problem = Problem::Excluded("by = \"stake\" or \"equal\"");
            return Err(reader.wrong("weighed_by_stake", weighed, problem));
        }
        ("stake", None, None) => OperatorMeasure::Stake,
        ("equal", None, None) => OperatorMeasure::Equal,
        (found, ..) => {
            let found = found.to_owned();
            let word = Problem::Word { found, expected: "stake, equal, performance" };
            return Err(reader.wrong("by", &raw.by, word));
        }
    };
    Ok(OperatorTerms { share_ppm: reader.read("share", &raw.share, text::ppm)?, by })
}

fn contributors(
    reader: Reader<'_>,
    table: &Spanned<ContributorsTable>,
) -> Result<ContributorTerms, TextError> {
    let raw = table.as_ref();
    let source = match (&raw.file, raw.list.is_empty()) {
        (Some(file), true) => ContributorSource::File(file.as_ref().clone()),
        (Some(file), false) => {
            return Err(reader.wrong("file", file, Problem::Excluded("[[contributors.list]]")));
        }
        (None, true) => {
            let missing = Problem::Missing("file or [[contributors.list]]");
            return Err(reader.wrong("contributors", table, missing));
        }
        (None, false) => {
            let mut list: Vec<Contributor> = Vec::with_capacity(raw.list.len());
            for table in &raw.list {
                let raw = table.as_ref();
                let account = reader.address("account", &raw.account)?;
                let chain_id = raw.chain_id;
                let points = reader.read("points", &raw.points, |text| text::fixed(text, 18))?;
                if list.iter().any(|c| c.account == account && c.chain_id == chain_id) {
                    let twice = Problem::Twice(account.to_string());
                    return Err(reader.wrong("account", &raw.account, twice));
                }
                list.push(Contributor { account, chain_id, points });
            }
            if list.iter().all(|contributor| contributor.points == U256::ZERO) {
                return Err(reader.wrong("points", table, Problem::Zero));
            }
            ContributorSource::List(list)
        }
    };
    Ok(ContributorTerms { share_ppm: reader.read("share", &raw.share, text::ppm)?, source })
}
