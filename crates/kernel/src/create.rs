//! Addresses of contracts that contracts create.

use alloy_primitives::{Address, B256, Bytes, keccak256};

/// How a new contract comes to life; decides its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// An EIP-1167 minimal clone by CREATE2. Its address is exact.
    Clone {
        /// The creating contract.
        deployer: Address,
        /// CREATE2 salt.
        salt: B256,
        /// The cloned contract.
        implementation: Address,
    },
    /// A proxy by CREATE2 whose creation code is not part of the model. A replayer plays back the
    /// recorded address; a chain of our own derives one from the same facts ([`proxy_address`]).
    Proxy {
        /// The creating contract.
        deployer: Address,
        /// CREATE2 salt.
        salt: B256,
        /// The proxied contract.
        implementation: Address,
        /// Constructor arguments of the proxy.
        arguments: Bytes,
    },
}

impl Creation {
    /// The address by the rules of CREATE2; for a proxy with the stand-in creation code.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Clone { deployer, salt, implementation } => {
                clone_address(*deployer, *salt, *implementation)
            }
            Self::Proxy { deployer, salt, implementation, arguments } => {
                proxy_address(*deployer, *salt, *implementation, arguments)
            }
        }
    }
}

const CLONE_HEAD: [u8; 20] = alloy_primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
const CLONE_TAIL: [u8; 15] = alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3");

/// Address of an EIP-1167 clone made by CREATE2.
/// Source: EIP-1014, EIP-1167, OpenZeppelin 5.0.2 `Clones.predictDeterministicAddress`.
#[must_use]
pub fn clone_address(deployer: Address, salt: B256, implementation: Address) -> Address {
    let mut code = Vec::with_capacity(55);
    code.extend_from_slice(&CLONE_HEAD);
    code.extend_from_slice(implementation.as_slice());
    code.extend_from_slice(&CLONE_TAIL);
    deployer.create2(salt, keccak256(code))
}

/// Stands in for the compiled creation code of the proxy, which is not part of the model.
const PROXY_CODE: &[u8] = b"bondstone: proxy creation code";

/// Address of a proxy on a chain of our own: CREATE2 over a fixed stand-in for the creation code.
/// It has the right dependencies (deployer, salt, implementation, arguments) and is not the
/// address that the compiled proxy would get.
#[must_use]
pub fn proxy_address(
    deployer: Address,
    salt: B256,
    implementation: Address,
    arguments: &[u8],
) -> Address {
    let mut code = Vec::with_capacity(arguments.len().saturating_add(64));
    code.extend_from_slice(PROXY_CODE);
    code.extend_from_slice(implementation.into_word().as_slice());
    code.extend_from_slice(arguments);
    deployer.create2(salt, keccak256(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    #[test]
    fn a_clone_address_depends_on_deployer_salt_and_implementation() {
        let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let one = clone_address(a, B256::ZERO, b);
        assert_ne!(one, clone_address(b, B256::ZERO, b));
        assert_ne!(one, clone_address(a, B256::repeat_byte(1), b));
        assert_ne!(one, clone_address(a, B256::ZERO, a));
    }

    #[test]
    fn create2_follows_the_examples_of_eip_1014() {
        let made = Address::ZERO.create2(B256::ZERO, keccak256([0u8]));
        assert_eq!(made, address!("0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"));
    }
}
