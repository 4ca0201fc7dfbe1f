//! A chain, a folder beside it, a network that pays, and what publishing and claiming need.
#![allow(dead_code, reason = "each test file uses its part")]

use super::chain::{Chain, Connection, number};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_node::accounts::DevAccounts;
use bondstone_node::distributions::{Folder, Proven};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::{AddEntity, NetworkMiddlewareService, NetworkRegistry};
use bondstone_symbiotic::abi::rewards::operator::{DefaultOperatorRewards, OperatorRewardsFactory};
use bondstone_world::Deployment;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use std::process::Output;

pub(crate) const DAY: u64 = 86_400;

/// The folder of distributions that a node may know.
pub(crate) const SHELF: &str = "shelf";

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender {
    /// The node signs for an account.
    OfNode(Address),
    /// A developer account's key is in the environment.
    Key(usize),
    /// Nobody is named.
    Nobody,
}

/// A chain and what stands on it.
pub(crate) struct Ground {
    folder: tempfile::TempDir,
    chain: Chain,
    connection: RefCell<Connection>,
    keys: Vec<(Address, B256)>,
    /// The index of the developer account that is the network.
    network: usize,
    pub(crate) chain_id: u64,
    /// The second of the first block.
    pub(crate) begin: u64,
    /// A token of which developer accounts have plenty.
    pub(crate) token: Address,
}

impl Ground {
    /// As [`Self::bare`], and the node knows the distributions in [`SHELF`].
    pub(crate) fn with_shelf(network: usize, middleware: usize) -> Self {
        Self::registered(Self::start(&["--bare"], network, true), network, middleware)
    }

    /// A chain without an economy, on which a developer account is a network with a middleware.
    /// Thirty days have passed.
    pub(crate) fn bare(network: usize, middleware: usize) -> Self {
        Self::registered(Self::start(&["--bare"], network, false), network, middleware)
    }

    fn registered(ground: Self, network: usize, middleware: usize) -> Self {
        let register = NetworkRegistry::registerNetworkCall {};
        ground.send(network, address(Kind::NetworkRegistry), &register);
        let middleware = ground.account(middleware);
        let call = NetworkMiddlewareService::setMiddlewareCall { middleware };
        ground.send(network, address(Kind::NetworkMiddlewareService), &call);
        ground.ok("evm_increaseTime", json!([30 * DAY]));
        ground.ok("evm_mine", json!([]));
        ground
    }

    /// The default economy, of which a developer account is a network.
    pub(crate) fn economy(network: usize) -> Self {
        Self::start(&[], network, false)
    }

