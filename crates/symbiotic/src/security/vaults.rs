//! Vaults and their rules.

use super::changes::{DELEGATOR_ROLES, VAULT_ROLES, by_one};
use super::{Scene, SecurityError};
use crate::state::Contract;
use crate::state::router::Pending;
use crate::state::slasher::SlasherConfig;
use crate::state::vault::VaultConfig;
use alloy_primitives::{Address, address};
use bondstone_kernel::security::{
    Asset, Condition, Destination, Exit, ExitRule, Party, Protocol, Receiver, Rule, SecurityView,
    SlashingMode, SlashingRules, Vault,
};
use bondstone_kernel::{Assets, Id, NONE, Timestamp};

/// Where the deploy scripts of Symbiotic send slashed tokens: nobody has the key.
const DEAD: Address = address!("0x000000000000000000000000000000000000dEaD");

/// `TYPE()` of the veto slasher.
const VETO: u64 = 1;

impl Scene<'_> {
    pub(super) fn add_vaults(&self, view: &mut SecurityView) -> Result<(), SecurityError> {
        let vaults = &self.state().vault;
        for account in self.state().registry.vaults.keys() {
            let id = vaults.ids.find(&account);
            // A mirror may know that there is a vault without knowing its rules.
            if id != NONE && vaults.config.get(id).epoch_duration != 0 {
                view.vaults.push(self.vault(account, id)?);
            }
        }
        Ok(())
    }

    fn vault(&self, account: Id, id: Id) -> Result<Vault, SecurityError> {
        let vaults = &self.state().vault;
        let config = vaults.config.get(id);
        let epoch = vaults.epoch_of(id, self.now)?;
        let leaving = vaults.bucket(id, epoch).assets;
        let leaving = leaving.plus(vaults.bucket(id, epoch.next()?).assets)?;
        let slasher = self.slasher_of(config);
        let mut changes = self.holders.changes(account, &VAULT_ROLES);
        if let Some(owner) = self.owner_of(config.address) {
            changes.push(by_one(Rule::VaultCode, owner, 0));
        }
        let delegator = self.accounts().find(&config.delegator);
        changes.extend(self.holders.changes(delegator, &DELEGATOR_ROLES));
        let destination = self.destination(config.burner);
        if let Destination::Router { owner: Some(owner), delay_seconds, .. } = &destination {
            changes.push(by_one(Rule::SlashReceivers, owner.clone(), *delay_seconds));
        }
        let mut fixed = vec![Rule::Collateral, Rule::ExitTime, Rule::Burner];
        let initialized = [
            (config.is_delegator_initialized, Rule::Delegator),
            (config.is_slasher_initialized, Rule::Slasher),
            (slasher.is_some_and(|slasher| slasher.slasher_type == VETO), Rule::VetoTime),
        ];
        fixed.extend(initialized.into_iter().filter(|(is, _)| *is).map(|(_, rule)| rule));
        Ok(Vault {
            protocol: Protocol::Symbiotic,
            vault: config.address.into(),
            collateral: Asset::Token(config.collateral),
            active: vaults.stake(id),
            leaving,
            exit: self.exit(config, epoch.0)?,
            slashing: SlashingRules {
                mode: mode(config, slasher),
                slasher: Party::somebody(config.slasher),
                window_seconds: if slasher.is_some() { config.epoch_duration } else { 0 },
                committee: Vec::new(),
                destination,
                is_destination_called: slasher.is_some_and(|slasher| slasher.is_burner_hook),
            },
            deposit_limit: config.is_deposit_limit.then_some(Assets(config.deposit_limit)),
            is_deposit_restricted: config.deposit_whitelist,
            condition: Condition::Sound,
            has_rail: true,
            changes,
            fixed,
        })
    }

    /// A withdrawal goes into the bucket of the next epoch and can be claimed when that is over.
    /// Source: `Vault.withdraw`, `Vault.claim`.
    fn exit(&self, config: &VaultConfig, epoch: u64) -> Result<Exit, SecurityError> {
        let length = config.epoch_duration;
        // Epochs fit 48 bits and so do their starts, but for the last ones of an endless epoch.
        let start = |epoch: u64| {
            let offset = epoch.saturating_mul(length);
            Timestamp(config.epoch_duration_init.0.saturating_add(offset))
        };
        let next_epoch_at = start(epoch.saturating_add(1));
        let claimable_from = start(epoch.saturating_add(2));
        let rule = ExitRule::Epochs { epoch, epoch_seconds: length, next_epoch_at };
        let seconds = claimable_from.since(self.now)?;
        Ok(Exit { rule, seconds, claimable_from, is_paused: false })
    }

    /// The slasher of a vault, when it is one of ours.
    pub(super) fn slasher_of(&self, config: &VaultConfig) -> Option<&SlasherConfig> {
        match self.state().contract(self.accounts(), config.slasher) {
            Contract::Slasher(id) => Some(self.state().slasher.config.get(id)),
            _ => None,
        }
    }

    pub(super) fn owner_of(&self, contract: Address) -> Option<Party> {
        Party::somebody(self.state().owners.of(self.accounts().find(&contract)))
    }

    fn destination(&self, burner: Address) -> Destination {
        let contract = self.state().contract(self.accounts(), burner);
        match contract {
            Contract::Router(id) => self.router(burner, id),
            _ if burner.is_zero() => Destination::Zero,
            _ if burner == DEAD => Destination::Dead { address: burner },
            _ => Destination::Account { address: burner },
        }
    }

    fn router(&self, router: Address, id: Id) -> Destination {
        let routers = &self.state().router;
        let config = routers.config.get(id);
        let mut receivers = vec![receiver(config.global_receiver, None, None)];
        let mut special = Vec::new();
        for key in routers.receiver_keys.keys().filter(|key| key.0 == id) {
            let waiting = *routers.receivers.get(routers.receiver_keys.find(&key));
            let network = Party::from(self.address(key.1));
            let operator = (key.2 != NONE).then(|| Party::from(self.address(key.2)));
            special.push(receiver(waiting, Some(network), operator));
        }
        special.sort_by(|a, b| (&a.network, &a.operator).cmp(&(&b.network, &b.operator)));
        receivers.extend(special);
        let owner = self.owner_of(router);
        Destination::Router { router, owner, delay_seconds: config.delay.current, receivers }
    }
}

