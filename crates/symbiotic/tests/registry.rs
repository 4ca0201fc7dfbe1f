//! Registries, services and factories in a world.

use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{Panic, SolCall, SolEvent, SolValue};
use bondstone_kernel::ownable::{OwnableUnauthorizedAccount, OwnershipTransferred};
use bondstone_kernel::revert::library::FailedInnerCall;
use bondstone_kernel::{Block, Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::{
    AddEntity, AdminChanged, Blacklist, Factory, IncreaseNonce, Initialized, MetadataService,
    MigratableEntity, MigratablesFactory, Migrate, NetworkMiddlewareService, NetworkRegistry,
    OperatorRegistry, OptIn, OptInService, Registry, Upgraded, Whitelist,
};
use bondstone_symbiotic::abi::vault::Vault::NotFactory;
use bondstone_symbiotic::abi::vault::VaultInitParams;
use bondstone_world::{Deployment, Guest, Receipt, Transaction, World};
use std::sync::Arc;

const OWNER: Address = Address::repeat_byte(0x0e);
const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const FOREIGN: Address = Address::repeat_byte(0xf0);

struct Bench {
    world: World,
    deployment: Deployment,
}

impl Bench {
    fn new() -> Self {
        let mut world = World::new(Block { number: 1, timestamp: 1_750_000_000, chain_id: 31337 });
        let deployment = Deployment::mainnet(OWNER);
        deployment.deploy(&mut world).unwrap();
        Self { world, deployment }
    }

    fn at(&self, kind: Kind) -> Address {
        self.deployment.address(kind)
    }

    fn pass(&mut self, seconds: u64) {
        let block = *self.world.block();
        let timestamp = block.timestamp + seconds;
        self.world.set_block(Block { timestamp, number: block.number + 1, ..block });
    }

    fn raw(&mut self, from: Address, to: Address, input: Vec<u8>) -> Receipt {
        let (to, value) = (Some(to), U256::ZERO);
        self.world.transact(&Transaction { from, to, value, input: input.into() })
    }

    fn ok<C: SolCall>(&mut self, from: Address, kind: Kind, call: C) -> (C::Return, Receipt) {
        let receipt = self.raw(from, self.at(kind), call.abi_encode());
        let output = receipt.outcome.clone().unwrap();
        (C::abi_decode_returns(&output).unwrap(), receipt)
    }

    fn fails<C: SolCall>(&mut self, from: Address, kind: Kind, call: C, with: impl Into<Revert>) {
        let receipt = self.raw(from, self.at(kind), call.abi_encode());
        assert_eq!(receipt.outcome, Err(with.into()));
        assert!(receipt.entries.is_empty());
    }

    fn view<C: SolCall>(&self, kind: Kind, call: C) -> Result<C::Return, Revert> {
        let output = self.world.view(ALICE, self.at(kind), &call.abi_encode())?;
        Ok(C::abi_decode_returns(&output).unwrap())
    }

    fn create_vault(&mut self, owner: Address) -> (Address, Receipt) {
        let call = MigratablesFactory::createCall { version: 1, owner, data: vault_data() };
        self.ok(BOB, Kind::VaultFactory, call)
    }
}

fn vault_data() -> Bytes {
    let params = VaultInitParams {
        collateral: Address::repeat_byte(0xc0),
        burner: Address::ZERO,
        epochDuration: U48::from(3600),
        depositWhitelist: false,
        isDepositLimit: false,
        depositLimit: U256::ZERO,
        defaultAdminRoleHolder: ALICE,
        depositWhitelistSetRoleHolder: Address::ZERO,
        depositorWhitelistRoleHolder: Address::ZERO,
        isDepositLimitSetRoleHolder: Address::ZERO,
        depositLimitSetRoleHolder: Address::ZERO,
    };
    params.abi_encode().into()
}

fn topics(receipt: &Receipt) -> Vec<(Address, B256)> {
    receipt.logs().map(|log| (log.address, log.data.topics()[0])).collect()
}

fn panic_32() -> Revert {
    Panic { code: U256::from(0x32) }.into()
}

/// An implementation that is not one of ours.
#[derive(Debug)]
struct Foreign {
    factory: Address,
    type_: u64,
}

impl Guest for Foreign {
    fn call(&self, _: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        match message.input {
            [0x2d, 0xd3, 0x10, 0x00, ..] => Ok(self.factory.abi_encode()),
            [0xbb, 0x24, 0xfe, 0x8a, ..] => Ok(self.type_.abi_encode()),
            [0x2a, 0xbe, 0x30, 0x48, ..] if message.input.ends_with(&[7]) => Ok(Vec::new()),
            _ => Err(Revert::empty()),
        }
    }
}

/// A wallet that says yes to every signature.
#[derive(Debug)]
struct Wallet;

impl Guest for Wallet {
    fn call(&self, _: &mut World, _: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let mut word = vec![0; 32];
        word[..4].copy_from_slice(&hex!("1626ba7e"));
        Ok(word)
    }
}

#[test]
fn registries_keep_the_order_and_refuse_a_second_time() {
    let mut b = Bench::new();
    let (_, receipt) =
        b.ok(ALICE, Kind::OperatorRegistry, OperatorRegistry::registerOperatorCall {});
    assert_eq!(topics(&receipt), [(b.at(Kind::OperatorRegistry), AddEntity::SIGNATURE_HASH)]);
    b.ok(BOB, Kind::OperatorRegistry, OperatorRegistry::registerOperatorCall {});
    b.ok(ALICE, Kind::NetworkRegistry, NetworkRegistry::registerNetworkCall {});
    b.fails(
        ALICE,
        Kind::OperatorRegistry,
        OperatorRegistry::registerOperatorCall {},
        OperatorRegistry::OperatorAlreadyRegistered {},
    );
    b.fails(
        ALICE,
        Kind::NetworkRegistry,
        NetworkRegistry::registerNetworkCall {},
        NetworkRegistry::NetworkAlreadyRegistered {},
    );
    let kind = Kind::OperatorRegistry;
    assert_eq!(b.view(kind, Registry::totalEntitiesCall {}), Ok(U256::from(2)));
    assert_eq!(b.view(kind, Registry::entityCall { index: U256::ONE }), Ok(BOB));
    assert_eq!(b.view(kind, Registry::entityCall { index: U256::from(2) }), Err(panic_32()));
    assert_eq!(b.view(kind, Registry::entityCall { index: U256::MAX }), Err(panic_32()));
    assert_eq!(b.view(kind, Registry::isEntityCall { account: BOB }), Ok(true));
    assert_eq!(b.view(Kind::NetworkRegistry, Registry::isEntityCall { account: BOB }), Ok(false));
}

#[test]
fn malformed_calldata_and_unknown_selectors_revert_without_data() {
    let mut b = Bench::new();
    let kinds = [
        Kind::OperatorRegistry,
        Kind::NetworkMiddlewareService,
        Kind::OperatorMetadataService,
        Kind::OperatorVaultOptInService,
        Kind::VaultFactory,
        Kind::SlasherFactory,
        Kind::VaultConfigurator,
    ];
    let mut inputs = vec![vec![], vec![1], hex!("deadbeef").to_vec()];
    // isEntity, setMiddleware, setMetadataURL, optIn, create, create, create: arguments cut short.
    for selector in ["14887c58", "b7d8e1a9", "747daec5", "b1138ad1", "3ac04911", "cd108ef8"] {
        inputs.push(hex::decode(selector).unwrap());
    }
    inputs.push([hex!("c48927e4").as_slice(), &[0xff; 64]].concat());
    // An address with bits beyond its 160.
    inputs.push([hex!("b7d8e1a9").as_slice(), &[0xff; 32]].concat());
    for kind in kinds {
        for input in &inputs {
            let receipt = b.raw(ALICE, b.at(kind), input.clone());
            assert_eq!(receipt.outcome, Err(Revert::empty()), "{kind:?} {}", hex::encode(input));
        }
    }
}

#[test]
fn middleware_and_metadata_change_only_to_something_else() {
    use NetworkMiddlewareService::{AlreadySet, NotNetwork, middlewareCall, setMiddlewareCall};
    let mut b = Bench::new();
    let kind = Kind::NetworkMiddlewareService;
    b.fails(ALICE, kind, setMiddlewareCall { middleware: BOB }, NotNetwork {});
    b.ok(ALICE, Kind::NetworkRegistry, NetworkRegistry::registerNetworkCall {});
    b.fails(ALICE, kind, setMiddlewareCall { middleware: Address::ZERO }, AlreadySet {});
    b.ok(ALICE, kind, setMiddlewareCall { middleware: BOB });
    assert_eq!(b.view(kind, middlewareCall { network: ALICE }), Ok(BOB));
    b.fails(ALICE, kind, setMiddlewareCall { middleware: BOB }, AlreadySet {});
    b.ok(ALICE, kind, setMiddlewareCall { middleware: Address::ZERO });

    let url = |text: &str| MetadataService::setMetadataURLCall { metadataURL: text.to_owned() };
    let kind = Kind::NetworkMetadataService;
    b.fails(BOB, kind, url("x"), MetadataService::NotEntity {});
    b.fails(ALICE, kind, url(""), MetadataService::AlreadySet {});
    b.ok(ALICE, kind, url("https://n"));
    b.fails(ALICE, kind, url("https://n"), MetadataService::AlreadySet {});
    let stored = b.view(kind, MetadataService::metadataURLCall { entity: ALICE });
    assert_eq!(stored, Ok("https://n".to_owned()));
    b.fails(ALICE, Kind::OperatorMetadataService, url("x"), MetadataService::NotEntity {});
}

#[test]
fn opting_in_and_out_keeps_a_history() {
    let mut b = Bench::new();
    let kind = Kind::OperatorNetworkOptInService;
    let opt_in = || OptInService::optIn_0Call { r#where: BOB };
    let opt_out = || OptInService::optOut_0Call { r#where: BOB };
    b.fails(ALICE, kind, opt_in(), OptInService::NotWho {});
    b.ok(ALICE, Kind::OperatorRegistry, OperatorRegistry::registerOperatorCall {});
    b.fails(ALICE, kind, opt_in(), OptInService::NotWhereEntity {});
    b.ok(BOB, Kind::NetworkRegistry, NetworkRegistry::registerNetworkCall {});
    b.fails(ALICE, kind, opt_out(), OptInService::NotOptedIn {});
    let (_, receipt) = b.ok(ALICE, kind, opt_in());
    let service = b.at(kind);
    assert_eq!(
        topics(&receipt),
        [(service, IncreaseNonce::SIGNATURE_HASH), (service, OptIn::SIGNATURE_HASH)]
    );
    b.fails(ALICE, kind, opt_in(), OptInService::AlreadyOptedIn {});
    b.fails(ALICE, kind, opt_out(), OptInService::OptOutCooldown {});
    b.pass(5);
    b.ok(ALICE, kind, opt_out());
    b.ok(ALICE, kind, opt_in());
    b.fails(ALICE, kind, opt_out(), OptInService::OptOutCooldown {});
    b.pass(5);
    b.ok(ALICE, kind, opt_out());
    let at = |timestamp: u64, hint: Bytes| OptInService::isOptedInAtCall {
        who: ALICE,
        r#where: BOB,
        timestamp: U48::from(timestamp),
        hint,
    };
    assert_eq!(b.view(kind, at(1_749_999_999, Bytes::new())), Ok(false));
    assert_eq!(b.view(kind, at(1_750_000_000, Bytes::new())), Ok(true));
    assert_eq!(b.view(kind, at(1_750_000_005, 2u32.abi_encode().into())), Ok(true));
    assert_eq!(b.view(kind, at(1_750_000_010, 2u32.abi_encode().into())), Ok(false));
    assert_eq!(b.view(kind, at(1_750_000_010, 3u32.abi_encode().into())), Err(panic_32()));
    assert_eq!(b.view(kind, at(1_750_000_010, vec![1].into())), Err(Revert::empty()));
    let nonces = OptInService::noncesCall { who: ALICE, r#where: BOB };
    assert_eq!(b.view(kind, nonces), Ok(U256::from(4)));
}

#[test]
fn wallets_sign_through_erc_1271_until_the_deadline() {
    let mut b = Bench::new();
    b.world.register_guest(FOREIGN, Arc::new(Wallet));
    b.ok(FOREIGN, Kind::OperatorRegistry, OperatorRegistry::registerOperatorCall {});
    b.ok(BOB, Kind::NetworkRegistry, NetworkRegistry::registerNetworkCall {});
    let kind = Kind::OperatorNetworkOptInService;
    let call = |who: Address, deadline: u64| OptInService::optIn_1Call {
        who,
        r#where: BOB,
        deadline: U48::from(deadline),
        signature: Bytes::new(),
    };
    b.fails(ALICE, kind, call(FOREIGN, 1_749_999_999), OptInService::ExpiredSignature {});
    b.fails(ALICE, kind, call(ALICE, 1_750_000_000), OptInService::InvalidSignature {});
    b.ok(ALICE, kind, call(FOREIGN, 1_750_000_000));
    let held = OptInService::isOptedInCall { who: FOREIGN, r#where: BOB };
    assert_eq!(b.view(kind, held), Ok(true));
}

#[test]
fn the_signature_domain_can_be_asked_for() {
    let b = Bench::new();
    let kind = Kind::OperatorVaultOptInService;
    let domain = b.view(kind, OptInService::eip712DomainCall {}).unwrap();
    assert_eq!(domain.fields.0, [0x0f]);
    assert_eq!((domain.name.as_str(), domain.version.as_str()), ("OperatorVaultOptInService", "1"));
    assert_eq!((domain.chainId, domain.verifyingContract), (U256::from(31337), b.at(kind)));
    assert!(domain.salt.is_zero() && domain.extensions.is_empty());
}

#[test]
fn a_vault_is_created_behind_a_proxy_and_added_last() {
    let mut b = Bench::new();
    let (vault, receipt) = b.create_vault(ALICE);
    let factory = b.at(Kind::VaultFactory);
    let logs = topics(&receipt);
    assert_eq!(logs[0], (vault, Upgraded::SIGNATURE_HASH));
    assert_eq!(logs[1], (vault, OwnershipTransferred::SIGNATURE_HASH));
    let end = [
        (vault, Initialized::SIGNATURE_HASH),
        (vault, AdminChanged::SIGNATURE_HASH),
        (factory, AddEntity::SIGNATURE_HASH),
    ];
    assert_eq!(logs[logs.len() - 3..], end);
    let (second, _) = b.create_vault(ALICE);
    assert_ne!(vault, second);
    let kind = Kind::VaultFactory;
    assert_eq!(b.view(kind, Registry::entityCall { index: U256::ONE }), Ok(second));
    let bad =
        |version: u64, data: Bytes| MigratablesFactory::createCall { version, owner: ALICE, data };
    b.fails(BOB, kind, bad(0, vault_data()), MigratablesFactory::InvalidVersion {});
    b.fails(BOB, kind, bad(3, vault_data()), MigratablesFactory::InvalidVersion {});
    // The proxy's constructor turns a revert without data into one that says so.
    b.fails(BOB, kind, bad(1, Bytes::new()), FailedInnerCall {});
    assert_eq!(b.view(kind, Registry::totalEntitiesCall {}), Ok(U256::from(2)));
}

#[test]
fn the_vault_factory_is_run_by_its_owner() {
    use MigratablesFactory as F;
    let mut b = Bench::new();
    let kind = Kind::VaultFactory;
    let refused = OwnableUnauthorizedAccount { account: ALICE };
    let whitelist = |implementation: Address| F::whitelistCall { implementation };
    b.fails(ALICE, kind, whitelist(FOREIGN), refused.clone());
    b.fails(ALICE, kind, F::blacklistCall { version: 1 }, refused);
    b.fails(OWNER, kind, whitelist(FOREIGN), Revert::empty());
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory: ALICE, type_: 0 }));
    b.fails(OWNER, kind, whitelist(FOREIGN), F::InvalidImplementation {});
    let ours = b.at(Kind::VaultImplementation);
    b.fails(OWNER, kind, whitelist(ours), F::AlreadyWhitelisted {});
    let factory = b.at(kind);
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory, type_: 0 }));
    let (_, receipt) = b.ok(OWNER, kind, whitelist(FOREIGN));
    assert_eq!(topics(&receipt), [(factory, Whitelist::SIGNATURE_HASH)]);
    assert_eq!(b.view(kind, F::lastVersionCall {}), Ok(3));
    assert_eq!(b.view(kind, F::implementationCall { version: 3 }), Ok(FOREIGN));
    let none = b.view(kind, F::implementationCall { version: 4 });
    assert_eq!(none, Err(F::InvalidVersion {}.into()));

    b.fails(OWNER, kind, F::blacklistCall { version: 9 }, F::InvalidVersion {});
    let (_, receipt) = b.ok(OWNER, kind, F::blacklistCall { version: 1 });
    assert_eq!(topics(&receipt), [(factory, Blacklist::SIGNATURE_HASH)]);
    b.fails(OWNER, kind, F::blacklistCall { version: 1 }, F::AlreadyBlacklisted {});
    assert_eq!(b.view(kind, F::blacklistedCall { version: 1 }), Ok(true));
    assert_eq!(b.view(kind, F::blacklistedCall { version: 2 }), Ok(false));
    // The blacklist informs; it stops nothing.
    b.create_vault(ALICE);
}

