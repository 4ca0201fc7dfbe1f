//! The snapshot rail: a network pays the stakers, the operators and the curator of a vault by their
//! shares and fees at one second.
//! Source: Symbiotic rewards-v2 `VaultSnapshotRewards`.

use super::{MAX_FEE, Rate, VAULT_SNAPSHOT, account_protocol_fees};
use crate::abi::rewards_v2::contract::{
    AccountCuratorFees, ClaimOperatorFees, ClaimVaultSnapshotRewards,
    DistributeVaultSnapshotRewards, DistributeVaultSnapshotRewardsHints as Hints,
    RewardDistribution, Rewards as Abi, RewardsCalls as Calls,
};
use crate::abi::vault::Vault;
use crate::rules::fee_registry::{Participant, fee_at};
use crate::rules::{decode, hint, network_of, subnetwork};
use crate::state::delegator::{
    FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC, OPERATOR_SPECIFIC,
};
use crate::state::rewards_v2::SnapshotReward;
use crate::state::{Contract, Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolType, SolValue, sol_data};
use bondstone_kernel::erc20::{self, Erc20};
use bondstone_kernel::host::{call_checked, call_interface, word};
use bondstone_kernel::{
    Accounts, Call, Host, Id, Message, Revert, Table, Timestamp, Trace, math, require,
};

/// Answers a view of this rail.
///
/// # Errors
/// `Panic(0x32)` for a reward that is not there; a revert without data for other views.
pub(super) fn read(host: &SymbioticHost<'_>, view: Calls) -> Result<Vec<u8>, Revert> {
    let (state, accounts) = (host.state(), host.accounts());
    let books = &state.rewards_v2;
    let list = |vault, network, token| list_of(state, accounts, (vault, network, token));
    Ok(match view {
        Calls::rewardsLength(c) => {
            books.list_len.get(list(c.vault, c.network, c.token)).abi_encode()
        }
        Calls::rewards(c) => {
            let list = list(c.vault, c.network, c.token);
            let index = u64::try_from(c.index).map_err(|_| Revert::out_of_bounds())?;
            require!(index < *books.list_len.get(list), Revert::out_of_bounds());
            let reward = reward(state, list, index);
            RewardDistribution {
                subnetworkId: reward.subnetwork_id.saturating_to(),
                delegator: reward.delegator,
                delegatorType: reward.delegator_type,
                timestamp: U48::from(reward.timestamp.0),
                amount: reward.amount,
                operatorsFees: reward.operators_fees,
            }
            .abi_encode()
        }
        Calls::lastUnclaimedReward(c) => {
            let cursor = cursor_of(state, accounts, list(c.vault, c.network, c.token), c.account);
            books.cursors.get(cursor).abi_encode()
        }
        Calls::lastUnclaimedOperatorReward(c) => {
            let cursor = cursor_of(state, accounts, list(c.vault, c.network, c.token), c.account);
            books.operator_cursors.get(cursor).abi_encode()
        }
        _ => return Err(Revert::empty()),
    })
}

fn list_of(
    state: &State,
    accounts: &Accounts,
    (vault, network, token): (Address, Address, Address),
) -> Id {
    let key = (accounts.find(&vault), accounts.find(&network), accounts.find(&token));
    state.rewards_v2.list_keys.find(&key)
}

fn cursor_of(state: &State, accounts: &Accounts, list: Id, account: Address) -> Id {
    state.rewards_v2.cursor_keys.find(&(list, accounts.find(&account)))
}

fn reward(state: &State, list: Id, index: u64) -> &SnapshotReward {
    let books = &state.rewards_v2;
    books.rewards.get(books.reward_keys.find(&(list, index)))
}

/// What a distribution is about, once its caller and its vault are known.
struct Payment {
    network: Address,
    vault: Address,
    vault_id: Id,
    token: Address,
    timestamp: U48,
    hints: Hints,
    /// The vault's own collateral goes to the vault itself.
    is_donation: bool,
}

impl Payment {
    fn at(&self) -> u64 {
        self.timestamp.saturating_to()
    }
}

