//! Default staker rewards: networks pay the stakers of one vault by their shares at one second.
//! Source: Symbiotic rewards 2.0.0 `DefaultStakerRewards`, `DefaultStakerRewardsFactory`.

use super::{now, registry, roles};
use crate::abi::registry::{AddEntity, Initialized};
use crate::abi::rewards::staker::{
    ClaimAdminFee, ClaimRewards, ClaimRewardsExtra, DefaultStakerRewards as Abi,
    DefaultStakerRewardsCalls as Calls, DistributeRewards, InitVault, SetAdminFee,
    StakerRewardsFactoryCalls as FactoryCalls, StakerRewardsInitParams,
};
use crate::rules::hint;
use crate::rules::multicall::{self, Batch};
use crate::state::{Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use alloy_sol_types::{SolInterface, SolType, SolValue, sol_data};
use bondstone_kernel::access::{self, DEFAULT_ADMIN_ROLE};
use bondstone_kernel::host::guarded;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{
    Accounts, Creation, Host, Id, Message, NONE, Revert, Timestamp, erc20, math, require,
};

/// `ADMIN_FEE_BASE`: admin fees are parts of this.
pub const ADMIN_FEE_BASE: U256 = U256::from_limbs([10_000, 0, 0, 0]);

/// `ADMIN_FEE_CLAIM_ROLE`.
pub const ADMIN_FEE_CLAIM_ROLE: B256 =
    b256!("0x723d93d9e2749ff76c3a02ca5d48d83735b6f451b126d0ba0683caa16e04c6fa");

/// `ADMIN_FEE_SET_ROLE`.
pub const ADMIN_FEE_SET_ROLE: B256 =
    b256!("0xa2e85c2f0b3a0317b9c4b4185c12b4e23dd961a7645fcbc9bb8efb8eb70e0d03");

/// `version()`: the generation of the interface.
const VERSION: u64 = 2;

/// Answers a call to a staker rewards contract; `id` is `NONE` for the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    answer(host, id, message, &mut Batch::whole())
}

/// Answers a call to the factory or the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_singleton(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if kind == Kind::StakerRewardsImplementation {
        return dispatch(host, NONE, message);
    }
    if let Some(answer) = registry::dispatch_entities(host, kind, message) {
        return answer;
    }
    let call = FactoryCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let FactoryCalls::create(c) = call;
    Ok(create(host, message, &c.params)?.abi_encode())
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    batch: &mut Batch,
) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = access::dispatch(host, roles, message) {
        return answer;
    }
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::distributeRewards(c) => {
            guarded(host, message.this, |host| distribute(host, id, message, &c))?;
        }
        Calls::claimRewards(c) => {
            guarded(host, message.this, |host| claim(host, id, message, &c))?;
        }
        Calls::claimAdminFee(c) => {
            guarded(host, message.this, |host| claim_admin_fee(host, id, message, &c))?;
        }
        Calls::setAdminFee(c) => change_admin_fee(host, id, message, c.adminFee)?,
        Calls::multicall(c) => {
            return multicall::run(host, message, &c.data, batch, |host, message, batch| {
                answer(host, id, message, batch)
            });
        }
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        view => return read(host, id, view),
    }
    Ok(Vec::new())
}