#[test]
fn migration_checks_in_order_and_never_moves_between_our_versions() {
    use MigratablesFactory as F;
    let mut b = Bench::new();
    let kind = Kind::VaultFactory;
    let (vault, _) = b.create_vault(ALICE);
    let to = |entity: Address, version: u64, data: &[u8]| F::migrateCall {
        entity,
        newVersion: version,
        data: data.to_vec().into(),
    };
    b.fails(BOB, kind, to(BOB, 1, &[]), Registry::EntityNotExist {});
    b.fails(BOB, kind, to(vault, 1, &[]), F::NotOwner {});
    b.fails(ALICE, kind, to(vault, 1, &[]), F::OldVersion {});
    b.fails(ALICE, kind, to(vault, 7, &[]), F::InvalidVersion {});
    b.fails(ALICE, kind, to(vault, 2, &[]), FailedInnerCall {});

    let factory = b.at(kind);
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory, type_: 0 }));
    b.ok(OWNER, kind, F::whitelistCall { implementation: FOREIGN });
    b.fails(ALICE, kind, to(vault, 3, &[]), FailedInnerCall {});
    let mut seven = [0u8; 32];
    seven[31] = 7;
    let (_, receipt) = b.ok(ALICE, kind, to(vault, 3, &seven));
    let logs = [
        (vault, Upgraded::SIGNATURE_HASH),
        (vault, Initialized::SIGNATURE_HASH),
        (factory, Migrate::SIGNATURE_HASH),
    ];
    assert_eq!(topics(&receipt), logs);
    b.fails(ALICE, kind, to(vault, 3, &seven), F::OldVersion {});
    // Its code is not ours, so no vault can start out with it.
    let call = F::createCall { version: 3, owner: ALICE, data: vault_data() };
    let receipt = b.raw(BOB, factory, call.abi_encode());
    assert!(receipt.outcome.is_err());
}

