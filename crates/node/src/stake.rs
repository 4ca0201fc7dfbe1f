//! Stake over time, folded from a chain's ledger alone: what programmes of pay are computed from.
//!
//! The blocks are folded into a mirror, so that what is read from it is what the contracts kept.
//! Where contracts keep checkpoints these are told; what has none is written down after each block
//! that changes it.

mod karak;
mod symbiotic;

use crate::rpc::ledger::LedgerBlock;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::{FoldError, MathError, NONE, Revert};
use bondstone_rewards::history::{HistoryError, PoolId};
use bondstone_rewards::{History, HistoryBuilder};
use bondstone_world::World;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why stake cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StakeError {
    /// A block is missing.
    #[error("block {number} came where block {expected} should")]
    Gap {
        /// The block that came.
        number: u64,
        /// The block that follows those before it.
        expected: u64,
    },
    /// A block of another branch.
    #[error(
        "block {number} follows {parent}, not {last}: the chain was set back while it was read"
    )]
    SetBack {
        /// The block.
        number: u64,
        /// The hash that it follows.
        parent: B256,
        /// The hash of the block that was read before it.
        last: B256,
    },
    /// A block whose contents are not those of its hash.
    #[error("block {number} says that its hash is {said}, but its contents give {computed}")]
    Hash {
        /// The block.
        number: u64,
        /// The hash that it says.
        said: B256,
        /// The hash that it has.
        computed: B256,
    },
    /// A log that the mirror cannot take.
    #[error("block {number} does not fold: {source}")]
    Fold {
        /// The block.
        number: u64,
        /// Why not.
        source: FoldError,
    },
    /// A delegator does not say what an operator is given.
    #[error("{delegator} does not say what it gives {operator} in block {number}: {revert:?}")]
    Delegated {
        /// The delegator.
        delegator: Address,
        /// The operator.
        operator: Address,
        /// The block.
        number: u64,
        /// Its answer.
        revert: Revert,
    },
    /// The time of a vault's epochs does not fit.
    #[error("the epochs of vault {vault} cannot be told in block {number}: {source}")]
    Epoch {
        /// The vault.
        vault: Address,
        /// The block.
        number: u64,
        /// What does not fit.
        source: MathError,
    },
    /// What the ledger says makes no history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// A block by which everything before it is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The chain.
    pub chain_id: u64,
    /// The block's height.
    pub number: u64,
    /// Its hash: the head of the hash chain over everything up to it.
    pub hash: B256,
    /// Its second.
    pub timestamp: u64,
}

/// A vault that a history leaves out, because its amounts have more than 128 bits. Anybody can make
/// a token of which there is so much; others are paid nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The vault.
    pub vault: Address,
    /// The first second at which an amount was so large.
    pub second: u64,
}

/// A pool over time.
#[derive(Clone, Debug, Default)]
struct Timeline {
    /// Shares and stake from a second on.
    totals: Vec<(u64, U256, U256)>,
    /// Shares of accounts from a second on, in the order of the chain.
    shares: Vec<(u64, Address, U256)>,
}

impl Timeline {
    /// Writes down shares and stake when they have changed.
    fn note_totals(&mut self, second: u64, shares: U256, stake: U256) {
        if self.last_totals() != (shares, stake) {
            self.totals.push((second, shares, stake));
        }
    }

    fn last_totals(&self) -> (U256, U256) {
        let last = self.totals.last().map(|(_, shares, stake)| (*shares, *stake));
        last.unwrap_or_default()
    }

    /// All amounts, with their seconds. No account has more shares than there are.
    fn amounts(&self) -> impl Iterator<Item = (u64, U256)> + '_ {
        let both =
            |(second, shares, stake): &(u64, U256, U256)| [(*second, *shares), (*second, *stake)];
        self.totals.iter().flat_map(both)
    }

    /// Fills an empty pool. Both lists are in the order of time, as the pool must be filled.
    fn fill(&self, builder: &mut HistoryBuilder, pool: PoolId) -> Result<(), HistoryError> {
        let mut totals = self.totals.iter().peekable();
        for (second, account, shares) in &self.shares {
            while let Some((at, total, stake)) = totals.next_if(|(at, ..)| at <= second) {
                builder.set_pool(pool, *at, *total, *stake)?;
            }
            builder.set_shares(pool, *account, *second, *shares)?;
        }
        for (at, total, stake) in totals {
            builder.set_pool(pool, *at, *total, *stake)?;
        }
        Ok(())
    }
}

