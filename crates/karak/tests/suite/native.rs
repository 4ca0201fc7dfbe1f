//! Native vaults: nodes, snapshots with and without validators, withdrawals, slashes.

use crate::bench::*;
use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256, Bytes, U256};
use bondstone_karak::Kind;
use bondstone_karak::abi::native::{
    BalanceContainer, BalanceProof, BeaconStateRootProof, NativeVault, ValidatorFieldsProof,
    ValidatorProof,
};
use bondstone_karak::abi::solady::Shared;
use bondstone_kernel::Revert;
use sha2::{Digest, Sha256};

const ETHER: u128 = 1_000_000_000_000_000_000;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

fn snapshot(bench: &mut Bench, vault: Address, owner: Address) -> Result<(), Revert> {
    bench.beacon_root(B256::repeat_byte(0xbe));
    let call = NativeVault::startSnapshotCall { revertIfNoBalanceChange: false };
    bench.run(owner, vault, &call).map(drop)
}

/// A native vault in which an owner has a node with some ether that has shares.
fn funded(ether: u128) -> (Bench, Address, Address) {
    let mut bench = Bench::new();
    let vault = bench.native(OPERATOR);
    let node = bench.run(STAKER, vault, &NativeVault::createNodeCall {}).unwrap();
    bench.fund_node(node, ether * ETHER);
    snapshot(&mut bench, vault, STAKER).unwrap();
    (bench, vault, node)
}

#[test]
fn ether_that_arrives_gets_shares_at_the_next_snapshot() {
    let (mut bench, vault, node) = funded(32);
    assert_eq!(bench.total_assets(vault), n(32 * ETHER));
    assert_eq!(bench.shares(vault, STAKER), n(32 * ETHER));
    bench.wait(10);
    bench.fund_node(node, 33 * ETHER);
    snapshot(&mut bench, vault, STAKER).unwrap();
    assert_eq!(bench.total_assets(vault), n(33 * ETHER));
    bench.check_replay();
}

#[test]
fn a_snapshot_checks_node_pause_time_and_change() {
    let (mut bench, vault, _) = funded(1);
    let call = |flag| NativeVault::startSnapshotCall { revertIfNoBalanceChange: flag };
    err(bench.run(STRANGER, vault, &call(true)), NativeVault::NotNodeOwner {});
    let same_block = bench.run(STAKER, vault, &call(true));
    err(same_block, NativeVault::AttemptedSnapshotInSameBlock {});
    bench.wait(1);
    err(bench.run(STAKER, vault, &call(true)), NativeVault::NoBalanceUpdateToSnapshot {});
    // Nothing was told of the beacon chain for this second.
    err(bench.run(STAKER, vault, &call(false)), NativeVault::BeaconRootFetchError {});
    let expired = NativeVault::validateExpiredSnapshotCall { nodeOwner: STAKER };
    err(bench.run(STRANGER, vault, &expired), NativeVault::SnapshotNotExpired {});
    bench.wait(7 * DAY - 1);
    bench.beacon_root(B256::ZERO);
    bench.run(STRANGER, vault, &expired).unwrap();
}

#[test]
fn a_slash_takes_ether_off_the_node_at_its_next_snapshot() {
    let (mut bench, vault, node) = funded(32);
    bench.stake(OPERATOR, vault, SERVICE);
    bench.slash(SERVICE, OPERATOR, vault, 25 * PERCENT);
    assert_eq!(bench.total_assets(vault), n(24 * ETHER));
    assert_eq!(bench.sandbox.world.balance(node), n(32 * ETHER));
    snapshot(&mut bench, vault, STAKER).unwrap();
    let left = bench.sandbox.world.balance(node);
    // The virtual share keeps a wei at most.
    assert!(left - n(24 * ETHER) <= n(1), "{left}");
    assert_eq!(bench.sandbox.world.balance(Address::ZERO), n(32 * ETHER) - left);
    bench.check_replay();
}

