//! What the socket of a connection and the calls that come over it know of each other.
//!
//! A client that asks faster than it reads would have its answers pile up here. So the socket reads
//! no more requests while answers wait, calls do not begin while too many bytes wait, and a client
//! that takes nothing at all is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::Limits;

/// One connection's state, shared by its socket, its HTTP service and its calls.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// Wakes calls that wait for the client to take what it was sent.
    taken: Notify,
    max_running_calls: usize,
    max_waiting_bytes: usize,
    head_timeout: Duration,
    idle_timeout: Duration,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    stopping: bool,
    failed: bool,
    blocked: bool,
    running: usize,
    waiting_bytes: usize,
    reader: Option<Waker>,
}

/// What the connection is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between two requests.
    Idle,
    /// A request's head is arriving, or the first one is awaited.
    Head,
    /// A request is being answered.
    Busy,
    /// It is a WebSocket now.
    Upgraded,
}

/// What the socket should do before it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Read, and give up at this moment if nothing comes.
    Until(Instant),
    /// Read.
    Read,
    /// Wait to be woken.
    Wait,
    /// Behave as if the client had closed: no further request is wanted.
    End,
    /// The connection was given up.
    Failed,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let state = State {
            phase: Phase::Head,
            since: Instant::now(),
            stopping: false,
            failed: false,
            blocked: false,
            running: 0,
            waiting_bytes: 0,
            reader: None,
        };
        Self {
            state: Mutex::new(state),
            taken: Notify::new(),
            max_running_calls: limits.max_running_calls,
            max_waiting_bytes: limits.max_waiting_bytes,
            head_timeout: limits.head_timeout,
            idle_timeout: limits.idle_timeout,
        }
    }

    // Nothing panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks whether the socket may read now.
    pub(crate) fn turn(&self, context: &Context<'_>) -> Turn {
        let mut state = self.state();
        let waits = state.blocked
            || state.running >= self.max_running_calls
            || state.waiting_bytes >= self.max_waiting_bytes;
        let turn = match state.phase {
            _ if state.failed => return Turn::Failed,
            Phase::Idle | Phase::Head if state.stopping => return Turn::End,
            _ if waits => Turn::Wait,
            Phase::Idle => deadline(state.since, self.idle_timeout),
            Phase::Head => deadline(state.since, self.head_timeout),
            Phase::Busy | Phase::Upgraded => Turn::Read,
        };
        // The one who stops, drops or unblocks the connection wakes the reader.
        state.reader = Some(context.waker().clone());
        turn
    }

    /// Bytes have arrived.
    pub(crate) fn received(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.phase = Phase::Head;
            state.since = Instant::now();
        }
    }

    /// The client has taken bytes.
    pub(crate) fn sent(&self, bytes: usize) {
        let mut state = self.state();
        let was_full = state.waiting_bytes >= self.max_waiting_bytes;
        state.waiting_bytes = state.waiting_bytes.saturating_sub(bytes);
        let is_full = state.waiting_bytes >= self.max_waiting_bytes;
        let unblocked = std::mem::replace(&mut state.blocked, false);
        let reader = if unblocked || was_full { state.reader.take() } else { None };
        drop(state);
        if was_full && !is_full {
            self.taken.notify_waiters();
        }
        wake(reader);
    }

    /// The client does not take what it is sent.
    pub(crate) fn blocked(&self) {
        self.state().blocked = true;
    }

    /// The connection is given up.
    pub(crate) fn fail(&self) {
        let mut state = self.state();
        state.failed = true;
        let reader = state.reader.take();
        drop(state);
        self.taken.notify_waiters();
        wake(reader);
    }

    /// No further request is wanted.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// A request's head is complete. Until the guard is dropped, it is being answered.
    pub(crate) fn begin_request(self: &Arc<Self>) -> Answering {
        self.state().phase = Phase::Busy;
        Answering(Arc::clone(self))
    }

    /// The connection is a WebSocket from now on.
    pub(crate) fn upgraded(&self) {
        self.state().phase = Phase::Upgraded;
    }

    /// Waits until the client has taken most of what it was sent, then counts a call as running
    /// until the guard is dropped.
    pub(crate) async fn begin_call(self: &Arc<Self>) -> Running {
        loop {
            let taken = self.taken.notified();
            {
                let mut state = self.state();
                if state.failed || state.waiting_bytes < self.max_waiting_bytes {
                    state.running = state.running.saturating_add(1);
                    return Running(Arc::clone(self));
                }
            }
            taken.await;
        }
    }

    /// A response goes to the client.
    pub(crate) fn answered(&self, bytes: usize) {
        let mut state = self.state();
        state.waiting_bytes = state.waiting_bytes.saturating_add(bytes);
    }
}

fn deadline(since: Instant, patience: Duration) -> Turn {
    since.checked_add(patience).map_or(Turn::Read, Turn::Until)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// An HTTP request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Gate>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.phase == Phase::Busy {
            state.phase = Phase::Idle;
            state.since = Instant::now();
            let reader = if state.stopping { state.reader.take() } else { None };
            drop(state);
            wake(reader);
        }
    }
}

/// A call that is running.
#[derive(Debug)]
pub(crate) struct Running(Arc<Gate>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let was_full = state.running >= self.0.max_running_calls;
        state.running = state.running.saturating_sub(1);
        let reader = if was_full { state.reader.take() } else { None };
        drop(state);
        wake(reader);
    }
}
