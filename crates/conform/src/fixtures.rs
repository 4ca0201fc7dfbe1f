//! The test contracts that stand in the recorded worlds besides the suites, with the behaviour that
//! the traces show.

use alloy_primitives::{Address, B256, Signature, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolInterface, SolValue, sol};
use bondstone_kernel::{Call, Message, Revert};
use bondstone_world::{Guest, World};
use std::sync::Arc;

sol! {
    /// `MHook`: a delegator hook with three moods.
    interface LoggingHook {
        event Hooked(
            bytes32 indexed subnetwork, address indexed operator, uint256 amount,
            uint48 captureTimestamp, bytes data
        );
        function setMode(uint8 mode) external;
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes data
        ) external;
    }

    /// `MBurner`: a burner that logs, or fails when told to.
    interface LoggingBurner {
        event Burned(
            bytes32 indexed subnetwork, address indexed operator, uint256 amount,
            uint48 captureTimestamp
        );
        function setFail(bool fail) external;
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp
        ) external;
    }

    /// `Reenter`: calls a configured target on any call.
    interface Reenterer {
        event Tried(bool ok, bytes output);
        function set(address target, bytes data) external;
    }

    /// `EIP1271W`: a wallet that signs with the key of its owner and calls what it is told to.
    interface Wallet1271 {
        function exec(address target, bytes data) external returns (bytes);
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }

    /// `FakeEntity`, `FlexEntity` and `migV`: implementations as the factories ask them.
    interface Implementation {
        function setType(uint64 entityType) external;
        function FACTORY() external view returns (address);
        function TYPE() external view returns (uint64);
        function migrate(uint64 newVersion, bytes data) external;
        function initialize(uint64 initialVersion, address owner, bytes data) external;
    }
}

use Implementation::ImplementationCalls;
use LoggingBurner::LoggingBurnerCalls;
use LoggingHook::LoggingHookCalls;
use Wallet1271::Wallet1271Calls;

/// Where a fixture keeps its one setting.
const SETTING: B256 = B256::ZERO;

/// A word of a fixture's own storage.
fn flag(value: U256) -> B256 {
    value.into()
}

fn malformed<E>(_: E) -> Revert {
    Revert::empty()
}

/// `MHook`. Mode 0 logs, 1 reverts, 2 burns all its gas.
#[derive(Clone, Copy, Debug)]
pub struct Hook;

impl Guest for Hook {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        match LoggingHookCalls::abi_decode_validate(message.input).map_err(malformed)? {
            LoggingHookCalls::setMode(call) => {
                world.store(message.this, SETTING, flag(U256::from(call.mode)))?;
            }
            LoggingHookCalls::onSlash(call) => {
                if world.storage(message.this, SETTING) != B256::ZERO {
                    return Err(Revert::empty());
                }
                let event = LoggingHook::Hooked {
                    subnetwork: call.subnetwork,
                    operator: call.operator,
                    amount: call.amount,
                    captureTimestamp: call.captureTimestamp,
                    data: call.data,
                };
                world.log(message.this, event.encode_log_data())?;
            }
        }
        Ok(Vec::new())
    }
}

/// `MBurner`.
#[derive(Clone, Copy, Debug)]
pub struct Burner;

impl Guest for Burner {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        match LoggingBurnerCalls::abi_decode_validate(message.input).map_err(malformed)? {
            LoggingBurnerCalls::setFail(call) => {
                world.store(message.this, SETTING, flag(U256::from(call.fail)))?;
            }
            LoggingBurnerCalls::onSlash(call) => {
                if world.storage(message.this, SETTING) != B256::ZERO {
                    return Err(Revert::empty());
                }
                let event = LoggingBurner::Burned {
                    subnetwork: call.subnetwork,
                    operator: call.operator,
                    amount: call.amount,
                    captureTimestamp: call.captureTimestamp,
                };
                world.log(message.this, event.encode_log_data())?;
            }
        }
        Ok(Vec::new())
    }
}

