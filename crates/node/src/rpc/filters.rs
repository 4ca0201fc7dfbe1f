//! Filters that clients poll: new blocks, new logs, new waiting transactions.

use super::{Args, Service, heavy_method, method};
use crate::chain::block::Block;
use crate::chain::{Chain, Event};
use crate::error::Error;
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Filter, Log};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// A filter that nobody asked for this long is forgotten, as in go-ethereum.
const PATIENCE: Duration = Duration::from_secs(300);
/// Most filters at a time.
const MAX_FILTERS: usize = 4_096;

/// What a filter looks for.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Logs.
    Logs(Box<Filter>),
    /// Hashes of new blocks.
    Blocks,
    /// Hashes of transactions that were taken.
    Transactions,
}

/// A filter that a client polls.
#[derive(Debug)]
struct Polled {
    kind: Kind,
    events: Receiver<Event>,
    /// The last block that was looked at.
    last: u64,
    asked: Instant,
}

/// All filters by number.
#[derive(Debug, Default)]
pub struct Filters {
    polled: Mutex<(u64, BTreeMap<u64, Polled>)>,
}

/// What is new.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum News {
    Hashes(Vec<B256>),
    Logs(Vec<Log>),
}

impl Filters {
    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Polled>)> {
        self.polled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, chain: &Chain, kind: Kind) -> Result<U64, Error> {
        let (events, last) = (chain.events(), chain.height());
        let mut polled = self.lock();
        polled.1.retain(|_, filter| filter.asked.elapsed() < PATIENCE);
        if polled.1.len() >= MAX_FILTERS {
            return Err(Error::TooManyFilters { limit: MAX_FILTERS });
        }
        polled.0 = polled.0.saturating_add(1);
        let id = polled.0;
        polled.1.insert(id, Polled { kind, events, last, asked: Instant::now() });
        Ok(U64::from(id))
    }

    fn remove(&self, id: U64) -> bool {
        self.lock().1.remove(&id.to()).is_some()
    }

    fn changes(&self, chain: &Chain, id: U64) -> Result<News, Error> {
        let mut polled = self.lock();
        let filter = polled.1.get_mut(&id.to()).ok_or(Error::UnknownFilter)?;
        filter.asked = Instant::now();
        filter.changes(chain)
    }

    fn logs_of(&self, id: U64) -> Result<Filter, Error> {
        let mut polled = self.lock();
        let filter = polled.1.get_mut(&id.to()).ok_or(Error::UnknownFilter)?;
        filter.asked = Instant::now();
        match &filter.kind {
            Kind::Logs(filter) => Ok((**filter).clone()),
            _ => Err(Error::InvalidParams("filter: it is not one for logs".to_owned())),
        }
    }
}

impl Polled {
    fn changes(&mut self, chain: &Chain) -> Result<News, Error> {
        let (mut hashes, mut logs) = (Vec::new(), Vec::new());
        loop {
            match self.events.try_recv() {
                Ok(event) => self.take(&event, &mut hashes, &mut logs),
                Err(TryRecvError::Lagged(_)) => {
                    self.catch_up(chain, &mut hashes, &mut logs)?;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Ok(match self.kind {
            Kind::Logs(_) => News::Logs(logs),
            _ => News::Hashes(hashes),
        })
    }

    fn take(&mut self, event: &Event, hashes: &mut Vec<B256>, logs: &mut Vec<Log>) {
        match event {
            // A block that was caught up with comes once more as an event.
            Event::Block(block) if block.number() <= self.last => {}
            Event::Block(block) => self.look_at(block, hashes, logs),
            Event::Rewind { height, dropped } => {
                if let Kind::Logs(filter) = &self.kind {
                    logs.extend(dropped.iter().rev().flat_map(|block| removed(block, filter)));
                }
                self.last = self.last.min(*height);
            }
            Event::Waiting(hash) if matches!(self.kind, Kind::Transactions) => hashes.push(*hash),
            Event::Waiting(_) => {}
        }
    }

    fn look_at(&mut self, block: &Block, hashes: &mut Vec<B256>, logs: &mut Vec<Log>) {
        match &self.kind {
            Kind::Logs(filter) => logs.extend(matching(block, filter)),
            Kind::Blocks => hashes.push(block.hash()),
            // What waited was told of when it came.
            Kind::Transactions => hashes.extend(block.unannounced()),
        }
        self.last = block.number();
    }

    /// More happened than events are kept for: look at the blocks themselves.
    fn catch_up(
        &mut self,
        chain: &Chain,
        hashes: &mut Vec<B256>,
        logs: &mut Vec<Log>,
    ) -> Result<(), Error> {
        self.events = chain.events();
        for number in self.last.saturating_add(1)..=chain.height() {
            let Some(block) = chain.block(number.into())? else { break };
            self.look_at(&block, hashes, logs);
        }
        Ok(())
    }
}

/// The logs of a block that a filter lets through.
pub(super) fn matching(block: &Block, filter: &Filter) -> Vec<Log> {
    block.logs().into_iter().filter(|log| filter.matches(&log.inner)).collect()
}

/// The same for a block that is no longer in the chain, the last log first.
pub(super) fn removed(block: &Block, filter: &Filter) -> Vec<Log> {
    let logs = matching(block, filter).into_iter().rev();
    logs.map(|log| Log { removed: true, ..log }).collect()
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_newFilter", |service, args| {
        let filter: Filter = args.next("filter")?;
        service.filters.add(&service.chain, Kind::Logs(Box::new(filter)))
    })?;
    method(module, "eth_newBlockFilter", |service, _| {
        service.filters.add(&service.chain, Kind::Blocks)
    })?;
    method(module, "eth_newPendingTransactionFilter", |service, _| {
        service.filters.add(&service.chain, Kind::Transactions)
    })?;
    heavy_method(module, "eth_getFilterChanges", |service, args| {
        service.filters.changes(&service.chain, id(args)?)
    })?;
    heavy_method(module, "eth_getFilterLogs", |service, args| {
        service.chain.logs(&service.filters.logs_of(id(args)?)?)
    })?;
    method(module, "eth_uninstallFilter", |service, args| Ok(service.filters.remove(id(args)?)))
}

fn id(args: &mut Args<'_>) -> Result<U64, Error> {
    args.next("filter id")
}
