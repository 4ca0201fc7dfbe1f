//! The calls of a transaction as a tree, for whoever wants to see how it went.

use alloy_primitives::{Address, Bytes, Log, U256};
use bondstone_kernel::{Call, Revert};

/// A call, and the calls that it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFrame {
    /// The caller.
    pub from: Address,
    /// The called address.
    pub to: Address,
    /// Wei sent along.
    pub value: U256,
    /// Whether state changes were forbidden.
    pub is_static: bool,
    /// Calldata.
    pub input: Bytes,
    /// What it returned, or why it failed.
    pub outcome: Result<Bytes, Revert>,
    /// The calls that it made, in order; what a failed one did was taken back.
    pub calls: Vec<CallFrame>,
    /// The logs of this very call, without the internal ones, each with the number of calls made
    /// before it.
    pub logs: Vec<(usize, Log)>,
}

/// Writes down calls as they begin and end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    open: Vec<CallFrame>,
    ended: Vec<CallFrame>,
}

impl Recorder {
    pub(crate) fn open(&mut self, call: &Call<'_>) {
        self.open.push(CallFrame {
            from: call.from,
            to: call.to,
            value: U256::ZERO,
            is_static: call.is_static,
            input: Bytes::copy_from_slice(call.input),
            outcome: Ok(Bytes::new()),
            calls: Vec::new(),
            logs: Vec::new(),
        });
    }

    /// Wei that a contract sent, or tried to: a call without data and without further calls.
    pub(crate) fn paid(
        &mut self,
        from: Address,
        to: Address,
        wei: U256,
        result: &Result<(), Revert>,
    ) {
        self.open(&Call::new(from, to, &[]));
        if let Some(frame) = self.open.last_mut() {
            frame.value = wei;
        }
        self.close(result.as_ref().map(|()| &[][..]));
    }

    pub(crate) fn close(&mut self, result: Result<&[u8], &Revert>) {
        let Some(mut frame) = self.open.pop() else { return };
        frame.outcome = result.map(Bytes::copy_from_slice).map_err(Clone::clone);
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(frame),
            None => self.ended.push(frame),
        }
    }

    pub(crate) fn log(&mut self, log: &Log) {
        if let Some(frame) = self.open.last_mut() {
            frame.logs.push((frame.calls.len(), log.clone()));
        }
    }

    /// The outermost call.
    pub(crate) fn finish(self) -> Option<CallFrame> {
        self.ended.into_iter().next()
    }
}
