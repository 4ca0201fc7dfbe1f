//! The economy that is there when the chain starts: a TOML file says who is there and what
//! happened, and ordinary signed calls make it so. `docs/guides/economy.md` has every key.

pub mod error;
mod file;
pub(crate) mod genesis;
mod plan;
mod quantity;
mod relabel;
mod roster;
mod sending;
#[cfg(test)]
mod tests;
mod timeline;

use crate::accounts::DevAccounts;
use crate::chain::Chain;
use crate::protocols::Protocols;
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Entry, FoldError};
use bondstone_tokens::Style;
use bondstone_world::World;
use error::{EconomyError, Fault, Place, Problem};
use file::File;
use genesis::Funds;
use roster::Roster;
use std::collections::BTreeMap;
use std::path::Path;

/// The text of the economy that is used unless another is named.
pub const DEFAULT_TEXT: &str = include_str!("../../../economies/restaking-2025.toml");
/// What errors call the file of [`DEFAULT_TEXT`].
pub const DEFAULT_NAME: &str = "economies/restaking-2025.toml";
/// Decimals that a price may have.
pub const PRICE_DECIMALS: u8 = 18;

/// The longest time that a chain can have behind it: long before it nobody could have stamped a
/// block, and every second could have one.
const MAX_AGE_SECONDS: u64 = 20 * 365 * 24 * 3600;

/// An ERC-20 of the economy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// `symbol()`.
    pub symbol: String,
    /// `name()`.
    pub name: String,
    /// `decimals()`.
    pub decimals: u8,
    /// Where it lives.
    pub address: Address,
    /// How it behaves: whether the zero address may hold it.
    pub style: Style,
    /// What every developer account holds at the start, in units.
    pub faucet: U256,
    /// Illustrative price of a whole token in US dollars, a decimal number of at most
    /// [`PRICE_DECIMALS`] decimals.
    pub price_usd: Option<String>,
}

impl Token {
    /// Whole tokens in units; the largest number when it does not fit.
    #[must_use]
    pub fn units(&self, whole: u64) -> U256 {
        U256::from(whole).saturating_mul(U256::from(10).saturating_pow(U256::from(self.decimals)))
    }

    /// Units in whole tokens, exactly, without trailing zeros.
    #[must_use]
    pub fn decimal(&self, units: U256) -> String {
        let digits = units.to_string();
        let digits = format!("{digits:0>width$}", width = usize::from(self.decimals) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.decimals));
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    }
}

/// The tokens, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<Token>);

impl Tokens {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Token> {
        self.0.iter()
    }

    /// The one with a symbol.
    #[must_use]
    pub fn get(&self, symbol: &str) -> Option<&Token> {
        self.all().find(|token| token.symbol == symbol)
    }

    /// The one at an address.
    #[must_use]
    pub fn at(&self, address: Address) -> Option<&Token> {
        self.all().find(|token| token.address == address)
    }
}

/// What something with a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    /// An ERC-20.
    Token,
    /// A registered network.
    Network,
    /// A registered operator.
    Operator,
    /// An account that stakes.
    Staker,
    /// An account that makes vaults and sets their limits.
    Curator,
    /// An account that may veto slashes.
    Resolver,
    /// An account that acts for a network.
    Middleware,
    /// An account that acts for a service of Karak.
    Controller,
    /// An account that receives what is slashed, or another payment.
    Receiver,
    /// A vault.
    Vault,
    /// A vault's delegator.
    Delegator,
    /// A vault's slasher.
    Slasher,
    /// A burner router.
    BurnerRouter,
    /// A staker or operator rewards contract.
    Rewards,
    /// A service of Karak.
    Dss,
}

impl LabelKind {
    /// The kind in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Network => "network",
            Self::Operator => "operator",
            Self::Staker => "staker",
            Self::Curator => "curator",
            Self::Resolver => "resolver",
            Self::Middleware => "middleware",
            Self::Controller => "controller",
            Self::Receiver => "receiver",
            Self::Vault => "vault",
            Self::Delegator => "delegator",
            Self::Slasher => "slasher",
            Self::BurnerRouter => "burner router",
            Self::Rewards => "rewards",
            Self::Dss => "DSS",
        }
    }
}

/// What people call an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name in the file; of a delegator and a slasher, the vault's name and what it is.
    pub name: String,
    /// What it is.
    pub kind: LabelKind,
}

/// An account with its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it is there for.
    pub kind: LabelKind,
    /// What the file says about it, or nothing.
    pub note: String,
    /// Its address.
    pub address: Address,
    /// Its index among the developer accounts, when it is one of them.
    pub index: Option<usize>,
}

