//! The two opt-in services: operators to vaults, operators to networks.

use super::{hint, hints, now};
use crate::abi::registry::{IncreaseNonce, OptIn, OptInService, OptOut};
use crate::state::{Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, b256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Id, Message, Revert, Timestamp, require, signature};

/// Version in the EIP-712 domain of both services.
const DOMAIN_VERSION: &str = "1";
/// ERC-5267: name, version, chain id and contract make up the domain.
const DOMAIN_FIELDS: FixedBytes<1> = FixedBytes([0x0f]);
/// keccak256 of `OptIn(address who,address where,uint256 nonce,uint48 deadline)`.
const OPT_IN_TYPE: B256 =
    b256!("0x6ab5200f1123a8d51d1695a9e5e757267926b53c6359f90b8873cc7dcc30ea2c");
/// keccak256 of `OptOut(address who,address where,uint256 nonce,uint48 deadline)`.
const OPT_OUT_TYPE: B256 =
    b256!("0x7830334d17a05ab8aeca8f1778e27182208fc2d454ac7b38a4edc2069ee3a4a6");

/// What a signature to an opt-in service asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `optIn`.
    In,
    /// `optOut`.
    Out,
}

/// Whether `who` is opted in to `wher` (both interned) at the opt-in service `service`.
/// Source: `OptInService.isOptedIn`.
#[must_use]
pub fn is_opted_in(state: &State, service: Kind, who: Id, wher: Id) -> bool {
    let registry = &state.registry;
    registry.opt_ins.get(registry.opt_in_key(service, who, wher)).latest()
}

/// As [`is_opted_in`], at a moment in seconds. Source: `OptInService.isOptedInAt`.
///
/// # Errors
/// A revert without data for a malformed hint, `Panic(0x32)` for one past the history.
pub fn is_opted_in_at(
    state: &State,
    service: Kind,
    who: Id,
    wher: Id,
    timestamp: u64,
    hint: &[u8],
) -> Result<bool, Revert> {
    let registry = &state.registry;
    hint::lookup(registry.opt_ins.get(registry.opt_in_key(service, who, wher)), timestamp, hint)
}

/// A signed request to opt in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// In or out.
    pub choice: Choice,
    /// The operator, who signs.
    pub who: Address,
    /// The vault or network.
    pub wher: Address,
    /// The operator's nonce for it, at the moment of use.
    pub nonce: U256,
    /// Last second at which the signature is good.
    pub deadline: Timestamp,
}

impl Request {
    /// The EIP-712 digest to sign, for the service `service` that lives at `contract`.
    /// Source: `OptInService._hash`.
    #[must_use]
    pub fn digest(&self, service: Kind, chain_id: u64, contract: Address) -> B256 {
        let type_hash = match self.choice {
            Choice::In => OPT_IN_TYPE,
            Choice::Out => OPT_OUT_TYPE,
        };
        let deadline = U256::from(self.deadline.0);
        let fields = (type_hash, self.who, self.wher, self.nonce, deadline);
        let name = domain_name(service);
        let domain = signature::domain_separator(name, DOMAIN_VERSION, chain_id, contract);
        signature::typed_data_digest(domain, keccak256(fields.abi_encode()))
    }
}

