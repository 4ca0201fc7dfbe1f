//! The instant and the veto slasher.

use alloy_sol_types::sol;

sol! {
    /// `ISlasher.InitParams`; its only member is the `BaseParams` of every slasher.
    #[derive(Debug, PartialEq)]
    struct SlasherInitParams {
        bool isBurnerHook;
    }

    /// `IVetoSlasher.InitParams` with `BaseParams` written out, which encodes alike.
    #[derive(Debug, PartialEq)]
    struct VetoSlasherInitParams {
        bool isBurnerHook;
        uint48 vetoDuration;
        uint256 resolverSetEpochsDelay;
    }

    /// `IBaseSlasher.SlashableStakeHints`.
    #[derive(Debug, Default, PartialEq)]
    struct SlashableStakeHints {
        bytes stakeHints;
        bytes cumulativeSlashFromHint;
    }

    /// `ISlasher.SlashHints`.
    #[derive(Debug, Default, PartialEq)]
    struct SlashHints {
        bytes slashableStakeHints;
    }

    /// `IVetoSlasher.RequestSlashHints`.
    #[derive(Debug, Default, PartialEq)]
    struct RequestSlashHints {
        bytes slashableStakeHints;
    }

    /// `IVetoSlasher.ExecuteSlashHints`.
    #[derive(Debug, Default, PartialEq)]
    struct ExecuteSlashHints {
        bytes captureResolverHint;
        bytes currentResolverHint;
        bytes slashableStakeHints;
    }

    /// `IVetoSlasher.VetoSlashHints`.
    #[derive(Debug, Default, PartialEq)]
    struct VetoSlashHints {
        bytes captureResolverHint;
        bytes currentResolverHint;
    }

    /// `IVetoSlasher.SetResolverHints`.
    #[derive(Debug, Default, PartialEq)]
    struct SetResolverHints {
        bytes resolverHint;
    }

    /// What both slashers have: `BaseSlasher`, `Entity` and `StaticDelegateCallable`.
    #[derive(Debug, PartialEq)]
    interface BaseSlasher {
        error InsufficientBurnerGas();
        error InsufficientSlash();
        error InvalidCaptureTimestamp();
        error NoBurner();
        error NotNetworkMiddleware();
        error NotVault();

        function initialize(bytes data) external;
        function staticDelegateCall(address target, bytes data) external;

        function BURNER_GAS_LIMIT() external view returns (uint256);
        function BURNER_RESERVE() external view returns (uint256);
        function FACTORY() external view returns (address);
        function NETWORK_MIDDLEWARE_SERVICE() external view returns (address);
        function TYPE() external view returns (uint64);
        function VAULT_FACTORY() external view returns (address);
        function cumulativeSlash(bytes32 subnetwork, address operator)
            external view returns (uint256);
        function cumulativeSlashAt(
            bytes32 subnetwork, address operator, uint48 timestamp, bytes hint
        ) external view returns (uint256);
        function isBurnerHook() external view returns (bool);
        function latestSlashedCaptureTimestamp(bytes32 subnetwork, address operator)
            external view returns (uint48);
        function slashableStake(
            bytes32 subnetwork, address operator, uint48 captureTimestamp, bytes hints
        ) external view returns (uint256);
        function vault() external view returns (address);
    }

    /// What only the instant slasher has.
    #[derive(Debug, PartialEq)]
    interface Slasher {
        event Slash(
            bytes32 indexed subnetwork, address indexed operator, uint256 slashedAmount,
            uint48 captureTimestamp
        );

        function slash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes hints
        ) external returns (uint256 slashedAmount);
    }

    /// What only the veto slasher has.
    #[derive(Debug, PartialEq)]
    interface VetoSlasher {
        event RequestSlash(
            uint256 indexed slashIndex, bytes32 indexed subnetwork, address indexed operator,
            uint256 slashAmount, uint48 captureTimestamp, uint48 vetoDeadline
        );
        event ExecuteSlash(uint256 indexed slashIndex, uint256 slashedAmount);
        event VetoSlash(uint256 indexed slashIndex, address indexed resolver);
        event SetResolver(bytes32 indexed subnetwork, address resolver);

        error AlreadySet();
        error InvalidResolverSetEpochsDelay();
        error InvalidVetoDuration();
        error NoResolver();
        error NotNetwork();
        error NotResolver();
        error SlashPeriodEnded();
        error SlashRequestCompleted();
        error SlashRequestNotExist();
        error VetoPeriodEnded();
        error VetoPeriodNotEnded();

        function requestSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes hints
        ) external returns (uint256 slashIndex);
        function executeSlash(uint256 slashIndex, bytes hints)
            external returns (uint256 slashedAmount);
        function vetoSlash(uint256 slashIndex, bytes hints) external;
        function setResolver(uint96 identifier, address resolver, bytes hints) external;

        function NETWORK_REGISTRY() external view returns (address);
        function resolver(bytes32 subnetwork, bytes hint) external view returns (address);
        function resolverAt(bytes32 subnetwork, uint48 timestamp, bytes hint)
            external view returns (address);
        function resolverSetEpochsDelay() external view returns (uint256);
        function slashRequests(uint256 slashIndex)
            external view returns (
                bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
                uint48 vetoDeadline, bool completed
            );
        function slashRequestsLength() external view returns (uint256);
        function vetoDuration() external view returns (uint48);
    }

    /// `IBurner`: what a slasher calls after a slash when it was made so.
    #[derive(Debug, PartialEq)]
    interface Burner {
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp
        ) external;
    }
}

