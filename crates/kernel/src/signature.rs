//! Typed-data digests and signature checks.
//! Source: EIP-712, EIP-1271, OpenZeppelin 5.0.2 `EIP712`, `ECDSA`, `SignatureChecker`.

use crate::host::{Call, Host, Suite};
use alloy_primitives::{Address, B256, Bytes, Signature, U256, b256, keccak256, uint};
use alloy_sol_types::{SolCall, SolValue, sol};

sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// keccak256 of `EIP712Domain(string name,string version,uint256 chainId,address
/// verifyingContract)`.
const DOMAIN_TYPE: B256 =
    b256!("0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");

/// Half the order of secp256k1: the largest `s` that is not malleable (EIP-2).
const HALF_ORDER: U256 =
    uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// The EIP-712 domain separator of a contract.
#[must_use]
pub fn domain_separator(name: &str, version: &str, chain_id: u64, contract: Address) -> B256 {
    let fields = (
        DOMAIN_TYPE,
        keccak256(name.as_bytes()),
        keccak256(version.as_bytes()),
        U256::from(chain_id),
        contract,
    );
    keccak256(fields.abi_encode())
}

/// The EIP-712 digest: `keccak256(0x1901 ‖ domain separator ‖ struct hash)`.
#[must_use]
pub fn typed_data_digest(domain: B256, struct_hash: B256) -> B256 {
    let mut bytes = [0u8; 66];
    let parts = [0x19, 0x01].into_iter().chain(domain.0).chain(struct_hash.0);
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    keccak256(bytes)
}

/// The signer of `digest`, for 65-byte signatures `r ‖ s ‖ v` with low `s` and `v` of 27 or 28.
/// Source: OpenZeppelin 5.0.2 `ECDSA.tryRecover`; compact signatures are not accepted.
#[must_use]
pub fn recover(digest: B256, signature: &[u8]) -> Option<Address> {
    let bytes: &[u8; 65] = signature.try_into().ok()?;
    let (r, rest) = bytes.split_first_chunk::<32>()?;
    let (s, v) = rest.split_first_chunk::<32>()?;
    if U256::from_be_bytes(*s) > HALF_ORDER {
        return None;
    }
    ecrecover(digest, *v.first()?, B256::from(*r), B256::from(*s))
}

/// The signer of `digest` as the precompile at address 1 finds it: `v` is 27 or 28, and a high `s`
/// counts. Source: Ethereum Yellow Paper, appendix E.
#[must_use]
pub fn ecrecover(digest: B256, v: u8, r: B256, s: B256) -> Option<Address> {
    let odd = match v {
        27 => false,
        28 => true,
        _ => return None,
    };
    let signature = Signature::new(r.into(), s.into(), odd);
    signature.recover_address_from_prehash(&digest).ok()
}

/// Whether `signer` signed `digest`: as a key, or else as a contract through ERC-1271.
/// Source: OpenZeppelin 5.0.2 `SignatureChecker.isValidSignatureNow`.
pub fn is_valid_now<S: Suite>(
    host: &mut dyn Host<S>,
    from: Address,
    signer: Address,
    digest: B256,
    signature: &Bytes,
) -> bool {
    if recover(digest, signature) == Some(signer) {
        return true;
    }
    let input = isValidSignatureCall { hash: digest, signature: signature.clone() }.abi_encode();
    let Ok(output) = host.call(Call::view(from, signer, &input)) else { return false };
    let mut magic = [0u8; 32];
    for (to, byte) in magic.iter_mut().zip(isValidSignatureCall::SELECTOR) {
        *to = byte;
    }
    output.get(..32) == Some(&magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_published_ones() {
        let text = "EIP712Domain(string name,string version,uint256 chainId,\
                    address verifyingContract)";
        assert_eq!(keccak256(text), DOMAIN_TYPE);
        assert_eq!(isValidSignatureCall::SELECTOR, [0x16, 0x26, 0xba, 0x7e]);
    }

    #[test]
    fn a_high_s_counts_for_the_precompile_only() {
        let order = (HALF_ORDER << 1) + U256::ONE;
        let digest = B256::repeat_byte(7);
        let low = U256::from(5);
        let found = (1..=99)
            .map(B256::repeat_byte)
            .find_map(|r| ecrecover(digest, 27, r, low.into()).map(|signer| (r, signer)));
        let (r, signer) = found.expect("half of all numbers are the x of a point");
        let high = B256::from(order - low);
        assert_eq!(ecrecover(digest, 28, r, high), Some(signer));
        assert_eq!(ecrecover(digest, 29, r, high), None);
        let packed = |v: u8, s: B256| [r.as_slice(), s.as_slice(), &[v]].concat();
        assert_eq!(recover(digest, &packed(27, low.into())), Some(signer));
        assert_eq!(recover(digest, &packed(28, high)), None);
    }

    #[test]
    fn malformed_signatures_have_no_signer() {
        let digest = B256::repeat_byte(7);
        assert_eq!(recover(digest, &[]), None);
        assert_eq!(recover(digest, &[1; 64]), None);
        let mut high = [1u8; 65];
        high[32] = 0xff;
        high[64] = 27;
        assert_eq!(recover(digest, &high), None);
        let mut odd_v = [1u8; 65];
        odd_v[64] = 29;
        assert_eq!(recover(digest, &odd_v), None);
    }
}
