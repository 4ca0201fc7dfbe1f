//! What tokens keep: balances, allowances, supplies and what kind of contract lives where.

use crate::abi::TokenCreated;
use alloy_primitives::{Address, U256};
use bondstone_kernel::snapshot::{Damage, Layout};
use bondstone_kernel::{Accounts, Id, Index, Table, ledger_state, ledger_value};
use borsh::io::{Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};

/// How a token behaves when it is called. All styles keep the same books and the same errors of
/// OpenZeppelin 5.0.2 `ERC20` except where a variant says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// OpenZeppelin 5.0.2 `ERC20`, nothing added.
    #[default]
    Plain,
    /// Every transfer burns `floor(value * bps / 10000)` of the sender's; the receiver gets the
    /// rest. At most 10000 (basis points). Logs the transfer, then the burn if there is one.
    FeeBps(u16),
    /// Every transfer of a non-zero value burns 1 unit of the receiver's afterwards.
    BurnOne,
    /// `transfer` and `transferFrom` answer false and change nothing.
    ReturnsFalse,
    /// `transfer`, `transferFrom` and `approve` answer nothing at all, like USDT.
    NoReturn,
    /// `transfer` and `transferFrom` revert without data.
    Reverting,
    /// The zero address holds units like any other account: what is sent there stays in the supply,
    /// as with Solady, Solmate and most tokens that were not written with OpenZeppelin.
    ZeroHolds,
}

/// The largest fee of [`Style::FeeBps`]: all of it.
const FULL_FEE: u16 = 10_000;

impl Style {
    /// The style as [`TokenCreated`] carries it: a number and a parameter.
    #[must_use]
    pub fn to_parts(self) -> (u8, U256) {
        match self {
            Self::Plain => (0, U256::ZERO),
            Self::FeeBps(bps) => (1, U256::from(bps)),
            Self::BurnOne => (2, U256::ZERO),
            Self::ReturnsFalse => (3, U256::ZERO),
            Self::NoReturn => (4, U256::ZERO),
            Self::Reverting => (5, U256::ZERO),
            Self::ZeroHolds => (6, U256::ZERO),
        }
    }

    /// Reads a style back. `None` for an unknown number, a fee above 10000 basis points or a
    /// parameter where there is none.
    #[must_use]
    pub fn from_parts(style: u8, parameter: U256) -> Option<Self> {
        if style == 1 {
            let bps = u16::try_from(parameter).ok()?;
            return (bps <= FULL_FEE).then_some(Self::FeeBps(bps));
        }
        if !parameter.is_zero() {
            return None;
        }
        match style {
            0 => Some(Self::Plain),
            2 => Some(Self::BurnOne),
            3 => Some(Self::ReturnsFalse),
            4 => Some(Self::NoReturn),
            5 => Some(Self::Reverting),
            6 => Some(Self::ZeroHolds),
            _ => None,
        }
    }

    /// The event that creates a token of this style.
    #[must_use]
    pub fn created(self, name: &str, symbol: &str, decimals: u8) -> TokenCreated {
        let (style, parameter) = self.to_parts();
        TokenCreated {
            name: name.to_owned(),
            symbol: symbol.to_owned(),
            decimals,
            style,
            parameter,
        }
    }
}

impl Layout for Style {
    fn describe(layout: &mut String) {
        layout.push_str("Style{number:u8,fee of number 1:u16,}");
    }
}

impl BorshSerialize for Style {
    /// The number of [`Style::to_parts`], followed by the fee where there is one.
    fn serialize<W: Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.to_parts().0.serialize(writer)?;
        match self {
            Self::FeeBps(bps) => bps.serialize(writer),
            _ => Ok(()),
        }
    }
}

impl BorshDeserialize for Style {
    /// Takes what [`Style::from_parts`] takes, so that no fee is more than all of a transfer.
    fn deserialize_reader<R: Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let number = u8::deserialize_reader(reader)?;
        let fee = if number == 1 { u16::deserialize_reader(reader)? } else { 0 };
        Self::from_parts(number, U256::from(fee)).ok_or_else(|| {
            let damage = match number {
                1 => Damage::Value { what: "fee in basis points", value: u64::from(fee) },
                _ => Damage::Value { what: "token style", value: u64::from(number) },
            };
            damage.into()
        })
    }
}

