//! The world that the calls meet: vaults of every shape, rewards, a router, collateral, and Karak.

use crate::karak;
use crate::surface::{self, Function};
use alloy_dyn_abi::DynSolType;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::{Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::collateral::DefaultCollateralFactory;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, OperatorNetworkSpecificInitParams, OperatorSpecificInitParams,
};
use bondstone_symbiotic::abi::registry::{ConfiguratorInitParams, VaultConfigurator};
use bondstone_symbiotic::abi::rewards::operator::OperatorRewardsFactory;
use bondstone_symbiotic::abi::rewards::staker::{StakerRewardsFactory, StakerRewardsInitParams};
use bondstone_symbiotic::abi::rewards_v2::contract::CumulativeDistributionLeaf;
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, Rewards};
use bondstone_symbiotic::abi::router::{BurnerRouterFactory, RouterInitParams};
use bondstone_symbiotic::abi::slasher::{SlasherInitParams, VetoSlasherInitParams};
use bondstone_symbiotic::abi::vault::VaultInitParams;
use bondstone_symbiotic::rules::rewards_v2::merkle::leaf_hash;
use bondstone_symbiotic::rules::rewards_v2::protocol_fee_id;
use bondstone_symbiotic::rules::{delegator, staker_rewards, subnetwork, vault};
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{
    Sandbox, SandboxError, SlasherChoice, VaultParts, VaultPlan, account,
};
use bondstone_world::{Guest, World};
use std::sync::{Arc, OnceLock};

const NETWORK: Address = Address::repeat_byte(0x22);
const MIDDLEWARE: Address = Address::repeat_byte(0x11);
const OPERATOR: Address = Address::repeat_byte(0x33);
/// Signs for the protocol and for the network whatever it is asked to.
const SIGNER: Address = Address::repeat_byte(0x44);

/// A wallet to which every signature is good: no fuzzer finds one of a key.
#[derive(Debug)]
struct Generous;

impl Guest for Generous {
    fn call(&self, _: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let mut magic = vec![0u8; 32];
        let selector = message.input.get(..4).unwrap_or_default();
        magic.iter_mut().zip(selector).for_each(|(to, from)| *to = *from);
        Ok(magic)
    }
}

pub struct Scene {
    pub sandbox: Sandbox,
    /// Who may call.
    pub actors: Vec<Address>,
    /// What may be called.
    pub targets: Vec<Address>,
    /// All of them, for arguments.
    pub addresses: Vec<Address>,
    /// Words that lead further than random ones.
    pub words: Vec<B256>,
    pub functions: Vec<Function>,
    /// Calls that only follow from others, such as the end of what was asked for.
    pub ready: Vec<Bytes>,
    /// Types of ABI-encoded arguments.
    pub blobs: Vec<DynSolType>,
}

/// The scene; the same in every run.
pub fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| build().expect("the scene is fixed"))
}

fn build() -> Result<Scene, SandboxError> {
    let mut market = KarakSandbox::new(1_750_000_000)?;
    let stalls = karak::stalls(&mut market)?;
    let mut sandbox = market.sandbox;
    sandbox.network(NETWORK, MIDDLEWARE)?;
    sandbox.operator(OPERATOR)?;
    let token = sandbox.token;
    let (router, collateral) = surroundings(&mut sandbox)?;
    let mut targets = vec![token, bondstone_world::multicall3(), router, collateral];
    for parts in vaults(&mut sandbox, router)? {
        targets.extend([parts.vault, parts.delegator, parts.slasher]);
        targets.push(staker_rewards(&mut sandbox, parts.vault)?);
    }
    let factory = sandbox.at(Kind::OperatorRewardsFactory);
    targets.push(sandbox.run(OPERATOR, factory, &OperatorRewardsFactory::createCall {})?);
    targets.push(sandbox.at(Kind::Rewards));
    let mut actors = vec![
        account(0),
        account(1),
        sandbox.curator,
        NETWORK,
        MIDDLEWARE,
        OPERATOR,
        SIGNER,
        targets[4],
    ];
    approve(&mut sandbox, &actors, &targets)?;
    rewards_v2(&mut sandbox, targets[4])?;
    actors.extend(&stalls.actors);
    targets.extend(&stalls.targets);
    targets.extend(Kind::ALL.iter().map(|kind| sandbox.at(*kind)));
    targets.extend(sandbox.deployment.hooks.iter().map(|hook| hook.address));
    sandbox.wait(150);
    let mut addresses = actors.clone();
    addresses.extend(&targets);
    addresses.extend([Address::ZERO, Address::repeat_byte(0xde), Address::repeat_byte(0x99)]);
    let mut words = words(&addresses, sandbox.now());
    words.extend(roots(token));
    for rail in [0, 1] {
        words.extend([protocol_fee_id(rail, None), protocol_fee_id(rail, Some(NETWORK))]);
    }
    words.push(B256::from(U256::from(31_337)));
    words.extend(karak::words());
    let (functions, blobs, ready) = (surface::functions(), surface::blobs(), stalls.ready);
    Ok(Scene { sandbox, actors, targets, addresses, words, functions, ready, blobs })
}

