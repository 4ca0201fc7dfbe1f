//! A chain that answers: blocks over the world of native contracts, spoken to through Ethereum
//! JSON-RPC over HTTP. This is the only crate that reads a clock, opens a socket or knows `async`.

pub mod accounts;
pub mod banner;
pub mod chain;
pub mod economy;
pub mod error;
mod reason;
pub mod rpc;
pub mod server;
mod watch;

use accounts::DevAccounts;
use banner::Banner;
use bondstone_world::Deployment;
use chain::{Chain, clock::Clock};
use economy::{Economy, Tokens, genesis};
use error::Error;
use rpc::Service;
use server::Running;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// How to start a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpArgs {
    /// The port of the loopback interface to listen on; 0 picks a free one.
    pub port: u16,
    /// Whether the economy is there at the start.
    pub economy: bool,
    /// Where the chain is kept; in memory only when there is none.
    pub data_dir: Option<PathBuf>,
}

impl Default for UpArgs {
    fn default() -> Self {
        Self { port: 8545, economy: true, data_dir: None }
    }
}

/// Why a chain does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The first blocks could not be made.
    #[error("the chain cannot be set up: {0}")]
    Chain(#[from] Error),
    /// The port is taken, most of the time.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The terminal or a signal failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A chain that is up.
#[derive(Debug)]
pub struct Node {
    chain: Arc<Chain>,
    running: Running,
    deployment: Deployment,
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
        let deployment = Deployment::mainnet(accounts.address(economy::part::CURATOR)?);
        let tokens = Tokens::default();
        let clock = if args.economy { Clock::wall().behind(economy::PAST) } else { Clock::wall() };
        let chain =
            Chain::new(clock, |world| genesis::deploy(world, &deployment, &tokens, &accounts))?;
        let economy = if args.economy {
            Some(economy::start(&chain, &accounts, &deployment, &tokens)?)
        } else {
            None
        };
        let chain = Arc::new(chain);
        let service = Service::new(Arc::clone(&chain), accounts.clone());
        let running = Running::start(args.port, service)
            .map_err(|source| StartError::Listen { port: args.port, source })?;
        Ok(Self { chain, running, deployment, tokens, accounts, economy })
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

    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The developer accounts.
    #[must_use]
    pub fn accounts(&self) -> &DevAccounts {
        &self.accounts
    }

    /// Where the protocol's contracts are.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Where the economy's contracts are, if it was asked for.
    #[must_use]
    pub fn economy(&self) -> Option<&Economy> {
        self.economy.as_ref()
    }

    /// Addresses, accounts and URL for the user.
    #[must_use]
    pub fn banner(&self) -> String {
        let (url, economy) = (self.url(), self.economy());
        let Self { deployment, tokens, accounts, .. } = self;
        Banner { url: &url, deployment, tokens, accounts, economy }.to_string()
    }

    /// Stops answering.
    pub fn stop(self) {
        self.running.stop();
    }
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
    writeln!(out, "\nStopped at block {}.", node.chain.height())?;
    node.stop();
    Ok(())
}