/// `Reenter`: any call but `set` calls the target and logs `Tried` with the outcome. The target
/// is the zero address until it is set, which answers with success and nothing.
#[derive(Clone, Copy, Debug)]
pub struct Reenter;

impl Guest for Reenter {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let this = message.this;
        if message.input.starts_with(&Reenterer::setCall::SELECTOR) {
            let call = Reenterer::setCall::abi_decode_validate(message.input).map_err(malformed)?;
            world.store(this, SETTING, call.target.into_word())?;
            store_bytes(world, this, &call.data)?;
            return Ok(Vec::new());
        }
        let target = Address::from_word(world.storage(this, SETTING));
        let data = load_bytes(world, this);
        let (ok, output) = match world.call(Call::new(this, target, &data)) {
            Ok(output) => (true, output),
            Err(revert) => (false, revert.into_data()),
        };
        world.log(this, Reenterer::Tried { ok, output }.encode_log_data())?;
        Ok(Vec::new())
    }
}

/// Slot 1 holds the length, the words follow it.
fn store_bytes(world: &mut World, guest: Address, data: &[u8]) -> Result<(), Revert> {
    let length = U256::from(data.len());
    world.store(guest, flag(U256::ONE), flag(length))?;
    for (index, chunk) in (2u64..).zip(data.chunks(32)) {
        let mut word = [0u8; 32];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        world.store(guest, flag(U256::from(index)), word.into())?;
    }
    Ok(())
}

fn load_bytes(world: &World, guest: Address) -> Vec<u8> {
    let length = U256::from_be_bytes(world.storage(guest, flag(U256::ONE)).0);
    let length = usize::try_from(length).unwrap_or(0);
    let mut data = Vec::with_capacity(length);
    for index in 2u64.. {
        if data.len() >= length {
            break;
        }
        data.extend_from_slice(world.storage(guest, flag(U256::from(index))).as_slice());
    }
    data.truncate(length);
    data
}

/// `EIP1271W`. It takes a signature of its owner as `abi.encode(v, r, s)`.
#[derive(Clone, Copy, Debug)]
pub struct Wallet {
    /// Whose signatures count.
    pub owner: Address,
}

const VALID: [u8; 4] = hex!("1626ba7e");
const INVALID: [u8; 4] = hex!("ffffffff");

impl Guest for Wallet {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        match Wallet1271Calls::abi_decode_validate(message.input).map_err(malformed)? {
            Wallet1271Calls::exec(call) => {
                let output = world.call(Call::new(message.this, call.target, &call.data))?;
                Ok(output.abi_encode())
            }
            Wallet1271Calls::isValidSignature(call) => {
                let valid = recover(call.hash, &call.signature) == Some(self.owner);
                let mut word = [0u8; 32];
                let answer = if valid { VALID } else { INVALID };
                for (to, from) in word.iter_mut().zip(answer) {
                    *to = from;
                }
                Ok(word.to_vec())
            }
        }
    }
}

/// The signer of a hash, from `abi.encode(v, r, s)`.
#[must_use]
pub fn recover(hash: B256, signature: &[u8]) -> Option<Address> {
    let (v, r, s) = <(U256, U256, U256)>::abi_decode_validate(signature).ok()?;
    let odd = match u8::try_from(v).ok()? {
        27 => false,
        28 => true,
        _ => return None,
    };
    Signature::new(r, s, odd).recover_address_from_prehash(&hash).ok()
}

/// An implementation as the factories see it: `FACTORY()`, `TYPE()`, and a migration that takes
/// anything. `setType` works on those that are flexible.
#[derive(Clone, Copy, Debug)]
pub struct Entity {
    /// What `FACTORY()` answers.
    pub factory: Address,
    /// What `TYPE()` answers until it is set.
    pub entity_type: u64,
}

