//! The economy that is there when the chain starts. Amounts are illustrative. Everything in it was
//! done by transactions of the developer accounts, over twenty days of chain time.

pub mod genesis;
mod merkle;
mod story;

use crate::accounts::DevAccounts;
use crate::chain::Chain;
use crate::error::Error;
use alloy_primitives::Address;
use bondstone_world::Deployment;
pub use genesis::{Token, Tokens};

/// How long before the wall clock the chain begins, in seconds. The vaults' third epoch has begun
/// by then, and the slash that was asked for last can still be vetoed for half a day.
pub const PAST: u32 = 20 * DAY;
const WEEK: u32 = 7 * DAY;
const DAY: u32 = 24 * 3600;

/// Which developer account plays which part.
pub mod part {
    /// Stakes.
    pub const ALICE: usize = 0;
    /// Stakes, and is on the way out of one vault.
    pub const BOB: usize = 1;
    /// Owns the vaults and sets their limits.
    pub const CURATOR: usize = 2;
    /// A network, and its own middleware. Pays stakers in HYPER.
    pub const HYPERLANE: usize = 3;
    /// A network, and its own middleware. Pays operators in TANSSI.
    pub const TANSSI: usize = 4;
    /// A network, and its own middleware.
    pub const DITTO: usize = 5;
    /// The first of the three operators.
    pub const OPERATOR_A: usize = 6;
    /// The second operator.
    pub const OPERATOR_B: usize = 7;
    /// The third operator.
    pub const OPERATOR_C: usize = 8;
    /// May veto slashes for Tanssi; else free for tests.
    pub const RESOLVER: usize = 9;
}

/// A vault with what belongs to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vault {
    /// The vault.
    pub vault: Address,
    /// Its delegator.
    pub delegator: Address,
    /// Its slasher; zero when it has none.
    pub slasher: Address,
}

/// Where things are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Economy {
    /// wstETH, instant slasher, NetworkRestake delegator.
    pub instant: Vault,
    /// USDC, tokenized, veto slasher, FullRestake delegator.
    pub veto: Vault,
    /// wstETH, no slasher, OperatorSpecific delegator.
    pub unslashable: Vault,
    /// Pays stakers of the instant vault.
    pub staker_rewards: Address,
    /// Pays operators.
    pub operator_rewards: Address,
}

/// Lives the economy through, on a chain that has the contracts and the tokens.
///
/// # Errors
/// When a transaction is refused or reverts; the message names it.
pub fn start(
    chain: &Chain,
    accounts: &DevAccounts,
    deployment: &Deployment,
    tokens: &Tokens,
) -> Result<Economy, Error> {
    story::Story { chain, accounts, deployment, tokens }.tell()
}
