//! What the user sees when the chain starts.

use crate::accounts::{DevAccounts, MNEMONIC};
use crate::chain::CHAIN_ID;
use crate::economy::{Economy, KarakVault, LabelKind, Service, Tokens, Vault};
use crate::protocols::{self, Protocols};
use alloy_primitives::Address;
use bondstone_karak::Kind as KarakKind;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::state::hook::HookKind;
use bondstone_tokens::MULTICALL3;
use std::fmt::{self, Display};

/// The contracts that people look for, by their names in Symbiotic's documentation.
const CONTRACTS: [Kind; 18] = [
    Kind::OperatorRegistry,
    Kind::NetworkRegistry,
    Kind::NetworkMiddlewareService,
    Kind::OperatorMetadataService,
    Kind::NetworkMetadataService,
    Kind::OperatorVaultOptInService,
    Kind::OperatorNetworkOptInService,
    Kind::VaultFactory,
    Kind::DelegatorFactory,
    Kind::SlasherFactory,
    Kind::VaultConfigurator,
    Kind::BurnerRouterFactory,
    Kind::DefaultCollateralFactory,
    Kind::StakerRewardsFactory,
    Kind::OperatorRewardsFactory,
    Kind::Rewards,
    Kind::FeeRegistry,
    Kind::CuratorRegistry,
];

/// The banner.
#[derive(Clone, Debug)]
pub struct Banner<'a> {
    /// Where the server listens.
    pub url: &'a str,
    /// What is shown to others than this machine, if anything is.
    pub exposure: Option<String>,
    /// Where the contracts are.
    pub protocols: &'a Protocols,
    /// The tokens.
    pub tokens: &'a Tokens,
    /// The accounts.
    pub accounts: &'a DevAccounts,
    /// The economy, if there is one.
    pub economy: Option<&'a Economy>,
}

impl Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Bondstone {}\n\nContracts", env!("CARGO_PKG_VERSION"))?;
        self.contracts(f)?;
        row(f, "Multicall3", MULTICALL3)?;
        writeln!(f, "\nTokens, with what every account was given")?;
        for token in self.tokens.all() {
            let label = format!("{} ({} decimals)", token.symbol, token.decimals);
            let faucet = token.decimal(token.faucet);
            row(f, &label, format!("{}  {faucet}", token.address))?;
        }
        if let Some(economy) = self.economy {
            economy_rows(f, economy)?;
        }
        writeln!(f, "\nAccounts, with 10000 ether each, of the mnemonic \"{MNEMONIC}\"")?;
        for (index, (address, key)) in self.accounts.keys().enumerate() {
            let part = self.economy.map(|economy| part(economy, index)).unwrap_or_default();
            writeln!(f, "  ({index}) {address}  {key}  {part}")?;
        }
        if let Some(exposure) = &self.exposure {
            writeln!(f, "\nWarning: {exposure}")?;
        }
        writeln!(f, "\nChain id {CHAIN_ID}\nListening on {}", self.url)
    }
}

impl Banner<'_> {
    fn contracts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Protocols { symbiotic, karak } = self.protocols;
        for kind in CONTRACTS {
            row(f, &format!("{kind:?}"), symbiotic.address(kind))?;
        }
        for hook in &symbiotic.hooks {
            if let Some(kind) = HookKind::from_number(hook.kind) {
                row(f, &format!("{kind:?}Hook"), hook.address)?;
            }
        }
        for (kind, address) in &karak.contracts {
            match kind {
                KarakKind::BeaconRoots => row(f, "BeaconRoots", address)?,
                _ => row(f, &format!("Karak{kind:?}"), address)?,
            }
        }
        for (number, service) in (1..).zip(protocols::free_services()) {
            let text = format!("{service}  a DSS of whoever calls initialize first");
            row(f, &format!("KarakFreeService{number}"), text)?;
        }
        Ok(())
    }
}

/// What a developer account does in the economy.
fn part(economy: &Economy, index: usize) -> String {
    let Some(account) = economy.accounts.iter().find(|account| account.index == Some(index)) else {
        return String::new();
    };
    let name = &account.name;
    let kind = account.kind.words();
    let kind = if name.contains(kind) { String::new() } else { format!(", {kind}") };
    let note = &account.note;
    let note = if note.is_empty() { String::new() } else { format!(", {note}") };
    format!("{name}{kind}{note}")
}

fn economy_rows(f: &mut fmt::Formatter<'_>, economy: &Economy) -> fmt::Result {
    let title = if economy.title.is_empty() { "Economy" } else { &economy.title };
    writeln!(f, "\n{title}; the amounts are illustrative")?;
    // Of the others, the developer accounts stand below with their keys.
    let first = [LabelKind::Network, LabelKind::Operator];
    for account in &economy.accounts {
        if first.contains(&account.kind) || account.index.is_none() {
            row(f, &account.name, format!("{}  {}", account.address, account.kind.words()))?;
        }
    }
    for Vault { name, vault, delegator, slasher, description, .. } in &economy.vaults {
        row(f, &format!("{name} vault"), format!("{vault}  {description}"))?;
        row(f, &format!("{name} delegator"), delegator)?;
        if *slasher != Address::ZERO {
            row(f, &format!("{name} slasher"), slasher)?;
        }
    }
    for Service { name, address, controller } in &economy.services {
        row(f, name, format!("{address}  DSS of Karak, controlled by {controller}"))?;
    }
    for KarakVault { name, vault, operator, collateral } in &economy.karak_vaults {
        let text = format!("{vault}  {collateral}, Karak vault of {operator}");
        row(f, &format!("{name} vault"), text)?;
    }
    for router in &economy.routers {
        let text = format!("{}  burner router of {}", router.address, router.collateral);
        row(f, &router.name, text)?;
    }
    for rewards in &economy.rewards {
        let paid = match &rewards.vault {
            Some(vault) => format!("stakers of the {vault} vault"),
            None => "operators".to_owned(),
        };
        row(f, &rewards.name, format!("{}  pays {paid}", rewards.address))?;
    }
    for group in &economy.groups {
        let (count, first) = (group.members.len(), group.members.first());
        let first = first.copied().unwrap_or_default();
        row(f, &format!("{} 1", group.name), format!("{first}  the first of {count} stakers"))?;
    }
    Ok(())
}

fn row(f: &mut fmt::Formatter<'_>, label: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "  {label:<32}{value}")
}
