//! Recorded view readings: a key such as `vault0.withdrawalsOf(3,alice)` as a call, its recorded
//! answer, and whether the answer still holds.

use crate::abi::{self, Function};
use crate::book::Book;
use crate::report::Difference;
use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use bondstone_kernel::Revert;
use bondstone_world::World;
use std::collections::BTreeMap;

/// The epochs of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// Start of epoch 0.
    pub init: u64,
    /// Seconds of an epoch.
    pub duration: u64,
}

impl Epochs {
    fn current(self, now: u64) -> u64 {
        now.saturating_sub(self.init).checked_div(self.duration).unwrap_or(0)
    }
}

/// What keys may refer to.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Contracts and accounts.
    pub book: Book,
    /// Epochs of vaults, also under the names of their slashers and delegators.
    pub epochs: BTreeMap<String, Epochs>,
}

/// A time that is given relative to the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    /// Where it stands in the calldata.
    offset: usize,
    /// Seconds before the block.
    back: u64,
}

/// What a view answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Word(B256),
    Reverted,
}

/// A key with its last recorded answer.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The key as recorded.
    pub key: String,
    /// The contract that is asked.
    pub to: Address,
    /// The function's name.
    pub function: String,
    input: Vec<u8>,
    moments: Vec<Moment>,
    bucket: Option<(Epochs, u64)>,
    output: DynSolType,
    expected: Answer,
    retired: bool,
}

/// Functions whose first argument is an epoch.
const BUCKETS: [&str; 5] = [
    "withdrawals",
    "withdrawalShares",
    "withdrawalsOf",
    "withdrawalSharesOf",
    "isWithdrawalsClaimed",
];

