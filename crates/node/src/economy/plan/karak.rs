//! Karak: services and vaults, what operators stake, what stakers take back, what is slashed.

use super::Plan;
use super::stake::floor;
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{
    ClaimTable, DepositTable, DssTable, FinalizeSlashingTable, FinalizeStakeTable, HookName,
    JailTable, KarakVaultTable, MembershipTable, Name, RefuseTable, RequestTable, SlashingTable,
    StakeUpdateTable, StartRedeemTable,
};
use crate::economy::quantity::{MILLION, units};
use crate::economy::timeline;
use crate::protocols::VETO_COMMITTEE;
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, Bytes, FixedBytes, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::Kind;
use bondstone_karak::abi::core::{
    Core, QueuedSlashing, QueuedStakeUpdate, SlashRequest, StakeUpdateRequest, VaultConfig,
};
use bondstone_karak::abi::dss::{BaseDss, Hooks};
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::vault::{WITHDRAWAL_DELAY, withdraw_key};
use bondstone_kernel::erc20::Erc20;
use std::collections::BTreeMap;

/// What has happened at Karak so far.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// The vaults, by position.
    vaults: Vec<Address>,
    /// The last stake update that was requested of each vault.
    updates: BTreeMap<usize, QueuedStakeUpdate>,
    /// Slashings that have a name.
    slashings: BTreeMap<String, QueuedSlashing>,
}

