//! Logs.

use super::{Service, heavy_method};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    heavy_method(module, "eth_getLogs", |service, args| service.chain.logs(&args.next("filter")?))
}
