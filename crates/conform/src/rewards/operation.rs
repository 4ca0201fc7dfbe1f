//! An operation of a rewards trace.

use crate::abi;
use crate::book::Book;
use crate::compare::Outcome;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an operation can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    /// A call of a rewards factory.
    Factory,
    /// A deposit or withdrawal.
    Vault,
    /// A slash.
    Slash,
    /// A distribution.
    Distribute,
    /// A claim.
    Claim,
    /// Several claims in one call.
    Multicall,
    /// A change of the admin fee.
    SetAdminFee,
    /// A claim of admin fees.
    ClaimAdminFee,
    /// A role granted or revoked.
    Role,
    /// A change of middleware.
    SetMiddleware,
    /// A transfer of tokens.
    TokenTransfer,
    /// V2: another signer of the protocol.
    SetProtocol,
    /// V2: another signer of a network.
    SetRewarder,
    /// V2: another protocol fee (Merkle family).
    SetProtocolFee,
    /// V2: money of a network for its distributions.
    Deposit,
    /// V2: money of a network that it takes back.
    Withdraw,
    /// V2: a claim of protocol fees.
    ClaimProtocolFees,
    /// V2: another curator of the vault.
    SetCurator,
    /// V2: another fee of any kind (snapshot family).
    Fee,
    /// V2: another part of an operator at the delegator.
    OperatorShares,
    /// V2: a claim of an operator.
    ClaimOperatorFees,
    /// V2: a claim of the curator.
    ClaimCuratorFees,
}

/// An operation as it is recorded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Index.
    #[serde(deserialize_with = "abi::number")]
    pub i: u64,
    /// What it is.
    pub kind: OperationKind,
    /// Timestamp of its block.
    #[serde(deserialize_with = "abi::number")]
    pub ts: u64,
    /// Height of its block.
    #[serde(deserialize_with = "abi::number")]
    pub block: u64,
    /// Who calls.
    pub from: Address,
    /// Which contract.
    pub to: Address,
    /// Name of the function.
    #[serde(rename = "fn")]
    pub function: String,
    /// Arguments.
    pub args: Vec<Value>,
    /// Calldata.
    pub calldata: Bytes,
    /// Whether it succeeded.
    pub ok: bool,
    /// What it returned; absent for nothing.
    #[serde(default)]
    pub ret: Option<Vec<Value>>,
    /// Logs in order.
    #[serde(default)]
    pub logs: Option<Vec<RecordedLog>>,
    /// How it failed.
    #[serde(default)]
    pub error: Option<RecordedError>,
    /// What the recorder says about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Name of the network.
    #[serde(default)]
    pub network: Option<String>,
    /// Name of the token.
    #[serde(default)]
    pub token: Option<String>,
    /// The inner `data` argument.
    #[serde(default)]
    pub decoded: Option<Decoded>,
    /// `claimable` before a claim.
    #[serde(default)]
    pub claimable_before: Option<Value>,
    /// What a claim's recipient got.
    #[serde(default)]
    pub recipient_balance_delta: Option<Value>,
    /// The claimer's cursor after a claim.
    #[serde(default)]
    pub last_unclaimed_reward_after: Option<Value>,
    /// The vault at the time of a distribution.
    #[serde(default)]
    pub env: Option<Environment>,
    /// Leaves of a distribution.
    #[serde(default)]
    pub distribution: Option<Vec<(Address, Value)>>,
    /// Their root.
    #[serde(default, rename = "oz_tree_root")]
    pub tree_root: Option<B256>,
    /// Claimed by the operator, before.
    #[serde(default)]
    pub claimed_before: Option<Value>,
    /// Claimed by the operator, after.
    #[serde(default)]
    pub claimed_after: Option<Value>,
    /// Balance of network and token, before.
    #[serde(default)]
    pub balance_before: Option<Value>,
    /// Balance of network and token, after.
    #[serde(default)]
    pub balance_after: Option<Value>,
    /// V2: every entitlement of a distribution, with its leaf.
    #[serde(default)]
    pub leaves: Option<Vec<Entitlement>>,
    /// V2: the root over all leaves.
    #[serde(default)]
    pub computed_root: Option<B256>,
    /// V2: what both parties had to sign for the arguments of a distribution.
    #[serde(default)]
    pub digest: Option<B256>,
    /// V2: a protocol fee and what it makes of an amount.
    #[serde(default)]
    pub views: Option<FeeViews>,
    /// V2: the reward that a distribution stored.
    #[serde(default)]
    pub entry: Option<Vec<Value>>,
    /// V2: the claimer's cursor before a claim.
    #[serde(default)]
    pub cursor_before: Option<Value>,
    /// V2: number of rewards before a claim.
    #[serde(default)]
    pub length: Option<Value>,
}