pub use BaseSlasher::{
    BaseSlasherCalls, InsufficientBurnerGas, InsufficientSlash, InvalidCaptureTimestamp, NoBurner,
    NotNetworkMiddleware, NotVault,
};
pub use Slasher::{Slash, SlasherCalls};
pub use VetoSlasher::{
    AlreadySet, ExecuteSlash, InvalidResolverSetEpochsDelay, InvalidVetoDuration, NoResolver,
    NotNetwork, NotResolver, RequestSlash, SetResolver, SlashPeriodEnded, SlashRequestCompleted,
    SlashRequestNotExist, VetoPeriodEnded, VetoPeriodNotEnded, VetoSlash, VetoSlasherCalls,
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use alloy_sol_types::{SolEvent, SolInterface};

    /// Selectors of an interface, sorted, in hex.
    fn selectors<C: SolInterface>() -> Vec<String> {
        let mut all: Vec<_> = C::selectors().map(hex::encode).collect();
        all.sort();
        all
    }

    #[test]
    fn functions_have_the_selectors_of_the_specification() {
        let mut base = vec![
            ("BURNER_GAS_LIMIT()", "d5c24e1a"),
            ("BURNER_RESERVE()", "2964f8dc"),
            ("FACTORY()", "2dd31000"),
            ("NETWORK_MIDDLEWARE_SERVICE()", "2c9d45b3"),
            ("TYPE()", "bb24fe8a"),
            ("VAULT_FACTORY()", "103f2907"),
            ("cumulativeSlash(bytes32,address)", "1a2be2c4"),
            ("cumulativeSlashAt(bytes32,address,uint48,bytes)", "aa8e6489"),
            ("initialize(bytes)", "439fab91"),
            ("isBurnerHook()", "34d098ea"),
            ("latestSlashedCaptureTimestamp(bytes32,address)", "267de1f3"),
            ("slashableStake(bytes32,address,uint48,bytes)", "aab3595f"),
            ("staticDelegateCall(address,bytes)", "9f86fd85"),
            ("vault()", "fbfa77cf"),
        ];
        base.sort_by_key(|entry| entry.1);
        let expected: Vec<_> = base.into_iter().map(|entry| entry.1.to_owned()).collect();
        assert_eq!(selectors::<BaseSlasherCalls>(), expected);
        assert_eq!(selectors::<SlasherCalls>(), ["021a8156"]);
        let mut veto = vec![
            ("NETWORK_REGISTRY()", "c0cd7c3e"),
            ("executeSlash(uint256,bytes)", "b94c386e"),
            ("requestSlash(bytes32,address,uint256,uint48,bytes)", "545ce389"),
            ("resolver(bytes32,bytes)", "cd05b8a1"),
            ("resolverAt(bytes32,uint48,bytes)", "31ce4dfe"),
            ("resolverSetEpochsDelay()", "bc6eac5b"),
            ("setResolver(uint96,address,bytes)", "9168f9d2"),
            ("slashRequests(uint256)", "9a896551"),
            ("slashRequestsLength()", "8f42f9ab"),
            ("vetoDuration()", "e054e08b"),
            ("vetoSlash(uint256,bytes)", "f9268d18"),
        ];
        veto.sort_by_key(|entry| entry.1);
        let expected: Vec<_> = veto.into_iter().map(|entry| entry.1.to_owned()).collect();
        assert_eq!(selectors::<VetoSlasherCalls>(), expected);
        assert_eq!(selectors::<Burner::BurnerCalls>(), ["065c1e03"]);
    }

    #[test]
    fn errors_have_the_selectors_of_the_specification() {
        let mut expected = vec![
            ("AlreadySet()", "a741a045"),
            ("InsufficientBurnerGas()", "854fccd4"),
            ("InsufficientSlash()", "b3fc38b8"),
            ("InvalidCaptureTimestamp()", "26af5922"),
            ("InvalidResolverSetEpochsDelay()", "54f778f3"),
            ("InvalidVetoDuration()", "cfabc7be"),
            ("NoBurner()", "d2420f59"),
            ("NoResolver()", "dd1ebd9d"),
            ("NotNetwork()", "8f54ee5c"),
            ("NotNetworkMiddleware()", "227bf64d"),
            ("NotResolver()", "ba2a9fc2"),
            ("NotVault()", "62df0545"),
            ("SlashPeriodEnded()", "9ea153eb"),
            ("SlashRequestCompleted()", "3428e907"),
            ("SlashRequestNotExist()", "f0452e46"),
            ("VetoPeriodEnded()", "c457e500"),
            ("VetoPeriodNotEnded()", "b62b15c7"),
        ];
        expected.sort_by_key(|entry| entry.1);
        let expected: Vec<_> = expected.into_iter().map(|entry| entry.1.to_owned()).collect();
        let mut errors = selectors::<BaseSlasher::BaseSlasherErrors>();
        errors.extend(selectors::<VetoSlasher::VetoSlasherErrors>());
        errors.sort();
        assert_eq!(errors, expected);
    }

    #[test]
    fn events_have_the_topics_of_the_specification() {
        let topics = [
            (
                ExecuteSlash::SIGNATURE_HASH,
                "5cc28df3b54da9d06f805d87616ebf969c81310f2aa8369cb14ca50f815d4111",
            ),
            (
                RequestSlash::SIGNATURE_HASH,
                "3cb7f4ff6cecf74cee0eb9ae3ebf8933fa60a53014cce52f96da72a78dba8464",
            ),
            (
                SetResolver::SIGNATURE_HASH,
                "7b0b759b513b299fd2811f51926dca8854222a675557e8d544ce0933bf5b7570",
            ),
            (
                Slash::SIGNATURE_HASH,
                "e0cbbe1f1e6fd806ca87036fafcebaf7ab5247474a3b20e1c37bb50122c3a884",
            ),
            (
                VetoSlash::SIGNATURE_HASH,
                "7d3d269c851b72257a5194a401d151902e9be4347d555996dcff3ff86a077e92",
            ),
        ];
        for (topic, expected) in topics {
            assert_eq!(hex::encode(topic), expected);
        }
    }
}