/// A burner router and a default collateral.
fn surroundings(sandbox: &mut Sandbox) -> Result<(Address, Address), SandboxError> {
    let (owner, token) = (sandbox.curator, sandbox.token);
    let params = RouterInitParams {
        owner,
        collateral: token,
        delay: U48::from(100),
        globalReceiver: Address::repeat_byte(0xde),
        networkReceivers: Vec::new(),
        operatorNetworkReceivers: Vec::new(),
    };
    let factory = sandbox.at(Kind::BurnerRouterFactory);
    let router = sandbox.run(owner, factory, &BurnerRouterFactory::createCall { params })?;
    let factory = sandbox.at(Kind::DefaultCollateralFactory);
    let call = DefaultCollateralFactory::createCall {
        asset: token,
        initialLimit: U256::from(100_000),
        limitIncreaser: owner,
    };
    Ok((router, sandbox.run(owner, factory, &call)?))
}

fn vaults(sandbox: &mut Sandbox, router: Address) -> Result<Vec<VaultParts>, SandboxError> {
    let mut made = Vec::new();
    for (tokenized, delegator_type, slasher) in [
        (false, 0, SlasherChoice::Instant),
        (true, 1, SlasherChoice::Veto(20)),
        (false, 0, SlasherChoice::None),
    ] {
        let collateral = sandbox.token;
        let plan =
            VaultPlan { collateral, tokenized, epoch_duration: 100, delegator_type, slasher };
        let parts = sandbox.vault(&plan)?;
        sandbox.opt_in(OPERATOR, parts.vault, NETWORK).ok();
        sandbox.delegate(&parts, NETWORK, OPERATOR)?;
        made.push(parts);
    }
    for delegator_type in [2, 3] {
        let parts = routed_vault(sandbox, router, delegator_type)?;
        sandbox.opt_in(OPERATOR, parts.vault, NETWORK).ok();
        let (identifier, amount) = (U96::ZERO, U256::from(1_000_000));
        let call = Delegator::setMaxNetworkLimitCall { identifier, amount };
        sandbox.run(NETWORK, parts.delegator, &call)?;
        if delegator_type == 2 {
            let subnetwork = subnetwork(NETWORK, identifier);
            let call = Delegator::setNetworkLimitCall { subnetwork, amount };
            sandbox.run(sandbox.curator, parts.delegator, &call)?;
        }
        made.push(parts);
    }
    for parts in &made {
        for staker in 0..2 {
            sandbox.fund_and_deposit(parts.vault, account(staker), U256::from(10_000))?;
        }
    }
    Ok(made)
}

/// A vault for one operator, with a hook, whose slasher calls the router.
fn routed_vault(
    sandbox: &mut Sandbox,
    router: Address,
    delegator_type: u64,
) -> Result<VaultParts, SandboxError> {
    let curator = sandbox.curator;
    let vault = VaultInitParams {
        collateral: sandbox.token,
        burner: router,
        epochDuration: U48::from(100),
        depositWhitelist: false,
        isDepositLimit: false,
        depositLimit: U256::ZERO,
        defaultAdminRoleHolder: curator,
        depositWhitelistSetRoleHolder: curator,
        depositorWhitelistRoleHolder: curator,
        isDepositLimitSetRoleHolder: curator,
        depositLimitSetRoleHolder: curator,
    };
    let base = DelegatorBaseParams {
        defaultAdminRoleHolder: curator,
        hook: Address::ZERO,
        hookSetRoleHolder: curator,
    };
    let (operator, network) = (OPERATOR, NETWORK);
    let (delegator, slasher) = if delegator_type == 2 {
        let init = OperatorSpecificInitParams {
            baseParams: base,
            networkLimitSetRoleHolders: vec![curator],
            operator,
        };
        let vetoes = VetoSlasherInitParams {
            isBurnerHook: true,
            vetoDuration: U48::from(30),
            resolverSetEpochsDelay: U256::from(3),
        };
        (init.abi_encode(), vetoes.abi_encode())
    } else {
        let init = OperatorNetworkSpecificInitParams { baseParams: base, network, operator };
        (init.abi_encode(), SlasherInitParams { isBurnerHook: true }.abi_encode())
    };
    let params = ConfiguratorInitParams {
        version: 1,
        owner: curator,
        vaultParams: Bytes::from(vault.abi_encode()),
        delegatorIndex: delegator_type,
        delegatorParams: delegator.into(),
        withSlasher: true,
        slasherIndex: u64::from(delegator_type == 2),
        slasherParams: slasher.into(),
    };
    let configurator = sandbox.at(Kind::VaultConfigurator);
    let made = sandbox.run(curator, configurator, &VaultConfigurator::createCall { params })?;
    Ok(VaultParts { vault: made.vault, delegator: made.delegator, slasher: made.slasher })
}

