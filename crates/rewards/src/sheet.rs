//! Tables in comma-separated text: prices, performance, points.
//!
//! The first line names the columns. Values have no quotes; spaces around them, empty lines and
//! lines that begin with `#` do not count. Numbers are decimal and exact; `NaN`, signs and
//! exponents are none.

use crate::programme::Contributor;
use crate::text::{self, Problem, TextError, Written};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// Prices over time: columns `from,asset,price`.
///
/// A price holds from its moment until the next one of the same asset. Rows of an asset are in
/// order of time. Prices are of one whole token, with up to 24 decimals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// The table's name.
    pub file: String,
    assets: BTreeMap<Address, Vec<(u64, U256)>>,
}

/// How operators did: columns `operator,score` or `operator,tasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// The table's name.
    pub file: String,
    /// Scores in units of 1e-18, with their lines, by operator.
    pub scores: BTreeMap<Address, Written<U256>>,
}

/// Points of contributors: columns `account,points` or `account,points,chain_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointsList {
    /// The table's name.
    pub file: String,
    /// The contributors in the order of the table.
    pub contributors: Vec<Contributor>,
}

impl Prices {
    /// Reads a table of prices.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, TextError> {
        let rows = Rows::new(file, text, &["from,asset,price"])?;
        let mut assets: BTreeMap<Address, Vec<(u64, U256)>> = BTreeMap::new();
        for row in rows.rows()? {
            let from = row.read(0, text::moment)?;
            let asset = row.read(1, text::address)?;
            let price = row.read(2, |text| text::fixed(text, 24))?;
            let prices = assets.entry(asset).or_default();
            if prices.last().is_some_and(|(before, _)| *before >= from) {
                return Err(row.wrong(0, Problem::Order));
            }
            prices.push((from, price));
        }
        Ok(Self { file: file.to_owned(), assets })
    }

    /// The prices of an asset: from when, and how much of 1e-24 a whole token; in order of time.
    #[must_use]
    pub fn of(&self, asset: Address) -> &[(u64, U256)] {
        self.assets.get(&asset).map_or(&[], Vec::as_slice)
    }
}

impl Performance {
    /// Reads a table of scores or of tasks done. Scores have up to 18 decimals, tasks none.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, TextError> {
        let rows = Rows::new(file, text, &["operator,score", "operator,tasks"])?;
        let is_tasks = rows.columns.last() == Some(&"tasks");
        let mut scores = BTreeMap::new();
        for row in rows.rows()? {
            let operator = row.read(0, text::address)?;
            let score = row.read(1, |text| score(text, is_tasks))?;
            if scores.insert(operator, Written { value: score, line: row.line }).is_some() {
                return Err(row.wrong(0, Problem::Twice(operator.to_string())));
            }
        }
        Ok(Self { file: file.to_owned(), scores })
    }
}

impl PointsList {
    /// Reads a table of points. They have up to 18 decimals.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, TextError> {
        let rows = Rows::new(file, text, &["account,points", "account,points,chain_id"])?;
        let has_chain = rows.columns.len() == 3;
        let mut contributors = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for row in rows.rows()? {
            let account = row.read(0, text::address)?;
            let points = row.read(1, |text| text::fixed(text, 18))?;
            let chain = |text: &str| text.parse().map_err(|_| Problem::TooLarge(text.to_owned()));
            let chain_id: Option<u64> = if has_chain { Some(row.read(2, chain)?) } else { None };
            if !seen.insert((account, chain_id)) {
                return Err(row.wrong(0, Problem::Twice(account.to_string())));
            }
            contributors.push(Contributor { account, chain_id, points });
        }
        Ok(Self { file: file.to_owned(), contributors })
    }
}

/// A score in units of 1e-18. Scores weigh with stake, so they are bounded.
fn score(text: &str, is_tasks: bool) -> Result<U256, Problem> {
    if is_tasks {
        text::fixed(text, 0)?;
    }
    let score = text::fixed(text, 18)?;
    if score.bit_len() > 96 { Err(Problem::TooLarge(text.to_owned())) } else { Ok(score) }
}

/// A table whose first line is known.
struct Rows<'a> {
    file: &'a str,
    columns: Vec<&'a str>,
    /// What follows the first line, with the numbers of the lines.
    body: Vec<(usize, &'a str)>,
}

/// A line of a table.
struct Row<'a> {
    file: &'a str,
    line: usize,
    columns: &'a [&'a str],
    values: Vec<&'a str>,
}

