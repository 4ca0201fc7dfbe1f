//! The chain that a node starts with: a new one, or the one that a folder keeps.

use crate::accounts::DevAccounts;
use crate::chain::clock::Clock;
use crate::chain::{CHAIN_ID, Chain, Opened};
use crate::economy::{self, Economy, EconomyFile, Tokens};
use crate::labels::Labels;
use crate::protocols::Protocols;
use crate::{EconomySource, StartError, UpArgs};
use bondstone_store::{Meta, Options, Progress, ProgressCallback, StoreError};
use std::path::Path;

/// Name under which the store keeps the text of the economy's file.
const TEXT: &str = "economy";
/// Name under which it keeps where that text came from.
const NAME: &str = "economy-file";
/// Name under which it keeps whether the economy was left out.
const BARE: &str = "bare";

/// A chain, and what is known of it.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) chain: Chain,
    pub(crate) tokens: Tokens,
    pub(crate) economy: Option<Economy>,
}

/// The chain for these arguments.
///
/// # Errors
/// [`StartError`].
pub(crate) fn chain(
    args: &UpArgs,
    protocols: &Protocols,
    accounts: &DevAccounts,
) -> Result<Started, StartError> {
    let Some(dir) = &args.data_dir else {
        let file = file(&args.economy, accounts)?;
        return fresh(&file, &args.economy, protocols, accounts);
    };
    let options = Options { progress: progress(), ..Options::new(CHAIN_ID) };
    match Chain::open(dir, &options)? {
        Opened::Chain(chain, meta) => {
            check_economy(dir, &meta, &args.economy, accounts)?;
            let chain = *chain;
            tracing::info!("{} goes on after block {}", dir.display(), chain.height());
            kept(chain, &meta, protocols, accounts)
        }
        Opened::Empty(mut store) => {
            let file = file(&args.economy, accounts)?;
            let bare = args.economy == EconomySource::Bare;
            let texts = [(TEXT, file.text()), (NAME, file.name()), (BARE, yes_or_no(bare))];
            for (name, text) in texts {
                store.set_text(name, text)?;
            }
            let started = fresh(&file, &args.economy, protocols, accounts)?;
            let chain = started.chain.keep(*store)?;
            Ok(Started { chain, ..started })
        }
    }
}

/// Opens the chain that a folder keeps, with the names and prices of its economy, for who reads it
/// without starting a node.
///
/// # Errors
/// [`StartError::Store`] when there is none, or a node has it open; the others of [`StartError`]
/// when it is not one that its economy made.
pub fn open_kept(dir: &Path) -> Result<(Chain, Labels), StartError> {
    let missing = dir.join("meta.toml");
    let nothing = StoreError::NotAStore { dir: dir.to_path_buf(), missing: missing.clone() };
    if !missing.exists() {
        return Err(nothing.into());
    }
    match Chain::open(dir, &Options { progress: progress(), ..Options::new(CHAIN_ID) })? {
        Opened::Empty(_) => Err(nothing.into()),
        Opened::Chain(chain, meta) => {
            let accounts = DevAccounts::derive()?;
            let protocols = Protocols::mainnet(&accounts)?;
            let economy = economy_of(&chain, &meta, &protocols, &accounts)?;
            Ok((*chain, economy.as_ref().map(Labels::of).unwrap_or_default()))
        }
    }
}

fn file(source: &EconomySource, accounts: &DevAccounts) -> Result<EconomyFile, StartError> {
    Ok(match source {
        EconomySource::File(path) => EconomyFile::read(path, accounts)?,
        EconomySource::Restaking2025 | EconomySource::Bare => {
            EconomyFile::restaking_2025(accounts)?
        }
    })
}

/// A new chain in memory.
fn fresh(
    file: &EconomyFile,
    source: &EconomySource,
    protocols: &Protocols,
    accounts: &DevAccounts,
) -> Result<Started, StartError> {
    let tokens = file.tokens();
    if *source == EconomySource::Bare {
        let chain = Chain::new(Clock::wall(), |world| {
            economy::bare_genesis(world, protocols, &tokens, accounts)
        })?;
        return Ok(Started { chain, tokens, economy: None });
    }
    let clock = Clock::wall().behind(file.age_seconds());
    let chain = Chain::new(clock, |world| file.genesis(world, protocols, accounts))?;
    let economy = file.play(&chain, protocols)?;
    Ok(Started { chain, tokens, economy: Some(economy) })
}

/// A chain that was kept, with the names that its economy gave.
fn kept(
    chain: Chain,
    meta: &Meta,
    protocols: &Protocols,
    accounts: &DevAccounts,
) -> Result<Started, StartError> {
    let tokens = EconomyFile::parse(text(meta, NAME), text(meta, TEXT), accounts)?.tokens();
    let economy = economy_of(&chain, meta, protocols, accounts)?;
    Ok(Started { chain, tokens, economy })
}

fn economy_of(
    chain: &Chain,
    meta: &Meta,
    protocols: &Protocols,
    accounts: &DevAccounts,
) -> Result<Option<Economy>, StartError> {
    if is_bare(meta) {
        return Ok(None);
    }
    let (name, text) = (text(meta, NAME), text(meta, TEXT));
    Ok(Some(Economy::relabel(name, text, accounts, protocols, chain)?))
}

/// Nobody asks in vain for another economy than the one that is there. Who asks for none in
/// particular gets what is there.
fn check_economy(
    dir: &Path,
    meta: &Meta,
    source: &EconomySource,
    accounts: &DevAccounts,
) -> Result<(), StartError> {
    let asked = match source {
        EconomySource::Restaking2025 => return Ok(()),
        EconomySource::Bare if is_bare(meta) => return Ok(()),
        EconomySource::Bare => "none".to_owned(),
        EconomySource::File(path) => {
            if !is_bare(meta) && EconomyFile::read(path, accounts)?.text() == text(meta, TEXT) {
                return Ok(());
            }
            format!("that of {}", path.display())
        }
    };
    let kept = if is_bare(meta) {
        "no economy".to_owned()
    } else {
        format!("the economy of {}", text(meta, NAME))
    };
    Err(StartError::OtherEconomy { dir: dir.to_path_buf(), kept, asked })
}

fn text<'a>(meta: &'a Meta, name: &str) -> &'a str {
    meta.texts.get(name).map_or("", String::as_str)
}

fn is_bare(meta: &Meta) -> bool {
    text(meta, BARE) == yes_or_no(true)
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Bytes of journal that are read before anybody would ask how long it takes.
const QUICK_BYTES: u64 = 16 << 20;

/// A long journal takes a while; the log says how far it is.
fn progress() -> ProgressCallback {
    ProgressCallback::new(|Progress { bytes, total_bytes, blocks, .. }| {
        if total_bytes > QUICK_BYTES {
            tracing::info!("reading the journal: {bytes} of {total_bytes} bytes, {blocks} blocks");
        }
    })
}
