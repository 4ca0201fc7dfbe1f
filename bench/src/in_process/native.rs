//! Bondstone's side: a world, as the node and everybody else uses it.

use super::Engine;
use crate::chain::{Answer, Call, Chain};
use crate::error::BenchError;
use crate::stage::Places;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_kernel::Revert;
use bondstone_symbiotic::Kind;
use bondstone_world::sandbox::Sandbox;
use bondstone_world::{Receipt, Transaction, World};

/// A world with the protocol on it.
#[derive(Debug)]
pub(crate) struct Native {
    world: World,
}

impl Native {
    /// The mainnet deployment, and a token of which the treasury holds some.
    pub(crate) fn new(
        timestamp: u64,
        treasury: Address,
        tokens: U256,
    ) -> Result<(Self, Places), BenchError> {
        let mut sandbox = Sandbox::new(timestamp)?;
        sandbox.mint(sandbox.token, treasury, tokens)?;
        let places = Places {
            operator_registry: sandbox.at(Kind::OperatorRegistry),
            network_registry: sandbox.at(Kind::NetworkRegistry),
            network_middleware_service: sandbox.at(Kind::NetworkMiddlewareService),
            operator_vault_opt_in: sandbox.at(Kind::OperatorVaultOptInService),
            operator_network_opt_in: sandbox.at(Kind::OperatorNetworkOptInService),
            vault_configurator: sandbox.at(Kind::VaultConfigurator),
            staker_rewards_factory: sandbox.at(Kind::StakerRewardsFactory),
            token: sandbox.token,
        };
        Ok((Self { world: sandbox.world }, places))
    }
}

impl Chain for Native {
    fn name(&self) -> &'static str {
        "bondstone"
    }

    fn send(&mut self, call: &Call) -> Result<Answer, BenchError> {
        let outcome = self.transact(self.prepare(call));
        self.answer(outcome)
    }

    fn view(&mut self, call: &Call) -> Result<Answer, BenchError> {
        // On a fork: unlike what is measured, this may be a call that writes.
        let outcome = self.world.view(call.from, call.to, &call.input);
        self.answer(Receipt { outcome, entries: Vec::new() })
    }
}

impl Engine for Native {
    type Transaction = Transaction;
    type Outcome = Receipt;

    fn move_to(&mut self, timestamp: u64) {
        let block = *self.world.block();
        let number = block.number + 1;
        self.world.set_block(bondstone_kernel::Block { number, timestamp, ..block });
    }

    fn prepare(&self, call: &Call) -> Transaction {
        let Call { from, to, ref input } = *call;
        Transaction { from, to: Some(to), value: U256::ZERO, input: input.clone() }
    }

    fn transact(&mut self, transaction: Transaction) -> Receipt {
        self.world.transact(&transaction)
    }

    fn look(&mut self, transaction: Transaction) -> Receipt {
        let to = transaction.to.unwrap_or_default();
        let outcome = self.world.read(transaction.from, to, &transaction.input);
        Receipt { outcome, entries: Vec::new() }
    }

    fn answer(&self, receipt: Receipt) -> Result<Answer, BenchError> {
        let logs = receipt.logs().cloned().collect();
        let succeeded = receipt.outcome.is_ok();
        let data = |revert: Revert| Bytes::from(revert.data().to_vec());
        let output = receipt.outcome.unwrap_or_else(data);
        Ok(Answer { succeeded, output, logs })
    }
}
