//! The registry of names. Source: Karak V2 `RestakingRegistry`.

use super::solady::{Ownership, check_owner, dispatch_ownable, initialize_owner};
use super::{find, initializer};
use crate::abi::registry::RestakingRegistry::{
    AddressZero, InvalidFourthSegment, KnsUpdated, NotKnsOwner, RestakingRegistryCalls,
    UnexpectedAmtOfDots,
};
use crate::state::Name;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert, require};

/// Answers a call to a registry of names.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    use RestakingRegistryCalls as Call;
    if let Some(answer) = dispatch_ownable(host, message, Ownership::Plain) {
        return answer;
    }
    let call = Call::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    match call {
        Call::VERSION(_) => return Ok("1.0.0".to_owned().abi_encode()),
        Call::getKns(c) => {
            let name = name(host, message.this, &c.kns);
            return Ok((name.entity, name.owner).abi_encode());
        }
        Call::validateKNSFormat(c) => {
            check_format(&c.input)?;
            return Ok(true.abi_encode());
        }
        Call::initialize(c) => {
            initializer(host, message.this, |host| initialize_owner(host, message.this, c.owner))?
        }
        Call::register(c) => {
            require!(!c.owner.is_zero() && !c.entity.is_zero(), AddressZero {});
            let held = name(host, message.this, &c.kns);
            let is_free = held.entity.is_zero() || held.owner == message.sender;
            require!(is_free, NotKnsOwner {});
            insert(host, message.this, c.kns, c.entity, c.owner)?;
        }
        Call::overrideKns(c) => {
            check_owner(host, message)?;
            insert(host, message.this, c.kns, c.knsData.entity, c.knsData.owner)?;
        }
    }
    Ok(Vec::new())
}

fn name(host: &KarakHost<'_>, this: Address, kns: &str) -> Name {
    let state = host.state();
    *state.names.get(state.name_keys.find(&(find(host, this), keccak256(kns))))
}

fn insert(
    host: &mut dyn Host<Karak>,
    this: Address,
    kns: String,
    entity: Address,
    owner: Address,
) -> Result<(), Revert> {
    check_format(&kns)?;
    host.emit(this, KnsUpdated { kns, entity, owner }.into())
}

/// At least four dots, a fourth segment that says what is named, nothing empty before it and
/// something after the fourth dot. Source: `RestakingRegistry.validateKNSFormat`.
fn check_format(kns: &str) -> Result<(), Revert> {
    let dots = kns.bytes().filter(|byte| *byte == b'.').count();
    let unexpected = || Revert::from(UnexpectedAmtOfDots { dotCount: U256::from(dots) });
    let mut segments = kns.splitn(5, '.');
    let mut next = || segments.next().ok_or_else(unexpected);
    let (first, second, third) = (next()?, next()?, next()?);
    let (fourth, rest) = (next()?, next()?);
    if !["dss", "operator", "vault"].contains(&fourth) {
        return Err(InvalidFourthSegment { fourthSegment: fourth.to_owned() }.into());
    }
    if [first, second, third, rest].iter().any(|segment| segment.is_empty()) {
        return Err(unexpected());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(count: u64) -> Result<(), Revert> {
        Err(UnexpectedAmtOfDots { dotCount: U256::from(count) }.into())
    }

    fn fourth(segment: &str) -> Result<(), Revert> {
        Err(InvalidFourthSegment { fourthSegment: segment.to_owned() }.into())
    }

    #[test]
    fn names_have_five_segments_and_say_what_they_name() {
        for good in
            ["karak.1.mainnet.dss.foo", "a.b.c.operator.x", "a.b.c.vault.x.y", "a.b.c.dss.."]
        {
            assert_eq!(check_format(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_fourth_segment_is_judged_after_the_number_of_dots_and_before_empty_segments() {
        assert_eq!(check_format(""), dots(0));
        assert_eq!(check_format("a.b.c"), dots(2));
        assert_eq!(check_format("a.b.c.dss"), dots(3));
        assert_eq!(check_format(".b.c.foo.x"), fourth("foo"));
        assert_eq!(check_format("a.b.c..x"), fourth(""));
        for bad in [".b.c.dss.x", "a..c.dss.x", "a.b..dss.x", "a.b.c.dss."] {
            assert_eq!(check_format(bad), dots(4), "{bad}");
        }
        assert_eq!(check_format(".b.c.dss.x.y"), dots(5));
    }
}
