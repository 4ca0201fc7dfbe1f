//! Vaults: where stake lies, how it leaves, how it is slashed, which rules can change.

use super::{Asset, Party, Protocol};
use crate::{Assets, Timestamp};
use alloy_primitives::Address;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

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
    /// Whether shares still are what they were meant to be.
    pub condition: Condition,
    /// Whether the protocol has contracts through which its stakers can be paid.
    pub has_rail: bool,
    /// Rules that can change, and who can change them.
    pub changes: Vec<Change>,
    /// Rules that nobody can change any more.
    pub fixed: Vec<Rule>,
}

/// Whether shares of a vault still are what they were meant to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// They stand for stake.
    #[default]
    Sound,
    /// The asset is no contract: deposits move nothing, and shares cost nothing.
    Free,
    /// There are shares and nothing that they stand for. What the next deposit brings belongs to it
    /// alone, and the shares that there are stay worth nothing.
    WipedOut,
    /// There are so many shares for so little that a deposit of one whole unit fails.
    Dead,
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
    /// Whether somebody has stopped exits, until he lets them go on.
    pub is_paused: bool,
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

/// An exact fraction. Both numbers are strings of decimal digits in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fraction {
    /// Above the line.
    #[serde(serialize_with = "write_digits", deserialize_with = "read_digits")]
    pub numerator: u128,
    /// Below the line, never zero.
    #[serde(serialize_with = "write_digits", deserialize_with = "read_digits")]
    pub denominator: u128,
}

impl Fraction {
    /// All of it.
    pub const WHOLE: Self = Self { numerator: 1, denominator: 1 };

    /// The same number with the smallest terms. A denominator of zero stays zero.
    #[must_use]
    pub fn reduced(self) -> Self {
        let (mut divisor, mut rest) = (self.numerator, self.denominator);
        while let Some(left) = divisor.checked_rem(rest) {
            (divisor, rest) = (rest, left);
        }
        let part = |number: u128| number.checked_div(divisor).unwrap_or(number);
        Self { numerator: part(self.numerator), denominator: part(self.denominator) }
    }
}

fn write_digits<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn read_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    let digits = <String as Deserialize>::deserialize(deserializer)?;
    digits.parse().map_err(|error| D::Error::custom(format!("`{digits}`: {error}")))
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
    /// Who can stop slashes of every network. Where each network names its own, they stand with the
    /// commitments.
    pub committee: Vec<Party>,
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
    /// By anybody, after a time in which [`SlashingRules::committee`] can stop it. It still can
    /// afterwards, until the slash is carried out, which has no end.
    Committee {
        /// That time.
        veto_seconds: u64,
        /// The least time between two requests of a network against one operator.
        cooldown_seconds: u64,
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
    /// To a handler of the protocol, which sends it on to the zero address. Tokens that refuse that
    /// address cannot be slashed.
    Handler {
        /// The handler.
        handler: Address,
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
    /// The Merkle root by which somebody is paid.
    RewardRoot,
    /// The operator for whom the vault stands.
    Operator,
    /// For which networks the vault stands.
    Networks,
    /// Which operators a network takes, and jails.
    Membership,
    /// Gas that a network gets to hear of what happens.
    HookGas,
    /// Which functions are paused.
    Pauses,
    /// The code of the nodes that hold the stakers' ether.
    NodeCode,
    /// Who holds the protocol's roles.
    ProtocolRoles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_have_their_smallest_terms() {
        let reduced = |numerator, denominator| {
            let Fraction { numerator, denominator } = Fraction { numerator, denominator }.reduced();
            (numerator, denominator)
        };
        let whole = 100_000_000_000_000_000_000;
        assert_eq!(reduced(whole, whole), (1, 1));
        assert_eq!(reduced(30_000_000_000_000_000_000, whole), (3, 10));
        assert_eq!(reduced(1, whole), (1, whole));
        assert_eq!(reduced(0, whole), (0, 1));
        assert_eq!((reduced(7, 0), reduced(0, 0)), ((1, 0), (0, 0)));
    }

    #[test]
    fn fractions_survive_their_json_and_wrong_ones_are_named() {
        let fine = Fraction { numerator: 1, denominator: 100_000_000_000_000_000_000 };
        let json = serde_json::to_value(fine).unwrap();
        assert_eq!(json["denominator"], "100000000000000000000");
        assert_eq!(serde_json::from_value::<Fraction>(json).unwrap(), fine);
        let wrong = serde_json::json!({ "numerator": "x", "denominator": "1" });
        let error = serde_json::from_value::<Fraction>(wrong).unwrap_err().to_string();
        assert!(error.starts_with("`x`: "), "{error}");
    }
}
