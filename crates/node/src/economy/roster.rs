//! Who is there and what it is called: accounts with their keys, tokens, services, and the names of
//! vaults, rewards contracts and burner routers.

use super::error::{Fault, Place, Problem};
use super::file::{AccountRole, DssTable, File, Name, TokenTable, ZeroAddress};
use super::quantity::units;
use super::{LabelKind, Token};
use crate::accounts::{self, DevAccounts, MNEMONIC};
use crate::error::Error as ChainError;
use crate::protocols::{self, VETO_COMMITTEE};
use alloy_primitives::{Address, U256, keccak256};
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use bondstone_tokens::Style;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// Most members of a group of stakers.
pub(super) const MAX_GROUP: usize = 10_000;
/// Most decimals of a token: more than any has, and amounts still fit.
const MAX_DECIMALS: u8 = 36;
/// Says that nobody holds a role or owns a thing.
pub(super) const NONE: &str = "none";
/// The burner that is nobody's account.
pub(super) const DEAD: &str = "dead";

/// An account of the economy.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) kind: LabelKind,
    pub(super) note: String,
    pub(super) signer: PrivateKeySigner,
    /// Index among the developer accounts, for one of those.
    pub(super) index: Option<usize>,
}

impl Person {
    pub(super) fn address(&self) -> Address {
        self.signer.address()
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// The account at a position.
    Account(usize),
    /// The accounts at these positions.
    Group(Range<usize>),
    /// The vault at a position.
    Vault(usize),
    /// The rewards contract at a position.
    Rewards(usize),
    /// The burner router at a position.
    Router(usize),
    /// The service of Karak at a position.
    Dss(usize),
    /// The vault of Karak at a position.
    KarakVault(usize),
}

/// A service of Karak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dss {
    pub(super) address: Address,
    /// Position of the account that initialises it and acts for it.
    pub(super) controller: usize,
}

/// Everything that has a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    pub(super) people: Vec<Person>,
    pub(super) tokens: Vec<Token>,
    pub(super) services: Vec<Dss>,
    names: BTreeMap<String, Thing>,
    groups: BTreeMap<String, Range<usize>>,
}

/// An account as the file declares it.
struct Row<'a> {
    name: &'a Name,
    index: Option<&'a Spanned<usize>>,
    note: Option<&'a str>,
    kind: LabelKind,
}

/// The developer accounts, and which of them have a part.
struct Keys<'a> {
    accounts: &'a DevAccounts,
    taken: Vec<usize>,
}

impl Roster {
    /// Gives everything in the file its name and every account its key.
    pub(super) fn new(file: &File, accounts: &DevAccounts) -> Result<Self, Fault> {
        let mut roster = Self::default();
        for token in &file.token {
            roster.add_token(token)?;
        }
        roster.add_people(file, accounts)?;
        roster.add_stakers(file)?;
        let vaults = file.vault.iter().map(|table| &table.name).zip(0..);
        let vaults = vaults.map(|(name, at)| (name, Thing::Vault(at)));
        let rewards = file.rewards.iter().map(|table| &table.name).zip(0..);
        let rewards = rewards.map(|(name, at)| (name, Thing::Rewards(at)));
        let routers = file.burner_router.iter().map(|table| &table.name).zip(0..);
        let routers = routers.map(|(name, at)| (name, Thing::Router(at)));
        let karak_vaults = file.karak_vault.iter().map(|table| &table.name).zip(0..);
        let karak_vaults = karak_vaults.map(|(name, at)| (name, Thing::KarakVault(at)));
        for (name, thing) in vaults.chain(rewards).chain(routers).chain(karak_vaults) {
            roster.name(name, thing)?;
        }
        for table in &file.dss {
            roster.add_dss(table)?;
        }
        if !file.dss.is_empty() {
            roster.add_veto_committee(accounts);
        }
        Ok(roster)
    }

    fn name(&mut self, name: &Name, thing: Thing) -> Result<(), Fault> {
        let text = name.get_ref();
        let place = Place::of("name", name);
        if [NONE, DEAD, "max", ""].contains(&text.as_str()) || text.contains('\n') {
            return Err(place.wrong(Problem::Reserved(text.clone())));
        }
        if self.names.contains_key(text) {
            return Err(place.wrong(Problem::Taken(text.clone())));
        }
        self.names.insert(text.clone(), thing);
        Ok(())
    }

