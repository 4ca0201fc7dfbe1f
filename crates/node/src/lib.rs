//! A chain that answers: blocks over the world of native contracts, spoken to through Ethereum
//! JSON-RPC over HTTP and WebSocket. This is the only crate that reads a clock, opens a socket or
//! knows `async`.

pub mod accounts;
pub mod api;
pub mod banner;
pub mod chain;
pub mod distributions;
pub mod economy;
pub mod error;
mod kept;
pub mod labels;
pub mod metrics;
pub mod protocols;
pub mod reason;
pub mod rpc;
pub mod server;
mod shelf;
pub mod stake;
mod start;
mod watch;

pub use shelf::ShelfError;
pub use start::open_kept;

use accounts::DevAccounts;
use api::Sources;
use banner::Banner;
use bondstone_store::StoreError;
use chain::Chain;
use economy::error::EconomyError;
use economy::{Economy, Token, Tokens};
use error::Error;
use labels::Labels;
use metrics::Metrics;
use protocols::Protocols;
use rpc::Service;
use server::limits::Limits;
use server::origin::{HostName, Origin};
use server::{Application, Listen, Running};
use shelf::Shelf;
use start::Started;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// How to start a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpArgs {
    /// The address to listen on. Whoever reaches one that is not a loopback address can do
    /// everything: see [`server::exposure`].
    pub host: IpAddr,
    /// The port to listen on; 0 picks a free one.
    pub port: u16,
    /// The folder that keeps the chain; `None` keeps nothing.
    pub data_dir: Option<PathBuf>,
    /// What is there at the start. A chain that is kept already goes on as it is.
    pub economy: EconomySource,
    /// A folder whose subfolders are distributions, as `bondstone rewards run` writes them: the
    /// HTTP API knows their leaves.
    pub distributions: Option<PathBuf>,
    /// How often a block is mined; `None` mines one for each transaction.
    pub block_time: Option<Duration>,
    /// Whether blocks are mined at all before a client asks for one.
    pub mining: bool,
    /// Origins whose pages may use the node; none stands for every page of this machine.
    pub cors_origins: Vec<Origin>,
    /// Names under which the node may be reached, beside localhost and addresses.
    pub allowed_hosts: Vec<HostName>,
    /// Most logs that one request may be answered with.
    pub max_logs: NonZeroU64,
    /// Most blocks that one request for logs may cover.
    pub max_block_range: NonZeroU64,
    /// How much clients may take of the server.
    pub limits: Limits,
}

/// Where the economy at the start comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EconomySource {
    /// The one that comes with the program, `economies/restaking-2025.toml`.
    #[default]
    Restaking2025,
    /// A file.
    File(PathBuf),
    /// None: contracts, accounts, and the tokens of the one that comes with the program.
    Bare,
}

impl Default for UpArgs {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 8545,
            data_dir: None,
            economy: EconomySource::default(),
            distributions: None,
            block_time: None,
            mining: true,
            cors_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            max_logs: NonZeroU64::new(100_000).expect("it is not zero"),
            max_block_range: NonZeroU64::new(1_000_000).expect("it is not zero"),
            limits: Limits::default(),
        }
    }
}

