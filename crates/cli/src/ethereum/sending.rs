//! Sending transactions one after the other, each exactly once.
//!
//! A transaction is written into the journal with its nonce before it is sent. The nonce is asked
//! for before the state from which a transaction is made, and only one transaction can ever have
//! it: whatever was sent before and is still on its way excludes the next one, and the other way
//! round. So whoever starts again after a crash looks at the chain and goes on.

use super::client::{Client, ClientError, Receipt};
use super::journal::{Entry, Journal, JournalError, Outcome};
use super::keys::Account;
use crate::rpc::RpcError;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, keccak256};
use alloy_signer::SignerSync;
use serde_json::json;
use std::thread::sleep;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a transaction is not in the chain.
#[derive(Debug, Error)]
pub(crate) enum SendError {
    /// The node or a contract does not tell.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It would fail, so it was not sent.
    #[error("`{what}` would fail, and was not sent: {reason}")]
    WouldFail {
        /// What for.
        what: String,
        /// The contract's error by name.
        reason: String,
    },
    /// It is in a block and failed.
    #[error("`{what}` failed in block {block}: {reason} (transaction {hash})")]
    Failed {
        /// What for.
        what: String,
        /// Which block.
        block: u64,
        /// Its hash.
        hash: B256,
        /// The contract's error by name.
        reason: String,
    },
    /// The node does not take it.
    #[error("`{what}` was not taken: {source}")]
    NotTaken {
        /// What for.
        what: String,
        /// What the node says.
        source: RpcError,
    },
    /// It was sent, and no block has it yet.
    #[error("`{what}` was sent and is in no block after {seconds} s (nonce {nonce} of {from})")]
    Waiting {
        /// What for.
        what: String,
        /// Who sent it.
        from: Address,
        /// Its nonce.
        nonce: u64,
        /// For how long it was waited.
        seconds: u64,
    },
    /// Another transaction of the sender is on its way.
    #[error("another transaction of {from} waits for a block; after {seconds} s it still does")]
    Busy {
        /// Who.
        from: Address,
        /// For how long it was waited.
        seconds: u64,
    },
    /// Somebody else may have sent it already.
    #[error("{before} may have sent `{what}` with nonce {nonce}, which can still get into a block")]
    OtherSender {
        /// What for.
        what: String,
        /// Who.
        before: Address,
        /// Its nonce.
        nonce: u64,
    },
    /// The chain lost blocks.
    #[error("`{what}` was sent with nonce {nonce} of {from}, which is at {next} now")]
    SetBack {
        /// What for.
        what: String,
        /// Who sent it.
        from: Address,
        /// Its nonce.
        nonce: u64,
        /// The nonce that is next.
        next: u64,
    },
    /// The key does not sign.
    #[error("the transaction cannot be signed: {0}")]
    Unsigned(String),
}

impl SendError {
    /// What to do about it, if there is something.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Client(error) => error.hint(),
            Self::Waiting { .. } | Self::Busy { .. } => "; run it again, it is not sent twice",
            Self::OtherSender { .. } => "; go on with that account, or use its nonce elsewhere",
            Self::SetBack { .. } => {
                "; the chain was set back: wait until it is there again, or use the nonces in \
                 between elsewhere"
            }
            _ => "",
        }
    }
}

impl From<RpcError> for SendError {
    fn from(error: RpcError) -> Self {
        Self::Client(error.into())
    }
}

/// A transaction to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// What for, in few words.
    pub(crate) what: String,
    /// The contract.
    pub(crate) to: Address,
    /// Its calldata.
    pub(crate) input: Bytes,
}

/// A transaction that a block has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// What was sent.
    pub(crate) transaction: Transaction,
    /// Its hash.
    pub(crate) hash: B256,
    /// The block.
    pub(crate) block: u64,
}

/// Somebody who sends.
#[derive(Debug)]
pub(crate) struct Sender<'a> {
    client: &'a Client,
    chain_id: u64,
    account: Account,
    journal: Journal,
    patience: Duration,
}

impl<'a> Sender<'a> {
    /// Sends as `account`, and waits so long for each block.
    pub(crate) fn new(
        client: &'a Client,
        chain_id: u64,
        account: Account,
        journal: Journal,
        patience: Duration,
    ) -> Self {
        Self { client, chain_id, account, journal, patience }
    }

    /// Who sends.
    pub(crate) fn address(&self) -> Address {
        self.account.address()
    }

    /// Waits until what was sent before is in the chain or can no longer be, and returns the nonce
    /// of the next transaction. State that is read after this holds everything that was sent.
    pub(crate) fn settle(&mut self) -> Result<u64, SendError> {
        if let Some(entry) = self.journal.open_entry().cloned() {
            let outcome = self.outcome(&entry)?;
            self.journal.close(outcome)?;
        }
        let from = self.address();
        let seconds = self.patience.as_secs();
        self.wait(|client| {
            let next = client.nonce(from)?;
            Ok((client.pending_nonce(from)? <= next).then_some(next))
        })?
        .ok_or(SendError::Busy { from, seconds })
    }

