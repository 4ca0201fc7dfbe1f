//! The one interface through which a suite meets the rest of the world.

use crate::block::Block;
use crate::create::Creation;
use crate::event::Event;
use crate::event::FoldError;
use crate::revert::{Revert, library};
use crate::table::{Accounts, Mark};
use alloy_primitives::{Address, Bytes, U256};

/// A protocol as a set of native contracts: its state and the events that change it.
pub trait Suite: Sized + 'static {
    /// Everything the contracts of the suite keep.
    type State;
    /// Everything they log.
    type Event: Event;

    /// Folds one event into the state. There is no other way to change it.
    ///
    /// # Errors
    /// [`FoldError`] when the event does not fit the state; nothing may have been changed then
    /// that [`crate::table::Undo`] cannot take back.
    fn apply(
        state: &mut Self::State,
        fold: &mut Fold<'_>,
        emitter: Address,
        event: &Self::Event,
    ) -> Result<(), FoldError>;
}

/// What `apply` may know besides the state: the block, the interned addresses, the running call.
#[derive(Debug)]
pub struct Fold<'a> {
    /// The block in which the event happens.
    pub block: &'a Block,
    /// Interned addresses of the whole world.
    pub accounts: &'a mut Accounts,
    /// The call that emits, for undo.
    pub mark: Mark,
}

/// A call that reached a native contract.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `msg.sender`.
    pub sender: Address,
    /// `address(this)`.
    pub this: Address,
    /// `msg.data`.
    pub input: &'a [u8],
}

/// A call that a contract makes to another.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The calling contract.
    pub from: Address,
    /// The called address.
    pub to: Address,
    /// Calldata.
    pub input: &'a [u8],
    /// A cap on the gas that the callee may use; the failure of a capped call is the callee's own.
    pub gas: Option<u64>,
    /// Whether state changes are forbidden (`STATICCALL`).
    pub is_static: bool,
}

impl<'a> Call<'a> {
    /// An ordinary call.
    #[must_use]
    pub fn new(from: Address, to: Address, input: &'a [u8]) -> Self {
        Self { from, to, input, gas: None, is_static: false }
    }

    /// A `STATICCALL`.
    #[must_use]
    pub fn view(from: Address, to: Address, input: &'a [u8]) -> Self {
        Self { is_static: true, ..Self::new(from, to, input) }
    }

    /// An ordinary call with a gas cap.
    #[must_use]
    pub fn capped(from: Address, to: Address, input: &'a [u8], gas: u64) -> Self {
        Self { gas: Some(gas), ..Self::new(from, to, input) }
    }
}

/// The world as the contracts of suite `S` see it.
pub trait Host<S: Suite> {
    /// The block being built.
    fn block(&self) -> &Block;

    /// The state of the suite. Changes made by calls show at once.
    fn state(&self) -> &S::State;

    /// Interned addresses; an address that was never seen has the id [`crate::table::NONE`].
    fn accounts(&self) -> &Accounts;

    /// Emits an event of `emitter`: folds it at once and records its log.
    ///
    /// # Errors
    /// A revert without data inside a static call; the fold's arithmetic panic.
    fn emit(&mut self, emitter: Address, event: S::Event) -> Result<(), Revert>;

