//! The one writer.
//!
//! A chain in memory is written under a lock, by whoever asks. A chain with a store is written by a
//! thread: it takes all the work that is there, makes it durable together, publishes it, and only
//! then answers.

use super::block::Block;
use super::blocks::Place;
use super::ledger::{Ledger, publish};
use super::tip::Tip;
use crate::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::oneshot;

/// What the writer answers, now or once it is kept.
#[derive(Debug)]
pub struct Answer<R>(State<R>);

#[derive(Debug)]
enum State<R> {
    Ready(Result<R, Error>),
    Later(oneshot::Receiver<Result<R, Error>>),
}

impl<R> Answer<R> {
    /// Waits for it. Not for async code.
    ///
    /// # Errors
    /// Those of the work, and of the store.
    pub fn wait(self) -> Result<R, Error> {
        match self.0 {
            State::Ready(result) => result,
            State::Later(receiver) => receiver.blocking_recv().unwrap_or_else(|_| Err(stopped())),
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// Those of the work, and of the store.
    pub async fn get(self) -> Result<R, Error> {
        match self.0 {
            State::Ready(result) => result,
            State::Later(receiver) => receiver.await.unwrap_or_else(|_| Err(stopped())),
        }
    }
}

fn stopped() -> Error {
    Error::Internal("the chain has stopped".to_owned())
}

#[derive(Debug)]
pub(super) struct Writer {
    tip: Mutex<Tip>,
    ledger: Arc<RwLock<Ledger>>,
}

impl Writer {
    pub(super) fn in_memory(tip: Tip, ledger: Arc<RwLock<Ledger>>) -> Self {
        Self { tip: Mutex::new(tip), ledger }
    }

    /// Runs work at the chain's end.
    pub(super) fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tip) -> Result<R, Error> + Send + 'static,
    ) -> Answer<R> {
        let mut tip = self.tip.lock().unwrap_or_else(PoisonError::into_inner);
        let result = run(&mut tip, work);
        publish(&self.ledger, tip.take_changes(), &[]);
        Answer(State::Ready(result))
    }

    /// Reads a block.
    pub(super) fn block(&self, place: Place) -> Result<Arc<Block>, Error> {
        match place {
            Place::Memory(block) => Ok(block),
            Place::Store(_) => Err(Error::Internal("there is no store".to_owned())),
        }
    }
}

/// Runs work at the tip. A panic in it is an error of that work alone: the tip is changed block by
/// block, and a block that was not finished has changed nothing.
fn run<R>(tip: &mut Tip, work: impl FnOnce(&mut Tip) -> Result<R, Error>) -> Result<R, Error> {
    let result = catch_unwind(AssertUnwindSafe(|| work(tip)));
    result.unwrap_or_else(|_| Err(Error::Internal("a transaction made the node panic".to_owned())))
}
