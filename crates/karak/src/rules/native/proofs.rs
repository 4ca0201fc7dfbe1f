//! Merkle proofs of what the beacon chain says. Source: `BeaconProofs`, `Merkle`; the shape of the
//! trees is that of the consensus specification (Deneb).

use crate::abi::native::NativeVault::{
    InvalidBalanceProof, InvalidBalanceRootProof, InvalidBeaconStateProof,
    InvalidValidatorFieldsLength, InvalidValidatorFieldsProofInclusion,
    InvalidValidatorFieldsProofLength,
};
use crate::abi::native::{BalanceContainer, BalanceProof, BeaconStateRootProof, ValidatorProof};
use alloy_primitives::{B256, U256};
use bondstone_kernel::{Revert, require};
use sha2::{Digest, Sha256};

/// Place of a validator's key hash among its fields.
pub const PUBKEY: usize = 0;
/// Place of its withdrawal credentials.
pub const WITHDRAWAL_CREDENTIALS: usize = 1;
/// Place of its effective balance.
pub const EFFECTIVE_BALANCE: usize = 2;
/// Place of the epoch in which it exits.
pub const EXIT_EPOCH: usize = 6;

/// Fields of a validator.
const FIELDS: usize = 8;
/// Levels of the tree of a block header, of the state, of all validators, of all balances.
const HEADER_HEIGHT: usize = 3;
const STATE_HEIGHT: usize = 5;
const VALIDATORS_HEIGHT: usize = 40;
const BALANCES_HEIGHT: usize = 38;
/// Place of the state in a header, of validators and balances in the state.
const STATE_PLACE: u64 = 3;
const VALIDATORS_PLACE: u64 = 11;
const BALANCES_PLACE: u64 = 12;
/// Balances in one leaf.
const BALANCES_A_LEAF: u64 = 4;

fn hash(left: &[u8], right: &[u8]) -> B256 {
    let mut hasher = Sha256::new();
    hasher.update(left);
    hasher.update(right);
    B256::from(<[u8; 32]>::from(hasher.finalize()))
}

/// Whether `leaf` stands at place `index` under `root`, a node a level. The lowest bit of the
/// index says on which side the first node stands.
fn is_included(proof: &[u8], root: B256, leaf: B256, index: u64) -> bool {
    let mut place = index;
    let top = proof.as_chunks::<32>().0.iter().fold(leaf, |below, node| {
        let is_left = place & 1 == 0;
        place >>= 1;
        if is_left { hash(below.as_slice(), node) } else { hash(node, below.as_slice()) }
    });
    top == root
}

fn has_nodes(proof: &[u8], nodes: usize) -> bool {
    proof.len() == nodes.saturating_mul(32)
}

/// The state root of a block.
///
/// # Errors
/// `InvalidBeaconStateProof()`.
pub fn check_state_root(block_root: B256, proof: &BeaconStateRootProof) -> Result<(), Revert> {
    let leaf = proof.beaconStateRoot;
    let holds = has_nodes(&proof.proof, HEADER_HEIGHT)
        && is_included(&proof.proof, block_root, leaf, STATE_PLACE);
    require!(holds, InvalidBeaconStateProof {});
    Ok(())
}

/// The root of all balances of a block.
///
/// # Errors
/// `InvalidBalanceRootProof()`.
pub fn check_container(block_root: B256, proof: &BalanceContainer) -> Result<(), Revert> {
    let index = (STATE_PLACE << STATE_HEIGHT) | BALANCES_PLACE;
    let holds = has_nodes(&proof.proof, HEADER_HEIGHT.saturating_add(STATE_HEIGHT))
        && is_included(&proof.proof, block_root, proof.containerRoot, index);
    require!(holds, InvalidBalanceRootProof {});
    Ok(())
}

/// A validator's balance in wei.
///
/// # Errors
/// `InvalidBalanceProof()`.
pub fn balance(container_root: B256, validator: u64, proof: &BalanceProof) -> Result<U256, Revert> {
    let leaf = validator.checked_div(BALANCES_A_LEAF).unwrap_or_default();
    let holds = has_nodes(&proof.proof, BALANCES_HEIGHT.saturating_add(1))
        && is_included(&proof.proof, container_root, proof.balanceRoot, leaf);
    require!(holds, InvalidBalanceProof {});
    let place = validator.checked_rem(BALANCES_A_LEAF).unwrap_or_default();
    let shift = usize::try_from(place.saturating_mul(64)).unwrap_or_default();
    let shifted = U256::from_be_bytes(proof.balanceRoot.0).wrapping_shl(shift);
    Ok(gwei_to_wei(little_endian(B256::from(shifted))))
}

/// The fields of a validator under a state root.
///
/// # Errors
/// `InvalidValidatorFieldsLength()`, `InvalidValidatorFieldsProofLength()`,
/// `InvalidValidatorFieldsProofInclusion()`.
pub fn check_validator(
    state_root: B256,
    fields: &[B256],
    proof: &ValidatorProof,
) -> Result<(), Revert> {
    require!(fields.len() == FIELDS, InvalidValidatorFieldsLength {});
    let nodes = VALIDATORS_HEIGHT.saturating_add(1).saturating_add(STATE_HEIGHT);
    require!(has_nodes(&proof.proof, nodes), InvalidValidatorFieldsProofLength {});
    let number: u64 = proof.validatorIndex.to();
    let index = (VALIDATORS_PLACE << VALIDATORS_HEIGHT.saturating_add(1)) | number;
    let holds = is_included(&proof.proof, state_root, root_of(fields), index);
    require!(holds, InvalidValidatorFieldsProofInclusion {});
    Ok(())
}