impl Guest for Entity {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        match ImplementationCalls::abi_decode_validate(message.input).map_err(malformed)? {
            ImplementationCalls::setType(call) => {
                let set = U256::from(call.entityType).saturating_add(U256::ONE);
                world.store(message.this, SETTING, flag(set))?;
                Ok(Vec::new())
            }
            ImplementationCalls::FACTORY(_) => Ok(self.factory.abi_encode()),
            ImplementationCalls::TYPE(_) => {
                let set = U256::from_be_bytes(world.storage(message.this, SETTING).0);
                let set = set.checked_sub(U256::ONE);
                Ok(set.unwrap_or(U256::from(self.entity_type)).abi_encode())
            }
            ImplementationCalls::migrate(_) | ImplementationCalls::initialize(_) => Ok(Vec::new()),
        }
    }
}

/// Puts the fixture of a kind at an address; kinds that are no fixtures are left alone.
pub fn place(world: &mut World, kind: &str, address: Address, owner: Address, factory: Address) {
    let guest: Arc<dyn Guest> = match kind {
        "MHook" => Arc::new(Hook),
        "MBurner" => Arc::new(Burner),
        "Reenter" => Arc::new(Reenter),
        "EIP1271W" => Arc::new(Wallet { owner }),
        "FakeEntity" => Arc::new(Entity { factory, entity_type: 0 }),
        "FakeEntity9" => Arc::new(Entity { factory, entity_type: 9 }),
        "FlexEntity" => Arc::new(Entity { factory, entity_type: 0 }),
        _ => return,
    };
    world.register_guest(address, guest);
}

/// Where a made-up contract lives.
#[must_use]
pub fn made_up(name: &str) -> Address {
    Address::from_word(keccak256(format!("bondstone conform: {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use bondstone_kernel::Block;
    use bondstone_world::Transaction;

    const GUEST: Address = Address::repeat_byte(9);

    fn world(guest: impl Guest + 'static) -> World {
        let mut world = World::new(Block::default());
        world.register_guest(GUEST, Arc::new(guest));
        world
    }

    fn send(world: &mut World, input: Vec<u8>) -> bondstone_world::Receipt {
        world.transact(&Transaction {
            from: Address::repeat_byte(1),
            to: Some(GUEST),
            value: U256::ZERO,
            input: input.into(),
        })
    }

    #[test]
    fn the_reenterer_logs_what_its_target_answers() {
        let mut world = world(Reenter);
        let receipt = send(&mut world, vec![1, 2, 3, 4]);
        let tried = Reenterer::Tried::decode_log_data(&receipt.entries[0].log.data).unwrap();
        assert!(tried.ok && tried.output.is_empty());
        let data = Bytes::from(vec![7u8; 70]);
        let target = Address::repeat_byte(3);
        send(&mut world, Reenterer::setCall { target, data: data.clone() }.abi_encode());
        assert_eq!(load_bytes(&world, GUEST), data);
    }

    #[test]
    fn a_hook_logs_or_fails_as_its_mode_says() {
        let mut world = world(Hook);
        let slash = LoggingHook::onSlashCall {
            subnetwork: B256::ZERO,
            operator: GUEST,
            amount: U256::ONE,
            captureTimestamp: Default::default(),
            data: Bytes::new(),
        };
        assert_eq!(send(&mut world, slash.abi_encode()).entries.len(), 1);
        for mode in [1, 2] {
            send(&mut world, LoggingHook::setModeCall { mode }.abi_encode());
            assert!(send(&mut world, slash.abi_encode()).outcome.is_err());
        }
        send(&mut world, LoggingHook::setModeCall { mode: 0 }.abi_encode());
        assert!(send(&mut world, slash.abi_encode()).outcome.is_ok());
    }

    #[test]
    fn an_entity_answers_the_type_it_was_given() {
        let mut world = world(Entity { factory: GUEST, entity_type: 9 });
        let ask = Implementation::TYPECall {}.abi_encode();
        assert_eq!(send(&mut world, ask.clone()).outcome.unwrap()[31], 9);
        send(&mut world, Implementation::setTypeCall { entityType: 4 }.abi_encode());
        assert_eq!(send(&mut world, ask).outcome.unwrap()[31], 4);
    }
}
