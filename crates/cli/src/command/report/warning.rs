//! Dangers in words.

use super::amount::date;
use super::names::Names;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Party, SecurityView, Warning};
use bondstone_node::rpc::security::failure_in_words;

/// A warning as a sentence.
pub(super) fn sentence(names: &Names<'_>, view: &SecurityView, warning: &Warning) -> String {
    use Warning as W;
    let (subject, text) = match warning {
        W::NoSlasher { vault } => {
            (vault, "networks have limits here, and nobody can slash it".into())
        }
        W::ZeroBurner { vault } => (vault, zero_burner()),
        W::RouterNotCalled { vault, router } => (vault, router_not_called(names, router)),
        W::NoReceiver { vault, network } => (vault, no_receiver(names, network)),
        W::ResolverNeverSet { vault, network, subnetwork } => {
            (vault, resolver_never_set(names, network, *subnetwork))
        }
        W::NothingSlashable { vault, network, subnetwork, stake } => {
            let stake = whole(names, view, vault, *stake);
            (vault, nothing_slashable(names, network, *subnetwork, &stake))
        }
        W::NoMiddleware { network } => (network, no_middleware()),
        W::SlashExecutable { vault, network, operator, request, until } => {
            let what = slash(names, network, operator, *request);
            (vault, format!("{what} can be executed until {}; nobody can veto it", date(*until)))
        }
        W::SlashExpired { vault, network, operator, request, since } => {
            let what = slash(names, network, operator, *request);
            (vault, format!("{what} was never executed and expired after {}", date(*since)))
        }
        W::SlashDue { vault, network, operator, request, since } => {
            let what = slash(names, network, operator, *request);
            let since = date(*since);
            (vault, format!("{what} can be executed by anybody since {since}, or be vetoed"))
        }
        W::SlashBlocked { vault, network, operator, request, failure } => {
            let what = slash(names, network, operator, *request);
            (vault, blocked(&what, &failure_in_words(failure)))
        }
        W::SlashDangling { vault, network, operator, request } => {
            let what = slash(names, network, operator, *request);
            (vault, dangling(&what, &names.party(operator)))
        }
        W::SlashFails { vault, network, stake, failure } => {
            let stake = whole(names, view, vault, *stake);
            (vault, slash_fails(names, network, &stake, &failure_in_words(failure)))
        }
        W::StakeMiscounted { vault, network, operator, counted } => {
            (vault, miscounted(names, network, operator.as_ref(), counted))
        }
        W::UpdateStuck { vault, network, operator, number } => {
            (vault, stuck(names, network, operator, *number))
        }
        W::FreeShares { vault } => (vault, free_shares()),
        W::WipedOut { vault } => (vault, wiped_out()),
        W::DeadVault { vault } => (vault, dead()),
        W::NodesReplaceable { vault, by } => (vault, nodes_replaceable(&names.parties(by))),
        W::ExitPaused { vault } => (vault, "exits are paused".to_owned()),
        W::IncompleteHistory { rail, network } => (rail, incomplete(&names.party(network))),
    };
    format!("{}: {text}.", names.party(subject))
}

fn whole(names: &Names<'_>, view: &SecurityView, vault: &Party, amount: Assets) -> String {
    match view.vault(vault) {
        Some(of) => names.amount(&of.collateral, amount),
        None => amount.0.to_string(),
    }
}

fn slash(names: &Names<'_>, network: &Party, operator: &Party, request: Option<u64>) -> String {
    let request = request.map(|number| format!(" {number}")).unwrap_or_default();
    let (network, operator) = (names.party(network), names.party(operator));
    format!("slash request{request} of {network} against {operator}")
}

fn zero_burner() -> String {
    "the burner is the zero address. Tokens that refuse transfers to it make every slash fail"
        .into()
}

fn router_not_called(names: &Names<'_>, router: &Party) -> String {
    format!(
        "the slasher does not call its burner, the router {}. Whoever calls the router after a \
         slash says for which network and operator the tokens are",
        names.party(router)
    )
}

fn no_receiver(names: &Names<'_>, network: &Party) -> String {
    let network = names.party(network);
    format!("the router has no receiver for what {network} slashes; it would stay in the router")
}

fn resolver_never_set(names: &Names<'_>, network: &Party, subnetwork: Assets) -> String {
    let network = names.network(network, subnetwork);
    format!("{network} never set a resolver, so its slashes need not wait for a veto")
}

fn nothing_slashable(
    names: &Names<'_>,
    network: &Party,
    subnetwork: Assets,
    stake: &str,
) -> String {
    format!(
        "{} has a limit here and counts on {stake}, but could slash nothing of what it had a \
         second before the block",
        names.network(network, subnetwork)
    )
}

fn no_middleware() -> String {
    "vaults give to it, but it has no middleware: nobody can slash or pay for it".to_owned()
}

fn blocked(what: &str, why: &str) -> String {
    format!("{what} cannot be executed, for none of its vaults: it fails with {why}")
}

fn dangling(what: &str, operator: &str) -> String {
    format!(
        "{what} dangles, because {operator} has left. It waits for a veto, or for him to come back"
    )
}

fn slash_fails(names: &Names<'_>, network: &Party, stake: &str, why: &str) -> String {
    let network = names.party(network);
    format!("{network} counts on {stake} here and cannot slash it: every slash fails with {why}")
}

fn miscounted(
    names: &Names<'_>,
    network: &Party,
    operator: Option<&Party>,
    counted: &[Party],
) -> String {
    let (network, counted) = (names.party(network), names.parties(counted));
    let truth = match operator {
        Some(operator) => format!("it stands there for {}", names.party(operator)),
        None => "it does not stand there at all".to_owned(),
    };
    format!("{network} counts its stake for {counted}, and {truth}")
}

fn stuck(names: &Names<'_>, network: &Party, operator: &Party, number: u64) -> String {
    format!(
        "stake update {number} is stuck, because {} has left {}. Until he is back there, the vault \
         can neither join nor leave any network",
        names.party(operator),
        names.party(network)
    )
}

fn free_shares() -> String {
    "its asset is no contract. Deposits move nothing, and shares are free".to_owned()
}

fn wiped_out() -> String {
    "it was wiped out. The next deposit gets all that it brings, and the shares that there are stay \
     worth nothing"
        .to_owned()
}

fn dead() -> String {
    "it is dead. So many shares stand for so little that no whole unit can be deposited".to_owned()
}

fn nodes_replaceable(by: &str) -> String {
    format!("{by} can replace the code of every node at once, and take the stakers' ether")
}

fn incomplete(network: &str) -> String {
    format!("the logs do not account for all pay of {network}; its sums and rates are too low")
}
