//! The last things that were made, each made once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A thing, once somebody has made it.
type Slot<V> = Arc<Mutex<Option<Arc<V>>>>;

/// The last things that were asked for, by key, the newest last. They take memory, so that only
/// so many are kept.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    most: usize,
    slots: Mutex<VecDeque<(K, Slot<V>)>>,
}

impl<K: PartialEq, V> Kept<K, V> {
    /// Keeps at most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, slots: Mutex::default() }
    }

    /// The thing of this key. Who asks for one that is being made waits for it; one that could not
    /// be made is tried again by the next one.
    ///
    /// # Errors
    /// What `make` says.
    pub(crate) fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let slot = self.slot(key);
        let mut made = open(&slot);
        if let Some(value) = &*made {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make()?);
        *made = Some(Arc::clone(&value));
        Ok(value)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = open(&self.slots);
        let at = slots.iter().position(|(of, _)| *of == key);
        let found = at.and_then(|at| slots.remove(at)).map(|(_, slot)| slot);
        if found.is_none() && slots.len() >= self.most {
            slots.pop_front();
        }
        let slot = found.unwrap_or_default();
        slots.push_back((key, Arc::clone(&slot)));
        slot
    }
}

/// What a mutex holds. Whoever panicked with it left an empty slot, or a list that is whole.
pub(crate) fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn the_last_ones_asked_for_are_kept_and_failures_are_not() {
        let kept = Kept::new(2);
        let get = |key: u8, value: u8| *kept.get(key, || Ok::<_, Infallible>(value)).unwrap();
        assert_eq!((get(1, 1), get(2, 2), get(1, 9)), (1, 1 + 1, 1));
        // The second one was asked for least.
        assert_eq!((get(3, 3), get(1, 9), get(2, 8)), (3, 1, 8));
        assert_eq!(kept.get(4, || Err("no")), Err("no"));
        assert_eq!(get(4, 4), 4);
    }
}
