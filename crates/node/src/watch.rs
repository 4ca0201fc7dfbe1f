//! What the node tells of its chain: a line in the log per transaction, and figures.

use crate::chain::Event;
use crate::chain::block::Block;
use crate::error::Error;
use crate::metrics::Metrics;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Tells of every transaction as its block comes, and counts it, until the chain is gone.
pub(crate) async fn watch(mut events: Receiver<Event>, metrics: Arc<Metrics>) {
    loop {
        match events.recv().await {
            Ok(Event::Block(block)) => {
                for index in 0..block.len() {
                    metrics.count_transaction(block.revert(index).is_some());
                }
                tell(&block);
            }
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
