//! A world of Karak with sound positions and one in each trap of the protocol.

use crate::market::{DAY, START, X, Y, Z, wei};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::core::{QueuedSlashing, QueuedStakeUpdate};
use bondstone_karak::abi::ledger::BeaconRootSet;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::{Event, Kind};
use bondstone_kernel::security::SecurityView;
use bondstone_tokens::TokenEvent;
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{Style, account};

/// One per cent in the protocol's scale.
pub(crate) const PERCENT: u128 = 1_000_000_000_000_000_000;

/// May slash everything.
pub(crate) const ALPHA: Address = Address::repeat_byte(0xd1);
/// May slash 30 %.
pub(crate) const BETA: Address = Address::repeat_byte(0xd2);
/// May slash one wei of a percent: in truth nothing.
pub(crate) const GAMMA: Address = Address::repeat_byte(0xd3);
/// A token whose zero address holds units.
pub(crate) const KTN: Address = Address::repeat_byte(0x75);
/// A token of OpenZeppelin, which refuses the zero address.
pub(crate) const OZT: Address = Address::repeat_byte(0x76);

/// The vaults, each named by what happened to it.
pub(crate) struct Bazaar {
    pub(crate) karak: KarakSandbox,
    /// Sound, of X, for ALPHA and BETA.
    pub(crate) sound: Address,
    /// Of X, for ALPHA; its token refuses the handler's zero address.
    pub(crate) strict: Address,
    /// Of X, for ALPHA; standard, for ether.
    pub(crate) free: Address,
    /// Of X, native, for BETA.
    pub(crate) native: Address,
    /// Of Y, for BETA, which X finalized.
    pub(crate) stolen: Address,
    /// Of Y, on its way to GAMMA, which Y has left.
    pub(crate) stuck: Address,
    /// Of Y, for GAMMA once; Y has left it with a slash open.
    pub(crate) dangling: Address,
    /// Of Z, for ALPHA, wiped out once.
    pub(crate) wiped: Address,
    /// Of Z, for ALPHA, wiped out three times.
    pub(crate) dead: Address,
    /// Of Z, for BETA, from which it is about to be taken.
    pub(crate) leaving: Address,
    /// Every slashing that was asked for.
    queued: Vec<QueuedSlashing>,
}

impl Bazaar {
    /// The whole story.
    pub(crate) fn new() -> Self {
        let mut bazaar = Self::empty();
        bazaar.fill();
        bazaar.stake_all();
        bazaar.wipe_out();
        bazaar.slash();
        bazaar.leave();
        bazaar
    }

    fn empty() -> Self {
        let mut karak = KarakSandbox::new(START).expect("the deployment fits");
        karak.keep_history();
        let tokens = [(KTN, "KTN", Style::ZeroHolds), (OZT, "OZT", Style::Plain)];
        for (token, symbol, style) in tokens {
            let created = style.created(symbol, symbol, 18);
            karak.world.deploy(token, TokenEvent::from(created)).expect("the address is free");
            karak.list_asset(token).expect("the manager may");
        }
        for (dss, most) in [(ALPHA, 100 * PERCENT), (BETA, 30 * PERCENT), (GAMMA, 1)] {
            karak.service(dss, most).expect("the address is free");
        }
        let mut vault = |operator, asset| karak.vault(operator, asset).expect("it is listed");
        let (sound, strict) = (vault(X, KTN), vault(X, OZT));
        let free = vault(X, NATIVE_ASSET);
        let (stolen, stuck, dangling) = (vault(Y, KTN), vault(Y, KTN), vault(Y, KTN));
        let (wiped, dead, leaving) = (vault(Z, KTN), vault(Z, KTN), vault(Z, KTN));
        let native = karak.native_vault(X).expect("ether is listed");
        Self {
            karak,
            sound,
            strict,
            free,
            native,
            stolen,
            stuck,
            dangling,
            wiped,
            dead,
            leaving,
            queued: Vec::new(),
        }
    }

    fn fill(&mut self) {
        let deposits = [
            (self.sound, 1, 600),
            (self.sound, 2, 400),
            (self.strict, 1, 500),
            (self.stolen, 1, 200),
            (self.dangling, 2, 300),
            (self.leaving, 2, 70),
        ];
        for (vault, staker, whole) in deposits {
            self.deposit(vault, staker, whole);
        }
        let staker = account(3);
        let free = Vault::deposit_0Call { assets: wei(5), to: staker };
        self.act(staker, self.free, &free);
        self.restake(staker, 32);
    }

    pub(crate) fn deposit(&mut self, vault: Address, staker: u64, whole: u64) {
        self.karak.fund_and_stake(vault, account(staker), wei(whole)).expect("it fits");
    }

    /// Gives a node ether and lets a snapshot see it.
    fn restake(&mut self, staker: Address, whole: u64) {
        let node = self.act(staker, self.native, &NativeVault::createNodeCall {});
        self.karak.world.set_balance(node, wei(whole)).expect("it fits");
        let event = BeaconRootSet { timestamp: self.karak.now(), root: B256::repeat_byte(1) };
        let roots = self.karak.at.address(Kind::BeaconRoots);
        self.karak.world.deploy(roots, Event::from(event)).expect("it is deployed");
        let snapshot = NativeVault::startSnapshotCall { revertIfNoBalanceChange: true };
        self.act(staker, self.native, &snapshot);
    }

