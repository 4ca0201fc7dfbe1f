//! One account in the world of a block: what it may read and call, and what it has on its way out.

use super::claims::ContractCall;
use super::market::AssetInfo;
use crate::chain::gas_of;
use crate::rpc::security::failure_in_words;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::vault::Vault as KarakVault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::rules::vault::WITHDRAWAL_DELAY;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::security::{Asset, Protocol};
use bondstone_kernel::{Assets, Id, NONE, Timestamp};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::state::vault::VaultConfig;
use bondstone_world::{Transaction, World};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// An account in a world.
pub(crate) struct Account<'a> {
    pub(crate) world: &'a World,
    pub(crate) address: Address,
    /// Its interned address; [`NONE`] when nobody has ever heard of it.
    pub(crate) id: Id,
    assets: RefCell<BTreeMap<Asset, AssetInfo>>,
}

/// Stake that was asked back and not collected.
#[derive(Clone, Debug)]
pub(crate) struct Withdrawal {
    pub(crate) protocol: Protocol,
    pub(crate) vault: Address,
    pub(crate) asset: Asset,
    /// Who asked for it.
    pub(crate) staker: Address,
    /// Who is paid.
    pub(crate) payee: Address,
    /// What it would pay at the block, rounded down.
    pub(crate) amount: Assets,
    /// First second at which it can be collected.
    pub(crate) claimable_from: Timestamp,
    /// Whether a slash can still take of it.
    pub(crate) is_slashable: bool,
    /// The call that collects it.
    pub(crate) call: ContractCall,
}

impl<'a> Account<'a> {
    pub(crate) fn new(world: &'a World, address: Address) -> Self {
        let id = world.accounts().find(&address);
        Self { world, address, id, assets: RefCell::default() }
    }