impl<'a> Rows<'a> {
    fn new(file: &'a str, text: &'a str, headers: &[&'static str]) -> Result<Self, TextError> {
        let lines = text.lines().enumerate();
        let lines = lines.map(|(at, line)| (at.saturating_add(1), line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let (line, first) = lines.next().unwrap_or((1, ""));
        let columns: Vec<&str> = first.split(',').map(str::trim).collect();
        let known = headers.iter().any(|header| columns.iter().copied().eq(header.split(',')));
        if !known {
            let expected = headers.first().copied().unwrap_or_default();
            let problem = Problem::Header { expected, found: first.to_owned() };
            return Err(TextError { file: file.to_owned(), line, key: String::new(), problem });
        }
        Ok(Self { file, columns, body: lines.collect() })
    }

    fn rows(&self) -> Result<Vec<Row<'_>>, TextError> {
        let row = |(line, text): &(usize, &'a str)| {
            let values: Vec<&str> = text.split(',').map(str::trim).collect();
            let row = Row { file: self.file, line: *line, columns: &self.columns, values };
            let (expected, found) = (self.columns.len(), row.values.len());
            if expected == found {
                Ok(row)
            } else {
                Err(row.wrong(usize::MAX, Problem::Row { expected, found }))
            }
        };
        self.body.iter().map(row).collect()
    }
}

impl Row<'_> {
    fn wrong(&self, column: usize, problem: Problem) -> TextError {
        let key = self.columns.get(column).copied().unwrap_or_default().to_owned();
        TextError { file: self.file.to_owned(), line: self.line, key, problem }
    }

    fn read<T>(
        &self,
        column: usize,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Result<T, TextError> {
        let value = self.values.get(column).copied().unwrap_or_default();
        read(value).map_err(|problem| self.wrong(column, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x00000000000000000000000000000000000000aa";

    fn wrong<T: std::fmt::Debug>(found: Result<T, TextError>) -> String {
        found.expect_err("the text is wrong").to_string()
    }

    #[test]
    fn prices_hold_from_their_moment_on() {
        let text = format!("# of a morning\nfrom, asset, price\n\n100,{A},1.5\n2000-03-01,{A},2\n");
        let prices = Prices::parse("p.csv", &text).unwrap();
        let unit = U256::from(10).pow(U256::from(24));
        let of = prices.of(text::address(A).unwrap());
        assert_eq!(
            of,
            [(100, unit * U256::from(3) / U256::from(2)), (951_868_800, unit * U256::from(2))]
        );
    }

    #[test]
    fn a_wrong_figure_is_named_with_its_line() {
        let prices =
            |rows: &str| wrong(Prices::parse("p.csv", &format!("from,asset,price\n{rows}")));
        assert_eq!(
            prices(&format!("1,{A},1\n1,{A},2")),
            "p.csv:3: from: the row is not later than the one before it for the same asset"
        );
        assert_eq!(
            prices(&format!("1,{A},NaN")),
            "p.csv:2: price: `N` has no place in a decimal number such as 1234.5"
        );
        assert_eq!(prices(&format!("1,{A}")), "p.csv:2: there are 2 values, not 3");
        assert_eq!(
            wrong(Prices::parse("p.csv", "time,asset\n")),
            "p.csv:1: the first line must be `from,asset,price`, not `time,asset`"
        );
        let performance =
            |rows: &str| wrong(Performance::parse("o.csv", &format!("operator,score\n{rows}")));
        assert_eq!(
            performance(&format!("{A},NaN")),
            "o.csv:2: score: `N` has no place in a decimal number such as 1234.5"
        );
        assert_eq!(
            performance(&format!("{A},-1")),
            "o.csv:2: score: `-` has no place in a decimal number such as 1234.5"
        );
        let twice = performance(&format!("{A},1\n{A},2"));
        assert_eq!(
            twice,
            "o.csv:3: operator: `0x00000000000000000000000000000000000000AA` is there twice"
        );
    }

    #[test]
    fn tasks_are_whole() {
        let tasks = Performance::parse("o.csv", &format!("operator,tasks\n{A},7\n")).unwrap();
        let score = tasks.scores.values().next().unwrap();
        assert_eq!((score.value, score.line), (U256::from(7_000_000_000_000_000_000u64), 2));
        assert!(Performance::parse("o.csv", &format!("operator,tasks\n{A},7.5\n")).is_err());
    }

    #[test]
    fn points_may_name_a_chain() {
        let list =
            PointsList::parse("c.csv", &format!("account,points,chain_id\n{A},2,10\n{A},1,1\n"));
        let chains: Vec<_> = list.unwrap().contributors.iter().map(|c| c.chain_id).collect();
        assert_eq!(chains, [Some(10), Some(1)]);
        let list = PointsList::parse("c.csv", &format!("account,points,chain_id\n{A},2,ten\n"));
        assert_eq!(wrong(list), "c.csv:2: chain_id: `ten` is too large");
    }
}