/// Source: `VaultSnapshotRewards.distributeVaultSnapshotRewards`. Every fee rounds down, in favour
/// of the stakers.
pub(super) fn distribute(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::distributeVaultSnapshotRewardsCall,
) -> Result<(), Revert> {
    let payment = check(host, message, call)?;
    let (this, token) = (message.this, payment.token);
    let received = erc20::pull(host, this, token, message.sender, call.amount)?;
    require!(!received.is_zero(), Abi::InsufficientReward {});

    let rail = (VAULT_SNAPSHOT, payment.network, token);
    let net = Rate::of(host.state(), VAULT_SNAPSHOT, payment.network)?.distribution(received)?;
    account_protocol_fees(host, message, rail, received, net)?;
    let operators_fees = operators_fees(host, &payment, call.subnetwork, net)?;
    let curator_fees = account_curator_fees(host, message, &payment, net)?;
    let stakers = math::sub(math::sub(net, curator_fees)?, operators_fees)?;
    if payment.is_donation && !stakers.is_zero() {
        donate(host, this, &payment, stakers)?;
    }
    let (_, identifier) = call.subnetwork.split_at(20);
    let event = DistributeVaultSnapshotRewards {
        network: payment.network,
        token,
        vault: payment.vault,
        subnetworkId: U96::try_from_be_slice(identifier).unwrap_or_default(),
        timestamp: payment.timestamp,
        amount: stakers,
        curatorFee: U256::ZERO,
        operatorsFee: operators_fees,
    };
    host.emit(this, event.into())
}

/// Hints, caller, vault and moment, in the contract's order.
fn check(
    host: &SymbioticHost<'_>,
    message: &Message<'_>,
    call: &Abi::distributeVaultSnapshotRewardsCall,
) -> Result<Payment, Revert> {
    let hints = if call.hints.is_empty() { Hints::default() } else { decode(&call.hints)? };
    let (state, accounts) = (host.state(), host.accounts());
    let network = network_of(call.subnetwork);
    let id = accounts.find(&network);
    let is_network = state.registry.is_entity(Kind::NetworkRegistry, id);
    let speaks = network == message.sender || *state.registry.middleware.get(id) == message.sender;
    require!(is_network && speaks, Abi::NotNetworkOrMiddleware {});
    let is_vault = state.registry.is_entity(Kind::VaultFactory, accounts.find(&call.vault));
    require!(is_vault, Abi::NotVault {});
    let timestamp = call.timestamp;
    let at = timestamp.saturating_to::<u64>();
    require!(at < host.block().timestamp, Abi::InvalidRewardTimestamp {});

    let vault_id = match state.contract(accounts, call.vault) {
        Contract::Vault(id) => id,
        // A vault of a foreign implementation, which answers nothing here.
        _ => return Err(Revert::empty()),
    };
    let is_donation = state.vault.config.get(vault_id).collateral == call.token;
    if is_donation {
        let shares = state.vault.shares(vault_id);
        require!(!shares.is_zero(), Abi::InvalidRewardTimestamp {});
    } else {
        let cache = (accounts.find(&call.vault), at);
        let cache = state.rewards_v2.cache_keys.find(&cache);
        if state.rewards_v2.shares_cache.get(cache).is_zero() {
            let history = state.vault.active_shares.get(vault_id);
            let shares = hint::lookup(history, at, &hints.activeSharesHint)?;
            require!(!shares.is_zero(), Abi::InvalidRewardTimestamp {});
        }
    }
    let (vault, token) = (call.vault, call.token);
    Ok(Payment { network, vault, vault_id, token, timestamp, hints, is_donation })
}