/// Why a chain does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The first blocks could not be made.
    #[error("the chain cannot be set up: {0}")]
    Chain(Error),
    /// The economy's file is wrong.
    #[error(transparent)]
    Economy(#[from] EconomyError),
    /// The chain's folder cannot be used.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// Another economy is asked for than the one that is kept.
    #[error("the chain in {} has {kept}, not {asked}", dir.display())]
    OtherEconomy {
        /// The chain's folder.
        dir: PathBuf,
        /// What is there.
        kept: String,
        /// What was asked for.
        asked: String,
    },
    /// The folder of distributions cannot be used.
    #[error(transparent)]
    Distributions(#[from] ShelfError),
    /// The port is taken, most of the time.
    #[error("cannot listen on {}: {source}", place(*.address))]
    Listen {
        /// The address and port asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The terminal or a signal failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => Self::Store(error),
            other => Self::Chain(other),
        }
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

fn place(address: SocketAddr) -> String {
    if address.ip() == Ipv4Addr::LOCALHOST {
        format!("port {}", address.port())
    } else {
        address.to_string()
    }
}

/// A chain that is up.
#[derive(Debug)]
pub struct Node {
    chain: Arc<Chain>,
    metrics: Arc<Metrics>,
    running: Running,
    protocols: Protocols,
    tokens: Tokens,
    accounts: DevAccounts,
    economy: Option<Economy>,
}

impl Node {
    /// Makes the first blocks and listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(args: &UpArgs) -> Result<Self, StartError> {
        let accounts = DevAccounts::derive()?;
        let protocols = Protocols::mainnet(&accounts)?;
        let shelf = Shelf::open(args.distributions.clone())?;
        let Started { mut chain, tokens, economy } = start::chain(args, &protocols, &accounts)?;
        chain.set_limits(chain::Limits {
            max_logs: usize::try_from(args.max_logs.get()).unwrap_or(usize::MAX),
            max_block_range: args.max_block_range.get(),
        });
        if args.block_time.is_some() || !args.mining {
            chain.set_automatic(false).wait()?;
        }
        let (chain, metrics) = (Arc::new(chain), Arc::new(Metrics::default()));
        let labels = economy.as_ref().map(Labels::of).unwrap_or_default();
        let running = serve((args, shelf), &chain, &accounts, labels, &metrics)?;
        Ok(Self { chain, metrics, running, protocols, tokens, accounts, economy })
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// The chain itself.
    #[must_use]
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// Where the node counts.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// A token by its symbol.
    #[must_use]
    pub fn token(&self, symbol: &str) -> Option<&Token> {
        self.tokens.get(symbol)
    }

    /// The developer accounts.
    #[must_use]
    pub fn accounts(&self) -> &DevAccounts {
        &self.accounts
    }

    /// Where the protocols' contracts are.
    #[must_use]
    pub fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    /// What things are called and where they are, if there is an economy.
    #[must_use]
    pub fn economy(&self) -> Option<&Economy> {
        self.economy.as_ref()
    }

    /// Addresses, accounts and URL for the user.
    #[must_use]
    pub fn banner(&self) -> String {
        let (url, economy) = (self.url(), self.economy());
        let exposure = server::exposure(self.running.address().ip());
        let Self { protocols, tokens, accounts, .. } = self;
        Banner { url: &url, exposure, protocols, tokens, accounts, economy }.to_string()
    }

    /// Stops answering, and closes the store when everything is in it.
    ///
    /// # Errors
    /// [`StartError::Chain`] when the store does not take the last of it.
    pub fn stop(self) -> Result<(), StartError> {
        self.running.stop();
        Ok(self.chain.close()?)
    }
}

fn serve(
    (args, shelf): (&UpArgs, Shelf),
    chain: &Arc<Chain>,
    accounts: &DevAccounts,
    labels: Labels,
    metrics: &Arc<Metrics>,
) -> Result<Running, StartError> {
    let (chain, metrics) = (Arc::clone(chain), Arc::clone(metrics));
    let api = api::router(Sources {
        chain: Arc::clone(&chain),
        prices: labels.prices().map_err(|error| Error::Internal(error.to_string()))?,
        labels: labels.clone(),
        shelf,
        timeout: args.limits.request_timeout,
    });
    let service = Service::new(Arc::clone(&chain), accounts.clone(), labels, Arc::clone(&metrics));
    let pace = Arc::clone(&service.pace);
    let methods = rpc::module(service).map_err(|error| Error::Internal(error.to_string()))?;
    let address = SocketAddr::new(args.host, args.port);
    let listen = Listen {
        address,
        origins: args.cors_origins.clone(),
        names: args.allowed_hosts.clone(),
        limits: args.limits,
    };
    let methods = methods.into();
    let application = Application { methods, api, chain: Arc::clone(&chain), metrics };
    let running = Running::start(&listen, application);
    let running = running.map_err(|source| StartError::Listen { address, source })?;
    if let Some(interval) = args.block_time {
        running.within(|| pace.set(&chain, interval));
    }
    Ok(running)
}

/// Starts a chain, prints the banner, and answers until Ctrl-C or until the system asks it to end.
///
/// # Errors
/// [`StartError`].
pub fn run(args: &UpArgs, out: &mut impl Write) -> Result<(), StartError> {
    let node = Node::start(args)?;
    let signals = node.running.watch_signals()?;
    write!(out, "{}", node.banner())?;
    out.flush()?;
    node.running.wait_for(signals);
    let height = node.chain.height();
    node.stop()?;
    writeln!(out, "\nStopped at block {height}.")?;
    Ok(())
}
