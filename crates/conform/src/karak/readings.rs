//! Recorded view readings: a key such as `V0.redeem.S1.0` as a question to the world, and the
//! answer as the recorder wrote it.

use crate::abi;
use crate::book::Book;
use crate::karak::header::Header;
use crate::report::Difference;
use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, Bytes, U256, b256, hex};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::dss::BaseDss;
use bondstone_karak::abi::handler::Querier;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::solady::{Pauser, SoladyErc20};
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::abi::viewer::StakeViewer;
use bondstone_world::World;
use serde_json::{Value, json};

/// First slot of Core's storage.
const CORE_SLOT: B256 = b256!("0x13c729cff436dc8ac22d145f2c778f6a709d225083f39538cc5e2674f2f10700");

/// Where an answer comes from.
#[derive(Clone, Debug)]
enum Question {
    /// A view of a contract.
    View { to: Address, input: Vec<u8>, output: DynSolType },
    /// A word of Core's storage, through its own view.
    Slot { core: Address, input: Vec<u8> },
    /// `operatorState[operator].nextSlashableTimestamp[dss]`, which no view tells.
    NextSlashable { operator: Address, dss: Address },
    /// `operatorState[operator].pendingStakeUpdates[vault]`, likewise.
    PendingUpdate { vault: Address },
    /// `operatorState[operator].pendingSlashingsInVault[vault]`, likewise.
    PendingSlashings { vault: Address },
    /// `slashingRequests[root]`, likewise.
    Queued { root: B256 },
    /// Wei of a node.
    Wei { vault: Address, owner: Address },
}

/// A key as a question.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The key as recorded.
    pub key: String,
    question: Question,
    /// An answer that was the same as what was recorded with it. Most readings do not change from
    /// step to step, and these two need not be taken apart again.
    same: Option<(Bytes, Value)>,
}

/// What keys may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Names and addresses.
    pub book: &'a Book,
    /// The header.
    pub header: &'a Header,
}

impl Names<'_> {
    fn find(&self, name: &str) -> Result<Address, String> {
        if name == "zero" {
            return Ok(Address::ZERO);
        }
        self.book.address(name).ok_or_else(|| format!("{name} has no address"))
    }

    /// One unit of a vault's shares or assets.
    fn unit(&self, vault: &str) -> Result<U256, String> {
        let vault = self.header.vaults.get(vault).ok_or_else(|| format!("{vault} is no vault"))?;
        U256::from(10)
            .checked_pow(U256::from(vault.decimals))
            .ok_or_else(|| format!("{} decimals", vault.decimals))
    }

    fn operators(&self) -> Vec<Address> {
        let is_operator =
            |name: &str| name.strip_prefix('O').is_some_and(|rest| rest.parse::<u32>().is_ok());
        self.header.names.iter().filter(|(n, _)| is_operator(n)).map(|(_, a)| *a).collect()
    }
}

fn view(to: Address, call: &impl SolCall, output: &str) -> Result<Question, String> {
    let output = DynSolType::parse(output).map_err(|error| error.to_string())?;
    Ok(Question::View { to, input: call.abi_encode(), output })
}

impl Reading {
    /// Takes a key apart.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(key: &str, names: Names<'_>) -> Result<Self, String> {
        let parts: Vec<&str> = key.split('.').collect();
        let question = match parts.as_slice() {
            ["core", rest @ ..] => of_core(rest, names),
            [name, "queued"] => of_slashing(name, names),
            [name, rest @ ..] => match name.chars().next() {
                Some('V') => of_vault(name, rest, names),
                Some('N') => of_native(name, rest, names),
                Some('T') => of_token(name, rest, names),
                Some('O') => of_operator(name, rest, names),
                Some('D') => of_service(name, rest, names),
                _ => Err("a key of no known contract".to_owned()),
            },
            [] => Err("an empty key".to_owned()),
        };
        let question = question.map_err(|what| format!("view {key}: {what}"))?;
        Ok(Self { key: key.to_owned(), question, same: None })
    }

    /// Asks the world and compares.
    ///
    /// # Errors
    /// The difference.
    pub fn check(&mut self, world: &mut World, expected: &Value) -> Result<(), Difference> {
        let actual = match &self.question {
            Question::View { to, input, output } => match world.read(Address::ZERO, *to, input) {
                Ok(bytes) => {
                    let same = self.same.as_ref();
                    if same.is_some_and(|same| same.0 == bytes && same.1 == *expected) {
                        return Ok(());
                    }
                    let actual = decoded(output, &bytes);
                    self.same = (actual == *expected).then(|| (bytes, actual.clone()));
                    actual
                }
                Err(revert) => json!({ "revert": hex::encode_prefixed(revert.data()) }),
            },
            question => question.ask(world),
        };
        if actual == *expected {
            return Ok(());
        }
        Err(Difference {
            what: format!("view {}", self.key),
            expected: expected.to_string(),
            actual: actual.to_string(),
        })
    }
}

