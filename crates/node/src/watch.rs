//! What the node tells in its log: a line per transaction.

use crate::chain::block::Block;
use crate::chain::{Chain, Event};
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Tells of every transaction as its block comes, until the chain is gone.
pub async fn watch(chain: Arc<Chain>) {
    let mut events = chain.events();
    drop(chain);
    loop {
        match events.recv().await {
            Ok(Event::Block(block)) => tell(&block),
            Ok(Event::Rewind { height, .. }) => tracing::info!("back at block {height}"),
            Ok(Event::Waiting(hash)) => tracing::info!("{hash} waits for its block"),
            Err(RecvError::Lagged(missed)) => tracing::info!("{missed} more blocks"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(block: &Block) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let number = block.number();
    for (index, receipt) in block.receipts().iter().enumerate() {
        let hash = receipt.transaction_hash;
        match block.revert(index) {
            None => tracing::info!("block {number}: {hash} done, {} logs", receipt.logs().len()),
            Some(revert) => tracing::info!("block {number}: {hash} {}", Error::Reverted(revert)),
        }
    }
}
