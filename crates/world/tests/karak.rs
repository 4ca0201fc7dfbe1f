//! Properties of Karak under random calls: nothing leaks from a failed call, the ledger rebuilds
//! the world, shares and counters add up.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::core::{
    Core, QueuedSlashing, QueuedStakeUpdate, SlashRequest, StakeUpdateRequest,
};
use bondstone_karak::abi::ledger::BeaconRootSet;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::solady::SoladyErc20;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::{slashing_root, update_hash};
use bondstone_karak::{Contract, Event, Kind};
use bondstone_kernel::Revert;
use bondstone_kernel::security::SlashStatus;
use bondstone_tokens::TokenEvent;
use bondstone_world::World;
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{Style, account};
use proptest::prelude::*;

const TOKEN: Address = Address::repeat_byte(0x70 + 1);
const SERVICES: [Address; 2] = [Address::repeat_byte(0xd1), Address::repeat_byte(0xd2)];
const OPERATORS: [Address; 2] = [Address::repeat_byte(0x31), Address::repeat_byte(0x32)];
const STAKERS: u64 = 3;
const DAY: u64 = 24 * 3600;

#[derive(Clone, Debug)]
enum Step {
    Deposit { staker: u64, vault: usize, amount: u64 },
    StartRedeem { staker: u64, vault: usize, shares: u64 },
    FinishRedeem { vault: usize, staker: u64, nonce: u64 },
    Transfer { staker: u64, vault: usize, to: Option<u64>, amount: u64 },
    Membership { operator: usize, service: usize, joins: bool },
    RequestStake { operator: usize, vault: usize, service: usize, to_stake: bool },
    FinalizeStake { index: usize, by: u64 },
    RequestSlash { service: usize, operator: usize, vaults: Vec<usize>, percent: u64 },
    EndSlash { index: usize, veto: bool },
    NodeEther { staker: u64, wei: u64 },
    Snapshot { staker: u64, flag: bool },
    StartWithdrawal { staker: u64, wei: u64, to_zero: bool },
    FinishWithdrawal { staker: u64, nonce: u64 },
    Stranger { target: usize, selector: [u8; 4], tail: Vec<u8> },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![Just(0u64), 1u64..50, 1u64..100_000, Just(u64::MAX)];
    let (s, v, two) = (0..STAKERS, 0usize..3, 0usize..2);
    let money = prop_oneof![
        4 => (s.clone(), v.clone(), amount.clone())
            .prop_map(|(staker, vault, amount)| Step::Deposit { staker, vault, amount }),
        3 => (s.clone(), v.clone(), amount.clone())
            .prop_map(|(staker, vault, shares)| Step::StartRedeem { staker, vault, shares }),
        2 => (v.clone(), s.clone(), 0u64..3)
            .prop_map(|(vault, staker, nonce)| Step::FinishRedeem { vault, staker, nonce }),
        1 => (s.clone(), v.clone(), prop::option::of(s.clone()), amount.clone())
            .prop_map(|(staker, vault, to, amount)| Step::Transfer { staker, vault, to, amount }),
    ];
    let court = prop_oneof![
        1 => (two.clone(), two.clone(), any::<bool>()).prop_map(|(operator, service, joins)| {
            Step::Membership { operator, service, joins }
        }),
        3 => (two.clone(), 0usize..4, two.clone(), any::<bool>()).prop_map(
            |(operator, vault, service, to_stake)| {
                Step::RequestStake { operator, vault, service, to_stake }
            }
        ),
        3 => (0usize..2, s.clone())
            .prop_map(|(index, by)| Step::FinalizeStake { index, by }),
        6 => (two.clone(), two, prop::collection::vec(0usize..4, 0..3), 0u64..110).prop_map(
            |(service, operator, vaults, percent)| {
                Step::RequestSlash { service, operator, vaults, percent }
            }
        ),
        4 => (0usize..2, prop::bool::weighted(0.2))
            .prop_map(|(index, veto)| Step::EndSlash { index, veto }),
    ];
    let native = prop_oneof![
        2 => (s.clone(), 0u64..100_000).prop_map(|(staker, wei)| Step::NodeEther { staker, wei }),
        3 => (s.clone(), any::<bool>())
            .prop_map(|(staker, flag)| Step::Snapshot { staker, flag }),
        2 => (s.clone(), amount, any::<bool>()).prop_map(|(staker, wei, to_zero)| {
            Step::StartWithdrawal { staker, wei, to_zero }
        }),
        2 => (s, 0u64..3)
            .prop_map(|(staker, nonce)| Step::FinishWithdrawal { staker, nonce }),
    ];
    let stranger = (0usize..8, any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 0..70))
        .prop_map(|(target, selector, tail)| Step::Stranger { target, selector, tail });
    let wait =
        prop_oneof![1 => Just(1u64), 3 => Just(2 * DAY), 3 => Just(9 * DAY), 1 => 1u64..3 * DAY]
            .prop_map(|seconds| Step::Wait { seconds });
    prop_oneof![4 => money, 6 => court, 3 => native, 1 => stranger, 5 => wait]
}

