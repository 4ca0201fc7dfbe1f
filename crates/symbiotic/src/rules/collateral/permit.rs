//! Pulling a token with a permit where it has one, with Permit2 where it has none.
//! Source: Symbiotic collateral `libraries/Permit2Lib.sol`, after Uniswap's.

use crate::Symbiotic;
use crate::abi::collateral::{DaiPermit, DefaultCollateral, Permit, Permit2};
use alloy_primitives::aliases::{U48, U160};
use alloy_primitives::{Address, B256, Bytes, U256, address, b256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Host, Message, Revert};

/// Permit2 lives at the same address on every chain.
const PERMIT2: Address = address!("0x000000000022D473030F116dDEE9F6B43aC78BA3");

/// WETH of Ethereum mainnet: answers any call, so it must not be asked for its domain.
const WETH9: Address = address!("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");

/// Domain separator of DAI on Ethereum mainnet, whose permit is its own.
const DAI_DOMAIN: B256 =
    b256!("0xdbb8cf42e1ecb028be3f3dbc922e1d878b963f411dc388ced501601c60f7c6f7");

/// What the question for a domain separator may cost.
const DOMAIN_GAS: u64 = 5_000;

/// Pulls `amount` of `token` from `owner` into `this`, through Permit2 when the token refuses.
/// Source: `Permit2Lib.transferFrom2`.
pub(super) fn transfer_from2(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    token: Address,
    owner: Address,
    amount: U256,
) -> Result<(), Revert> {
    let input = Erc20::transferFromCall { from: owner, to: this, value: amount }.abi_encode();
    let accepted = match host.call(Call::new(this, token, &input)) {
        Ok(output) if output.is_empty() => true,
        Ok(output) => first_word(&output) == U256::ONE,
        Err(_) => false,
    };
    if accepted {
        return Ok(());
    }
    let call = Permit2::transferFromCall { from: owner, to: this, amount: to_u160(amount)?, token };
    call_interface(host, Call::new(this, PERMIT2, &call.abi_encode()))?;
    Ok(())
}

/// Uses a signature as the token's own permit, or else as a permit of Permit2. A permit that fails
/// is no error: the pull that follows decides.
/// Source: `Permit2Lib.tryPermit2`.
pub(super) fn try_permit2(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    token: Address,
    call: &DefaultCollateral::deposit_1Call,
) -> Result<(), Revert> {
    if let Some(domain) = domain_of(host, message.this, token) {
        let input = native_permit(host, message, token, domain, call)?;
        if host.call(Call::new(message.this, token, &input)).is_ok() {
            return Ok(());
        }
    }
    simple_permit2(host, message, token, call)
}

fn domain_of(host: &mut dyn Host<Symbiotic>, this: Address, token: Address) -> Option<B256> {
    if token == WETH9 {
        return None;
    }
    let input = Permit::DOMAIN_SEPARATORCall {}.abi_encode();
    let call = Call { gas: Some(DOMAIN_GAS), ..Call::view(this, token, &input) };
    let output = host.call(call).ok()?;
    let domain = B256::try_from(&output[..]).ok()?;
    (!domain.is_zero()).then_some(domain)
}

fn native_permit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    token: Address,
    domain: B256,
    call: &DefaultCollateral::deposit_1Call,
) -> Result<Vec<u8>, Revert> {
    let (owner, spender) = (message.sender, message.this);
    let (v, r, s) = (call.v, call.r, call.s);
    if domain != DAI_DOMAIN {
        let (value, deadline) = (call.amount, call.deadline);
        let permit = Permit::permitCall { owner, spender, value, deadline, v, r, s };
        return Ok(permit.abi_encode());
    }
    let input = Permit::noncesCall { owner }.abi_encode();
    let output = call_interface(host, Call::view(spender, token, &input))?;
    let nonce = bondstone_kernel::host::word(&output, 0)?;
    let (holder, expiry, allowed) = (owner, call.deadline, true);
    let permit = DaiPermit::permitCall { holder, spender, nonce, expiry, allowed, v, r, s };
    Ok(permit.abi_encode())
}

/// Source: `Permit2Lib.simplePermit2`.
fn simple_permit2(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    token: Address,
    call: &DefaultCollateral::deposit_1Call,
) -> Result<(), Revert> {
    let (owner, spender) = (message.sender, message.this);
    let input = Permit2::allowanceCall { user: owner, token, spender }.abi_encode();
    let output = call_interface(host, Call::view(spender, PERMIT2, &input))?;
    let allowance = Permit2::allowanceCall::abi_decode_returns_validate(&output)
        .map_err(|_| Revert::empty())?;
    let details = Permit2::PermitDetails {
        token,
        amount: to_u160(call.amount)?,
        expiration: U48::MAX,
        nonce: allowance.nonce,
    };
    let signature = call.r.iter().chain(call.s.iter()).copied().chain([call.v]);
    let permit = Permit2::permitCall {
        owner,
        permitSingle: Permit2::PermitSingle { details, spender, sigDeadline: call.deadline },
        signature: signature.collect::<Bytes>(),
    };
    // The contract catches the failure of this call.
    drop(host.call(Call::new(spender, PERMIT2, &permit.abi_encode())));
    Ok(())
}

fn to_u160(amount: U256) -> Result<U160, Revert> {
    U160::checked_from_limbs_slice(amount.as_limbs()).ok_or_else(|| Permit2::UnsafeCast {}.into())
}

/// The first word of returned data as an assembly block reads it: what is missing is zero.
fn first_word(output: &[u8]) -> U256 {
    let mut word = [0u8; 32];
    for (to, from) in word.iter_mut().zip(output) {
        *to = *from;
    }
    U256::from_be_bytes(word)
}