/// Folds a ledger, and tells stake as far as one network is concerned.
#[derive(Clone, Debug)]
pub struct StakeLedger {
    network: Address,
    world: World,
    position: Option<Position>,
    seconds: Vec<u64>,
    symbiotic: symbiotic::Notes,
    karak: karak::Notes,
}

impl StakeLedger {
    /// A ledger of which nothing has been read.
    #[must_use]
    pub fn new(network: Address) -> Self {
        Self {
            network,
            world: World::default(),
            position: None,
            seconds: Vec::new(),
            symbiotic: symbiotic::Notes::default(),
            karak: karak::Notes::default(),
        }
    }

    /// The last block that was folded.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Folds the next block. The first one is the chain's first.
    ///
    /// # Errors
    /// [`StakeError`]; the ledger is of no use after one.
    pub fn fold(&mut self, block: &LedgerBlock) -> Result<(), StakeError> {
        self.follows(block)?;
        let number = block.moment.number;
        self.world.set_block(block.moment);
        for entry in &block.entries {
            let folded = self.world.fold(&entry.log);
            folded.map_err(|source| StakeError::Fold { number, source })?;
        }
        self.position = Some(Position {
            chain_id: block.moment.chain_id,
            number,
            hash: block.hash,
            timestamp: block.moment.timestamp,
        });
        self.seconds.push(block.moment.timestamp);
        self.note_symbiotic(block)?;
        self.karak.note(&self.world, self.network, block);
        Ok(())
    }

    fn follows(&self, block: &LedgerBlock) -> Result<(), StakeError> {
        let number = block.moment.number;
        let (expected, last) = match self.position {
            Some(position) => (position.number.saturating_add(1), position.hash),
            None => (0, B256::ZERO),
        };
        if number != expected {
            return Err(StakeError::Gap { number, expected });
        }
        if block.parent != last {
            return Err(StakeError::SetBack { number, parent: block.parent, last });
        }
        let (said, computed) = (block.hash, block.computed_hash());
        if said == computed { Ok(()) } else { Err(StakeError::Hash { number, said, computed }) }
    }

    /// Whether vaults of Symbiotic and of Karak are told. A service of Karak buys there alone,
    /// unless it is a network of Symbiotic as well.
    fn suites(&self) -> (bool, bool) {
        let networks = &self.world.symbiotic().registry.networks;
        let is_network = networks.find(&self.world.accounts().find(&self.network)) != NONE;
        let is_service = karak::is_service(&self.world, self.network);
        (is_network || !is_service, is_service)
    }

    /// Vaults that [`StakeLedger::history`] leaves out, suite by suite in the order in which they
    /// were made.
    #[must_use]
    pub fn left_out(&self) -> Vec<LeftOut> {
        let (symbiotic, karak) = self.suites();
        let mut left_out = if symbiotic { self.symbiotic_left_out() } else { Vec::new() };
        if karak {
            left_out.extend(self.karak.left_out(&self.world));
        }
        left_out
    }

    /// What was folded, as programmes take it; known until the last block's second. Vaults whose
    /// amounts do not fit are not in it: see [`StakeLedger::left_out`].
    ///
    /// A service of Karak is told Karak's vaults, everybody else Symbiotic's. Stake on its way out
    /// counts until its epoch ends, whatever slasher the vault has, and on Karak until the redeem
    /// is finished. An asset that does not say how many decimals it has, has none.
    ///
    /// # Errors
    /// [`StakeError::History`] when there are more accounts or moments than a history counts;
    /// [`StakeError::Epoch`].
    pub fn history(&self) -> Result<History, StakeError> {
        let moment = *self.world.block();
        let mut builder = HistoryBuilder::new(moment.chain_id);
        builder.blocks(self.seconds.clone())?;
        let (symbiotic, karak) = self.suites();
        if symbiotic {
            self.tell_symbiotic(&mut builder)?;
        }
        if karak {
            let decimals = |token| self.decimals(token);
            self.karak.tell(&self.world, self.network, decimals, &mut builder)?;
        }
        Ok(builder.finish(moment.timestamp)?)
    }

    fn decimals(&self, token: Address) -> u8 {
        let call = Erc20::decimalsCall {}.abi_encode();
        let answer = self.world.view(Address::ZERO, token, &call).ok();
        let answer = answer.and_then(|a| Erc20::decimalsCall::abi_decode_returns(&a).ok());
        answer.unwrap_or_default()
    }
}

/// The first second of an amount of more than 128 bits.
fn too_large(amounts: impl Iterator<Item = (u64, U256)>) -> Option<u64> {
    let large = amounts.filter(|(_, amount)| u128::try_from(*amount).is_err());
    large.map(|(second, _)| second).min()
}
