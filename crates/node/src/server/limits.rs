//! How much one client, and all of them together, may take of the node.

use std::num::NonZeroU32;
use std::time::Duration;

/// The limits of the server. A client that goes over one is refused or cut off, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at a time, HTTP and WebSocket together. The next one gets status 503.
    pub max_connections: NonZeroU32,
    /// Largest request in bytes: an HTTP body or a WebSocket message.
    pub max_request_bytes: NonZeroU32,
    /// Largest response in bytes; a longer one becomes an error.
    pub max_response_bytes: NonZeroU32,
    /// Most requests in a batch.
    pub max_batch: NonZeroU32,
    /// Most subscriptions of a WebSocket connection.
    pub max_subscriptions: u32,
    /// Most notifications and responses that wait for a WebSocket connection to take them. Who
    /// notifies waits, or gives the subscription up, when there are more.
    pub max_waiting_messages: NonZeroU32,
    /// Most bytes of responses that wait for a connection to take them, before no more calls of
    /// that connection are run. One response may go over it.
    pub max_waiting_bytes: usize,
    /// Most calls of a connection at a time, before no more of its requests are read.
    pub max_running_calls: usize,
    /// How long the body of a request may take to arrive, and how long a call, or all calls of a
    /// batch, may take to be answered.
    pub request_timeout: Duration,
    /// How long the head of a request may take to arrive; also how long a new connection may wait
    /// with its first byte.
    pub head_timeout: Duration,
    /// How long an HTTP connection may do nothing between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take nothing of what is being sent before the connection is dropped.
    pub write_timeout: Duration,
    /// How often a WebSocket client is asked whether it is still there. One that does not answer
    /// until the second question after is dropped.
    pub ping_interval: Duration,
    /// How long what is running may still take when the server stops.
    pub patience: Duration,
}

impl Limits {
    /// [`Limits::max_response_bytes`] as a length in memory.
    pub(crate) fn response_bytes(&self) -> usize {
        usize::try_from(self.max_response_bytes.get()).unwrap_or(usize::MAX)
    }
}

impl Default for Limits {
    fn default() -> Self {
        let positive = |number| NonZeroU32::new(number).expect("it is not zero");
        Self {
            max_connections: positive(512),
            max_request_bytes: positive(10 << 20),
            max_response_bytes: positive(64 << 20),
            max_batch: positive(1_000),
            max_subscriptions: 1_024,
            max_waiting_messages: positive(256),
            max_waiting_bytes: 4 << 20,
            max_running_calls: 64,
            request_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            write_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(30),
            patience: Duration::from_secs(5),
        }
    }
}
