//! The world before step 0.

use crate::book::Book;
use crate::karak::fixtures::{BeaconRootsStandIn, PriceFeed, ScratchService};
use crate::karak::header::Header;
use alloy_primitives::Address;
use bondstone_karak::Kind;
use bondstone_karak::abi::ledger::KarakDeployed;
use bondstone_karak::rules::beacon::BEACON_ROOTS;
use bondstone_kernel::{Block, FoldError};
use bondstone_tokens::{Style, TokenEvent};
use bondstone_world::{Guest, World};
use std::sync::Arc;

/// Chain id of the recorder.
const CHAIN_ID: u64 = 31_337;

/// Prices of T0 to T3 at the start, in dollars with 8 decimals, as the stakes in the traces show
/// them. T4 is in no stake, so the price of its feed is in no trace.
const PRICES: [(&str, u64); 5] = [
    ("feed0", 100_000_000),
    ("feed1", 6_500_000_000_000),
    ("feed2", 250_000_000_000),
    ("feed3", 240_000_000_000),
    ("feed4", 100_000_000),
];

/// The token that refuses the zero address.
const PLAIN_TOKEN: &str = "T3";

/// Names and addresses of a header.
#[must_use]
pub fn names(header: &Header) -> Book {
    let mut book = Book::default();
    for (name, address) in &header.names {
        book.add(name, *address);
    }
    book
}

/// The contract of the suite that a name stands for.
fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "core" => Kind::Core,
        "impl.Vault" | "impl.Vault2" | "impl.Vault3" => Kind::VaultImplementation,
        "impl.NativeVault" => Kind::NativeVaultImplementation,
        "impl.NativeNode" => Kind::NativeNodeImplementation,
        "handler" | "handler2" => Kind::SlashingHandler,
        "querier" => Kind::Querier,
        "registry" => Kind::RestakingRegistry,
        "viewer" => Kind::StakeViewer,
        "D0" | "D3" => Kind::BaseDss,
        _ => return None,
    })
}

/// The test contract that a name stands for.
fn fixture(name: &str) -> Option<Arc<dyn Guest>> {
    if let Some((_, answer)) = PRICES.iter().find(|(feed, _)| *feed == name) {
        return Some(Arc::new(PriceFeed { answer: *answer }));
    }
    let is_scratch = matches!(name, "D1" | "D2" | "D4") || name.starts_with('X');
    is_scratch.then(|| Arc::new(ScratchService) as Arc<dyn Guest>)
}

/// The world before step 0, with the test contracts.
///
/// # Errors
/// [`FoldError`] when the world refuses something.
pub fn world(header: &Header) -> Result<World, FoldError> {
    let mut world = World::new(Block { number: 1, timestamp: 1, chain_id: CHAIN_ID });
    for (name, address) in &header.names {
        if let Some(kind) = kind(name) {
            let event = KarakDeployed { kind: kind.number() };
            world.deploy(*address, bondstone_karak::Event::from(event))?;
        }
        if let Some(guest) = fixture(name) {
            world.register_guest(*address, guest);
        }
    }
    for (name, decimals) in &header.tokens {
        let address = header.names.get(name).copied().unwrap_or_default();
        let style = if name == PLAIN_TOKEN { Style::Plain } else { Style::ZeroHolds };
        let created = style.created(name, name, *decimals);
        world.deploy(address, TokenEvent::from(created))?;
    }
    world.register_guest(BEACON_ROOTS, Arc::new(BeaconRootsStandIn));
    Ok(world)
}

/// Whether a name is that of a token.
#[must_use]
pub fn is_token(header: &Header, address: Address) -> bool {
    header.tokens.keys().any(|name| header.names.get(name) == Some(&address))
}
