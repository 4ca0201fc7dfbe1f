//! Burner routers: receivers of slashed tokens and what they are owed.

use alloy_primitives::{Address, U256};
use bondstone_kernel::{
    Accounts, Id, Index, MathError, NONE, Table, Timestamp, ledger_state, ledger_value,
};

ledger_value! {
    /// A value with a change that waits for its time; a time of zero is no change.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Pending<T> {
        /// The value in force.
        pub current: T,
        /// The value that waits.
        pub next: T,
        /// From when it can be accepted; zero when nothing waits.
        pub ready_at: Timestamp,
    }
}

impl<T: Copy + Default + PartialEq> Pending<T> {
    /// Whether a change waits whose time has come.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.ready_at != Timestamp::default() && self.ready_at <= now
    }

    /// The value after the waiting change is accepted. Source: `BurnerRouter._acceptReceiver`.
    #[must_use]
    pub fn accepted(self) -> Self {
        Self { current: self.next, ..Self::default() }
    }

    /// What setting `new` does: a due change is accepted, a waiting one dropped, then `new` waits
    /// unless it is in force already. `None` when nothing waits and `new` is in force.
    /// Source: `BurnerRouter._setReceiver`.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when `now + delay` leaves 48 bits.
    pub fn proposed(self, new: T, now: Timestamp, delay: u64) -> Result<Option<Self>, MathError> {
        let value = if self.is_due(now) { self.accepted() } else { self };
        let waits = value.ready_at != Timestamp::default();
        if !waits && new == value.current {
            return Ok(None);
        }
        let mut value = Self { current: value.current, ..Self::default() };
        if new != value.current {
            value.next = new;
            value.ready_at = now.plus(delay)?;
        }
        Ok(Some(value))
    }
}

ledger_value! {
    /// What a router keeps besides receivers.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct RouterConfig {
        /// Where the router lives.
        pub address: Address,
        /// The token it routes.
        pub collateral: Address,
        /// Token balance at the last accounting.
        pub last_balance: U256,
        /// Seconds until a change of receiver can be accepted.
        pub delay: Pending<u64>,
        /// Receiver where no other is set; may be zero.
        pub global_receiver: Pending<Address>,
    }
}

ledger_state! {
    /// What burner routers keep, by dense router id.
    pub struct Routers {
        /// Router ids by interned address.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<RouterConfig>,
        /// (router, network, operator), interned; operator is `NONE` for the network's receiver.
        pub receiver_keys: Index<(Id, Id, Id)>,
        /// Receivers; zero is unset.
        pub receivers: Table<Pending<Address>>,
        /// (router, receiver as interned address).
        pub balance_keys: Index<(Id, Id)>,
        /// What a receiver is owed.
        pub balances: Table<U256>,
    }
}

impl Routers {
    /// The receiver of a network's slashed tokens and its waiting change.
    #[must_use]
    pub fn network_receiver(
        &self,
        accounts: &Accounts,
        router: Id,
        network: Address,
    ) -> Pending<Address> {
        let key = (router, accounts.find(&network), NONE);
        *self.receivers.get(self.receiver_keys.find(&key))
    }

    /// The receiver of one operator's slashed tokens in a network and its waiting change.
    #[must_use]
    pub fn operator_receiver(
        &self,
        accounts: &Accounts,
        router: Id,
        network: Address,
        operator: Address,
    ) -> Pending<Address> {
        let operator = accounts.find(&operator);
        // An operator never seen has no receiver; NONE in the key would be the network's own.
        if operator == NONE {
            return Pending::default();
        }
        let key = (router, accounts.find(&network), operator);
        *self.receivers.get(self.receiver_keys.find(&key))
    }

    /// Who is owed what `operator` loses in `network`; zero when nobody is set.
    /// Source: `BurnerRouter._getReceiver`.
    #[must_use]
    pub fn receiver(
        &self,
        accounts: &Accounts,
        router: Id,
        network: Address,
        operator: Address,
    ) -> Address {
        let own = self.operator_receiver(accounts, router, network, operator).current;
        if !own.is_zero() {
            return own;
        }
        let shared = self.network_receiver(accounts, router, network).current;
        if shared.is_zero() { self.config.get(router).global_receiver.current } else { shared }
    }

    /// What `receiver` is owed.
    #[must_use]
    pub fn balance(&self, accounts: &Accounts, router: Id, receiver: Address) -> U256 {
        *self.balances.get(self.balance_keys.find(&(router, accounts.find(&receiver))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_waits_is_dropped_and_is_accepted() {
        let t = Timestamp;
        let set = Pending { current: 1u64, ..Pending::default() };
        assert_eq!(set.proposed(1, t(10), 5), Ok(None));
        let waiting = set.proposed(2, t(10), 5).unwrap().unwrap();
        assert_eq!(waiting, Pending { current: 1, next: 2, ready_at: t(15) });
        assert_eq!(waiting.proposed(1, t(14), 5), Ok(Some(set)));
        let replaced = Pending { current: 1, next: 2, ready_at: t(19) };
        assert_eq!(waiting.proposed(2, t(14), 5), Ok(Some(replaced)));
        assert_eq!(waiting.proposed(2, t(15), 5), Ok(None));
        let chained = Pending { current: 2, next: 3, ready_at: t(20) };
        assert_eq!(waiting.proposed(3, t(15), 5), Ok(Some(chained)));
        assert_eq!(set.proposed(9, t(1), u64::MAX), Err(MathError::Overflow));
    }
}