/// V2: what somebody is entitled to on a chain.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// Who.
    pub rewardee: Address,
    /// On which chain.
    #[serde(deserialize_with = "abi::number")]
    pub chain_id: u64,
    /// In which token.
    pub token: Address,
    /// As what.
    #[serde(deserialize_with = "abi::amount")]
    pub rewardee_type: U256,
    /// Why.
    pub rewardee_data_hash: B256,
    /// How much in all.
    #[serde(deserialize_with = "abi::amount")]
    pub amount: U256,
    /// The leaf.
    pub hash: B256,
}

/// V2: the protocol fee of a network after it was set, and its two conversions of an amount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeeViews {
    /// Name of the network.
    pub network: String,
    /// The amount.
    #[serde(deserialize_with = "abi::amount")]
    pub amount: U256,
    /// `protocolFee`.
    pub protocol_fee: Value,
    /// `distributionToTotalAmount`.
    pub distribution_to_total_amount: Value,
    /// `totalToDistributionAmount`.
    pub total_to_distribution_amount: Value,
}

/// How an operation failed.
#[derive(Debug, Deserialize)]
pub struct RecordedError {
    /// Revert data; the recorder leaves it out when there is none.
    #[serde(default)]
    pub data: Bytes,
}

/// The inner `data` argument of a staker claim or distribution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decoded {
    /// Network of a claim.
    #[serde(default)]
    pub network: Option<String>,
    /// How many entries a claim takes at most.
    #[serde(default)]
    pub max_rewards: Option<Value>,
}

/// The vault at the time of a distribution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// The time.
    #[serde(deserialize_with = "abi::number")]
    pub ts: u64,
    /// `activeSharesAt`.
    pub active_shares_at: Value,
    /// `activeStakeAt`, in V1 traces.
    #[serde(default)]
    pub active_stake_at: Option<Value>,
    /// `activeSharesOfAt` by name.
    pub active_shares_of_at: BTreeMap<String, Value>,
    /// What V2 traces say besides.
    #[serde(flatten)]
    pub v2: Option<EnvironmentV2>,
}

/// The delegator and the fees at the time of a V2 distribution, for identifier 0 of its network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentV2 {
    /// `operatorNetworkSharesAt` by name.
    pub operator_network_shares_at: BTreeMap<String, Value>,
    /// `totalOperatorNetworkSharesAt`.
    pub total_operator_network_shares_at: Value,
    /// `getOperatorsFeeAt`.
    pub operators_fee_at: Value,
    /// `getCuratorFeeAt`.
    pub curator_fee_at: Value,
    /// `protocolFee` in force.
    pub protocol_fee: Value,
}

/// A log as it is recorded.
#[derive(Debug, Deserialize)]
pub struct RecordedLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Operation {
    /// How it ended. `Ok(None)` when nobody knows the types of the answer. V2 traces leave answers
    /// out (`is_v2`), V1 traces only those of functions that return nothing.
    ///
    /// # Errors
    /// What does not fit the schema.
    pub fn outcome(&self, is_v2: bool) -> Result<Option<Outcome>, String> {
        if !self.ok {
            let error = self.error.as_ref().ok_or("a failure without error")?;
            return Ok(Some(Outcome::Reverted(error.data.clone())));
        }
        let selector = self.calldata.first_chunk::<4>().ok_or("calldata without selector")?;
        if is_v2 && self.ret.is_none() {
            return Ok(Some(Outcome::Succeeded));
        }
        let values = self.ret.as_deref().unwrap_or_default();
        Ok(Outcome::returning(&self.function, *selector, values))
    }

    /// The logs in order; a failure has none.
    ///
    /// # Errors
    /// What does not fit the schema.
    pub fn recorded_logs(&self) -> Result<Vec<Log>, String> {
        let logs = match (&self.logs, self.ok) {
            (Some(logs), _) => logs.as_slice(),
            (None, false) => &[],
            (None, true) => return Err("a success without logs".to_owned()),
        };
        let log = |log: &RecordedLog| {
            let data = LogData::new(log.topics.clone(), log.data.clone());
            let data = data.ok_or("a log with more than four topics")?;
            Ok(Log { address: log.address, data })
        };
        logs.iter().map(log).collect()
    }

    /// The call in words.
    #[must_use]
    pub fn words(&self, book: &Book) -> String {
        let args: Vec<_> = self.args.iter().map(|arg| book.words(arg)).collect();
        let note = self.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let (from, to) = (book.name(self.from), book.name(self.to));
        format!("{from} -> {to}.{}({}){note}", self.function, args.join(", "))
    }
}
