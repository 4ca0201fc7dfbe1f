//! Standard vaults: deposits, redeems, shares as a token.

use crate::bench::*;
use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use alloy_sol_types::SolValue;
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::solady::{OwnableRoles, Pauser, Shared, SoladyErc20};
use bondstone_karak::abi::vault::Vault;
use bondstone_kernel::Revert;
use bondstone_kernel::signature::typed_data_digest;
use k256::ecdsa::SigningKey;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

#[test]
fn deposits_check_pause_amount_transfer_and_shares_in_this_order() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    let deposit = |assets: u128, least: u128| Vault::deposit_1Call {
        assets: n(assets),
        to: STAKER,
        minSharesOut: n(least),
    };
    let map = |map: u128| Core::pauseVaultCall { vault, map: n(map) };
    bench.run(MANAGER, bench.core(), &map(0b10)).unwrap();
    let paused = Pauser::EnforcedPauseFunction { functionIndex: 1 };
    err(bench.run(STAKER, vault, &deposit(0, 1)), paused);
    let call = Core::unpauseVaultCall { vault, map: n(0) };
    bench.run(MANAGER, bench.core(), &call).unwrap();
    err(bench.run(STAKER, vault, &deposit(0, 1)), Shared::ZeroAmount {});
    let empty = bench.run(STAKER, vault, &deposit(5, 6));
    err(empty, bondstone_karak::abi::solady::SafeTransferLib::TransferFromFailed {});
    let pause = Pauser::pauseCall { map: n(1) };
    err(bench.run(STAKER, vault, &pause), OwnableRoles::Unauthorized {});
    let slash = Vault::slashAssetsCall { totalAssetsToSlash: n(1), slashingHandler: Address::ZERO };
    err(bench.run(OWNER, vault, &slash), OwnableRoles::Unauthorized {});
    let withdraw = Vault::withdrawCall { assets: n(1), to: STAKER, owner: STAKER };
    err(bench.run(STAKER, vault, &withdraw), Shared::NotImplemented {});
}

#[test]
fn a_redeem_repaired_one_fault_at_a_time() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    let start = |shares: u128, to| Vault::startRedeemCall { shares: n(shares), beneficiary: to };
    err(bench.run(STAKER, vault, &start(0, Address::ZERO)), Shared::ZeroShares {});
    err(bench.run(STAKER, vault, &start(2_000, Address::ZERO)), Shared::ZeroAddress {});
    let approve = |amount: u128| SoladyErc20::approveCall { spender: vault, amount: n(amount) };
    bench.run(STAKER, vault, &approve(400)).unwrap();
    let short = bench.run(STAKER, vault, &start(2_000, STRANGER));
    err(short, SoladyErc20::InsufficientAllowance {});
    bench.run(STAKER, vault, &approve(5_000)).unwrap();
    let poor = bench.run(STAKER, vault, &start(2_000, STRANGER));
    err(poor, SoladyErc20::InsufficientBalance {});
    bench.run(STAKER, vault, &approve(400)).unwrap();
    let key = bench.run(STAKER, vault, &start(400, STRANGER)).unwrap();
    assert_eq!(key, keccak256((STAKER, U256::ZERO).abi_encode()));
    let left = SoladyErc20::allowanceCall { owner: STAKER, spender: vault };
    assert_eq!(bench.read(vault, &left), n(0));
    let finish = |key| Vault::finishRedeemCall { withdrawalKey: key };
    err(bench.run(STRANGER, vault, &finish(B256::ZERO)), Shared::WithdrawalNotFound {});
    bench.wait(9 * DAY - 1);
    err(bench.run(STRANGER, vault, &finish(key)), Shared::MinWithdrawDelayNotPassed {});
    bench.wait(1);
    bench.run(STRANGER, vault, &finish(key)).unwrap();
    let paid = SoladyErc20::balanceOfCall { owner: STRANGER };
    assert_eq!(bench.read(TOKEN, &paid), n(400));
    err(bench.run(STRANGER, vault, &finish(key)), Shared::WithdrawalNotFound {});
    bench.check_replay();
}

#[test]
fn a_slash_during_the_wait_counts_for_who_leaves() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.stake(OPERATOR, vault, SERVICE);
    bench.deposit(vault, STAKER, 1_000_000_000).unwrap();
    bench.deposit(vault, RIVAL, 500_000_000).unwrap();
    let start = Vault::startRedeemCall { shares: n(1_000_000_000), beneficiary: STAKER };
    let key = bench.run(STAKER, vault, &start).unwrap();
    bench.slash(SERVICE, OPERATOR, vault, 30 * PERCENT);
    bench.wait(7 * DAY);
    bench.run(STRANGER, vault, &Vault::finishRedeemCall { withdrawalKey: key }).unwrap();
    let paid = SoladyErc20::balanceOfCall { owner: STAKER };
    assert_eq!(bench.read(TOKEN, &paid), n(700_000_000));
    assert_eq!(bench.total_assets(vault), n(350_000_000));
}

#[test]
fn shares_sent_to_the_zero_address_stay_in_the_supply() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    let lost = SoladyErc20::transferCall { to: Address::ZERO, amount: n(300) };
    bench.run(STAKER, vault, &lost).unwrap();
    assert_eq!(bench.read(vault, &SoladyErc20::totalSupplyCall {}), n(1_000));
    assert_eq!(bench.shares(vault, Address::ZERO), n(300));
    bench.check_replay();
}

#[test]
fn a_permit_is_an_approval_by_signature_and_works_once() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    let deadline = n(u128::from(START + DAY));
    let signature = |owner: Address, v, r, s| SoladyErc20::permitCall {
        owner,
        spender: STRANGER,
        value: n(5),
        deadline,
        v,
        r,
        s,
    };
    let (r, s) = (B256::repeat_byte(2), B256::repeat_byte(3));
    let wrong = bench.run(STRANGER, vault, &signature(STAKER, 27, r, s));
    err(wrong, SoladyErc20::InvalidPermit {});
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let owner = Address::from_private_key(&key);
    let domain = bench.read(vault, &SoladyErc20::DOMAIN_SEPARATORCall {});
    let permit = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
    );
    let fields = (permit, owner, STRANGER, n(5), U256::ZERO, deadline).abi_encode();
    let digest = typed_data_digest(domain, keccak256(fields));
    let signed: Signature = key.sign_prehash_recoverable(digest.as_slice()).unwrap().into();
    let call =
        signature(owner, 27 + u8::from(signed.v()), B256::from(signed.r()), B256::from(signed.s()));
    bench.run(STRANGER, vault, &call).unwrap();
    let allowed = SoladyErc20::allowanceCall { owner, spender: STRANGER };
    assert_eq!(bench.read(vault, &allowed), n(5));
    assert_eq!(bench.read(vault, &SoladyErc20::noncesCall { owner }), n(1));
    err(bench.run(STRANGER, vault, &call), SoladyErc20::InvalidPermit {});
    bench.wait(2 * DAY);
    err(bench.run(STRANGER, vault, &call), SoladyErc20::PermitExpired {});
    bench.check_replay();
}