/// Stakers with a common name and a number each, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The common name.
    pub name: String,
    /// The members, in order.
    pub members: Vec<Address>,
}

/// A vault of Symbiotic with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Its name.
    pub name: String,
    /// The vault.
    pub vault: Address,
    /// Its delegator.
    pub delegator: Address,
    /// Its slasher; zero when it has none.
    pub slasher: Address,
    /// Symbol of its collateral.
    pub collateral: String,
    /// Collateral, slasher and delegator in words.
    pub description: String,
}

/// A rewards contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewards {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub address: Address,
    /// The vault whose stakers it pays; none when it pays operators.
    pub vault: Option<String>,
}

/// A burner router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Router {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub address: Address,
    /// Symbol of the collateral that it passes on.
    pub collateral: String,
}

/// A service of Karak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub address: Address,
    /// Name of the account that acts for it.
    pub controller: String,
}

/// A vault of Karak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KarakVault {
    /// Its name.
    pub name: String,
    /// The vault.
    pub vault: Address,
    /// Name of its operator.
    pub operator: String,
    /// Symbol of its collateral.
    pub collateral: String,
}

/// What things are called, where they are, and what tokens are worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Economy {
    /// What the economy is called.
    pub title: String,
    /// The tokens.
    pub tokens: Tokens,
    /// Networks, operators and all other accounts but the members of groups.
    pub accounts: Vec<Account>,
    /// Groups of stakers.
    pub groups: Vec<Group>,
    /// The vaults of Symbiotic, in the order in which they were made.
    pub vaults: Vec<Vault>,
    /// The rewards contracts, in the order of the file.
    pub rewards: Vec<Rewards>,
    /// The burner routers, in the order in which they were made.
    pub routers: Vec<Router>,
    /// The services of Karak, in the order of the file.
    pub services: Vec<Service>,
    /// The vaults of Karak, in the order in which they were made.
    pub karak_vaults: Vec<KarakVault>,
    labels: BTreeMap<Address, Label>,
}

impl Economy {
    /// Finds everything again on a chain that was set up from this text, without sending anything:
    /// accounts by their keys, contracts by their places in their factories.
    ///
    /// # Errors
    /// As [`EconomyFile::parse`]; [`EconomyError::NotThere`] when the chain was set up otherwise.
    pub fn relabel(
        name: &str,
        text: &str,
        accounts: &DevAccounts,
        protocols: &Protocols,
        chain: &Chain,
    ) -> Result<Self, EconomyError> {
        EconomyFile::parse(name, text, accounts)?.relabel(protocols, &mut chain.pending())
    }

    /// What an address is called.
    #[must_use]
    pub fn label(&self, address: Address) -> Option<&Label> {
        self.labels.get(&address)
    }

    /// Every address that has a label, with it.
    pub fn labels(&self) -> impl Iterator<Item = (Address, &Label)> {
        self.labels.iter().map(|(address, label)| (*address, label))
    }

    /// The address of an account by its name; of the members of groups, with their number.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<Address> {
        if let Some(account) = self.accounts.iter().find(|account| account.name == name) {
            return Some(account.address);
        }
        let (group, number) = name.rsplit_once(' ')?;
        let group = self.groups.iter().find(|known| known.name == group)?;
        group.members.get(number.parse::<usize>().ok()?.checked_sub(1)?).copied()
    }

    /// A service of Karak by its name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// A vault of Karak by its name.
    #[must_use]
    pub fn karak_vault(&self, name: &str) -> Option<&KarakVault> {
        self.karak_vaults.iter().find(|vault| vault.name == name)
    }

    /// A vault of Symbiotic by its name.
    #[must_use]
    pub fn vault(&self, name: &str) -> Option<&Vault> {
        self.vaults.iter().find(|vault| vault.name == name)
    }

    /// A rewards contract by its name.
    #[must_use]
    pub fn rewards(&self, name: &str) -> Option<&Rewards> {
        self.rewards.iter().find(|rewards| rewards.name == name)
    }

    /// The illustrative price of a whole token in US dollars, as a decimal number.
    #[must_use]
    pub fn price_usd(&self, token: Address) -> Option<&str> {
        self.tokens.at(token)?.price_usd.as_deref()
    }
}

/// An economy's file, read and understood as far as that goes without a chain.
#[derive(Debug)]
pub struct EconomyFile {
    name: String,
    text: String,
    file: File,
    roster: Roster,
    age: u64,
    funds: Funds,
}