fn read(host: &SymbioticHost<'_>, id: Id, view: Calls) -> Result<Vec<u8>, Revert> {
    let (state, accounts) = (host.state(), host.accounts());
    let config = state.rewards.staker_config.get(id);
    Ok(match view {
        Calls::ADMIN_FEE_BASE(_) => ADMIN_FEE_BASE.abi_encode(),
        Calls::ADMIN_FEE_CLAIM_ROLE(_) => ADMIN_FEE_CLAIM_ROLE.abi_encode(),
        Calls::ADMIN_FEE_SET_ROLE(_) => ADMIN_FEE_SET_ROLE.abi_encode(),
        Calls::NETWORK_MIDDLEWARE_SERVICE(_) => {
            state.singleton(Kind::NetworkMiddlewareService).abi_encode()
        }
        Calls::VAULT_FACTORY(_) => state.singleton(Kind::VaultFactory).abi_encode(),
        Calls::VAULT(_) => config.vault.abi_encode(),
        Calls::adminFee(_) => config.admin_fee.abi_encode(),
        Calls::version(_) => VERSION.abi_encode(),
        Calls::claimableAdminFee(c) => admin_fee(host, id, c.token).abi_encode(),
        Calls::claimable(c) => claimable(host, id, &c)?.abi_encode(),
        Calls::lastUnclaimedReward(c) => {
            let list = list_of(state, accounts, id, c.token, c.network);
            cursor(state, accounts, list, c.account).abi_encode()
        }
        Calls::rewardsLength(c) => {
            let list = list_of(state, accounts, id, c.token, c.network);
            state.rewards.list_len.get(list).abi_encode()
        }
        Calls::rewards(c) => {
            let list = list_of(state, accounts, id, c.token, c.network);
            // The getter of a public array reverts without data past the end.
            let index = u64::try_from(c.index).map_err(|_| Revert::empty())?;
            require!(index < *state.rewards.list_len.get(list), Revert::empty());
            let reward = state.rewards.rewards.get(state.rewards.reward_keys.find(&(list, index)));
            (reward.amount, reward.timestamp.0).abi_encode_params()
        }
        _ => return Err(Revert::empty()),
    })
}

fn list_of(state: &State, accounts: &Accounts, id: Id, token: Address, network: Address) -> Id {
    state.rewards.list_keys.find(&(id, accounts.find(&token), accounts.find(&network)))
}

fn cursor(state: &State, accounts: &Accounts, list: Id, staker: Address) -> u64 {
    let key = (list, accounts.find(&staker));
    *state.rewards.cursors.get(state.rewards.cursor_keys.find(&key))
}

fn admin_fee(host: &SymbioticHost<'_>, id: Id, token: Address) -> U256 {
    let rewards = &host.state().rewards;
    *rewards.admin_fees.get(rewards.fee_keys.find(&(id, host.accounts().find(&token))))
}

/// The vault's id. Before `initialize`, at the implementation, there is no vault to call.
fn vault_of(host: &SymbioticHost<'_>, id: Id) -> Result<Id, Revert> {
    let vault = host.state().rewards.staker_config.get(id).vault;
    let vault = host.state().vault.ids.find(&host.accounts().find(&vault));
    require!(vault != NONE, Revert::empty());
    Ok(vault)
}

fn seconds(timestamp: U48) -> Timestamp {
    let [low] = *timestamp.as_limbs();
    Timestamp(low)
}

/// `abi.encode(uint48 timestamp, uint256 maxAdminFee, bytes sharesHint, bytes stakeHint)`.
type DistributionData = (sol_data::Uint<48>, sol_data::Uint<256>, sol_data::Bytes, sol_data::Bytes);

/// Source: `DefaultStakerRewards.distributeRewards`. The admin fee rounds down, in favour of the
/// stakers.
fn distribute(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Abi::distributeRewardsCall,
) -> Result<(), Revert> {
    let (timestamp, max_admin_fee, shares_hint, stake_hint) =
        DistributionData::abi_decode_params_validate(&call.data).map_err(|_| Revert::empty())?;
    let network = host.accounts().find(&call.network);
    let middleware = *host.state().registry.middleware.get(network);
    require!(middleware == message.sender, Abi::NotNetworkMiddleware {});
    let at = seconds(timestamp);
    require!(at < now(host)?, Abi::InvalidRewardTimestamp {});
    let admin_fee = host.state().rewards.staker_config.get(id).admin_fee;
    require!(max_admin_fee >= admin_fee, Abi::HighAdminFee {});
    check_shares(host, id, at, &shares_hint, &stake_hint)?;

    let token = call.token;
    let received = erc20::pull(host, message.this, token, message.sender, call.amount)?;
    require!(!received.is_zero(), Abi::InsufficientReward {});
    let fee = math::mul_div_floor(received, admin_fee, ADMIN_FEE_BASE)?;
    let event = DistributeRewards {
        network: call.network,
        token,
        distributeAmount: math::sub(received, fee)?,
        adminFeeAmount: fee,
        timestamp,
    };
    host.emit(message.this, event.into())
}

