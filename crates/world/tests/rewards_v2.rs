//! Rewards V2 under random calls: every unit is accounted for, totals never fall, and the logs
//! alone rebuild the state, as does a snapshot.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::rewards_v2::contract::{
    CumulativeDistribution, CumulativeDistributionLeaf, TokenAmount,
};
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, FeeRegistry, Rewards};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::operator_rewards::root_of_proof;
use bondstone_symbiotic::rules::rewards_v2::merkle::{distribution_digest, leaf_hash};
use bondstone_symbiotic::rules::rewards_v2::protocol_fee_id;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, Style, VaultParts, VaultPlan, account};
use bondstone_world::{Transaction, World};
use k256::ecdsa::SigningKey;
use proptest::prelude::*;

const CHAIN: u64 = 31_337;
const NETWORK: Address = Address::repeat_byte(0x22);
const MIDDLEWARE: Address = Address::repeat_byte(0x11);
const PAY: Address = Address::repeat_byte(0x71);
const PARTIES: u64 = 3;

#[derive(Clone, Debug)]
enum Step {
    Stake { who: u64, amount: u64 },
    Leave { who: u64, amount: u64 },
    OperatorShares { who: u64, shares: u64 },
    Fee { whose: u64, own: bool, enable: bool, fee: u64 },
    ProtocolFee { rail: u64, own: bool, enable: bool, fee: u64 },
    Curator { from: u64, to: u64 },
    Pay { amount: u64, ago: u64, identifier: u64, by_network: bool },
    Claim { who: u64, cursor: u64, first: u64, count: u64 },
    ClaimOperator { who: u64, cursor: u64, first: u64, count: u64 },
    ClaimCurator { who: u64 },
    ClaimProtocol { by_owner: bool },
    Deposit { amount: u64 },
    Withdraw { amount: u64 },
    Distribute { rises: [u64; 3], later: u64, wrong_key: bool },
    ClaimMerkle { who: u64, root: usize },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![Just(0u64), 1u64..9, 1u64..5_000, Just(u64::MAX)];
    let who = || 0..PARTIES;
    let fee = || prop_oneof![Just(0u64), Just(500_000), Just(999_999), 0u64..400_000];
    let span = || (who(), 0u64..3, 0u64..4, prop_oneof![Just(u64::MAX), 0u64..3]);
    prop_oneof![
        2 => (who(), amount()).prop_map(|(who, amount)| Step::Stake { who, amount }),
        1 => (who(), amount()).prop_map(|(who, amount)| Step::Leave { who, amount }),
        1 => (who(), 0u64..5).prop_map(|(who, shares)| Step::OperatorShares { who, shares }),
        2 => (0u64..2, any::<bool>(), any::<bool>(), fee())
            .prop_map(|(whose, own, enable, fee)| Step::Fee { whose, own, enable, fee }),
        2 => (0u64..2, any::<bool>(), any::<bool>(), fee())
            .prop_map(|(rail, own, enable, fee)| Step::ProtocolFee { rail, own, enable, fee }),
        1 => (who(), who()).prop_map(|(from, to)| Step::Curator { from, to }),
        5 => (amount(), 0u64..40, prop_oneof![4 => Just(0u64), 1 => Just(7)], any::<bool>())
            .prop_map(|(amount, ago, identifier, by_network)| Step::Pay {
                amount, ago, identifier, by_network,
            }),
        4 => span().prop_map(|(who, cursor, first, count)| Step::Claim {
            who, cursor, first, count,
        }),
        3 => span().prop_map(|(who, cursor, first, count)| Step::ClaimOperator {
            who, cursor, first, count,
        }),
        1 => who().prop_map(|who| Step::ClaimCurator { who }),
        1 => any::<bool>().prop_map(|by_owner| Step::ClaimProtocol { by_owner }),
        2 => amount().prop_map(|amount| Step::Deposit { amount }),
        1 => amount().prop_map(|amount| Step::Withdraw { amount }),
        4 => ([amount(), amount(), amount()], 0u64..3, prop::bool::weighted(0.1))
            .prop_map(|(rises, later, wrong_key)| Step::Distribute { rises, later, wrong_key }),
        4 => (who(), 0usize..4).prop_map(|(who, root)| Step::ClaimMerkle { who, root }),
        2 => (0u64..30).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

struct Scene {
    sandbox: Sandbox,
    parts: VaultParts,
    rewards: Address,
    /// Amounts of every accepted tree, newest last.
    trees: Vec<[u64; 3]>,
    time: u64,
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).expect("a small number is a key")
}

fn sign(key: &SigningKey, digest: B256) -> Bytes {
    let (signature, id) = key.sign_prehash_recoverable(digest.as_slice()).expect("32 bytes");
    [&signature.to_bytes()[..], &[27 + id.to_byte()]].concat().into()
}

fn scene() -> Scene {
    let mut sandbox = Sandbox::new(1_750_000_000).expect("the deployment fits");
    sandbox.add_token(PAY, Style::Plain, 18).expect("the address is free");
    sandbox.network(NETWORK, MIDDLEWARE).expect("new");
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: false,
        epoch_duration: 100,
        delegator_type: 0,
        slasher: SlasherChoice::None,
    };
    let parts = sandbox.vault(&plan).expect("the plan is sound");
    let rewards = sandbox.at(Kind::Rewards);
    for who in 0..PARTIES {
        sandbox.fund_and_deposit(parts.vault, account(who), U256::from(1_000)).expect("funded");
        sandbox.mint(sandbox.token, account(who), U256::from(1_000_000)).expect("fits");
    }
    for payer in [NETWORK, MIDDLEWARE] {
        sandbox.mint(PAY, payer, U256::from(1_000_000)).expect("fits");
        let approve = Erc20::approveCall { spender: rewards, value: U256::MAX };
        sandbox.run(payer, PAY, &approve).expect("an approval");
    }
    let owner = sandbox.curator;
    let protocol = Address::from_private_key(&key(5));
    sandbox.run(owner, rewards, &Rewards::setProtocolCall { protocol }).expect("the owner may");
    let rewarder = Address::from_private_key(&key(6));
    sandbox.run(NETWORK, rewards, &Rewards::setRewarderCall { rewarder }).expect("anybody may");
    let call = CuratorRegistry::setCuratorCall { vault: parts.vault, curator: account(0) };
    let curators = sandbox.at(Kind::CuratorRegistry);
    sandbox.run(owner, curators, &call).expect("the owner may");
    sandbox.wait(20);
    Scene { sandbox, parts, rewards, trees: Vec::new(), time: 0 }
}

