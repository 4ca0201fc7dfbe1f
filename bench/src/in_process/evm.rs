//! The rival's side: the compiled contracts in revm, set up to be as fast as it can be.
//!
//! The state is a hash map in memory, there is no inspector, gas costs nothing, nonces are not
//! checked, no signature is recovered. One machine is kept for all calls; what the contracts touch
//! was touched before, so that code is analysed and accounts are loaded.

use super::Engine;
use crate::chain::{Answer, Call, Chain, Creates};
use crate::error::BenchError;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};
use std::convert::Infallible;

/// What it is called in tables.
pub(crate) const NAME: &str = "revm 43";

/// More than any of the calls takes.
const GAS_LIMIT: u64 = 16_000_000;

type Database = CacheDB<EmptyDB>;
type Outcome = Result<ExecutionResult, EVMError<Infallible>>;

/// An EVM with a chain in memory.
pub(crate) struct Evm {
    machine: MainnetEvm<MainnetContext<Database>>,
    block: BlockEnv,
}

impl Evm {
    /// With nothing on it, by the rules that the contracts were compiled for.
    pub(crate) fn new(timestamp: u64) -> Self {
        let block = BlockEnv {
            number: U256::ONE,
            timestamp: U256::from(timestamp),
            gas_limit: GAS_LIMIT,
            basefee: 0,
            ..BlockEnv::default()
        };
        let context = Context::mainnet()
            .with_db(CacheDB::new(EmptyDB::new()))
            .with_block(block.clone())
            .modify_cfg_chained(|settings| {
                settings.set_spec_and_mainnet_gas_params(SpecId::CANCUN);
                settings.disable_nonce_check = true;
            });
        Self { machine: context.build_mainnet(), block }
    }
}

fn transaction(from: Address, kind: TxKind, data: Bytes) -> TxEnv {
    let (gas_limit, gas_price) = (GAS_LIMIT, 0);
    TxEnv { caller: from, kind, data, gas_limit, gas_price, chain_id: None, ..TxEnv::default() }
}

fn failed(what: &str, why: String) -> BenchError {
    BenchError::Failed { chain: NAME, what: what.to_owned(), why }
}

impl Chain for Evm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn send(&mut self, call: &Call) -> Result<Answer, BenchError> {
        let outcome = self.transact(self.prepare(call));
        self.answer(outcome)
    }

    fn view(&mut self, call: &Call) -> Result<Answer, BenchError> {
        let outcome = self.look(self.prepare(call));
        self.answer(outcome)
    }
}

impl Creates for Evm {
    fn create(&mut self, from: Address, code: Bytes) -> Result<Address, BenchError> {
        let outcome = self.transact(transaction(from, TxKind::Create, code));
        let result = outcome.map_err(|error| failed("a deployment", error.to_string()))?;
        result
            .created_address()
            .filter(|_| result.is_success())
            .ok_or_else(|| failed("a deployment", format!("{result:?}")))
    }
}

impl Engine for Evm {
    type Transaction = TxEnv;
    type Outcome = Outcome;

    fn move_to(&mut self, timestamp: u64) {
        self.block.number += U256::ONE;
        self.block.timestamp = U256::from(timestamp);
        self.machine.set_block(self.block.clone());
    }

    fn prepare(&self, call: &Call) -> TxEnv {
        transaction(call.from, TxKind::Call(call.to), call.input.clone())
    }

    fn transact(&mut self, transaction: TxEnv) -> Outcome {
        self.machine.transact_commit(transaction)
    }

    fn look(&mut self, transaction: TxEnv) -> Outcome {
        self.machine.transact(transaction).map(|looked| looked.result)
    }

    fn answer(&self, outcome: Outcome) -> Result<Answer, BenchError> {
        let result = outcome.map_err(|error| failed("a call", error.to_string()))?;
        let succeeded = result.is_success();
        let output = result.output().cloned().unwrap_or_default();
        Ok(Answer { succeeded, output, logs: result.into_logs() })
    }
}
