//! What is wrong with an economy's file, and where.

use super::quantity::words;
use crate::error::Error as ChainError;
use std::fmt;
use std::ops::Range;
use thiserror::Error;

/// Why an economy cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EconomyError {
    /// The file cannot be read.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// The file says something that cannot be.
    #[error(transparent)]
    Wrong(Box<Wrong>),
    /// The chain was not set up from this file.
    #[error("{file}: this chain was not set up from it: \"{name}\" is not there")]
    NotThere {
        /// The file as it was named.
        file: String,
        /// What was looked for.
        name: String,
    },
    /// The chain refused what the plan foresaw, or a key could not be made.
    #[error("the economy cannot be set up: {0}")]
    Chain(#[from] Box<ChainError>),
}

impl From<ChainError> for EconomyError {
    fn from(error: ChainError) -> Self {
        Self::Chain(Box::new(error))
    }
}

/// A mistake in an economy's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The file as it was named.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The key whose value is wrong; empty when the file is not TOML.
    pub key: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, key, problem } = self;
        match key.as_str() {
            "" => write!(f, "{file}:{line}: {problem}"),
            key => write!(f, "{file}:{line}: {key}: {problem}"),
        }
    }
}

impl std::error::Error for Wrong {}

/// What can be wrong at a place of an economy's file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// Not TOML, an unknown key, a missing one, or a value of another type.
    #[error("{0}")]
    Malformed(String),
    /// A name that nothing has.
    #[error("there is no {kind} called \"{name}\"")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two things have one name.
    #[error("the name \"{0}\" is taken")]
    Taken(String),
    /// A name that means something else.
    #[error("\"{0}\" cannot be a name here")]
    Reserved(String),
    /// Not a decimal number.
    #[error("\"{0}\" is not an amount; write it like \"1000.5\"")]
    NotAnAmount(String),
    /// More decimals than the token has.
    #[error("\"{text}\" has {have} decimals; {most} is the most here")]
    TooManyDecimals {
        /// The amount.
        text: String,
        /// Its decimals.
        have: usize,
        /// The token's decimals.
        most: u8,
    },
    /// An amount that 256 bits do not hold.
    #[error("\"{0}\" does not fit 256 bits")]
    TooLarge(String),
    /// A part of more than the whole.
    #[error("\"{0}\" is more than all there is")]
    MoreThanAll(String),
    /// A percentage where an amount is needed, or the other way round.
    #[error("\"{0}\" is not a percentage; write it like \"12.5%\"")]
    NotAPart(String),
    /// Shares or weights of which none counts.
    #[error("shares that add up to nothing cannot be split by")]
    NoShares,
    /// Nobody is meant.
    #[error("nobody is named here")]
    Nobody,
    /// Not a time.
    #[error("\"{0}\" is not a time; write it like \"3d 4h\"")]
    NotATime(String),
    /// An event that stands after one that comes later.
    #[error("times run backwards: {} comes after {}", words(*.at), words(*.before))]
    TimeRunsBack {
        /// Time of the event, in seconds after the start.
        at: u64,
        /// Time of the event before it in the file.
        before: u64,
    },
    /// An event that has not happened yet when the chain is handed over.
    #[error(
        "{} after the start lies in the future: the chain starts {} before now",
        words(*.at), words(*.start)
    )]
    InTheFuture {
        /// Time of the event, in seconds after the start.
        at: u64,
        /// Age of the chain in seconds.
        start: u64,
    },
    /// `times` without `every`, `every` without `times`, or no repetition at all.
    #[error("an event that repeats needs `every` of more than nothing and `times` of 1 or more")]
    Repetition,
    /// An event without anything to do.
    #[error("nothing happens at this time; name what does, such as `deposit = {{ … }}`")]
    NoAction,
    /// An address that is none, or whose capitals are not its checksum.
    #[error("\"{0}\" is not an address with a valid checksum")]
    NotAnAddress(String),
    /// More decimals than 10^decimals fits.
    #[error("a token has at most 36 decimals, not {0}")]
    Decimals(u8),
    /// A developer account that does not exist or has a part already.
    #[error("developer account {index} {why}")]
    Index {
        /// The index.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Members of a group that it does not have.
    #[error("\"{text}\" does not name members of a group of {count}; write it like \"1-20\"")]
    Members {
        /// What was written.
        text: String,
        /// Members of the group; 1 for a single account.
        count: usize,
    },
    /// A group without members, or more accounts than a chain should start with.
    #[error("a group has 1 to {most} members, not {count}")]
    GroupSize {
        /// Members asked for.
        count: usize,
        /// The most.
        most: usize,
    },
    /// A subnetwork beyond those that the network has.
    #[error("\"{network}\" has {count} subnetworks, counted from 0; there is no {asked}")]
    Subnetwork {
        /// The network.
        network: String,
        /// How many it has.
        count: u64,
        /// The one asked for.
        asked: u64,
    },
    /// A key that this kind of thing does not have.
    #[error("it makes no sense here: {0}")]
    Misplaced(&'static str),
    /// A key that this kind of thing needs.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A claim of which nothing came.
    #[error("nobody here has anything to claim")]
    NothingToClaim,
    /// A call that reverted.
    #[error("{call} sent by \"{sender}\" failed: {reason}")]
    Reverted {
        /// Signature of the function.
        call: &'static str,
        /// Name of the account that sent it.
        sender: String,
        /// The decoded error.
        reason: String,
    },
    /// A fault of the program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Where in the text something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: usize,
    pub(super) key: &'static str,
}

impl Place {
    /// The place of a value under a key.
    pub(super) fn of<T>(key: &'static str, value: &toml::Spanned<T>) -> Self {
        Self { offset: value.span().start, key }
    }

    /// The same place, for something wrong with another key.
    pub(super) fn key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Something is wrong here.
    pub(super) fn wrong(self, problem: Problem) -> Fault {
        Fault { place: self, problem: Box::new(problem) }
    }
}

/// A problem with its place in a text whose name is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) problem: Box<Problem>,
}

impl Fault {
    /// The error, with the line counted.
    pub(super) fn locate(self, file: &str, text: &str) -> EconomyError {
        let Self { place: Place { offset, key }, problem } = self;
        let (file, key, line) = (file.to_owned(), key.to_owned(), line_of(text, offset));
        EconomyError::Wrong(Box::new(Wrong { file, line, key, problem: *problem }))
    }
}

/// What the TOML reader says, with its line and, for a key that it names, the key.
pub(super) fn malformed(file: &str, text: &str, error: &toml::de::Error) -> EconomyError {
    let span: Range<usize> = error.span().unwrap_or_default();
    let line = line_of(text, span.start);
    let problem = Problem::Malformed(error.message().to_owned());
    let key = key_at(text, span).to_owned();
    EconomyError::Wrong(Box::new(Wrong { file: file.to_owned(), line, key, problem }))
}

/// The key under which the span stands on its line, or which it is.
fn key_at(text: &str, span: Range<usize>) -> &str {
    let is_key = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let word = text.get(span.clone()).unwrap_or_default().trim_matches(['[', ']']);
    let rest = text.get(span.end..).unwrap_or_default().trim_start();
    if is_key(word) && (rest.starts_with('=') || text.get(span.clone()).is_some_and(|t| t != word))
    {
        return word;
    }
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let Some((left, _)) = line.rsplit_once('=') else { return "" };
    let key = left.trim_end().rsplit(|c: char| " {,[\"".contains(c)).next().unwrap_or_default();
    if is_key(key) { key } else { "" }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}
