//! Signs the planned calls ahead on all cores and sends them in their order. Signatures do not
//! depend on what the calls do, so signing never waits for the chain.

use super::plan::PlannedCall;
use super::roster::Roster;
use crate::chain::{CHAIN_ID, Chain};
use crate::error::Error;
use alloy_consensus::transaction::Recovered;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::TxKind;
use alloy_signer::SignerSync;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Gas limit of every transaction here.
const GAS: u64 = 5_000_000;
const _: () = assert!(GAS <= BLOCK_GAS_LIMIT, "a transaction fits a block");

/// How many calls a thread signs before it hands them over.
const BATCH: usize = 32;

type Signed = Result<Vec<Recovered<TxEnvelope>>, Error>;

/// Sends every call in its turn, at its time. All of them succeed, as the plan foresaw.
///
/// # Errors
/// [`Error`] when the chain does something else than the plan foresaw.
pub(super) fn send(chain: &Chain, roster: &Roster, calls: &[PlannedCall]) -> Result<(), Error> {
    let batches: Vec<&[PlannedCall]> = calls.chunks(BATCH).collect();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, signed) = mpsc::channel::<(usize, Signed)>();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next, batches) = (sender.clone(), &next, &batches);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(batch) = batches.get(at) else { break };
                    let signed = batch.iter().map(|call| sign(roster, call)).collect();
                    // Nobody listens any more when an earlier call was refused.
                    if sender.send((at, signed)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        for (at, batch) in batches.iter().enumerate() {
            let signed = loop {
                if let Some(signed) = waiting.remove(&at) {
                    break signed;
                }
                let (other, signed) =
                    signed.recv().map_err(|_| Error::Internal("a signer ended".to_owned()))?;
                waiting.insert(other, signed);
            };
            for (call, transaction) in batch.iter().zip(signed?) {
                submit(chain, call, transaction)?;
            }
        }
        Ok(())
    })
}

fn sign(roster: &Roster, call: &PlannedCall) -> Result<Recovered<TxEnvelope>, Error> {
    let signer = &roster.people[call.sender].signer;
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: call.nonce,
        gas_limit: GAS,
        to: TxKind::Call(call.to),
        input: call.input.clone(),
        ..TxEip1559::default()
    };
    let signature = signer
        .sign_hash_sync(&transaction.signature_hash())
        .map_err(|error| Error::Internal(error.to_string()))?;
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    Ok(Recovered::new_unchecked(envelope, signer.address()))
}

fn submit(
    chain: &Chain,
    call: &PlannedCall,
    transaction: Recovered<TxEnvelope>,
) -> Result<(), Error> {
    chain.set_next_timestamp(call.timestamp).wait()?;
    let hash = chain.submit_recovered(transaction)?.wait()?;
    let found = chain.block_of(hash)?;
    let (block, position) =
        found.ok_or_else(|| Error::Internal(format!("no block holds {hash}")))?;
    match block.revert(position) {
        None => Ok(()),
        Some(revert) => {
            let reason = Error::Reverted(revert);
            let text = format!("a call of the economy to {} failed: {reason}", call.to);
            Err(Error::Internal(text))
        }
    }
}
