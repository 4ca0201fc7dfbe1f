//! Where the contracts that exist once are, from the names of a header.

use crate::fixtures;
use alloy_primitives::{Address, keccak256};
use bondstone_symbiotic::Kind;
use std::collections::BTreeMap;

/// Names that differ from the contract's own name with a small first letter.
const NAMES: [(&str, Kind); 9] = [
    ("vaultImpl", Kind::VaultImplementation),
    ("vaultTokenizedImpl", Kind::VaultTokenizedImplementation),
    ("implNetworkRestakeDelegator", Kind::NetworkRestakeDelegatorImplementation),
    ("implFullRestakeDelegator", Kind::FullRestakeDelegatorImplementation),
    ("implOperatorSpecificDelegator", Kind::OperatorSpecificDelegatorImplementation),
    ("implOperatorNetworkSpecificDelegator", Kind::OperatorNetworkSpecificDelegatorImplementation),
    ("implSlasher", Kind::SlasherImplementation),
    ("implVetoSlasher", Kind::VetoSlasherImplementation),
    ("implBurnerRouter", Kind::BurnerRouterImplementation),
];

/// The contract that a header name stands for.
fn singleton(name: &str) -> Option<Kind> {
    let by_own_name = |kind: &&Kind| {
        let own = format!("{kind:?}");
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.eq_ignore_ascii_case(&own)
    };
    let by_table = NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    by_table.or_else(|| Kind::ALL.iter().find(by_own_name).copied())
}

/// An address for every contract. One that the header does not name gets a made-up one, except
/// default collateral's implementation, whose address enters those of its clones: it is the first
/// creation of its factory.
#[must_use]
pub fn singletons(names: &BTreeMap<String, Address>) -> BTreeMap<Kind, Address> {
    let mut singletons: BTreeMap<Kind, Address> = names
        .iter()
        .filter_map(|(name, address)| singleton(name).map(|kind| (kind, *address)))
        .collect();
    for kind in Kind::ALL.iter().copied() {
        let factory = singletons.get(&Kind::DefaultCollateralFactory).copied();
        singletons.entry(kind).or_insert_with(|| match (kind, factory) {
            (Kind::DefaultCollateralImplementation, Some(factory)) => first_creation(factory),
            _ => fixtures::made_up(&format!("{kind:?}")),
        });
    }
    singletons
}

/// Where the first contract that a contract creates comes to live: the hash of the list
/// (creator, nonce 1).
fn first_creation(creator: Address) -> Address {
    let mut list = vec![0xd6, 0x94];
    list.extend_from_slice(creator.as_slice());
    list.push(1);
    Address::from_word(keccak256(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_stand_for_the_contracts_of_their_name() {
        assert_eq!(singleton("vaultFactory"), Some(Kind::VaultFactory));
        assert_eq!(singleton("vaultHints"), Some(Kind::VaultHints));
        assert_eq!(singleton("implSlasher"), Some(Kind::SlasherImplementation));
        assert_eq!(singleton("slasher"), None);
        assert_eq!(singleton("vault0"), None);
    }

    #[test]
    fn every_contract_gets_an_address_of_its_own() {
        let all = singletons(&BTreeMap::new());
        assert_eq!(all.len(), Kind::ALL.len());
        let distinct: std::collections::BTreeSet<_> = all.values().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
