//! The Merkle rail of Rewards V2: money is deposited, and set aside by a root that two have signed.

use super::funding::{allow, step};
use super::order::Order;
use super::{Plan, PublishError, Signers, State};
use crate::ethereum::client::Moment;
use crate::ethereum::keys::Account;
use crate::rpc::RpcError;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, Bytes, U256};
use alloy_signer::SignerSync;
use bondstone_node::distributions::Tree;
use bondstone_rewards::fees::Scheme;
use bondstone_symbiotic::abi::rewards_v2::Rewards as Abi;
use bondstone_symbiotic::abi::rewards_v2::contract::{CumulativeDistribution, TokenAmount};
use bondstone_symbiotic::rules::rewards_v2::CUMULATIVE_MERKLE;
use bondstone_symbiotic::rules::rewards_v2::merkle::distribution_digest;
use serde_json::{Value, json};

/// What is still to be done.
pub(super) fn plan(
    order: &Order,
    now: &Moment<'_>,
    contract: Address,
    sender: Option<Address>,
    signers: &Signers,
) -> Result<Plan, PublishError> {
    order.check_scheme(&[Scheme::SymbioticV2Merkle])?;
    order.check_release(now.timestamp())?;
    let (network, token) = (order.distribution.network, order.token);
    let mut facts = vec![("contract", contract.to_string())];
    facts.push(("network", network.to_string()));
    facts.push(("token", token.to_string()));
    let tree = match order.tree(&format!("tree-{}.json", order.programme.chain_id))? {
        Some(Tree::Cumulative(tree)) => tree,
        Some(_) => return Err(order.inexpressible("fees.scheme", "it takes leaves of six words")),
        None => return Ok(Plan { state: State::Empty, steps: Vec::new(), facts }),
    };
    // The token is in the leaves.
    if !order.distribution.payments.iter().any(|payment| payment.token == token) {
        return Err(order.inexpressible("pay.points", "its leaves name the token"));
    }
    let root = tree.root();
    facts.push(("root", root.to_string()));
    let last = now.ask(contract, &Abi::lastCumulativeDistributionCall { network })?;
    if now.ask(contract, &Abi::isCumulativeDistributionRootCall { network, root })? {
        // Claims under an earlier root work as well.
        let state = if last.merkleRoot == root { State::Published } else { State::Superseded };
        return Ok(Plan { state, steps: Vec::new(), facts });
    }
    let own = order.distribution.window.until;
    let last = last.timestamp.saturating_to::<u64>();
    if last >= own {
        return Err(PublishError::Later { last, own });
    }
    let due = due(order, now, contract)?;
    let balance = now.ask(contract, &Abi::balanceCall { network, token })?;
    let missing = due.saturating_sub(balance);
    facts.push(("payable", order.payable()?.to_string()));
    facts.push(("due", due.to_string()));
    facts.push(("missing", missing.to_string()));

    let distribution =
        CumulativeDistribution { timestamp: U48::saturating_from(own), merkleRoot: root };
    let signed = Signed { order, now, contract, distribution };
    // Signatures first: money is not sent after a distribution that nobody will sign.
    let call = signed.call(signers)?;
    let mut steps = Vec::new();
    if !missing.is_zero() {
        let payer = sender.unwrap_or(network);
        steps = allow(now, (payer, token, contract), missing)?;
        let call = Abi::depositCumulativeMerkleRewardsCall { network, token, amount: missing };
        steps.push(step(format!("deposit {missing}"), contract, &call));
    }
    steps.push(step("distribute", contract, &call));
    Ok(Plan { state: State::Open, steps, facts })
}

/// What the distribution takes of the network's balance: the rise of its total, and the protocol's
/// fee on it.
fn due(order: &Order, now: &Moment<'_>, contract: Address) -> Result<U256, PublishError> {
    let (network, token) = (order.distribution.network, order.token);
    let ask = Abi::protocolFeeCall { rewardsType: CUMULATIVE_MERKLE, network };
    let (says, takes) = (U256::from(order.fees()?.protocol_ppm), now.ask(contract, &ask)?);
    if says != takes {
        let (file, key, whose) = (order.programme.file.clone(), "fees.protocol", network);
        return Err(PublishError::OtherFee { file, key, says, takes, whose });
    }
    let distributed = now.ask(contract, &Abi::lastTotalAmountCall { network, token })?;
    let counted = order.payable_before()?;
    if distributed > counted {
        return Err(PublishError::OtherTotal { distributed, counted });
    }
    let rise = order.payable()?.saturating_sub(distributed);
    let ask = Abi::distributionToTotalAmountCall {
        rewardsType: CUMULATIVE_MERKLE,
        network,
        distributionAmount: rise,
    };
    Ok(now.ask(contract, &ask)?)
}

