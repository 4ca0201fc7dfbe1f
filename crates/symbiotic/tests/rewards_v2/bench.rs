//! A vault, a network that pays, and both signers.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{Panic, SolCall};
use bondstone_kernel::Revert;
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::rewards_v2::contract::{
    CumulativeDistribution, CumulativeDistributionLeaf, TokenAmount,
};
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, FeeRegistry, Rewards as R};
use bondstone_symbiotic::rules::operator_rewards::root_of_proof;
use bondstone_symbiotic::rules::rewards_v2::merkle::{distribution_digest, leaf_hash};
use bondstone_symbiotic::rules::rewards_v2::protocol_fee_id;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan};
use k256::ecdsa::SigningKey;

pub(crate) const START: u64 = 1_750_000_000;
pub(crate) const CHAIN: u64 = 31_337;
pub(crate) const ALICE: Address = Address::repeat_byte(0xa1);
pub(crate) const BOB: Address = Address::repeat_byte(0xb0);
pub(crate) const EVE: Address = Address::repeat_byte(0xee);
pub(crate) const NETWORK: Address = Address::repeat_byte(0x11);
pub(crate) const MIDDLEWARE: Address = Address::repeat_byte(0x22);
pub(crate) const OPERATOR: Address = Address::repeat_byte(0x33);
pub(crate) const CURATOR: Address = Address::repeat_byte(0x44);
pub(crate) const PAY: Address = Address::repeat_byte(0x71);
pub(crate) const WALLET: Address = Address::repeat_byte(0x77);

pub(crate) fn n(value: u64) -> U256 {
    U256::from(value)
}

pub(crate) fn panic(code: u8) -> Revert {
    Panic { code: U256::from(code) }.into()
}

/// A key that signs.
pub(crate) struct Key(SigningKey);

impl Key {
    pub(crate) fn new(byte: u8) -> Self {
        Self(SigningKey::from_slice(&[byte; 32]).unwrap())
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    pub(crate) fn sign(&self, digest: B256) -> Bytes {
        let (signature, id) = self.0.sign_prehash_recoverable(digest.as_slice()).unwrap();
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + id.to_byte());
        bytes.into()
    }
}

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) parts: VaultParts,
    pub(crate) protocol: Key,
    pub(crate) rewarder: Key,
}

impl Bench {
    /// A vault of network-restake type with 3 shares of Alice and 4 of Bob; the network and its
    /// middleware hold the token that is paid.
    pub(crate) fn new() -> Self {
        Self::with(0)
    }

