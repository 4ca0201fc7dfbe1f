//! Folds the facts of services of the SDK.

use super::id;
use crate::event::Event;
use crate::state::State;
use crate::state::service::ServiceConfig;
use bondstone_kernel::{Fold, Id};

/// Folds one event of the service at `account`. Returns whether services emit such an event.
pub fn apply(state: &mut State, fold: &mut Fold<'_>, account: Id, event: &Event) -> bool {
    let mark = fold.mark;
    let services = &mut state.service;
    match event {
        Event::DssInitialized(e) => {
            let config = ServiceConfig { core: e.core, controller: e.controller };
            services.config.set(mark, account, config);
        }
        Event::DssOperatorSet(e) => {
            let operator = id(fold, e.operator);
            if e.registered {
                services.operators.insert(mark, account, operator);
            } else {
                services.operators.remove(mark, account, operator);
            }
        }
        Event::DssVaultSet(e) => {
            let (operator, vault) = (id(fold, e.operator), id(fold, e.vault));
            let pair = services.pair_keys.intern(mark, (account, operator));
            if e.active {
                services.active.insert(mark, pair, vault);
            } else {
                services.active.remove(mark, pair, vault);
            }
        }
        Event::DssRefusalSet(e) => {
            let hook = u32::from_be_bytes(e.hook.0);
            let key = services.hook_keys.intern(mark, (account, hook));
            services.refused.set(mark, key, e.refuses);
        }
        Event::DssJailSet(e) => {
            let operator = id(fold, e.operator);
            let pair = services.pair_keys.intern(mark, (account, operator));
            services.jailed.set(mark, pair, e.jailed);
        }
        _ => return false,
    }
    true
}
