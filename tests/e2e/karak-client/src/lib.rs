//! `bondstone up` as a process, for clients that are not part of the product.

use alloy::network::EthereumWallet;
use alloy::primitives::Address;
use alloy::providers::{Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::{Client, Http};
use eyre::{OptionExt, Result, bail};
use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The environment variable that names the program.
pub const PROGRAM: &str = "BONDSTONE";

/// A running chain with the default economy. It is killed when it is dropped.
#[derive(Debug)]
pub struct Node {
    process: Child,
    /// What it printed before it listened.
    banner: String,
    url: String,
}

impl Node {
    /// Starts the program that [`PROGRAM`] names on a free port, keeping nothing.
    ///
    /// # Errors
    /// When there is no such program, or it ends before it listens.
    pub fn start() -> Result<Self> {
        let Ok(program) = env::var(PROGRAM) else {
            bail!("{PROGRAM} is not set; it names the program, such as target/debug/bondstone");
        };
        let mut process = Command::new(program)
            .args(["up", "--port", "0", "--ephemeral", "--log", "off"])
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().ok_or_eyre("its output is piped")?;
        let mut node = Self { process, banner: String::new(), url: String::new() };
        for line in BufReader::new(said).lines() {
            let line = line?;
            if let Some(url) = line.strip_prefix("Listening on ") {
                url.clone_into(&mut node.url);
                return Ok(node);
            }
            node.banner.push_str(&line);
            node.banner.push('\n');
        }
        bail!("it ended before it listened")
    }

    /// The address that the banner gives for a label.
    ///
    /// # Errors
    /// When it gives none.
    pub fn address(&self, label: &str) -> Result<Address> {
        let rest = self.banner.lines().find_map(|line| {
            let rest = line.strip_prefix("  ")?.strip_prefix(label)?;
            rest.starts_with("  ").then_some(rest)
        });
        let rest = rest.ok_or_eyre(format!("the banner has no {label}"))?;
        Ok(rest.split_whitespace().next().ok_or_eyre("the row has a value")?.parse()?)
    }

    /// The key of a developer account.
    ///
    /// # Errors
    /// When the banner has no such account.
    pub fn signer(&self, index: usize) -> Result<PrivateKeySigner> {
        let start = format!("  ({index}) ");
        let row = self.banner.lines().find_map(|line| line.strip_prefix(&start));
        let row = row.ok_or_eyre(format!("the banner has no account {index}"))?;
        Ok(row.split_whitespace().nth(1).ok_or_eyre("the row has a key")?.parse()?)
    }

    /// A connection that signs with a developer account's key.
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub fn provider(&self, index: usize) -> Result<impl Provider<Http<Client>> + Clone + use<>> {
        let wallet = EthereumWallet::from(self.signer(index)?);
        let provider = ProviderBuilder::new()
            .with_recommended_fillers()
            .wallet(wallet)
            .on_http(self.url.parse()?);
        provider.client().set_poll_interval(Duration::from_millis(20));
        Ok(provider)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Moves the chain's clock and mines a block there.
///
/// # Errors
/// What the node answers.
pub async fn wait(provider: &impl Provider<Http<Client>>, seconds: u64) -> Result<()> {
    let _: serde_json::Value = provider.raw_request("evm_increaseTime".into(), (seconds,)).await?;
    let _: serde_json::Value = provider.raw_request("evm_mine".into(), ()).await?;
    Ok(())
}