    pub(crate) fn with(delegator_type: u64) -> Self {
        let mut sandbox = Sandbox::new(START).unwrap();
        sandbox.add_token(PAY, bondstone_world::sandbox::Style::Plain, 18).unwrap();
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: 3_600,
            delegator_type,
            slasher: SlasherChoice::Instant,
        };
        let parts = sandbox.vault(&plan).unwrap();
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        sandbox.wait(10);
        sandbox.fund_and_deposit(parts.vault, ALICE, n(3)).unwrap();
        sandbox.fund_and_deposit(parts.vault, BOB, n(4)).unwrap();
        sandbox.wait(10);
        let (protocol, rewarder) = (Key::new(5), Key::new(6));
        let mut bench = Self { sandbox, parts, protocol, rewarder };
        let spender = bench.at(Kind::Rewards);
        for payer in [NETWORK, MIDDLEWARE] {
            bench.sandbox.mint(PAY, payer, n(1 << 60)).unwrap();
            let approve = Erc20::approveCall { spender, value: U256::MAX };
            bench.sandbox.run(payer, PAY, &approve).unwrap();
        }
        bench
    }

    pub(crate) fn at(&self, kind: Kind) -> Address {
        self.sandbox.at(kind)
    }

    pub(crate) fn owner(&self) -> Address {
        self.sandbox.curator
    }

    pub(crate) fn run<C: SolCall>(&mut self, kind: Kind, from: Address, call: &C) -> C::Return {
        let at = self.at(kind);
        self.sandbox.run(from, at, call).unwrap()
    }

    pub(crate) fn rewards<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        self.run(Kind::Rewards, from, call)
    }

    pub(crate) fn fails<C: SolCall>(
        &mut self,
        kind: Kind,
        from: Address,
        call: &C,
        with: impl Into<Revert>,
    ) {
        let at = self.at(kind);
        let before = self.sandbox.world.clone();
        let receipt = self.sandbox.send(from, at, call);
        assert_eq!(receipt.outcome, Err(with.into()));
        assert!(receipt.entries.is_empty());
        assert!(self.sandbox.world == before);
    }

    pub(crate) fn refused<C: SolCall>(&mut self, from: Address, call: &C, with: impl Into<Revert>) {
        self.fails(Kind::Rewards, from, call, with);
    }

    pub(crate) fn balance(&mut self, token: Address, account: Address) -> U256 {
        self.sandbox.read(token, &Erc20::balanceOfCall { account }).unwrap()
    }

    /// Names the curator and both fees of the vault, in parts of a million.
    pub(crate) fn fees(&mut self, operators: u64, curator: u64) {
        let (owner, vault) = (self.owner(), self.parts.vault);
        let call = CuratorRegistry::setCuratorCall { vault, curator: CURATOR };
        self.run(Kind::CuratorRegistry, owner, &call);
        let call = FeeRegistry::setOperatorsFeeCall { vault, fee: n(operators) };
        self.run(Kind::FeeRegistry, CURATOR, &call);
        let call = FeeRegistry::setCuratorFeeCall { vault, fee: n(curator) };
        self.run(Kind::FeeRegistry, CURATOR, &call);
    }

    pub(crate) fn protocol_fee(&mut self, rewards_type: u64, fee: u64) {
        let (owner, id) = (self.owner(), protocol_fee_id(rewards_type, None));
        let call = FeeRegistry::setProtocolFeeCall { id, enable: false, fee: n(fee) };
        self.run(Kind::FeeRegistry, owner, &call);
    }

    pub(crate) fn operator_shares(&mut self, operator: Address, shares: u64) {
        let (owner, at) = (self.owner(), self.parts.delegator);
        let subnetwork = subnetwork(NETWORK, U96::ZERO);
        let shares = n(shares);
        let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
        self.sandbox.run(owner, at, &call).unwrap();
    }

    pub(crate) fn payment(&self, amount: u64, at: u64) -> R::distributeVaultSnapshotRewardsCall {
        R::distributeVaultSnapshotRewardsCall {
            subnetwork: subnetwork(NETWORK, U96::ZERO),
            token: PAY,
            vault: self.parts.vault,
            amount: n(amount),
            timestamp: U48::from(at),
            hints: Bytes::new(),
        }
    }

    pub(crate) fn claim(
        &self,
        last: u64,
        first: u64,
        count: U256,
    ) -> R::claimVaultSnapshotRewardsCall {
        R::claimVaultSnapshotRewardsCall {
            recipient: EVE,
            network: NETWORK,
            token: PAY,
            vault: self.parts.vault,
            lastUnclaimedRewards: n(last),
            firstRewardToClaim: n(first),
            rewardsToClaim: count,
            activeSharesHints: Vec::new(),
        }
    }

    pub(crate) fn operator_claim(
        &self,
        last: u64,
        first: u64,
        count: U256,
    ) -> R::claimOperatorFeesCall {
        R::claimOperatorFeesCall {
            recipient: EVE,
            network: NETWORK,
            token: PAY,
            vault: self.parts.vault,
            lastUnclaimedRewards: n(last),
            firstRewardToClaim: n(first),
            rewardsToClaim: count,
            extraData: Bytes::new(),
        }
    }

    /// Both signers are named and the network's balance is there.
    pub(crate) fn merkle(&mut self, balance: u64) {
        let owner = self.owner();
        let call = R::setProtocolCall { protocol: self.protocol.address() };
        self.rewards(owner, &call);
        let call = R::setRewarderCall { rewarder: self.rewarder.address() };
        self.rewards(NETWORK, &call);
        let (network, token, amount) = (NETWORK, PAY, n(balance));
        let call = R::depositCumulativeMerkleRewardsCall { network, token, amount };
        self.rewards(MIDDLEWARE, &call);
    }

    pub(crate) fn distribution(
        &self,
        root: B256,
        timestamp: u64,
        totals: &[(u64, u64)],
    ) -> R::distributeCumulativeMerkleRewardsCall {
        let totals: Vec<TokenAmount> = totals
            .iter()
            .map(|(chain, amount)| TokenAmount { chainId: *chain, token: PAY, amount: n(*amount) })
            .collect();
        let distribution =
            CumulativeDistribution { timestamp: U48::from(timestamp), merkleRoot: root };
        let digest = distribution_digest(NETWORK, &distribution, &totals);
        R::distributeCumulativeMerkleRewardsCall {
            network: NETWORK,
            cumulativeDistribution: distribution,
            totalAmounts: totals,
            protocolSignature: self.protocol.sign(digest),
            rewarderSignature: self.rewarder.sign(digest),
        }
    }

    /// Signs a changed distribution again.
    pub(crate) fn signed(
        &self,
        mut call: R::distributeCumulativeMerkleRewardsCall,
    ) -> R::distributeCumulativeMerkleRewardsCall {
        let digest =
            distribution_digest(call.network, &call.cumulativeDistribution, &call.totalAmounts);
        call.protocolSignature = self.protocol.sign(digest);
        call.rewarderSignature = self.rewarder.sign(digest);
        call
    }
}

pub(crate) fn leaf(token: Address, amount: u64) -> CumulativeDistributionLeaf {
    CumulativeDistributionLeaf {
        token,
        rewardeeType: U256::ZERO,
        amount: n(amount),
        rewardeeDataHash: B256::repeat_byte(9),
    }
}

/// A tree of two: its root, and a claim of the first leaf.
pub(crate) fn tree(rewardee: Address, amount: u64) -> (B256, R::claimCumulativeMerkleRewardsCall) {
    let leaf = leaf(PAY, amount);
    let sibling = keccak256([u8::try_from(amount % 251).unwrap()]);
    let root = root_of_proof(&[sibling], leaf_hash(rewardee, CHAIN, &leaf));
    let call = R::claimCumulativeMerkleRewardsCall {
        recipient: EVE,
        network: NETWORK,
        leaf,
        proof: vec![sibling],
        merkleRoot: root,
    };
    (root, call)
}