fn leaves(amounts: &[u64; 3]) -> Vec<(CumulativeDistributionLeaf, B256)> {
    (0..PARTIES)
        .zip(amounts)
        .map(|(who, amount)| {
            let leaf = CumulativeDistributionLeaf {
                token: PAY,
                rewardeeType: U256::from(who),
                amount: U256::from(*amount),
                rewardeeDataHash: B256::ZERO,
            };
            let hash = leaf_hash(account(who), CHAIN, &leaf);
            (leaf, hash)
        })
        .collect()
}

/// The root of a tree of three, and the proof of each leaf.
fn tree(amounts: &[u64; 3]) -> (B256, [Vec<B256>; 3]) {
    let hashes: Vec<B256> = leaves(amounts).into_iter().map(|(_, hash)| hash).collect();
    let pair = root_of_proof(&[hashes[1]], hashes[0]);
    let proofs = [vec![hashes[1], hashes[2]], vec![hashes[0], hashes[2]], vec![pair]];
    (root_of_proof(&[hashes[2]], pair), proofs)
}

impl Scene {
    /// Where the cursor is, plus something.
    fn cursor(&mut self, who: u64, is_operator: bool, more: u64) -> U256 {
        let (account, vault, network, token) = (account(who), self.parts.vault, NETWORK, PAY);
        let staker = Rewards::lastUnclaimedRewardCall { account, vault, network, token };
        let operator = Rewards::lastUnclaimedOperatorRewardCall { account, vault, network, token };
        let cursor = if is_operator {
            self.sandbox.read(self.rewards, &operator)
        } else {
            self.sandbox.read(self.rewards, &staker)
        };
        cursor.expect("a view") + U256::from(more / 2)
    }

