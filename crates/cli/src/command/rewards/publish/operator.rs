//! Symbiotic's operator rewards, version 1: a root and its money in one transaction.
//!
//! The tree holds totals since the beginning, and the contract pays what is beyond those that an
//! account has claimed. So what the contract must hold is the sum of that, and what is missing is
//! that sum without what it has: whatever was paid in before, by whichever distribution, counts.

use super::funding::{allow, step};
use super::order::Order;
use super::staker::only_middleware;
use super::{Plan, PublishError, State};
use crate::ethereum::client::Moment;
use alloy_primitives::{Address, B256, U256};
use bondstone_node::distributions::Tree;
use bondstone_rewards::fees::Scheme;
use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree};
use bondstone_symbiotic::abi::rewards::operator::{
    ClaimRewards, DefaultOperatorRewards as Abi, DistributeRewards,
};
use std::collections::BTreeMap;

/// What is still to be done.
pub(super) fn plan(
    order: &Order,
    now: &Moment<'_>,
    contract: Address,
    sender: Option<Address>,
    replace: bool,
) -> Result<Plan, PublishError> {
    order.check_scheme(&[Scheme::None])?;
    order.check_release(now.timestamp())?;
    let mut facts = vec![("contract", contract.to_string())];
    facts.push(("network", order.distribution.network.to_string()));
    facts.push(("token", order.token.to_string()));
    let tree = match order.tree(&format!("tree-{}.json", order.chain_id))? {
        Some(Tree::Operator(tree)) => tree,
        Some(_) => return Err(order.inexpressible("fees.scheme", "it takes a standard tree")),
        None => return Ok(Plan { state: State::Empty, steps: Vec::new(), facts }),
    };
    let books = Books::read(order, now, contract)?;
    let missing = books.missing(&tree);
    facts.push(("root", tree.root().to_string()));
    facts.push(("payable", order.payable()?.to_string()));
    facts.push(("missing", missing.to_string()));
    let done = |state, facts| Ok(Plan { state, steps: Vec::new(), facts });
    if books.root != tree.root() {
        if books.roots.contains(&tree.root()) {
            facts.push(("in force", books.root.to_string()));
            return done(State::Superseded, facts);
        }
        books.check_continues(order, contract, &tree, replace)?;
    } else if missing.is_zero() {
        return done(State::Published, facts);
    }

    let (network, token) = (order.distribution.network, order.token);
    let payer = only_middleware(now, contract, network, sender)?;
    let mut steps = allow(now, (payer, token, contract), missing)?;
    let call = Abi::distributeRewardsCall { network, token, amount: missing, root: tree.root() };
    steps.push(step(format!("distribute {missing}"), contract, &call));
    Ok(Plan { state: State::Open, steps, facts })
}

/// What the contract has in its books about a network and a token.
#[derive(Debug)]
struct Books {
    root: B256,
    /// Every root that there ever was.
    roots: Vec<B256>,
    balance: U256,
    claimed: BTreeMap<Address, U256>,
}

impl Books {
    fn read(order: &Order, now: &Moment<'_>, contract: Address) -> Result<Self, PublishError> {
        let (network, token) = (order.distribution.network, order.token);
        let root = now.ask(contract, &Abi::rootCall { network, token })?;
        let balance = now.ask(contract, &Abi::balanceCall { network, token })?;
        let topics = [network.into_word(), token.into_word()];
        let distributed: Vec<DistributeRewards> = now.logs(contract, &topics)?;
        let claims: Vec<ClaimRewards> = now.logs(contract, &topics)?;
        let mut claimed: BTreeMap<Address, U256> = BTreeMap::new();
        let (mut paid_in, mut paid_out) = (U256::ZERO, U256::ZERO);
        for event in &distributed {
            paid_in = paid_in.saturating_add(event.amount);
        }
        for event in &claims {
            paid_out = paid_out.saturating_add(event.amount);
            let sum = claimed.entry(event.claimer).or_default();
            *sum = sum.saturating_add(event.amount);
        }
        if paid_in.checked_sub(paid_out) != Some(balance) {
            return Err(PublishError::LogsMissing { contract, paid_in, paid_out, balance });
        }
        let roots = distributed.iter().map(|event| event.root).collect();
        Ok(Self { root, roots, balance, claimed })
    }

    fn claimed(&self, account: Address) -> U256 {
        self.claimed.get(&account).copied().unwrap_or_default()
    }

    /// What has to be paid in so that everything in the tree can be claimed.
    fn missing(&self, tree: &OperatorTree) -> U256 {
        let open =
            |leaf: &OperatorLeaf| leaf.total_claimable.saturating_sub(self.claimed(leaf.account));
        let needed = tree.leaves().iter().fold(U256::ZERO, |sum, leaf| {
            // All totals together fit into a word: the distribution's accounts were added up.
            sum.saturating_add(open(leaf))
        });
        needed.saturating_sub(self.balance)
    }

    /// The tree goes on where the contract is: its root takes the place of none or of the one
    /// before, and nobody has claimed what it does not count.
    fn check_continues(
        &self,
        order: &Order,
        contract: Address,
        tree: &OperatorTree,
        replace: bool,
    ) -> Result<(), PublishError> {
        let before = order.accounts_before();
        let leaf = |(account, total): (&Address, &U256)| OperatorLeaf {
            account: *account,
            total_claimable: *total,
        };
        let expected = match before.is_empty() {
            true => B256::ZERO,
            false => OperatorTree::build(before.iter().map(leaf).collect())?.root(),
        };
        if ![B256::ZERO, expected].contains(&self.root) && !replace {
            return Err(PublishError::OtherRoot { contract, root: self.root });
        }
        for leaf in tree.leaves() {
            let (account, claimed) = (leaf.account, self.claimed(leaf.account));
            let counted = before.get(&account).copied().unwrap_or_default();
            if claimed > counted {
                return Err(PublishError::ClaimedElsewhere { contract, account, claimed, counted });
            }
        }
        Ok(())
    }
}