impl Reading {
    /// Takes a key apart.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(key: &str, value: &str, names: &Names) -> Result<Self, String> {
        let (path, rest) = key.split_once('(').ok_or("a view key without arguments")?;
        let inner = rest.strip_suffix(')').ok_or("a view key without closing bracket")?;
        let args: Vec<&str> =
            if inner.is_empty() { Vec::new() } else { inner.split(',').map(str::trim).collect() };
        let (contract, function) = match path.split_once('.') {
            Some(("opVault", function)) => ("operatorVaultOptInService", function),
            Some(("opNet", function)) => ("operatorNetworkOptInService", function),
            Some(both) => both,
            None if path == "middleware" => ("networkMiddlewareService", path),
            None => return Err(format!("view key {key} names no contract")),
        };
        let to = names.book.address(contract).ok_or_else(|| unknown("contract", contract))?;
        let known = overload(function, args.len()).ok_or_else(|| unknown("view", path))?;
        let epochs = names.epochs.get(contract).copied();
        let mut reading = Self {
            key: key.to_owned(),
            to,
            function: function.to_owned(),
            input: known.selector.to_vec(),
            moments: Vec::new(),
            bucket: None,
            output: known.outputs.first().cloned().unwrap_or(DynSolType::Bool),
            expected: Answer::Reverted,
            retired: false,
        };
        if let (true, Some(epochs)) = (BUCKETS.contains(&function), epochs) {
            let epoch = args.first().and_then(|epoch| epoch.parse().ok());
            reading.bucket = Some((epochs, epoch.ok_or_else(|| unknown("epoch of", key))?));
        }
        reading.arguments(&known.inputs, &args, &names.book, epochs)?;
        reading.expect(value)?;
        Ok(reading)
    }

    fn arguments(
        &mut self,
        types: &[DynSolType],
        args: &[&str],
        book: &Book,
        epochs: Option<Epochs>,
    ) -> Result<(), String> {
        let mut values = Vec::new();
        for (index, kind) in types.iter().enumerate() {
            let Some(arg) = args.get(index) else {
                values.push(DynSolValue::Bytes(Vec::new()));
                continue;
            };
            if let (DynSolType::Uint(48), Some(back)) = (kind, back(arg, epochs)?) {
                let offset = index.saturating_mul(32).saturating_add(4);
                self.moments.push(Moment { offset, back });
                values.push(DynSolValue::Uint(U256::ZERO, 48));
                continue;
            }
            values.push(argument(kind, arg, book)?);
        }
        self.input.extend(DynSolValue::Tuple(values).abi_encode_params());
        Ok(())
    }

    /// Takes a new recorded answer.
    ///
    /// # Errors
    /// What does not fit the view's type.
    pub fn expect(&mut self, value: &str) -> Result<(), String> {
        self.expected = match (value, &self.output) {
            ("REVERT", _) => Answer::Reverted,
            (_, DynSolType::Bool | DynSolType::Uint(_)) => {
                let number: U256 = value.parse().map_err(|_| format!("{value} is no number"))?;
                Answer::Word(number.into())
            }
            (_, DynSolType::Address) => {
                let address: Address =
                    value.parse().map_err(|_| format!("{value} is no address"))?;
                Answer::Word(address.into_word())
            }
            (_, DynSolType::FixedBytes(32)) => {
                Answer::Word(value.parse().map_err(|_| format!("{value} is no word"))?)
            }
            (_, kind) => return Err(format!("views of type {kind} are not recorded")),
        };
        Ok(())
    }

    /// Whether the key names an epoch that is no longer read at time `now`. Time does not run
    /// backwards, so such a key is done until the end of the trace.
    pub fn retire(&mut self, now: u64) -> bool {
        if let Some((epochs, epoch)) = self.bucket {
            let current = epochs.current(now);
            self.retired = epoch.saturating_add(1) < current || epoch > current.saturating_add(1);
        }
        self.retired
    }

    /// Asks the world and compares.
    ///
    /// # Errors
    /// The difference.
    pub fn check(&mut self, world: &mut World, now: u64) -> Result<(), Difference> {
        for moment in &self.moments {
            let word = U256::from(now.saturating_sub(moment.back)).to_be_bytes::<32>();
            let end = moment.offset.saturating_add(32);
            if let Some(slot) = self.input.get_mut(moment.offset..end) {
                slot.copy_from_slice(&word);
            }
        }
        let actual = world.read(Address::ZERO, self.to, &self.input);
        let same = match (&self.expected, &actual) {
            (Answer::Word(word), Ok(bytes)) => bytes.as_ref() == word.as_slice(),
            (Answer::Reverted, Err(_)) => true,
            _ => false,
        };
        if same { Ok(()) } else { Err(self.difference(&actual)) }
    }

    fn difference(&self, actual: &Result<Bytes, Revert>) -> Difference {
        let expected = match &self.expected {
            Answer::Word(word) => self.value(word.as_slice()),
            Answer::Reverted => "reverted".to_owned(),
        };
        let actual = match actual {
            Ok(bytes) => self.value(bytes),
            Err(revert) => format!("reverted, {}", abi::revert(revert.data())),
        };
        Difference { what: format!("view {}", self.key), expected, actual }
    }

    fn value(&self, bytes: &[u8]) -> String {
        let Ok(word) = B256::try_from(bytes) else {
            return format!("{} ({} bytes)", hex::encode_prefixed(bytes), bytes.len());
        };
        match &self.output {
            DynSolType::Address => format!("{:#x}", Address::from_word(word)),
            DynSolType::FixedBytes(_) => format!("{word:#x}"),
            _ => U256::from_be_bytes(word.0).to_string(),
        }
    }
}

fn unknown(what: &str, name: &str) -> String {
    format!("unknown {what} {name}")
}

/// The view with this name and number of arguments; a last `bytes` argument may be left out.
fn overload(name: &str, arguments: usize) -> Option<&'static Function> {
    let fits = |function: &&Function| {
        let hintless = function.inputs.len() == arguments.saturating_add(1)
            && function.inputs.last() == Some(&DynSolType::Bytes);
        function.outputs.len() == 1 && (function.inputs.len() == arguments || hintless)
    };
    abi::named(name).iter().find(fits)
}

/// Seconds before the block, for `now`, `now-N`, `now-D` and `now-D/N`.
fn back(arg: &str, epochs: Option<Epochs>) -> Result<Option<u64>, String> {
    let Some(rest) = arg.strip_prefix("now") else { return Ok(None) };
    let wrong = || format!("{arg} is no time");
    let Some(span) = rest.strip_prefix('-') else {
        return if rest.is_empty() { Ok(Some(0)) } else { Err(wrong()) };
    };
    let Some(part) = span.strip_prefix('D') else {
        return span.parse().map(Some).map_err(|_| wrong());
    };
    let duration = epochs.ok_or_else(|| format!("{arg}: epoch duration is not known"))?.duration;
    match part.strip_prefix('/') {
        None if part.is_empty() => Ok(Some(duration)),
        None => Err(wrong()),
        Some(divisor) => {
            let divisor: u64 = divisor.parse().map_err(|_| wrong())?;
            duration.checked_div(divisor).map(Some).ok_or_else(wrong)
        }
    }
}

