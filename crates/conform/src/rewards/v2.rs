//! What traces of Rewards V2 read before and after an operation, and at the end.

use crate::abi;
use crate::rewards::closing::Closing;
use crate::rewards::header::Family;
use crate::rewards::operation::{Entitlement, EnvironmentV2, FeeViews, Operation, OperationKind};
use crate::rewards::replay::{Replay, Stop};
use crate::rewards::views::{self, Views};
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_rewards::merkle::standard_root;
use bondstone_symbiotic::abi::rewards_v2::FeeRegistry;
use bondstone_symbiotic::abi::rewards_v2::contract::{
    AccountProtocolFees, CumulativeDistributionLeaf, Rewards,
};
use bondstone_symbiotic::rules::rewards_v2::merkle::{distribution_digest, leaf_hash};
use bondstone_symbiotic::rules::rewards_v2::{CUMULATIVE_MERKLE, VAULT_SNAPSHOT};
use bondstone_symbiotic::rules::{network_of, subnetwork};
use serde_json::{Map, Value};

/// The network and the token whose Merkle total a log tells to have risen, without saying by how
/// much.
pub(crate) fn hidden_total(log: &Log) -> Option<(Address, Address)> {
    let event = AccountProtocolFees::decode_log_data(&log.data).ok()?;
    (event.rewardsType == CUMULATIVE_MERKLE).then_some((event.network, event.token))
}

/// What was read before the call.
pub(crate) fn before(replay: &mut Replay<'_>, operation: &Operation) -> Result<(), Stop> {
    let contract = operation.to;
    if let Some(expected) = &operation.claimed_before {
        let claim = Rewards::claimCumulativeMerkleRewardsCall::abi_decode(&operation.calldata);
        let claim = claim.map_err(|error| format!("claimedBefore of no Merkle claim: {error}"))?;
        let (network, rewardee) = (claim.network, operation.from);
        let CumulativeDistributionLeaf { token, rewardeeType, .. } = claim.leaf;
        let call = Rewards::claimedCall { network, token, rewardee, rewardeeType };
        replay.view(contract, &call, "claimedBefore", expected)?;
    }
    if operation.cursor_before.is_none() && operation.length.is_none() {
        return Ok(());
    }
    let named = |name: &Option<String>| name.clone().ok_or("a claim without network or token");
    let network = replay.find(&named(&operation.network)?)?;
    let token = replay.find(&named(&operation.token)?)?;
    let (account, vault) = (operation.from, replay.header.address("vault"));
    if let Some(expected) = &operation.cursor_before {
        if operation.kind == OperationKind::ClaimOperatorFees {
            let call = Rewards::lastUnclaimedOperatorRewardCall { account, vault, network, token };
            replay.view(contract, &call, "cursorBefore", expected)?;
        } else {
            let call = Rewards::lastUnclaimedRewardCall { account, vault, network, token };
            replay.view(contract, &call, "cursorBefore", expected)?;
        }
    }
    if let Some(expected) = &operation.length {
        let call = Rewards::rewardsLengthCall { vault, network, token };
        replay.view(contract, &call, "length", expected)?;
    }
    Ok(())
}

/// What was read after the call, and hashes that follow from its arguments.
pub(crate) fn after(replay: &mut Replay<'_>, operation: &Operation) -> Result<(), Stop> {
    for (index, leaf) in operation.leaves.iter().flatten().enumerate() {
        replay.hash(&format!("leaves[{index}].hash"), Some(leaf.hash), Some(hash(leaf)))?;
    }
    if let Some(expected) = operation.computed_root {
        let leaves = operation.leaves.as_deref().ok_or("computedRoot without leaves")?;
        let root = standard_root(leaves.iter().map(hash).collect());
        replay.hash("computedRoot", Some(expected), root)?;
    }
    if let Some(expected) = operation.digest {
        let call = Rewards::distributeCumulativeMerkleRewardsCall::abi_decode(&operation.calldata);
        let call = call.map_err(|error| format!("digest of no Merkle distribution: {error}"))?;
        let distribution = &call.cumulativeDistribution;
        let digest = distribution_digest(call.network, distribution, &call.totalAmounts);
        replay.hash("digest", Some(expected), Some(digest))?;
    }
    if let Some(views) = &operation.views {
        fee_views(replay, views)?;
    }
    snapshot(replay, operation)
}

fn hash(leaf: &Entitlement) -> B256 {
    let fields = CumulativeDistributionLeaf {
        token: leaf.token,
        rewardeeType: leaf.rewardee_type,
        amount: leaf.amount,
        rewardeeDataHash: leaf.rewardee_data_hash,
    };
    leaf_hash(leaf.rewardee, leaf.chain_id, &fields)
}

