//! The world: state of every suite, calls between contracts, rollback, the fold of logs.

use crate::base::{self, BalanceSet, Base, BaseEvent, NonceSet, StorageSet};
use crate::guest::Guest;
use crate::host::Playback;
use crate::recorder::{CallFrame, Recorder};
use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::Karak;
use bondstone_kernel::event::Event as _;
use bondstone_kernel::{
    Accounts, Block, Call, Entry, FoldError, Host, Mark, Message, Revert, Shared, Suite, Undo,
};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::{Contract, Event, Symbiotic};
use bondstone_tokens::{TokenEvent, Tokens};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Calls may nest this deep; a deeper one fails like any failed call. The EVM allows 1024 but keeps
/// back a 64th of the gas at every level, so real transactions end well before.
const MAX_DEPTH: u32 = 128;

/// Calls that one transaction may make, and bytes of calldata that they may carry. Aliased offsets
/// let a short transaction ask for endless work; gas would end it on a real chain.
const MAX_CALLS: u32 = 50_000;
const MAX_CALL_BYTES: usize = 64 << 20;

/// Room for the entries of most transactions.
const FEW_ENTRIES: usize = 8;

/// Splits the world into one suite's state and the fold that may change it.
macro_rules! fold_into {
    ($world:expr, $field:ident, $mark:expr) => {{
        let fold = bondstone_kernel::Fold {
            block: &$world.block,
            accounts: &mut $world.accounts,
            mark: $mark,
        };
        (&mut *$world.$field, fold)
    }};
}
pub(crate) use fold_into;

/// A transaction: a call from an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The sending account.
    pub from: Address,
    /// The called address. `None` would create a contract and is refused.
    pub to: Option<Address>,
    /// Wei sent along. Native contracts take none.
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Returned data, or why it failed.
    pub outcome: Result<Bytes, Revert>,
    /// Ledger entries in order, internal ones among them; none when it failed.
    pub entries: Vec<Entry>,
}

impl Receipt {
    /// The logs that clients see.
    pub fn logs(&self) -> impl Iterator<Item = &Log> {
        self.entries.iter().filter(|entry| !entry.internal).map(|entry| &entry.log)
    }
}

/// An event of any suite.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyEvent {
    /// An event of the Symbiotic suite. Boxed: it is by far the largest.
    Symbiotic(Box<Event>),
    /// An event of the Karak suite, boxed for the same reason.
    Karak(Box<bondstone_karak::Event>),
    /// An event of a token.
    Token(TokenEvent),
    /// A fact about an account.
    Base(BaseEvent),
}

impl From<Event> for AnyEvent {
    fn from(event: Event) -> Self {
        Self::Symbiotic(Box::new(event))
    }
}

impl From<bondstone_karak::Event> for AnyEvent {
    fn from(event: bondstone_karak::Event) -> Self {
        Self::Karak(Box::new(event))
    }
}

impl From<TokenEvent> for AnyEvent {
    fn from(event: TokenEvent) -> Self {
        Self::Token(event)
    }
}

impl From<BaseEvent> for AnyEvent {
    fn from(event: BaseEvent) -> Self {
        Self::Base(event)
    }
}

/// What became of a log that was folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// It changed the state as its event says.
    Applied,
    /// No suite knows an event with this topic; nothing changed.
    Unknown(B256),
}

/// The running transaction.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) mark: Mark,
    pub(crate) entries: Vec<Entry>,
    pub(crate) guards: Vec<Address>,
    depth: u32,
    static_depth: u32,
    calls: u32,
    call_bytes: usize,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            mark: Mark::FINAL,
            entries: Vec::new(),
            guards: Vec::new(),
            depth: 0,
            static_depth: 0,
            calls: 0,
            call_bytes: 0,
        }
    }
}

/// The state of every suite at one moment. A clone is a fork: it costs a few reference counts, and
/// one more per table of each suite that it then writes to.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub(crate) block: Block,
    pub(crate) accounts: Accounts,
    pub(crate) base: Shared<base::State>,
    pub(crate) tokens: Shared<bondstone_tokens::State>,
    pub(crate) symbiotic: Shared<bondstone_symbiotic::State>,
    pub(crate) karak: Shared<bondstone_karak::State>,
    pub(crate) guests: Arc<BTreeMap<Address, Arc<dyn Guest>>>,
    pub(crate) frame: Frame,
    pub(crate) playback: Playback,
    pub(crate) recorder: Option<Recorder>,
}

