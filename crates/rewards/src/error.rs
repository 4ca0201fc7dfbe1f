//! Why a distribution cannot be computed.

use crate::accounts::Imbalance;
use alloy_primitives::Address;
use bondstone_kernel::MathError;
use thiserror::Error;

/// Why a distribution cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RewardsError {
    /// A vault that no history has.
    #[error("{file}:{line}: vaults: there is no vault {vault} on chain {chain_id}")]
    UnknownVault {
        /// The programme's text.
        file: String,
        /// The line.
        line: usize,
        /// The chain.
        chain_id: u64,
        /// The vault.
        vault: Address,
    },
    /// An operator whom no history knows as the network's.
    #[error("{file}:{line}: operator: {operator} is none of the network's operators")]
    UnknownOperator {
        /// The text: a programme or a table.
        file: String,
        /// The line.
        line: usize,
        /// The operator.
        operator: Address,
    },
    /// A table that the programme names was not given.
    #[error("the programme names {file}, which was not given")]
    MissingTable {
        /// The table.
        file: String,
    },
    /// Stake counts at a second for which there is no price.
    #[error("there is no price of {asset} at second {second}{}", last_price(*.last))]
    PriceGap {
        /// The asset.
        asset: Address,
        /// The second.
        second: u64,
        /// When the last price before it began; it was too old.
        last: Option<u64>,
    },
    /// Stake in several assets and nothing that compares them.
    #[error("{asset} and {other} are both staked; say in [prices] or [[asset]] how they compare")]
    AssetsDiffer {
        /// An asset.
        asset: Address,
        /// Another.
        other: Address,
    },
    /// A window without a second.
    #[error("the window ends at {until}, not after its beginning at {from}")]
    EmptyWindow {
        /// Its first second.
        from: u64,
        /// The first second after it.
        until: u64,
    },
    /// A window that begins or ends inside of an interval of the programme.
    #[error("{second} is inside of an interval, which goes from {from} to {until}")]
    InsideInterval {
        /// The window's edge.
        second: u64,
        /// The interval's first second.
        from: u64,
        /// The first second after it.
        until: u64,
    },
    /// A window in which the programme pays nothing.
    #[error("the programme has no period between {from} and {until}")]
    NoPeriod {
        /// The window's first second.
        from: u64,
        /// The first second after it.
        until: u64,
    },
    /// A window that was paid already, in part or whole.
    #[error(
        "the window begins at {from}, but everything until {paid_until} was distributed before"
    )]
    Overlap {
        /// The window's first second.
        from: u64,
        /// Where the previous distribution ends.
        paid_until: u64,
    },
    /// A window that leaves out a part of a period.
    #[error("between {paid_until} and {from} the programme pays too; distribute that first")]
    Gap {
        /// The window's first second.
        from: u64,
        /// Where the previous distribution ends.
        paid_until: u64,
    },
    /// A window that reaches past the last final block.
    #[error("the window ends at {until}, but chain {chain_id} is final until {known_until} only")]
    NotFinal {
        /// The first second after the window.
        until: u64,
        /// The chain.
        chain_id: u64,
        /// The second of its last final block.
        known_until: u64,
    },
    /// The previous distribution is of something else.
    #[error("the previous distribution is another programme's: its {what} differs")]
    OtherProgramme {
        /// What differs.
        what: &'static str,
    },
    /// Two histories of one chain.
    #[error("there are two histories of chain {chain_id}")]
    TwiceChain {
        /// The chain.
        chain_id: u64,
    },
    /// Accounts that hold more shares than there are: a history that is no chain's.
    #[error("accounts hold more shares of vault {vault} on chain {chain_id} than it has")]
    MoreThanAll {
        /// The chain.
        chain_id: u64,
        /// The vault.
        vault: Address,
    },
    /// Figures that do not fit.
    #[error("{what}: {source}")]
    Arithmetic {
        /// What was computed.
        what: &'static str,
        /// How it failed.
        source: MathError,
    },
    /// What is paid is not what there was.
    #[error(transparent)]
    Imbalance(#[from] Imbalance),
    /// An account of whom the distribution knows nothing.
    #[error("the distribution has nothing for {account} on chain {chain_id}")]
    UnknownRecipient {
        /// The chain on which they would be paid.
        chain_id: u64,
        /// The account.
        account: Address,
    },
}

impl From<MathError> for RewardsError {
    fn from(source: MathError) -> Self {
        Self::Arithmetic { what: "splitting an amount", source }
    }
}

fn last_price(last: Option<u64>) -> String {
    last.map(|from| format!("; the one of {from} is too old")).unwrap_or_default()
}