fn fee_views(replay: &mut Replay<'_>, views: &FeeViews) -> Result<(), Stop> {
    let (network, contract) = (replay.find(&views.network)?, replay.header.address("rewards"));
    let (rewards_type, amount) = (CUMULATIVE_MERKLE, views.amount);
    let call = Rewards::protocolFeeCall { rewardsType: rewards_type, network };
    replay.view(contract, &call, "views.protocolFee", &views.protocol_fee)?;
    let call = Rewards::distributionToTotalAmountCall {
        rewardsType: rewards_type,
        network,
        distributionAmount: amount,
    };
    let expected = &views.distribution_to_total_amount;
    replay.view(contract, &call, "views.distributionToTotalAmount", expected)?;
    let call = Rewards::totalToDistributionAmountCall {
        rewardsType: rewards_type,
        network,
        totalDistributionAmount: amount,
    };
    let expected = &views.total_to_distribution_amount;
    replay.view(contract, &call, "views.totalToDistributionAmount", expected)
}

/// The vault, the delegator and the fees at the moment of a distribution, and what it stored.
fn snapshot(replay: &mut Replay<'_>, operation: &Operation) -> Result<(), Stop> {
    if operation.env.is_none() && operation.entry.is_none() {
        return Ok(());
    }
    let call = Rewards::distributeVaultSnapshotRewardsCall::abi_decode(&operation.calldata);
    let call = call.map_err(|error| format!("env of no snapshot distribution: {error}"))?;
    let network = network_of(call.subnetwork);
    if let Some(env) = &operation.env {
        replay.shares(env)?;
        let v2 = env.v2.as_ref().ok_or("env without delegator and fees")?;
        environment(replay, network, U48::from(env.ts), v2)?;
    }
    let Some(entry) = &operation.entry else { return Ok(()) };
    let (vault, token) = (call.vault, call.token);
    let length = Rewards::rewardsLengthCall { vault, network, token };
    let length = replay.world.read(Address::ZERO, operation.to, &length.abi_encode());
    let length = length.ok().and_then(|bytes| bytes.as_ref().try_into().ok());
    let length = length.map(U256::from_be_bytes::<32>).unwrap_or_default();
    let index = length.saturating_sub(U256::ONE);
    let words = words(entry).ok_or("entry is no reward")?;
    let call = Rewards::rewardsCall { vault, network, token, index };
    replay.view_words(operation.to, &call, "entry", &words)
}

fn words(entry: &[Value]) -> Option<Vec<B256>> {
    entry.iter().map(views::word).collect()
}

fn environment(
    replay: &mut Replay<'_>,
    network: Address,
    timestamp: U48,
    env: &EnvironmentV2,
) -> Result<(), Stop> {
    let header = replay.header;
    let (vault, delegator) = (header.address("vault"), header.address("delegator"));
    let hint = Bytes::new;
    let subnetwork = subnetwork(network, U96::ZERO);
    for (name, expected) in &env.operator_network_shares_at {
        let operator = replay.find(name)?;
        let call =
            Views::operatorNetworkSharesAtCall { subnetwork, operator, timestamp, hint: hint() };
        let what = format!("env.operatorNetworkSharesAt.{name}");
        replay.view(delegator, &call, &what, expected)?;
    }
    let call = Views::totalOperatorNetworkSharesAtCall { subnetwork, timestamp, hint: hint() };
    let expected = &env.total_operator_network_shares_at;
    replay.view(delegator, &call, "env.totalOperatorNetworkSharesAt", expected)?;
    let fees = header.address("feeRegistry");
    let call = FeeRegistry::getOperatorsFeeAtCall { vault, network, timestamp, hints: hint() };
    replay.view(fees, &call, "env.operatorsFeeAt", &env.operators_fee_at)?;
    let call = FeeRegistry::getCuratorFeeAtCall { vault, network, timestamp, hints: hint() };
    replay.view(fees, &call, "env.curatorFeeAt", &env.curator_fee_at)?;
    let call = Rewards::protocolFeeCall { rewardsType: VAULT_SNAPSHOT, network };
    replay.view(header.address("rewards"), &call, "env.protocolFee", &env.protocol_fee)
}