    fn add_token(&mut self, table: &TokenTable) -> Result<(), Fault> {
        let symbol = table.symbol.get_ref();
        let place = Place::of("symbol", &table.symbol);
        let decimals = *table.decimals.get_ref();
        if decimals > MAX_DECIMALS {
            let place = Place::of("decimals", &table.decimals);
            return Err(place.wrong(Problem::Decimals(decimals)));
        }
        let address = match &table.address {
            None => Address::from_word(keccak256(format!("bondstone:{symbol}"))),
            Some(text) => checksummed(text)?,
        };
        if self.tokens.iter().any(|token| token.symbol == *symbol || token.address == address) {
            return Err(place.wrong(Problem::Taken(symbol.clone())));
        }
        let faucet = match &table.faucet {
            Some(amount) => units("faucet", amount, decimals)?,
            None => U256::ZERO,
        };
        if let Some(price) = &table.price_usd {
            units("price_usd", price, super::PRICE_DECIMALS)?;
        }
        let price_usd = table.price_usd.as_ref().map(|price| price.get_ref().0.replace('_', ""));
        let style = match table.zero_address {
            ZeroAddress::Refuses => Style::Plain,
            ZeroAddress::Holds => Style::ZeroHolds,
        };
        let (symbol, name) = (symbol.clone(), table.name.clone());
        self.tokens.push(Token { symbol, name, decimals, address, style, faucet, price_usd });
        Ok(())
    }

    fn add_dss(&mut self, table: &DssTable) -> Result<(), Fault> {
        let controller = self.account("controller", &table.controller)?;
        let address = match &table.address {
            None => protocols::service(table.name.get_ref()),
            Some(text) => checksummed(text)?,
        };
        let taken = self.services.iter().any(|service| service.address == address)
            || self.tokens.iter().any(|token| token.address == address);
        if let Some(text) = table.address.as_ref().filter(|_| taken) {
            let problem = Problem::Taken(text.get_ref().clone());
            return Err(Place::of("address", text).wrong(problem));
        }
        self.name(&table.name, Thing::Dss(self.services.len()))?;
        self.services.push(Dss { address, controller });
        Ok(())
    }

    /// Whoever may veto slashings of Karak has a part, whether the file gives him one or not.
    fn add_veto_committee(&mut self, accounts: &DevAccounts) {
        if self.people.iter().any(|person| person.index == Some(VETO_COMMITTEE)) {
            return;
        }
        self.people.extend(accounts.signer(VETO_COMMITTEE).map(|signer| Person {
            name: "veto committee".to_owned(),
            kind: LabelKind::Resolver,
            note: "of Karak".to_owned(),
            signer: signer.clone(),
            index: Some(VETO_COMMITTEE),
        }));
    }

    /// Networks, operators and single accounts, in this order.
    fn add_people(&mut self, file: &File, accounts: &DevAccounts) -> Result<(), Fault> {
        let mut keys = Keys { accounts, taken: Vec::new() };
        let networks = file.network.iter().map(|table| Row {
            name: &table.name,
            index: table.index.as_ref(),
            note: table.note.as_deref(),
            kind: LabelKind::Network,
        });
        self.add_rows(networks.collect(), 1, &mut keys)?;
        let operators = file.operator.iter().map(|table| Row {
            name: &table.name,
            index: table.index.as_ref(),
            note: table.note.as_deref(),
            kind: LabelKind::Operator,
        });
        self.add_rows(operators.collect(), 2, &mut keys)?;
        let others = file.account.iter().map(|table| Row {
            name: &table.name,
            index: table.index.as_ref(),
            note: table.note.as_deref(),
            kind: match table.role {
                AccountRole::Staker => LabelKind::Staker,
                AccountRole::Curator => LabelKind::Curator,
                AccountRole::Resolver => LabelKind::Resolver,
                AccountRole::Middleware => LabelKind::Middleware,
                AccountRole::Controller => LabelKind::Controller,
                AccountRole::Receiver => LabelKind::Receiver,
            },
        });
        self.add_rows(others.collect(), 3, &mut keys)
    }