/// Three standard vaults (two of the first operator, one of the second), a native one of the
/// first, and what was queued so far.
struct Scene {
    karak: KarakSandbox,
    vaults: Vec<Address>,
    updates: Vec<QueuedStakeUpdate>,
    slashings: Vec<QueuedSlashing>,
}

fn scene() -> Scene {
    let mut karak = KarakSandbox::new(1_750_000_000).expect("the deployment fits");
    karak.keep_history();
    karak.add_asset(TOKEN, Style::ZeroHolds, 6).expect("a free address");
    for dss in SERVICES {
        karak.service(dss, 100_000_000_000_000_000_000).expect("a free address");
    }
    let mut vaults: Vec<Address> = [0, 0, 1]
        .map(|operator: usize| karak.vault(OPERATORS[operator], TOKEN).expect("it is listed"))
        .to_vec();
    let native = karak.native_vault(OPERATORS[0]).expect("ether is listed");
    for staker in (0..STAKERS).map(account) {
        karak.mint(TOKEN, staker, U256::from(700_000)).expect("fits");
        // Money in every vault.
        for vault in &vaults {
            let stake = U256::from(100_000);
            karak.fund_and_stake(*vault, staker, stake).expect("it is funded");
        }
        karak.run(staker, native, &NativeVault::createNodeCall {}).expect("its first node");
    }
    vaults.push(native);
    for (operator, vault, service) in [(0, 0, 0), (0, 0, 1), (0, 3, 0), (1, 2, 1)] {
        let staked = karak.stake(OPERATORS[operator], vaults[vault], SERVICES[service]);
        staked.expect("nothing waits");
    }
    Scene { karak, vaults, updates: Vec::new(), slashings: Vec::new() }
}

impl Scene {
    fn key(staker: u64, nonce: u64) -> B256 {
        bondstone_karak::rules::vault::withdraw_key(account(staker), U256::from(nonce))
    }

