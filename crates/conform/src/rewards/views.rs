//! The views that rewards traces record under names of their own.

use crate::abi;
use crate::report::Difference;
use alloy_primitives::{Address, B256, U256, hex};
use alloy_sol_types::{SolCall, SolValue, sol};
use bondstone_world::World;
use serde_json::Value;

sol! {
    /// Views of the rewards contracts, the vault and tokens.
    interface Views {
        function claimable(address token, address account, bytes data) returns (uint256);
        function lastUnclaimedReward(address account, address token, address network)
            returns (uint256);
        function rewardsLength(address token, address network) returns (uint256);
        function rewards(address token, address network, uint256 index)
            returns (uint256, uint48);
        function claimableAdminFee(address token) returns (uint256);
        function adminFee() returns (uint256);
        function version() returns (uint64);
        function root(address network, address token) returns (bytes32);
        function balance(address network, address token) returns (uint256);
        function claimed(address network, address token, address account) returns (uint256);
        function balanceOf(address account) returns (uint256);
        function activeSharesAt(uint48 timestamp, bytes hint) returns (uint256);
        function activeStakeAt(uint48 timestamp, bytes hint) returns (uint256);
        function activeSharesOfAt(address account, uint48 timestamp, bytes hint)
            returns (uint256);
        function operatorNetworkSharesAt(
            bytes32 subnetwork, address operator, uint48 timestamp, bytes hint
        ) returns (uint256);
        function totalOperatorNetworkSharesAt(bytes32 subnetwork, uint48 timestamp, bytes hint)
            returns (uint256);
    }
}

/// A word that a trace records: a number in any of its forms, or 32 bytes.
pub(crate) fn word(value: &Value) -> Option<B256> {
    let hash = value.as_str().filter(|text| text.len() == 66 && text.starts_with("0x"));
    match hash {
        Some(text) => text.parse().ok(),
        None => abi::uint(value).map(B256::from),
    }
}

/// Asks a view and compares the words of its answer.
pub(crate) fn compare(
    world: &mut World,
    to: Address,
    call: &impl SolCall,
    what: &str,
    expected: &[B256],
) -> Result<(), Difference> {
    let expected: Vec<u8> = expected.iter().flat_map(|word| word.0).collect();
    let actual = world.read(Address::ZERO, to, &call.abi_encode());
    if actual.as_ref().is_ok_and(|bytes| bytes.as_ref() == expected.as_slice()) {
        return Ok(());
    }
    let actual = match actual {
        Ok(bytes) => words(&bytes),
        Err(revert) => format!("failure, {}", abi::revert(revert.data())),
    };
    Err(Difference { what: what.to_owned(), expected: words(&expected), actual })
}

/// Words as numbers where they are small enough to be amounts.
fn words(bytes: &[u8]) -> String {
    let (chunks, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || chunks.is_empty() {
        return hex::encode_prefixed(bytes);
    }
    let words: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            let number = U256::from_be_bytes(*chunk);
            if number.bit_len() > 200 { hex::encode_prefixed(chunk) } else { number.to_string() }
        })
        .collect();
    words.join(", ")
}

/// `balanceOf` as a number; zero when it cannot be asked.
pub(crate) fn balance(world: &mut World, token: Address, account: Address) -> U256 {
    let call = Views::balanceOfCall { account };
    let answer = world.read(Address::ZERO, token, &call.abi_encode());
    answer.ok().and_then(|bytes| U256::abi_decode(&bytes).ok()).unwrap_or_default()
}
