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

    /// `Registry`: what every registry and factory answers.
    #[derive(Debug, PartialEq)]
    interface Registry {
        error EntityNotExist();

        function isEntity(address account) external view returns (bool);
        function totalEntities() external view returns (uint256);
        function entity(uint256 index) external view returns (address);
    }

    /// `OperatorRegistry`.
    #[derive(Debug, PartialEq)]
    interface OperatorRegistry {
        error OperatorAlreadyRegistered();

        function registerOperator() external;
    }

    /// `NetworkRegistry`.
    #[derive(Debug, PartialEq)]
    interface NetworkRegistry {
        error NetworkAlreadyRegistered();

        function registerNetwork() external;
    }

    /// `NetworkMiddlewareService`.
    #[derive(Debug, PartialEq)]
    interface NetworkMiddlewareService {
        error AlreadySet();
        error NotNetwork();

        function NETWORK_REGISTRY() external view returns (address);
        function middleware(address network) external view returns (address);
        function setMiddleware(address middleware) external;
    }

    /// `MetadataService`.
    #[derive(Debug, PartialEq)]
    interface MetadataService {
        error AlreadySet();
        error NotEntity();

        function REGISTRY() external view returns (address);
        function metadataURL(address entity) external view returns (string);
        function setMetadataURL(string metadataURL) external;
    }

    /// `OptInService`, with `StaticDelegateCallable` and ERC-5267.
    #[derive(Debug, PartialEq)]
    interface OptInService {
        error AlreadyOptedIn();
        error ExpiredSignature();
        error InvalidSignature();
        error NotOptedIn();
        error NotWhereEntity();
        error NotWho();
        error OptOutCooldown();

        function WHO_REGISTRY() external view returns (address);
        function WHERE_REGISTRY() external view returns (address);
        function eip712Domain() external view returns (
            bytes1 fields, string name, string version, uint256 chainId,
            address verifyingContract, bytes32 salt, uint256[] extensions
        );
        function isOptedIn(address who, address where) external view returns (bool);
        function isOptedInAt(address who, address where, uint48 timestamp, bytes hint)
            external view returns (bool);
        function nonces(address who, address where) external view returns (uint256);
        function optIn(address where) external;
        function optIn(address who, address where, uint48 deadline, bytes signature) external;
        function optOut(address where) external;
        function optOut(address who, address where, uint48 deadline, bytes signature) external;
        function increaseNonce(address where) external;
        function staticDelegateCall(address target, bytes data) external;
    }

    /// `MigratablesFactory`, of which `VaultFactory` is the only one.
    #[derive(Debug, PartialEq)]
    interface MigratablesFactory {
        error AlreadyBlacklisted();
        error AlreadyWhitelisted();
        error InvalidImplementation();
        error InvalidVersion();
        error NotOwner();
        error OldVersion();

        function lastVersion() external view returns (uint64);
        function implementation(uint64 version) external view returns (address);
        function blacklisted(uint64 version) external view returns (bool);
        function whitelist(address implementation) external;
        function blacklist(uint64 version) external;
        function create(uint64 version, address owner, bytes data) external returns (address);
        function migrate(address entity, uint64 newVersion, bytes data) external;
    }

    /// `Factory`: `DelegatorFactory` and `SlasherFactory`.
    #[derive(Debug, PartialEq)]
    interface Factory {
        error AlreadyBlacklisted();
        error AlreadyWhitelisted();
        error InvalidImplementation();
        error InvalidType();

        function totalTypes() external view returns (uint64);
        function implementation(uint64 type_) external view returns (address);
        function blacklisted(uint64 type_) external view returns (bool);
        function whitelist(address implementation) external;
        function blacklist(uint64 type_) external;
        function create(uint64 type_, bytes data) external returns (address);
    }

    /// What a `MigratablesFactory` asks of its implementations and proxies.
    #[derive(Debug, PartialEq)]
    interface MigratableEntity {
        function FACTORY() external view returns (address);
        function initialize(uint64 initialVersion, address owner, bytes data) external;
        function migrate(uint64 newVersion, bytes data) external;
    }

    /// What a `Factory` asks of its implementations.
    #[derive(Debug, PartialEq)]
    interface Entity {
        function FACTORY() external view returns (address);
        function TYPE() external view returns (uint64);
        function initialize(bytes data) external;
    }

    /// `IVaultConfigurator.InitParams`.
    #[derive(Debug, PartialEq)]
    struct ConfiguratorInitParams {
        uint64 version;
        address owner;
        bytes vaultParams;
        uint64 delegatorIndex;
        bytes delegatorParams;
        bool withSlasher;
        uint64 slasherIndex;
        bytes slasherParams;
    }

    /// `VaultConfigurator`.
    #[derive(Debug, PartialEq)]
    interface VaultConfigurator {
        function VAULT_FACTORY() external view returns (address);
        function DELEGATOR_FACTORY() external view returns (address);
        function SLASHER_FACTORY() external view returns (address);
        function create(ConfiguratorInitParams params)
            external returns (address vault, address delegator, address slasher);
    }
}

