//! Every function of the suites and every ABI-encoded argument that a function takes as bytes.

use alloy_dyn_abi::DynSolType;
use bondstone_karak::abi as karak;
use bondstone_kernel::access::AccessControl;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::ownable::Ownable;
use bondstone_symbiotic::abi::{
    collateral, delegator, hints, hook, registry, rewards, rewards_v2, router, slasher, vault,
};
use bondstone_tokens::abi::Multicall3;
use std::collections::BTreeMap;

/// A function: its selector and the tuple of its arguments.
pub struct Function {
    pub selector: [u8; 4],
    pub arguments: DynSolType,
}

macro_rules! calls {
    ($($calls:ty),* $(,)?) => { [$((<$calls>::SELECTORS, <$calls>::SIGNATURES)),*] };
}

type Interface = (&'static [[u8; 4]], &'static [&'static str]);

fn karak_interfaces() -> Vec<Interface> {
    calls![
        karak::core::ConfiguredVault::ConfiguredVaultCalls,
        karak::core::Core::CoreCalls,
        karak::core::Hooks::HooksCalls,
        karak::dss::BaseDss::BaseDssCalls,
        karak::handler::Querier::QuerierCalls,
        karak::handler::SlashingHandler::SlashingHandlerCalls,
        karak::native::NativeNode::NativeNodeCalls,
        karak::native::NativeVault::NativeVaultCalls,
        karak::registry::RestakingRegistry::RestakingRegistryCalls,
        karak::solady::OwnableRoles::OwnableRolesCalls,
        karak::solady::Pauser::PauserCalls,
        karak::solady::SoladyErc20::SoladyErc20Calls,
        karak::vault::Vault::VaultCalls,
        karak::viewer::PriceFeed::PriceFeedCalls,
        karak::viewer::StakeViewer::StakeViewerCalls,
    ]
    .to_vec()
}

/// Every function once, in the order of the selectors.
pub fn functions() -> Vec<Function> {
    let mut interfaces = karak_interfaces();
    interfaces.extend(calls![
        AccessControl::AccessControlCalls,
        Erc20::Erc20Calls,
        Multicall3::Multicall3Calls,
        Ownable::OwnableCalls,
        collateral::DaiPermit::DaiPermitCalls,
        collateral::DefaultCollateral::DefaultCollateralCalls,
        collateral::DefaultCollateralFactory::DefaultCollateralFactoryCalls,
        collateral::Permit2::Permit2Calls,
        collateral::Permit::PermitCalls,
        delegator::Delegator::DelegatorCalls,
        hints::BaseDelegatorHints::BaseDelegatorHintsCalls,
        hints::BaseSlasherHints::BaseSlasherHintsCalls,
        hints::DelegatorHints::DelegatorHintsCalls,
        hints::DelegatorHintsStorage::DelegatorHintsStorageCalls,
        hints::FullRestakeDelegatorHints::FullRestakeDelegatorHintsCalls,
        hints::Hinted::HintedCalls,
        hints::Hints::HintsCalls,
        hints::NetworkLimitHints::NetworkLimitHintsCalls,
        hints::NetworkRestakeDelegatorHints::NetworkRestakeDelegatorHintsCalls,
        hints::OperatorNetworkSpecificDelegatorHints::OperatorNetworkSpecificDelegatorHintsCalls,
        hints::OperatorNetworkSpecificHintsStorage::OperatorNetworkSpecificHintsStorageCalls,
        hints::OperatorSpecificHintsStorage::OperatorSpecificHintsStorageCalls,
        hints::OptInServiceHints::OptInServiceHintsCalls,
        hints::OptInServiceHintsStorage::OptInServiceHintsStorageCalls,
        hints::SlasherHints::SlasherHintsCalls,
        hints::SlasherHintsStorage::SlasherHintsStorageCalls,
        hints::VaultHints::VaultHintsCalls,
        hints::VaultHintsStorage::VaultHintsStorageCalls,
        hints::VetoSlasherHints::VetoSlasherHintsCalls,
        hints::VetoSlasherHintsStorage::VetoSlasherHintsStorageCalls,
        hook::Hook::HookCalls,
        hook::HookQueries::HookQueriesCalls,
        registry::Entity::EntityCalls,
        registry::Factory::FactoryCalls,
        registry::MetadataService::MetadataServiceCalls,
        registry::MigratableEntity::MigratableEntityCalls,
        registry::MigratablesFactory::MigratablesFactoryCalls,
        registry::NetworkMiddlewareService::NetworkMiddlewareServiceCalls,
        registry::NetworkRegistry::NetworkRegistryCalls,
        registry::OperatorRegistry::OperatorRegistryCalls,
        registry::OptInService::OptInServiceCalls,
        registry::Registry::RegistryCalls,
        registry::VaultConfigurator::VaultConfiguratorCalls,
        rewards::operator::DefaultOperatorRewards::DefaultOperatorRewardsCalls,
        rewards::operator::OperatorRewardsFactory::OperatorRewardsFactoryCalls,
        rewards::staker::DefaultStakerRewards::DefaultStakerRewardsCalls,
        rewards::staker::StakerRewardsFactory::StakerRewardsFactoryCalls,
        rewards_v2::CuratorRegistry::CuratorRegistryCalls,
        rewards_v2::FeeRegistry::FeeRegistryCalls,
        rewards_v2::Rewards::RewardsCalls,
        router::BurnerRouter::BurnerRouterCalls,
        router::BurnerRouterFactory::BurnerRouterFactoryCalls,
        slasher::BaseSlasher::BaseSlasherCalls,
        slasher::Burner::BurnerCalls,
        slasher::Slasher::SlasherCalls,
        slasher::VetoSlasher::VetoSlasherCalls,
        vault::Vault::VaultCalls,
    ]);
    let mut found: BTreeMap<[u8; 4], &str> = BTreeMap::new();
    for (selectors, signatures) in interfaces {
        found.extend(selectors.iter().copied().zip(signatures.iter().copied()));
    }
    found.into_iter().map(|(selector, signature)| function(selector, signature)).collect()
}

fn function(selector: [u8; 4], signature: &str) -> Function {
    let arguments = signature.find('(').map(|at| &signature[at..]).expect("a signature");
    Function { selector, arguments: parse(arguments) }
}

/// What functions decode from bytes: parameters of new entities, hints, data of rewards.
pub fn blobs() -> Vec<DynSolType> {
    const VAULT: &str = "(address,address,uint48,bool,bool,uint256,address,address,address,\
        address,address)";
    const BASE: &str = "(address,address,address)";
    [
        format!("({VAULT})"),
        format!("(({VAULT},string,string))"),
        format!("(({BASE},address[],address[]))"),
        format!("(({BASE},address[],address))"),
        format!("(({BASE},address,address))"),
        "(address,bytes)".to_owned(),
        "((bool))".to_owned(),
        "((bool,uint48,uint256))".to_owned(),
        "(uint32)".to_owned(),
        "((bytes))".to_owned(),
        "((bytes,bytes))".to_owned(),
        "((bytes,bytes,bytes))".to_owned(),
        "((bytes,bytes,bytes,bytes))".to_owned(),
        "((bytes,bytes,bytes,bytes,bytes))".to_owned(),
        "(uint48,uint256,bytes,bytes)".to_owned(),
        "(address,uint256,bytes[])".to_owned(),
        "(address,uint256)".to_owned(),
        "(address,address,uint256,uint256,uint256,bytes[])".to_owned(),
        "(bytes[],bytes[])".to_owned(),
        "(uint64,bytes)".to_owned(),
        "((uint64,bytes))".to_owned(),
        "(address,address)".to_owned(),
        "(address)".to_owned(),
    ]
    .iter()
    .map(|blob| parse(blob))
    .collect()
}

fn parse(tuple: &str) -> DynSolType {
    DynSolType::parse(tuple).unwrap_or_else(|error| panic!("{tuple}: {error}"))
}