    fn calldata(&mut self, step: &Step) -> (Address, Address, Vec<u8>) {
        let (vault, rewards, owner) = (self.parts.vault, self.rewards, self.sandbox.curator);
        let n = |value: u64| U256::from(value);
        match *step {
            Step::Stake { who, amount } => {
                let call = Vault::depositCall { onBehalfOf: account(who), amount: n(amount) };
                (account(who), vault, call.abi_encode())
            }
            Step::Leave { who, amount } => {
                let call = Vault::withdrawCall { claimer: account(who), amount: n(amount) };
                (account(who), vault, call.abi_encode())
            }
            Step::OperatorShares { who, shares } => {
                let (subnetwork, operator) = (subnetwork(NETWORK, U96::ZERO), account(who));
                let shares = n(shares);
                let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
                (owner, self.parts.delegator, call.abi_encode())
            }
            Step::Pay { amount, ago, identifier, by_network } => {
                let call = Rewards::distributeVaultSnapshotRewardsCall {
                    subnetwork: subnetwork(NETWORK, U96::from(identifier)),
                    token: PAY,
                    vault,
                    amount: n(amount),
                    timestamp: U48::from(self.sandbox.now() - ago),
                    hints: Bytes::new(),
                };
                let by = if by_network { NETWORK } else { MIDDLEWARE };
                (by, rewards, call.abi_encode())
            }
            Step::Claim { who, cursor, first, count } => {
                let call = Rewards::claimVaultSnapshotRewardsCall {
                    recipient: account(who),
                    network: NETWORK,
                    token: PAY,
                    vault,
                    lastUnclaimedRewards: self.cursor(who, false, cursor),
                    firstRewardToClaim: n(first),
                    rewardsToClaim: n(count),
                    activeSharesHints: Vec::new(),
                };
                (account(who), rewards, call.abi_encode())
            }
            Step::ClaimOperator { who, cursor, first, count } => {
                let call = Rewards::claimOperatorFeesCall {
                    recipient: account(who),
                    network: NETWORK,
                    token: PAY,
                    vault,
                    lastUnclaimedRewards: self.cursor(who, true, cursor),
                    firstRewardToClaim: n(first),
                    rewardsToClaim: n(count),
                    extraData: Bytes::new(),
                };
                (account(who), rewards, call.abi_encode())
            }
            _ => self.merkle(step).unwrap_or_else(|| self.settings(step)),
        }
    }

    fn merkle(&self, step: &Step) -> Option<(Address, Address, Vec<u8>)> {
        let (network, token, n) = (NETWORK, PAY, |value: u64| U256::from(value));
        let (from, input) = match *step {
            Step::Deposit { amount } => {
                let amount = n(amount);
                let call = Rewards::depositCumulativeMerkleRewardsCall { network, token, amount };
                (MIDDLEWARE, call.abi_encode())
            }
            Step::Withdraw { amount } => {
                let call = Rewards::withdrawCumulativeMerkleRewardsCall {
                    recipient: NETWORK,
                    network,
                    token,
                    amount: n(amount),
                };
                (Address::from_private_key(&key(6)), call.abi_encode())
            }
            Step::Distribute { later, wrong_key, .. } => {
                let amounts = self.next_tree(step);
                let total = amounts.iter().fold(U256::ZERO, |sum, part| sum + n(*part));
                let distribution = CumulativeDistribution {
                    timestamp: U48::from(self.time + later),
                    merkleRoot: tree(&amounts).0,
                };
                let totals = vec![TokenAmount { chainId: CHAIN, token, amount: total }];
                let digest = distribution_digest(network, &distribution, &totals);
                let call = Rewards::distributeCumulativeMerkleRewardsCall {
                    network,
                    cumulativeDistribution: distribution,
                    totalAmounts: totals,
                    protocolSignature: sign(&key(5), digest),
                    rewarderSignature: sign(&key(if wrong_key { 7 } else { 6 }), digest),
                };
                (account(9), call.abi_encode())
            }
            Step::ClaimMerkle { who, root } => {
                let at = self.trees.len().saturating_sub(1 + root);
                let amounts = self.trees.get(at).copied().unwrap_or([1, 2, 3]);
                let (merkle_root, proofs) = tree(&amounts);
                let index = usize::try_from(who).expect("three parties");
                let call = Rewards::claimCumulativeMerkleRewardsCall {
                    recipient: account(who),
                    network,
                    leaf: leaves(&amounts)[index].0.clone(),
                    proof: proofs[index].clone(),
                    merkleRoot: merkle_root,
                };
                (account(who), call.abi_encode())
            }
            _ => return None,
        };
        Some((from, self.rewards, input))
    }

    /// The amounts of the tree that a distribution proposes.
    fn next_tree(&self, step: &Step) -> [u64; 3] {
        let Step::Distribute { rises, .. } = step else { panic!("no distribution") };
        let last = self.trees.last().copied().unwrap_or_default();
        let mut at = 0;
        rises.map(|rise| {
            at += 1;
            last[at - 1].saturating_add(rise)
        })
    }

