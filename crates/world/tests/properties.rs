//! Properties of the whole engine under random calls: nothing is lost, nothing leaks from a failed
//! call or a fork, and the logs alone rebuild the state, as does a snapshot.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::{Assets, Epoch, Shares};
use bondstone_symbiotic::Contract;
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::slasher::{BaseSlasher, Slasher, VetoSlasher};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan, account};
use bondstone_world::{Transaction, World};
use proptest::prelude::*;

const MIDDLEWARE: Address = Address::repeat_byte(0x11);
const NETWORK: Address = Address::repeat_byte(0x22);
const OPERATOR: Address = Address::repeat_byte(0x33);
const EPOCH: u64 = 100;
const STAKERS: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
    Deposit { staker: u64, vault: usize, amount: u64 },
    Withdraw { staker: u64, vault: usize, amount: u64 },
    Redeem { staker: u64, vault: usize, shares: u64 },
    Claim { staker: u64, vault: usize, ago: u64 },
    ClaimBatch { staker: u64, vault: usize, epochs: Vec<u64> },
    Slash { vault: usize, amount: u64, ago: u64 },
    RequestSlash { amount: u64, ago: u64 },
    ExecuteSlash { index: u64 },
    ShareTransfer { staker: u64, to: u64, amount: u64 },
    OperatorPart { vault: usize, amount: u64 },
    NetworkLimit { vault: usize, amount: u64 },
    Stranger { vault: usize, selector: [u8; 4], tail: Vec<u8> },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![Just(0u64), 1u64..50, 1u64..100_000, Just(u64::MAX)];
    let (s, v) = (0..STAKERS, 0usize..3);
    prop_oneof![
        4 => (s.clone(), v.clone(), amount.clone())
            .prop_map(|(staker, vault, amount)| Step::Deposit { staker, vault, amount }),
        2 => (s.clone(), v.clone(), amount.clone())
            .prop_map(|(staker, vault, amount)| Step::Withdraw { staker, vault, amount }),
        2 => (s.clone(), v.clone(), amount.clone())
            .prop_map(|(staker, vault, shares)| Step::Redeem { staker, vault, shares }),
        2 => (s.clone(), v.clone(), 0u64..4)
            .prop_map(|(staker, vault, ago)| Step::Claim { staker, vault, ago }),
        1 => (s.clone(), v.clone(), prop::collection::vec(0u64..8, 0..4))
            .prop_map(|(staker, vault, epochs)| Step::ClaimBatch { staker, vault, epochs }),
        3 => (v.clone(), amount.clone(), 0u64..150)
            .prop_map(|(vault, amount, ago)| Step::Slash { vault, amount, ago }),
        2 => (amount.clone(), 0u64..100)
            .prop_map(|(amount, ago)| Step::RequestSlash { amount, ago }),
        2 => (0u64..4).prop_map(|index| Step::ExecuteSlash { index }),
        1 => (s.clone(), s, amount.clone())
            .prop_map(|(staker, to, amount)| Step::ShareTransfer { staker, to, amount }),
        1 => (v.clone(), amount.clone())
            .prop_map(|(vault, amount)| Step::OperatorPart { vault, amount }),
        1 => (v.clone(), amount).prop_map(|(vault, amount)| Step::NetworkLimit { vault, amount }),
        1 => (v, any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 0..70))
            .prop_map(|(vault, selector, tail)| Step::Stranger { vault, selector, tail }),
        3 => prop_oneof![Just(0u64), 1u64..30, 50u64..250]
            .prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// Three vaults: network restake with instant slasher, tokenized full restake with instant
/// slasher, network restake with veto slasher.
struct Scene {
    sandbox: Sandbox,
    vaults: [VaultParts; 3],
}

fn scene() -> Scene {
    let mut sandbox = Sandbox::new(1_750_000_000).expect("the deployment fits");
    let collateral = sandbox.token;
    sandbox.network(NETWORK, MIDDLEWARE).expect("new");
    sandbox.operator(OPERATOR).expect("new");
    let plan = |tokenized, delegator_type, slasher| VaultPlan {
        collateral,
        tokenized,
        epoch_duration: EPOCH,
        delegator_type,
        slasher,
    };
    let plans = [
        plan(false, 0, SlasherChoice::Instant),
        plan(true, 1, SlasherChoice::Instant),
        plan(false, 0, SlasherChoice::Veto(20)),
    ];
    let vaults = plans.map(|plan| sandbox.vault(&plan).expect("the plan is sound"));
    for parts in &vaults {
        sandbox.opt_in(OPERATOR, parts.vault, NETWORK).ok();
        sandbox.delegate(parts, NETWORK, OPERATOR).expect("the curator may");
        for staker in 0..STAKERS {
            let funds = U256::from(10_000);
            sandbox.fund_and_deposit(parts.vault, account(staker), funds).expect("funded");
            sandbox.mint(collateral, account(staker), U256::from(1_000_000)).expect("fits");
        }
    }
    // The second opt-in to the same network fails; the vaults still need theirs.
    sandbox.wait(1);
    Scene { sandbox, vaults }
}