    /// What became of a transaction that somebody may have sent.
    fn outcome(&self, entry: &Entry) -> Result<Outcome, SendError> {
        let Entry { what, from, nonce, hash, .. } = entry.clone();
        let mut is_lost = false;
        let settled = self.wait(|client| {
            if let Some(receipt) = Self::receipt(client, hash)? {
                let block = receipt.block();
                return Ok(Some(match receipt.is_success() {
                    true => Outcome::Mined { block },
                    false => Outcome::Failed { block },
                }));
            }
            let next = client.nonce(from)?;
            if next > nonce {
                // It may have been mined since the receipt was asked for.
                let receipt = Self::receipt(client, hash)?;
                let mined = receipt.map(|receipt| Outcome::Mined { block: receipt.block() });
                return Ok(Some(mined.unwrap_or(Outcome::Settled)));
            }
            let is_known = match hash {
                Some(hash) => client.knows(hash)?,
                None => false,
            };
            if is_known || client.pending_nonce(from)? > nonce {
                return Ok(None);
            }
            is_lost = next == nonce;
            let what = what.clone();
            match is_lost {
                true if from == self.address() => Ok(Some(Outcome::Lost)),
                true => Err(SendError::OtherSender { what, before: from, nonce }),
                false => Err(SendError::SetBack { what, from, nonce, next }),
            }
        })?;
        let seconds = self.patience.as_secs();
        settled.ok_or(SendError::Waiting { what, from, nonce, seconds })
    }

    fn receipt(client: &Client, hash: Option<B256>) -> Result<Option<Receipt>, RpcError> {
        hash.map_or(Ok(None), |hash| client.receipt(hash))
    }

    /// Sends a transaction with a nonce that [`Self::settle`] gave, and waits for its block.
    pub(crate) fn send(&mut self, nonce: u64, transaction: Transaction) -> Result<Sent, SendError> {
        let (from, Transaction { what, to, input }) = (self.address(), transaction.clone());
        let gas = self.client.estimate(from, to, &input).map_err(|error| match error.revert() {
            Some(reason) => SendError::WouldFail { what: what.clone(), reason },
            None => error.into(),
        })?;
        // What others do until then can make it dearer.
        let gas = gas.saturating_add(gas.checked_div(4).unwrap_or_default());
        let entry = Entry {
            what: what.clone(),
            from,
            nonce,
            to,
            input_hash: keccak256(&input),
            hash: None,
            outcome: None,
        };
        let not_taken = |source| SendError::NotTaken { what: what.clone(), source };
        let hash = match &self.account {
            Account::Key(_) => {
                let (hash, raw) = self.signed(nonce, gas, &transaction)?;
                self.journal.begin(Entry { hash: Some(hash), ..entry })?;
                let _: B256 =
                    self.client.ask("eth_sendRawTransaction", json!([raw])).map_err(not_taken)?;
                hash
            }
            Account::OfNode(_) => {
                self.journal.begin(entry)?;
                let request = json!({
                    "from": from,
                    "to": to,
                    "input": input,
                    "nonce": U64::from(nonce),
                    "gas": U64::from(gas),
                });
                let sent = self.client.ask("eth_sendTransaction", json!([request]));
                let hash: B256 = sent.map_err(not_taken)?;
                self.journal.name(hash)?;
                hash
            }
        };
        let receipt = self.wait(|client| Ok(client.receipt(hash)?))?;
        let seconds = self.patience.as_secs();
        let waiting = || SendError::Waiting { what: what.clone(), from, nonce, seconds };
        let receipt = receipt.ok_or_else(waiting)?;
        let block = receipt.block();
        if !receipt.is_success() {
            self.journal.close(Outcome::Failed { block })?;
            let reason = self.client.why(from, to, &input, block);
            return Err(SendError::Failed { what, block, hash, reason });
        }
        self.journal.close(Outcome::Mined { block })?;
        Ok(Sent { transaction, hash, block })
    }

    /// The transaction, signed with the key that is here, and its hash.
    fn signed(
        &self,
        nonce: u64,
        gas: u64,
        transaction: &Transaction,
    ) -> Result<(B256, Bytes), SendError> {
        let Account::Key(signer) = &self.account else {
            return Err(SendError::Unsigned("the node has the key".to_owned()));
        };
        let (price, tip) = (self.client.gas_price()?, self.client.tip());
        let (price, tip) = (u128::from(price), u128::from(tip));
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit: gas,
            // Room for a base fee that rises while it waits.
            max_fee_per_gas: price.saturating_mul(2).max(tip),
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(transaction.to),
            input: transaction.input.clone(),
            ..TxEip1559::default()
        };
        let signature = signer
            .sign_hash_sync(&transaction.signature_hash())
            .map_err(|error| SendError::Unsigned(error.to_string()))?;
        let signed = TxEnvelope::from(transaction.into_signed(signature));
        Ok((*signed.tx_hash(), signed.encoded_2718().into()))
    }

    /// Asks until there is an answer, or for as long as it may take.
    fn wait<T>(
        &self,
        mut ask: impl FnMut(&Client) -> Result<Option<T>, SendError>,
    ) -> Result<Option<T>, SendError> {
        let began = Instant::now();
        loop {
            let answer = ask(self.client)?;
            if answer.is_some() || began.elapsed() >= self.patience {
                return Ok(answer);
            }
            sleep(PAUSE);
        }
    }
}