    fn settings(&self, step: &Step) -> (Address, Address, Vec<u8>) {
        let (vault, network, owner) = (self.parts.vault, NETWORK, self.sandbox.curator);
        let (fees, token) = (self.sandbox.at(Kind::FeeRegistry), PAY);
        match *step {
            Step::Fee { whose, own, enable, fee } => {
                let fee = U256::from(fee);
                let operators = FeeRegistry::setOperatorsFeeCall { vault, fee };
                let curator = FeeRegistry::setCuratorFeeCall { vault, fee };
                let own_operators =
                    FeeRegistry::setOperatorsNetworkFeeCall { vault, network, enable, fee };
                let own_curator =
                    FeeRegistry::setCuratorNetworkFeeCall { vault, network, enable, fee };
                let input = match (whose, own) {
                    (0, false) => operators.abi_encode(),
                    (0, true) => own_operators.abi_encode(),
                    (_, false) => curator.abi_encode(),
                    (_, true) => own_curator.abi_encode(),
                };
                (account(0), fees, input)
            }
            Step::ProtocolFee { rail, own, enable, fee } => {
                let id = protocol_fee_id(rail, own.then_some(network));
                let call = FeeRegistry::setProtocolFeeCall { id, enable, fee: U256::from(fee) };
                (owner, fees, call.abi_encode())
            }
            Step::Curator { from, to } => {
                let call = CuratorRegistry::setCuratorCall { vault, curator: account(to) };
                (account(from), self.sandbox.at(Kind::CuratorRegistry), call.abi_encode())
            }
            Step::ClaimCurator { who } => {
                let recipient = account(who);
                let call = Rewards::claimCuratorFeesCall { recipient, vault, token };
                (account(who), self.rewards, call.abi_encode())
            }
            Step::ClaimProtocol { by_owner } => {
                let call = Rewards::claimProtocolFeesCall { recipient: account(8), token };
                (if by_owner { owner } else { account(8) }, self.rewards, call.abi_encode())
            }
            _ => panic!("{step:?} is no call"),
        }
    }

    /// Everything that the contract holds belongs to somebody, to the last unit: `claimed` is what
    /// claims on the snapshot rail have paid.
    fn check_books(&self, claimed: U256) {
        let world = &self.sandbox.world;
        let books = &world.symbiotic().rewards_v2;
        let mut owed = U256::ZERO;
        for pot in 0..books.pot_keys.len() {
            let kept = books.pots.get(pot);
            owed += kept.balance + books.totals.get(pot).latest();
            assert_eq!(kept.leaving, U256::ZERO);
        }
        for at in 0..books.claimed_keys.len() {
            owed -= *books.claimed.get(at);
        }
        for at in 0..books.reward_keys.len() {
            let reward = books.rewards.get(at);
            owed += reward.amount + reward.operators_fees;
        }
        for at in 0..books.curator_keys.len() {
            owed += *books.curator_pots.get(at);
        }
        owed += books.protocol_pots.get(world.accounts().find(&PAY)).fees;
        let held = world.tokens().balance_of(world.accounts(), PAY, self.rewards);
        assert_eq!(held, owed - claimed, "what is held is what is owed");
    }

    fn merkle_totals(&self) -> (U256, Vec<U256>) {
        let books = &self.sandbox.world.symbiotic().rewards_v2;
        let claimed = (0..books.claimed_keys.len()).map(|at| *books.claimed.get(at)).collect();
        (books.totals.get(0).latest(), claimed)
    }
}

/// What a claim on the snapshot rail paid.
fn snapshot_pay(log: &alloy_primitives::Log) -> U256 {
    let staker = Rewards::ClaimVaultSnapshotRewards::decode_log_data(&log.data);
    let operator = Rewards::ClaimOperatorFees::decode_log_data(&log.data);
    staker.map(|event| event.amount).or(operator.map(|event| event.amount)).unwrap_or_default()
}

