//! The JSON-RPC methods. Each is a function of the node and the parameters; what they share (limits
//! on input, errors, panics that must not reach the server) is here.

mod blocks;
mod calls;
mod development;
mod filters;
pub mod ledger;
mod logs;
mod meta;
mod number;
mod pool;
pub mod security;
mod sending;
mod signing;
mod subscriptions;
mod time;
mod traces;

use crate::accounts::DevAccounts;
use crate::chain::{Answer, Chain};
use crate::error::Error;
use crate::labels::Labels;
use crate::metrics::Metrics;
use alloy_eips::BlockId;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use jsonrpsee::types::{ErrorObjectOwned, Params, params::ParamsSequence};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub use filters::Filters;
pub use time::Pace;
use tracing::Span;

/// What the methods work on.
#[derive(Debug)]
pub struct Service {
    /// The chain.
    pub chain: Arc<Chain>,
    /// Accounts whose keys the node holds.
    pub accounts: DevAccounts,
    /// The filters that clients poll.
    pub filters: Filters,
    /// Makes blocks by the clock, when somebody asked for that.
    pub pace: Arc<Pace>,
    /// Names and prices that answers carry.
    pub labels: Labels,
    /// Where things are counted.
    pub metrics: Arc<Metrics>,
}

impl Service {
    /// The methods' ground over a chain.
    #[must_use]
    pub fn new(
        chain: Arc<Chain>,
        accounts: DevAccounts,
        labels: Labels,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (filters, pace) = (Filters::default(), Arc::default());
        Self { chain, accounts, filters, pace, labels, metrics }
    }
}

/// All methods.
///
/// # Errors
/// When two have the same name.
pub fn module(service: Service) -> Result<RpcModule<Service>, RegisterMethodError> {
    let mut module = RpcModule::new(service);
    meta::register(&mut module)?;
    blocks::register(&mut module)?;
    calls::register(&mut module)?;
    sending::register(&mut module)?;
    logs::register(&mut module)?;
    time::register(&mut module)?;
    pool::register(&mut module)?;
    traces::register(&mut module)?;
    signing::register(&mut module)?;
    development::register(&mut module)?;
    filters::register(&mut module)?;
    subscriptions::register(&mut module)?;
    security::register(&mut module)?;
    ledger::register(&mut module)?;
    Ok(module)
}

/// The parameters of a request, read one by one.
#[derive(Debug)]
struct Args<'a>(ParamsSequence<'a>);

impl Args<'_> {
    /// The next parameter, which must be there.
    fn next<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => Err(Error::InvalidParams(format!("{name} is missing"))),
        }
    }

    /// The next parameter, `None` when it is missing or null.
    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Error> {
        self.0.optional_next().map_err(|error| match Error::from(error) {
            Error::InvalidParams(text) => Error::InvalidParams(format!("{name}: {text}")),
            other => other,
        })
    }

    /// The next parameter as a block; the last block when it is missing.
    fn block(&mut self) -> Result<BlockId, Error> {
        Ok(self.optional("block")?.unwrap_or_default())
    }
}

type Method<R> = fn(&Service, &mut Args<'_>) -> Result<R, Error>;

/// Registers a method that is answered where its request was read, on a thread of the runtime. This
/// is the short way, for what takes microseconds: changing threads costs more than most reads. It
/// must not wait for a disk or a lock that somebody holds for long, because the requests of other
/// clients may stand behind it.
fn method<R: Serialize + Clone + Send + 'static>(
    module: &mut RpcModule<Service>,
    name: &'static str,
    body: Method<R>,
) -> Result<(), RegisterMethodError> {
    module.register_method(name, move |params: Params<'_>, service, _| {
        answer(name, service, &params, body).map_err(ErrorObjectOwned::from)
    })?;
    Ok(())
}