    fn calldata(&self, step: &Step) -> Option<(Address, Address, Bytes)> {
        let core = self.karak.core();
        let (from, to, call) = match step {
            Step::Deposit { .. }
            | Step::StartRedeem { .. }
            | Step::FinishRedeem { .. }
            | Step::Transfer { .. } => return self.money_calldata(step),
            Step::Membership { operator, service, joins } => {
                let dss = SERVICES[*service];
                let data = Bytes::new();
                let call = if *joins {
                    let call = Core::registerOperatorToDSSCall { dss, registrationHookData: data };
                    call.abi_encode()
                } else {
                    Core::unregisterOperatorFromDSSCall { dss }.abi_encode()
                };
                (OPERATORS[*operator], core, call)
            }
            Step::RequestStake { operator, vault, service, to_stake } => {
                let (vault, dss) = (self.vaults[*vault], SERVICES[*service]);
                let request = StakeUpdateRequest { vault, dss, toStake: *to_stake };
                let call =
                    Core::requestUpdateVaultStakeInDSSCall { vaultStakeUpdateRequest: request };
                (OPERATORS[*operator], core, call.abi_encode())
            }
            Step::FinalizeStake { index, by } => {
                let queued = self.updates.iter().rev().nth(*index)?.clone();
                let call = Core::finalizeUpdateVaultStakeInDSSCall { queuedStake: queued };
                (account(*by), core, call.abi_encode())
            }
            Step::RequestSlash { service, operator, vaults, percent } => {
                let wad = u128::from(*percent) * 1_000_000_000_000_000_000;
                let wad = wad.try_into().expect("110 % fits");
                let request = SlashRequest {
                    operator: OPERATORS[*operator],
                    slashPercentagesWad: vec![wad; vaults.len()],
                    vaults: vaults.iter().map(|vault| self.vaults[*vault]).collect(),
                };
                let call = Core::requestSlashingCall { slashingRequest: request };
                (SERVICES[*service], core, call.abi_encode())
            }
            Step::EndSlash { index, veto } => {
                let queued = self.slashings.iter().rev().nth(*index)?.clone();
                if *veto {
                    let call = Core::cancelSlashingCall { queuedSlashing: queued };
                    (self.karak.at.veto_committee, core, call.abi_encode())
                } else {
                    let call = Core::finalizeSlashingCall { queuedSlashing: queued };
                    (self.karak.at.owner, core, call.abi_encode())
                }
            }
            Step::Snapshot { .. }
            | Step::StartWithdrawal { .. }
            | Step::FinishWithdrawal { .. } => return self.native_calldata(step),
            Step::Stranger { target, selector, tail } => {
                let contracts: Vec<_> =
                    self.karak.at.contracts.values().chain(&self.vaults).collect();
                let to: Address = *contracts[*target % contracts.len()];
                (account(77), to, [selector.as_slice(), tail].concat())
            }
            Step::NodeEther { .. } | Step::Wait { .. } => return None,
        };
        Some((from, to, call.into()))
    }

    fn money_calldata(&self, step: &Step) -> Option<(Address, Address, Bytes)> {
        let n = |value: u64| U256::from(value);
        let (from, to, call) = match step {
            Step::Deposit { staker, vault, amount } => {
                let to = account(*staker);
                let call = Vault::deposit_0Call { assets: n(*amount), to };
                (to, self.vaults[*vault], call.abi_encode())
            }
            Step::StartRedeem { staker, vault, shares } => {
                let beneficiary = account(*staker);
                let call = Vault::startRedeemCall { shares: n(*shares), beneficiary };
                (beneficiary, self.vaults[*vault], call.abi_encode())
            }
            Step::FinishRedeem { vault, staker, nonce } => {
                let call = Vault::finishRedeemCall { withdrawalKey: Self::key(*staker, *nonce) };
                (self.karak.at.owner, self.vaults[*vault], call.abi_encode())
            }
            Step::Transfer { staker, vault, to, amount } => {
                let to = to.map(account).unwrap_or_default();
                let call = SoladyErc20::transferCall { to, amount: n(*amount) };
                (account(*staker), self.vaults[*vault], call.abi_encode())
            }
            _ => return None,
        };
        Some((from, to, call.into()))
    }

    fn native_calldata(&self, step: &Step) -> Option<(Address, Address, Bytes)> {
        let vault = self.vaults[3];
        let (from, call) = match step {
            Step::Snapshot { staker, flag } => {
                let call = NativeVault::startSnapshotCall { revertIfNoBalanceChange: *flag };
                (account(*staker), call.abi_encode())
            }
            Step::StartWithdrawal { staker, wei, to_zero } => {
                let from = account(*staker);
                let to = if *to_zero { Address::ZERO } else { from };
                let call = NativeVault::startWithdrawalCall { to, weiAmount: U256::from(*wei) };
                (from, call.abi_encode())
            }
            Step::FinishWithdrawal { staker, nonce } => {
                let key = Self::key(*staker, *nonce);
                let call = NativeVault::finishWithdrawalCall { withdrawalKey: key };
                (self.karak.at.owner, call.abi_encode())
            }
            _ => return None,
        };
        Some((from, vault, call.into()))
    }

