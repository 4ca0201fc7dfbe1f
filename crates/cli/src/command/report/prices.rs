//! Prices: a file of lines, or the labels of a chain's economy.

use super::ReportError;
use alloy_primitives::Address;
use bondstone_kernel::security::{Asset, Decimal, DecimalError, Prices, SecurityView};
use bondstone_node::labels::{Labels, PriceLabelError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum PriceError {
    /// It is not a token and a price.
    #[error("`{0}` is not a token and its price")]
    Shape(String),
    /// No asset of the chain has the symbol.
    #[error("the chain has no asset `{symbol}`; it has {known}")]
    UnknownSymbol {
        /// The symbol.
        symbol: String,
        /// Those that there are.
        known: String,
    },
    /// Several assets have the symbol.
    #[error("{count} assets are called `{symbol}`; name one by its address")]
    Ambiguous {
        /// The symbol.
        symbol: String,
        /// How many.
        count: usize,
    },
    /// The price is no decimal number.
    #[error("the price is wrong: {0}")]
    Number(#[from] DecimalError),
    /// The asset had a price on an earlier line.
    #[error("`{0}` has a price on an earlier line")]
    Twice(String),
}

/// A wrong line of a prices file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PricesError {
    /// The line, counted from 1.
    line: usize,
    /// What is wrong with it.
    error: PriceError,
}

/// Why there are no prices of a file.
#[derive(Debug, Error)]
pub(crate) enum PricesFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of it is wrong.
    #[error("{path}:{line}: {error}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: PriceError,
    },
}

/// Reads a prices file from the disk.
pub(crate) fn read_file(path: &Path, view: &SecurityView) -> Result<Prices, PricesFileError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PricesFileError::Read { path: path.to_path_buf(), source })?;
    read(&text, view).map_err(|PricesError { line, error }| PricesFileError::Line {
        path: path.to_path_buf(),
        line,
        error,
    })
}

/// Reads a prices file. `#` starts a comment; a price of a token that the chain does not have is
/// passed over when it is given by address, so that one file can serve many chains.
fn read(text: &str, view: &SecurityView) -> Result<Prices, PricesError> {
    let mut prices = Prices::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let fail = |error| PricesError { line: number, error };
        let (asset, price) = entry(line, view).map_err(fail)?;
        if prices.insert(asset, price).is_some() {
            let token = line.split_whitespace().next().unwrap_or_default().to_owned();
            return Err(fail(PriceError::Twice(token)));
        }
    }
    Ok(prices)
}

fn entry(line: &str, view: &SecurityView) -> Result<(Asset, Decimal), PriceError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [token, price] = words.as_slice() else {
        return Err(PriceError::Shape(line.to_owned()));
    };
    let asset = match token.parse::<Address>() {
        Ok(address) => Asset::Token(address),
        Err(_) => by_symbol(token, view)?,
    };
    Ok((asset, price.parse()?))
}

fn by_symbol(symbol: &str, view: &SecurityView) -> Result<Asset, PriceError> {
    let found: Vec<Asset> = view
        .assets
        .iter()
        .filter(|label| label.symbol == symbol)
        .map(|label| label.asset)
        .collect();
    match found.as_slice() {
        [asset] => Ok(*asset),
        [] => {
            let known: Vec<&str> = view.assets.iter().map(|label| label.symbol.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(PriceError::UnknownSymbol { symbol: symbol.to_owned(), known })
        }
        several => Err(PriceError::Ambiguous { symbol: symbol.to_owned(), count: several.len() }),
    }
}

/// The prices of a chain's economy.
pub(super) fn of_labels(labels: &Labels) -> Result<Prices, ReportError> {
    let wrong = |PriceLabelError { token, error }| ReportError::BadLabel {
        token: token.to_string(),
        error,
    };
    labels.prices().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bondstone_kernel::Block;
    use bondstone_kernel::security::AssetLabel;

    const ETH: Address = Address::repeat_byte(1);
    const ONE: Address = Address::repeat_byte(2);
    const TWO: Address = Address::repeat_byte(3);

    fn view() -> SecurityView {
        let label = |token, symbol: &str| AssetLabel {
            asset: Asset::Token(token),
            symbol: symbol.to_owned(),
            decimals: 18,
        };
        let assets = vec![label(ETH, "WETH"), label(ONE, "USD"), label(TWO, "USD")];
        SecurityView { assets, ..SecurityView::new(Block::default()) }
    }

    #[test]
    fn a_line_is_a_symbol_or_an_address_and_a_price() {
        let text = format!("# prices\n\n WETH\t4100.50 # close\n{ONE} 1\n{} 7\n", Address::ZERO);
        let prices = read(&text, &view()).unwrap();
        let price = |token| prices.get(&Asset::Token(token)).map(|price| price.to_string());
        assert_eq!(price(ETH).as_deref(), Some("4100.5"));
        assert_eq!(price(ONE).as_deref(), Some("1"));
        assert_eq!((price(TWO), prices.len()), (None, 3));
    }

    #[test]
    fn a_wrong_line_is_named_with_what_is_wrong() {
        let wrong = |text: &str| {
            let PricesError { line, error } = read(text, &view()).unwrap_err();
            (line, error.to_string())
        };
        assert_eq!(wrong("\nWETH"), (2, "`WETH` is not a token and its price".to_owned()));
        assert_eq!(wrong("WETH = 1").0, 1);
        let unknown = "the chain has no asset `weth`; it has WETH, USD, USD";
        assert_eq!(wrong("weth 1"), (1, unknown.to_owned()));
        let ambiguous = "2 assets are called `USD`; name one by its address";
        assert_eq!(wrong("USD 1"), (1, ambiguous.to_owned()));
        let negative = "the price is wrong: `-` has no place in a decimal number such as 1234.5";
        assert_eq!(wrong("WETH -1"), (1, negative.to_owned()));
        let twice = (2, "`WETH` has a price on an earlier line".to_owned());
        assert_eq!(wrong(&format!("{ETH} 1\nWETH 2")), twice);
    }
}
