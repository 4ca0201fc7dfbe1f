//! The server: JSON-RPC over HTTP and WebSocket, and pages about the node, on one port.
//!
//! | path | answer |
//! |---|---|
//! | `GET /health` | JSON: `status`, `blockHeight`, …; status 503 while the node stops |
//! | `GET /metrics` | [`crate::metrics`] as Prometheus text |
//! | paths of [`Application::api`] | whatever they answer |
//! | any other | JSON-RPC: `POST`, or an upgrade to WebSocket |
//!
//! A request passes `accept` (places for connections), `socket` (slow clients), `web` (who may ask,
//! and where it goes) and `calls` (limits and figures of each call).

mod accept;
mod calls;
mod direct;
mod gate;
pub mod limits;
pub mod origin;
mod socket;
mod web;

pub use calls::TIMED_OUT_CODE;

use crate::api::Stopping;
use crate::chain::Chain;
use crate::metrics::{Metrics, SETTLE_EVERY};
use crate::watch::watch;
use accept::Door;
use axum::{Extension, Router};
use calls::Figures;
use direct::Direct;
use jsonrpsee::core::server::Methods;
use jsonrpsee::core::traits::IdProvider;
use jsonrpsee::server::{BatchRequestConfig, PingConfig, Server, ServerConfig};
use jsonrpsee::server::{ServerHandle, StopHandle, TowerServiceBuilder, stop_channel};
use jsonrpsee::types::SubscriptionId;
use limits::Limits;
use origin::{HostName, HostNames, Origin, Origins};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch::{Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tower::layer::util::Identity;
use web::{Rpc, Site, Status};

/// Stack of a thread that runs calls: contracts may call each other 128 deep.
pub(crate) const STACK: usize = 32 << 20;
/// Most threads for methods that take long.
const BLOCKING_THREADS: usize = 128;
/// How long threads may go on after everything else has ended.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// What the server answers with.
#[derive(Debug)]
pub struct Application {
    /// The JSON-RPC methods.
    pub methods: Methods,
    /// Further paths. None may be `/health` or `/metrics`, or the router panics.
    pub api: Router,
    /// The chain, of which `/health` and `/metrics` tell.
    pub chain: Arc<Chain>,
    /// Where everything is counted.
    pub metrics: Arc<Metrics>,
}

/// Where the server listens, and to whom.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address and port; port 0 picks a free one.
    pub address: SocketAddr,
    /// Origins whose pages may use the node; none stands for every page of this machine.
    pub origins: Vec<Origin>,
    /// Names under which it may be reached beside localhost and addresses.
    pub names: Vec<HostName>,
    /// How much clients may take.
    pub limits: Limits,
}

/// A server that is answering. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    runtime: Option<Runtime>,
    address: SocketAddr,
    patience: Duration,
    stopping: Arc<AtomicBool>,
    stop: Sender<bool>,
    websockets: ServerHandle,
    door: Option<JoinHandle<()>>,
}

impl Running {
    /// Listens, and answers from then on.
    ///
    /// # Errors
    /// When the port cannot be had or threads cannot be started.
    pub fn start(listen: &Listen, mut application: Application) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_stack_size(STACK)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("bondstone")
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(listen.address))?;
        let address = listener.local_addr()?;
        let (stop_handle, websockets) = stop_channel();
        let (stop, stopped) = channel(false);
        let stopping = Arc::new(AtomicBool::new(false));
        let _context = runtime.enter();
        let metrics = Arc::clone(&application.metrics);
        let events = application.chain.events();
        let streams = Stopping(stopped.clone());
        let api = std::mem::take(&mut application.api).layer(Extension(streams));
        let application = Application { api, ..application };
        let site = site(listen, address.ip(), application, Arc::clone(&stopping), stop_handle);
        let door = Door::new(listener, site, &metrics, stopped);
        runtime.spawn(watch(events, Arc::clone(&metrics)));
        runtime.spawn(settle(metrics));
        let door = Some(runtime.spawn(door.keep()));
        let patience = listen.limits.patience;
        Ok(Self { runtime: Some(runtime), address, patience, stopping, stop, websockets, door })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs something that starts tasks of the server.
    pub(crate) fn within(&self, start: impl FnOnce()) {
        let _context = self.runtime.as_ref().map(Runtime::enter);
        start();
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

    /// Stops: no new requests, and those being answered get [`Limits::patience`] to end. WebSockets
    /// are closed with a close frame once their calls are answered.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.stopping.store(true, Ordering::Relaxed);
        // Either is an error only when nobody is left to be told.
        let _ = self.stop.send(true);
        let _ = self.websockets.stop();
        if let Some(door) = self.door.take() {
            let ended = runtime.block_on(async { tokio::time::timeout(self.patience, door).await });
            if ended.is_err() {
                let seconds = self.patience.as_secs_f64();
                tracing::warn!("requests that were not answered after {seconds} seconds are cut");
            }
        }
        runtime.shutdown_timeout(LAST_PATIENCE);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// What a node shows to everyone who reaches this address, if that is more than this machine.
#[must_use]
pub fn exposure(address: IpAddr) -> Option<String> {
    (!address.is_loopback()).then(|| {
        format!(
            "listening on {address}: everyone who reaches this port can sign with the developer \
             accounts, move the chain's time, mine, change balances, act for any account and read \
             everything. Nothing here asks who they are."
        )
    })
}

fn site(
    listen: &Listen,
    address: IpAddr,
    application: Application,
    stopping: Arc<AtomicBool>,
    stop: StopHandle,
) -> Arc<Site> {
    let Application { methods, api, chain, metrics } = application;
    let figures = Arc::new(Figures::new(&metrics, &methods));
    let direct = Direct { methods, max_response_bytes: listen.limits.response_bytes() };
    let rpc = Rpc::new(rpc_builder(&listen.limits), direct, stop, figures);
    let status = Status { chain, metrics, stopping, began: Instant::now() };
    let origins = Arc::new(Origins(listen.origins.clone()));
    let router = web::router(api, status, rpc.clone(), Arc::clone(&origins));
    let names = HostNames::for_address(address, &listen.names);
    Arc::new(Site { router, rpc, origins, names, limits: listen.limits })
}

fn rpc_builder(limits: &Limits) -> TowerServiceBuilder<Identity, Identity> {
    let ping = PingConfig::new()
        .ping_interval(limits.ping_interval)
        .inactive_limit(limits.ping_interval)
        .max_failures(2);
    let config = ServerConfig::builder()
        .max_request_body_size(limits.max_request_bytes.get())
        .max_response_body_size(limits.max_response_bytes.get())
        // Connections are counted at the door; this counts requests, and one has its place.
        .max_connections(u32::MAX)
        .max_subscriptions_per_connection(limits.max_subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.max_batch.get()))
        .set_message_buffer_capacity(limits.max_waiting_messages.get())
        .enable_ws_ping(ping)
        .set_id_provider(SubscriptionIds)
        .build();
    Server::builder().set_config(config).to_service_builder()
}

/// Ids of subscriptions as go-ethereum gives them: sixteen hex digits behind `0x`.
#[derive(Debug)]
struct SubscriptionIds;

impl IdProvider for SubscriptionIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Unguessable they need not be: a subscription belongs to its connection.
        let id = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        SubscriptionId::Str(format!("{id:#018x}").into())
    }
}

async fn settle(metrics: Arc<Metrics>) {
    let mut ticks = tokio::time::interval(SETTLE_EVERY);
    loop {
        ticks.tick().await;
        metrics.settle();
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
