//! Folds the events of slashers.

use super::{register, wrong_emitter};
use crate::abi::ledger::SlasherCreated;
use crate::abi::slasher::{ExecuteSlash, RequestSlash, SetResolver};
use crate::event::Event;
use crate::rules::slasher::{INSTANT, VETO};
use crate::state::slasher::{SlashRequest, SlasherConfig};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, MathError, NONE, Timestamp, math};

/// Registers a slasher.
///
/// # Errors
/// None beyond [`FoldError`]'s own.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &SlasherCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let id = register(
        state,
        fold,
        emitter,
        "SlasherCreated",
        |s| &mut s.slasher.ids,
        Contract::Slasher,
    )?;
    let config = SlasherConfig {
        address: emitter,
        slasher_type: event.slasherType,
        vault: event.vault,
        is_burner_hook: event.isBurnerHook,
        veto_duration: event.vetoDuration.saturating_to(),
        resolver_set_epochs_delay: event.resolverSetEpochsDelay,
        requests: 0,
    };
    state.slasher.config.set(mark, id, config);
    Ok(())
}

/// Folds one event of the slasher `id`.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let slasher_type = state.slasher.config.get(id).slasher_type;
    match event {
        // What initialisation stores is in `SlasherCreated`.
        Event::Initialized(_) => Ok(()),
        Event::SlashBooked(e) => {
            state.slasher.booked.set(fold.mark, id, true);
            let capture = Timestamp(e.captureTimestamp.saturating_to());
            book(state, fold, id, (e.subnetwork, e.operator), e.amount, capture)
        }
        Event::Slash(e) if slasher_type == INSTANT => {
            if settle_booked(state, fold, id) {
                return Ok(());
            }
            let capture = Timestamp(e.captureTimestamp.saturating_to());
            book(state, fold, id, (e.subnetwork, e.operator), e.slashedAmount, capture)
        }
        Event::SlashRequestClosed(e) if slasher_type == VETO => {
            complete(state, fold, id, e.slashIndex).map(drop)
        }
        Event::ExecuteSlash(e) if slasher_type == VETO => executed(state, fold, id, e),
        Event::VetoSlash(e) if slasher_type == VETO => {
            complete(state, fold, id, e.slashIndex).map(drop)
        }
        Event::RequestSlash(e) if slasher_type == VETO => requested(state, fold, id, e),
        Event::SetResolver(e) if slasher_type == VETO => set_resolver(state, fold, id, e),
        _ => Err(wrong_emitter(emitter, event)),
    }
}

/// Folds one event of the veto slasher's implementation contract. It belongs to no vault, so it can
/// log nothing but the first resolver that a network sets there.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_implementation(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match event {
        Event::Initialized(_) => Ok(()),
        Event::SetResolver(e) => set_resolver(state, fold, NONE, e),
        _ => Err(wrong_emitter(emitter, event)),
    }
}

/// Whether the slash was booked when it began; forgets it.
fn settle_booked(state: &mut State, fold: &Fold<'_>, id: Id) -> bool {
    let booked = *state.slasher.booked.get(id);
    if booked {
        state.slasher.booked.set(fold.mark, id, false);
    }
    booked
}

/// The latest capture grows, the sum of slashes grows at the time of the block.
fn book(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    (subnetwork, operator): (B256, Address),
    amount: U256,
    capture: Timestamp,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let now = now(fold)?;
    let operator = fold.accounts.intern(mark, operator);
    let slashers = &mut state.slasher;
    let key = slashers.slash_keys.intern(mark, (id, subnetwork, operator));
    if *slashers.latest_capture.get(key) < capture {
        slashers.latest_capture.set(mark, key, capture);
    }
    let total = math::add(slashers.cumulative_slash.get(key).latest(), amount)?;
    Ok(slashers.cumulative_slash.push(mark, key, now.0, total)?)
}

fn executed(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &ExecuteSlash,
) -> Result<(), FoldError> {
    let request = complete(state, fold, id, event.slashIndex)?;
    if settle_booked(state, fold, id) {
        return Ok(());
    }
    let whom = (request.subnetwork, request.operator);
    book(state, fold, id, whom, event.slashedAmount, request.capture_timestamp)
}

/// Marks a request as completed, which may have happened already, and returns it.
fn complete(
    state: &mut State,
    fold: &Fold<'_>,
    id: Id,
    index: U256,
) -> Result<SlashRequest, FoldError> {
    let slashers = &mut state.slasher;
    let key = slashers.request_keys.find(&(id, request_index(index)?));
    if key == NONE {
        return Err(FoldError::Missing { what: "a slash request" });
    }
    let request = SlashRequest { completed: true, ..*slashers.requests.get(key) };
    slashers.requests.set(fold.mark, key, request);
    Ok(request)
}

fn requested(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &RequestSlash,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let index = request_index(event.slashIndex)?;
    let slashers = &mut state.slasher;
    let key = slashers.request_keys.intern(mark, (id, index));
    let request = SlashRequest {
        subnetwork: event.subnetwork,
        operator: event.operator,
        amount: event.slashAmount,
        capture_timestamp: Timestamp(event.captureTimestamp.saturating_to()),
        veto_deadline: Timestamp(event.vetoDeadline.saturating_to()),
        completed: false,
    };
    slashers.requests.set(mark, key, request);
    let requests = index.checked_add(1).ok_or(MathError::Overflow)?;
    slashers.config.update(mark, id, |config| config.requests = requests);
    Ok(())
}