#[test]
fn typed_factories_count_types_from_zero() {
    let mut b = Bench::new();
    let kind = Kind::DelegatorFactory;
    let factory = b.at(kind);
    let whitelist = || Factory::whitelistCall { implementation: FOREIGN };
    b.fails(ALICE, kind, whitelist(), OwnableUnauthorizedAccount { account: ALICE });
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory, type_: 9 }));
    b.fails(OWNER, kind, whitelist(), Factory::InvalidImplementation {});
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory, type_: 4 }));
    b.ok(OWNER, kind, whitelist());
    b.world.register_guest(FOREIGN, Arc::new(Foreign { factory, type_: 5 }));
    b.fails(OWNER, kind, whitelist(), Factory::AlreadyWhitelisted {});
    assert_eq!(b.view(kind, Factory::totalTypesCall {}), Ok(5));
    assert_eq!(b.view(kind, Factory::implementationCall { type_: 5 }), Err(panic_32()));
    b.fails(OWNER, kind, Factory::blacklistCall { type_: 5 }, Factory::InvalidType {});
    b.ok(OWNER, kind, Factory::blacklistCall { type_: 4 });
    b.fails(OWNER, kind, Factory::blacklistCall { type_: 4 }, Factory::AlreadyBlacklisted {});
    let unknown = Factory::createCall { type_: 5, data: Bytes::new() };
    b.fails(ALICE, Kind::SlasherFactory, unknown, panic_32());
}

#[test]
fn a_vault_migrates_only_at_the_call_of_its_factory() {
    let mut b = Bench::new();
    let (vault, _) = b.create_vault(ALICE);
    let call = MigratableEntity::migrateCall { newVersion: 2, data: Bytes::new() };
    let receipt = b.raw(ALICE, vault, call.abi_encode());
    assert_eq!(receipt.outcome, Err(NotFactory {}.into()));
}