impl Frame {
    /// As new, with the room that it has.
    fn end(&mut self) {
        let Self { mark, entries, guards, depth, static_depth, calls, call_bytes } = self;
        entries.clear();
        guards.clear();
        *mark = Mark::FINAL;
        (*depth, *static_depth, *calls, *call_bytes) = (0, 0, 0, 0);
    }
}

impl World {
    /// An empty world at a block.
    #[must_use]
    pub fn new(block: Block) -> Self {
        Self { block, ..Self::default() }
    }

    /// The block in which calls happen.
    #[must_use]
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Moves on to another block.
    pub fn set_block(&mut self, block: Block) {
        self.block = block;
    }

    /// Interned addresses.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// State of the tokens.
    #[must_use]
    pub fn tokens(&self) -> &bondstone_tokens::State {
        &self.tokens
    }

    /// State of the Symbiotic suite.
    #[must_use]
    pub fn symbiotic(&self) -> &bondstone_symbiotic::State {
        &self.symbiotic
    }

    /// State of the Karak suite.
    #[must_use]
    pub fn karak(&self) -> &bondstone_karak::State {
        &self.karak
    }

    /// Wei of an account.
    #[must_use]
    pub fn balance(&self, address: Address) -> U256 {
        *self.base.balances.get(self.accounts.find(&address))
    }

    /// Nonce of the account's next transaction.
    #[must_use]
    pub fn nonce(&self, address: Address) -> u64 {
        *self.base.nonces.get(self.accounts.find(&address))
    }

    /// A word of a guest's storage.
    #[must_use]
    pub fn storage(&self, guest: Address, slot: B256) -> B256 {
        let key = (self.accounts.find(&guest), slot);
        *self.base.words.get(self.base.slots.find(&key))
    }

    /// Whether a contract lives at the address.
    #[must_use]
    pub fn has_code(&self, address: Address) -> bool {
        let account = self.accounts.find(&address);
        bondstone_symbiotic::has_code(&self.symbiotic, account)
            || bondstone_karak::has_code(&self.karak, account)
            || bondstone_tokens::has_code(&self.tokens, account)
            || self.guests.contains_key(&address)
    }

    /// What a replayer plays back; see [`Playback`].
    pub fn playback(&mut self) -> &mut Playback {
        &mut self.playback
    }

    /// Puts code at an address that no suite owns.
    pub fn register_guest(&mut self, address: Address, guest: Arc<dyn Guest>) {
        Arc::make_mut(&mut self.guests).insert(address, guest);
    }

    /// Runs a transaction. A failed one changes nothing.
    pub fn transact(&mut self, transaction: &Transaction) -> Receipt {
        self.frame.mark = Mark::FINAL.next();
        self.frame.entries.reserve(FEW_ENTRIES);
        let outcome = self.run(transaction);
        self.settle();
        let entries = std::mem::take(&mut self.frame.entries);
        self.frame.end();
        Receipt { outcome, entries }
    }

    /// As [`Self::transact`], and tells of the calls that were made. Value that moves between plain
    /// accounts is a call without further ones.
    pub fn transact_recorded(&mut self, transaction: &Transaction) -> (Receipt, CallFrame) {
        self.recorder = Some(Recorder::default());
        let receipt = self.transact(transaction);
        let recorded = self.recorder.take().and_then(Recorder::finish);
        // A transaction that fails before its call makes none.
        let mut frame = recorded.unwrap_or_else(|| CallFrame {
            from: transaction.from,
            to: transaction.to.unwrap_or_default(),
            value: U256::ZERO,
            is_static: false,
            input: transaction.input.clone(),
            outcome: receipt.outcome.clone(),
            calls: Vec::new(),
            logs: Vec::new(),
        });
        frame.value = transaction.value;
        (receipt, frame)
    }

