//! Vaults and their rules.

use super::{Scene, asset};
use crate::abi::vault::Vault::{convertToAssetsCall, convertToSharesCall};
use crate::rules::core::{SLASHING_COOLDOWN, VETO_WINDOW};
use crate::rules::vault::WITHDRAWAL_DELAY;
use crate::rules::{native, vault};
use crate::state::Contract;
use crate::state::vault::{Code, VaultConfig};
use alloy_primitives::{Address, U256};
use bondstone_kernel::security::{
    Condition, Destination, Exit, ExitRule, Party, Protocol, Rule, SecurityView, SlashingMode,
    SlashingRules, Vault,
};
use bondstone_kernel::{Assets, Id, Timestamp};
use std::collections::BTreeMap;

impl Scene<'_> {
    pub(super) fn add_vaults(&self, view: &mut SecurityView) {
        let withdrawing = self.withdrawing();
        for (id, account) in (0..).zip(self.state().vault.ids.keys()) {
            let config = self.state().vault.config.get(id);
            // Implementations are no vaults, and have no operator.
            if !config.operator.is_zero() {
                let leaving = withdrawing.get(&id).copied().unwrap_or_default();
                view.vaults.push(self.vault(id, account, config, leaving));
            }
        }
    }

    /// Wei that started withdrawals ask of native vaults, by vault.
    fn withdrawing(&self) -> BTreeMap<Id, U256> {
        let natives = &self.state().native;
        let mut sums: BTreeMap<Id, U256> = BTreeMap::new();
        for (at, (id, _)) in (0..).zip(natives.account_keys.keys()) {
            let sum = sums.entry(id).or_default();
            *sum = sum.saturating_add(natives.accounts.get(at).withdrawing);
        }
        sums
    }

    /// A standard vault keeps the shares of started redeems, and the stake viewer of the SDK leaves
    /// out what it keeps. A native vault leaves them with their owners, and counts wei instead.
    fn vault(&self, id: Id, account: Id, config: &VaultConfig, withdrawing: U256) -> Vault {
        let state = self.state();
        let address = self.accounts().key(account).unwrap_or_default();
        let code = state.code(self.accounts(), id);
        let supply = *state.shares.supply.get(account);
        let worth = |shares| self.ask(address, &convertToAssetsCall { shares }).unwrap_or_default();
        let (active, leaving) = if code == Some(Code::Native) {
            let all = worth(supply);
            let leaving = withdrawing.min(all);
            (all.saturating_sub(leaving), leaving)
        } else {
            let kept = state.shares.balance(account, account);
            (worth(supply.saturating_sub(kept)), worth(kept))
        };
        Vault {
            protocol: Protocol::Karak,
            vault: address.into(),
            collateral: asset(config.asset),
            active: Assets(active),
            leaving: Assets(leaving),
            exit: self.exit(account, code),
            slashing: SlashingRules {
                mode: SlashingMode::Committee {
                    veto_seconds: VETO_WINDOW,
                    cooldown_seconds: SLASHING_COOLDOWN,
                },
                slasher: Party::somebody(self.core),
                window_seconds: WITHDRAWAL_DELAY,
                committee: self.committee(),
                destination: self.destination(config.asset, code),
                is_destination_called: code != Some(Code::Native),
            },
            deposit_limit: None,
            is_deposit_restricted: false,
            condition: self.condition(address, config, supply, code),
            has_rail: false,
            changes: self.changes_of_vault(account, config, code),
            fixed: fixed(code),
        }
    }

    fn exit(&self, account: Id, code: Option<Code>) -> Exit {
        let bits = match code {
            Some(Code::Native) => native::EXIT_BITS.as_slice(),
            _ => vault::EXIT_BITS.as_slice(),
        };
        let paused = self.state().authority.paused.get(account);
        Exit {
            rule: ExitRule::Cooldown { cooldown_seconds: WITHDRAWAL_DELAY },
            seconds: WITHDRAWAL_DELAY,
            claimable_from: Timestamp(self.now.0.saturating_add(WITHDRAWAL_DELAY)),
            is_paused: bits.iter().any(|bit| paused.bit(usize::from(*bit))),
        }
    }

    fn destination(&self, token: Address, code: Option<Code>) -> Destination {
        if code == Some(Code::Native) {
            return Destination::Burned;
        }
        let handler = *self.state().core.handlers.get(self.id(token));
        match self.state().contract(self.accounts(), handler) {
            Contract::SlashingHandler => Destination::Handler { handler },
            _ => Destination::Account { address: handler },
        }
    }

    /// Without code at the asset every transfer counts as one that worked. Shares without assets
    /// grow in number with each deposit after a wipe-out, until no whole unit fits any more.
    fn condition(
        &self,
        address: Address,
        config: &VaultConfig,
        supply: U256,
        code: Option<Code>,
    ) -> Condition {
        if code != Some(Code::Native) && !self.host.has_code(config.asset) {
            return Condition::Free;
        }
        let unit = U256::from(10).checked_pow(U256::from(config.decimals));
        let call = convertToSharesCall { assets: unit.unwrap_or(U256::MAX) };
        if self.ask(address, &call).is_none() {
            return Condition::Dead;
        }
        if supply.is_zero() || !self.held(address).is_zero() {
            return Condition::Sound;
        }
        Condition::WipedOut
    }
}

/// Rules for which no contract of the protocol has a function that changes them.
fn fixed(code: Option<Code>) -> Vec<Rule> {
    let mut fixed = vec![
        Rule::Collateral,
        Rule::Operator,
        Rule::ExitTime,
        Rule::Slasher,
        Rule::VetoTime,
        Rule::DepositWhitelist,
        Rule::DepositCap,
    ];
    if code == Some(Code::Native) {
        fixed.push(Rule::Burner);
    }
    fixed
}
