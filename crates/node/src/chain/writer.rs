//! The one writer.
//!
//! A chain in memory is written under a lock, by whoever asks. So is a chain with a store when
//! nobody else is at it: a sync takes less time than two changes of threads. Work that comes
//! meanwhile waits for a thread that takes all that is there, makes it durable together, publishes
//! it, and only then answers.

use super::block::Block;
use super::blocks::Place;
use super::ledger::{Ledger, publish};
use super::snapshots::Snapshots;
use super::tip::{Change, Tip};
use crate::error::Error;
use bondstone_store::{Batch, Position, Reader, Record, Store};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::block_in_place;

/// A sync that lasts no longer is waited for by the thread that asks, as a computation would be:
/// there is only ever one of them, and to hand the other tasks to a thread of their own takes as
/// long again.
const QUICK: Duration = Duration::from_millis(1);

/// Most pieces of work that are made durable together. More only lets the first ones wait.
const MAX_BATCH: usize = 8_192;

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
            State::Later(receiver) => receiver.blocking_recv().unwrap_or(Err(Error::Stopped)),
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// Those of the work, and of the store.
    pub async fn get(self) -> Result<R, Error> {
        match self.0 {
            State::Ready(result) => result,
            State::Later(receiver) => receiver.await.unwrap_or(Err(Error::Stopped)),
        }
    }
}

/// Work at the tip, or the reason why none is done any more; what it returns answers whoever asked,
/// once it is known whether it was kept.
type Work = Box<dyn FnOnce(Result<&mut Tip, &Error>) -> Finish + Send>;
type Finish = Box<dyn FnOnce(Option<&Error>) + Send>;

#[derive(Debug)]
pub(super) struct Writer {
    ledger: Arc<RwLock<Ledger>>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Memory(Box<Mutex<Tip>>),
    Durable(Durable),
}

#[derive(Debug)]
struct Durable {
    work: Mutex<Option<Sender<Work>>>,
    desk: Arc<Desk>,
    thread: Mutex<Option<Thread>>,
    reader: Reader,
}

type Thread = JoinHandle<Result<(), Error>>;

impl Writer {
    /// Writes to memory only.
    pub(super) fn in_memory(tip: Tip, ledger: Arc<RwLock<Ledger>>) -> Self {
        Self { ledger, kind: Kind::Memory(Box::new(Mutex::new(tip))) }
    }

    /// Writes to a store, which has all that the ledger shows.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn durable(tip: Tip, ledger: Arc<RwLock<Ledger>>, store: Store) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let reader = store.reader();
        let snapshots = Snapshots::new(Arc::clone(&ledger), reader.clone());
        let shared = Arc::clone(&ledger);
        let batch = Batch::new();
        let (failure, last_keep) = (None, Duration::MAX);
        let keeper = Keeper { tip, ledger: shared, store, snapshots, batch, failure, last_keep };
        let desk =
            Arc::new(Desk { keeper: Mutex::new(Some(keeper)), waiting: AtomicUsize::new(0) });
        let theirs = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .name("bondstone-writer".to_owned())
            .stack_size(crate::server::STACK)
            .spawn(move || theirs.run(&receiver))?;
        let (work, thread) = (Mutex::new(Some(sender)), Mutex::new(Some(thread)));
        Ok(Self { ledger, kind: Kind::Durable(Durable { work, desk, thread, reader }) })
    }

    /// Takes the tip out of a writer to memory.
    pub(super) fn into_tip(self) -> Option<Tip> {
        match self.kind {
            Kind::Memory(tip) => Some(tip.into_inner().unwrap_or_else(PoisonError::into_inner)),
            Kind::Durable(_) => None,
        }
    }

    /// Runs work at the chain's end.
    pub(super) fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tip) -> Result<R, Error> + Send + 'static,
    ) -> Answer<R> {
        match &self.kind {
            Kind::Memory(tip) => {
                let mut tip = tip.lock().unwrap_or_else(PoisonError::into_inner);
                let result = run(&mut tip, work);
                publish(&self.ledger, tip.take_changes(), &[]);
                Answer(State::Ready(result))
            }
            Kind::Durable(durable) => durable.write(work),
        }
    }

    /// Reads a block.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn block(&self, place: Place) -> Result<Arc<Block>, Error> {
        match (place, &self.kind) {
            (Place::Memory(block), _) => Ok(block),
            (Place::Store(position), Kind::Durable(durable)) => {
                let record = block_in_place(|| durable.reader.block(position))?;
                Ok(Arc::new(Block::read(record)?))
            }
            (Place::Store(position), Kind::Memory(_)) => {
                Err(Error::Internal(format!("there is no store to read {position} from")))
            }
        }
    }

    /// Ends the writer when all that was asked for is done.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn close(&self) -> Result<(), Error> {
        match &self.kind {
            Kind::Memory(_) => Ok(()),
            Kind::Durable(durable) => durable.close(),
        }
    }
}

