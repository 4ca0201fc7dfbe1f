//! The world as the suites see it.

use crate::base::Base;
use crate::world::World;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_karak::Karak;
use bondstone_kernel::revert::library::ReentrancyGuardReentrantCall;
use bondstone_kernel::{Accounts, Block, Call, Creation, Host, Revert, Suite};
use bondstone_symbiotic::{Contract, Symbiotic};
use bondstone_tokens::Tokens;
use std::collections::VecDeque;

alloy_sol_types::sol! {
    /// OpenZeppelin 5.0.2 `Clones`: the address of a clone is taken.
    error ERC1167FailedCreateClone();
    /// Solady `LibClone`: the address of a proxy is taken.
    error DeploymentFailed();
}

/// What a replayer plays back because the model does not compute it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playback {
    /// Addresses of the next proxies. When it is empty they are derived (`Creation::address`).
    pub addresses: VecDeque<Address>,
    /// The gas check that fails.
    pub shortage: Option<Shortage>,
}

/// A recorded shortage of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Too little for the delegator's hook.
    Hook,
    /// Too little for the slasher's burner.
    Burner,
    /// Too little for the hook of a Karak service.
    Service,
}

impl World {
    fn take_guard(&mut self, contract: Address) -> Result<(), Revert> {
        if self.frame.guards.contains(&contract) {
            return Err(ReentrancyGuardReentrantCall {}.into());
        }
        self.frame.guards.push(contract);
        Ok(())
    }

    fn give_guard(&mut self, contract: Address) {
        if self.frame.guards.last() == Some(&contract) {
            self.frame.guards.pop();
        }
    }

    fn new_address(&mut self, creation: &Creation) -> Result<Address, Revert> {
        let address = match creation {
            Creation::Proxy { .. } => {
                self.playback.addresses.pop_front().unwrap_or_else(|| creation.address())
            }
            Creation::Clone { .. } | Creation::BeaconProxy { .. } => creation.address(),
        };
        match creation {
            _ if !self.has_code(address) => Ok(address),
            Creation::Clone { .. } => Err(ERC1167FailedCreateClone {}.into()),
            Creation::BeaconProxy { .. } => Err(DeploymentFailed {}.into()),
            Creation::Proxy { .. } => Err(Revert::empty()),
        }
    }

    /// The check that asks is told apart by whose guard is held: the hook's by a delegator, the
    /// burner's by a slasher, the service's by Karak's Core.
    fn gas(&self) -> u64 {
        let Some(shortage) = self.playback.shortage else { return u64::MAX };
        let Some(asking) = self.frame.guards.last() else { return u64::MAX };
        let symbiotic = self.symbiotic.contract(&self.accounts, *asking);
        let karak = self.karak.contract(&self.accounts, *asking);
        match (shortage, symbiotic, karak) {
            (Shortage::Hook, Contract::Delegator(_), _)
            | (Shortage::Burner, Contract::Slasher(_), _)
            | (Shortage::Service, _, bondstone_karak::Contract::Core) => 0,
            _ => u64::MAX,
        }
    }
}

macro_rules! host {
    ($suite:ty, $field:ident) => {
        impl Host<$suite> for World {
            fn block(&self) -> &Block {
                &self.block
            }

            fn state(&self) -> &<$suite as Suite>::State {
                &self.$field
            }

            fn accounts(&self) -> &Accounts {
                &self.accounts
            }

            fn emit(
                &mut self,
                emitter: Address,
                event: <$suite as Suite>::Event,
            ) -> Result<(), Revert> {
                self.refuse_in_static()?;
                let mark = self.frame.mark;
                let (state, mut fold) = crate::world::fold_into!(self, $field, mark);
                <$suite>::apply(state, &mut fold, emitter, &event)?;
                self.record(emitter, &event);
                Ok(())
            }

            fn call(&mut self, call: Call<'_>) -> Result<Bytes, Revert> {
                World::call(self, call)
            }

            fn has_code(&self, address: Address) -> bool {
                World::has_code(self, address)
            }

            fn create(&mut self, creation: Creation) -> Result<Address, Revert> {
                self.new_address(&creation)
            }

            fn balance(&self, account: Address) -> U256 {
                World::balance(self, account)
            }

            fn pay(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Revert> {
                self.send_wei(from, to, wei)
            }

            fn enter(&mut self, contract: Address) -> Result<(), Revert> {
                self.take_guard(contract)
            }

            fn leave(&mut self, contract: Address) {
                self.give_guard(contract);
            }

            fn gas_left(&mut self) -> u64 {
                self.gas()
            }

            fn is_traced(&self) -> bool {
                self.recorder.is_some()
            }

            fn trace_open(&mut self, call: &Call<'_>) {
                if let Some(recorder) = &mut self.recorder {
                    recorder.open(call);
                }
            }

            fn trace_close(&mut self, result: Result<&[u8], &Revert>) {
                if let Some(recorder) = &mut self.recorder {
                    recorder.close(result);
                }
            }
        }
    };
}

host!(Symbiotic, symbiotic);
host!(Karak, karak);
host!(Tokens, tokens);
host!(Base, base);
