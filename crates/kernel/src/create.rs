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
    /// Solady's minimal ERC-1967 beacon proxy by CREATE2. Its address is exact.
    BeaconProxy {
        /// The creating contract.
        deployer: Address,
        /// CREATE2 salt.
        salt: B256,
        /// The contract that the proxy asks for its implementation.
        beacon: Address,
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
            Self::BeaconProxy { deployer, salt, beacon } => {
                beacon_proxy_address(*deployer, *salt, *beacon)
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

const BEACON_PROXY_HEAD: [u8; 9] = alloy_primitives::hex!("60523d8160223d3973");
const BEACON_PROXY_TAIL: [u8; 87] = alloy_primitives::hex!(
    "60195155f3363d3d373d3d363d602036600436635c60da1b60e01b36527fa3f0ad74e5423aebfd80d3ef43465783"
    "35a9a72aeaee59ff6cb3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
);

/// Address of Solady's beacon proxy made by CREATE2.
/// Source: EIP-1014, Solady 0.0.201 `LibClone.deployDeterministicERC1967BeaconProxy`.
#[must_use]
pub fn beacon_proxy_address(deployer: Address, salt: B256, beacon: Address) -> Address {
    let mut code = Vec::with_capacity(116);
    code.extend_from_slice(&BEACON_PROXY_HEAD);
    code.extend_from_slice(beacon.as_slice());
    code.extend_from_slice(&BEACON_PROXY_TAIL);
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
    fn a_beacon_proxy_lives_where_the_recorded_one_does() {
        // The first vault of a recorded deployment: operator, asset and a nonce of zero.
        let core = address!("0xdbb3BFd6419369925b69981130276F47220B71aA");
        let operator = address!("0xd3613fFCC5Ba715f91A0CCbD91eA12EA1cD19Eb7");
        let asset = address!("0x1c634292c05ef2535Fb289E5423EdCb65D06F5a8");
        let packed = [operator.as_slice(), asset.as_slice(), &[0; 12]].concat();
        let vault = beacon_proxy_address(core, keccak256(packed), core);
        assert_eq!(vault, address!("0x78D15C5c7E79CFEB4cAC5C17F771a7355e00268e"));
    }

    #[test]
    fn create2_follows_the_examples_of_eip_1014() {
        let made = Address::ZERO.create2(B256::ZERO, keccak256([0u8]));
        assert_eq!(made, address!("0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"));
    }
}
