//! Logs.

use super::{Service, method};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_getLogs", |service, args| service.chain.logs(&args.next("filter")?))
}