fn mode(config: &VaultConfig, slasher: Option<&SlasherConfig>) -> SlashingMode {
    let Some(slasher) = slasher else {
        let is_final = config.is_slasher_initialized;
        return if is_final { SlashingMode::Never } else { SlashingMode::Unset };
    };
    if slasher.slasher_type != VETO {
        return SlashingMode::Instant;
    }
    SlashingMode::Veto {
        veto_seconds: slasher.veto_duration,
        resolver_delay_seconds: resolver_delay(slasher, config.epoch_duration),
    }
}

/// The least time until a change of resolver holds: it holds from the start of the epoch that lies
/// the slasher's number of epochs ahead, so the current epoch may be over in a second.
fn resolver_delay(slasher: &SlasherConfig, epoch_seconds: u64) -> u64 {
    let epochs = u64::try_from(slasher.resolver_set_epochs_delay).unwrap_or(u64::MAX);
    epochs.saturating_sub(1).saturating_mul(epoch_seconds)
}

fn receiver(
    waiting: Pending<Address>,
    network: Option<Party>,
    operator: Option<Party>,
) -> Receiver {
    let is_waiting = waiting.ready_at != Timestamp::default();
    Receiver {
        network,
        operator,
        receiver: Party::somebody(waiting.current),
        pending: is_waiting.then(|| (Party::somebody(waiting.next), waiting.ready_at)),
    }
}