    /// What a call would return now (`eth_call`). Runs on a fork, so the call may change state.
    ///
    /// # Errors
    /// The callee's revert.
    pub fn view(&self, from: Address, to: Address, input: &[u8]) -> Result<Bytes, Revert> {
        let mut fork = self.clone();
        // Calls within may fail on their own, so writes have to be remembered here too.
        fork.frame.mark = Mark::FINAL.next();
        fork.call(Call::new(from, to, input))
    }

    /// A static call on this very world: cheaper than [`Self::view`], and state changes revert.
    ///
    /// # Errors
    /// The callee's revert.
    pub fn read(&mut self, from: Address, to: Address, input: &[u8]) -> Result<Bytes, Revert> {
        self.call(Call::view(from, to, input))
    }

    /// Emits an event of a suite outside any call: how a world gets its first contracts, and how
    /// the ledger's internal facts are given to a mirror.
    ///
    /// # Errors
    /// [`FoldError`] when the event does not fit the state.
    pub fn deploy(
        &mut self,
        emitter: Address,
        event: impl Into<AnyEvent>,
    ) -> Result<Entry, FoldError> {
        let event = event.into();
        let (data, internal) = match &event {
            AnyEvent::Symbiotic(e) => (e.encode(), e.is_internal()),
            AnyEvent::Karak(e) => (e.encode(), e.is_internal()),
            AnyEvent::Token(e) => (e.encode(), e.is_internal()),
            AnyEvent::Base(e) => (e.encode(), e.is_internal()),
        };
        self.apply(emitter, &event)?;
        Ok(Entry { log: Log { address: emitter, data }, internal })
    }

    /// Folds a log, of the real contracts or of a ledger, without running any rule.
    ///
    /// # Errors
    /// [`FoldError`] when the log is malformed or does not fit the state.
    pub fn fold(&mut self, log: &Log) -> Result<Folded, FoldError> {
        match self.decode(log)? {
            Some(event) => self.apply(log.address, &event).map(|()| Folded::Applied),
            None => Ok(Folded::Unknown(log.data.topics().first().copied().unwrap_or_default())),
        }
    }

    /// A call between contracts. What a failed call changed is taken back.
    ///
    /// # Errors
    /// The callee's revert; one without data when calls nest too deep.
    pub fn call(&mut self, call: Call<'_>) -> Result<Bytes, Revert> {
        self.spend(call.input.len())?;
        let (entries, guards) = (self.frame.entries.len(), self.frame.guards.len());
        if self.frame.mark != Mark::FINAL && !call.is_static {
            self.frame.mark = self.frame.mark.next();
        }
        let mark = self.frame.mark;
        let is_static = u32::from(call.is_static);
        self.frame.depth = self.frame.depth.saturating_add(1);
        self.frame.static_depth = self.frame.static_depth.saturating_add(is_static);
        let message = Message { sender: call.from, this: call.to, input: call.input };
        if let Some(recorder) = &mut self.recorder {
            recorder.open(&call);
        }
        let result = self.dispatch(&message);
        if let Some(recorder) = &mut self.recorder {
            recorder.close(result.as_deref());
        }
        self.frame.static_depth = self.frame.static_depth.saturating_sub(is_static);
        self.frame.depth = self.frame.depth.saturating_sub(1);
        if result.is_err() {
            self.frame.guards.truncate(guards);
            if !call.is_static {
                self.frame.entries.truncate(entries);
                self.undo_to(mark);
            }
        }
        result.map(Bytes::from)
    }

    /// A guest writes its storage.
    ///
    /// # Errors
    /// A revert without data inside a static call.
    pub fn store(&mut self, guest: Address, slot: B256, value: B256) -> Result<(), Revert> {
        Host::<Base>::emit(self, guest, StorageSet { slot, value }.into())
    }

    /// A guest logs.
    ///
    /// # Errors
    /// A revert without data inside a static call.
    pub fn log(&mut self, guest: Address, data: LogData) -> Result<(), Revert> {
        self.refuse_in_static()?;
        let log = Log { address: guest, data };
        if let Some(recorder) = &mut self.recorder {
            recorder.log(&log);
        }
        self.frame.entries.push(Entry { log, internal: false });
        Ok(())
    }