/// Shares and stake must be there at the moment, unless an earlier distribution saw them: then
/// nothing is read and even malformed hints pass.
fn check_shares(
    host: &SymbioticHost<'_>,
    id: Id,
    at: Timestamp,
    shares_hint: &[u8],
    stake_hint: &[u8],
) -> Result<(), Revert> {
    let state = host.state();
    let cached = state.rewards.shares_cache.get(state.rewards.cache_keys.find(&(id, at.0)));
    if !cached.is_zero() {
        return Ok(());
    }
    let vault = vault_of(host, id)?;
    let shares = hint::lookup(state.vault.active_shares.get(vault), at.0, shares_hint)?;
    let stake = hint::lookup(state.vault.active_stake.get(vault), at.0, stake_hint)?;
    require!(!shares.is_zero() && !stake.is_zero(), Abi::InvalidRewardTimestamp {});
    Ok(())
}

/// `abi.encode(address network, uint256 maxRewards, bytes[] activeSharesOfHints)`.
type ClaimData = (sol_data::Address, sol_data::Uint<256>, sol_data::Array<sol_data::Bytes>);

/// Source: `DefaultStakerRewards.claimRewards`.
fn claim(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Abi::claimRewardsCall,
) -> Result<(), Revert> {
    let (network, max_rewards, hints) =
        ClaimData::abi_decode_params_validate(&call.data).map_err(|_| Revert::empty())?;
    require!(!call.recipient.is_zero(), Abi::InvalidRecipient {});
    let (token, staker) = (call.token, message.sender);
    let span = Span::of(host, (id, token, network), staker, max_rewards)?;
    require!(span.count > 0, Abi::NoRewardsToClaim {});
    let matching = u64::try_from(hints.len()) == Ok(span.count);
    require!(hints.is_empty() || matching, Abi::InvalidHintsLength {});
    let amount = earned(host, id, &span, staker, &hints)?;
    if !amount.is_zero() {
        erc20::safe_transfer(host, message.this, token, call.recipient, amount)?;
    }
    let recipient = call.recipient;
    let event = ClaimRewards { network, token, claimer: staker, amount, recipient };
    host.emit(message.this, event.into())?;
    let event = ClaimRewardsExtra {
        network,
        token,
        claimer: staker,
        firstClaimedRewardIndex: U256::from(span.first),
        rewardsClaimed: U256::from(span.count),
    };
    host.emit(message.this, event.into())
}

/// Source: `DefaultStakerRewards.claimable`.
fn claimable(host: &SymbioticHost<'_>, id: Id, call: &Abi::claimableCall) -> Result<U256, Revert> {
    type Data = (sol_data::Address, sol_data::Uint<256>);
    let (network, max_rewards) =
        Data::abi_decode_params_validate(&call.data).map_err(|_| Revert::empty())?;
    let span = Span::of(host, (id, call.token, network), call.account, max_rewards)?;
    earned(host, id, &span, call.account, &[])
}

/// Rewards of one list that a staker has not claimed yet, at most as many as asked for.
struct Span {
    list: Id,
    first: u64,
    count: u64,
}

impl Span {
    fn of(
        host: &SymbioticHost<'_>,
        (id, token, network): (Id, Address, Address),
        staker: Address,
        max_rewards: U256,
    ) -> Result<Self, Revert> {
        let (state, accounts) = (host.state(), host.accounts());
        let list = list_of(state, accounts, id, token, network);
        let first = cursor(state, accounts, list, staker);
        let left = state.rewards.list_len.get(list).checked_sub(first);
        let left = left.ok_or_else(Revert::overflow)?;
        let count = u64::try_from(max_rewards).map_or(left, |max| max.min(left));
        Ok(Self { list, first, count })
    }
}

/// What the rewards of a span pay a staker. Each one rounds down; the dust stays for ever.
fn earned(
    host: &SymbioticHost<'_>,
    id: Id,
    span: &Span,
    staker: Address,
    hints: &[Bytes],
) -> Result<U256, Revert> {
    if span.count == 0 {
        return Ok(U256::ZERO);
    }
    let (state, rewards) = (host.state(), &host.state().rewards);
    let holder = (vault_of(host, id)?, host.accounts().find(&staker));
    let shares_of = state.vault.active_shares_of.get(state.vault.holders.find(&holder));
    let mut hints = hints.iter();
    let mut amount = U256::ZERO;
    for index in (span.first..).take(usize::try_from(span.count).unwrap_or(usize::MAX)) {
        let reward = rewards.rewards.get(rewards.reward_keys.find(&(span.list, index)));
        let at = reward.timestamp.0;
        let hint = hints.next().map_or(&[][..], |hint| hint);
        let shares = hint::lookup(shares_of, at, hint)?;
        let total = *rewards.shares_cache.get(rewards.cache_keys.find(&(id, at)));
        amount = math::add(amount, math::mul_div_floor(shares, reward.amount, total)?)?;
    }
    Ok(amount)
}