    /// The block's time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.world.block().timestamp)
    }

    /// The address with this id.
    pub(crate) fn key(&self, id: Id) -> Address {
        self.world.accounts().key(id).unwrap_or_default()
    }

    /// What a contract answers the account; `None` when it reverts.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Option<C::Return> {
        let answer = self.world.view(self.address, to, &call.abi_encode()).ok()?;
        C::abi_decode_returns(&answer).ok()
    }

    /// Makes the call on a fork; returns in words why it reverts, if it does.
    pub(crate) fn failure(&self, fork: &mut World, call: &ContractCall) -> Option<String> {
        let transaction = Transaction {
            from: self.address,
            to: Some(call.to),
            value: U256::ZERO,
            input: call.input.clone(),
        };
        let failed = fork.transact(&transaction).outcome.err()?;
        Some(failure_in_words(failed.data()))
    }

    /// What the node estimates that a call of the account takes.
    pub(crate) fn gas(&self, call: &ContractCall) -> u64 {
        gas_of(self.world, Some(call.to), &call.input)
    }

    /// What an asset says of itself.
    pub(crate) fn asset(&self, asset: Asset) -> AssetInfo {
        if let Some(known) = self.assets.borrow().get(&asset) {
            return known.clone();
        }
        let (symbol, decimals) = match asset {
            Asset::Token(token) => (
                self.ask(token, &Erc20::symbolCall {}).unwrap_or_default(),
                self.ask(token, &Erc20::decimalsCall {}).unwrap_or_default(),
            ),
            Asset::Ether => ("ETH".to_owned(), 18),
            Asset::Bitcoin => ("BTC".to_owned(), 8),
        };
        let info = AssetInfo { asset, symbol, decimals };
        self.assets.borrow_mut().insert(asset, info.clone());
        info
    }

    /// All withdrawals that the account asked for or that pay it and that were not collected, by
    /// suite and in the order in which their cells were made. One look at every bucket and redeem.
    pub(crate) fn withdrawals(&self) -> Vec<Withdrawal> {
        if self.id == NONE {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.add_buckets(&mut found);
        self.add_redeems(&mut found);
        self.add_native(&mut found);
        found
    }

    fn add_buckets(&self, found: &mut Vec<Withdrawal>) {
        let vaults = &self.world.symbiotic().vault;
        for (bucket, (id, epoch)) in (0..).zip(vaults.bucket_keys.keys()) {
            let part = vaults.claims.get(vaults.claim_keys.find(&(bucket, self.id)));
            if part.claimed || part.shares.is_zero() {
                continue;
            }
            let config = vaults.config.get(id);
            let (vault, number) = (config.address, U256::from(epoch));
            let ask = Vault::withdrawalsOfCall { epoch: number, account: self.address };
            let amount = self.ask(vault, &ask).unwrap_or_default();
            let ended = epoch.saturating_add(1).saturating_mul(config.epoch_duration);
            let claimable_from = Timestamp(config.epoch_duration_init.0.saturating_add(ended));
            let call = Vault::claimCall { recipient: self.address, epoch: number };
            found.push(Withdrawal {
                protocol: Protocol::Symbiotic,
                vault,
                asset: Asset::Token(config.collateral),
                staker: self.address,
                payee: self.address,
                amount: Assets(amount),
                claimable_from,
                is_slashable: self.now() < claimable_from && !never_slashed(config),
                call: ContractCall::new(vault, &call),
            });
        }
    }

    fn add_redeems(&self, found: &mut Vec<Withdrawal>) {
        let vaults = &self.world.karak().vault;
        for (at, (id, key)) in (0..).zip(vaults.redeem_keys.keys()) {
            let redeem = vaults.redeems.get(at);
            let concerns = redeem.staker == self.address || redeem.beneficiary == self.address;
            if redeem.start == 0 || !concerns {
                continue;
            }
            let vault = self.karak_vault(id);
            let ask = KarakVault::convertToAssetsCall { shares: redeem.shares };
            let amount = self.ask(vault, &ask).unwrap_or_default();
            let call = KarakVault::finishRedeemCall { withdrawalKey: key };
            found.push(Withdrawal {
                protocol: Protocol::Karak,
                vault,
                asset: karak_asset(vaults.config.get(id).asset),
                staker: redeem.staker,
                payee: redeem.beneficiary,
                amount: Assets(amount),
                claimable_from: Timestamp(redeem.start.saturating_add(WITHDRAWAL_DELAY)),
                // Its shares stay in the vault until somebody finishes it.
                is_slashable: true,
                call: ContractCall::new(vault, &call),
            });
        }
    }

    fn add_native(&self, found: &mut Vec<Withdrawal>) {
        let natives = &self.world.karak().native;
        for (at, (id, key)) in (0..).zip(natives.withdrawal_keys.keys()) {
            let queued = natives.withdrawals.get(at);
            let concerns = queued.node_owner == self.address || queued.to == self.address;
            if queued.start == 0 || !concerns {
                continue;
            }
            let vault = self.karak_vault(id);
            let ask = NativeVault::withdrawableWeiCall { nodeOwner: queued.node_owner };
            let most = self.ask(vault, &ask).unwrap_or_default();
            let call = NativeVault::finishWithdrawalCall { withdrawalKey: key };
            found.push(Withdrawal {
                protocol: Protocol::Karak,
                vault,
                asset: Asset::Ether,
                staker: queued.node_owner,
                payee: queued.to,
                amount: Assets(queued.assets.min(most)),
                claimable_from: Timestamp(queued.start.saturating_add(WITHDRAWAL_DELAY)),
                is_slashable: true,
                call: ContractCall::new(vault, &call),
            });
        }
    }

    /// Where a vault of Karak lives.
    pub(crate) fn karak_vault(&self, id: Id) -> Address {
        self.world.karak().vault.ids.key(id).map(|account| self.key(account)).unwrap_or_default()
    }
}

/// What a vault of Karak holds.
pub(crate) fn karak_asset(asset: Address) -> Asset {
    if asset == NATIVE_ASSET { Asset::Ether } else { Asset::Token(asset) }
}

/// Whether a vault has no slasher and gets none any more.
pub(crate) fn never_slashed(config: &VaultConfig) -> bool {
    config.is_slasher_initialized && config.slasher.is_zero()
}