/// The root of a tree whose leaves are a power of two.
fn root_of(leaves: &[B256]) -> B256 {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[left, right]| hash(left.as_slice(), right.as_slice()))
            .collect();
    }
    level.first().copied().unwrap_or_default()
}

/// A field of a validator.
///
/// # Errors
/// `Panic(0x32)` when there are fewer.
pub fn field(fields: &[B256], place: usize) -> Result<B256, Revert> {
    fields.get(place).copied().ok_or_else(Revert::out_of_bounds)
}

/// The number in the first eight bytes, least significant byte first.
#[must_use]
pub fn little_endian(word: B256) -> u64 {
    word.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// A beacon chain amount in wei.
#[must_use]
pub fn gwei_to_wei(gwei: u64) -> U256 {
    U256::from(u128::from(gwei).saturating_mul(1_000_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::aliases::U40;
    use alloy_primitives::{Bytes, b256};

    /// A proof of `nodes` levels for a leaf, and the root that it leads to.
    fn path(leaf: B256, index: u64, nodes: usize) -> (Bytes, B256) {
        let siblings: Vec<B256> = (1..=nodes).map(|n| B256::repeat_byte(n as u8)).collect();
        let root = siblings.iter().enumerate().fold(leaf, |below, (level, node)| {
            if index >> level & 1 == 0 {
                hash(below.as_slice(), node.as_slice())
            } else {
                hash(node.as_slice(), below.as_slice())
            }
        });
        (siblings.concat().into(), root)
    }

    #[test]
    fn the_hash_is_sha_256() {
        // The root of the tree of two zero leaves, known from the deposit contract.
        let known = b256!("0xf5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
        assert_eq!(hash(&[0; 32], &[0; 32]), known);
        assert_eq!(root_of(&[B256::ZERO; 2]), known);
    }

    #[test]
    fn a_balance_is_one_of_four_in_its_leaf() {
        let balances: [u64; 4] = [32_000_000_000, 1, 0, u64::MAX];
        let leaf = B256::try_from(balances.map(u64::to_le_bytes).concat().as_slice()).unwrap();
        for (place, gwei) in (0u64..).zip(balances) {
            let validator = 4 * 77 + place;
            let (proof, root) = path(leaf, 77, BALANCES_HEIGHT + 1);
            let proof = BalanceProof { pubkeyHash: B256::ZERO, balanceRoot: leaf, proof };
            let wei = balance(root, validator, &proof).unwrap();
            assert_eq!(wei, U256::from(gwei) * U256::from(1_000_000_000u64));
            assert!(balance(root, validator + 4, &proof).is_err());
            assert!(balance(B256::ZERO, validator, &proof).is_err());
        }
    }

    #[test]
    fn roots_are_checked_by_length_and_by_place() {
        let leaf = B256::repeat_byte(9);
        let (proof, root) = path(leaf, STATE_PLACE, HEADER_HEIGHT);
        let mut state = BeaconStateRootProof { timestamp: 1, beaconStateRoot: leaf, proof };
        assert_eq!(check_state_root(root, &state), Ok(()));
        state.proof = [state.proof.as_ref(), &[0; 32]].concat().into();
        assert!(check_state_root(root, &state).unwrap_err().is::<InvalidBeaconStateProof>());

        let (proof, root) = path(leaf, (3 << 5) | 12, HEADER_HEIGHT + STATE_HEIGHT);
        let container = BalanceContainer { containerRoot: leaf, proof };
        assert_eq!(check_container(root, &container), Ok(()));
        let error = check_container(leaf, &container).unwrap_err();
        assert!(error.is::<InvalidBalanceRootProof>());
    }

    #[test]
    fn a_validator_is_checked_by_fields_length_and_place() {
        let fields: Vec<B256> = (1..=8).map(B256::repeat_byte).collect();
        let index = (11 << 41) | 5;
        let (proof, root) = path(root_of(&fields), index, 46);
        let mut place =
            ValidatorProof { validatorIndex: U40::from(5), validatorRoot: B256::ZERO, proof };
        assert_eq!(check_validator(root, &fields, &place), Ok(()));
        let short = check_validator(root, &fields[..7], &place).unwrap_err();
        assert!(short.is::<InvalidValidatorFieldsLength>());
        let elsewhere = check_validator(leaf_of(&fields), &fields, &place).unwrap_err();
        assert!(elsewhere.is::<InvalidValidatorFieldsProofInclusion>());
        place.proof = Bytes::new();
        let cut = check_validator(root, &fields, &place).unwrap_err();
        assert!(cut.is::<InvalidValidatorFieldsProofLength>());
        assert_eq!(field(&fields, 8), Err(Revert::out_of_bounds()));
    }

    fn leaf_of(fields: &[B256]) -> B256 {
        fields[0]
    }
}
