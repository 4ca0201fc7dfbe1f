//! A durable chain under load is killed at random moments, over and over. Whatever it acknowledged
//! must be there when it starts again, and nothing else but what was on its way.
//!
//! `BONDSTONE_KILLS` sets how often; `make crash KILLS=1000` is a long run.
#![cfg(unix)]

mod chain;

use chain::{Chain, Connection};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Senders that load the chain at the same time, each an account of its own.
const SENDERS: usize = 4;

/// What a sender knows of its transactions.
#[derive(Clone, Debug, Default)]
struct Sent {
    /// Hashes that were answered, by nonce.
    acknowledged: BTreeMap<u64, String>,
}

#[test]
fn no_acknowledged_transaction_is_lost() {
    let kills: u64 = std::env::var("BONDSTONE_KILLS").map_or(50, |n| n.parse().expect("a number"));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    let mut random = since.subsec_nanos();
    println!("seed {random}");
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().to_str().expect("it is UTF-8");
    let mut sent = vec![Sent::default(); SENDERS];
    let (mut before, mut total) = (0, 0);
    for kill in 0..=kills {
        let chain = Chain::start(&["--port", "0", "--bare", "--data-dir", data]);
        let accounts = chain.connect().ok("eth_accounts", json!([]));
        total = 0;
        for (index, known) in sent.iter_mut().enumerate() {
            total += check(&mut chain.connect(), &accounts[index], known, kill);
        }
        assert!(total >= before, "kill {kill}: the chain is shorter than before");
        before = total;
        if kill == kills {
            break;
        }
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let moment = Duration::from_micros(u64::from(random >> 8) % 150_000);
        load(&chain, &accounts, &mut sent, moment);
    }
    assert!(total > kills, "the chain was hardly used: {total} transactions");
    println!("{kills} kills, {total} transactions, none lost");
}

/// Loads the chain from all accounts and kills it in the middle.
fn load(chain: &Chain, accounts: &Value, sent: &mut [Sent], moment: Duration) {
    let ended = Arc::new(AtomicBool::new(false));
    let known: Arc<Mutex<Vec<Sent>>> = Arc::new(Mutex::new(sent.to_vec()));
    let senders: Vec<_> = (0..sent.len())
        .map(|index| {
            let (mut connection, account) = (chain.connect(), accounts[index].clone());
            let (ended, known) = (Arc::clone(&ended), Arc::clone(&known));
            thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let pay = json!([{ "from": account, "to": account, "value": "0x1" }]);
                    // No answer means that it was killed before one came.
                    let Some(answer) = connection.try_request("eth_sendTransaction", pay) else {
                        return;
                    };
                    let hash = answer["result"].as_str().expect("it is taken").to_owned();
                    let mut known = known.lock().expect("nobody panics with it");
                    let next = known[index].acknowledged.keys().last().map_or(0, |last| last + 1);
                    known[index].acknowledged.insert(next, hash);
                }
            })
        })
        .collect();
    thread::sleep(moment);
    chain.kill();
    ended.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("a refused transaction is no reason to stop");
    }
    sent.clone_from_slice(&known.lock().expect("nobody panics with it"));
}

/// Every acknowledged transaction is in the chain, and at most the one that was on its way besides.
/// Returns how many there are.
fn check(connection: &mut Connection, account: &Value, known: &mut Sent, kill: u64) -> u64 {
    let nonce = connection.ok("eth_getTransactionCount", json!([account, "latest"]));
    let nonce = chain::number(&nonce);
    let acknowledged = known.acknowledged.keys().last().map_or(0, |last| last + 1);
    assert!(
        nonce == acknowledged || nonce == acknowledged + 1,
        "kill {kill}: {account} had {acknowledged} transactions, the chain has {nonce}"
    );
    // Those before the last kills were looked at already.
    for (nonce, hash) in known.acknowledged.iter().rev().take(500) {
        let receipt = connection.ok("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["status"], "0x1", "kill {kill}: transaction {nonce} {hash}");
    }
    if nonce > acknowledged {
        // It was made durable, and the answer did not get out.
        known.acknowledged.insert(acknowledged, in_flight(connection, account, acknowledged));
    }
    nonce
}

/// The hash of the account's transaction with this nonce, which nobody was told.
fn in_flight(connection: &mut Connection, account: &Value, nonce: u64) -> String {
    let height = chain::number(&connection.ok("eth_blockNumber", json!([])));
    for number in (0..=height).rev() {
        let at = json!([format!("{number:#x}"), true]);
        let block = connection.ok("eth_getBlockByNumber", at);
        for transaction in block["transactions"].as_array().expect("it is a list") {
            let sender = transaction["from"].as_str().map(str::to_lowercase);
            let wanted = account.as_str().map(str::to_lowercase);
            if sender == wanted && chain::number(&transaction["nonce"]) == nonce {
                return transaction["hash"].as_str().expect("it is a hash").to_owned();
            }
        }
    }
    panic!("{account} has used nonce {nonce}, and no block holds it");
}
