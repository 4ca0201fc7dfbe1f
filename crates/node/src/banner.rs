//! What the user sees when the chain starts.

use crate::accounts::{COUNT, DevAccounts, MNEMONIC};
use crate::chain::CHAIN_ID;
use crate::economy::{Economy, Tokens, Vault};
use alloy_primitives::Address;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::state::hook::HookKind;
use bondstone_tokens::MULTICALL3;
use bondstone_world::Deployment;
use std::fmt::{self, Display};

/// The contracts that people look for, by their names in Symbiotic's documentation.
const CONTRACTS: [Kind; 15] = [
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
];

/// What each developer account does in the economy, by its index.
const PARTS: [&str; COUNT] = [
    "Alice, staker",
    "Bob, staker, leaving",
    "curator",
    "Hyperlane, network",
    "Tanssi, network",
    "Ditto, network",
    "operator A",
    "operator B",
    "operator C",
    "resolver",
];

/// The banner.
#[derive(Clone, Debug)]
pub struct Banner<'a> {
    /// Where the server listens.
    pub url: &'a str,
    /// What is shown to others than this machine, if anything is.
    pub exposure: Option<String>,
    /// Where the contracts are.
    pub deployment: &'a Deployment,
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
        for kind in CONTRACTS {
            row(f, &format!("{kind:?}"), self.deployment.address(kind))?;
        }
        for hook in &self.deployment.hooks {
            if let Some(kind) = HookKind::from_number(hook.kind) {
                row(f, &format!("{kind:?}Hook"), hook.address)?;
            }
        }
        row(f, "Multicall3", MULTICALL3)?;
        writeln!(f, "\nTokens, with what every account was given")?;
        for token in self.tokens.all() {
            let label = format!("{} ({} decimals)", token.symbol, token.decimals);
            writeln!(f, "  {label:<32}{}  {}", token.address, token.faucet)?;
        }
        if let Some(economy) = self.economy {
            economy_rows(f, economy)?;
        }
        writeln!(f, "\nAccounts, with 10000 ether each, of the mnemonic \"{MNEMONIC}\"")?;
        let parts = PARTS.iter().map(|part| if self.economy.is_some() { *part } else { "" });
        for ((index, (address, key)), part) in self.accounts.keys().enumerate().zip(parts) {
            writeln!(f, "  ({index}) {address}  {key}  {part}")?;
        }
        if let Some(exposure) = &self.exposure {
            writeln!(f, "\nWarning: {exposure}")?;
        }
        writeln!(f, "\nChain id {CHAIN_ID}\nListening on {}", self.url)
    }
}

fn economy_rows(f: &mut fmt::Formatter<'_>, economy: &Economy) -> fmt::Result {
    writeln!(f, "\nEconomy, of illustrative amounts")?;
    let vaults = [
        ("instant", "wstETH, instant slasher, NetworkRestake delegator", economy.instant),
        ("veto", "USDC, veto slasher, FullRestake delegator", economy.veto),
        ("unslashable", "wstETH, no slasher, OperatorSpecific delegator", economy.unslashable),
    ];
    for (name, kind, Vault { vault, delegator, slasher }) in vaults {
        row(f, &format!("{name} vault"), format!("{vault}  {kind}"))?;
        row(f, &format!("{name} delegator"), delegator)?;
        if slasher != Address::ZERO {
            row(f, &format!("{name} slasher"), slasher)?;
        }
    }
    row(f, "staker rewards", format!("{}  Hyperlane pays HYPER", economy.staker_rewards))?;
    row(f, "operator rewards", format!("{}  Tanssi pays TANSSI", economy.operator_rewards))
}

fn row(f: &mut fmt::Formatter<'_>, label: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "  {label:<32}{value}")
}