    fn stake_all(&mut self) {
        for (operator, services) in [(X, [ALPHA, BETA]), (Y, [BETA, GAMMA]), (Z, [ALPHA, BETA])] {
            for dss in services {
                self.karak.register(operator, dss).expect("new");
            }
        }
        let stakes = [
            (X, self.sound, ALPHA),
            (X, self.strict, ALPHA),
            (X, self.free, ALPHA),
            (X, self.native, BETA),
            (Y, self.stolen, BETA),
            (Y, self.dangling, GAMMA),
            (Z, self.wiped, ALPHA),
            (Z, self.dead, ALPHA),
            (Z, self.leaving, BETA),
        ];
        let queued = stakes.map(|(operator, vault, dss)| self.ask(operator, vault, dss, true));
        self.karak.wait(9 * DAY);
        for update in queued {
            // One is a stranger's to finalize.
            let is_stolen = update.updateRequest.vault == self.stolen;
            let by = if is_stolen { X } else { update.operator };
            self.karak.finalize_stake(by, update).expect("it is time");
        }
        let second = self.ask(X, self.sound, BETA, true);
        self.karak.wait(9 * DAY);
        self.karak.finalize_stake(X, second).expect("it is time");
    }

    pub(crate) fn ask(
        &mut self,
        operator: Address,
        vault: Address,
        dss: Address,
        to_stake: bool,
    ) -> QueuedStakeUpdate {
        self.karak.request_stake(operator, vault, dss, to_stake).expect("nothing waits")
    }

    pub(crate) fn slashing(
        &mut self,
        dss: Address,
        operator: Address,
        slashes: &[(Address, u128)],
    ) -> QueuedSlashing {
        let queued = self.karak.request_slash(dss, operator, slashes);
        let queued = queued.expect("the request is sound");
        self.queued.push(queued.clone());
        queued
    }

    /// The last slashing that names a vault.
    pub(crate) fn last_slashing(&self, vault: Address) -> QueuedSlashing {
        let last = self.queued.iter().rev().find(|queued| queued.vaults.contains(&vault));
        last.expect("there is one").clone()
    }

    /// Three wipe-outs of one vault, of which the first takes the other one too.
    fn wipe_out(&mut self) {
        self.deposit(self.wiped, 1, 1_000);
        let both = [(self.wiped, 100 * PERCENT), (self.dead, 100 * PERCENT)];
        for wipe_out in 0..3 {
            self.deposit(self.dead, 2, 1_000);
            let slashes = if wipe_out == 0 { &both[..] } else { &both[1..] };
            let queued = self.slashing(ALPHA, Z, slashes);
            self.karak.wait(2 * DAY);
            self.karak.finalize_slash(queued).expect("both can be slashed");
        }
    }

    /// Slashes of X: one executed, one vetoed, two due, one blocked, one that can be vetoed; and
    /// one of Y that is going to dangle.
    fn slash(&mut self) {
        let (sound, strict) = (self.sound, self.strict);
        let executed = self.slashing(ALPHA, X, &[(sound, 5 * PERCENT)]);
        let vetoed = self.slashing(BETA, X, &[(sound, 20 * PERCENT)]);
        self.karak.wait(2 * DAY);
        self.karak.finalize_slash(executed).expect("it is time");
        self.karak.veto_slash(vetoed).expect("it waits");
        self.slashing(ALPHA, X, &[(sound, 10 * PERCENT), (strict, 10 * PERCENT)]);
        self.slashing(BETA, X, &[(sound, 30 * PERCENT)]);
        let redeem = Vault::startRedeemCall { shares: wei(100), beneficiary: account(2) };
        self.act(account(2), sound, &redeem);
        self.karak.wait(2 * DAY);
        self.slashing(BETA, X, &[(sound, PERCENT / 2), (self.native, 30 * PERCENT)]);
        let unstake = self.ask(Y, self.dangling, GAMMA, false);
        self.karak.wait(9 * DAY);
        self.slashing(GAMMA, Y, &[(self.dangling, 1)]);
        self.karak.finalize_stake(Y, unstake).expect("it is time");
        self.ask(Y, self.stuck, GAMMA, true);
        self.karak.unregister(Y, GAMMA).expect("nothing is staked");
        self.slashing(BETA, X, &[(sound, 3 * PERCENT)]);
    }

    fn leave(&mut self) {
        self.ask(Z, self.leaving, BETA, false);
        self.karak.wait(DAY);
    }

    /// The picture at the present block.
    pub(crate) fn view(&self) -> SecurityView {
        self.karak.picture().expect("amounts are sound")
    }

    pub(crate) fn act<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> C::Return {
        self.karak.run(from, to, call).unwrap_or_else(|error| panic!("{error}"))
    }
}
