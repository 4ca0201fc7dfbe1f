//! The world before step 0, and the creation facts of the vaults that come later.

use crate::book::Book;
use crate::deployment;
use crate::fixtures;
use crate::mirror::Creations;
use crate::readings::{Epochs, Names};
use crate::symbiotic::header::{Header, Vault};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, U256, address};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Block, FoldError};
use bondstone_symbiotic::Event;
use bondstone_symbiotic::abi::ledger::{DelegatorCreated, SlasherCreated, VaultCreated};
use bondstone_symbiotic::state::hook::HookKind;
use bondstone_tokens::{Style, TokenEvent};
use bondstone_world::World;
use bondstone_world::deployment::{Deployment, HookDeployment};

/// The ready-made hooks by name, in the order of their numbers.
const HOOKS: [(&str, HookKind); 7] = [
    ("hNetworkRestakeDecreaseHook", HookKind::NetworkRestakeDecrease),
    ("hNetworkRestakeRedistributeHook", HookKind::NetworkRestakeRedistribute),
    ("hFullRestakeDecreaseHook", HookKind::FullRestakeDecrease),
    ("hOperatorSpecificDecreaseHook", HookKind::OperatorSpecificDecrease),
    ("hNetworkRestakeResetHook", HookKind::NetworkRestakeReset),
    ("hFullRestakeResetHook", HookKind::FullRestakeReset),
    ("hOperatorSpecificResetHook", HookKind::OperatorSpecificReset),
];

/// Names, addresses and epochs of a header.
#[must_use]
pub fn names(header: &Header) -> Names {
    let mut names = Names::default();
    for (name, address) in header.contracts.iter().chain(&header.actors) {
        names.book.add(name, *address);
    }
    for vault in &header.vaults {
        let epochs = Epochs { init: vault.init, duration: vault.epoch_duration };
        for name in [Some(&vault.name), Some(&vault.delegator), vault.slasher.as_ref()] {
            names.epochs.extend(name.map(|name| (name.clone(), epochs)));
        }
    }
    names
}

/// Where the base contracts and the ready-made hooks are.
fn deployment(header: &Header) -> Deployment {
    let singletons = deployment::singletons(&header.contracts);
    let hooks = HOOKS.iter().zip(0u8..).filter_map(|((name, kind), number)| {
        let address = *header.contracts.get(*name)?;
        let resets = matches!(
            kind,
            HookKind::NetworkRestakeReset
                | HookKind::FullRestakeReset
                | HookKind::OperatorSpecificReset
        );
        let (period, slash_count) = if resets {
            (header.reset_hook_params.period, header.reset_hook_params.slash_count)
        } else {
            (0, 0)
        };
        Some(HookDeployment { address, kind: number, period, slash_count })
    });
    let owner = header.actors.get("deployer").copied().unwrap_or_default();
    Deployment { owner, hooks: hooks.collect(), singletons }
}

/// The world before step 0.
///
/// # Errors
/// A text for what the header does not say; [`FoldError`] when the world refuses something.
pub fn world(header: &Header, book: &Book) -> Result<World, GenesisError> {
    let block = Block { number: 1, timestamp: header.base_timestamp, chain_id: header.chain_id };
    let mut world = World::new(block);
    deployment(header).deploy(&mut world)?;
    for (name, token) in &header.tokens {
        let address = find(book, name)?;
        let style = if token.fee_bps == 0 { Style::Plain } else { Style::FeeBps(token.fee_bps) };
        let created = style.created(name, name, token.decimals);
        world.deploy(address, TokenEvent::from(created))?;
        for holding in header.holdings().map_err(GenesisError::Header)? {
            let to = find(book, &holding.holder)?;
            let mint = Transfer { from: Address::ZERO, to, value: holding.amount };
            world.deploy(address, TokenEvent::from(mint))?;
        }
    }
    Ok(world)
}

/// Puts the test contracts into a world that runs rules.
///
/// The test wallet accepts signatures of one throw-away key, which is no actor of the header.
pub fn place_fixtures(world: &mut World, header: &Header) {
    let at = |name: &str| header.contracts.get(name).copied().unwrap_or_default();
    let signer = address!("0xb52b2c961554cb164a7fc4a0354f066f8fb864b4");
    let delegators = at("delegatorFactory");
    for (name, address) in &header.contracts {
        let (kind, factory) = match name.as_str() {
            "migV" => ("FakeEntity", at("vaultFactory")),
            "fakeEntity" => ("FakeEntity", Address::ZERO),
            "fakeEntity9" => ("FakeEntity9", delegators),
            "flexEntity" => ("FlexEntity", delegators),
            "wallet1271" => ("EIP1271W", Address::ZERO),
            other => (header.kinds.get(other).map_or("", String::as_str), Address::ZERO),
        };
        fixtures::place(world, kind, *address, signer, factory);
    }
}

/// What the header says of vaults, delegators and slashers and no log repeats.
///
/// # Errors
/// A name without an address.
pub fn creations(header: &Header, book: &Book) -> Result<Creations, GenesisError> {
    let mut creations = Creations::new(header.contracts.values().copied());
    for vault in &header.vaults {
        let address = find(book, &vault.name)?;
        creations.add(address, Event::from(vault_created(vault, book)?));
        let delegator = delegator_created(vault, address, book)?;
        creations.add(find(book, &vault.delegator)?, Event::from(delegator));
        if let (Some(name), Some(slasher_type)) = (&vault.slasher, vault.stype) {
            let veto = slasher_type != 0;
            let slasher = SlasherCreated {
                slasherType: slasher_type,
                vault: address,
                isBurnerHook: vault.is_burner_hook,
                vetoDuration: U48::from(if veto { vault.veto_duration } else { 0 }),
                resolverSetEpochsDelay: if veto {
                    vault.resolver_set_epochs_delay
                } else {
                    U256::ZERO
                },
            };
            creations.add(find(book, name)?, Event::from(slasher));
        }
    }
    Ok(creations)
}

fn vault_created(vault: &Vault, book: &Book) -> Result<VaultCreated, GenesisError> {
    Ok(VaultCreated {
        version: vault.version,
        collateral: find(book, &vault.collateral)?,
        burner: optional(book, vault.burner.as_deref())?,
        epochDuration: U48::from(vault.epoch_duration),
        depositWhitelist: vault.deposit_whitelist,
        isDepositLimit: vault.is_deposit_limit,
        depositLimit: vault.deposit_limit,
        name: String::new(),
        symbol: String::new(),
    })
}

fn delegator_created(
    vault: &Vault,
    address: Address,
    book: &Book,
) -> Result<DelegatorCreated, GenesisError> {
    let operator = vault.operator.as_deref().filter(|_| vault.dtype >= 2);
    let network = vault.network.as_deref().filter(|_| vault.dtype >= 3);
    Ok(DelegatorCreated {
        delegatorType: vault.dtype,
        vault: address,
        hook: optional(book, vault.hook.as_deref())?,
        network: optional(book, network)?,
        operator: optional(book, operator)?,
    })
}

fn optional(book: &Book, name: Option<&str>) -> Result<Address, GenesisError> {
    name.map_or(Ok(Address::ZERO), |name| find(book, name))
}

fn find(book: &Book, name: &str) -> Result<Address, GenesisError> {
    book.address(name).ok_or_else(|| GenesisError::Header(format!("{name} has no address")))
}

/// Why the first world cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The header lacks something.
    #[error("{0}")]
    Header(String),
    /// The world refuses something.
    #[error(transparent)]
    Fold(#[from] FoldError),
}
