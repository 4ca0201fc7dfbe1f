//! What every side of a comparison can do: take calls and say what became of them.

use crate::error::BenchError;
use alloy_primitives::{Address, Bytes, Log, hex};
use alloy_sol_types::SolCall;

/// A call from an account to a contract.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who sends it.
    pub(crate) from: Address,
    /// The called contract.
    pub(crate) to: Address,
    /// Calldata.
    pub(crate) input: Bytes,
}

impl Call {
    /// A call of a function.
    pub(crate) fn new(from: Address, to: Address, call: &impl SolCall) -> Self {
        Self { from, to, input: call.abi_encode().into() }
    }
}

/// What became of a call.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Whether it succeeded.
    pub(crate) succeeded: bool,
    /// What it returned, or its revert data. Empty where a receipt does not tell.
    pub(crate) output: Bytes,
    /// Its logs.
    pub(crate) logs: Vec<Log>,
}

impl Answer {
    /// Whether two chains did the same although the same contract has another address on each: the
    /// outcome, what was returned, and of each log its event, number of topics and data.
    fn is_like(&self, other: &Self) -> bool {
        let like = |(a, b): (&Log, &Log)| {
            let (a, b) = (&a.data, &b.data);
            a.topics().first() == b.topics().first()
                && a.topics().len() == b.topics().len()
                && a.data == b.data
        };
        (self.succeeded, &self.output) == (other.succeeded, &other.output)
            && self.logs.len() == other.logs.len()
            && self.logs.iter().zip(&other.logs).all(like)
    }
}

/// A chain on which the comparison is set up.
pub(crate) trait Chain {
    /// What it is called in tables and errors.
    fn name(&self) -> &'static str;

    /// Sends a call and waits for what becomes of it.
    fn send(&mut self, call: &Call) -> Result<Answer, BenchError>;

    /// What the call would return now.
    fn view(&mut self, call: &Call) -> Result<Answer, BenchError>;
}

/// A chain that takes compiled contracts.
pub(crate) trait Creates: Chain {
    /// Deploys a contract and says where it is.
    fn create(&mut self, from: Address, code: Bytes) -> Result<Address, BenchError>;
}

/// Sends a call that has to work, and returns what it returned.
pub(crate) fn perform<C: SolCall>(
    chain: &mut impl Chain,
    from: Address,
    to: Address,
    call: &C,
) -> Result<C::Return, BenchError> {
    // A receipt does not tell what was returned; the same call just before it does.
    let returned = ask(chain, from, to, call)?;
    let call = Call::new(from, to, call);
    let answer = chain.send(&call)?;
    must_succeed::<C>(chain.name(), &answer)?;
    Ok(returned)
}

/// Asks a contract.
pub(crate) fn ask<C: SolCall>(
    chain: &mut impl Chain,
    from: Address,
    to: Address,
    call: &C,
) -> Result<C::Return, BenchError> {
    let answer = chain.view(&Call::new(from, to, call))?;
    must_succeed::<C>(chain.name(), &answer)?;
    C::abi_decode_returns(&answer.output).map_err(|error| BenchError::Failed {
        chain: chain.name(),
        what: C::SIGNATURE.to_owned(),
        why: format!("it returns 0x{}: {error}", hex::encode(&answer.output)),
    })
}

fn must_succeed<C: SolCall>(chain: &'static str, answer: &Answer) -> Result<(), BenchError> {
    if answer.succeeded {
        return Ok(());
    }
    let why = format!("it reverts with 0x{}", hex::encode(&answer.output));
    Err(BenchError::Failed { chain, what: C::SIGNATURE.to_owned(), why })
}

/// That all calls succeeded and that both sides did the same: a measurement of failing or of
/// different calls is worth nothing.
pub(crate) fn compare(
    operation: &str,
    (left_name, left): (&'static str, &[Answer]),
    (right_name, right): (&'static str, &[Answer]),
) -> Result<(), BenchError> {
    let different = |number: usize, left: String, right: String| BenchError::Different {
        operation: operation.to_owned(),
        number,
        left_name,
        left,
        right_name,
        right,
    };
    if left.len() != right.len() {
        let count = |side: &[Answer]| format!("{} answers", side.len());
        return Err(different(0, count(left), count(right)));
    }
    for (number, (left, right)) in left.iter().zip(right).enumerate() {
        if !left.succeeded || !right.succeeded || !left.is_like(right) {
            return Err(different(number, format!("{left:?}"), format!("{right:?}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B256, LogData};

    fn answer(succeeded: bool, data: &'static [u8]) -> Answer {
        let topics = vec![B256::repeat_byte(1), B256::repeat_byte(2)];
        let data = LogData::new_unchecked(topics, Bytes::from_static(data));
        let logs = vec![Log { address: Address::ZERO, data }];
        Answer { succeeded, output: Bytes::new(), logs }
    }

    fn agree(left: &[Answer], right: &[Answer]) -> bool {
        compare("an operation", ("left", left), ("right", right)).is_ok()
    }

    #[test]
    fn the_same_calls_agree_wherever_their_contracts_are() {
        let mut elsewhere = answer(true, b"a");
        elsewhere.logs[0].address = Address::repeat_byte(7);
        assert!(agree(&[answer(true, b"a")], &[elsewhere]));
    }

    #[test]
    fn calls_that_fail_are_refused_even_when_both_do() {
        assert!(!agree(&[answer(false, b"a")], &[answer(false, b"a")]));
    }

    #[test]
    fn another_log_is_a_difference() {
        assert!(!agree(&[answer(true, b"a")], &[answer(true, b"b")]));
        let mut fewer = answer(true, b"a");
        fewer.logs.clear();
        assert!(!agree(&[answer(true, b"a")], &[fewer]));
        assert!(!agree(&[answer(true, b"a")], &[]));
    }
}