    fn add_rows(
        &mut self,
        rows: Vec<Row<'_>>,
        branch: u32,
        keys: &mut Keys<'_>,
    ) -> Result<(), Fault> {
        let missing = rows.iter().filter(|row| row.index.is_none()).count();
        let mut derived = derived(branch, missing).map_err(internal)?.into_iter();
        for row in rows {
            let signer = match row.index {
                Some(index) => keys.developer(index)?,
                None => derived.next().ok_or_else(|| {
                    let problem = Problem::Internal("no key is left".to_owned());
                    Place::of("name", row.name).wrong(problem)
                })?,
            };
            self.add_person(&row, signer)?;
        }
        Ok(())
    }

    fn add_person(&mut self, row: &Row<'_>, signer: PrivateKeySigner) -> Result<(), Fault> {
        self.name(row.name, Thing::Account(self.people.len()))?;
        self.people.push(Person {
            name: row.name.get_ref().clone(),
            kind: row.kind,
            note: row.note.unwrap_or_default().to_owned(),
            signer,
            index: row.index.map(|index| *index.get_ref()),
        });
        Ok(())
    }

    fn add_stakers(&mut self, file: &File) -> Result<(), Fault> {
        let mut total = 0usize;
        for table in &file.stakers {
            let count = *table.count.get_ref();
            total = total.saturating_add(count);
            if count == 0 || total > MAX_GROUP {
                let problem = Problem::GroupSize { count: total.max(count), most: MAX_GROUP };
                return Err(Place::of("count", &table.count).wrong(problem));
            }
        }
        let mut signers = derived(4, total).map_err(internal)?.into_iter();
        for table in &file.stakers {
            let first = self.people.len();
            let members = first..first + table.count.get_ref();
            self.name(&table.name, Thing::Group(members.clone()))?;
            for (number, signer) in (1..=members.len()).zip(signers.by_ref()) {
                let name = format!("{} {number}", table.name.get_ref());
                let name = &Name::new(table.name.span(), name);
                let row = Row { name, index: None, note: None, kind: LabelKind::Staker };
                self.add_person(&row, signer)?;
            }
            self.groups.insert(table.name.get_ref().clone(), members);
        }
        Ok(())
    }

