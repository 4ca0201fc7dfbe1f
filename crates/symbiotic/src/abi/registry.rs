//! Registries, services, factories and the vault configurator.

use alloy_sol_types::sol;

sol! {
    /// Events that registries, factories, services and created entities share.
    #[derive(Debug, PartialEq)]
    interface RegistryEvents {
        event AddEntity(address indexed entity);
        event Initialized(uint64 version);
        event Upgraded(address indexed implementation);
        event AdminChanged(address previousAdmin, address newAdmin);
        event Migrate(address indexed entity, uint64 newVersion);
        event Whitelist(address indexed implementation);
        event Blacklist(uint64 indexed version);
        event SetMiddleware(address indexed network, address middleware);
        event SetMetadataURL(address indexed entity, string metadataURL);
        event IncreaseNonce(address indexed who, address indexed where);
        event OptIn(address indexed who, address indexed where);
        event OptOut(address indexed who, address indexed where);
    }
}

pub use RegistryEvents::{
    AddEntity, AdminChanged, Blacklist, IncreaseNonce, Initialized, Migrate, OptIn, OptOut,
    SetMetadataURL, SetMiddleware, Upgraded, Whitelist,
};