    /// What happens without a call, here and in the mirror alike.
    fn happen(&mut self, mirror: &mut World, step: &Step) {
        let world = &mut self.karak.world;
        match step {
            Step::NodeEther { staker, wei } => {
                let owner = world.accounts().find(&account(*staker));
                let Contract::Vault(id) = world.karak().contract(world.accounts(), self.vaults[3])
                else {
                    panic!("a native vault");
                };
                let node = world.karak().native.account(id, owner).node;
                let balance = world.balance(node) + U256::from(*wei);
                for world in [world, mirror] {
                    world.set_balance(node, balance).expect("fits");
                }
            }
            Step::Wait { seconds } => {
                self.karak.wait(*seconds);
                let timestamp = self.karak.now();
                mirror.set_block(*self.karak.world.block());
                let roots = self.karak.at.address(Kind::BeaconRoots);
                for world in [&mut self.karak.world, mirror] {
                    let event = Event::from(BeaconRootSet { timestamp, root: B256::ZERO });
                    world.deploy(roots, event).expect("a contract of the deployment");
                }
            }
            _ => {}
        }
    }

    /// Remembers what a call queued.
    fn remember(&mut self, step: &Step, outcome: &Result<Bytes, Revert>) {
        let Ok(output) = outcome else { return };
        match step {
            Step::RequestStake { .. } => {
                let call = Core::requestUpdateVaultStakeInDSSCall::abi_decode_returns(output);
                self.updates.push(call.expect("a queued update"));
            }
            Step::RequestSlash { .. } => {
                let call = Core::requestSlashingCall::abi_decode_returns(output);
                self.slashings.push(call.expect("a queued slashing"));
            }
            _ => {}
        }
    }

    /// The picture tells of exactly what waits: the logs do not say the numbers that it goes by.
    fn check_picture(&self) {
        let view = self.karak.picture().expect("amounts are sound");
        let world = &self.karak.world;
        let (core, find) = (&world.karak().core, |at: &Address| world.accounts().find(at));
        let waiting = self.slashings.iter().filter(|queued| core.is_queued(slashing_root(queued)));
        let mut expected: Vec<(u64, Address)> = waiting
            .flat_map(|queued| queued.vaults.iter().map(|vault| (queued.nonce.to(), *vault)))
            .collect();
        let pending = view.slashes.iter().filter(|slash| slash.status.is_pending());
        let mut told: Vec<(u64, Address)> = pending
            .map(|slash| (slash.request.expect("a number"), slash.vault.account().expect("one")))
            .collect();
        expected.sort();
        told.sort();
        assert_eq!(told, expected, "slashings that wait");
        let closed = view.slashes.iter().any(|slash| slash.status == SlashStatus::Closed);
        assert!(!closed, "the history is whole");
        let waits = |queued: &&QueuedStakeUpdate| {
            let ids = (find(&queued.operator), find(&queued.updateRequest.vault));
            core.pending_update(ids.0, ids.1) == update_hash(queued)
        };
        let expected: Vec<u64> =
            self.updates.iter().filter(waits).map(|queued| queued.nonce.to()).collect();
        let told: Vec<u64> = view.updates.iter().map(|update| update.number).collect();
        assert_eq!(told, expected, "stake updates that wait");
        for vault in &view.vaults {
            let unique: U256 = view.commitments_of(&vault.vault).map(|c| c.unique.0).sum();
            assert!(unique <= vault.active.0, "unique stake of {}", vault.vault);
        }
    }