fn request_index(index: U256) -> Result<u64, FoldError> {
    u64::try_from(index).map_err(|_| FoldError::Missing { what: "a slash request" })
}

/// A first resolver holds at once. A later one cancels a change that waits and, when it differs
/// from the one in force, holds from the start of an epoch on.
fn set_resolver(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &SetResolver,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let now = now(fold)?;
    let key = state.slasher.resolver_keys.intern(mark, (id, event.subnetwork));
    let Some(last) = state.slasher.resolver.get(key).latest_checkpoint() else {
        return Ok(state.slasher.resolver.push(mark, key, now.0, event.resolver)?);
    };
    if last.key > now.0 {
        state.slasher.resolver.pop(mark, key);
    }
    if state.slasher.resolver.get(key).latest() != event.resolver {
        let from = resolver_change(state, fold, id, now)?;
        state.slasher.resolver.push(mark, key, from.0, event.resolver)?;
    }
    Ok(())
}

/// When a change of resolver announced now holds: `resolverSetEpochsDelay` epochs after the start
/// of the current one. Source: `VetoSlasher.setResolver`.
fn resolver_change(
    state: &State,
    fold: &Fold<'_>,
    id: Id,
    now: Timestamp,
) -> Result<Timestamp, FoldError> {
    let config = state.slasher.config.get(id);
    let Contract::Vault(vault) = state.contract(fold.accounts, config.vault) else {
        return Err(FoldError::Missing { what: "the vault of a slasher" });
    };
    let epoch = state.vault.epoch_of(vault, now)?;
    let vault = state.vault.config.get(vault);
    let duration = U256::from(vault.epoch_duration);
    let elapsed = math::mul(U256::from(epoch.0), duration)?;
    let start = math::add(U256::from(vault.epoch_duration_init.0), elapsed)?;
    let start = U256::from(math::to_u48(start)?);
    let delay = math::mul(config.resolver_set_epochs_delay, duration)?;
    Ok(Timestamp(math::to_u48(math::add(start, delay)?)?))
}

