//! Curators, fees, and what the rewards contract is wired to.

use crate::bench::*;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::Revert;
use bondstone_kernel::ownable::OwnableUnauthorizedAccount;
use bondstone_kernel::revert::library::{FailedInnerCall, InvalidInitialization};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards_v2::fees::FeeAtHints;
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, FeeRegistry, Rewards as R};
use bondstone_symbiotic::rules::rewards_v2::{CUMULATIVE_MERKLE, VAULT_SNAPSHOT, protocol_fee_id};

#[test]
fn contracts_are_wired_owned_and_cannot_be_initialised() {
    let mut bench = Bench::new();
    let (owner, fees, curators) =
        (bench.owner(), bench.at(Kind::FeeRegistry), bench.at(Kind::CuratorRegistry));
    assert_eq!(bench.rewards(EVE, &R::FEE_REGISTRYCall {}), fees);
    assert_eq!(bench.rewards(EVE, &R::CURATOR_REGISTRYCall {}), curators);
    let factory = bench.at(Kind::VaultFactory);
    assert_eq!(bench.rewards(EVE, &R::VAULT_FACTORYCall {}), factory);
    let registry = bench.at(Kind::NetworkRegistry);
    assert_eq!(bench.rewards(EVE, &R::NETWORK_REGISTRYCall {}), registry);
    let service = bench.at(Kind::NetworkMiddlewareService);
    assert_eq!(bench.rewards(EVE, &R::NETWORK_MIDDLEWARE_SERVICECall {}), service);
    assert_eq!(bench.run(Kind::FeeRegistry, EVE, &FeeRegistry::CURATOR_REGISTRYCall {}), curators);
    assert_eq!(bench.rewards(EVE, &R::MAX_FEECall {}), n(1_000_000));
    let most = bench.run(Kind::FeeRegistry, EVE, &FeeRegistry::MAX_PARTICIPANT_FEECall {});
    assert_eq!(most, n(500_000));
    for kind in [Kind::Rewards, Kind::FeeRegistry, Kind::CuratorRegistry] {
        bench.fails(kind, owner, &R::initializeCall { owner: EVE }, InvalidInitialization {});
        let owner_of = bondstone_kernel::ownable::Ownable::ownerCall {};
        match kind {
            Kind::CuratorRegistry => bench.fails(kind, EVE, &owner_of, Revert::empty()),
            _ => assert_eq!(bench.run(kind, EVE, &owner_of), owner),
        }
    }
}

#[test]
fn the_owner_names_the_first_curator_and_each_curator_the_next() {
    let mut bench = Bench::new();
    let (owner, vault) = (bench.owner(), bench.parts.vault);
    let set = |curator| CuratorRegistry::setCuratorCall { vault, curator };
    let kind = Kind::CuratorRegistry;
    bench.fails(kind, EVE, &set(EVE), CuratorRegistry::NotAuthorized {});
    let nobody = CuratorRegistry::setCuratorCall { vault: EVE, curator: EVE };
    bench.fails(kind, EVE, &nobody, Revert::empty());
    let ownerless = CuratorRegistry::setCuratorCall { vault: PAY, curator: EVE };
    bench.fails(kind, EVE, &ownerless, Revert::empty());
    let first = bench.sandbox.now();
    bench.run(kind, owner, &set(CURATOR));
    bench.fails(kind, owner, &set(owner), CuratorRegistry::NotAuthorized {});
    bench.sandbox.wait(5);
    // Zero locks it for ever.
    bench.run(kind, CURATOR, &set(Address::ZERO));
    for anybody in [owner, CURATOR, EVE] {
        bench.fails(kind, anybody, &set(EVE), CuratorRegistry::NotAuthorized {});
    }
    let at = |timestamp, hint: &[u8]| CuratorRegistry::getCuratorAtCall {
        vault,
        timestamp: U48::from(timestamp),
        hint: Bytes::copy_from_slice(hint),
    };
    assert_eq!(bench.run(kind, EVE, &at(first - 1, &[])), Address::ZERO);
    assert_eq!(bench.run(kind, EVE, &at(first + 4, &n(0).to_be_bytes::<32>())), CURATOR);
    assert_eq!(bench.run(kind, EVE, &at(first + 5, &[])), Address::ZERO);
    bench.fails(kind, EVE, &at(first, &n(2).to_be_bytes::<32>()), panic(0x32));
    bench.fails(kind, EVE, &at(first, &[1]), Revert::empty());
    let curator = bench.run(kind, EVE, &CuratorRegistry::getCuratorCall { vault });
    assert_eq!(curator, Address::ZERO);
}

