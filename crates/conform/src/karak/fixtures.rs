//! The test contracts that stand in the recorded worlds besides the suite, with the behaviour that
//! the traces show.

use alloy_primitives::aliases::{I256, U80};
use alloy_primitives::{B256, FixedBytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolInterface, SolValue, sol};
use bondstone_kernel::{Message, Revert};
use bondstone_world::{Guest, World};

sol! {
    /// The scratch service: what it answers and does is set hook by hook.
    interface Scratch {
        error Nope(uint256 reason);
        function set(bytes4[] selectors, uint8 support, uint8 mode) external;
        function supportsInterface(bytes4 interfaceId) external returns (bool);
    }

    /// A price feed whose price is set.
    interface Feed {
        function set(int256 price) external;
        function decimals() external view returns (uint8);
        function latestRoundData() external view returns (
            uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt,
            uint80 answeredInRound
        );
    }
}

fn malformed<E>(_: E) -> Revert {
    Revert::empty()
}

fn number(word: B256) -> u64 {
    U256::from_be_bytes(word.0).saturating_to()
}

/// The scratch service. It keeps for each selector `support * 256 + mode`.
///
/// Support: 0 false, 1 true, 2 reverts, 3 burns all gas, 4 answers the word 5. Mode: 0 returns
/// nothing, 1 reverts with `Nope(7)`, 2 burns all gas, 3 returns two words, 4 reverts without data,
/// 5 reverts with a text. Whatever burns its gas fails without data.
#[derive(Clone, Copy, Debug)]
pub struct ScratchService;

impl ScratchService {
    fn slot(selector: FixedBytes<4>) -> B256 {
        let mut slot = [0u8; 32];
        for (to, from) in slot.iter_mut().zip(selector) {
            *to = from;
        }
        slot.into()
    }

    fn supports(setting: u64) -> Result<Vec<u8>, Revert> {
        match setting >> 8 {
            0 => Ok(false.abi_encode()),
            1 => Ok(true.abi_encode()),
            2 => Err(Scratch::Nope { reason: U256::ONE }.into()),
            4 => Ok(U256::from(5).abi_encode()),
            _ => Err(Revert::empty()),
        }
    }

    fn hook(setting: u64) -> Result<Vec<u8>, Revert> {
        match setting & 0xff {
            0 => Ok(Vec::new()),
            1 => Err(Scratch::Nope { reason: U256::from(7) }.into()),
            3 => Ok((U256::from(0x00ab_cdef), U256::ONE).abi_encode()),
            5 => Err(Revert::reason("hook says no")),
            _ => Err(Revert::empty()),
        }
    }
}

impl Guest for ScratchService {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let selector = message.input.first_chunk::<4>().copied().ok_or_else(Revert::empty)?;
        match selector {
            Scratch::setCall::SELECTOR => {
                let call = Scratch::setCall::abi_decode_validate(message.input);
                let call = call.map_err(malformed)?;
                let setting = (u64::from(call.support) << 8) | u64::from(call.mode);
                for selector in call.selectors {
                    let value = B256::from(U256::from(setting));
                    world.store(message.this, Self::slot(selector), value)?;
                }
                Ok(Vec::new())
            }
            Scratch::supportsInterfaceCall::SELECTOR => {
                let call = Scratch::supportsInterfaceCall::abi_decode_validate(message.input);
                let asked = call.map_err(malformed)?.interfaceId;
                Self::supports(number(world.storage(message.this, Self::slot(asked))))
            }
            hook => Self::hook(number(world.storage(message.this, Self::slot(hook.into())))),
        }
    }
}

/// A price feed: round 7, a price of `answer` until it is set, as fresh as the block.
#[derive(Clone, Copy, Debug)]
pub struct PriceFeed {
    /// The price at the start.
    pub answer: u64,
}

/// Decimals of every feed.
const FEED_DECIMALS: u8 = 8;
/// The round that every feed is in.
const ROUND: u64 = 7;

impl Guest for PriceFeed {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        // Slot 0 holds the price that was set, slot 1 whether one was.
        let (price, is_set) = (B256::ZERO, B256::with_last_byte(1));
        match Feed::FeedCalls::abi_decode_validate(message.input).map_err(malformed)? {
            Feed::FeedCalls::set(call) => {
                world.store(message.this, price, call.price.into_raw().into())?;
                world.store(message.this, is_set, is_set)?;
                Ok(Vec::new())
            }
            Feed::FeedCalls::decimals(_) => Ok(U256::from(FEED_DECIMALS).abi_encode()),
            Feed::FeedCalls::latestRoundData(_) => {
                let answer = if world.storage(message.this, is_set).is_zero() {
                    I256::from_raw(U256::from(self.answer))
                } else {
                    I256::from_raw(world.storage(message.this, price).into())
                };
                let now = U256::from(world.block().timestamp);
                let round = U80::from(ROUND);
                Ok((round, answer, now, now, round).abi_encode())
            }
        }
    }
}

/// What stands at the address of EIP-4788: the hash of the calldata is its answer to any call.
#[derive(Clone, Copy, Debug)]
pub struct BeaconRootsStandIn;

impl Guest for BeaconRootsStandIn {
    fn call(&self, _: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        Ok(keccak256(message.input).to_vec())
    }
}

/// The error of the scratch service, to name it in a test.
#[must_use]
pub fn nope(reason: u64) -> Vec<u8> {
    Scratch::Nope { reason: U256::from(reason) }.abi_encode()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, Bytes};
    use bondstone_kernel::Block;
    use bondstone_world::Transaction;
    use std::sync::Arc;

    const GUEST: Address = Address::repeat_byte(9);

    fn world(guest: impl Guest + 'static) -> World {
        let mut world = World::new(Block { timestamp: 77, ..Block::default() });
        world.register_guest(GUEST, Arc::new(guest));
        world
    }

    fn send(world: &mut World, input: Vec<u8>) -> Result<Bytes, Revert> {
        let transaction = Transaction {
            from: Address::repeat_byte(1),
            to: Some(GUEST),
            value: U256::ZERO,
            input: input.into(),
        };
        world.transact(&transaction).outcome
    }

    #[test]
    fn the_scratch_service_does_what_was_set_for_the_hook() {
        let mut world = world(ScratchService);
        let hook = FixedBytes([1, 2, 3, 4]);
        let ask = Scratch::supportsInterfaceCall { interfaceId: hook }.abi_encode();
        assert_eq!(send(&mut world, ask.clone()).unwrap()[31], 0);
        let set =
            |support, mode| Scratch::setCall { selectors: vec![hook], support, mode }.abi_encode();
        send(&mut world, set(4, 3)).unwrap();
        assert_eq!(send(&mut world, ask.clone()).unwrap()[31], 5);
        assert_eq!(send(&mut world, hook.to_vec()).unwrap().len(), 64);
        send(&mut world, set(2, 1)).unwrap();
        assert_eq!(send(&mut world, ask).unwrap_err().data()[..], nope(1));
        assert_eq!(send(&mut world, hook.to_vec()).unwrap_err().data()[..], nope(7));
    }

    #[test]
    fn a_feed_answers_its_price_as_of_now() {
        let mut world = world(PriceFeed { answer: 5 });
        let ask = Feed::latestRoundDataCall {}.abi_encode();
        let words = send(&mut world, ask.clone()).unwrap();
        assert_eq!((words[31], words[63], words[95], words[127]), (7, 5, 77, 77));
        send(&mut world, Feed::setCall { price: I256::ZERO }.abi_encode()).unwrap();
        assert_eq!(send(&mut world, ask).unwrap()[63], 0);
    }
}
