//! Middleware and metadata services.

use crate::Symbiotic;
use crate::abi::registry::{
    MetadataService, NetworkMiddlewareService, SetMetadataURL, SetMiddleware,
};
use crate::state::Kind;
use alloy_primitives::Address;
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert, require};

/// Answers a call to the middleware service or one of the two metadata services.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match kind {
        Kind::NetworkMiddlewareService => middleware_service(host, message),
        Kind::OperatorMetadataService => {
            metadata_service(host, kind, Kind::OperatorRegistry, message)
        }
        _ => metadata_service(host, kind, Kind::NetworkRegistry, message),
    }
}

fn middleware_service(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use NetworkMiddlewareService::NetworkMiddlewareServiceCalls as Call;
    match Call::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Call::NETWORK_REGISTRY(_) => Ok(host.state().singleton(Kind::NetworkRegistry).abi_encode()),
        Call::middleware(c) => {
            let network = host.accounts().find(&c.network);
            Ok(host.state().registry.middleware.get(network).abi_encode())
        }
        Call::setMiddleware(c) => set_middleware(host, message, c.middleware),
    }
}

/// Source: `NetworkMiddlewareService.setMiddleware`.
fn set_middleware(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    middleware: Address,
) -> Result<Vec<u8>, Revert> {
    use NetworkMiddlewareService::{AlreadySet, NotNetwork};
    let sender = host.accounts().find(&message.sender);
    let registry = &host.state().registry;
    require!(registry.is_entity(Kind::NetworkRegistry, sender), NotNetwork {});
    require!(*registry.middleware.get(sender) != middleware, AlreadySet {});
    host.emit(message.this, SetMiddleware { network: message.sender, middleware }.into())?;
    Ok(Vec::new())
}

fn metadata_service(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    registry: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use MetadataService::MetadataServiceCalls as Call;
    match Call::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Call::REGISTRY(_) => Ok(host.state().singleton(registry).abi_encode()),
        Call::metadataURL(c) => Ok(metadata_url(host, kind, c.entity).abi_encode()),
        Call::setMetadataURL(c) => set_metadata_url(host, (kind, registry), message, c.metadataURL),
    }
}

fn metadata_url(host: &dyn Host<Symbiotic>, kind: Kind, entity: Address) -> &String {
    let registry = &host.state().registry;
    let key = registry.metadata_keys.find(&(kind.id(), host.accounts().find(&entity)));
    registry.metadata_urls.get(key)
}

/// Source: `MetadataService.setMetadataURL`.
fn set_metadata_url(
    host: &mut dyn Host<Symbiotic>,
    (kind, registry): (Kind, Kind),
    message: &Message<'_>,
    url: String,
) -> Result<Vec<u8>, Revert> {
    use MetadataService::{AlreadySet, NotEntity};
    let sender = host.accounts().find(&message.sender);
    require!(host.state().registry.is_entity(registry, sender), NotEntity {});
    require!(*metadata_url(host, kind, message.sender) != url, AlreadySet {});
    let event = SetMetadataURL { entity: message.sender, metadataURL: url };
    host.emit(message.this, event.into())?;
    Ok(Vec::new())
}
