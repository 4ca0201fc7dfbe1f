//! Transactions that wait: for a block when blocks are not made at once, or for the ones before
//! them.

use crate::error::Error;
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::{Recovered, Transaction as _};
use alloy_primitives::{Address, B256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most transactions that wait at a time.
pub const MAX_WAITING: usize = 16_384;

/// A transaction that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The transaction.
    pub transaction: Arc<Recovered<TxEnvelope>>,
    /// Grows with arrival.
    arrival: u64,
}

/// The transactions that wait, in the order of their senders and nonces.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    waiting: BTreeMap<(Address, u64), Waiting>,
    by_hash: BTreeMap<B256, (Address, u64)>,
    arrivals: u64,
}

impl Pool {
    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A waiting transaction.
    #[must_use]
    pub fn find(&self, hash: B256) -> Option<&Recovered<TxEnvelope>> {
        let waiting = self.waiting.get(self.by_hash.get(&hash)?)?;
        Some(&waiting.transaction)
    }

    /// The transaction with this sender and nonce, if it waits.
    #[must_use]
    pub fn get(&self, sender: Address, nonce: u64) -> Option<&Recovered<TxEnvelope>> {
        self.waiting.get(&(sender, nonce)).map(|waiting| &*waiting.transaction)
    }

    /// All that wait, in the order of their senders and nonces.
    pub fn iter(&self) -> impl Iterator<Item = &Recovered<TxEnvelope>> {
        self.waiting.values().map(|waiting| &*waiting.transaction)
    }

    /// The nonce after the last transaction of the sender that waits for nothing but a block.
    #[must_use]
    pub fn next_nonce(&self, sender: Address, nonce: u64) -> u64 {
        let queue = self.waiting.range((sender, nonce)..=(sender, u64::MAX));
        let unbroken = queue.zip(nonce..).take_while(|(((_, got), _), want)| got == want);
        nonce.saturating_add(u64::try_from(unbroken.count()).unwrap_or(u64::MAX))
    }

    /// Lets a transaction wait. One with the same sender and nonce is replaced, for a higher price.
    ///
    /// # Errors
    /// [`Error::Underpriced`] when the price is not higher, [`Error::PoolFull`].
    pub fn insert(&mut self, transaction: Recovered<TxEnvelope>) -> Result<(), Error> {
        let key = (transaction.signer(), transaction.nonce());
        let hash = *transaction.tx_hash();
        match self.waiting.get(&key) {
            Some(old) => {
                let (have, want) =
                    (transaction.max_fee_per_gas(), old.transaction.max_fee_per_gas());
                if have <= want {
                    return Err(Error::Underpriced { have, want });
                }
                self.by_hash.remove(old.transaction.tx_hash());
            }
            None if self.len() >= MAX_WAITING => {
                return Err(Error::PoolFull { limit: MAX_WAITING });
            }
            None => {}
        }
        let waiting = Waiting { transaction: Arc::new(transaction), arrival: self.arrivals };
        self.arrivals = self.arrivals.saturating_add(1);
        self.waiting.insert(key, waiting);
        self.by_hash.insert(hash, key);
        Ok(())
    }

    /// Takes the transaction with this sender and nonce, if it waits.
    pub fn take(&mut self, sender: Address, nonce: u64) -> Option<Recovered<TxEnvelope>> {
        let waiting = self.waiting.remove(&(sender, nonce))?;
        self.by_hash.remove(waiting.transaction.tx_hash());
        Some(Arc::unwrap_or_clone(waiting.transaction))
    }

    /// Takes a transaction out of the pool.
    pub fn remove(&mut self, hash: B256) -> Option<Recovered<TxEnvelope>> {
        let (sender, nonce) = *self.by_hash.get(&hash)?;
        self.take(sender, nonce)
    }

