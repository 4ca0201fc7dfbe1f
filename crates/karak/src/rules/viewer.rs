//! The stake viewer of the on-chain SDK: what operators stake to a service, in dollars.
//! Source: karak-onchain-sdk `KarakStakeViewer` 1.0.0.

use super::{ask, find, initializer};
use crate::Karak;
use crate::abi::dss::BaseDss::getActiveVaultsCall;
use crate::abi::ledger::OracleSet;
use crate::abi::solady::SoladyErc20::{balanceOfCall, totalSupplyCall};
use crate::abi::vault::Vault::{assetCall, convertToAssetsCall};
use crate::abi::viewer::PriceFeed::{decimalsCall, latestRoundDataCall};
use crate::abi::viewer::StakeViewer::{
    InvalidAssetPrice, StakeViewerCalls, StaleAssetPrice, UnsupportedOracleType,
};
use crate::abi::viewer::{OperatorStake, StakeComponent, StakeDistribution};
use crate::state::State;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::math::{add, div_floor, mul, sub};
use bondstone_kernel::ownable::{self, Owners};
use bondstone_kernel::{Host, MathError, Message, Revert, require};

/// Prices out of a Chainlink feed.
const CHAINLINK: u8 = 1;
/// Decimals of dollars.
const USD_DECIMALS: u8 = 8;

fn owners(state: &State) -> &Owners {
    &state.authority.owners
}

/// Answers a call to a stake viewer. Its owner is that of OpenZeppelin.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = ownable::dispatch(host, owners, message) {
        return answer;
    }
    let call = StakeViewerCalls::abi_decode_validate(message.input);
    match call.map_err(|_| Revert::empty())? {
        StakeViewerCalls::VERSION(_) => return Ok("1.0.0".to_owned().abi_encode()),
        StakeViewerCalls::initialize(c) => initializer(host, message.this, |host| {
            let owner = c.initialOwner;
            require!(!owner.is_zero(), ownable::OwnableInvalidOwner { owner });
            ownable::transfer(host, owners, message.this, owner)
        })?,
        StakeViewerCalls::setOracle(c) => {
            ownable::check_owner(host, owners, message)?;
            let oracle = c.oracle;
            // The compiler refuses a number that the enumeration does not have.
            require!(oracle.oracleType <= CHAINLINK, Revert::empty());
            let event = OracleSet {
                token: c.token,
                oracleType: oracle.oracleType,
                maxStaleness: oracle.maxStaleness,
                oracle: oracle.oracle,
            };
            host.emit(message.this, event.into())?;
        }
        StakeViewerCalls::getStakeDistributionUSDForOperators(c) => {
            return Ok(distribution(host, message.this, c.dss, &c.operators)?.abi_encode());
        }
    }
    Ok(Vec::new())
}

/// The vaults are those that the service counts, the shares those that no redeem holds. Whether an
/// operator is jailed does not matter.
fn distribution(
    host: &mut dyn Host<Karak>,
    this: Address,
    dss: Address,
    operators: &[Address],
) -> Result<StakeDistribution, Revert> {
    let mut all = StakeDistribution::default();
    for operator in operators {
        // The service's function is no view, but a static call reaches it all the same.
        let vaults = ask(host, this, dss, &getActiveVaultsCall { operator: *operator })?;
        let mut stake = OperatorStake { operator: *operator, ..OperatorStake::default() };
        for vault in vaults {
            let component = component(host, this, vault)?;
            stake.totalUsdValue = add(stake.totalUsdValue, component.usdValue)?;
            stake.components.push(component);
        }
        all.globalUsdValue = add(all.globalUsdValue, stake.totalUsdValue)?;
        all.operators.push(stake);
    }
    Ok(all)
}

fn component(
    host: &mut dyn Host<Karak>,
    this: Address,
    vault: Address,
) -> Result<StakeComponent, Revert> {
    let erc20 = ask(host, this, vault, &assetCall {})?;
    let supply = ask(host, this, vault, &totalSupplyCall {})?;
    let queued = ask(host, this, vault, &balanceOfCall { owner: vault })?;
    let shares = sub(supply, queued)?;
    let balance = ask(host, this, vault, &convertToAssetsCall { shares })?;
    let value = usd_value(host, this, erc20, balance)?;
    Ok(StakeComponent { erc20, vault, balance, usdValue: value })
}

/// Dollars with 8 decimals, rounded down twice: by the asset's decimals, then by the feed's.
fn usd_value(
    host: &mut dyn Host<Karak>,
    this: Address,
    token: Address,
    amount: U256,
) -> Result<U256, Revert> {
    let key = host.state().oracle_keys.find(&(find(host, this), find(host, token)));
    let oracle = host.state().oracles.get(key).clone();
    require!(oracle.oracle_type == CHAINLINK, UnsupportedOracleType {});
    let feed = Address::abi_decode_validate(&oracle.parameters).map_err(|_| Revert::empty())?;
    let round = ask(host, this, feed, &latestRoundDataCall {})?;
    require!(round.answer.is_positive(), InvalidAssetPrice { feed, round: round.roundId });
    let staleness = sub(U256::from(host.block().timestamp), round.updatedAt)?;
    let most = oracle.max_staleness;
    require!(staleness <= most, StaleAssetPrice { feed, staleness, maxStaleness: most });
    let asset_decimals = ask(host, this, token, &decimalsCall {})?;
    let feed_decimals = ask(host, this, feed, &decimalsCall {})?;
    let product = mul(amount, round.answer.unsigned_abs())?;
    let value = div_floor(product, power_of_ten(asset_decimals)?)?;
    Ok(match feed_decimals.checked_sub(USD_DECIMALS) {
        Some(more) => div_floor(value, power_of_ten(more)?)?,
        None => mul(value, power_of_ten(USD_DECIMALS.saturating_sub(feed_decimals))?)?,
    })
}

fn power_of_ten(exponent: u8) -> Result<U256, MathError> {
    U256::from(10).checked_pow(U256::from(exponent)).ok_or(MathError::Overflow)
}