#[test]
fn a_withdrawal_is_bounded_waits_and_pays_what_a_slash_left() {
    let (mut bench, vault, _) = funded(32);
    bench.stake(OPERATOR, vault, SERVICE);
    let start = |wei: u128| NativeVault::startWithdrawalCall { to: STRANGER, weiAmount: n(wei) };
    // The last snapshot is nine days old, but the bound is looked at first.
    let too_much = bench.run(STAKER, vault, &start(32 * ETHER + 1));
    err(too_much, Shared::WithdrawMoreThanMax {});
    err(bench.run(STAKER, vault, &start(ETHER)), NativeVault::SnapshotExpired {});
    snapshot(&mut bench, vault, STAKER).unwrap();
    let key = bench.run(STAKER, vault, &start(32 * ETHER)).unwrap();
    err(bench.run(STAKER, vault, &start(1)), Shared::WithdrawMoreThanMax {});
    bench.slash(SERVICE, OPERATOR, vault, 50 * PERCENT);
    // More waits than is left: the difference panics.
    err(bench.run(STAKER, vault, &start(0)), Revert::overflow());
    let finish = NativeVault::finishWithdrawalCall { withdrawalKey: key };
    err(bench.run(STRANGER, vault, &finish), Shared::MinWithdrawDelayNotPassed {});
    bench.wait(7 * DAY);
    bench.run(STRANGER, vault, &finish).unwrap();
    let paid = bench.sandbox.world.balance(STRANGER);
    assert!(n(16 * ETHER) - paid <= n(1), "{paid}");
    err(bench.run(STRANGER, vault, &finish), Shared::WithdrawalNotFound {});
    bench.check_replay();
}

#[test]
fn a_withdrawal_to_the_zero_address_is_no_slash() {
    let (mut bench, vault, node) = funded(32);
    let start = NativeVault::startWithdrawalCall { to: Address::ZERO, weiAmount: n(2 * ETHER) };
    let key = bench.run(STAKER, vault, &start).unwrap();
    bench.wait(9 * DAY);
    let finish = NativeVault::finishWithdrawalCall { withdrawalKey: key };
    bench.run(STAKER, vault, &finish).unwrap();
    let credited = NativeVault::withdrawableWeiCall { nodeOwner: STAKER };
    assert_eq!(bench.read(vault, &credited), n(30 * ETHER));
    assert_eq!(bench.sandbox.world.balance(node), n(30 * ETHER));
    snapshot(&mut bench, vault, STAKER).unwrap();
    assert_eq!(bench.total_assets(vault), n(30 * ETHER));
    bench.check_replay();
}

fn hash(left: B256, right: B256) -> B256 {
    B256::from(<[u8; 32]>::from(Sha256::digest([left.0, right.0].concat())))
}

/// A proof of some levels for a leaf at a place, and the root that it leads to.
fn path(leaf: B256, place: u64, levels: usize) -> (Vec<B256>, B256) {
    let nodes: Vec<B256> = (0..levels).map(|level| B256::repeat_byte(level as u8)).collect();
    let root = nodes.iter().enumerate().fold(leaf, |below, (level, node)| {
        if place >> level & 1 == 0 { hash(below, *node) } else { hash(*node, below) }
    });
    (nodes, root)
}

fn bytes(nodes: &[B256]) -> Bytes {
    nodes.concat().into()
}

/// The first word holds a little-endian number.
fn word(number: u64) -> B256 {
    let mut word = [0u8; 32];
    word[..8].copy_from_slice(&number.to_le_bytes());
    word.into()
}

/// A validator with 32 ether whose withdrawals go to `node`: proofs of its fields and the root of
/// the block that they lead to.
fn validator(node: Address, number: u64) -> (BeaconStateRootProof, ValidatorFieldsProof, B256) {
    let mut credentials = node.into_word();
    credentials.0[0] = 1;
    let mut fields = vec![B256::ZERO; 8];
    fields[0] = B256::repeat_byte(0xaa);
    fields[1] = credentials;
    fields[2] = word(32_000_000_000);
    fields[6] = word(u64::MAX);
    let mut level = fields.clone();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| hash(pair[0], pair[1])).collect();
    }
    let (proof, state_root) = path(level[0], (11 << 41) | number, 46);
    let place = ValidatorProof {
        validatorIndex: U40::from(number),
        validatorRoot: level[0],
        proof: bytes(&proof),
    };
    let (header, block_root) = path(state_root, 3, 3);
    let state = BeaconStateRootProof {
        timestamp: START,
        beaconStateRoot: state_root,
        proof: bytes(&header),
    };
    (state, ValidatorFieldsProof { validatorProof: place, validatorFields: fields }, block_root)
}