impl Question {
    /// What is no view of a contract, out of the state.
    fn ask(&self, world: &mut World) -> Value {
        let word = |word: B256| json!(format!("{word:#x}"));
        match self {
            Self::View { .. } => Value::Null,
            Self::Slot { core, input } => match world.read(Address::ZERO, *core, input) {
                Ok(bytes) => match Core::extSloadsCall::abi_decode_returns(&bytes) {
                    Ok(words) => words.first().map_or(Value::Null, |first| word(*first)),
                    Err(_) => Value::Null,
                },
                Err(revert) => json!({ "revert": hex::encode_prefixed(revert.data()) }),
            },
            Self::NextSlashable { operator, dss } => {
                let find = |address: &Address| world.accounts().find(address);
                let next = world.karak().core.next_slashable(find(operator), find(dss));
                json!(next.to_string())
            }
            Self::PendingUpdate { vault } => {
                let operator = operator_of(world, *vault);
                let find = |address: &Address| world.accounts().find(address);
                word(world.karak().core.pending_update(find(&operator), find(vault)))
            }
            Self::PendingSlashings { vault } => {
                let vault = world.accounts().find(vault);
                json!(world.karak().core.pending_slashings.get(vault).to_string())
            }
            Self::Queued { root } => {
                let is_queued = world.karak().core.is_queued(*root);
                word(B256::with_last_byte(u8::from(is_queued)))
            }
            Self::Wei { vault, owner } => {
                let node = node_of(world, *vault, *owner);
                json!(world.balance(node).to_string())
            }
        }
    }
}

fn operator_of(world: &World, vault: Address) -> Address {
    match world.karak().contract(world.accounts(), vault) {
        bondstone_karak::Contract::Vault(id) => world.karak().vault.config.get(id).operator,
        _ => Address::ZERO,
    }
}

/// The node of a staker at a native vault.
#[must_use]
pub fn node_of(world: &World, vault: Address, owner: Address) -> Address {
    match world.karak().contract(world.accounts(), vault) {
        bondstone_karak::Contract::Vault(id) => {
            world.karak().native.account(id, world.accounts().find(&owner)).node
        }
        _ => Address::ZERO,
    }
}

/// An answer as the recorder writes it.
fn decoded(output: &DynSolType, bytes: &[u8]) -> Value {
    match DynSolType::Tuple(vec![output.clone()]).abi_decode_params(bytes) {
        Ok(DynSolValue::Tuple(values)) => values.first().map_or(Value::Null, written),
        _ => json!({ "undecoded": hex::encode_prefixed(bytes) }),
    }
}

fn written(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Bool(value) => json!(value),
        DynSolValue::Uint(value, _) => json!(value.to_string()),
        DynSolValue::Int(value, _) => json!(value.to_string()),
        DynSolValue::Address(value) => json!(value.to_checksum(None)),
        DynSolValue::FixedBytes(word, size) => {
            json!(hex::encode_prefixed(word.get(..*size).unwrap_or(&[])))
        }
        DynSolValue::Array(values) | DynSolValue::Tuple(values) => {
            Value::Array(values.iter().map(written).collect())
        }
        other => json!(format!("{other:?}")),
    }
}

fn unknown() -> Result<Question, String> {
    Err("a view that is not known".to_owned())
}

fn of_core(rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let core = names.find("core")?;
    match rest {
        ["paused"] => view(core, &Pauser::pausedMapCall {}, "uint256"),
        [slot, _] => {
            let number = slot.strip_prefix("slot").and_then(|number| number.parse::<u64>().ok());
            let number = number.ok_or("a slot without a number")?;
            let slot = U256::from_be_bytes(CORE_SLOT.0).wrapping_add(U256::from(number));
            let input = Core::extSloadsCall { slots: vec![slot.into()] }.abi_encode();
            Ok(Question::Slot { core, input })
        }
        _ => unknown(),
    }
}

fn of_slashing(name: &str, names: Names<'_>) -> Result<Question, String> {
    let number = name.strip_prefix("slash").and_then(|number| number.parse::<usize>().ok());
    let number = number.ok_or("a slashing without a number")?;
    let slashing =
        names.header.pending_slashes.get(number).ok_or("a slashing not in the header")?;
    Ok(Question::Queued { root: slashing.root })
}

/// Keys that every vault has.
fn of_any_vault(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let (vault, core) = (names.find(name)?, names.find("core")?);
    match rest {
        ["totalAssets"] => view(vault, &Vault::totalAssetsCall {}, "uint256"),
        ["totalSupply"] => view(vault, &SoladyErc20::totalSupplyCall {}, "uint256"),
        ["toAssets1"] => {
            view(vault, &Vault::convertToAssetsCall { shares: names.unit(name)? }, "uint256")
        }
        ["toShares1"] => {
            view(vault, &Vault::convertToSharesCall { assets: names.unit(name)? }, "uint256")
        }
        ["paused"] => view(vault, &Pauser::pausedMapCall {}, "uint256"),
        ["impl"] => view(core, &Core::implementation_1Call { vault }, "address"),
        ["queuedForSlashing"] => view(core, &Core::isVaultQueuedForSlashingCall { vault }, "bool"),
        ["leverage"] => view(core, &Core::getLeverageCall { vault }, "uint256"),
        ["bal", holder] => {
            let owner = names.find(holder)?;
            view(vault, &SoladyErc20::balanceOfCall { owner }, "uint256")
        }
        ["nonce", staker] => {
            let staker = names.find(staker)?;
            view(vault, &Vault::getNextWithdrawNonceCall { staker }, "uint256")
        }
        ["pendingStakeUpdate"] => Ok(Question::PendingUpdate { vault }),
        ["pendingSlashings"] => Ok(Question::PendingSlashings { vault }),
        _ => unknown(),
    }
}