impl Durable {
    fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tip) -> Result<R, Error> + Send + 'static,
    ) -> Answer<R> {
        if let Some(mut keeper) = self.desk.if_free()
            && let Some(keeper) = keeper.as_mut()
        {
            let is_quick = keeper.last_keep < QUICK;
            let keep = || keeper.do_and_keep(work);
            let result = if is_quick { keep() } else { block_in_place(keep) };
            return Answer(State::Ready(result));
        }
        let (answer, receiver) = oneshot::channel();
        let work: Work = Box::new(move |tip| {
            let result = tip.map_err(Clone::clone).and_then(|tip| run(tip, work));
            Box::new(move |failure| {
                // Whoever asked may have gone.
                let _ = answer.send(failure.map_or(result, |error| Err(error.clone())));
            })
        });
        let sender = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a thread to take it the answer's sender is dropped, and that is the answer.
        if let Some(sender) = sender.as_ref() {
            self.desk.waiting.fetch_add(1, Ordering::SeqCst);
            let _ = sender.send(work);
        }
        Answer(State::Later(receiver))
    }

    fn close(&self) -> Result<(), Error> {
        drop(self.work.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.map_or(Ok(()), |thread| {
            thread.join().unwrap_or_else(|_| Err(Error::Internal("the writer panicked".to_owned())))
        })
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!("the store did not close: {error}");
        }
    }
}

/// Where a durable chain is written, by one at a time.
#[derive(Debug)]
struct Desk {
    /// Gone when the chain is closed.
    keeper: Mutex<Option<Keeper>>,
    /// Pieces of work that were sent to the thread and are not done.
    waiting: AtomicUsize,
}

impl Desk {
    /// The desk, if nobody is at it or waits for it: whoever sent work to the thread must not see
    /// what it asks for next done before.
    fn if_free(&self) -> Option<MutexGuard<'_, Option<Keeper>>> {
        let keeper = self.keeper.try_lock().ok()?;
        (self.waiting.load(Ordering::SeqCst) == 0).then_some(keeper)
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread of a durable chain.
    fn run(&self, work: &Receiver<Work>) -> Result<(), Error> {
        while let Ok(first) = work.recv() {
            let mut guard = self.keeper();
            let Some(keeper) = guard.as_mut() else { break };
            let rest = work.try_iter().take(MAX_BATCH.saturating_sub(1));
            let finishes: Vec<Finish> =
                std::iter::once(first).chain(rest).map(|work| keeper.begin(work)).collect();
            keeper.keep();
            let failure = keeper.failure.clone();
            self.waiting.fetch_sub(finishes.len(), Ordering::SeqCst);
            drop(guard);
            finishes.into_iter().for_each(|finish| finish(failure.as_ref()));
        }
        let keeper = self.keeper().take();
        keeper.map_or(Ok(()), Keeper::close)
    }
}

/// What it takes to write a durable chain.
#[derive(Debug)]
struct Keeper {
    tip: Tip,
    ledger: Arc<RwLock<Ledger>>,
    store: Store,
    snapshots: Snapshots,
    batch: Batch,
    failure: Option<Error>,
    /// How long it took the last time to make something durable.
    last_keep: Duration,
}

impl Keeper {
    fn do_and_keep<R>(
        &mut self,
        work: impl FnOnce(&mut Tip) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let result = run(&mut self.tip, work);
        self.keep();
        self.failure.clone().map_or(result, Err)
    }

    /// After a failure the tip is ahead of what is kept, so no work is done on it any more.
    fn begin(&mut self, work: Work) -> Finish {
        work(match &self.failure {
            None => Ok(&mut self.tip),
            Some(failure) => Err(failure),
        })
    }

    fn keep(&mut self) {
        if self.failure.is_none()
            && let Err(error) = self.try_keep()
        {
            tracing::error!("nothing is kept any more: {error}");
            self.failure = Some(error);
        }
    }

    fn close(self) -> Result<(), Error> {
        let Self { tip, store, mut snapshots, failure, .. } = self;
        if failure.is_none() {
            snapshots.last(&tip);
        }
        snapshots.wait();
        store.close()?;
        failure.map_or(Ok(()), Err)
    }

    /// Makes what was done durable, with one sync, and shows it to readers.
    fn try_keep(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        let changes = self.tip.take_changes();
        self.batch.clear();
        changes.iter().for_each(|change| push(&mut self.batch, change));
        let positions = self.store.append_batch(&mut self.batch)?;
        let blocks = changes.iter().zip(&positions);
        let blocks = blocks.filter(|(change, _)| matches!(change, Change::Block(..)));
        let blocks: Vec<Position> = blocks.map(|(_, position)| *position).collect();
        publish(&self.ledger, changes, &blocks);
        self.last_keep = start.elapsed();
        self.snapshots.now_and_then(&self.tip, self.batch.bytes());
        Ok(())
    }
}