/// Answers a call to one of the opt-in services.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use OptInService::OptInServiceCalls as Call;
    match Call::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Call::WHO_REGISTRY(_) => {
            return Ok(host.state().singleton(Kind::OperatorRegistry).abi_encode());
        }
        Call::WHERE_REGISTRY(_) => {
            return Ok(host.state().singleton(where_registry(kind)).abi_encode());
        }
        Call::eip712Domain(_) => return Ok(eip712_domain(host, kind, message.this)),
        Call::isOptedIn(c) => {
            let ids = (host.accounts().find(&c.who), host.accounts().find(&c.r#where));
            return Ok(is_opted_in(host.state(), kind, ids.0, ids.1).abi_encode());
        }
        Call::isOptedInAt(c) => {
            let ids = (host.accounts().find(&c.who), host.accounts().find(&c.r#where));
            let at = c.timestamp.saturating_to();
            let held = is_opted_in_at(host.state(), kind, ids.0, ids.1, at, &c.hint)?;
            return Ok(held.abi_encode());
        }
        Call::nonces(c) => return Ok(nonce(host, kind, c.who, c.r#where).abi_encode()),
        Call::optIn_0(c) => opt_in(host, kind, message.this, message.sender, c.r#where)?,
        Call::optIn_1(c) => {
            let request = Request {
                choice: Choice::In,
                who: c.who,
                wher: c.r#where,
                nonce: nonce(host, kind, c.who, c.r#where),
                deadline: Timestamp(c.deadline.saturating_to()),
            };
            check_signature(host, kind, message.this, request, &c.signature)?;
            opt_in(host, kind, message.this, c.who, c.r#where)?;
        }
        Call::optOut_0(c) => opt_out(host, kind, message.this, message.sender, c.r#where)?,
        Call::optOut_1(c) => {
            let request = Request {
                choice: Choice::Out,
                who: c.who,
                wher: c.r#where,
                nonce: nonce(host, kind, c.who, c.r#where),
                deadline: Timestamp(c.deadline.saturating_to()),
            };
            check_signature(host, kind, message.this, request, &c.signature)?;
            opt_out(host, kind, message.this, c.who, c.r#where)?;
        }
        Call::increaseNonce(c) => {
            let event = IncreaseNonce { who: message.sender, r#where: c.r#where };
            host.emit(message.this, event.into())?;
        }
        Call::staticDelegateCall(c) => {
            return Err(hints::static_delegate_call(host, message, c.target, &c.data));
        }
    }
    Ok(Vec::new())
}

/// Name in the EIP-712 domain of a service.
fn domain_name(service: Kind) -> &'static str {
    match service {
        Kind::OperatorVaultOptInService => "OperatorVaultOptInService",
        _ => "OperatorNetworkOptInService",
    }
}

/// The registry in which an operator's counterpart must be.
fn where_registry(service: Kind) -> Kind {
    match service {
        Kind::OperatorVaultOptInService => Kind::VaultFactory,
        _ => Kind::NetworkRegistry,
    }
}

/// Source: OpenZeppelin 5.0.2 `EIP712.eip712Domain` (ERC-5267).
fn eip712_domain(host: &SymbioticHost<'_>, service: Kind, this: Address) -> Vec<u8> {
    let fields = (
        DOMAIN_FIELDS,
        domain_name(service).to_owned(),
        DOMAIN_VERSION.to_owned(),
        U256::from(host.block().chain_id),
        this,
        B256::ZERO,
        Vec::<U256>::new(),
    );
    fields.abi_encode_params()
}

fn nonce(host: &SymbioticHost<'_>, service: Kind, who: Address, wher: Address) -> U256 {
    let ids = (host.accounts().find(&who), host.accounts().find(&wher));
    let registry = &host.state().registry;
    *registry.opt_in_nonces.get(registry.opt_in_key(service, ids.0, ids.1))
}

/// The two checks of the signature forms. A deadline of this very second is still good.
fn check_signature(
    host: &mut dyn Host<Symbiotic>,
    service: Kind,
    this: Address,
    request: Request,
    signature: &Bytes,
) -> Result<(), Revert> {
    require!(request.deadline >= now(host)?, OptInService::ExpiredSignature {});
    let digest = request.digest(service, host.block().chain_id, this);
    let is_valid = signature::is_valid_now(host, this, request.who, digest, signature);
    require!(is_valid, OptInService::InvalidSignature {});
    Ok(())
}

/// Source: `OptInService._optIn`.
fn opt_in(
    host: &mut dyn Host<Symbiotic>,
    service: Kind,
    this: Address,
    who: Address,
    wher: Address,
) -> Result<(), Revert> {
    let ids = (host.accounts().find(&who), host.accounts().find(&wher));
    let state = host.state();
    let is_who = state.registry.is_entity(Kind::OperatorRegistry, ids.0);
    require!(is_who, OptInService::NotWho {});
    let is_where = state.registry.is_entity(where_registry(service), ids.1);
    require!(is_where, OptInService::NotWhereEntity {});
    let is_in = is_opted_in(state, service, ids.0, ids.1);
    require!(!is_in, OptInService::AlreadyOptedIn {});
    now(host)?;
    host.emit(this, IncreaseNonce { who, r#where: wher }.into())?;
    host.emit(this, OptIn { who, r#where: wher }.into())
}

/// Source: `OptInService._optOut`. Registries are not asked.
fn opt_out(
    host: &mut dyn Host<Symbiotic>,
    service: Kind,
    this: Address,
    who: Address,
    wher: Address,
) -> Result<(), Revert> {
    let ids = (host.accounts().find(&who), host.accounts().find(&wher));
    let registry = &host.state().registry;
    let trace = registry.opt_ins.get(registry.opt_in_key(service, ids.0, ids.1));
    let last = trace.latest_checkpoint().unwrap_or_default();
    require!(last.value, OptInService::NotOptedIn {});
    require!(last.key != now(host)?.0, OptInService::OptOutCooldown {});
    host.emit(this, IncreaseNonce { who, r#where: wher }.into())?;
    host.emit(this, OptOut { who, r#where: wher }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, hex};

    #[test]
    fn type_hashes_are_those_of_the_types() {
        let fields = "(address who,address where,uint256 nonce,uint48 deadline)";
        assert_eq!(keccak256(format!("OptIn{fields}")), OPT_IN_TYPE);
        assert_eq!(keccak256(format!("OptOut{fields}")), OPT_OUT_TYPE);
    }

    #[test]
    fn signatures_that_the_real_service_took_are_good() {
        let service = address!("0xcee8c0716f249bca397986e869322e931de69b96");
        let opt_in = Request {
            choice: Choice::In,
            who: address!("0x4adedb7e27c7507d076302ca69bfe83dd6866b68"),
            wher: address!("0x29a4e4f8db9165adf30f260e1c684d470ff11d25"),
            nonce: U256::from(1),
            deadline: Timestamp(1_750_000_011),
        };
        let opt_out = Request {
            choice: Choice::Out,
            nonce: U256::from(2),
            deadline: Timestamp(1_750_000_020),
            ..opt_in
        };
        let signatures = [
            hex!(
                "73564acca0c0c437a4f118aaae9a0ec4a7c0131af51cf5487762160056e9bb91"
                "4e272bddd4709449c7fc5f64979d370e674a97ef174961fc8c6ac925d82f41de1b"
            ),
            hex!(
                "333c2ca42df9177e3ed9f83b168efc7f987f1eda94d04288b7685397d430712e"
                "35831b3917c0fc6cf0bef17e2d4f8f4ac7421375c6ba091c0191b596d7a083851c"
            ),
        ];
        for (request, signature) in [opt_in, opt_out].iter().zip(signatures) {
            let digest = request.digest(Kind::OperatorVaultOptInService, 31337, service);
            assert_eq!(signature::recover(digest, &signature), Some(request.who));
        }
    }
}