/// The proof of a validator's balance, and the root of the block that it leads to.
fn balance(number: u64, gwei: u64) -> (BalanceProof, BalanceContainer, B256) {
    let mut leaf = [0u8; 32];
    let at = (number % 4) as usize * 8;
    leaf[at..at + 8].copy_from_slice(&gwei.to_le_bytes());
    let (proof, root) = path(leaf.into(), number / 4, 39);
    let (container, block_root) = path(root, (3 << 5) | 12, 8);
    let pubkey_hash = B256::repeat_byte(0xaa);
    (
        BalanceProof { pubkeyHash: pubkey_hash, balanceRoot: leaf.into(), proof: bytes(&proof) },
        BalanceContainer { containerRoot: root, proof: bytes(&container) },
        block_root,
    )
}

#[test]
fn a_validator_restakes_is_measured_and_leaves_by_proofs() {
    let mut bench = Bench::new();
    let vault = bench.native(OPERATOR);
    let node = bench.run(STAKER, vault, &NativeVault::createNodeCall {}).unwrap();
    let (state, fields, root) = validator(node, 9);
    bench.beacon_root(root);
    let call = NativeVault::validateWithdrawalCredentialsCall {
        nodeOwner: STAKER,
        beaconStateRootProof: state,
        validatorFieldsProofs: vec![fields],
    };
    err(bench.run(STRANGER, vault, &call), NativeVault::BeaconTimestampIsCurrent {});
    bench.wait(12);
    bench.run(STRANGER, vault, &call).unwrap();
    assert_eq!(bench.shares(vault, STAKER), n(32 * ETHER));
    err(bench.run(STRANGER, vault, &call), NativeVault::ValidatorAlreadyActive {});

    let start = NativeVault::startSnapshotCall { revertIfNoBalanceChange: false };
    for (gwei, total) in [(31_000_000_000, 31), (0, 0)] {
        bench.wait(12);
        let (proof, container, root) = balance(9, gwei);
        bench.beacon_root(root);
        assert_eq!(bench.logs(STAKER, vault, &start), ["NodeETHWithdrawn", "SnapshotCreated"]);
        bench.wait(12);
        err(bench.run(STAKER, vault, &start), NativeVault::PendingIncompleteSnapshot {});
        let mut call = NativeVault::validateSnapshotProofsCall {
            nodeOwner: STAKER,
            balanceProofs: vec![proof],
            balanceContainer: container,
        };
        let right = std::mem::take(&mut call.balanceContainer.containerRoot);
        err(bench.run(STRANGER, vault, &call), NativeVault::InvalidBalanceRootProof {});
        call.balanceContainer.containerRoot = right;
        bench.run(STRANGER, vault, &call).unwrap();
        assert_eq!(bench.total_assets(vault), n(total * ETHER));
        err(bench.run(STRANGER, vault, &call), NativeVault::NoActiveSnapshot {});
    }
    let count = NativeVault::activeValidatorCountCall { nodeOwner: STAKER };
    assert_eq!(bench.read(vault, &count), U256::ZERO);
    let details =
        NativeVault::getValidatorDetailsCall { pubKey: B256::repeat_byte(0xaa), nodeOwner: STAKER };
    assert_eq!(bench.read(vault, &details).status, 2);
    bench.check_replay();
}

#[test]
fn a_native_vault_wants_ether_a_manager_and_a_node() {
    let mut bench = Bench::new();
    let native = bench.at.address(Kind::NativeVaultImplementation);
    let wrong = bench.deploy(OPERATOR, TOKEN, native, Bytes::new());
    err(wrong, NativeVault::DepositTokenNotAccepted {});
    let ether = bondstone_karak::rules::core::NATIVE_ASSET;
    err(bench.deploy(OPERATOR, ether, native, Bytes::new()), Revert::empty());
    let nobody = Bytes::from(vec![0; 64]);
    err(bench.deploy(OPERATOR, ether, native, nobody), Shared::ZeroAddress {});
}