/// The operators' part, nothing when nobody could claim it.
fn operators_fees(
    host: &SymbioticHost<'_>,
    payment: &Payment,
    subnetwork: B256,
    net: U256,
) -> Result<U256, Revert> {
    let pair = (payment.vault, payment.network);
    let fee =
        fee_at(host, Participant::Operators, pair, payment.at(), &payment.hints.operatorsFeeHint)?;
    let fees = math::mul_div_floor(net, fee, MAX_FEE)?;
    let state = host.state();
    let delegator = state.vault.config.get(payment.vault_id).delegator;
    // A vault without a delegator has nobody to ask for the type.
    let Contract::Delegator(id) = state.contract(host.accounts(), delegator) else {
        return Err(Revert::empty());
    };
    match state.delegator.config.get(id).delegator_type {
        NETWORK_RESTAKE => {
            let key = state.delegator.limit_key(id, subnetwork);
            let shares = hint::lookup(
                state.delegator.total_operator_shares.get(key),
                payment.at(),
                &payment.hints.totalOperatorNetworkSharesHint,
            )?;
            Ok(if shares.is_zero() { U256::ZERO } else { fees })
        }
        FULL_RESTAKE => Ok(U256::ZERO),
        OPERATOR_SPECIFIC | OPERATOR_NETWORK_SPECIFIC => Ok(fees),
        _ => Err(Abi::InvalidDelegatorType {}.into()),
    }
}

/// Source: `CuratorFees._accountCuratorFees`.
fn account_curator_fees(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    payment: &Payment,
    net: U256,
) -> Result<U256, Revert> {
    let (vault, network, token) = (payment.vault, payment.network, payment.token);
    let hints = &payment.hints.curatorFeeHint;
    let fee = fee_at(host, Participant::Curator, (vault, network), payment.at(), hints)?;
    let fees = math::mul_div_floor(net, fee, MAX_FEE)?;
    let event = AccountCuratorFees { rewardsType: VAULT_SNAPSHOT, vault, network, token, fees };
    host.emit(message.this, event.into())?;
    Ok(fees)
}

/// Gives the stakers' part to the vault: `deposit(address(0), amount)` is how a V2 vault takes a
/// donation. The V1 vaults that there are refuse it with `InvalidOnBehalfOf()`.
fn donate(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    payment: &Payment,
    amount: U256,
) -> Result<(), Revert> {
    force_approve(host, this, payment.token, payment.vault, amount)?;
    let deposit = Vault::depositCall { onBehalfOf: Address::ZERO, amount }.abi_encode();
    call_interface(host, Call::new(this, payment.vault, &deposit)).map(drop)
}

/// Source: OpenZeppelin 5.0.2 `SafeERC20.forceApprove`.
fn force_approve(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    token: Address,
    spender: Address,
    value: U256,
) -> Result<(), Revert> {
    let approve = |value| Erc20::approveCall { spender, value }.abi_encode();
    let is_done = |output: &Bytes| output.is_empty() || word(output, 0) == Ok(U256::ONE);
    let input = approve(value);
    if host.call(Call::new(this, token, &input)).is_ok_and(|output| is_done(&output)) {
        return Ok(());
    }
    for input in [approve(U256::ZERO), input] {
        let output = call_checked(host, Call::new(this, token, &input))?;
        let failed = bondstone_kernel::revert::library::SafeERC20FailedOperation { token };
        require!(is_done(&output), failed);
    }
    Ok(())
}

/// Rewards of one list that an account claims.
struct Span {
    list: Id,
    first: u64,
    count: u64,
}

/// What both claims of this rail are called with.
struct Claim {
    account: Address,
    recipient: Address,
    list: (Address, Address, Address),
    last_unclaimed: U256,
    first: U256,
    count: U256,
}

impl Span {
    /// `lastUnclaimedRewards` must be where the cursor stands, so that a claim built on another
    /// branch of the chain fails. A later first reward forfeits those before it.
    fn of(host: &SymbioticHost<'_>, claim: &Claim, cursors: &Table<u64>) -> Result<Self, Revert> {
        let (state, accounts) = (host.state(), host.accounts());
        require!(!claim.recipient.is_zero(), Abi::InvalidRecipient {});
        let list = list_of(state, accounts, claim.list);
        let cursor = *cursors.get(cursor_of(state, accounts, list, claim.account));
        let cursor = U256::from(cursor);
        require!(claim.last_unclaimed == cursor, Abi::InvalidLastUnclaimedReward {});
        let length = U256::from(*state.rewards_v2.list_len.get(list));
        let first = claim.first.max(cursor);
        let left = length.checked_sub(first).ok_or(Abi::NoRewardsToClaim {})?;
        let count = claim.count.min(left);
        require!(!count.is_zero(), Abi::NoRewardsToClaim {});
        Ok(Self { list, first: first.saturating_to(), count: count.saturating_to() })
    }