    /// Shares add up, vaults keep what redeems wait for, counters count what is queued.
    fn check(&self) {
        let world = &self.karak.world;
        let (karak, find) = (world.karak(), |at: &Address| world.accounts().find(at));
        for vault in &self.vaults {
            let at = find(vault);
            let held = (0..world.accounts().len()).map(|holder| karak.shares.balance(at, holder));
            let sum: U256 = held.fold(U256::ZERO, |sum, held| sum + held);
            assert_eq!(sum, *karak.shares.supply.get(at), "shares of {vault} add up");
            let Contract::Vault(id) = karak.contract(world.accounts(), *vault) else {
                panic!("a vault");
            };
            let waiting = (0..karak.vault.redeem_keys.len())
                .filter(|key| karak.vault.redeem_keys.key(*key).is_some_and(|k| k.0 == id))
                .map(|key| karak.vault.redeems.get(key).shares)
                .fold(U256::ZERO, |sum, shares| sum + shares);
            assert!(karak.shares.balance(at, at) >= waiting, "{vault} keeps open redeems");
            let named = self.slashings.iter().filter(|queued| {
                karak.core.is_queued(slashing_root(queued)) && queued.vaults.contains(vault)
            });
            let counted = *karak.core.pending_slashings.get(at);
            assert_eq!(counted, named.count() as u64, "slashings of {vault}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_calls_keep_every_property(steps in prop::collection::vec(step(), 1..100)) {
        let mut scene = scene();
        let token = scene.karak.world.accounts().find(&TOKEN);
        let supply = scene.karak.world.tokens().total_supply(token);
        let mut mirror = scene.karak.world.clone();
        for step in &steps {
            let Some((from, to, input)) = scene.calldata(step) else {
                scene.happen(&mut mirror, step);
                continue;
            };
            let before = scene.karak.world.clone();
            let receipt = scene.karak.send_raw(from, to, input);
            if let Err(revert) = &receipt.outcome {
                let text = String::from_utf8_lossy(revert.data()).into_owned();
                prop_assert!(!text.contains("bondstone: "), "{step:?}: {text}");
                prop_assert!(receipt.entries.is_empty());
                prop_assert!(before == scene.karak.world, "a failed call changed something");
            }
            for entry in &receipt.entries {
                mirror.fold(&entry.log).expect("a log of this very world folds");
            }
            prop_assert!(mirror == scene.karak.world, "the fold of the logs differs: {step:?}");
            scene.remember(step, &receipt.outcome);
        }
        scene.check();
        scene.check_picture();
        let left = scene.karak.world.tokens().total_supply(token);
        prop_assert_eq!(left, supply, "tokens appeared or vanished");
        let mut saved = Vec::new();
        scene.karak.world.save(&mut saved).expect("memory takes all bytes");
        let loaded = World::load(saved.as_slice()).expect("just saved");
        prop_assert!(loaded == scene.karak.world, "a saved world comes back changed");
    }
}

#[test]
fn topics_that_suites_share_go_to_the_suite_of_their_emitter() {
    let mut scene = scene();
    let (vault, staker) = (scene.vaults[0], account(0));
    let approve = SoladyErc20::approveCall { spender: staker, amount: U256::from(5) };
    for (to, from) in [(vault, account(1)), (TOKEN, account(2))] {
        let receipt = scene.karak.send(from, to, &approve);
        let mut mirror = scene.karak.world.clone();
        let log = &receipt.entries[0].log;
        mirror.fold(log).expect("its own log");
        assert!(mirror == scene.karak.world, "folding an approval twice changes nothing");
        let is_token = TokenEvent::from(bondstone_kernel::erc20::Approval {
            owner: from,
            spender: staker,
            value: U256::from(5),
        });
        use bondstone_kernel::Event as _;
        assert_eq!(log.data, is_token.encode());
    }
    let find = |at: &Address| scene.karak.world.accounts().find(at);
    let (world, one) = (&scene.karak.world, U256::from(5));
    let of_vault = world.karak().allowances.of(find(&vault), find(&account(1)), find(&staker));
    let of_token = world.tokens().allowance(find(&TOKEN), find(&account(2)), find(&staker));
    assert_eq!((of_vault, of_token), (one, one));
}