#[test]
fn fees_are_the_curators_to_set_and_a_networks_own_fee_counts_while_enabled() {
    let mut bench = Bench::new();
    let (owner, vault, kind) = (bench.owner(), bench.parts.vault, Kind::FeeRegistry);
    let first = bench.sandbox.now();
    bench.fees(50_000, 100_000);
    let network = NETWORK;
    let own = |enable, fee: u64| FeeRegistry::setOperatorsNetworkFeeCall {
        vault,
        network,
        enable,
        fee: n(fee),
    };
    // Who asks is checked before what is asked for.
    bench.fails(kind, owner, &own(true, 500_001), FeeRegistry::NotCurator {});
    bench.fails(kind, CURATOR, &own(true, 500_001), FeeRegistry::FeeTooHigh {});
    bench.sandbox.wait(10);
    bench.run(kind, CURATOR, &own(true, 500_000));
    let fee = FeeRegistry::getOperatorsFeeCall { vault, network };
    assert_eq!(bench.run(kind, EVE, &fee), n(500_000));
    bench.sandbox.wait(10);
    bench.run(kind, CURATOR, &own(false, 7));
    assert_eq!(bench.run(kind, EVE, &fee), n(50_000));
    let stored = FeeRegistry::getOperatorsNetworkFeeCall { vault, network };
    let stored = bench.run(kind, EVE, &stored);
    assert_eq!((stored.isEnabled, stored.fee), (false, n(7)));
    let at = |timestamp: u64, hints: Vec<u8>| FeeRegistry::getOperatorsFeeAtCall {
        vault,
        network,
        timestamp: U48::from(timestamp),
        hints: hints.into(),
    };
    let fees: Vec<U256> = [first - 1, first, first + 10, first + 20]
        .into_iter()
        .map(|second| bench.run(kind, EVE, &at(second, Vec::new())))
        .collect();
    assert_eq!(fees, [n(0), n(50_000), n(500_000), n(50_000)]);
    let hint = |index: u64| Bytes::from(n(index).to_be_bytes::<32>());
    let hints = |own: Bytes, default: Bytes| {
        FeeAtHints { networkFeeHint: own, defaultFeeHint: default }.abi_encode()
    };
    assert_eq!(bench.run(kind, EVE, &at(first + 20, hints(hint(1), hint(0)))), n(50_000));
    bench.fails(kind, EVE, &at(first + 20, hints(hint(2), hint(0))), panic(0x32));
    bench.fails(kind, EVE, &at(first + 20, hints(hint(1), hint(1))), panic(0x32));
    // The hint of a fee that is not looked up is not looked at.
    assert_eq!(bench.run(kind, EVE, &at(first + 10, hints(hint(0), hint(9)))), n(500_000));
    bench.fails(kind, EVE, &at(first, vec![1; 31]), Revert::empty());

    let id = protocol_fee_id(VAULT_SNAPSHOT, Some(NETWORK));
    let protocol = |fee: u64| FeeRegistry::setProtocolFeeCall { id, enable: true, fee: n(fee) };
    let stranger = OwnableUnauthorizedAccount { account: CURATOR };
    bench.fails(kind, CURATOR, &protocol(1_000_000), stranger);
    bench.fails(kind, owner, &protocol(1_000_000), FeeRegistry::FeeTooHigh {});
    bench.run(kind, owner, &protocol(999_999));
    let call = R::protocolFeeCall { rewardsType: VAULT_SNAPSHOT, network };
    assert_eq!(bench.rewards(EVE, &call), n(999_999));
    let other = R::protocolFeeCall { rewardsType: VAULT_SNAPSHOT, network: EVE };
    assert_eq!(bench.rewards(EVE, &other), U256::ZERO);
}

#[test]
fn registries_take_several_calls_in_one() {
    let mut bench = Bench::new();
    let (owner, vault) = (bench.owner(), bench.parts.vault);
    let set = CuratorRegistry::setCuratorCall { vault, curator: CURATOR }.abi_encode();
    let get = CuratorRegistry::getCuratorCall { vault }.abi_encode();
    let call = CuratorRegistry::multicallCall { data: vec![set.into(), get.clone().into()] };
    let results = bench.run(Kind::CuratorRegistry, owner, &call);
    assert_eq!(results, [Bytes::new(), CURATOR.abi_encode().into()]);
    let fee = FeeRegistry::setCuratorFeeCall { vault, fee: n(1) }.abi_encode();
    let high = FeeRegistry::setCuratorFeeCall { vault, fee: n(500_001) }.abi_encode();
    let call = FeeRegistry::multicallCall { data: vec![fee.into(), high.into()] };
    bench.fails(Kind::FeeRegistry, CURATOR, &call, FeeRegistry::FeeTooHigh {});
    let unknown = FeeRegistry::multicallCall { data: vec![get.into()] };
    bench.fails(Kind::FeeRegistry, CURATOR, &unknown, FailedInnerCall {});
}

#[test]
fn conversions_of_fees_answer_for_both_rails_only() {
    let mut bench = Bench::new();
    bench.protocol_fee(VAULT_SNAPSHOT, 10_000);
    bench.protocol_fee(CUMULATIVE_MERKLE, 250_000);
    let network = NETWORK;
    let total = |rewards_type, amount: u64| R::distributionToTotalAmountCall {
        rewardsType: rewards_type,
        network,
        distributionAmount: n(amount),
    };
    let inverse = |rewards_type, amount: u64| R::totalToDistributionAmountCall {
        rewardsType: rewards_type,
        network,
        totalDistributionAmount: n(amount),
    };
    assert_eq!(bench.rewards(EVE, &total(VAULT_SNAPSHOT, 990_000)), n(999_999));
    assert_eq!(bench.rewards(EVE, &inverse(VAULT_SNAPSHOT, 1_000_000)), n(990_000));
    assert_eq!(bench.rewards(EVE, &total(CUMULATIVE_MERKLE, 7)), n(8));
    assert_eq!(bench.rewards(EVE, &inverse(CUMULATIVE_MERKLE, 7)), n(6));
    bench.refused(EVE, &total(2, 7), R::InvalidRewardType {});
    bench.refused(EVE, &inverse(2, 7), R::InvalidRewardType {});
    let domain = bench.rewards(EVE, &R::eip712DomainCall {});
    assert_eq!((domain.name.as_str(), domain.version.as_str()), ("CumulativeMerkleRewards", "1"));
    assert_eq!(domain.chainId, n(CHAIN));
    let hash = B256::repeat_byte(3);
    let here = bench.rewards(EVE, &R::hashTypedDataV4Call { structHash: hash });
    let anywhere = bench.rewards(EVE, &R::hashTypedDataV4CrossChainCall { structHash: hash });
    assert_ne!(here, anywhere);
}