    fn rewards<'a>(&self, state: &'a State) -> impl Iterator<Item = SnapshotReward> + use<'a> {
        let list = self.list;
        let end = self.first.saturating_add(self.count);
        (self.first..end).map(move |index| *reward(state, list, index))
    }
}

/// The hint for the reward at a position of the claim; a list that is there must be long enough.
fn hint_at(hints: Option<&[Bytes]>, position: usize) -> Result<&[u8], Revert> {
    let Some(hints) = hints else { return Ok(&[]) };
    hints.get(position).map(|hint| hint.as_ref()).ok_or_else(Revert::out_of_bounds)
}

/// Each reward rounds down; the dust stays for ever.
/// Source: `VaultSnapshotRewards.claimVaultSnapshotRewards`.
pub(super) fn claim(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimVaultSnapshotRewardsCall,
) -> Result<(), Revert> {
    let (network, token, vault, staker) = (call.network, call.token, call.vault, message.sender);
    let claim = Claim {
        account: staker,
        recipient: call.recipient,
        list: (vault, network, token),
        last_unclaimed: call.lastUnclaimedRewards,
        first: call.firstRewardToClaim,
        count: call.rewardsToClaim,
    };
    let span = Span::of(host, &claim, &host.state().rewards_v2.cursors)?;
    let hints = (!call.activeSharesHints.is_empty()).then_some(call.activeSharesHints.as_slice());
    let amount = earned(host, vault, staker, &span, hints)?;
    if !amount.is_zero() {
        erc20::safe_transfer(host, message.this, token, claim.recipient, amount)?;
    }
    let event = ClaimVaultSnapshotRewards {
        staker,
        network,
        token,
        vault,
        amount,
        firstRewardToClaim: U256::from(span.first),
        rewardsToClaim: U256::from(span.count),
    };
    host.emit(message.this, event.into())
}

/// What `count` rewards from `first` on pay a staker; `list` is vault, network and token. This is
/// the sum that `claimVaultSnapshotRewards` pays, for which the contract has no view: each reward
/// rounds down.
///
/// # Errors
/// What the claim reverts with.
pub fn claimable(
    host: &SymbioticHost<'_>,
    list: (Address, Address, Address),
    staker: Address,
    (first, count): (u64, u64),
) -> Result<U256, Revert> {
    let span = Span { list: list_of(host.state(), host.accounts(), list), first, count };
    earned(host, list.0, staker, &span, None)
}

/// What `count` rewards from `first` on pay an operator, as `claimOperatorFees` does; see
/// [`claimable`].
///
/// # Errors
/// What the claim reverts with.
pub fn claimable_operator_fees(
    host: &SymbioticHost<'_>,
    list: (Address, Address, Address),
    operator: Address,
    (first, count): (u64, u64),
) -> Result<U256, Revert> {
    let span = Span { list: list_of(host.state(), host.accounts(), list), first, count };
    operator_part(host, list.1, operator, &span, &[])
}

fn earned(
    host: &SymbioticHost<'_>,
    vault: Address,
    staker: Address,
    span: &Span,
    hints: Option<&[Bytes]>,
) -> Result<U256, Revert> {
    let (state, accounts) = (host.state(), host.accounts());
    let (books, at) = (&state.rewards_v2, accounts.find(&vault));
    let holder = (state.vault.ids.find(&at), accounts.find(&staker));
    let shares_of = state.vault.active_shares_of.get(state.vault.holders.find(&holder));
    let mut amount = U256::ZERO;
    for (position, reward) in span.rewards(state).enumerate() {
        let Timestamp(seconds) = reward.timestamp;
        let shares = hint::lookup(shares_of, seconds, hint_at(hints, position)?)?;
        let total = *books.shares_cache.get(books.cache_keys.find(&(at, seconds)));
        amount = math::add(amount, math::mul_div_floor(shares, reward.amount, total)?)?;
    }
    Ok(amount)
}