    /// Moves the nonce of an account on by one. Call it outside transactions.
    ///
    /// # Errors
    /// None that a 64-bit nonce reaches.
    pub fn bump_nonce(&mut self, address: Address) -> Result<Entry, FoldError> {
        self.set_nonce(address, self.nonce(address).saturating_add(1))
    }

    /// Sets the nonce of an account's next transaction. Call it outside transactions.
    ///
    /// # Errors
    /// None.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) -> Result<Entry, FoldError> {
        self.deploy(address, BaseEvent::from(NonceSet { nonce }))
    }

    /// Sets the wei of an account. Call it outside transactions.
    ///
    /// # Errors
    /// None.
    pub fn set_balance(&mut self, address: Address, balance: U256) -> Result<Entry, FoldError> {
        self.deploy(address, BaseEvent::from(BalanceSet { balance }))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Revert> {
        let frame = &mut self.frame;
        if frame.depth == 0 {
            (frame.calls, frame.call_bytes) = (0, 0);
        }
        frame.calls = frame.calls.saturating_add(1);
        frame.call_bytes = frame.call_bytes.saturating_add(bytes);
        let spent = frame.calls > MAX_CALLS || frame.call_bytes > MAX_CALL_BYTES;
        if spent || frame.depth >= MAX_DEPTH { Err(Revert::empty()) } else { Ok(()) }
    }

    pub(crate) fn refuse_in_static(&self) -> Result<(), Revert> {
        if self.frame.static_depth > 0 { Err(Revert::empty()) } else { Ok(()) }
    }

    pub(crate) fn record(&mut self, emitter: Address, event: &impl bondstone_kernel::Event) {
        let log = Log { address: emitter, data: event.encode() };
        let internal = event.is_internal();
        if let Some(recorder) = self.recorder.as_mut().filter(|_| !internal) {
            recorder.log(&log);
        }
        self.frame.entries.push(Entry { log, internal });
    }

    fn run(&mut self, transaction: &Transaction) -> Result<Bytes, Revert> {
        let Some(to) = transaction.to else {
            return Err(Revert::reason("bondstone: contracts cannot be created here"));
        };
        if !transaction.value.is_zero() {
            if self.has_code(to) {
                // No native contract has a payable function that takes value.
                return Err(Revert::empty());
            }
            self.move_wei(transaction.from, to, transaction.value)?;
        }
        self.warm(transaction.from, to, &transaction.input);
        self.call(Call::new(transaction.from, to, &transaction.input))
    }

    /// Reads what a deposit is going to read, so that it is in the cache.
    ///
    /// A deposit into a large world waits for memory more than it computes: allowance, balance and
    /// shares of an account that nobody looked at for a while lie in three places each. Here reads
    /// that do not depend on each other stand side by side and wait together; in the rules they
    /// are thousands of instructions apart. It changes nothing and may be left out.
    fn warm(&self, from: Address, to: Address, input: &[u8]) {
        if input.first_chunk() != Some(&Vault::depositCall::SELECTOR) {
            return;
        }
        let (sender, vault) = (self.accounts.find(&from), self.accounts.find(&to));
        let Contract::Vault(id) = *self.symbiotic.contracts.get(vault) else { return };
        let vaults = &self.symbiotic.vault;
        let token = self.accounts.find(&vaults.config.get(id).collateral);
        let keys = (
            self.tokens.permissions.find(&(token, sender, vault)),
            self.tokens.holdings.find(&(token, sender)),
            vaults.holders.find(&(id, sender)),
        );
        std::hint::black_box((
            *self.tokens.allowance.get(keys.0),
            *self.tokens.balance.get(keys.1),
            vaults.active_shares_of.get(keys.2).latest_checkpoint(),
        ));
    }

    /// A contract sends wei. No native contract takes any.
    pub(crate) fn send_wei(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Revert> {
        let result = self.try_send_wei(from, to, wei);
        if let Some(recorder) = &mut self.recorder {
            recorder.paid(from, to, wei, &result);
        }
        result
    }

    fn try_send_wei(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Revert> {
        self.refuse_in_static()?;
        if self.balance(from) < wei || self.has_code(to) {
            return Err(Revert::empty());
        }
        if wei.is_zero() { Ok(()) } else { self.move_wei(from, to, wei) }
    }

    fn move_wei(&mut self, from: Address, to: Address, value: U256) -> Result<(), Revert> {
        let left = self
            .balance(from)
            .checked_sub(value)
            .ok_or_else(|| Revert::reason("bondstone: insufficient funds"))?;
        Host::<Base>::emit(self, from, BalanceSet { balance: left }.into())?;
        let balance = self.balance(to).checked_add(value).ok_or_else(Revert::overflow)?;
        Host::<Base>::emit(self, to, BalanceSet { balance }.into())
    }

    fn dispatch(&mut self, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let account = self.accounts.find(&message.this);
        if bondstone_symbiotic::has_code(&self.symbiotic, account) {
            return bondstone_symbiotic::dispatch(self, account, message);
        }
        if bondstone_tokens::has_code(&self.tokens, account) {
            return bondstone_tokens::dispatch(self, account, message);
        }
        if bondstone_karak::has_code(&self.karak, account) {
            return bondstone_karak::dispatch(self, account, message);
        }
        match self.guests.get(&message.this).cloned() {
            Some(guest) => guest.call(self, message),
            None => Ok(Vec::new()),
        }
    }

    /// Suites share topics (ERC-20, ownership), so whose event it is goes by who lives at the
    /// emitter's address. Where nobody does yet, the event that brings the contract to life tells.
    fn decode(&self, log: &Log) -> Result<Option<AnyEvent>, FoldError> {
        let account = self.accounts.find(&log.address);
        if bondstone_tokens::has_code(&self.tokens, account) {
            return known(TokenEvent::decode(&log.data));
        }
        if bondstone_karak::has_code(&self.karak, account) {
            let event = known(bondstone_karak::Event::decode(&log.data))?;
            return event.map_or_else(|| known(BaseEvent::decode(&log.data)), |e| Ok(Some(e)));
        }
        if let Some(event) = known(Event::decode(&log.data))? {
            return Ok(Some(event));
        }
        if let Some(event) = known(bondstone_karak::Event::decode(&log.data))? {
            return Ok(Some(event));
        }
        if let Some(event) = known(TokenEvent::decode(&log.data))? {
            return Ok(Some(event));
        }
        known(BaseEvent::decode(&log.data))
    }

    fn apply(&mut self, emitter: Address, event: &AnyEvent) -> Result<(), FoldError> {
        let mark = self.frame.mark;
        match event {
            AnyEvent::Symbiotic(event) => {
                let (state, mut fold) = fold_into!(self, symbiotic, mark);
                Symbiotic::apply(state, &mut fold, emitter, event)
            }
            AnyEvent::Karak(event) => {
                let (state, mut fold) = fold_into!(self, karak, mark);
                Karak::apply(state, &mut fold, emitter, event)
            }
            AnyEvent::Token(event) => {
                let (state, mut fold) = fold_into!(self, tokens, mark);
                Tokens::apply(state, &mut fold, emitter, event)
            }
            AnyEvent::Base(event) => {
                let (state, mut fold) = fold_into!(self, base, mark);
                Base::apply(state, &mut fold, emitter, event)
            }
        }
    }
}

fn known<E: Into<AnyEvent>>(decoded: Result<E, FoldError>) -> Result<Option<AnyEvent>, FoldError> {
    match decoded {
        Ok(event) => Ok(Some(event.into())),
        Err(FoldError::UnknownEvent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Undo for World {
    fn undo_to(&mut self, mark: Mark) {
        if mark == Mark::FINAL {
            return;
        }
        self.accounts.undo_to(mark);
        self.base.undo_to(mark);
        self.tokens.undo_to(mark);
        self.symbiotic.undo_to(mark);
        self.karak.undo_to(mark);
    }

    fn settle(&mut self) {
        self.accounts.settle();
        self.base.settle();
        self.tokens.settle();
        self.symbiotic.settle();
        self.karak.settle();
    }
}

impl PartialEq for World {
    /// Equal when every suite keeps the same. Guests are code, not state.
    fn eq(&self, other: &Self) -> bool {
        self.block == other.block
            && self.accounts == other.accounts
            && self.base == other.base
            && self.tokens == other.tokens
            && self.symbiotic == other.symbiotic
            && self.karak == other.karak
    }
}
