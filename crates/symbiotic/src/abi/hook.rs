//! The ready-made delegator hooks, and what they ask of delegators, vaults and slashers.

use alloy_sol_types::sol;

sol! {
    /// `IBaseSlasher.GeneralDelegatorData`: what a slasher passes to the hook.
    #[derive(Debug, PartialEq)]
    struct HookGeneralData {
        uint64 slasherType;
        bytes data;
    }

    /// `ISlasher.DelegatorData`, the inner part for slasher type 0.
    #[derive(Debug, PartialEq)]
    struct HookSlasherData {
        uint256 slashableStake;
        uint256 stakeAt;
    }

    /// `IVetoSlasher.DelegatorData`, the inner part for slasher type 1.
    #[derive(Debug, PartialEq)]
    struct HookVetoSlasherData {
        uint256 slashableStake;
        uint256 stakeAt;
        uint256 slashIndex;
    }

    /// What the seven hooks answer and refuse; each has a part of it.
    #[derive(Debug, PartialEq)]
    interface Hook {
        error InvalidSlashCount();
        error NotFullRestakeDelegator();
        error NotNetworkRestakeDelegator();
        error NotOperatorSpecificDelegator();
        error NotVaultDelegator();

        function PERIOD() external view returns (uint48);
        function SLASH_COUNT() external view returns (uint256);
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes data
        ) external;
    }

    /// Views of vaults and slashers that hooks ask for.
    #[derive(Debug, PartialEq)]
    interface HookQueries {
        function cumulativeSlash(bytes32 subnetwork, address operator)
            external view returns (uint256);
        function cumulativeSlashAt(
            bytes32 subnetwork, address operator, uint48 timestamp, bytes hint
        ) external view returns (uint256);
        function delegator() external view returns (address);
        function slasher() external view returns (address);
    }
}

pub use Hook::{
    HookCalls, NotFullRestakeDelegator, NotNetworkRestakeDelegator, NotOperatorSpecificDelegator,
    NotVaultDelegator,
};

#[cfg(test)]
mod tests {
    use super::Hook::{HookCalls, HookErrors};
    use super::HookQueries::HookQueriesCalls;
    use alloy_primitives::{hex, keccak256};
    use alloy_sol_types::SolInterface;

    /// From the published interfaces of the hooks; the queries from Appendix A.5.
    const NAMES: [(&str, &str); 12] = [
        ("PERIOD()", "b4d1d795"),
        ("SLASH_COUNT()", "d524c328"),
        ("onSlash(bytes32,address,uint256,uint48,bytes)", "e49561ee"),
        ("InvalidSlashCount()", "39b5ac3d"),
        ("NotNetworkRestakeDelegator()", "06d48189"),
        ("NotVaultDelegator()", "c600b318"),
        ("NotFullRestakeDelegator()", ""),
        ("NotOperatorSpecificDelegator()", ""),
        ("cumulativeSlash(bytes32,address)", "1a2be2c4"),
        ("cumulativeSlashAt(bytes32,address,uint48,bytes)", "aa8e6489"),
        ("delegator()", "ce9b7930"),
        ("slasher()", "b1344271"),
    ];

    #[test]
    fn the_interfaces_are_those_of_the_compiled_contracts() {
        let declared: Vec<String> = HookCalls::selectors()
            .chain(HookErrors::selectors())
            .chain(HookQueriesCalls::selectors())
            .map(hex::encode)
            .collect();
        assert_eq!(declared.len(), NAMES.len());
        for (name, want) in NAMES {
            let selector = hex::encode(&keccak256(name)[..4]);
            assert!(want.is_empty() || selector == want, "{name} is {selector}");
            assert!(declared.contains(&selector), "{name}");
        }
    }
}
