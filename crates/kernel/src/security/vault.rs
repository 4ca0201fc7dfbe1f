//! Vaults: where stake lies, how it leaves, how it is slashed, which rules can change.

use super::{Asset, Party, Protocol};
use crate::{Assets, Timestamp};
use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

/// A pool of stake with one asset and one set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vault {
    /// The protocol that it belongs to.
    pub protocol: Protocol,
    /// The vault.
    pub vault: Party,
    /// What is staked.
    pub collateral: Asset,
    /// Stake that counts for networks.
    pub active: Assets,
    /// Stake that was asked back and can still be slashed.
    pub leaving: Assets,
    /// How stake leaves.
    pub exit: Exit,
    /// How stake is slashed.
    pub slashing: SlashingRules,
    /// The deposit cap on active stake; `None` when there is none.
    pub deposit_limit: Option<Assets>,
    /// Whether only chosen depositors may deposit.
    pub is_deposit_restricted: bool,
    /// Rules that can change, and who can change them.
    pub changes: Vec<Change>,
    /// Rules that nobody can change any more.
    pub fixed: Vec<Rule>,
}

/// When a withdrawal that is asked for now can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exit {
    /// The rule.
    pub rule: ExitRule,
    /// Seconds from the block's time until a withdrawal asked for at it can be claimed.
    pub seconds: u64,
    /// First second at which it can be claimed.
    pub claimable_from: Timestamp,
}

/// How long stake takes to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExitRule {
    /// It can be claimed from the end of the epoch after the current one: more than one epoch, at
    /// most two.
    Epochs {
        /// Number of the current epoch.
        epoch: u64,
        /// Length of an epoch.
        epoch_seconds: u64,
        /// First second of the next epoch.
        next_epoch_at: Timestamp,
    },
    /// It can be claimed a fixed time after it was asked for.
    Cooldown {
        /// That time.
        cooldown_seconds: u64,
    },
    /// It can be claimed a number of blocks of another chain after it was asked for.
    /// [`Exit::seconds`] is then an estimate of the suite.
    Blocks {
        /// That number.
        blocks: u64,
    },
}

/// An exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fraction {
    /// Above the line.
    pub numerator: u64,
    /// Below the line, never zero.
    pub denominator: u64,
}

impl Fraction {
    /// All of it.
    pub const WHOLE: Self = Self { numerator: 1, denominator: 1 };
}

/// How a vault's stake is slashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlashingRules {
    /// Whether, and how fast.
    pub mode: SlashingMode,
    /// The contract that slashes.
    pub slasher: Option<Party>,
    /// Seconds for which stake that a network had can be slashed.
    pub window_seconds: u64,
    /// The largest part of a network's stake that can be slashed.
    pub slashable_part: Fraction,
    /// Where slashed stake goes.
    pub destination: Destination,
    /// Whether the slasher tells the destination of each slash.
    pub is_destination_called: bool,
}

/// Whether stake can be slashed, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SlashingMode {
    /// The vault has no slasher and gets none any more.
    Never,
    /// The vault has no slasher yet.
    Unset,
    /// At once.
    Instant,
    /// After a time in which the network's resolver can stop it.
    Veto {
        /// That time.
        veto_seconds: u64,
        /// The least time until a change of resolver holds: full epochs, to the next boundary.
        resolver_delay_seconds: u64,
    },
}

/// Where slashed stake goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Destination {
    /// To the zero address, which most tokens refuse.
    Zero,
    /// To an address whose key nobody has.
    Dead {
        /// That address.
        address: Address,
    },
    /// To an account or an unknown contract.
    Account {
        /// That account.
        address: Address,
    },
    /// To a router that credits receivers by network and operator.
    Router {
        /// The router.
        router: Address,
        /// Who can change receivers.
        owner: Option<Party>,
        /// Seconds until a change of receiver can be accepted.
        delay_seconds: u64,
        /// Receivers, the most general first.
        receivers: Vec<Receiver>,
    },
    /// Slashed stake is destroyed by the protocol.
    Burned,
}

/// A receiver of slashed stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// For slashes by this network; `None` for all that have no receiver of their own.
    pub network: Option<Party>,
    /// For slashes of this operator; `None` for all that have no receiver of their own.
    pub operator: Option<Party>,
    /// Who receives; `None` is nobody.
    pub receiver: Option<Party>,
    /// A change that waits: the next receiver and from when on it can be accepted.
    pub pending: Option<(Option<Party>, Timestamp)>,
}

/// A rule that can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The rule.
    pub rule: Rule,
    /// Each of them can change it alone.
    pub by: Vec<Party>,
    /// The least time between a change and its effect.
    pub delay_seconds: u64,
}

/// A rule of a vault, a network or a stream of pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// The staked asset.
    Collateral,
    /// How long an exit takes.
    ExitTime,
    /// Where slashed stake goes.
    Burner,
    /// The contract that gives stake to networks and operators.
    Delegator,
    /// The contract that slashes.
    Slasher,
    /// How long a slash can be vetoed.
    VetoTime,
    /// Whether deposits are restricted.
    DepositWhitelist,
    /// Who may deposit.
    Depositors,
    /// Whether deposits are capped.
    DepositCap,
    /// The cap on deposits.
    DepositLimit,
    /// Who holds the vault's roles.
    VaultRoles,
    /// The code of the vault, among those that the protocol allows.
    VaultCode,
    /// How much stake a network gets.
    NetworkLimit,
    /// How a network's stake is shared out among operators.
    OperatorStake,
    /// The contract that is called on a slash and can change how stake is given.
    SlashHook,
    /// Who holds the delegator's roles.
    DelegatorRoles,
    /// Receivers of slashed stake.
    SlashReceivers,
    /// How much stake a network accepts.
    NetworkMaximum,
    /// Who can veto a network's slashes.
    Resolver,
    /// Who slashes and pays for a network.
    Middleware,
    /// The fee taken from stakers' pay.
    RewardFee,
    /// Who holds the rewards contract's roles.
    RewardRoles,
    /// The Merkle root by which operators are paid.
    RewardRoot,
}