fn calldata(scene: &Scene, step: &Step) -> Option<(Address, Address, Bytes)> {
    let now = scene.sandbox.now();
    let epoch = (now - 1_750_000_000) / EPOCH;
    let id = subnetwork(NETWORK, U96::ZERO);
    let n = |value: u64| U256::from(value);
    let encode = |from, to, call: Vec<u8>| Some((from, to, Bytes::from(call)));
    match step {
        Step::Deposit { staker, vault, amount } => {
            let from = account(*staker);
            let call = Vault::depositCall { onBehalfOf: from, amount: n(*amount) };
            encode(from, scene.vaults[*vault].vault, call.abi_encode())
        }
        Step::Withdraw { staker, vault, amount } => {
            let from = account(*staker);
            let call = Vault::withdrawCall { claimer: from, amount: n(*amount) };
            encode(from, scene.vaults[*vault].vault, call.abi_encode())
        }
        Step::Redeem { staker, vault, shares } => {
            let from = account(*staker);
            let claimer = account((*staker + 1) % STAKERS);
            let call = Vault::redeemCall { claimer, shares: n(*shares) };
            encode(from, scene.vaults[*vault].vault, call.abi_encode())
        }
        Step::Claim { staker, vault, ago } => {
            let from = account(*staker);
            let call = Vault::claimCall { recipient: from, epoch: n(epoch.saturating_sub(*ago)) };
            encode(from, scene.vaults[*vault].vault, call.abi_encode())
        }
        Step::ClaimBatch { staker, vault, epochs } => {
            let from = account(*staker);
            let epochs = epochs.iter().map(|e| n(epoch.saturating_sub(*e))).collect();
            let call = Vault::claimBatchCall { recipient: from, epochs };
            encode(from, scene.vaults[*vault].vault, call.abi_encode())
        }
        Step::Slash { vault, amount, ago } => {
            let call = Slasher::slashCall {
                subnetwork: id,
                operator: OPERATOR,
                amount: n(*amount),
                captureTimestamp: U48::from(now - ago),
                hints: Bytes::new(),
            };
            encode(MIDDLEWARE, scene.vaults[*vault].slasher, call.abi_encode())
        }
        Step::RequestSlash { amount, ago } => {
            let call = VetoSlasher::requestSlashCall {
                subnetwork: id,
                operator: OPERATOR,
                amount: n(*amount),
                captureTimestamp: U48::from(now - ago),
                hints: Bytes::new(),
            };
            encode(MIDDLEWARE, scene.vaults[2].slasher, call.abi_encode())
        }
        Step::ExecuteSlash { index } => {
            let call = VetoSlasher::executeSlashCall { slashIndex: n(*index), hints: Bytes::new() };
            encode(MIDDLEWARE, scene.vaults[2].slasher, call.abi_encode())
        }
        Step::ShareTransfer { staker, to, amount } => {
            let (to, value) = (account(*to), n(*amount));
            let call = bondstone_kernel::erc20::Erc20::transferCall { to, value };
            encode(account(*staker), scene.vaults[1].vault, call.abi_encode())
        }
        other => settings(scene, other),
    }
}

/// What the curator and strangers try.
fn settings(scene: &Scene, step: &Step) -> Option<(Address, Address, Bytes)> {
    let id = subnetwork(NETWORK, U96::ZERO);
    let curator = scene.sandbox.curator;
    let n = |value: u64| U256::from(value);
    let encode = |from, to, call: Vec<u8>| Some((from, to, Bytes::from(call)));
    match step {
        Step::OperatorPart { vault, amount } => {
            let (subnetwork, operator, amount) = (id, OPERATOR, n(*amount));
            let shares =
                Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares: amount };
            let limit = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount };
            let call = if *vault == 1 { limit.abi_encode() } else { shares.abi_encode() };
            encode(curator, scene.vaults[*vault].delegator, call)
        }
        Step::NetworkLimit { vault, amount } => {
            let call = Delegator::setNetworkLimitCall { subnetwork: id, amount: n(*amount) };
            encode(curator, scene.vaults[*vault].delegator, call.abi_encode())
        }
        Step::Stranger { vault, selector, tail } => {
            let input = [selector.as_slice(), tail].concat();
            encode(account(77), scene.vaults[*vault].vault, input)
        }
        _ => None,
    }
}

