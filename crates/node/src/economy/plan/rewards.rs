//! What networks pay to stakers and operators, and who has taken it.

use super::Plan;
use super::stake::floor;
use crate::economy::PRICE_DECIMALS;
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{
    AdminFeeTable, ByOperator, ClaimAdminFeeTable, ClaimRewardsTable, DistributeTable, Name, Paid,
};
use crate::economy::quantity::{Quantity, units};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::erc20::Erc20;
use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree};
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::rewards::operator::DefaultOperatorRewards;
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::rules::staker_rewards::ADMIN_FEE_BASE;
use bondstone_symbiotic::rules::subnetwork;
use std::collections::BTreeMap;

/// What a network owes operators in a token: all that they may claim since the beginning.
#[derive(Clone, Debug)]
pub(super) struct Pot {
    entitlements: BTreeMap<usize, U256>,
    /// With a leaf for each of them, in their order.
    tree: OperatorTree,
}

impl Plan<'_> {
    fn paid_by(&self, rewards: usize) -> Paid {
        *self.file.rewards[rewards].pays.get_ref()
    }

    /// The network's middleware pays, to the stakers of the contract's vault or to operators.
    pub(super) fn distribute(&mut self, table: &DistributeTable) -> Result<(), Fault> {
        let rewards = self.roster.rewards("rewards", &table.rewards)?;
        let network = self.roster.network("network", &table.network)?;
        let token = self.roster.token("token", &table.token)?;
        let (token, amount) = (token.address, units("amount", &table.amount, token.decimals)?);
        let (payer, at) = (self.middlewares[network], self.rewards[rewards]);
        let root = match self.paid_by(rewards) {
            Paid::Operators => Some(self.entitle(rewards, network, token, amount, table)?),
            Paid::Stakers if table.shares.is_empty() => None,
            Paid::Stakers => {
                let why = "staker rewards are split by the stakers' shares";
                return Err(self.place.key("shares").wrong(Problem::Misplaced(why)));
            }
        };
        self.send(payer, token, &Erc20::approveCall { spender: at, value: amount })?;
        let network = self.address(network);
        if let Some(root) = root {
            let call =
                DefaultOperatorRewards::distributeRewardsCall { network, token, amount, root };
            return self.send(payer, at, &call).map(drop);
        }
        let hints = (Bytes::new(), Bytes::new());
        let data = (self.second_before(), ADMIN_FEE_BASE, hints.0, hints.1);
        let data = data.abi_encode_params().into();
        let call = DefaultStakerRewards::distributeRewardsCall { network, token, amount, data };
        self.send(payer, at, &call).map(drop)
    }

    /// Splits an amount among operators and returns the root over all that they may claim. What
    /// rounding leaves goes to the first of them.
    fn entitle(
        &mut self,
        rewards: usize,
        network: usize,
        token: Address,
        amount: U256,
        table: &DistributeTable,
    ) -> Result<alloy_primitives::B256, Fault> {
        let weights = if table.shares.is_empty() {
            self.weights_by_stake(network)?
        } else {
            self.weights_by_shares(&table.shares)?
        };
        let (place, mut total) = (self.place, U256::ZERO);
        for (_, weight) in &weights {
            let sum = total.checked_add(*weight);
            total = sum.ok_or_else(|| place.wrong(Problem::TooLarge(weight.to_string())))?;
        }
        if total.is_zero() {
            return Err(place.wrong(Problem::NoShares));
        }
        let mut parts = Vec::new();
        let mut left = amount;
        for (operator, weight) in weights {
            let part = floor(place, amount, weight, total)?;
            left = left.saturating_sub(part);
            parts.push((operator, part));
        }
        if let Some((_, first)) = parts.first_mut() {
            *first += left;
        }
        let pot = self.pots.get(&(rewards, network, token));
        let mut entitlements = pot.map(|pot| pot.entitlements.clone()).unwrap_or_default();
        for (operator, part) in parts {
            *entitlements.entry(operator).or_default() += part;
        }
        let leaf = |(operator, all): (&usize, &U256)| OperatorLeaf {
            account: self.address(*operator),
            total_claimable: *all,
        };
        let tree = OperatorTree::build(entitlements.iter().map(leaf).collect());
        let tree = tree.expect("weights that are not zero have their operators");
        let root = tree.root();
        self.pots.insert((rewards, network, token), Pot { entitlements, tree });
        Ok(root)
    }

    fn weights_by_shares(&self, shares: &ByOperator) -> Result<Vec<(usize, U256)>, Fault> {
        let weights = shares.iter().map(|(name, shares)| {
            Ok((self.roster.operator("shares", name)?, units("shares", shares, 0)?))
        });
        weights.collect()
    }

    /// Operators with what stands behind them in all subnetworks of a network, in all vaults, at
    /// the tokens' prices.
    fn weights_by_stake(&mut self, network: usize) -> Result<Vec<(usize, U256)>, Fault> {
        let (file, roster) = (self.file, self.roster);
        let subnetworks = file.network[network].subnetworks.as_ref();
        let subnetworks = subnetworks.map_or(1, |count| *count.get_ref());
        let mut weights = Vec::new();
        for table in &file.operator {
            let operator = roster.operator("operator", &table.name)?;
            let mut weight = U256::ZERO;
            for (vault, parts) in self.vaults.clone().into_iter().enumerate() {
                for number in 0..subnetworks {
                    let subnetwork = subnetwork(self.address(network), U96::from(number));
                    let operator = self.address(operator);
                    let stake = Delegator::stakeCall { subnetwork, operator };
                    let stake = self.read(parts.delegator, &stake)?;
                    if !stake.is_zero() {
                        weight = weight.saturating_add(self.value(vault, stake)?);
                    }
                }
            }
            if !weight.is_zero() {
                weights.push((operator, weight));
            }
        }
        Ok(weights)
    }

    /// What collateral of a vault is worth, in dollars with 18 decimals.
    fn value(&self, vault: usize, amount: U256) -> Result<U256, Fault> {
        let collateral: &Name = &self.file.vault[vault].collateral;
        let token = self.roster.token("collateral", collateral)?;
        let Some(price) = &token.price_usd else {
            return Err(Place::of("collateral", collateral).wrong(Problem::Missing("price_usd")));
        };
        let price = Quantity(price.clone()).units(PRICE_DECIMALS);
        let price = price.map_err(|problem| self.place.wrong(problem))?;
        let whole = U256::from(10).pow(U256::from(token.decimals));
        floor(self.place, amount, price, whole)
    }

    /// Each member claims all there is; those without anything do nothing.
    pub(super) fn claim_rewards(&mut self, table: &ClaimRewardsTable) -> Result<(), Fault> {
        let rewards = self.roster.rewards("rewards", &table.rewards)?;
        let network = self.roster.network("network", &table.network)?;
        let token = self.roster.token("token", &table.token)?.address;
        let mut any = false;
        for claimer in self.roster.members(&table.by, table.members.as_ref())? {
            any |= match self.paid_by(rewards) {
                Paid::Stakers => self.claim_as_staker(rewards, network, token, claimer)?,
                Paid::Operators => self.claim_as_operator(rewards, network, token, claimer)?,
            };
        }
        if any { Ok(()) } else { Err(self.place.wrong(Problem::NothingToClaim)) }
    }

    fn claim_as_staker(
        &mut self,
        rewards: usize,
        network: usize,
        token: Address,
        claimer: usize,
    ) -> Result<bool, Fault> {
        let (at, recipient) = (self.rewards[rewards], self.address(claimer));
        let network = self.address(network);
        let data = (network, U256::MAX).abi_encode_params().into();
        let claimable = DefaultStakerRewards::claimableCall { token, account: recipient, data };
        if self.read(at, &claimable)?.is_zero() {
            return Ok(false);
        }
        let data = (network, U256::MAX, Vec::<Bytes>::new()).abi_encode_params().into();
        let call = DefaultStakerRewards::claimRewardsCall { recipient, token, data };
        self.send(claimer, at, &call)?;
        Ok(true)
    }

    fn claim_as_operator(
        &mut self,
        rewards: usize,
        network: usize,
        token: Address,
        claimer: usize,
    ) -> Result<bool, Fault> {
        let (at, recipient) = (self.rewards[rewards], self.address(claimer));
        let owed = self.pots.get(&(rewards, network, token)).and_then(|pot| {
            let total = *pot.entitlements.get(&claimer)?;
            let leaf = pot.entitlements.range(..claimer).count();
            Some((total, pot.tree.proof(leaf).ok()?))
        });
        let Some((total, proof)) = owed else { return Ok(false) };
        let network = self.address(network);
        let claimed = DefaultOperatorRewards::claimedCall { network, token, account: recipient };
        if self.read(at, &claimed)? >= total {
            return Ok(false);
        }
        let call = DefaultOperatorRewards::claimRewardsCall {
            recipient,
            network,
            token,
            totalClaimable: total,
            proof,
        };
        self.send(claimer, at, &call)?;
        Ok(true)
    }

    /// The account that made a staker rewards contract takes its fee.
    pub(super) fn claim_admin_fee(&mut self, table: &ClaimAdminFeeTable) -> Result<(), Fault> {
        let (admin, at) = self.staker_rewards(&table.rewards)?;
        let token = self.roster.token("token", &table.token)?.address;
        let recipient = match &table.to {
            Some(name) => self.roster.account("to", name)?,
            None => admin,
        };
        let recipient = self.address(recipient);
        self.send(admin, at, &DefaultStakerRewards::claimAdminFeeCall { recipient, token })
            .map(drop)
    }

    pub(super) fn set_admin_fee(&mut self, table: &AdminFeeTable) -> Result<(), Fault> {
        let (admin, at) = self.staker_rewards(&table.rewards)?;
        let fee = table.fee.get_ref().basis_points();
        let fee = fee.map_err(|problem| Place::of("fee", &table.fee).wrong(problem))?;
        self.send(admin, at, &DefaultStakerRewards::setAdminFeeCall { adminFee: fee }).map(drop)
    }

    /// A staker rewards contract, with the account that made it.
    fn staker_rewards(&self, name: &Name) -> Result<(usize, Address), Fault> {
        let rewards = self.roster.rewards("rewards", name)?;
        if self.paid_by(rewards) != Paid::Stakers {
            let why = "operator rewards have no admin fee";
            return Err(Place::of("rewards", name).wrong(Problem::Misplaced(why)));
        }
        let admin = self.roster.account("by", &self.file.rewards[rewards].by)?;
        Ok((admin, self.rewards[rewards]))
    }
}