fn staker_rewards(sandbox: &mut Sandbox, vault: Address) -> Result<Address, SandboxError> {
    let curator = sandbox.curator;
    let params = StakerRewardsInitParams {
        vault,
        adminFee: U256::from(333),
        defaultAdminRoleHolder: curator,
        adminFeeClaimRoleHolder: curator,
        adminFeeSetRoleHolder: curator,
    };
    let factory = sandbox.at(Kind::StakerRewardsFactory);
    sandbox.run(curator, factory, &StakerRewardsFactory::createCall { params })
}

/// Signers, a balance on the Merkle rail, and a curator for one vault.
fn rewards_v2(sandbox: &mut Sandbox, vault: Address) -> Result<(), SandboxError> {
    let (owner, rewards) = (sandbox.curator, sandbox.at(Kind::Rewards));
    sandbox.world.register_guest(SIGNER, Arc::new(Generous));
    sandbox.run(owner, rewards, &Rewards::setProtocolCall { protocol: SIGNER })?;
    sandbox.run(NETWORK, rewards, &Rewards::setRewarderCall { rewarder: SIGNER })?;
    let (network, token, amount) = (NETWORK, sandbox.token, U256::from(10_000));
    let call = Rewards::depositCumulativeMerkleRewardsCall { network, token, amount };
    sandbox.run(MIDDLEWARE, rewards, &call)?;
    let curators = sandbox.at(Kind::CuratorRegistry);
    let call = CuratorRegistry::setCuratorCall { vault, curator: owner };
    sandbox.run(owner, curators, &call).map(drop)
}

/// Roots of trees of one leaf, which need no proof.
fn roots(token: Address) -> [B256; 3] {
    [1_000u64, 2_000, 3_000].map(|amount| {
        let leaf = CumulativeDistributionLeaf {
            token,
            rewardeeType: U256::ZERO,
            amount: U256::from(amount),
            rewardeeDataHash: B256::ZERO,
        };
        leaf_hash(account(0), 31_337, &leaf)
    })
}

/// Gives everybody tokens and lets everything spend them.
fn approve(
    sandbox: &mut Sandbox,
    actors: &[Address],
    spenders: &[Address],
) -> Result<(), SandboxError> {
    let token = sandbox.token;
    for actor in actors {
        sandbox.mint(token, *actor, U256::from(100_000))?;
        for spender in spenders.iter().filter(|spender| !spender.is_zero()) {
            let call = Erc20::approveCall { spender: *spender, value: U256::MAX };
            sandbox.run(*actor, token, &call)?;
        }
    }
    Ok(())
}

fn words(addresses: &[Address], now: u64) -> Vec<B256> {
    let mut words: Vec<B256> = addresses.iter().map(|a| a.into_word()).collect();
    words.extend([
        subnetwork(NETWORK, U96::ZERO),
        vault::DEPOSIT_WHITELIST_SET_ROLE,
        vault::DEPOSITOR_WHITELIST_ROLE,
        vault::IS_DEPOSIT_LIMIT_SET_ROLE,
        vault::DEPOSIT_LIMIT_SET_ROLE,
        delegator::HOOK_SET_ROLE,
        delegator::NETWORK_LIMIT_SET_ROLE,
        delegator::OPERATOR_NETWORK_SHARES_SET_ROLE,
        delegator::OPERATOR_NETWORK_LIMIT_SET_ROLE,
        staker_rewards::ADMIN_FEE_CLAIM_ROLE,
        staker_rewards::ADMIN_FEE_SET_ROLE,
    ]);
    let numbers = [0, 1, 2, 3, 32, 64, 96, 128, 160, 1_000, 10_000, now, now - 1, now - 99];
    words.extend(numbers.map(|n| B256::from(U256::from(n))));
    words.push(B256::repeat_byte(0xff));
    words
}