/// What must hold of a vault whatever happened.
fn check_vault(world: &World, token: Address, at: Address) {
    let Contract::Vault(id) = world.symbiotic().contract(world.accounts(), at) else {
        panic!("no vault at {at}");
    };
    let vaults = &world.symbiotic().vault;
    let accounts: Vec<u32> = (0..world.accounts().len()).collect();
    let sum = accounts
        .iter()
        .map(|account| vaults.shares_of(id, *account))
        .try_fold(Shares::ZERO, Shares::plus);
    assert_eq!(sum, Ok(vaults.shares(id)), "holders' shares sum up");

    let mut owed = vaults.stake(id);
    for key in 0..vaults.bucket_keys.len() {
        let Some((of, epoch)) = vaults.bucket_keys.key(key) else { continue };
        if of != id {
            continue;
        }
        let bucket = vaults.bucket(id, Epoch(epoch));
        let mut shares = Shares::ZERO;
        let mut claimed = Assets::ZERO;
        for account in &accounts {
            let part = vaults.claimable(id, Epoch(epoch), *account);
            shares = shares.plus(part.shares).expect("few tokens");
            if part.claimed {
                let paid = part.shares.to_assets_down(bucket.assets, bucket.shares);
                claimed = claimed.plus(paid.expect("few tokens")).expect("few tokens");
            }
        }
        assert_eq!(shares, bucket.shares, "parts of a bucket sum up");
        let left = bucket.assets.minus(claimed).expect("no more is claimed than there is");
        owed = owed.plus(left).expect("few tokens");
    }
    let held = world.tokens().balance_of(world.accounts(), token, at);
    assert!(held >= owed.0, "the vault holds {held} and owes {}", owed.0);
}

fn check_slashable(sandbox: &mut Sandbox, parts: &VaultParts, ago: u64) {
    let capture = U48::from(sandbox.now() - ago);
    let id = subnetwork(NETWORK, U96::ZERO);
    let call = BaseSlasher::slashableStakeCall {
        subnetwork: id,
        operator: OPERATOR,
        captureTimestamp: capture,
        hints: Bytes::new(),
    };
    let slashable = sandbox.read(parts.slasher, &call).expect("a view");
    let call = Delegator::stakeAtCall {
        subnetwork: id,
        operator: OPERATOR,
        timestamp: capture,
        hints: Bytes::new(),
    };
    let stake = sandbox.read(parts.delegator, &call).expect("a view");
    let call = Vault::activeStakeAtCall { timestamp: capture, hint: Bytes::new() };
    let active = sandbox.read(parts.vault, &call).expect("a view");
    assert!(slashable <= stake && stake <= active, "{slashable} <= {stake} <= {active}");
}

fn saved(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    world.save(&mut bytes).expect("memory takes all bytes");
    bytes
}

/// Saves and loads a world. Worlds with another past that are equal to it have the same bytes.
fn reloaded(world: &World, equals: [&World; 2]) -> World {
    let bytes = saved(world);
    for equal in equals {
        assert!(bytes == saved(equal), "equal worlds are saved differently");
    }
    World::load(bytes.as_slice()).expect("just saved")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_calls_keep_every_property(steps in prop::collection::vec(step(), 1..60)) {
        let mut scene = scene();
        let token = scene.sandbox.token;
        let supply = scene.sandbox.world.tokens().total_supply(
            scene.sandbox.world.accounts().find(&token),
        );
        let mut mirror = scene.sandbox.world.clone();
        let fork = scene.sandbox.world.clone();
        // Lives from snapshot to snapshot and sees the same calls.
        let mut restarted = reloaded(&scene.sandbox.world, [&mirror, &fork]);
        for (at, step) in steps.iter().enumerate() {
            if let Step::Wait { seconds } = step {
                scene.sandbox.wait(*seconds);
                mirror.set_block(*scene.sandbox.world.block());
                restarted.set_block(*scene.sandbox.world.block());
                continue;
            }
            let (from, to, input) = calldata(&scene, step).expect("only waiting has no call");
            let before = scene.sandbox.world.clone();
            let receipt = scene.sandbox.send_raw(from, to, input.clone());
            let transaction = Transaction { from, to: Some(to), value: U256::ZERO, input };
            prop_assert_eq!(&restarted.transact(&transaction), &receipt);
            prop_assert!(restarted == scene.sandbox.world, "the restarted world differs: {step:?}");
            if receipt.outcome.is_err() {
                prop_assert!(receipt.entries.is_empty());
                prop_assert!(before == scene.sandbox.world, "a failed call changed something");
            }
            for entry in &receipt.entries {
                mirror.fold(&entry.log).expect("a log of this very world folds");
            }
            prop_assert!(mirror == scene.sandbox.world, "the fold of the logs differs: {step:?}");
            if at % 16 == 15 {
                restarted = reloaded(&scene.sandbox.world, [&mirror, &restarted]);
            }
        }
        for parts in scene.vaults {
            check_vault(&scene.sandbox.world, token, parts.vault);
            for ago in [0, 1, EPOCH / 2, EPOCH, EPOCH + 1] {
                check_slashable(&mut scene.sandbox, &parts, ago);
            }
        }
        let untouched = self::scene().sandbox.world;
        prop_assert!(fork == untouched, "the fork taken at the start moved along");
        let world = &scene.sandbox.world;
        let left = world.tokens().total_supply(world.accounts().find(&token));
        prop_assert_eq!(left, supply, "tokens appeared or vanished");
    }
}