/// Source: `DefaultStakerRewards.claimAdminFee`, which logs the token as the recipient.
fn claim_admin_fee(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Abi::claimAdminFeeCall,
) -> Result<(), Revert> {
    access::check_role(host, roles, message.this, ADMIN_FEE_CLAIM_ROLE, message.sender)?;
    let amount = admin_fee(host, id, call.token);
    require!(!amount.is_zero(), Abi::InsufficientAdminFee {});
    erc20::safe_transfer(host, message.this, call.token, call.recipient, amount)?;
    host.emit(message.this, ClaimAdminFee { recipient: call.token, amount }.into())
}

/// Source: `DefaultStakerRewards.setAdminFee`.
fn change_admin_fee(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    fee: U256,
) -> Result<(), Revert> {
    access::check_role(host, roles, message.this, ADMIN_FEE_SET_ROLE, message.sender)?;
    let current = host.state().rewards.staker_config.get(id).admin_fee;
    require!(current != fee, Abi::AlreadySet {});
    set_admin_fee(host, message.this, fee)
}

fn set_admin_fee(host: &mut dyn Host<Symbiotic>, this: Address, fee: U256) -> Result<(), Revert> {
    require!(fee <= ADMIN_FEE_BASE, Abi::InvalidAdminFee {});
    host.emit(this, SetAdminFee { adminFee: fee }.into())
}

/// Source: `DefaultStakerRewardsFactory.create`.
fn create(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    params: &StakerRewardsInitParams,
) -> Result<Address, Revert> {
    let total = registry::total_entities(host, Kind::StakerRewardsFactory);
    let entity = host.create(Creation::Clone {
        deployer: message.this,
        salt: keccak256((total, params.clone()).abi_encode_params()),
        implementation: host.state().singleton(Kind::StakerRewardsImplementation),
    })?;
    let inner = Message { sender: message.this, this: entity, input: &[] };
    initialize(host, &inner, params)?;
    host.emit(message.this, AddEntity { entity }.into())?;
    Ok(entity)
}

/// Source: `DefaultStakerRewards.initialize`.
fn initialize(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    params: &StakerRewardsInitParams,
) -> Result<(), Revert> {
    let vault = host.accounts().find(&params.vault);
    let is_vault = host.state().registry.is_entity(Kind::VaultFactory, vault);
    require!(is_vault, Abi::NotVault {});
    if params.defaultAdminRoleHolder.is_zero() {
        let claims = !params.adminFeeClaimRoleHolder.is_zero();
        let sets = !params.adminFeeSetRoleHolder.is_zero();
        let complete = if params.adminFee.is_zero() { claims == sets } else { claims };
        require!(complete, Abi::MissingRoles {});
    }
    host.emit(message.this, InitVault { vault: params.vault }.into())?;
    set_admin_fee(host, message.this, params.adminFee)?;
    let holders = [
        (DEFAULT_ADMIN_ROLE, params.defaultAdminRoleHolder),
        (ADMIN_FEE_CLAIM_ROLE, params.adminFeeClaimRoleHolder),
        (ADMIN_FEE_SET_ROLE, params.adminFeeSetRoleHolder),
    ];
    for (role, holder) in holders {
        if !holder.is_zero() {
            access::grant(host, roles, message, role, holder)?;
        }
    }
    host.emit(message.this, Initialized { version: 1 }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_the_hashes_of_their_names() {
        assert_eq!(keccak256("ADMIN_FEE_CLAIM_ROLE"), ADMIN_FEE_CLAIM_ROLE);
        assert_eq!(keccak256("ADMIN_FEE_SET_ROLE"), ADMIN_FEE_SET_ROLE);
    }
}