/// A distribution that is about to be signed.
struct Signed<'a> {
    order: &'a Order,
    now: &'a Moment<'a>,
    contract: Address,
    distribution: CumulativeDistribution,
}

impl Signed<'_> {
    /// The totals of all chains: one pair of signatures is for all of them.
    fn totals(&self) -> Result<Vec<TokenAmount>, PublishError> {
        let totals = self.order.distribution.totals().map_err(Box::new)?;
        let amount = |(payment, amount): (bondstone_rewards::programme::Payment, U256)| {
            TokenAmount { chainId: payment.chain_id, token: payment.token, amount }
        };
        Ok(totals.into_iter().map(amount).collect())
    }

    fn call(
        &self,
        signers: &Signers,
    ) -> Result<Abi::distributeCumulativeMerkleRewardsCall, PublishError> {
        let (network, contract) = (self.order.distribution.network, self.contract);
        let protocol = self.now.ask(contract, &Abi::protocolCall {})?;
        let rewarder = self.now.ask(contract, &Abi::rewarderCall { network })?;
        let totals = self.totals()?;
        Ok(Abi::distributeCumulativeMerkleRewardsCall {
            network,
            protocolSignature: self.signature("protocol", protocol, &totals, signers)?,
            rewarderSignature: self.signature("rewarder", rewarder, &totals, signers)?,
            cumulativeDistribution: self.distribution.clone(),
            totalAmounts: totals,
        })
    }

    /// The signature of somebody whose key is here or at the node.
    fn signature(
        &self,
        role: &'static str,
        signer: Address,
        totals: &[TokenAmount],
        signers: &Signers,
    ) -> Result<Bytes, PublishError> {
        if signer.is_zero() {
            return Err(PublishError::NoSigner { contract: self.contract, role });
        }
        let sender = match &signers.sender {
            Some(Account::Key(key)) => Some(key),
            _ => None,
        };
        let own = sender.into_iter().chain(&signers.second).find(|key| key.address() == signer);
        let missing = || PublishError::NoSignature { role, signer };
        let network = self.order.distribution.network;
        match (own, &signers.sender) {
            (Some(key), _) => {
                let digest = distribution_digest(network, &self.distribution, totals);
                let signature = key.sign_hash_sync(&digest).map_err(|_| missing())?;
                Ok(signature.as_bytes().into())
            }
            (None, Some(Account::OfNode(_))) => {
                let data = self.typed_data(totals);
                let signed = self.now.client().ask("eth_signTypedData_v4", json!([signer, data]));
                signed.map_err(|error| match error {
                    RpcError::Refused { .. } | RpcError::NoMethod { .. } => missing(),
                    other => other.into(),
                })
            }
            (None, _) => Err(missing()),
        }
    }

    /// What is signed, for nodes and wallets. The domain names neither chain nor contract.
    fn typed_data(&self, totals: &[TokenAmount]) -> Value {
        let field = |name: &str, of: &str| json!({ "name": name, "type": of });
        let total = |total: &TokenAmount| {
            json!({
                "chainId": total.chainId.to_string(),
                "token": total.token,
                "amount": total.amount.to_string(),
            })
        };
        json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("version", "string")],
                "TokenAmount": [
                    field("chainId", "uint64"),
                    field("token", "address"),
                    field("amount", "uint256"),
                ],
                "CumulativeDistributionPayload": [
                    field("network", "address"),
                    field("timestamp", "uint48"),
                    field("merkleRoot", "bytes32"),
                    field("totalAmounts", "TokenAmount[]"),
                ],
            },
            "primaryType": "CumulativeDistributionPayload",
            "domain": { "name": "CumulativeMerkleRewards", "version": "1" },
            "message": {
                "network": self.order.distribution.network,
                "timestamp": self.distribution.timestamp.to_string(),
                "merkleRoot": self.distribution.merkleRoot,
                "totalAmounts": totals.iter().map(total).collect::<Vec<_>>(),
            },
        })
    }
}