/// Source: `VaultSnapshotRewards.claimOperatorFees`. A reward of a network-restake delegator whose
/// subnetwork had no operator shares divides by zero: the claim must start behind it.
pub(super) fn claim_operator_fees(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimOperatorFeesCall,
) -> Result<(), Revert> {
    let (network, token, vault, operator) = (call.network, call.token, call.vault, message.sender);
    let claim = Claim {
        account: operator,
        recipient: call.recipient,
        list: (vault, network, token),
        last_unclaimed: call.lastUnclaimedRewards,
        first: call.firstRewardToClaim,
        count: call.rewardsToClaim,
    };
    let span = Span::of(host, &claim, &host.state().rewards_v2.operator_cursors)?;
    let amount = operator_part(host, network, operator, &span, &call.extraData)?;
    if !amount.is_zero() {
        erc20::safe_transfer(host, message.this, token, claim.recipient, amount)?;
    }
    let event = ClaimOperatorFees {
        operator,
        network,
        token,
        vault,
        amount,
        firstRewardToClaim: U256::from(span.first),
        rewardsToClaim: U256::from(span.count),
    };
    host.emit(message.this, event.into())
}

/// `abi.encode(bytes[] operatorNetworkSharesHints, bytes[] totalOperatorNetworkSharesHints)`.
type OperatorHints = (sol_data::Array<sol_data::Bytes>, sol_data::Array<sol_data::Bytes>);

/// What the rewards of a span pay an operator.
fn operator_part(
    host: &SymbioticHost<'_>,
    network: Address,
    operator: Address,
    span: &Span,
    extra: &[u8],
) -> Result<U256, Revert> {
    let hints = match extra {
        [] => None,
        _ => {
            let hints = OperatorHints::abi_decode_params_validate(extra);
            Some(hints.map_err(|_| Revert::empty())?)
        }
    };
    let (own_hints, total_hints) =
        hints.as_ref().map(|(own, total)| (own.as_slice(), total.as_slice())).unzip();
    let (state, accounts) = (host.state(), host.accounts());
    let mut amount = U256::ZERO;
    // Hints are given for rewards of network-restake delegators only.
    let mut hinted = 0usize;
    for reward in span.rewards(state) {
        let Contract::Delegator(id) = state.contract(accounts, reward.delegator) else {
            return Err(Revert::empty());
        };
        let part = match reward.delegator_type {
            NETWORK_RESTAKE => {
                let (own, total) =
                    operator_shares(host, id, (network, reward.subnetwork_id), operator);
                let at = reward.timestamp.0;
                let own = hint::lookup(own, at, hint_at(own_hints, hinted)?)?;
                let total = hint::lookup(total, at, hint_at(total_hints, hinted)?)?;
                hinted = hinted.saturating_add(1);
                math::mul_div_floor(own, reward.operators_fees, total)?
            }
            FULL_RESTAKE => return Err(Abi::InvalidDelegatorType {}.into()),
            _ => {
                let only = state.delegator.config.get(id).operator;
                require!(only == operator, Abi::NotOperator {});
                reward.operators_fees
            }
        };
        amount = math::add(amount, part)?;
    }
    Ok(amount)
}

/// Histories of an operator's shares and of all operators' shares in a subnetwork.
fn operator_shares<'a>(
    host: &'a SymbioticHost<'_>,
    delegator: Id,
    (network, identifier): (Address, U256),
    operator: Address,
) -> (&'a Trace<U256>, &'a Trace<U256>) {
    let delegators = &host.state().delegator;
    let subnetwork = subnetwork(network, identifier.saturating_to());
    let limit = delegators.limit_key(delegator, subnetwork);
    let own = delegators.operator_key(limit, host.accounts().find(&operator));
    (delegators.operator_part.get(own), delegators.total_operator_shares.get(limit))
}