fn push(batch: &mut Batch, change: &Change) {
    match change {
        Change::Block(block, _) => batch.push_block(block.record()),
        Change::Rewind(height, _) => batch.push(&Record::Rewind { height: *height }),
        Change::Clock(clock) => batch.push(&Record::Clock(*clock)),
        Change::Waiting(transaction) => {
            batch.push(&Record::Waiting(super::kept_waiting(transaction)));
        }
        Change::Dropped(hash) => batch.push(&Record::Dropped { hash: *hash }),
    }
}

/// Runs work at the tip. A panic in it is an error of that work alone: the tip is changed block by
/// block, and a block that was not finished has changed nothing.
fn run<R>(tip: &mut Tip, work: impl FnOnce(&mut Tip) -> Result<R, Error>) -> Result<R, Error> {
    let result = catch_unwind(AssertUnwindSafe(|| work(tip)));
    result.unwrap_or_else(|_| Err(Error::Internal("a transaction made the node panic".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Kind, State};
    use crate::chain::clock::Clock;
    use crate::chain::{Chain, Event, Opened};
    use alloy_consensus::transaction::Recovered;
    use alloy_consensus::{SignableTransaction, TxEnvelope, TxLegacy};
    use alloy_primitives::{Address, Signature, U256};
    use bondstone_store::Options;
    use std::path::Path;
    use std::sync::atomic::Ordering;

    fn transaction(from: Address, nonce: u64) -> Recovered<TxEnvelope> {
        let chain_id = Some(crate::chain::CHAIN_ID);
        let gas_limit = 21_000;
        let body = TxLegacy { chain_id, nonce, gas_limit, to: from.into(), ..TxLegacy::default() };
        let sender = U256::from_be_bytes(from.into_word().0);
        let signed = body.into_signed(Signature::new(sender, U256::from(1), false));
        Recovered::new_unchecked(signed.into(), from)
    }

    fn durable(folder: &Path) -> Chain {
        let opened = Chain::open(folder, &Options::new(crate::chain::CHAIN_ID));
        let Ok(Opened::Empty(store)) = opened else { panic!("{opened:?}") };
        let chain = Chain::new(Clock::fixed(1_000), |_| Ok(Vec::new())).expect("nothing to fail");
        chain.keep(*store).expect("it is empty")
    }

    #[test]
    fn work_is_done_at_once_unless_somebody_is_at_it_or_waits() {
        let folder = tempfile::tempdir().expect("there is room");
        let chain = durable(folder.path());
        let Kind::Durable(durable) = &chain.writer.kind else { panic!("it has a store") };
        let write = || chain.mine(1, None, None);
        assert!(matches!(write(), Answer(State::Ready(Ok(())))));
        durable.desk.waiting.fetch_add(1, Ordering::SeqCst);
        let later = write();
        assert!(matches!(later, Answer(State::Later(_))));
        later.wait().expect("the disk is well");
        durable.desk.waiting.fetch_sub(1, Ordering::SeqCst);
        let busy = durable.desk.keeper();
        let later = write();
        assert!(matches!(later, Answer(State::Later(_))));
        drop(busy);
        later.wait().expect("the disk is well");
        assert_eq!(chain.height(), 3);
    }

    /// Some of the work is done where it is asked for, some by the thread.
    #[test]
    fn what_one_client_asks_for_is_done_in_order_whoever_does_it() {
        const SENDERS: u8 = 6;
        const EACH: u64 = 60;
        let folder = tempfile::tempdir().expect("there is room");
        let chain = durable(folder.path());
        let mut events = chain.events();
        std::thread::scope(|scope| {
            for sender in 1..=SENDERS {
                let chain = &chain;
                scope.spawn(move || {
                    let from = Address::with_last_byte(sender);
                    let submit = |nonce| {
                        chain.submit_recovered(transaction(from, nonce)).expect("it is well-formed")
                    };
                    let answers: Vec<_> = (0..EACH).map(submit).collect();
                    for answer in answers {
                        answer.wait().expect("the disk is well");
                    }
                });
            }
        });
        let sent = u64::from(SENDERS) * EACH;
        assert_eq!(chain.height(), sent);
        while let Ok(event) = events.try_recv() {
            // One that came before its predecessor would have had to wait for it.
            assert!(matches!(event, Event::Block(_)), "{event:?}");
        }
        chain.close().expect("the disk is well");
        drop(chain);
        let opened = Chain::open(folder.path(), &Options::new(crate::chain::CHAIN_ID));
        let Ok(Opened::Chain(chain, _)) = opened else { panic!("{opened:?}") };
        assert_eq!(chain.height(), sent);
    }
}