/// Largest `uint48`.
const MAX_TIME: u64 = (1 << 48) - 1;

fn argument(kind: &DynSolType, arg: &str, book: &Book) -> Result<DynSolValue, String> {
    let wrong = || format!("{arg} is not of type {kind}");
    Ok(match kind {
        DynSolType::Address => DynSolValue::Address(book.address(arg).ok_or_else(wrong)?),
        DynSolType::FixedBytes(32) => DynSolValue::FixedBytes(subnetwork(arg, book)?, 32),
        DynSolType::Uint(48) if arg == "max" => DynSolValue::Uint(U256::from(MAX_TIME), 48),
        other => abi::typed(other, &serde_json::Value::String(arg.to_owned()))?,
    })
}

/// `network:identifier`, or 32 bytes in hexadecimal.
fn subnetwork(arg: &str, book: &Book) -> Result<B256, String> {
    let wrong = || format!("{arg} is no subnetwork");
    let Some((network, identifier)) = arg.split_once(':') else {
        return arg.parse().map_err(|_| wrong());
    };
    let network = book.address(network).ok_or_else(wrong)?;
    let identifier: U256 = identifier.parse().map_err(|_| wrong())?;
    if identifier.bit_len() > 96 {
        return Err(wrong());
    }
    let network = U256::from_be_slice(network.as_slice()) << 96;
    Ok(B256::from(network | identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        for (index, name) in
            ["vault0", "slasher0", "alice", "net0", "op1", "networkMiddlewareService"]
                .iter()
                .enumerate()
        {
            names.book.add(name, Address::repeat_byte(u8::try_from(index).unwrap() + 1));
        }
        let epochs = Epochs { init: 1000, duration: 61 };
        names.epochs.insert("vault0".to_owned(), epochs);
        names.epochs.insert("slasher0".to_owned(), epochs);
        names
    }

    #[test]
    fn every_form_of_key_is_understood() {
        for (key, value) in [
            ("vault0.activeStake()", "1"),
            ("vault0.withdrawalsOf(3,alice)", "1"),
            ("vault0.depositWhitelist()", "0"),
            ("slasher0.slashableStake(net0:1,op1,now-1)", "REVERT"),
            ("slasher0.slashableStake(net0:1,op1,now-D/2)", "5"),
            ("slasher0.slashableStake(net0:1,op1,now-D)", "5"),
            ("slasher0.resolver(net0:0)", "0x0000000000000000000000000000000000000000"),
            ("slasher0.resolverAt(net0:0,max)", "0x0000000000000000000000000000000000000000"),
            ("middleware(net0)", "0x0000000000000000000000000000000000000000"),
        ] {
            let reading = Reading::parse(key, value, &names());
            assert!(reading.is_ok(), "{key}: {reading:?}");
        }
        for key in ["vault0", "vault0.nothing()", "nobody.activeStake()", "activeStake()"] {
            assert!(Reading::parse(key, "1", &names()).is_err(), "{key}");
        }
    }

    #[test]
    fn times_are_relative_to_the_block() {
        let epochs = Some(Epochs { init: 0, duration: 61 });
        assert_eq!(back("now", epochs), Ok(Some(0)));
        assert_eq!(back("now-D/2", epochs), Ok(Some(30)));
        assert_eq!(back("now-D", epochs), Ok(Some(61)));
        assert_eq!(back("now-7", None), Ok(Some(7)));
        assert_eq!(back("77", None), Ok(None));
        assert!(back("now-D", None).is_err());
        assert!(back("now+1", epochs).is_err());
    }

    #[test]
    fn buckets_are_read_from_the_last_epoch_to_the_next() {
        let mut reading = Reading::parse("vault0.withdrawals(3)", "0", &names()).unwrap();
        let in_epoch = |epoch: u64| 1000 + 61 * epoch;
        let retired: Vec<_> = (1..7).map(|epoch| reading.retire(in_epoch(epoch))).collect();
        assert_eq!(retired, [true, false, false, false, true, true]);
    }

    #[test]
    fn a_subnetwork_is_an_address_and_an_identifier() {
        let word = subnetwork("net0:513", &names().book).unwrap();
        assert_eq!(word[..20], [4u8; 20]);
        assert_eq!(word[30..], [2, 1]);
        assert!(subnetwork("net0:79228162514264337593543950336", &names().book).is_err());
    }
}
