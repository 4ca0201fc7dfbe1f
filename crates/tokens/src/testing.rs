//! The smallest world in which the contracts of this crate run: for tests only.

use crate::{State, Style, TokenEvent, Tokens, dispatch, has_code};
use alloy_primitives::{Address, Bytes, LogData, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::table::Undo;
use bondstone_kernel::{
    Accounts, Block, Call, Creation, Event, Fold, FoldError, Host, Mark, Message, Revert, Suite,
};

/// The address of test account `n`; never zero.
pub(crate) fn actor(n: u8) -> Address {
    Address::repeat_byte(n.checked_add(1).expect("few actors"))
}

/// The address of test token `n`.
pub(crate) fn token(n: u8) -> Address {
    Address::with_last_byte(n.checked_add(1).expect("few tokens"))
}

/// Blocks, state, logs and calls with undo.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) block: Block,
    pub(crate) accounts: Accounts,
    pub(crate) state: State,
    /// The ledger: what was emitted and not taken back.
    pub(crate) logs: Vec<(Address, LogData)>,
    mark: Mark,
    is_static: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let block = Block { number: 7, timestamp: 1_700_000_000, chain_id: 31_337 };
        Self {
            block,
            accounts: Accounts::default(),
            state: State::default(),
            logs: Vec::new(),
            mark: Mark::FINAL,
            is_static: false,
        }
    }

    /// A world with one token of a style, of which actors 0 to 2 hold 1000 units each.
    pub(crate) fn with_token(style: Style) -> Self {
        let mut world = Self::new();
        world.create(token(0), style);
        for n in 0..3 {
            world.mint(token(0), actor(n), U256::from(1000));
        }
        world.logs.clear();
        world
    }

    pub(crate) fn create(&mut self, at: Address, style: Style) {
        self.fold(at, style.created("Coin", "C", 6).into()).expect("the address is free");
    }

    pub(crate) fn mint(&mut self, token: Address, to: Address, value: U256) {
        self.fold(token, Transfer { from: Address::ZERO, to, value }.into())
            .expect("the supply fits");
    }

    /// Folds an event from outside any call and records its log.
    pub(crate) fn fold(&mut self, emitter: Address, event: TokenEvent) -> Result<(), FoldError> {
        let log = event.encode();
        assert_eq!(TokenEvent::decode(&log).as_ref(), Ok(&event), "a log reads back");
        let mut fold = Fold { block: &self.block, accounts: &mut self.accounts, mark: self.mark };
        Tokens::apply(&mut self.state, &mut fold, emitter, &event)?;
        self.logs.push((emitter, log));
        Ok(())
    }

    /// A transaction with typed calldata.
    pub(crate) fn send(
        &mut self,
        sender: Address,
        to: Address,
        call: &impl SolCall,
    ) -> Result<Bytes, Revert> {
        self.send_raw(sender, to, &call.abi_encode())
    }

    /// A transaction.
    pub(crate) fn send_raw(
        &mut self,
        sender: Address,
        to: Address,
        input: &[u8],
    ) -> Result<Bytes, Revert> {
        let result = self.call(Call::new(sender, to, input));
        self.state.settle();
        self.accounts.settle();
        self.mark = Mark::FINAL;
        result
    }

    /// What the logs alone make of an empty world.
    pub(crate) fn mirror(&self) -> Self {
        let mut mirror = Self { block: self.block, ..Self::new() };
        for (emitter, log) in &self.logs {
            let event = TokenEvent::decode(log).expect("own logs read back");
            mirror.fold(*emitter, event).expect("own logs fold");
        }
        mirror
    }

    pub(crate) fn balance(&self, token: Address, account: Address) -> U256 {
        self.state.balance_of(&self.accounts, token, account)
    }

    /// The logs since the start, as events.
    pub(crate) fn events(&self) -> Vec<TokenEvent> {
        self.logs.iter().map(|(_, log)| TokenEvent::decode(log).expect("own log")).collect()
    }

    /// Everything that must not change when a call fails.
    pub(crate) fn facts(&self) -> (State, Accounts, Vec<(Address, LogData)>) {
        (self.state.clone(), self.accounts.clone(), self.logs.clone())
    }
}

impl Host<Tokens> for World {
    fn block(&self) -> &Block {
        &self.block
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    fn emit(&mut self, emitter: Address, event: TokenEvent) -> Result<(), Revert> {
        if self.is_static {
            return Err(Revert::empty());
        }
        self.fold(emitter, event).map_err(Revert::from)
    }

    fn call(&mut self, call: Call<'_>) -> Result<Bytes, Revert> {
        if !Host::has_code(self, call.to) {
            return Ok(Bytes::new());
        }
        // Marks only grow, so a call that fails takes back what its own calls wrote and no more.
        let mark = self.mark.next();
        self.mark = mark;
        let (logs, was_static) = (self.logs.len(), self.is_static);
        self.is_static |= call.is_static;
        let message = Message { sender: call.from, this: call.to, input: call.input };
        let id = self.accounts().find(&message.this);
        let result = dispatch(self, id, &message);
        self.is_static = was_static;
        if result.is_err() {
            self.state.undo_to(mark);
            self.accounts.undo_to(mark);
            self.logs.truncate(logs);
        }
        self.mark = self.mark.next();
        result.map(Bytes::from)
    }

    fn has_code(&self, address: Address) -> bool {
        has_code(&self.state, self.accounts.find(&address))
    }

    fn create(&mut self, _: Creation) -> Result<Address, Revert> {
        unreachable!("tokens create nothing")
    }

    fn balance(&self, _: Address) -> U256 {
        U256::ZERO
    }

    fn pay(&mut self, _: Address, _: Address, _: U256) -> Result<(), Revert> {
        unreachable!("tokens send no wei")
    }

    fn enter(&mut self, _: Address) -> Result<(), Revert> {
        unreachable!("tokens have no guard")
    }

    fn leave(&mut self, _: Address) {
        unreachable!("tokens have no guard")
    }

    fn gas_left(&mut self) -> u64 {
        u64::MAX
    }
}