    /// The order in which a block takes what is ready: first come, first served, but each sender's
    /// in the order of nonces. `next` gives the nonce at which a sender's queue starts.
    #[must_use]
    pub fn ready(&self, next: impl Fn(Address) -> u64) -> Vec<(Address, u64)> {
        let arrival = |key: &(Address, u64)| self.waiting.get(key).map(|waiting| waiting.arrival);
        let senders: BTreeSet<Address> = self.waiting.keys().map(|(sender, _)| *sender).collect();
        let first = senders.into_iter().filter_map(|sender| {
            let key = (sender, next(sender));
            Some((arrival(&key)?, key))
        });
        let mut heads: BTreeSet<(u64, (Address, u64))> = first.collect();
        let mut order = Vec::new();
        while let Some((_, (sender, nonce))) = heads.pop_first() {
            order.push((sender, nonce));
            let after = (sender, nonce.saturating_add(1));
            heads.extend(arrival(&after).map(|arrival| (arrival, after)));
        }
        order
    }

    /// Forgets what can no longer run because its nonce was used.
    pub fn drop_stale(&mut self, sender: Address, next: u64) {
        while let Some((key, _)) = self.waiting.range((sender, 0)..(sender, next)).next() {
            let (sender, nonce) = *key;
            self.take(sender, nonce);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{SignableTransaction, TxEip1559};
    use alloy_primitives::{Signature, U256};

    fn transaction(sender: u8, nonce: u64, price: u128) -> Recovered<TxEnvelope> {
        let plain = TxEip1559 { nonce, max_fee_per_gas: price, ..TxEip1559::default() };
        let signature = Signature::new(U256::from(sender), U256::from(1), false);
        let envelope = TxEnvelope::from(plain.into_signed(signature));
        Recovered::new_unchecked(envelope, Address::repeat_byte(sender))
    }

    fn ready(pool: &Pool) -> Vec<(u8, u64)> {
        let order = pool.ready(|_| 0).into_iter();
        order.map(|(sender, nonce)| (sender.as_slice()[0], nonce)).collect()
    }

    #[test]
    fn first_come_first_served_in_the_order_of_nonces() {
        let mut pool = Pool::default();
        for (sender, nonce) in [(2, 1), (1, 0), (2, 0), (1, 1), (3, 1)] {
            pool.insert(transaction(sender, nonce, 1)).expect("there is room");
        }
        // The second's nonce 1 came first, but waits for its nonce 0; the third's waits for ever.
        assert_eq!(ready(&pool), [(1, 0), (2, 0), (2, 1), (1, 1)]);
        let next = |sender: u8| pool.next_nonce(Address::repeat_byte(sender), 0);
        assert_eq!((next(1), next(2), next(3), next(4)), (2, 2, 0, 0));
    }

    #[test]
    fn a_replacement_pays_more() {
        let mut pool = Pool::default();
        let (first, second) = (transaction(1, 0, 5), transaction(1, 0, 6));
        pool.insert(first.clone()).expect("there is room");
        let refused = pool.insert(transaction(1, 0, 5));
        assert_eq!(refused, Err(Error::Underpriced { have: 5, want: 5 }));
        pool.insert(second.clone()).expect("it pays more");
        assert!(pool.find(*first.tx_hash()).is_none());
        assert!(pool.find(*second.tx_hash()).is_some());
        assert_eq!(pool.len(), 1);
        assert!(pool.remove(*first.tx_hash()).is_none());
        assert_eq!(pool.remove(*second.tx_hash()).map(|t| *t.tx_hash()), Some(*second.tx_hash()));
        assert!(pool.is_empty());
    }

    #[test]
    fn used_nonces_are_forgotten() {
        let mut pool = Pool::default();
        for nonce in 0..5 {
            pool.insert(transaction(1, nonce, 1)).expect("there is room");
        }
        pool.drop_stale(Address::repeat_byte(1), 3);
        assert_eq!(pool.iter().map(|t| t.nonce()).collect::<Vec<_>>(), [3, 4]);
    }
}