    /// Calls another contract. A call to an address without code succeeds and returns nothing.
    /// Inside a static call every call is static.
    ///
    /// # Errors
    /// The callee's revert; everything the callee changed is taken back.
    fn call(&mut self, call: Call<'_>) -> Result<Bytes, Revert>;

    /// Whether there is a contract at the address.
    fn has_code(&self, address: Address) -> bool;

    /// The address at which a new contract comes to live.
    ///
    /// # Errors
    /// A revert when the address is taken.
    fn create(&mut self, creation: Creation) -> Result<Address, Revert>;

    /// Wei of an account.
    fn balance(&self, account: Address) -> U256;

    /// Sends wei of contract `from` along with a call without data.
    ///
    /// # Errors
    /// A revert without data when `from` holds less, or when a contract without a payable receive
    /// function lives at `to`.
    fn pay(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Revert>;

    /// Takes the reentrancy guard of a contract.
    ///
    /// # Errors
    /// `ReentrancyGuardReentrantCall()` when it is taken already.
    fn enter(&mut self, contract: Address) -> Result<(), Revert>;

    /// Gives the reentrancy guard of a contract back.
    fn leave(&mut self, contract: Address);

    /// Gas left for the running call. Gas is not modelled; only a replayer that plays back a
    /// recorded shortage answers less than `u64::MAX`.
    fn gas_left(&mut self) -> u64;

    /// Whether somebody records the calls.
    fn is_traced(&self) -> bool {
        false
    }

    /// A call between two contracts of the suite begins; see [`direct`].
    fn trace_open(&mut self, _call: &Call<'_>) {}

    /// The call that began last ends.
    fn trace_close(&mut self, _result: Result<&[u8], &Revert>) {}
}

/// What a function without a return value returns.
#[must_use]
pub fn returns_nothing(_: &()) -> Vec<u8> {
    Vec::new()
}

/// Runs `body`, which does what a call between two contracts of one suite would do, and lets a
/// recorder of calls see it as one. `input` and `output` make the calldata and the returned data;
/// they run only when somebody records.
///
/// # Errors
/// Those of `body`.
pub fn direct<S: Suite, T>(
    host: &mut dyn Host<S>,
    (from, to): (Address, Address),
    input: impl FnOnce() -> Vec<u8>,
    output: impl FnOnce(&T) -> Vec<u8>,
    body: impl FnOnce(&mut dyn Host<S>) -> Result<T, Revert>,
) -> Result<T, Revert> {
    if !host.is_traced() {
        return body(host);
    }
    host.trace_open(&Call::new(from, to, &input()));
    let result = body(host);
    match &result {
        Ok(value) => host.trace_close(Ok(&output(value))),
        Err(revert) => host.trace_close(Err(revert)),
    }
    result
}

/// Runs `body` under the reentrancy guard of `contract`.
/// Source: OpenZeppelin 5.0.2 `ReentrancyGuard.nonReentrant`.
///
/// # Errors
/// `ReentrancyGuardReentrantCall()`, or the error of `body`.
pub fn guarded<S: Suite, T>(
    host: &mut dyn Host<S>,
    contract: Address,
    body: impl FnOnce(&mut dyn Host<S>) -> Result<T, Revert>,
) -> Result<T, Revert> {
    guarded_or(host, contract, |taken| taken, body)
}

/// As [`guarded`], for contracts whose guard answers with an error of its own.
///
/// # Errors
/// What `refusal` makes of the taken guard, or the error of `body`.
pub fn guarded_or<S: Suite, T>(
    host: &mut dyn Host<S>,
    contract: Address,
    refusal: impl FnOnce(Revert) -> Revert,
    body: impl FnOnce(&mut dyn Host<S>) -> Result<T, Revert>,
) -> Result<T, Revert> {
    host.enter(contract).map_err(refusal)?;
    let result = body(host);
    host.leave(contract);
    result
}

/// A call written with an interface type: the callee must have code, as the compiler checks.
///
/// # Errors
/// A revert without data when there is no code; else the callee's revert.
pub fn call_interface<S: Suite>(host: &mut dyn Host<S>, call: Call<'_>) -> Result<Bytes, Revert> {
    if !host.has_code(call.to) {
        return Err(Revert::empty());
    }
    host.call(call)
}

/// A call through OpenZeppelin 5.0.2 `Address.functionCall`.
///
/// # Errors
/// `AddressEmptyCode(target)` when nothing is there, `FailedInnerCall()` for a revert without
/// data, else the callee's revert.
pub fn call_checked<S: Suite>(host: &mut dyn Host<S>, call: Call<'_>) -> Result<Bytes, Revert> {
    match host.call(call) {
        Ok(output) if output.is_empty() && !host.has_code(call.to) => {
            Err(library::AddressEmptyCode { target: call.to }.into())
        }
        Ok(output) => Ok(output),
        Err(revert) if revert.data().is_empty() => Err(library::FailedInnerCall {}.into()),
        Err(revert) => Err(revert),
    }
}

/// The word at position `at` of returned data, as the ABI decoder of a caller reads it.
///
/// # Errors
/// A revert without data when the data is too short.
pub fn word(output: &[u8], at: usize) -> Result<U256, Revert> {
    let start = at.saturating_mul(32);
    output.get(start..start.saturating_add(32)).map(U256::from_be_slice).ok_or_else(Revert::empty)
}