    fn start(arguments: &[&str], network: usize, has_shelf: bool) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let shelf = folder.path().join(SHELF);
        fs::create_dir(&shelf).expect("there is room");
        let shelf = ["--distributions", text(&shelf)];
        let shelf = if has_shelf { &shelf[..] } else { &[] };
        let chain = Chain::start(&[&["--port", "0"], arguments, shelf].concat());
        let mut connection = chain.connect();
        let first = connection.ok("eth_getBlockByNumber", json!(["0x0", false]));
        let chain_id = number(&connection.ok("eth_chainId", json!([])));
        let accounts = DevAccounts::derive().expect("the mnemonic is valid");
        Self {
            begin: number(&first["timestamp"]),
            keys: accounts.keys().collect(),
            connection: RefCell::new(connection),
            token: Address::from_word(keccak256("bondstone:HYPER")),
            folder,
            chain,
            network,
            chain_id,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).expect("it can be written");
        path
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.keys[index].0
    }

    pub(crate) fn key(&self, index: usize) -> B256 {
        self.keys[index].1
    }

    pub(crate) fn url(&self) -> String {
        self.chain.url()
    }

    /// The address that the banner gives for a label.
    pub(crate) fn labelled(&self, label: &str) -> Address {
        self.chain.labelled(label).parse().expect("an address")
    }

    pub(crate) fn ok(&self, method: &str, params: Value) -> Value {
        self.connection.borrow_mut().ok(method, params)
    }

    pub(crate) fn nonce(&self, index: usize, tag: &str) -> u64 {
        number(&self.ok("eth_getTransactionCount", json!([self.account(index), tag])))
    }

    /// What a contract answers.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let input = Bytes::from(call.abi_encode());
        let answer = self.ok("eth_call", json!([{ "to": to, "input": input }, "latest"]));
        let answer: Bytes = serde_json::from_value(answer).expect("it is bytes");
        C::abi_decode_returns(&answer).expect("it answers")
    }

    /// Sends a developer account's transaction, which must work; returns its receipt.
    pub(crate) fn send<C: SolCall>(&self, from: usize, to: Address, call: &C) -> Value {
        let input = Bytes::from(call.abi_encode());
        let transaction = json!([{ "from": self.account(from), "to": to, "input": input }]);
        let hash = self.ok("eth_sendTransaction", transaction);
        let receipt = self.ok("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{}: {receipt}", C::SIGNATURE);
        receipt
    }

    /// A new contract of operator rewards.
    pub(crate) fn operator_rewards(&self) -> Address {
        let factory = address(Kind::OperatorRewardsFactory);
        let receipt = self.send(0, factory, &OperatorRewardsFactory::createCall {});
        let logs = receipt["logs"].as_array().expect("a list");
        let topic = json!(<AddEntity as alloy_sol_types::SolEvent>::SIGNATURE_HASH);
        let added = logs.iter().find(|log| log["topics"][0] == topic).expect("it was created");
        let word: B256 = serde_json::from_value(added["topics"][1].clone()).expect("a word");
        Address::from_word(word)
    }

    /// Where Rewards V2 is.
    pub(crate) fn second_version(&self) -> Address {
        address(Kind::Rewards)
    }

    pub(crate) fn approve(&self, from: usize, spender: Address, value: U256) {
        self.send(from, self.token, &Erc20::approveCall { spender, value });
    }

    pub(crate) fn pay(&self, from: usize, to: usize, value: U256) {
        self.send(from, self.token, &Erc20::transferCall { to: self.account(to), value });
    }

    /// Moves all tokens of an account to another one.
    pub(crate) fn empty(&self, from: usize, to: usize) {
        let call = Erc20::balanceOfCall { account: self.account(from) };
        let all = self.ask(self.token, &call);
        self.pay(from, to, all);
    }

    /// A programme with a budget of a thousand tokens between two days of the chain; `period` is
    /// more of the period, `terms` the rest.
    pub(crate) fn programme(
        &self,
        name: &str,
        days: [u64; 2],
        period: &str,
        terms: &str,
    ) -> PathBuf {
        let pay = format!("token = \"{}\"\ndecimals = 18\n", self.token);
        self.write_programme(name, days, &pay, &format!("{period}{terms}"))
    }

    /// The same in points of six decimals.
    pub(crate) fn points(&self, name: &str, days: [u64; 2], terms: &str) -> PathBuf {
        self.write_programme(name, days, "points = \"Stars\"\ndecimals = 6\n", terms)
    }

    fn write_programme(&self, name: &str, days: [u64; 2], pay: &str, rest: &str) -> PathBuf {
        let [from, until] = days.map(|day| self.begin + day * DAY);
        let (network, chain_id) = (self.account(self.network), self.chain_id);
        let text = format!(
            "title = \"{name}\"\n[payer]\nnetwork = \"{network}\"\nchain_id = {chain_id}\n\
             [pay]\n{pay}\
             [[period]]\nfrom = {from}\nuntil = {until}\nbudget = \"1_000\"\n{rest}"
        );
        self.file(name, &text)
    }

    /// `bondstone rewards run`.
    pub(crate) fn run(&self, programme: &Path, more: &[&str]) -> Output {
        let base = ["run", text(programme)];
        self.rewards(&[&base[..], more].concat(), Sender::Nobody)
    }

    /// A command of `bondstone rewards` against the node.
    pub(crate) fn rewards(&self, arguments: &[&str], sender: Sender) -> Output {
        self.bondstone(&[&["rewards"], arguments].concat(), sender)
    }

    /// A command against the node.
    pub(crate) fn bondstone(&self, arguments: &[&str], sender: Sender) -> Output {
        self.command(arguments, sender).output().expect("the program runs")
    }

    /// A command against the node, before it runs.
    pub(crate) fn command(&self, arguments: &[&str], sender: Sender) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
        command.args(arguments).args(["--rpc", &self.url()]);
        command.env_remove("BONDSTONE_KEY").env_remove("BONDSTONE_SECOND_KEY");
        match sender {
            Sender::OfNode(address) => {
                command.args(["--from", &address.to_string()]);
            }
            Sender::Key(index) => {
                command.env("BONDSTONE_KEY", self.key(index).to_string());
            }
            Sender::Nobody => {}
        }
        command
    }

    /// Claims a developer account's leaf of a folder's standard tree.
    pub(crate) fn claim(&self, folder: &Path, contract: Address, index: usize) {
        let folder = Folder::open(folder).expect("it is one");
        let tree = folder.tree(&folder.manifest().trees[0]).expect("it is whole");
        let account = self.account(index);
        let proven = tree.proven(account).expect("it has proofs");
        let [Proven::Operator { leaf, proof }] = proven.as_slice() else {
            panic!("{account} has no leaf")
        };
        let call = DefaultOperatorRewards::claimRewardsCall {
            recipient: account,
            network: self.account(self.network),
            token: self.token,
            totalClaimable: leaf.total_claimable,
            proof: proof.clone(),
        };
        self.send(index, contract, &call);
    }

    /// Compares what recipients are paid with what a contract says.
    pub(crate) fn check_entries(&self, folder: &Path, claimable: impl Fn(Address) -> U256) {
        let distribution = Folder::open(folder).expect("it is one").distribution();
        let entries = distribution.expect("it is whole").entries;
        assert!(!entries.is_empty());
        for entry in entries {
            assert_eq!(claimable(entry.recipient.account), entry.amount, "{entry:?}");
        }
    }

    /// What a folder's vaults are paid in all.
    pub(crate) fn paid(&self, folder: &Path) -> U256 {
        let distribution = Folder::open(folder).expect("it is one").distribution();
        let intervals = distribution.expect("it is whole").intervals;
        let occasions = intervals.iter().flat_map(|interval| &interval.occasions);
        occasions.flat_map(|occasion| &occasion.vaults).map(|vault| vault.part).sum()
    }
}

/// Where mainnet has a contract.
pub(crate) fn address(kind: Kind) -> Address {
    Deployment::mainnet(Address::ZERO).address(kind)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

/// What a command that works says.
pub(crate) fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("it is text")
}

/// What a command says that cannot be carried out.
pub(crate) fn complaint(output: &Output) -> String {
    refused(output, 2)
}

/// What a command says that ends with an exit code, and without an answer.
pub(crate) fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).expect("it is text")
}