ledger_value! {
    /// What lives at an address.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Contract {
        /// Nothing of this suite.
        #[default]
        None,
        /// An ERC-20.
        Token {
            /// How it behaves.
            style: Style,
            /// Its number among the tokens, in order of creation.
            number: Id,
        },
        /// Multicall3.
        Multicall3,
    }
}

ledger_value! {
    /// What a token says of itself.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Labels {
        /// `name()`.
        pub name: String,
        /// `symbol()`.
        pub symbol: String,
        /// `decimals()`.
        pub decimals: u8,
    }
}

ledger_state! {
    /// The books of all tokens.
    pub struct State {
        /// What lives where, by the interned address.
        pub contracts: Table<Contract>,
        /// Numbers of the tokens, by their interned address.
        pub tokens: Index<Id>,
        /// Name, symbol and decimals, by token number.
        pub labels: Table<Labels>,
        /// Total supply in units, by token number.
        pub supply: Table<U256>,
        /// Holdings: (token, account), both interned addresses.
        pub holdings: Index<(Id, Id)>,
        /// Balance in units, by holding.
        pub balance: Table<U256>,
        /// Permissions: (token, owner, spender), all interned addresses.
        pub permissions: Index<(Id, Id, Id)>,
        /// Allowance in units, by permission.
        pub allowance: Table<U256>,
    }
}

impl State {
    /// What lives at the interned address `account`.
    #[must_use]
    pub fn contract(&self, account: Id) -> Contract {
        *self.contracts.get(account)
    }

    /// Name, symbol and decimals of the token at `token`; empty when there is none.
    #[must_use]
    pub fn labels(&self, token: Id) -> &Labels {
        self.labels.get(self.tokens.find(&token))
    }

    /// Total supply of the token at `token`, in units.
    #[must_use]
    pub fn total_supply(&self, token: Id) -> U256 {
        *self.supply.get(self.tokens.find(&token))
    }

    /// What `account` holds of `token`, in units. All ids are interned addresses.
    #[must_use]
    pub fn balance(&self, token: Id, account: Id) -> U256 {
        *self.balance.get(self.holdings.find(&(token, account)))
    }

    /// What `spender` may still take from `owner`, in units.
    #[must_use]
    pub fn allowance(&self, token: Id, owner: Id, spender: Id) -> U256 {
        *self.allowance.get(self.permissions.find(&(token, owner, spender)))
    }

    /// [`Self::balance`] by addresses.
    #[must_use]
    pub fn balance_of(&self, accounts: &Accounts, token: Address, account: Address) -> U256 {
        self.balance(accounts.find(&token), accounts.find(&account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_survive_the_event_and_nothing_else_does() {
        let styles = [
            Style::Plain,
            Style::FeeBps(0),
            Style::FeeBps(10_000),
            Style::BurnOne,
            Style::ReturnsFalse,
            Style::NoReturn,
            Style::Reverting,
            Style::ZeroHolds,
        ];
        for style in styles {
            let (number, parameter) = style.to_parts();
            assert_eq!(Style::from_parts(number, parameter), Some(style));
            let saved = borsh::to_vec(&style).expect("memory takes three bytes");
            assert_eq!(borsh::from_slice::<Style>(&saved).expect("just saved"), style);
        }
        let refused = [
            (0, U256::ONE),
            (1, U256::from(10_001)),
            (1, U256::MAX),
            (2, U256::ONE),
            (7, U256::ZERO),
            (255, U256::ZERO),
        ];
        for (number, parameter) in refused {
            assert_eq!(Style::from_parts(number, parameter), None, "{number} {parameter}");
        }
        let read = |bytes: &[u8]| borsh::from_slice::<Style>(bytes).map_err(|e| e.to_string());
        assert_eq!(read(&[7]), Err("7 is no token style".to_owned()));
        assert_eq!(read(&[1, 0x11, 0x27]), Err("10001 is no fee in basis points".to_owned()));
    }
}
