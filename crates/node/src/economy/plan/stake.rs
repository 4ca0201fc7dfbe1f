//! Deposits, exits, and who may deposit how much.

use super::Plan;
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{
    ClaimTable, DepositLimitTable, DepositTable, Name, TransferTable, WhitelistTable, WithdrawTable,
};
use crate::economy::quantity::{MILLION, units};
use crate::economy::timeline;
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::math::mul_div_floor;
use bondstone_symbiotic::abi::vault::Vault;

impl Plan<'_> {
    pub(super) fn deposit(&mut self, table: &DepositTable) -> Result<(), Fault> {
        if self.roster.is_karak_vault(&table.vault) {
            return self.deposit_to_karak(table);
        }
        let at = self.roster.vault("vault", &table.vault)?;
        let vault = self.vaults[at].vault;
        let token = self.roster.token("collateral", &self.file.vault[at].collateral)?.address;
        for (staker, amount) in timeline::deposits(self.file, self.roster, self.place, table)? {
            self.send(staker, token, &Erc20::approveCall { spender: vault, value: amount })?;
            let on_behalf_of = self.address(staker);
            let call = Vault::depositCall { onBehalfOf: on_behalf_of, amount };
            self.send(staker, vault, &call)?;
        }
        Ok(())
    }

    /// Each member takes out the amount, or a part of what is active.
    pub(super) fn withdraw(&mut self, table: &WithdrawTable) -> Result<(), Fault> {
        let at = self.roster.vault("vault", &table.vault)?;
        let vault = self.vaults[at].vault;
        let place = Place::of("amount", &table.amount);
        let part = table.amount.get_ref().millionths().map_err(|problem| place.wrong(problem))?;
        let fixed = match part {
            None => units("amount", &table.amount, self.decimals(at)?)?,
            Some(_) => U256::ZERO,
        };
        let mut any = false;
        for staker in self.roster.members(&table.by, table.members.as_ref())? {
            let claimer = self.address(staker);
            let amount = match part {
                None => fixed,
                Some(part) => {
                    let all = self.read(vault, &Vault::activeBalanceOfCall { account: claimer })?;
                    floor(place, all, part, U256::from(MILLION))?
                }
            };
            if part.is_none() || !amount.is_zero() {
                self.send(staker, vault, &Vault::withdrawCall { claimer, amount })?;
                any = true;
            }
        }
        if any { Ok(()) } else { Err(self.place.wrong(Problem::NothingToClaim)) }
    }

    /// Each member claims every exit that is over.
    pub(super) fn claim(&mut self, table: &ClaimTable) -> Result<(), Fault> {
        let vault = self.vaults[self.roster.vault("vault", &table.vault)?].vault;
        let current = self.read(vault, &Vault::currentEpochCall {})?;
        let mut any = false;
        for staker in self.roster.members(&table.by, table.members.as_ref())? {
            let recipient = self.address(staker);
            let mut epochs = Vec::new();
            let mut epoch = U256::ZERO;
            while epoch < current {
                let owed = Vault::withdrawalsOfCall { epoch, account: recipient };
                let claimed = Vault::isWithdrawalsClaimedCall { epoch, account: recipient };
                if !self.read(vault, &owed)?.is_zero() && !self.read(vault, &claimed)? {
                    epochs.push(epoch);
                }
                epoch += U256::ONE;
            }
            any |= !epochs.is_empty();
            match epochs.as_slice() {
                [] => {}
                [epoch] => {
                    self.send(staker, vault, &Vault::claimCall { recipient, epoch: *epoch })?;
                }
                _ => {
                    self.send(staker, vault, &Vault::claimBatchCall { recipient, epochs })?;
                }
            }
        }
        if any { Ok(()) } else { Err(self.place.wrong(Problem::NothingToClaim)) }
    }

    pub(super) fn transfer(&mut self, table: &TransferTable) -> Result<(), Fault> {
        let (token, decimals) = self.transferable(&table.token)?;
        let value = units("amount", &table.amount, decimals)?;
        let to = self.address(self.roster.account("to", &table.to)?);
        for from in self.roster.members(&table.by, table.members.as_ref())? {
            self.send(from, token, &Erc20::transferCall { to, value })?;
        }
        Ok(())
    }

    /// A token, a tokenized vault or a vault of Karak, with its decimals.
    fn transferable(&self, name: &Name) -> Result<(Address, u8), Fault> {
        if let Ok(token) = self.roster.token("token", name) {
            return Ok((token.address, token.decimals));
        }
        if self.roster.is_karak_vault(name) {
            return self.karak_shares(name);
        }
        match self.roster.vault("token", name) {
            Ok(vault) if self.file.vault[vault].tokenized.is_some() => {
                Ok((self.vaults[vault].vault, self.decimals(vault)?))
            }
            _ => {
                let (kind, name_text) =
                    ("token, tokenized vault or vault of Karak", name.get_ref().clone());
                Err(Place::of("token", name).wrong(Problem::Unknown { kind, name: name_text }))
            }
        }
    }

    pub(super) fn set_deposit_limit(&mut self, table: &DepositLimitTable) -> Result<(), Fault> {
        let at = self.roster.vault("vault", &table.vault)?;
        let (vault, decimals) = (self.vaults[at].vault, self.decimals(at)?);
        let roles = &self.file.vault[at].roles;
        if table.amount.is_none() && table.enabled.is_none() {
            return Err(self.place.wrong(Problem::Missing("amount")));
        }
        if let Some(amount) = &table.amount {
            let limit = units("amount", amount, decimals)?;
            let holder = self.holder(at, roles.deposit_limit.as_ref())?;
            self.send(holder, vault, &Vault::setDepositLimitCall { limit })?;
        }
        if let Some(status) = table.enabled {
            let holder = self.holder(at, roles.is_deposit_limit.as_ref())?;
            self.send(holder, vault, &Vault::setIsDepositLimitCall { status })?;
        }
        Ok(())
    }

    pub(super) fn set_whitelist(&mut self, table: &WhitelistTable) -> Result<(), Fault> {
        let at = self.roster.vault("vault", &table.vault)?;
        let vault = self.vaults[at].vault;
        let roles = &self.file.vault[at].roles;
        if table.depositors.is_empty() && table.enabled.is_none() {
            return Err(self.place.wrong(Problem::Missing("depositors")));
        }
        if let Some(status) = table.enabled {
            let holder = self.holder(at, roles.deposit_whitelist.as_ref())?;
            self.send(holder, vault, &Vault::setDepositWhitelistCall { status })?;
        }
        let holder = self.holder(at, roles.depositors.as_ref())?;
        for name in &table.depositors {
            for depositor in self.roster.members(name, None)? {
                let account = self.address(depositor);
                let call = Vault::setDepositorWhitelistStatusCall { account, status: true };
                self.send(holder, vault, &call)?;
            }
        }
        Ok(())
    }

    /// Who acts for a vault: the holder of a role, or the curator, also where nobody holds it.
    pub(super) fn holder(&self, vault: usize, role: Option<&Name>) -> Result<usize, Fault> {
        let curator = &self.file.vault[vault].curator;
        match role {
            Some(name) if name.get_ref() != crate::economy::roster::NONE => {
                self.roster.account("roles", name)
            }
            _ => self.roster.account("curator", curator),
        }
    }
}

/// `value · part / whole`, rounded down.
pub(super) fn floor(place: Place, value: U256, part: U256, whole: U256) -> Result<U256, Fault> {
    mul_div_floor(value, part, whole)
        .map_err(|_| place.wrong(Problem::TooLarge(format!("{value} · {part} / {whole}"))))
}