fn reloaded(world: &World, equal: &World) -> World {
    let saved = |world: &World| {
        let mut bytes = Vec::new();
        world.save(&mut bytes).expect("memory takes all bytes");
        bytes
    };
    let bytes = saved(world);
    assert!(bytes == saved(equal), "equal worlds are saved differently");
    World::load(bytes.as_slice()).expect("just saved")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn random_calls_lose_nothing_and_totals_never_fall(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut scene = scene();
        let mut mirror = scene.sandbox.world.clone();
        let mut restarted = reloaded(&scene.sandbox.world, &mirror);
        let mut claimed = U256::ZERO;
        for (at, step) in steps.iter().enumerate() {
            if let Step::Wait { seconds } = step {
                scene.sandbox.wait(*seconds);
                mirror.set_block(*scene.sandbox.world.block());
                restarted.set_block(*scene.sandbox.world.block());
                continue;
            }
            let (from, to, input) = scene.calldata(step);
            let before = scene.sandbox.world.clone();
            let (total, parts) = scene.merkle_totals();
            let receipt = scene.sandbox.send_raw(from, to, input.clone().into());
            let input = input.into();
            let transaction = Transaction { from, to: Some(to), value: U256::ZERO, input };
            prop_assert_eq!(&restarted.transact(&transaction), &receipt);
            prop_assert!(restarted == scene.sandbox.world, "the restarted world differs: {step:?}");
            if receipt.outcome.is_err() {
                prop_assert!(before == scene.sandbox.world, "a failed call changed something");
            } else if let Step::Distribute { later, .. } = step {
                scene.trees.push(scene.next_tree(step));
                scene.time += later;
            }
            for entry in &receipt.entries {
                mirror.fold(&entry.log).expect("a log of this very world folds");
            }
            prop_assert!(mirror == scene.sandbox.world, "the fold of the logs differs: {step:?}");
            claimed += receipt.logs().map(snapshot_pay).fold(U256::ZERO, |sum, paid| sum + paid);
            scene.check_books(claimed);
            let (total_now, parts_now) = scene.merkle_totals();
            prop_assert!(total_now >= total, "a total fell");
            prop_assert!(parts.iter().zip(&parts_now).all(|(old, new)| new >= old));
            if at % 16 == 15 {
                restarted = reloaded(&scene.sandbox.world, &mirror);
            }
        }
    }
}

#[test]
fn a_mirror_of_a_foreign_chain_knows_everything_but_merkle_totals() {
    let mut scene = scene();
    let mut mirror = scene.sandbox.world.clone();
    let steps = [
        Step::Deposit { amount: 1_000 },
        Step::ProtocolFee { rail: 1, own: false, enable: false, fee: 250_000 },
        Step::Distribute { rises: [100, 200, 300], later: 1, wrong_key: false },
        Step::ClaimMerkle { who: 1, root: 0 },
        Step::Withdraw { amount: 250 },
        Step::Pay { amount: 700, ago: 1, identifier: 0, by_network: true },
        Step::Claim { who: 0, cursor: 0, first: 0, count: 9 },
        Step::ClaimProtocol { by_owner: true },
    ];
    for step in &steps {
        let (from, to, input) = scene.calldata(step);
        let receipt = scene.sandbox.send_raw(from, to, input.into());
        assert!(receipt.outcome.is_ok(), "{step:?}: {:?}", receipt.outcome);
        if matches!(step, Step::Distribute { .. }) {
            scene.trees.push(scene.next_tree(step));
        }
        for log in receipt.logs() {
            mirror.fold(log).expect("a public log folds");
        }
    }
    let ask = |world: &World, call: &dyn Fn() -> Vec<u8>| {
        world.view(Address::ZERO, scene.rewards, &call()).expect("a view").to_vec()
    };
    let word = |value: u64| U256::from(value).to_be_bytes_vec();
    let (network, token, vault, account) = (NETWORK, PAY, scene.parts.vault, account(0));
    let rewardee = bondstone_world::sandbox::account(1);
    let claim = Rewards::claimedCall { network, token, rewardee, rewardeeType: U256::from(1) };
    let same: [&dyn Fn() -> Vec<u8>; 5] = [
        &|| Rewards::lastCumulativeDistributionCall { network }.abi_encode(),
        &|| claim.abi_encode(),
        &|| Rewards::protocolFeesCall { token }.abi_encode(),
        &|| Rewards::rewardsCall { vault, network, token, index: U256::ZERO }.abi_encode(),
        &|| Rewards::lastUnclaimedRewardCall { account, vault, network, token }.abi_encode(),
    ];
    for call in same {
        assert_eq!(ask(&mirror, call), ask(&scene.sandbox.world, call));
    }
    let balance = || Rewards::balanceCall { network, token }.abi_encode();
    assert_eq!(ask(&scene.sandbox.world, &balance), word(0));
    assert_eq!(ask(&mirror, &balance), word(750));
    let total = || Rewards::lastTotalAmountCall { network, token }.abi_encode();
    assert_eq!(ask(&scene.sandbox.world, &total), word(600));
    assert_eq!(ask(&mirror, &total), word(0));
}
