//! `eth_subscribe`: news pushed over a WebSocket.

use super::filters::{matching, removed};
use super::{Args, Service};
use crate::chain::{Chain, Event};
use crate::error::Error;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::server::{RegisterMethodError, SubscriptionSink};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{PendingSubscriptionSink, RpcModule};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// How long a subscriber may leave its connection full before it is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client subscribes to.
#[derive(Debug)]
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Transactions { whole: bool },
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, service, _| async move {
            match topic(&mut Args(params.sequence())) {
                Ok(topic) => {
                    let _open = service.metrics.open_subscription();
                    serve(pending, &service.chain, topic).await
                }
                Err(error) => {
                    pending.reject(ErrorObjectOwned::from(error)).await;
                    Ok(())
                }
            }
        },
    )?;
    Ok(())
}

fn topic(args: &mut Args<'_>) -> Result<Topic, Error> {
    let name: String = args.next("subscription")?;
    match name.as_str() {
        "newHeads" => Ok(Topic::Heads),
        "logs" => Ok(Topic::Logs(Box::new(args.optional("filter")?.unwrap_or_default()))),
        "newPendingTransactions" => {
            Ok(Topic::Transactions { whole: args.optional("full transactions")?.unwrap_or(false) })
        }
        other => Err(Error::InvalidParams(format!(
            "subscription: there is no `{other}`; there are newHeads, logs and \
             newPendingTransactions"
        ))),
    }
}

async fn serve(
    pending: PendingSubscriptionSink,
    chain: &Arc<Chain>,
    topic: Topic,
) -> SubscriptionResult {
    // Nothing that happens after the client knows of its subscription may be missing.
    let events = chain.events();
    let sink = pending.accept().await?;
    tokio::select! {
        () = sink.closed() => {}
        ended = push(&sink, chain, events, &topic) => {
            if let Err(reason) = ended {
                tracing::info!("subscription dropped: {reason}");
            }
        }
    }
    Ok(())
}

async fn push(
    sink: &SubscriptionSink,
    chain: &Arc<Chain>,
    mut events: Receiver<Event>,
    topic: &Topic,
) -> Result<(), String> {
    let mut last = chain.height();
    loop {
        match events.recv().await {
            Ok(Event::Block(block)) => {
                last = block.number();
                match topic {
                    Topic::Heads => send(sink, block.header()).await?,
                    Topic::Logs(filter) => send_all(sink, matching(&block, filter)).await?,
                    Topic::Transactions { whole } => {
                        for hash in block.unannounced() {
                            transaction(sink, chain, hash, *whole).await?;
                        }
                    }
                }
            }
            Ok(Event::Rewind { height, dropped }) => {
                last = height;
                if let Topic::Logs(filter) = topic {
                    for block in dropped.iter().rev() {
                        send_all(sink, removed(block, filter)).await?;
                    }
                }
            }
            Ok(Event::Waiting(hash)) => {
                if let Topic::Transactions { whole } = topic {
                    transaction(sink, chain, hash, *whole).await?;
                }
            }
            Err(RecvError::Lagged(missed)) => {
                return Err(format!("its client is {missed} events behind, after block {last}"));
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

async fn transaction(
    sink: &SubscriptionSink,
    chain: &Arc<Chain>,
    hash: B256,
    whole: bool,
) -> Result<(), String> {
    if !whole {
        return send(sink, &hash).await;
    }
    let found = super::blocks::transaction(chain, hash).map_err(|error| error.to_string())?;
    match found {
        Some(transaction) => send(sink, &transaction).await,
        None => Ok(()),
    }
}

async fn send_all(sink: &SubscriptionSink, logs: Vec<Log>) -> Result<(), String> {
    for log in logs {
        send(sink, &log).await?;
    }
    Ok(())
}

async fn send(sink: &SubscriptionSink, news: &impl Serialize) -> Result<(), String> {
    let message = serde_json::value::to_raw_value(news).map_err(|error| error.to_string())?;
    let sent = sink.send_timeout(message, PATIENCE).await;
    sent.map_err(|_| "its client does not read".to_owned())
}
