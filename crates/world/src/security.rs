//! What is bought and sold, over all suites.

use crate::world::World;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use bondstone_karak::security as karak;
use bondstone_kernel::MathError;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::security::{Asset, AssetLabel, Dated, SecurityView, sort_slashes};
use bondstone_symbiotic::security as symbiotic;
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a picture cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecurityError {
    /// What Symbiotic sells cannot be told.
    #[error("Symbiotic: {0}")]
    Symbiotic(#[from] symbiotic::SecurityError),
    /// What Karak sells cannot be added up.
    #[error("Karak: amounts cannot be added up: {0}")]
    Karak(#[from] MathError),
}

/// First topics of the logs that [`World::security`] needs, from all blocks up to the world's.
#[must_use]
pub fn security_topics() -> Vec<B256> {
    [symbiotic::topics(), karak::topics()].concat()
}

impl World {
    /// What shared security is bought and sold at the world's block, over all suites. `history`
    /// holds the logs of [`security_topics`] up to that block, in the chain's order; what it lacks
    /// is missing from the picture, and payments say so.
    ///
    /// # Errors
    /// [`SecurityError`]; amounts that contracts accept do not lead to one.
    pub fn security(&self, history: &[Dated<'_>]) -> Result<SecurityView, SecurityError> {
        let mut view = SecurityView::new(*self.block());
        symbiotic::add_to(&mut view, self, history)?;
        let trial = |from, to, input: &[u8]| self.view(from, to, input);
        karak::add_to(&mut view, self, &trial, history)?;
        sort_slashes(&mut view.slashes);
        let staked = view.vaults.iter().map(|vault| vault.collateral);
        let paid = view.payments.iter().map(|payment| payment.token);
        let assets: BTreeSet<Asset> = staked.chain(paid).collect();
        view.assets = assets.into_iter().map(|asset| self.label(asset)).collect();
        Ok(view)
    }

    /// What an asset says of itself. Tokens are asked as anybody would ask them.
    fn label(&self, asset: Asset) -> AssetLabel {
        let (symbol, decimals) = match asset {
            Asset::Token(token) => {
                let symbol = self.ask(token, &Erc20::symbolCall {});
                let decimals = self.ask(token, &Erc20::decimalsCall {});
                (symbol.unwrap_or_default(), decimals.unwrap_or_default())
            }
            Asset::Ether => ("ETH".to_owned(), 18),
            Asset::Bitcoin => ("BTC".to_owned(), 8),
        };
        AssetLabel { asset, symbol, decimals }
    }

    fn ask<C: SolCall>(&self, contract: Address, call: &C) -> Option<C::Return> {
        let answer = self.view(Address::ZERO, contract, &call.abi_encode()).ok()?;
        C::abi_decode_returns(&answer).ok()
    }
}