impl Plan<'_> {
    fn core(&self) -> Address {
        self.protocols.karak.address(Kind::Core)
    }

    fn send_to_core<C: SolCall>(&mut self, sender: usize, call: &C) -> Result<C::Return, Fault> {
        self.send(sender, self.core(), call)
    }

    /// Address and controller of a service.
    fn service(&self, name: &Name) -> Result<(Address, usize), Fault> {
        let service = &self.roster.services[self.roster.dss("dss", name)?];
        Ok((service.address, service.controller))
    }

    /// Position, address and operator of a vault.
    fn karak_vault(
        &self,
        key: &'static str,
        name: &Name,
    ) -> Result<(usize, Address, usize), Fault> {
        let at = self.roster.karak_vault(key, name)?;
        let operator = self.roster.operator("operator", &self.file.karak_vault[at].operator)?;
        Ok((at, self.karak.vaults[at], operator))
    }

    /// The vault of Karak with this name, for tokens of which it is one.
    pub(super) fn karak_shares(&self, name: &Name) -> Result<(Address, u8), Fault> {
        let (_, vault, _) = self.karak_vault("token", name)?;
        Ok((vault, timeline::collateral(self.file, self.roster, name)?.decimals))
    }

    pub(super) fn create_dss(&mut self, table: &DssTable) -> Result<(), Fault> {
        let (dss, controller) = self.service(&table.name)?;
        let maximum = table.max_slash.get_ref().percentage_wad();
        let maximum =
            maximum.map_err(|problem| Place::of("max_slash", &table.max_slash).wrong(problem))?;
        let core = self.core();
        let call = BaseDss::initializeCall { core, maxSlashablePercentageWad: maximum };
        self.send(controller, dss, &call)?;
        for hook in &table.refuses {
            let call = BaseDss::setRefusalCall { hook: selector(*hook.get_ref()), refuses: true };
            self.send(controller, dss, &call)?;
        }
        Ok(())
    }

    pub(super) fn create_karak_vault(&mut self, table: &KarakVaultTable) -> Result<(), Fault> {
        let operator = self.roster.operator("operator", &table.operator)?;
        let token = self.roster.token("collateral", &table.collateral)?;
        let (name, symbol) = match &table.shares {
            Some(shares) => (shares.name.clone(), shares.symbol.clone()),
            None => (table.name.get_ref().clone(), format!("k{}", token.symbol)),
        };
        let config = VaultConfig { asset: token.address, name, symbol, ..VaultConfig::default() };
        let call = Core::deployVaultsCall { vaultConfigs: vec![config], vaultImpl: Address::ZERO };
        let vaults = self.send_to_core(operator, &call)?;
        self.karak.vaults.extend(vaults);
        Ok(())
    }

    pub(super) fn set_membership(
        &mut self,
        table: &MembershipTable,
        joins: bool,
    ) -> Result<(), Fault> {
        let operator = self.roster.operator("operator", &table.operator)?;
        let (dss, _) = self.service(&table.dss)?;
        if joins {
            let data = Bytes::new();
            let call = Core::registerOperatorToDSSCall { dss, registrationHookData: data };
            self.send_to_core(operator, &call).map(drop)
        } else {
            let call = Core::unregisterOperatorFromDSSCall { dss };
            self.send_to_core(operator, &call).map(drop)
        }
    }

    /// A vault's operator asks for it to be staked to a service, or to be taken back.
    pub(super) fn request_stake_update(
        &mut self,
        table: &StakeUpdateTable,
        to_stake: bool,
    ) -> Result<(), Fault> {
        let (at, vault, operator) = self.karak_vault("vault", &table.vault)?;
        let (dss, _) = self.service(&table.dss)?;
        let request = StakeUpdateRequest { vault, dss, toStake: to_stake };
        let call = Core::requestUpdateVaultStakeInDSSCall { vaultStakeUpdateRequest: request };
        let queued = self.send_to_core(operator, &call)?;
        self.karak.updates.insert(at, queued);
        Ok(())
    }

    /// The update that waits for a vault is carried out, by its operator unless by another.
    pub(super) fn finalize_stake_update(
        &mut self,
        table: &FinalizeStakeTable,
    ) -> Result<(), Fault> {
        let (at, _, operator) = self.karak_vault("vault", &table.vault)?;
        let sender = match &table.by {
            Some(name) => self.roster.account("by", name)?,
            None => operator,
        };
        let Some(queued) = self.karak.updates.get(&at).cloned() else {
            let why = "nobody has requested a stake update of this vault before";
            return Err(Place::of("vault", &table.vault).wrong(Problem::Misplaced(why)));
        };
        self.send_to_core(sender, &Core::finalizeUpdateVaultStakeInDSSCall { queuedStake: queued })
            .map(drop)
    }

    pub(super) fn deposit_to_karak(&mut self, table: &DepositTable) -> Result<(), Fault> {
        let (_, vault, _) = self.karak_vault("vault", &table.vault)?;
        let token = timeline::collateral(self.file, self.roster, &table.vault)?.address;
        for (staker, assets) in timeline::deposits(self.file, self.roster, self.place, table)? {
            self.send(staker, token, &Erc20::approveCall { spender: vault, value: assets })?;
            let to = self.address(staker);
            self.send(staker, vault, &Vault::deposit_0Call { assets, to })?;
        }
        Ok(())
    }

    /// Each member starts to redeem so many shares, or a part of his. The vault takes them by an
    /// allowance of its own shares.
    pub(super) fn start_redeem(&mut self, table: &StartRedeemTable) -> Result<(), Fault> {
        let (_, vault, _) = self.karak_vault("vault", &table.vault)?;
        let place = Place::of("shares", &table.shares);
        let part = table.shares.get_ref().millionths().map_err(|problem| place.wrong(problem))?;
        let fixed = match part {
            None => {
                let token = timeline::collateral(self.file, self.roster, &table.vault)?;
                units("shares", &table.shares, token.decimals)?
            }
            Some(_) => U256::ZERO,
        };
        let mut any = false;
        for staker in self.roster.members(&table.by, table.members.as_ref())? {
            let account = self.address(staker);
            let shares = match part {
                None => fixed,
                Some(part) => {
                    let all = self.read(vault, &Erc20::balanceOfCall { account })?;
                    floor(place, all, part, U256::from(MILLION))?
                }
            };
            if part.is_some() && shares.is_zero() {
                continue;
            }
            let beneficiary = match &table.beneficiary {
                Some(name) => self.address(self.roster.account("beneficiary", name)?),
                None => account,
            };
            self.send(staker, vault, &Erc20::approveCall { spender: vault, value: shares })?;
            self.send(staker, vault, &Vault::startRedeemCall { shares, beneficiary })?;
            any = true;
        }
        if any { Ok(()) } else { Err(self.place.wrong(Problem::NothingToClaim)) }
    }

    /// Each member finishes every redeem of his whose delay is over.
    pub(super) fn finish_redeem(&mut self, table: &ClaimTable) -> Result<(), Fault> {
        let (_, vault, _) = self.karak_vault("vault", &table.vault)?;
        let mut any = false;
        for account in self.roster.members(&table.by, table.members.as_ref())? {
            let staker = self.address(account);
            let count = self.read(vault, &Vault::getNextWithdrawNonceCall { staker })?;
            let mut nonce = U256::ZERO;
            while nonce < count {
                if self.is_over(vault, staker, nonce)? {
                    let call =
                        Vault::finishRedeemCall { withdrawalKey: withdraw_key(staker, nonce) };
                    self.send(account, vault, &call)?;
                    any = true;
                }
                nonce += U256::ONE;
            }
        }
        if any { Ok(()) } else { Err(self.place.wrong(Problem::NothingToClaim)) }
    }

    /// Whether a redeem waits, and has waited long enough.
    fn is_over(&mut self, vault: Address, staker: Address, nonce: U256) -> Result<bool, Fault> {
        let pending = Vault::isWithdrawalPendingCall { staker, withdrawNonce: nonce };
        if !self.read(vault, &pending)? {
            return Ok(false);
        }
        let queued = Vault::getQueuedWithdrawalCall { staker, withdrawNonce: nonce };
        let start = self.read(vault, &queued)?.start;
        let now = U256::from(self.world.block().timestamp);
        Ok(U256::from(start).saturating_add(U256::from(WITHDRAWAL_DELAY)) <= now)
    }

    /// A service asks for parts of vaults, by the hand of its controller.
    pub(super) fn request_slashing(&mut self, table: &SlashingTable) -> Result<(), Fault> {
        let (dss, controller) = self.service(&table.dss)?;
        let operator = self.address(self.roster.operator("operator", &table.operator)?);
        if table.vaults.is_empty() {
            return Err(self.place.wrong(Problem::Nobody));
        }
        let taken = |name: &&Name| self.karak.slashings.contains_key(name.get_ref());
        if let Some(name) = table.name.as_ref().filter(taken) {
            return Err(Place::of("name", name).wrong(Problem::Taken(name.get_ref().clone())));
        }
        let (mut vaults, mut percentages) = (Vec::new(), Vec::new());
        for (name, part) in &table.vaults {
            let wrong = |problem| Place::of("vaults", part).wrong(problem);
            let wad = part.get_ref().percentage_wad().map_err(wrong)?;
            let wad = u128::try_from(wad).ok().and_then(|wad| U96::try_from(wad).ok());
            let too_large = || wrong(Problem::TooLarge(part.get_ref().0.clone()));
            percentages.push(wad.ok_or_else(too_large)?);
            vaults.push(self.karak_vault("vaults", name)?.1);
        }
        let request = SlashRequest { operator, slashPercentagesWad: percentages, vaults };
        let data = Core::requestSlashingCall { slashingRequest: request }.abi_encode().into();
        let call = BaseDss::executeCall { target: self.core(), data };
        let output = self.send(controller, dss, &call)?;
        let queued = super::decoded::<Core::requestSlashingCall>(self.place, &output)?;
        if let Some(name) = &table.name {
            self.karak.slashings.insert(name.get_ref().clone(), queued);
        }
        Ok(())
    }

    fn slashing(&self, name: &Name) -> Result<QueuedSlashing, Fault> {
        self.karak.slashings.get(name.get_ref()).cloned().ok_or_else(|| {
            let (kind, name_text) = ("slashing requested before", name.get_ref().clone());
            Place::of("request", name).wrong(Problem::Unknown { kind, name: name_text })
        })
    }

    /// The veto committee of Karak stops a slashing.
    pub(super) fn veto_slashing(&mut self, table: &RequestTable) -> Result<(), Fault> {
        let queued = self.slashing(&table.request)?;
        let people = &self.roster.people;
        let committee = people.iter().position(|person| person.index == Some(VETO_COMMITTEE));
        let committee = committee.ok_or_else(|| {
            let text = "the veto committee has no account".to_owned();
            self.place.wrong(Problem::Internal(text))
        })?;
        self.send_to_core(committee, &Core::cancelSlashingCall { queuedSlashing: queued }).map(drop)
    }

    /// A slashing is carried out, by the service's controller unless by another.
    pub(super) fn finalize_slashing(&mut self, table: &FinalizeSlashingTable) -> Result<(), Fault> {
        let queued = self.slashing(&table.request)?;
        let service = self.roster.services.iter().find(|service| service.address == queued.dss);
        let sender = match (&table.by, service) {
            (Some(name), _) => self.roster.account("by", name)?,
            (None, Some(service)) => service.controller,
            (None, None) => return Err(self.place.wrong(Problem::Missing("by"))),
        };
        self.send_to_core(sender, &Core::finalizeSlashingCall { queuedSlashing: queued }).map(drop)
    }

    pub(super) fn jail(&mut self, table: &JailTable) -> Result<(), Fault> {
        let (dss, controller) = self.service(&table.dss)?;
        let operator = self.address(self.roster.operator("operator", &table.operator)?);
        let call = BaseDss::jailCall { operator, jailed: table.jailed };
        self.send(controller, dss, &call).map(drop)
    }

    pub(super) fn refuse(&mut self, table: &RefuseTable) -> Result<(), Fault> {
        let (dss, controller) = self.service(&table.dss)?;
        let (hook, refuses) = (selector(table.hook), table.refuses);
        self.send(controller, dss, &BaseDss::setRefusalCall { hook, refuses }).map(drop)
    }
}

/// What Core calls a hook by.
fn selector(hook: HookName) -> FixedBytes<4> {
    FixedBytes(match hook {
        HookName::Registration => Hooks::registrationHookCall::SELECTOR,
        HookName::Unregistration => Hooks::unregistrationHookCall::SELECTOR,
        HookName::RequestUpdateStake => Hooks::requestUpdateStakeHookCall::SELECTOR,
        HookName::FinishUpdateStake => Hooks::finishUpdateStakeHookCall::SELECTOR,
    })
}
