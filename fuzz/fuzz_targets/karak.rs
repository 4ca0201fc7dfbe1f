//! Karak in the scene: vaults of every kind, services, and calls that only follow from others.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::core::Core::{
    cancelSlashingCall, finalizeSlashingCall, finalizeUpdateVaultStakeInDSSCall,
    requestSlashingCall, requestUpdateVaultStakeInDSSCall,
};
use bondstone_karak::abi::ledger::BeaconRootSet;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::{Event, Kind};
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{SandboxError, Style, account};
use bondstone_world::{KarakDeployment, World};

pub const OPERATOR: Address = Address::repeat_byte(0x34);
const RIVAL: Address = Address::repeat_byte(0x35);
/// Services that may slash all and 30 %.
const SERVICES: [Address; 2] = [Address::repeat_byte(0xd1), Address::repeat_byte(0xd2)];
/// A token whose zero address holds units, and one that refuses it.
const TOKENS: [Address; 2] = [Address::repeat_byte(0x75), Address::repeat_byte(0x76)];
/// One per cent.
const PERCENT: u128 = 1_000_000_000_000_000_000;
const DAY: u64 = 24 * 3600;

/// What Karak adds to a scene.
pub struct Stalls {
    pub actors: Vec<Address>,
    pub targets: Vec<Address>,
    pub ready: Vec<Bytes>,
}

/// Seconds to wait for a number below 16: mostly such as Symbiotic's short epochs want, but for
/// Karak's delays at the end.
pub fn pause(number: u8) -> u64 {
    match number {
        13 => 2 * DAY,
        14 => 7 * DAY,
        15 => 9 * DAY,
        few => u64::from(few) * 20,
    }
}

/// The block root that EIP-4788 answers for the present second.
pub fn tell_beacon_root(world: &mut World) {
    let roots = KarakDeployment::mainnet(Address::ZERO, Address::ZERO, Address::ZERO);
    let event = BeaconRootSet { timestamp: world.block().timestamp, root: B256::ZERO };
    let told = world.deploy(roots.address(Kind::BeaconRoots), Event::from(event));
    told.expect("it is part of the deployment");
}

/// Calls that a call has made possible: what it returns is what they take.
pub fn follow_ups(input: &[u8], output: &[u8]) -> Vec<Bytes> {
    let selectors = match input.first_chunk::<4>() {
        Some(&requestUpdateVaultStakeInDSSCall::SELECTOR) => {
            vec![finalizeUpdateVaultStakeInDSSCall::SELECTOR]
        }
        Some(&requestSlashingCall::SELECTOR) => {
            vec![finalizeSlashingCall::SELECTOR, cancelSlashingCall::SELECTOR]
        }
        _ => Vec::new(),
    };
    let call = |selector: [u8; 4]| [selector.as_slice(), output].concat().into();
    selectors.into_iter().map(call).collect()
}

/// Vaults with stake behind services, a stake update and a slashing that wait.
pub fn stalls(karak: &mut KarakSandbox) -> Result<Stalls, SandboxError> {
    for (token, style) in TOKENS.into_iter().zip([Style::ZeroHolds, Style::Plain]) {
        karak.add_asset(token, style, 18)?;
    }
    for (dss, percent) in SERVICES.into_iter().zip([100, 30]) {
        karak.service(dss, percent * PERCENT)?;
    }
    let sound = karak.vault(OPERATOR, TOKENS[0])?;
    let strict = karak.vault(OPERATOR, TOKENS[1])?;
    let other = karak.vault(RIVAL, TOKENS[0])?;
    let free = karak.vault(OPERATOR, NATIVE_ASSET)?;
    let native = karak.native_vault(OPERATOR)?;
    let mut targets = vec![karak.core(), sound, strict, other, free, native];
    for staker in 0..2 {
        for vault in [sound, strict, other] {
            karak.fund_and_stake(vault, account(staker), U256::from(10_000))?;
        }
        for token in TOKENS {
            karak.mint(token, account(staker), U256::from(100_000))?;
        }
        targets.push(restake(karak, native, account(staker))?);
    }
    for (operator, vault, dss) in
        [(OPERATOR, sound, 0), (OPERATOR, strict, 0), (OPERATOR, native, 1), (RIVAL, other, 1)]
    {
        karak.stake(operator, vault, SERVICES[dss])?;
    }
    let update = karak.request_stake(OPERATOR, sound, SERVICES[1], true)?;
    let slashes = [(sound, 10 * PERCENT)];
    let slashing = karak.request_slash(SERVICES[0], OPERATOR, &slashes)?;
    let redeem = Vault::startRedeemCall { shares: U256::from(1_000), beneficiary: account(1) };
    let key = karak.run(account(1), sound, &redeem)?;
    let ready = vec![
        finalizeUpdateVaultStakeInDSSCall { queuedStake: update }.abi_encode().into(),
        finalizeSlashingCall { queuedSlashing: slashing.clone() }.abi_encode().into(),
        cancelSlashingCall { queuedSlashing: slashing }.abi_encode().into(),
        Vault::finishRedeemCall { withdrawalKey: key }.abi_encode().into(),
    ];
    let contracts = karak.at.contracts.values().copied().filter(|at| !targets.contains(at));
    let contracts: Vec<Address> = contracts.collect();
    targets.extend(contracts.into_iter().chain(TOKENS).chain(SERVICES));
    let committee = karak.at.veto_committee;
    let mut actors = vec![OPERATOR, RIVAL, karak.at.owner, committee];
    actors.extend(SERVICES);
    Ok(Stalls { actors, targets, ready })
}

/// A node with ether that a snapshot has seen.
fn restake(
    karak: &mut KarakSandbox,
    vault: Address,
    staker: Address,
) -> Result<Address, SandboxError> {
    let node = karak.run(staker, vault, &NativeVault::createNodeCall {})?;
    karak.world.set_balance(node, U256::from(50_000))?;
    tell_beacon_root(&mut karak.world);
    karak.run(staker, vault, &NativeVault::startSnapshotCall { revertIfNoBalanceChange: true })?;
    Ok(node)
}

/// Words of Karak that lead further than random ones.
pub fn words() -> Vec<B256> {
    let numbers = [1, PERCENT, 30 * PERCENT, 100 * PERCENT];
    let mut words: Vec<B256> = numbers.map(|number| B256::from(U256::from(number))).to_vec();
    words.push(NATIVE_ASSET.into_word());
    words.push(Address::with_last_byte(1).into_word());
    words
}
