//! What it takes to list what an account can collect, over HTTP, as a client asks.
//!
//! `cargo bench -p bondstone-node --bench claims`. The chain is that of `bondstone up`, with a
//! thousand more distributions of which the account has claimed none: in two long lists, one for
//! each rail that pays by shares, or in a list for each of a thousand networks. Every request is
//! answered anew: the client sends no tag.

use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::security::Asset;
use bondstone_node::api::AccountClaims;
use bondstone_node::{Node, UpArgs};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::{NetworkMiddlewareService, NetworkRegistry};
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many distributions are open.
const ENTRIES: u64 = 1_000;
/// What each of them pays, in smallest units.
const AMOUNT: u64 = 1_000_000_000_000_000;

struct Chain {
    node: Node,
    /// A staker of the vault "instant" of the economy.
    staker: Address,
    vault: Address,
    rewards: Address,
    token: Address,
    /// A network that pays them, with all its own hands.
    network: Address,
    /// The last second before the distributions.
    second: u64,
}

impl Chain {
    fn start() -> Self {
        let args = UpArgs { port: 0, ..UpArgs::default() };
        let node = Node::start(&args).expect("the chain starts");
        let economy = node.economy().expect("it comes with one");
        let account = |index| node.accounts().address(index).expect("there are ten");
        let vault = economy.vault("instant").expect("it is there").vault;
        let rewards = economy.rewards("staker rewards").expect("they are there").address;
        let token = node.token("HYPER").expect("it is there").address;
        let (staker, network) = (account(0), account(3));
        let mut chain = Self { node, staker, vault, rewards, token, network, second: 0 };
        let block = chain.ask("eth_getBlockByNumber", &json!(["latest", false]));
        let text = block["timestamp"].as_str().unwrap_or_default();
        let second = u64::from_str_radix(text.trim_start_matches("0x"), 16);
        chain.second = second.expect("a block has a time").saturating_sub(1);
        chain
    }

    fn speak(&self, request: &str) -> String {
        let url = self.node.url();
        let address = url.strip_prefix("http://").expect("it is HTTP");
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it is answered and closed");
        let (head, body) = answer.split_once("\r\n\r\n").expect("it has a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        body.to_owned()
    }

    fn ask(&self, method: &str, params: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let answer = self.speak(&format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let mut answer: Value = serde_json::from_str(&answer).expect("it is JSON");
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }

    /// Makes somebody call a contract.
    fn send<C: SolCall>(&self, from: Address, to: Address, call: &C) {
        let input = hex::encode_prefixed(call.abi_encode());
        self.ask("anvil_impersonateAccount", &json!([from]));
        self.ask("eth_sendTransaction", &json!([{ "from": from, "to": to, "input": input }]));
    }

    /// A network pays the vault's stakers by version 1, `back` seconds before the distributions.
    fn pay(&self, network: Address, back: u64) {
        let at = U48::from(self.second.saturating_sub(back));
        let most_fee = U256::from(10_000);
        let data = (at, most_fee, Bytes::new(), Bytes::new()).abi_encode_params().into();
        let (token, amount) = (self.token, U256::from(AMOUNT));
        let call = DefaultStakerRewards::distributeRewardsCall { network, token, amount, data };
        self.send(network, self.rewards, &call);
    }

    /// The same by the snapshot rail of version 2.
    fn pay_by_snapshot(&self, contract: Address, back: u64) {
        let mut subnetwork = B256::ZERO;
        subnetwork[..20].copy_from_slice(self.network.as_slice());
        let call = Rewards::distributeVaultSnapshotRewardsCall {
            subnetwork,
            token: self.token,
            vault: self.vault,
            amount: U256::from(AMOUNT),
            timestamp: U48::from(self.second.saturating_sub(back)),
            hints: Bytes::new(),
        };
        self.send(self.network, contract, &call);
    }

    fn approve(&self, network: Address, spender: Address) {
        let call = Erc20::approveCall { spender, value: U256::MAX };
        self.send(network, self.token, &call);
    }

    /// Lists what the staker can collect; the bytes of the answer.
    fn list(&self) -> String {
        self.speak(&format!(
            "GET /v1/accounts/{}/claims?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\
             Connection: close\r\n\r\n",
            self.staker
        ))
    }

    /// The claims by shares; each must be ready to be sent, and they go through all distributions.
    fn check(&self, claims: usize) {
        let answer: AccountClaims = serde_json::from_str(&self.list()).expect("they are claims");
        let token = Asset::Token(self.token);
        let own = answer.items.iter().filter(|claim| claim.token.asset == token);
        let own = own.filter(|claim| claim.vault == Some(self.vault));
        let (mut count, mut entries) = (0, 0);
        for claim in own {
            assert_eq!(claim.failure, None, "{claim:?}");
            (count, entries) = (count + 1, entries + claim.open_entries);
        }
        assert!(count >= claims && entries >= ENTRIES, "{count} claims, {entries} entries");
    }
}

/// A thousand distributions of one network, half of them on each rail.
fn long_lists() -> Chain {
    let chain = Chain::start();
    let contract = chain.node.protocols().symbiotic.address(Kind::Rewards);
    for spender in [chain.rewards, contract] {
        chain.approve(chain.network, spender);
    }
    for back in 0..ENTRIES / 2 {
        chain.pay(chain.network, back);
        chain.pay_by_snapshot(contract, back);
    }
    chain.check(2);
    chain
}

/// A distribution of each of a thousand networks.
fn many_lists() -> Chain {
    let chain = Chain::start();
    let at = |kind| chain.node.protocols().symbiotic.address(kind);
    let (registry, service) = (at(Kind::NetworkRegistry), at(Kind::NetworkMiddlewareService));
    for number in 0..ENTRIES {
        let network = Address::from_word(keccak256(number.to_be_bytes()));
        chain.send(network, registry, &NetworkRegistry::registerNetworkCall {});
        let middleware = NetworkMiddlewareService::setMiddlewareCall { middleware: network };
        chain.send(network, service, &middleware);
        let give = Erc20::transferCall { to: network, value: U256::from(AMOUNT) };
        chain.send(chain.network, chain.token, &give);
        chain.approve(network, chain.rewards);
        chain.pay(network, number);
    }
    chain.check(1_000);
    chain
}

fn listing(c: &mut Criterion) {
    let mut group = c.benchmark_group("claims of an account");
    group.sample_size(20);
    for (name, chain) in [("1,000 open entries", long_lists()), ("1,000 lists", many_lists())] {
        group.bench_function(name, |b| b.iter(|| chain.list()));
        chain.node.stop().expect("it stops");
    }
    group.finish();
}

criterion_group!(benches, listing);
criterion_main!(benches);
