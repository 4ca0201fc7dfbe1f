//! What an account has without any contract: wei, a nonce, and the storage of guest contracts.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;
use bondstone_kernel::{Fold, FoldError, Id, Index, Suite, Table, events, ledger_state};

sol! {
    /// Internal: the emitter now has this many wei.
    #[derive(Debug, PartialEq)]
    event BalanceSet(uint256 balance);
    /// Internal: the emitter's next transaction has this nonce.
    #[derive(Debug, PartialEq)]
    event NonceSet(uint64 nonce);
    /// Internal: a guest contract wrote a storage slot.
    #[derive(Debug, PartialEq)]
    event StorageSet(bytes32 slot, bytes32 value);
}

events! {
    /// Facts about accounts; the real chain keeps them without logs.
    #[allow(clippy::enum_variant_names, reason = "each is the ledger event of its name")]
    pub enum BaseEvent {
        contracts {}
        internal {
            BalanceSet(BalanceSet),
            NonceSet(NonceSet),
            StorageSet(StorageSet),
        }
    }
}

ledger_state! {
    /// Wei, nonces and guest storage, by interned address.
    pub struct State {
        /// Balances in wei.
        pub balances: Table<U256>,
        /// Next nonces.
        pub nonces: Table<u64>,
        /// (guest, slot).
        pub slots: Index<(Id, B256)>,
        /// Words of guest storage.
        pub words: Table<B256>,
    }
}

/// Accounts as a suite, so that their facts are folded like all others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base;

impl Suite for Base {
    type State = State;
    type Event = BaseEvent;

    fn apply(
        state: &mut State,
        fold: &mut Fold<'_>,
        emitter: Address,
        event: &BaseEvent,
    ) -> Result<(), FoldError> {
        let account = fold.accounts.intern(fold.mark, emitter);
        match event {
            BaseEvent::BalanceSet(e) => state.balances.set(fold.mark, account, e.balance),
            BaseEvent::NonceSet(e) => state.nonces.set(fold.mark, account, e.nonce),
            BaseEvent::StorageSet(e) => {
                let slot = state.slots.intern(fold.mark, (account, e.slot));
                state.words.set(fold.mark, slot, e.value);
            }
        }
        Ok(())
    }
}