/// Registers a method that may take long, or wait. It runs on a thread of its own and is written to
/// JSON there.
fn heavy_method<R: Serialize + Clone + Send + 'static>(
    module: &mut RpcModule<Service>,
    name: &'static str,
    body: Method<R>,
) -> Result<(), RegisterMethodError> {
    module.register_blocking_method(name, move |params: Params<'_>, service, extensions| {
        let span = extensions.get::<Span>().cloned().unwrap_or_else(Span::none);
        let answer = || answer(name, &service, &params, body).map_err(ErrorObjectOwned::from);
        span.in_scope(answer)
    })?;
    Ok(())
}

type Writing<R> = fn(&Service, &mut Args<'_>) -> Result<Answer<R>, Error>;

/// Registers a method that writes. It answers when what it wrote is kept, and holds no thread
/// while it waits.
fn writing_method<R: Serialize + Clone + Send + 'static>(
    module: &mut RpcModule<Service>,
    name: &'static str,
    body: Writing<R>,
) -> Result<(), RegisterMethodError> {
    writing_method_as(module, name, body, |result| result)
}

/// As [`writing_method`], for an answer that clients know in another shape.
fn writing_method_as<R: Send + 'static, S: Serialize + Clone + Send + 'static>(
    module: &mut RpcModule<Service>,
    name: &'static str,
    body: Writing<R>,
    shape: fn(R) -> S,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params: Params<'_>, service, _| {
        let begun = answer(name, &service, &params, body);
        async move {
            let result = match begun {
                Ok(writing) => writing.get().await.map(shape),
                Err(error) => Err(error),
            };
            result.map_err(ErrorObjectOwned::from)
        }
    })?;
    Ok(())
}

fn answer<R>(
    name: &str,
    service: &Service,
    params: &Params<'_>,
    body: Method<R>,
) -> Result<R, Error> {
    let mut args = Args(params.sequence());
    let result = catch_unwind(AssertUnwindSafe(|| body(service, &mut args)));
    let result = result.unwrap_or_else(|_| Err(Error::Internal(format!("{name} panicked"))));
    match &result {
        Err(Error::Internal(text)) => tracing::error!(method = name, "{text}"),
        Err(error) => tracing::debug!(method = name, "{error}"),
        Ok(_) => tracing::trace!(method = name, "answered"),
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::clock::Clock;
    use alloy_primitives::Address;

    fn service() -> Service {
        let chain = Chain::new(Clock::fixed(1_000), |_| Ok(Vec::new())).expect("nothing to fail");
        let accounts = DevAccounts::derive().expect("the mnemonic is valid");
        Service::new(Arc::new(chain), accounts, Labels::default(), Arc::default())
    }

    #[test]
    fn a_panic_in_a_method_is_an_error_of_that_request_alone() {
        let service = service();
        let params = Params::new(Some("[]"));
        let result: Result<(), Error> =
            answer("bad_method", &service, &params, |_, _| panic!("a bug"));
        assert_eq!(result, Err(Error::Internal("bad_method panicked".to_owned())));
        let result =
            answer("good_method", &service, &params, |service, _| Ok(service.chain.height()));
        assert_eq!(result, Ok(0));
    }

    #[test]
    fn parameters_that_do_not_fit_are_named() {
        let service = service();
        let read = |text| {
            let params = Params::new(Some(text));
            answer("m", &service, &params, |_, args| args.next::<Address>("address"))
        };
        let text = |result: Result<Address, Error>| match result {
            Err(Error::InvalidParams(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(text(read("[]")), "address is missing");
        assert_eq!(text(read("[null]")), "address is missing");
        assert!(text(read("[5]")).starts_with("address: "));
        assert!(text(read("[\"0x12\"]")).starts_with("address: "));
        assert!(text(read("{\"a\": 1}")).starts_with("address: "));
        let fits = read("[\"0x0000000000000000000000000000000000000001\"]");
        assert_eq!(fits, Ok(Address::with_last_byte(1)));
    }
}