pub use RegistryEvents::{
    AddEntity, AdminChanged, Blacklist, IncreaseNonce, Initialized, Migrate, OptIn, OptOut,
    SetMetadataURL, SetMiddleware, Upgraded, Whitelist,
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B256, FixedBytes, b256, fixed_bytes};
    use alloy_sol_types::{SolCall, SolError, SolEvent};

    fn check<const N: usize>(table: &[(&str, FixedBytes<N>, &str)]) {
        for (name, expected, signature) in table {
            assert_eq!(signature.split('(').next(), Some(*name));
            let hash = alloy_primitives::keccak256(signature);
            assert_eq!(&hash[..N], expected.as_slice(), "{signature}");
        }
    }

    macro_rules! events {
        ($($event:ident $topic:literal,)*) => {
            [$((stringify!($event), b256!($topic), $event::SIGNATURE),)*]
        };
    }

    macro_rules! errors {
        ($($of:ident::$error:ident $selector:literal,)*) => {
            [$((stringify!($error), fixed_bytes!($selector), $of::$error::SIGNATURE),)*]
        };
    }

    macro_rules! functions {
        ($($of:ident::$call:ident $name:literal $selector:literal,)*) => {
            [$(($name, fixed_bytes!($selector), $of::$call::SIGNATURE),)*]
        };
    }

    #[test]
    fn topics_are_those_of_the_specification() {
        let table: [(&str, B256, &str); 12] = events! {
            AddEntity "0xb919910dcefbf753bfd926ab3b1d3f85d877190c3d01ba1bd585047b99b99f0b",
            Initialized "0xc7f505b2f371ae2175ee4913f4499e1f2633a7b5936321eed1cdaeb6115181d2",
            Upgraded "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
            AdminChanged "0x7e644d79422f17c01e4894b5f4f588d331ebfa28653d42ae832dc59e38c9798f",
            Migrate "0xb91c18bf7dbfdff96560fb98128531c4c6187079fe0bd7f24a81f54ea87f35a7",
            Whitelist "0xeb73900b98b6a3e2b8b01708fe544760cf570d21e7fbe5225f24e48b5b2b432e",
            Blacklist "0xfc8245c2838846b295ae66fbe0d08e20c799b737c93b56f7b209df2e5fa2d458",
            SetMiddleware "0xf64e2a8734392e221de13f5e56deb22d308e292cad394052affa97dbaf41ec98",
            SetMetadataURL "0xf8dac27f20d622a0759394313683066cb713a406633a3a7dde8799654015ea64",
            IncreaseNonce "0x8ed32926585579e6191b145240df788165f4957e1135f30a00e08ee8feb9d680",
            OptIn "0x9b730d5b907ee509de729817a2bb37e404418ba569b3a50f36192372f973cb41",
            OptOut "0x1629cd9ad365627cf8408d19c50224af8f3213c1a18ae48062d92e22bddf7de5",
        };
        check(&table);
    }

    #[test]
    fn error_selectors_are_those_of_the_specification() {
        let table: [(&str, FixedBytes<4>, &str); 24] = errors! {
            Registry::EntityNotExist "0xe3fd10ff",
            OperatorRegistry::OperatorAlreadyRegistered "0x42ee68b5",
            NetworkRegistry::NetworkAlreadyRegistered "0xad5fcda5",
            MigratablesFactory::AlreadyBlacklisted "0xf53de75f",
            MigratablesFactory::AlreadyWhitelisted "0xb73e95e1",
            MigratablesFactory::InvalidImplementation "0x68155f9a",
            MigratablesFactory::InvalidVersion "0xa9146eeb",
            MigratablesFactory::NotOwner "0x30cd7471",
            MigratablesFactory::OldVersion "0x384ebd90",
            Factory::AlreadyBlacklisted "0xf53de75f",
            Factory::AlreadyWhitelisted "0xb73e95e1",
            Factory::InvalidImplementation "0x68155f9a",
            Factory::InvalidType "0xb9688461",
            NetworkMiddlewareService::AlreadySet "0xa741a045",
            NetworkMiddlewareService::NotNetwork "0x8f54ee5c",
            MetadataService::AlreadySet "0xa741a045",
            MetadataService::NotEntity "0x184849cf",
            OptInService::AlreadyOptedIn "0xdcdeaba3",
            OptInService::ExpiredSignature "0xdf4cc36d",
            OptInService::InvalidSignature "0x8baa579f",
            OptInService::NotOptedIn "0x69613672",
            OptInService::NotWhereEntity "0x21f5408d",
            OptInService::NotWho "0xfb9ff950",
            OptInService::OptOutCooldown "0xa46fd2dc",
        };
        check(&table);
    }

    #[test]
    fn function_selectors_are_those_of_the_specification() {
        let table: [(&str, FixedBytes<4>, &str); 33] = functions! {
            Registry::isEntityCall "isEntity" "0x14887c58",
            Registry::totalEntitiesCall "totalEntities" "0x5cd8b15e",
            Registry::entityCall "entity" "0xb42ba2a2",
            OperatorRegistry::registerOperatorCall "registerOperator" "0x2acde098",
            NetworkRegistry::registerNetworkCall "registerNetwork" "0x87140b5b",
            MigratablesFactory::lastVersionCall "lastVersion" "0x64dfea06",
            MigratablesFactory::implementationCall "implementation" "0xf9661602",
            MigratablesFactory::blacklistedCall "blacklisted" "0xb6caa119",
            MigratablesFactory::whitelistCall "whitelist" "0x9b19251a",
            MigratablesFactory::blacklistCall "blacklist" "0xb572a966",
            MigratablesFactory::createCall "create" "0x3ac04911",
            MigratablesFactory::migrateCall "migrate" "0x58336662",
            Factory::totalTypesCall "totalTypes" "0xf15df2e5",
            Factory::createCall "create" "0xcd108ef8",
            MigratableEntity::initializeCall "initialize" "0x57ec83cc",
            MigratableEntity::migrateCall "migrate" "0x2abe3048",
            Entity::FACTORYCall "FACTORY" "0x2dd31000",
            Entity::TYPECall "TYPE" "0xbb24fe8a",
            Entity::initializeCall "initialize" "0x439fab91",
            VaultConfigurator::createCall "create" "0xc48927e4",
            NetworkMiddlewareService::middlewareCall "middleware" "0xbb5ed032",
            NetworkMiddlewareService::setMiddlewareCall "setMiddleware" "0xb7d8e1a9",
            MetadataService::metadataURLCall "metadataURL" "0x4edb8f39",
            MetadataService::setMetadataURLCall "setMetadataURL" "0x747daec5",
            OptInService::eip712DomainCall "eip712Domain" "0x84b0196e",
            OptInService::isOptedInCall "isOptedIn" "0x220d32d4",
            OptInService::isOptedInAtCall "isOptedInAt" "0x530e1d43",
            OptInService::optIn_0Call "optIn" "0xb1138ad1",
            OptInService::optIn_1Call "optIn" "0xced44ba7",
            OptInService::optOut_0Call "optOut" "0xd4610483",
            OptInService::optOut_1Call "optOut" "0x93f79bc3",
            OptInService::increaseNonceCall "increaseNonce" "0x8247a97c",
            OptInService::staticDelegateCallCall "staticDelegateCall" "0x9f86fd85",
        };
        check(&table);
    }
}
