//! The servers that are measured: starting them, finding out where they listen, ending them.

use crate::client::Connection;
use crate::error::BenchError;
use alloy_primitives::{Address, B256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Kept open, so that the server can print.
    _output: Option<BufReader<ChildStdout>>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `bondstone up` tells when it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Banner {
    /// Contracts by name.
    pub(crate) contracts: BTreeMap<String, Address>,
    /// The first token.
    pub(crate) token: Address,
    /// Keys of the developer accounts, which anvil has too.
    pub(crate) keys: Vec<B256>,
}

/// How the node keeps its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keeping<'a> {
    /// In memory only.
    Nothing,
    /// In this folder.
    In(&'a Path),
}

/// What this build of the node can do, from its help.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    program: PathBuf,
    help: String,
}

impl Node {
    /// Asks the program.
    pub(crate) fn new(program: &Path) -> Result<Self, BenchError> {
        let output = Command::new(program).args(["up", "--help"]).output();
        let output = output.map_err(BenchError::file("start", program))?;
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(Self { program: program.to_path_buf(), help })
    }

    /// Whether it can keep its chain on disk.
    pub(crate) fn is_durable(&self) -> bool {
        self.help.contains("--data-dir")
    }

    /// Starts it with contracts, tokens and accounts only. It logs nothing.
    pub(crate) fn start(&self, keeping: Keeping<'_>) -> Result<(Server, Banner), BenchError> {
        let mut command = Command::new(&self.program);
        command.args(["up", "--bare", "--port", "0"]);
        if self.help.contains("--log <") {
            command.args(["--log", "off"]);
        } else {
            command.env("RUST_LOG", "off");
        }
        match keeping {
            Keeping::Nothing if self.help.contains("--ephemeral") => {
                command.arg("--ephemeral");
            }
            Keeping::Nothing => {}
            Keeping::In(folder) => {
                command.arg("--data-dir").arg(folder);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(BenchError::file("start", &*self.program))?;
        let mut output = child.stdout.take().map(BufReader::new);
        let mut server = Server { child, _output: None, address: (Ipv4Addr::LOCALHOST, 0).into() };
        let mut banner = Banner::default();
        let mut lines = output.as_mut().into_iter().flat_map(BufRead::lines);
        loop {
            let Some(line) = lines.next().transpose()? else {
                let fault = "it ended before it listened".to_owned();
                return Err(BenchError::Server { server: "bondstone".to_owned(), fault });
            };
            if let Some(address) = listening(&line) {
                server.address = address;
                break;
            }
            banner.take(&line);
        }
        drop(lines);
        server._output = output;
        Ok((server, banner))
    }
}

/// The address in the line that says that it listens.
fn listening(line: &str) -> Option<SocketAddr> {
    let rest = line.strip_prefix("Listening on http://")?;
    let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | ':')).unwrap_or(rest.len());
    rest.get(..end)?.trim_end_matches(['.', ':']).parse().ok()
}

impl Banner {
    /// Takes what is in a line.
    fn take(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words {
            [name, address] if line.starts_with("  ") => {
                if let Ok(address) = address.parse() {
                    self.contracts.insert(name.to_owned(), address);
                }
            }
            [_, _, "decimals)", address, _] if self.token == Address::ZERO => {
                self.token = address.parse().unwrap_or_default();
            }
            [index, _, key, ..] if index.starts_with('(') => self.keys.extend(key.parse::<B256>()),
            _ => {}
        }
    }
}

/// Starts an anvil with nothing on it, with a block per transaction as soon as it comes. It logs
/// nothing.
pub(crate) fn start_anvil(program: &Path) -> Result<Server, BenchError> {
    // Silent, it does not say which port it took; so it is told one that was free just now.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = free.local_addr()?;
    drop(free);
    let child = Command::new(program)
        .args(["--quiet", "--port", &address.port().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(BenchError::file("start", program))?;
    let mut server = Server { child, _output: None, address };
    let start = Instant::now();
    while Connection::open(address).is_err() {
        if start.elapsed() > PATIENCE || server.child.try_wait()?.is_some() {
            let fault = "it does not listen".to_owned();
            return Err(BenchError::Server { server: "anvil".to_owned(), fault });
        }
        sleep(Duration::from_millis(20));
    }
    Ok(server)
}

/// Anvil as npm installed it for this platform.
pub(crate) fn find_anvil(modules: &Path) -> Result<PathBuf, BenchError> {
    let scope = modules.join("@foundry-rs");
    let entries = std::fs::read_dir(&scope).into_iter().flatten().flatten();
    let mut programs = entries.filter_map(|entry| {
        let name = entry.file_name();
        let program = entry.path().join("bin/anvil");
        (name.to_string_lossy().starts_with("anvil-") && program.is_file()).then_some(program)
    });
    programs.next().ok_or_else(|| BenchError::Missing {
        what: format!("anvil in {}", scope.display()),
        hint: "run `npm ci` in tests/e2e",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_is_read() {
        let mut banner = Banner::default();
        let text = "Contracts\n  \
            VaultFactory     0xAEb6bdd95c502390db8f52c8909F703E9Af6a346\n\n\
            Tokens, with what every account was given\n  \
            wstETH (18 decimals)   0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0  10000\n  \
            USDC (6 decimals)      0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48  10000000\n\n  \
            (0) 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266  \
            0x0101010101010101010101010101010101010101010101010101010101010101  Alice\n";
        text.lines().for_each(|line| banner.take(line));
        assert!(banner.contracts.contains_key("VaultFactory"));
        assert_eq!(banner.token.to_string(), "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0");
        assert_eq!(banner.keys, [B256::repeat_byte(1)]);
    }

    #[test]
    fn the_address_is_found_whatever_stands_behind_it() {
        let address: SocketAddr = "127.0.0.1:8545".parse().unwrap();
        assert_eq!(listening("Listening on http://127.0.0.1:8545"), Some(address));
        assert_eq!(listening("Listening on http://127.0.0.1:8545, and ws"), Some(address));
        assert_eq!(listening("Chain id 31337"), None);
    }
}