impl EconomyFile {
    /// Understands a text; `name` is what errors call it.
    ///
    /// # Errors
    /// [`EconomyError::Wrong`] with line and key.
    pub fn parse(name: &str, text: &str, accounts: &DevAccounts) -> Result<Self, EconomyError> {
        let file: File =
            toml::from_str(text).map_err(|error| error::malformed(name, text, &error))?;
        let understood = understand(&file, accounts);
        let (roster, age, funds) = understood.map_err(|fault| fault.locate(name, text))?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), file, roster, age, funds })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`EconomyError::Unreadable`], and those of [`Self::parse`].
    pub fn read(path: &Path, accounts: &DevAccounts) -> Result<Self, EconomyError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| EconomyError::Unreadable {
            file: name.clone(),
            reason: error.to_string(),
        })?;
        Self::parse(&name, &text, accounts)
    }

    /// The economy that is used unless another is named.
    ///
    /// # Errors
    /// None: a test reads it.
    pub fn restaking_2025(accounts: &DevAccounts) -> Result<Self, EconomyError> {
        Self::parse(DEFAULT_NAME, DEFAULT_TEXT, accounts)
    }

    /// Where it comes from: a path, or a name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, from which [`Economy::relabel`] finds everything again.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How long before the wall clock the chain has to begin, in seconds.
    #[must_use]
    pub fn age_seconds(&self) -> u64 {
        self.age
    }

    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens(self.roster.tokens.clone())
    }

    /// Deploys what is there before the first transaction: contracts, tokens, and what accounts
    /// own. Returns the ledger entries in order.
    ///
    /// # Errors
    /// [`FoldError`] when the world refuses one: amounts that do not fit together.
    pub fn genesis(
        &self,
        world: &mut World,
        protocols: &Protocols,
        accounts: &DevAccounts,
    ) -> Result<Vec<Entry>, FoldError> {
        genesis::deploy(world, protocols, &self.tokens(), accounts, &self.funds)
    }

    /// Lives the economy through on a chain that has nothing but what [`Self::genesis`] deployed,
    /// then lets the chain follow the wall clock. Nothing is sent when anything is wrong.
    ///
    /// # Errors
    /// [`EconomyError::Wrong`] for what cannot be, calls that would revert among it.
    pub fn play(&self, chain: &Chain, protocols: &Protocols) -> Result<Economy, EconomyError> {
        let located = |fault: Fault| fault.locate(&self.name, &self.text);
        let timeline = timeline::occurrences(&self.file, self.age).map_err(located)?;
        let (file, roster, world) = (&self.file, &self.roster, chain.latest());
        let calls = plan::plan(file, roster, protocols, &timeline, self.age, world);
        let calls = calls.map_err(located)?;
        sending::send(chain, roster, &calls)?;
        chain.follow_wall_clock();
        self.relabel(protocols, &mut chain.pending())
    }

    /// As [`Economy::relabel`], on a fork of a chain.
    ///
    /// # Errors
    /// [`EconomyError::NotThere`].
    pub fn relabel(
        &self,
        protocols: &Protocols,
        world: &mut World,
    ) -> Result<Economy, EconomyError> {
        relabel::Reader { name: &self.name, protocols, world }.economy(&self.file, &self.roster)
    }
}

/// Accounts and names, the chain's age in seconds, and what accounts own at the start.
fn understand(file: &File, accounts: &DevAccounts) -> Result<(Roster, u64, Funds), Fault> {
    let roster = Roster::new(file, accounts)?;
    let age = quantity::time("start", &file.chain.start)?;
    if age > MAX_AGE_SECONDS {
        let why = "a chain begins at most 20 years before now";
        return Err(Place::of("start", &file.chain.start).wrong(Problem::Misplaced(why)));
    }
    let timeline = timeline::occurrences(file, age)?;
    let holdings = timeline::funds(file, &roster, &timeline)?.into_iter();
    let address = |account: usize| roster.people[account].address();
    let others = roster.people.iter().filter(|person| person.index.is_none());
    let funds = Funds {
        services: roster.services.iter().map(|service| service.address).collect(),
        accounts: others.map(roster::Person::address).collect(),
        holdings: holdings.map(|((token, to), amount)| (token, address(to), amount)).collect(),
    };
    Ok((roster, age, funds))
}

/// Deploys contracts, tokens and the developer accounts' funds only, for a chain without economy.
///
/// # Errors
/// [`FoldError`] when the world refuses an entry.
pub fn bare_genesis(
    world: &mut World,
    protocols: &Protocols,
    tokens: &Tokens,
    accounts: &DevAccounts,
) -> Result<Vec<Entry>, FoldError> {
    genesis::deploy(world, protocols, tokens, accounts, &Funds::default())
}
