//! A TCP connection that is counted, and that ends when its client is too slow.

use super::gate::{Gate, Turn};
use super::limits::Limits;
use metrics::Counter;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::metrics::Open;

/// The figures that all connections share.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) received_bytes: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) slow_readers: Counter,
    pub(crate) slow_senders: Counter,
}

/// The connection. It counts as open until it is dropped, as HTTP and as WebSocket.
pub(crate) struct Socket {
    stream: TcpStream,
    peer: SocketAddr,
    gate: Arc<Gate>,
    traffic: Traffic,
    write_timeout: Duration,
    /// Set while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The client took nothing for too long.
    given_up: bool,
    /// Set while the client may be too slow with a request. It is moved only when it fires.
    overdue: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
    _open: Open,
}

impl Socket {
    pub(crate) fn new(
        (stream, peer): (TcpStream, SocketAddr),
        gate: Arc<Gate>,
        traffic: Traffic,
        limits: &Limits,
        place: OwnedSemaphorePermit,
        open: Open,
    ) -> Self {
        Self {
            stream,
            peer,
            gate,
            traffic,
            write_timeout: limits.write_timeout,
            stalled: None,
            given_up: false,
            overdue: None,
            _place: place,
            _open: open,
        }
    }

    /// Whether a request is overdue.
    fn poll_overdue(&mut self, context: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self.overdue.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// Notes what became of an attempt to write.
    fn after_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(result) => {
                self.stalled = None;
                if let Ok(bytes) = result {
                    self.gate.sent(bytes);
                    self.traffic.sent_bytes.increment(u64::try_from(bytes).unwrap_or(u64::MAX));
                }
                Poll::Ready(result)
            }
            Poll::Pending if self.given_up => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => {
                self.gate.blocked();
                let stalled =
                    self.stalled.get_or_insert_with(|| Box::pin(sleep(self.write_timeout)));
                ready!(stalled.as_mut().poll(context));
                Poll::Ready(Err(self.drop_slow_reader()))
            }
        }
    }

    fn drop_slow_reader(&mut self) -> io::Error {
        self.given_up = true;
        let (peer, seconds) = (self.peer, self.write_timeout.as_secs_f64());
        tracing::warn!(%peer, "dropped: the client has taken nothing for {seconds} seconds");
        self.traffic.slow_readers.increment(1);
        self.gate.fail();
        // The system would keep what it did not take for minutes; nobody is left to take it.
        if let Err(error) = self.stream.set_zero_linger() {
            tracing::debug!(%peer, "the connection ends slowly: {error}");
        }
        ErrorKind::TimedOut.into()
    }

    fn drop_slow_sender(&self) -> io::Error {
        tracing::debug!(peer = %self.peer, "closed: no complete request came in time");
        self.traffic.slow_senders.increment(1);
        ErrorKind::TimedOut.into()
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let deadline = match self.gate.turn(context) {
            Turn::Until(deadline) => Some(deadline),
            Turn::Read => None,
            Turn::Wait => return Poll::Pending,
            Turn::End => return Poll::Ready(Ok(())),
            Turn::Failed => return Poll::Ready(Err(ErrorKind::TimedOut.into())),
        };
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            let bytes = buffer.filled().len().saturating_sub(before);
            if bytes > 0 {
                self.gate.received();
                self.traffic.received_bytes.increment(u64::try_from(bytes).unwrap_or(u64::MAX));
            }
            return Poll::Ready(result);
        }
        if let Some(deadline) = deadline {
            ready!(self.poll_overdue(context, deadline));
            return Poll::Ready(Err(self.drop_slow_sender()));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.after_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.after_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
