//! Dangers in words.

use super::amount::date;
use super::names::Names;
use bondstone_kernel::security::{SecurityView, Warning};

/// A warning as a sentence.
pub(super) fn sentence(names: &Names<'_>, view: &SecurityView, warning: &Warning) -> String {
    let request =
        |request: &Option<u64>| request.map(|number| format!(" {number}")).unwrap_or_default();
    match warning {
        Warning::NoSlasher { vault } => {
            format!("{}: networks have limits here, and nobody can slash it.", names.party(vault))
        }
        Warning::ZeroBurner { vault } => format!(
            "{}: the burner is the zero address. Tokens that refuse transfers to it make every \
             slash fail.",
            names.party(vault)
        ),
        Warning::RouterNotCalled { vault, router } => format!(
            "{}: the slasher does not call its burner, the router {}. Whoever calls the router \
             after a slash says for which network and operator the tokens are.",
            names.party(vault),
            names.party(router)
        ),
        Warning::NoReceiver { vault, network } => format!(
            "{}: the router has no receiver for what {} slashes; it would stay in the router.",
            names.party(vault),
            names.party(network)
        ),
        Warning::ResolverNeverSet { vault, network, subnetwork } => format!(
            "{}: {} never set a resolver, so its slashes need not wait for a veto.",
            names.party(vault),
            names.network(network, *subnetwork)
        ),
        Warning::NothingSlashable { vault, network, subnetwork, stake } => {
            let stake = match view.vault(vault) {
                Some(of) => names.amount(&of.collateral, *stake),
                None => stake.0.to_string(),
            };
            format!(
                "{}: {} has a limit here and counts on {stake}, but could slash nothing of what \
                 it had a second before the block.",
                names.party(vault),
                names.network(network, *subnetwork)
            )
        }
        Warning::NoMiddleware { network } => format!(
            "{}: vaults give to it, but it has no middleware: nobody can slash or pay for it.",
            names.party(network)
        ),
        Warning::SlashExecutable { vault, network, operator, request: number, until } => format!(
            "{}: slash request{} of {} against {} can be executed until {}; nobody can veto it.",
            names.party(vault),
            request(number),
            names.party(network),
            names.party(operator),
            date(*until)
        ),
        Warning::SlashExpired { vault, network, operator, request: number, since } => format!(
            "{}: slash request{} of {} against {} was never executed and expired after {}.",
            names.party(vault),
            request(number),
            names.party(network),
            names.party(operator),
            date(*since)
        ),
        Warning::IncompleteHistory { rail, network } => format!(
            "{}: the logs do not account for all pay of {}; its sums and rates are too low.",
            names.party(rail),
            names.party(network)
        ),
    }
}