    /// Groups by name, with the positions of their members.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.groups.iter().map(|(name, members)| (name.as_str(), members.clone()))
    }

    fn find(&self, name: &str) -> Option<&Thing> {
        self.names.get(name)
    }

    /// An account of any kind.
    pub(super) fn account(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Account(at)) => Ok(*at),
            _ => Err(unknown(key, "account", name)),
        }
    }

    /// A registered network.
    pub(super) fn network(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        self.account_of(LabelKind::Network, "network", key, name)
    }

    /// A registered operator.
    pub(super) fn operator(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        self.account_of(LabelKind::Operator, "operator", key, name)
    }

    fn account_of(
        &self,
        kind: LabelKind,
        words: &'static str,
        key: &'static str,
        name: &Name,
    ) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Account(at)) if self.people[*at].kind == kind => Ok(*at),
            _ => Err(unknown(key, words, name)),
        }
    }

    /// One account, or those members of a group that are meant.
    pub(super) fn members(
        &self,
        by: &Name,
        members: Option<&Spanned<String>>,
    ) -> Result<Range<usize>, Fault> {
        let all = match self.find(by.get_ref()) {
            Some(Thing::Account(at)) => *at..*at + 1,
            Some(Thing::Group(members)) => members.clone(),
            _ => return Err(unknown("by", "account or group of stakers", by)),
        };
        let Some(members) = members else { return Ok(all) };
        let text = members.get_ref();
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        match (number(first), number(last)) {
            (Some(first), Some(last)) if 1 <= first && first <= last && last <= all.len() => {
                Ok(all.start + first - 1..all.start + last)
            }
            _ => {
                let problem = Problem::Members { text: text.clone(), count: all.len() };
                Err(Place::of("members", members).wrong(problem))
            }
        }
    }

    /// A vault of Symbiotic, by its position.
    pub(super) fn vault(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Vault(at)) => Ok(*at),
            Some(Thing::KarakVault(_)) => {
                let why = "this is a vault of Karak, and one of Symbiotic is needed";
                Err(Place::of(key, name).wrong(Problem::Misplaced(why)))
            }
            _ => Err(unknown(key, "vault", name)),
        }
    }

    /// A vault of Karak, by its position.
    pub(super) fn karak_vault(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::KarakVault(at)) => Ok(*at),
            Some(Thing::Vault(_)) => {
                let why = "this is a vault of Symbiotic, and one of Karak is needed";
                Err(Place::of(key, name).wrong(Problem::Misplaced(why)))
            }
            _ => Err(unknown(key, "vault of Karak", name)),
        }
    }

    /// Whether a name is that of a vault of Karak.
    pub(super) fn is_karak_vault(&self, name: &Name) -> bool {
        matches!(self.find(name.get_ref()), Some(Thing::KarakVault(_)))
    }

    /// A service of Karak, by its position.
    pub(super) fn dss(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Dss(at)) => Ok(*at),
            _ => Err(unknown(key, "DSS", name)),
        }
    }

    /// A rewards contract, by its position.
    pub(super) fn rewards(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Rewards(at)) => Ok(*at),
            _ => Err(unknown(key, "rewards contract", name)),
        }
    }

    /// A burner router, by its position.
    pub(super) fn router(&self, key: &'static str, name: &Name) -> Result<usize, Fault> {
        match self.find(name.get_ref()) {
            Some(Thing::Router(at)) => Ok(*at),
            _ => Err(unknown(key, "burner router", name)),
        }
    }

    /// What may stand for a burner: a router's position, or an account's.
    pub(super) fn burner(&self, key: &'static str, name: &Name) -> Result<Thing, Fault> {
        match self.find(name.get_ref()) {
            Some(thing @ (Thing::Router(_) | Thing::Account(_))) => Ok(thing.clone()),
            _ => Err(unknown(key, "burner router or account", name)),
        }
    }

    /// A token, by its symbol.
    pub(super) fn token(&self, key: &'static str, symbol: &Name) -> Result<&Token, Fault> {
        let token = self.tokens.iter().find(|token| token.symbol == *symbol.get_ref());
        token.ok_or_else(|| unknown(key, "token", symbol))
    }
}

/// An address that is written with its checksum.
fn checksummed(text: &Spanned<String>) -> Result<Address, Fault> {
    Address::parse_checksummed(text.get_ref(), None).map_err(|_| {
        let problem = Problem::NotAnAddress(text.get_ref().clone());
        Place::of("address", text).wrong(problem)
    })
}

/// The error for a name that nothing of this kind has.
pub(super) fn unknown(key: &'static str, kind: &'static str, name: &Name) -> Fault {
    Place::of(key, name).wrong(Problem::Unknown { kind, name: name.get_ref().clone() })
}

impl Keys<'_> {
    /// The developer account at an index, once.
    fn developer(&mut self, index: &Spanned<usize>) -> Result<PrivateKeySigner, Fault> {
        let place = Place::of("index", index);
        let index = *index.get_ref();
        let Some(signer) = self.accounts.signer(index) else {
            let why = "does not exist; there are ten, counted from 0";
            return Err(place.wrong(Problem::Index { index, why }));
        };
        if self.taken.contains(&index) {
            return Err(place.wrong(Problem::Index { index, why: "is somebody else already" }));
        }
        self.taken.push(index);
        Ok(signer.clone())
    }
}

fn internal(error: ChainError) -> Fault {
    Place::default().wrong(Problem::Internal(error.to_string()))
}

/// The first keys at `m/44'/60'/branch'/0/` of the developer accounts' mnemonic.
fn derived(branch: u32, count: usize) -> Result<Vec<PrivateKeySigner>, ChainError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let parent = MnemonicBuilder::english()
        .phrase(MNEMONIC)
        .derivation_path(format!("m/44'/60'/{branch}'/0/0"))
        .and_then(|builder| builder.build_parent_key())
        .map_err(accounts::underivable)?;
    parent.children().take(count).map(|key| key.map_err(accounts::underivable)).collect()
}