/// Compares everything that the closing line lists. A name that is not known is an error.
pub(crate) fn closing(replay: &mut Replay<'_>, parts: &Map<String, Value>) -> Result<(), Stop> {
    let contract = replay.header.address("rewards");
    for (name, value) in parts {
        let closing = Closing { name, value, contract };
        match (replay.family, name.as_str()) {
            (_, "protocolFees") => {
                for (what, [token], value) in closing.entries(replay)? {
                    replay.view(contract, &Rewards::protocolFeesCall { token }, &what, &value)?;
                }
            }
            (_, "tokenBalance") => closing.balances(replay)?,
            (Family::V2Merkle, _) => closing.merkle(replay)?,
            _ => closing.snapshot(replay)?,
        }
    }
    Ok(())
}

impl Closing<'_> {
    fn unknown(&self) -> Stop {
        format!("final.{} is not known", self.name).into()
    }

    fn merkle(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        match self.name {
            "balance" => {
                for (what, [network, token], value) in self.entries(replay)? {
                    let call = Rewards::balanceCall { network, token };
                    let pot = (network, token);
                    replay.view_unless_hidden(pot, self.contract, &call, &what, &value)?;
                }
            }
            "lastTotalAmount" => {
                for (what, [network, token], value) in self.entries(replay)? {
                    let call = Rewards::lastTotalAmountCall { network, token };
                    let pot = (network, token);
                    replay.view_unless_hidden(pot, self.contract, &call, &what, &value)?;
                }
            }
            "claimed" => self.claimed(replay)?,
            "last" => {
                for (what, [network], value) in self.entries(replay)? {
                    let words = value.as_array().and_then(|entry| words(entry));
                    let words = words.ok_or_else(|| format!("{what} is no distribution"))?;
                    let call = Rewards::lastCumulativeDistributionCall { network };
                    replay.view_words(self.contract, &call, &what, &words)?;
                }
            }
            _ => return Err(self.unknown()),
        }
        Ok(())
    }

    /// Amounts by `network/token/rewardee/type`; the last part is a number and no name.
    fn claimed(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        let amounts = self.value.as_object().ok_or("final.claimed is no object")?;
        for (key, value) in amounts {
            let what = format!("final.claimed.{key}");
            let parts: Vec<_> = key.split('/').collect();
            let [network, token, rewardee, kind] = *parts.as_slice() else {
                return Err(format!("{what} does not name network/token/rewardee/type").into());
            };
            let kind = abi::uint(&Value::from(kind));
            let call = Rewards::claimedCall {
                network: replay.find(network)?,
                token: replay.find(token)?,
                rewardee: replay.find(rewardee)?,
                rewardeeType: kind.ok_or_else(|| format!("{what} ends in no type"))?,
            };
            replay.view(self.contract, &call, &what, value)?;
        }
        Ok(())
    }

    fn snapshot(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        let (contract, vault) = (self.contract, replay.header.address("vault"));
        match self.name {
            "rewards" => self.lists(replay, vault)?,
            "cursor" => {
                for (what, [token, network, account], value) in self.entries(replay)? {
                    let call = Rewards::lastUnclaimedRewardCall { account, vault, network, token };
                    replay.view(contract, &call, &what, &value)?;
                }
            }
            "operatorCursor" => {
                for (what, [token, network, account], value) in self.entries(replay)? {
                    let call =
                        Rewards::lastUnclaimedOperatorRewardCall { account, vault, network, token };
                    replay.view(contract, &call, &what, &value)?;
                }
            }
            "curatorFees" => {
                for (what, [token], value) in self.entries(replay)? {
                    let call = Rewards::curatorFeesCall { vault, token };
                    replay.view(contract, &call, &what, &value)?;
                }
            }
            _ => return Err(self.unknown()),
        }
        Ok(())
    }

    fn lists(&self, replay: &mut Replay<'_>, vault: Address) -> Result<(), Stop> {
        for (what, [token, network], value) in self.entries(replay)? {
            let entries = value.as_array().ok_or_else(|| format!("{what} is no list"))?;
            let length = U256::from(entries.len()).into();
            let call = Rewards::rewardsLengthCall { vault, network, token };
            replay.view_words(self.contract, &call, &format!("{what}.length"), &[length])?;
            for (index, entry) in entries.iter().enumerate() {
                let words = entry.as_array().and_then(|entry| words(entry));
                let words = words.ok_or_else(|| format!("{what}[{index}] is no entry"))?;
                let index_word = U256::from(index);
                let call = Rewards::rewardsCall { vault, network, token, index: index_word };
                replay.view_words(self.contract, &call, &format!("{what}[{index}]"), &words)?;
            }
        }
        Ok(())
    }
}