fn of_vault(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let vault = names.find(name)?;
    match rest {
        ["allow", staker] => {
            let call = SoladyErc20::allowanceCall { owner: names.find(staker)?, spender: vault };
            view(vault, &call, "uint256")
        }
        ["redeem", staker, nonce] => {
            let (staker, nonce) = (names.find(staker)?, number(nonce)?);
            let call = Vault::getQueuedWithdrawalCall { staker, withdrawNonce: nonce };
            view(vault, &call, "(address,uint96,uint256,address)")
        }
        _ => of_any_vault(name, rest, names),
    }
}

fn of_native(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let vault = names.find(name)?;
    match rest {
        ["wd", owner, nonce] => {
            let (owner, nonce) = (names.find(owner)?, number(nonce)?);
            let call =
                NativeVault::getQueuedWithdrawalCall { nodeOwner: owner, withdrawNonce: nonce };
            view(vault, &call, "(address,uint96,uint256,address)")
        }
        ["node", owner, what] => {
            let owner = names.find(owner)?;
            match *what {
                "eth" => Ok(Question::Wei { vault, owner }),
                "withdrawable" => {
                    view(vault, &NativeVault::withdrawableWeiCall { nodeOwner: owner }, "uint256")
                }
                "lastSnapshot" => {
                    let call = NativeVault::lastSnapshotTimestampCall { nodeOwner: owner };
                    view(vault, &call, "uint64")
                }
                "curSnapshot" => {
                    let call = NativeVault::currentSnapshotTimestampCall { nodeOwner: owner };
                    view(vault, &call, "uint64")
                }
                _ => unknown(),
            }
        }
        _ => of_any_vault(name, rest, names),
    }
}

fn of_token(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let token = names.find(name)?;
    match rest {
        ["supply"] => view(token, &SoladyErc20::totalSupplyCall {}, "uint256"),
        ["bal", holder] => {
            let owner = names.find(holder)?;
            view(token, &SoladyErc20::balanceOfCall { owner }, "uint256")
        }
        ["allowlisted"] => {
            view(names.find("core")?, &Core::isAssetAllowlistedCall { asset: token }, "bool")
        }
        _ => unknown(),
    }
}

fn of_operator(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let (operator, core) = (names.find(name)?, names.find("core")?);
    match rest {
        ["vaults"] => view(core, &Core::getOperatorVaultsCall { operator }, "address[]"),
        [dss, what] => {
            let dss = names.find(dss)?;
            match *what {
                "registered" => {
                    view(core, &Core::isOperatorRegisteredToDSSCall { operator, dss }, "bool")
                }
                "staked" => {
                    view(core, &Core::fetchVaultsStakedInDSSCall { operator, dss }, "address[]")
                }
                "queuedExit" => {
                    let querier = names.find("querier")?;
                    let call = Querier::fetchVaultsQueuedForExitCall { operator, dss };
                    view(querier, &call, "address[]")
                }
                "nextSlashable" => Ok(Question::NextSlashable { operator, dss }),
                _ => unknown(),
            }
        }
        _ => unknown(),
    }
}

fn of_service(name: &str, rest: &[&str], names: Names<'_>) -> Result<Question, String> {
    let dss = names.find(name)?;
    match rest {
        ["max"] => {
            let core = names.find("core")?;
            view(core, &Core::getDssMaxSlashablePercentageWadCall { dss }, "uint256")
        }
        ["operators"] => view(dss, &BaseDss::getRegisteredOperatorsCall {}, "address[]"),
        ["active", operator] => {
            let operator = names.find(operator)?;
            view(dss, &BaseDss::getActiveVaultsCall { operator }, "address[]")
        }
        ["jailed", operator] => {
            let operator = names.find(operator)?;
            view(dss, &BaseDss::isOperatorJailedCall { operator }, "bool")
        }
        ["stakeUsd"] => {
            let call = StakeViewer::getStakeDistributionUSDForOperatorsCall {
                dss,
                operators: names.operators(),
                oracleSpecificData: Default::default(),
            };
            let output = "(uint256,(address,uint256,(address,address,uint256,uint256)[])[])";
            view(names.find("viewer")?, &call, output)
        }
        _ => unknown(),
    }
}

fn number(text: &str) -> Result<U256, String> {
    abi::uint(&json!(text)).ok_or_else(|| format!("{text} is no number"))
}
