//! Pictures of security, made once for each block that is asked for.

use super::problem::Problem;
use crate::chain::Chain;
use crate::labels::Labels;
use crate::rpc::security::security_at;
use alloy_eips::BlockId;
use alloy_primitives::B256;
use bondstone_kernel::security::SecurityView;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many pictures are kept: that of the last block, and some of which pages are being read.
const KEPT: usize = 4;

/// The picture of a block, once somebody has made it.
type Slot = Arc<Mutex<Option<Arc<SecurityView>>>>;

/// The last pictures, by block hash, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Pictures(Mutex<VecDeque<(B256, Slot)>>);

impl Pictures {
    /// The picture at a block. Who asks for one that is being made waits for it.
    pub(crate) fn of(&self, chain: &Chain, block: B256) -> Result<Arc<SecurityView>, Problem> {
        let slot = self.slot(block);
        let mut made = open(&slot);
        if let Some(view) = &*made {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(security_at(chain, &Labels::default(), BlockId::from(block))?.view);
        *made = Some(Arc::clone(&view));
        Ok(view)
    }

    fn slot(&self, block: B256) -> Slot {
        let mut slots = open(&self.0);
        if let Some((_, slot)) = slots.iter().find(|(of, _)| *of == block) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        if slots.len() >= KEPT {
            slots.pop_front();
        }
        slots.push_back((block, Arc::clone(&slot)));
        slot
    }
}

// A picture that could not be made leaves its slot empty, so that the next one tries again.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
