//! The HTTP server, with its limits.

use crate::rpc::{self, Service};
use crate::watch::watch;
use jsonrpsee::server::{BatchRequestConfig, Server, ServerConfig, ServerHandle};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Largest request, in bytes.
pub const MAX_REQUEST: u32 = 10 << 20;
/// Largest response, in bytes.
pub const MAX_RESPONSE: u32 = 64 << 20;
/// Most requests in a batch.
pub const MAX_BATCH: u32 = 1000;
/// Most connections at a time.
pub const MAX_CONNECTIONS: u32 = 512;

/// Stack of a thread that runs calls: contracts may call each other 128 deep.
pub(crate) const STACK: usize = 32 << 20;
/// How long requests that are being answered may still take when the server stops.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server that is answering. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    runtime: Option<Runtime>,
    handle: ServerHandle,
    address: SocketAddr,
}

impl Running {
    /// Listens on a port of the loopback interface; 0 picks a free one.
    ///
    /// # Errors
    /// When the port cannot be had or threads cannot be started.
    pub fn start(port: u16, service: Service) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_stack_size(STACK)
            .thread_name("bondstone")
            .build()?;
        let config = ServerConfig::builder()
            .max_request_body_size(MAX_REQUEST)
            .max_response_body_size(MAX_RESPONSE)
            .max_connections(MAX_CONNECTIONS)
            .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
            .set_tcp_no_delay(true)
            .build();
        let chain = Arc::clone(&service.chain);
        let methods = rpc::module(service).map_err(io::Error::other)?;
        let (handle, address) = runtime.block_on(async {
            let builder = Server::builder().set_config(config);
            let server = builder.build(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
            let address = server.local_addr()?;
            Ok::<_, io::Error>((server.start(methods), address))
        })?;
        runtime.spawn(watch(chain));
        Ok(Self { runtime: Some(runtime), handle, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to watch for Ctrl-C and requests of the system to end. One that comes before the wait
    /// is not lost, so begin before telling anybody that the server is there.
    ///
    /// # Errors
    /// When the signals cannot be watched.
    pub fn watch_signals(&self) -> io::Result<Signals> {
        let _context = self.runtime.as_ref().map(Runtime::enter);
        Signals::watch()
    }

    /// Waits for one of the signals.
    pub fn wait_for(&self, mut signals: Signals) {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(signals.next());
        }
    }

    /// Stops: no new requests, and those being answered get a moment to end.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // It is an error only when the server has stopped already.
        let _ = self.handle.stop();
        let stopped = self.handle.clone().stopped();
        let _ = runtime.block_on(async { tokio::time::timeout(PATIENCE, stopped).await });
        runtime.shutdown_timeout(PATIENCE);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// The signals that end the server.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn watch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that end the server.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Signals {}

#[cfg(not(unix))]
impl Signals {
    fn watch() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        // Without a console there is nothing to wait for.
        let _ = tokio::signal::ctrl_c().await;
    }
}