fn now(fold: &Fold<'_>) -> Result<Timestamp, MathError> {
    math::to_u48(U256::from(fold.block.timestamp)).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::ledger::{SlashBooked, SlashRequestClosed};
    use crate::abi::slasher::{Slash, VetoSlash};
    use crate::state::vault::VaultConfig;
    use alloy_primitives::aliases::U48;
    use bondstone_kernel::{Accounts, Block, Mark, Undo};

    const SLASHER: Address = Address::repeat_byte(0x51);
    const VAULT: Address = Address::repeat_byte(0x7a);
    const OPERATOR: Address = Address::repeat_byte(0x0e);
    const SUBNETWORK: B256 = B256::repeat_byte(0x5b);
    /// Start of the vault's first epoch and length of each.
    const EPOCHS: (u64, u64) = (1_000, 100);

    #[derive(Default)]
    struct Ledger {
        state: State,
        accounts: Accounts,
        block: Block,
    }

    impl Ledger {
        fn new(slasher_type: u64) -> Self {
            let mut ledger = Self::default();
            let account = ledger.accounts.intern(Mark::FINAL, VAULT);
            ledger.state.contracts.set(Mark::FINAL, account, Contract::Vault(0));
            let vault = VaultConfig {
                epoch_duration_init: Timestamp(EPOCHS.0),
                epoch_duration: EPOCHS.1,
                ..VaultConfig::default()
            };
            ledger.state.vault.config.set(Mark::FINAL, 0, vault);
            let created = SlasherCreated {
                slasherType: slasher_type,
                vault: VAULT,
                isBurnerHook: false,
                vetoDuration: U48::from(10),
                resolverSetEpochsDelay: U256::from(3),
            };
            ledger.fold(EPOCHS.0, created).expect("a slasher");
            ledger
        }

        fn fold(&mut self, now: u64, event: impl Into<Event>) -> Result<(), FoldError> {
            self.block.timestamp = now;
            let mut fold = Fold { block: &self.block, accounts: &mut self.accounts, mark: Mark(1) };
            crate::apply::apply(&mut self.state, &mut fold, SLASHER, &event.into())
        }

        fn set_resolver(&mut self, now: u64, resolver: Address) {
            self.fold(now, SetResolver { subnetwork: SUBNETWORK, resolver }).expect("a resolver");
        }

        /// (key, resolver) of every checkpoint.
        fn resolvers(&self) -> Vec<(u64, Address)> {
            let key = self.state.slasher.resolver_keys.find(&(0, SUBNETWORK));
            let trace = self.state.slasher.resolver.get(key);
            (0..trace.len()).filter_map(|at| trace.at(at)).map(|p| (p.key, p.value)).collect()
        }

        /// Latest capture and sum of slashes.
        fn books(&self) -> (u64, U256) {
            let operator = self.accounts.find(&OPERATOR);
            let slashers = &self.state.slasher;
            let key = slashers.slash_keys.find(&(0, SUBNETWORK, operator));
            (slashers.latest_capture.get(key).0, slashers.cumulative_slash.get(key).latest())
        }
    }

    fn slash(amount: u64, capture: u64) -> Slash {
        Slash {
            subnetwork: SUBNETWORK,
            operator: OPERATOR,
            slashedAmount: U256::from(amount),
            captureTimestamp: U48::from(capture),
        }
    }

    fn booked(amount: u64, capture: u64) -> SlashBooked {
        SlashBooked {
            subnetwork: SUBNETWORK,
            operator: OPERATOR,
            amount: U256::from(amount),
            captureTimestamp: U48::from(capture),
        }
    }

    #[test]
    fn a_slash_is_booked_once_whether_the_ledger_says_so_or_only_the_log() {
        let (mut own, mut mirror) = (Ledger::new(INSTANT), Ledger::new(INSTANT));
        for (now, amount, capture) in [(1_100, 60, 1_050), (1_101, 5, 1_090), (1_101, 7, 1_090)] {
            own.fold(now, booked(amount, capture)).expect("books");
            assert_eq!(own.books().0, capture, "the books are open before the log");
            own.fold(now, slash(amount, capture)).expect("the log");
            mirror.fold(now, slash(amount, capture)).expect("the log");
            assert_eq!(own.books(), mirror.books());
        }
        assert_eq!(own.books(), (1_090, U256::from(72)));
        assert_eq!(own.state.slasher.cumulative_slash, mirror.state.slasher.cumulative_slash);
    }

    #[test]
    fn a_slash_that_fails_halfway_leaves_the_books_as_they_were() {
        let mut ledger = Ledger::new(INSTANT);
        ledger.state.settle();
        let before = ledger.state.clone();
        ledger.fold(1_100, booked(60, 1_050)).expect("books");
        ledger.state.undo_to(Mark(1));
        assert_eq!(ledger.state, before);
        ledger.fold(1_101, slash(5, 1_060)).expect("the next log books itself");
        assert_eq!(ledger.books(), (1_060, U256::from(5)));
    }

    #[test]
    fn a_request_is_completed_by_a_veto_or_by_its_execution() {
        let mut ledger = Ledger::new(VETO);
        for index in 0u64..2 {
            let request = RequestSlash {
                slashIndex: U256::from(index),
                subnetwork: SUBNETWORK,
                operator: OPERATOR,
                slashAmount: U256::from(50),
                captureTimestamp: U48::from(1_090),
                vetoDeadline: U48::from(1_110),
            };
            ledger.fold(1_100, request).expect("a request");
        }
        assert_eq!(ledger.state.slasher.config.get(0).requests, 2);
        let veto = VetoSlash { slashIndex: U256::ZERO, resolver: OPERATOR };
        ledger.fold(1_101, veto).expect("a veto");
        ledger.fold(1_110, SlashRequestClosed { slashIndex: U256::ONE }).expect("closed");
        ledger.fold(1_110, booked(40, 1_090)).expect("books");
        let executed = ExecuteSlash { slashIndex: U256::ONE, slashedAmount: U256::from(40) };
        ledger.fold(1_110, executed.clone()).expect("executed");
        assert_eq!(ledger.books(), (1_090, U256::from(40)));
        assert!((0..2).all(|key| ledger.state.slasher.requests.get(key).completed));
        let unknown = ExecuteSlash { slashIndex: U256::from(2), ..executed };
        assert!(matches!(ledger.fold(1_111, unknown), Err(FoldError::Missing { .. })));
        let wrong = ledger.fold(1_111, slash(1, 1_100));
        assert!(matches!(wrong, Err(FoldError::WrongEmitter { .. })));
    }

    #[test]
    fn a_change_of_resolver_waits_for_its_epoch_and_can_be_cancelled() {
        let mut ledger = Ledger::new(VETO);
        let [a, b, c] = [1, 2, 3].map(Address::repeat_byte);
        ledger.set_resolver(1_150, a);
        assert_eq!(ledger.resolvers(), [(1_150, a)], "the first holds at once");
        ledger.set_resolver(1_250, b);
        assert_eq!(ledger.resolvers(), [(1_150, a), (1_500, b)]);
        ledger.set_resolver(1_320, b);
        assert_eq!(ledger.resolvers(), [(1_150, a), (1_600, b)], "announced again, it restarts");
        ledger.set_resolver(1_330, c);
        assert_eq!(ledger.resolvers(), [(1_150, a), (1_600, c)]);
        ledger.set_resolver(1_340, a);
        assert_eq!(ledger.resolvers(), [(1_150, a)], "the one in force cancels the change");
        ledger.set_resolver(1_350, Address::ZERO);
        assert_eq!(ledger.resolvers(), [(1_150, a), (1_600, Address::ZERO)]);
        ledger.set_resolver(1_600, b);
        let all = [(1_150, a), (1_600, Address::ZERO), (1_900, b)];
        assert_eq!(ledger.resolvers(), all, "a change whose time has come is in force");
    }
}
