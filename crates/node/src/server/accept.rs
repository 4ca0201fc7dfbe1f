//! The door: takes connections, and turns away those for which there is no place.

use super::gate::Gate;
use super::socket::{Socket, Traffic};
use super::web::{Site, Visit};
use crate::metrics::{Metrics, Open};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::{Counter, Gauge};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

/// Most connections that are being turned away at a time; more are closed without a word.
const REFUSALS: usize = 64;
/// How long a client that is turned away may take to notice.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait when the system has no more connections to give.
const BREATH: Duration = Duration::from_millis(100);
/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;

/// The door of a server.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    site: Arc<Site>,
    stopped: watch::Receiver<bool>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    traffic: Traffic,
    open: Gauge,
    refused: Counter,
}

impl Door {
    pub(crate) fn new(
        listener: TcpListener,
        site: Arc<Site>,
        metrics: &Metrics,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let bytes = |name, help| metrics.counter(name, help, &[]);
        let dropped = |reason| {
            let help = "Connections that were given up, by what the client was too slow with.";
            metrics.counter("bondstone_connections_dropped_total", help, &[("reason", reason)])
        };
        let traffic = Traffic {
            received_bytes: bytes("bondstone_received_bytes_total", "Bytes that clients sent."),
            sent_bytes: bytes("bondstone_sent_bytes_total", "Bytes that clients were sent."),
            slow_readers: dropped("response_not_taken"),
            slow_senders: dropped("request_not_sent"),
        };
        let help = "Connections that are open, HTTP and WebSocket.";
        let open = metrics.gauge("bondstone_connections", help, &[]);
        let help = "Connections that were turned away because there were too many.";
        let refused = metrics.counter("bondstone_connections_refused_total", help, &[]);
        let places = usize::try_from(site.limits.max_connections.get());
        let places = places.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            listener,
            site,
            stopped,
            places: Arc::new(Semaphore::new(places)),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            traffic,
            open,
            refused,
        }
    }

    /// Lets connections in until the server is told to stop, and returns when the last has ended.
    pub(crate) async fn keep(self) {
        let asked = asked_to_stop(self.stopped.clone());
        tokio::pin!(asked);
        loop {
            tokio::select! {
                () = &mut asked => break,
                accepted = self.listener.accept() => self.accepted(accepted).await,
            }
        }
        let all = self.site.limits.max_connections.get();
        let empty = Arc::clone(&self.places).acquire_many_owned(all);
        tokio::pin!(empty);
        loop {
            tokio::select! {
                _ = &mut empty => break,
                accepted = self.listener.accept() => if let Ok((stream, _)) = accepted {
                    self.refuse(stream, "stopping", "the node is stopping");
                },
            }
        }
    }

    async fn accepted(&self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client was gone before it was let in.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => return,
            Err(error) => {
                tracing::warn!("no connection can be accepted: {error}");
                tokio::time::sleep(BREATH).await;
                return;
            }
        };
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.let_in(stream, peer, place);
        } else {
            let most = self.site.limits.max_connections;
            tracing::debug!(%peer, "turned away: {most} connections are open");
            self.refused.increment(1);
            let text = format!("too many connections: {most} are open, which is the most");
            self.refuse(stream, "busy", &text);
        }
    }

    fn let_in(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, "answers may come late: {error}");
        }
        let limits = &self.site.limits;
        let gate = Arc::new(Gate::new(limits));
        let (traffic, open) = (self.traffic.clone(), Open::new(self.open.clone()));
        let socket = Socket::new((stream, peer), Arc::clone(&gate), traffic, limits, place, open);
        let visit = Visit { site: Arc::clone(&self.site), gate, peer };
        tokio::spawn(serve(socket, visit, self.stopped.clone()));
    }

    /// Answers status 503 and closes.
    fn refuse(&self, stream: TcpStream, status: &str, error: &str) {
        let Ok(turn) = Arc::clone(&self.refusals).try_acquire_owned() else { return };
        let body = serde_json::json!({ "status": status, "error": error }).to_string();
        let length = body.len();
        let response = format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\nRetry-After: 1\r\n\r\n{body}"
        );
        tokio::spawn(async move {
            // Nothing depends on whether the client hears it.
            let _ = timeout(REFUSAL_PATIENCE, turn_away(stream, response.as_bytes())).await;
            drop(turn);
        });
    }
}

/// Writes, then reads until the client closes: closing with unread bytes would take the response
/// back from a client that has not read it yet.
async fn turn_away(mut stream: TcpStream, response: &[u8]) -> io::Result<()> {
    stream.write_all(response).await?;
    stream.shutdown().await?;
    let mut ignored = [0; 4096];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

async fn serve(socket: Socket, visit: Visit, stopped: watch::Receiver<bool>) {
    let (gate, peer) = (Arc::clone(&visit.gate), visit.peer);
    // The socket has its own time limits: hyper knows no difference between an idle connection and
    // a slow request.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(socket), visit)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = asked_to_stop(stopped) => {
            gate.stop();
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, "the connection ended: {error}");
    }
}

async fn asked_to_stop(mut stopped: watch::Receiver<bool>) {
    // The sender is gone only when nobody is left who could want more answers.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
