//! Saved state: how cells become bytes, and how a reader knows that it understands the bytes.
//!
//! State is saved in borsh: fixed widths, little-endian, lengths in front, so that equal states
//! have equal bytes. The bytes name no field. A reader therefore compares the [`Layout`] of the
//! state that it would build with the one that was saved before it reads anything else.
//!
//! Readers trust nothing. They grow only by what they have read, whatever a length promises.

use crate::trace::Unordered;
use crate::units::{Assets, Epoch, Shares, Timestamp};
use alloy_primitives::{Address, B256, U256};
use borsh::io::{Error, ErrorKind};
use std::sync::Arc;
use thiserror::Error as ThisError;

/// State was saved while a transaction runs. How its writes are taken back is never saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("a transaction is running; its writes can still be taken back and are not saved")]
pub struct Unsettled;

impl From<Unsettled> for Error {
    fn from(unsettled: Unsettled) -> Self {
        Self::new(ErrorKind::InvalidInput, unsettled)
    }
}

/// Bytes that no state is saved as.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Damage {
    /// Pages are saved in ascending order, each once.
    #[error("page {page} follows page {last}, but pages ascend")]
    PageOrder {
        /// Number of the page.
        page: u32,
        /// Number of the page before it.
        last: u32,
    },
    /// A page past the end of all ids.
    #[error("page {page} lies past page {last}, the last one there can be")]
    PageBeyond {
        /// Number of the page.
        page: u32,
        /// Number of the last possible page.
        last: u32,
    },
    /// A page is saved up to its last cell that is not blank.
    #[error("page {page} claims {cells} cells; it has at least 1 and at most {most}")]
    CellCount {
        /// Number of the page.
        page: u32,
        /// Claimed number of cells.
        cells: u16,
        /// Cells of a full page.
        most: usize,
    },
    /// A page was saved further than its last cell that is not blank.
    #[error("page {page} ends in a blank cell")]
    BlankEnd {
        /// Number of the page.
        page: u32,
    },
    /// The cell that stands for keys never seen has a value.
    #[error("the cell of unknown keys is not blank")]
    CellOfNone,
    /// An index holds a key twice.
    #[error("key {id} of an index is the same as key {first}")]
    KeyTwice {
        /// Id of the second one.
        id: u32,
        /// Id of the first one.
        first: u32,
    },
    /// More keys than there are ids.
    #[error("an index claims {keys} keys; the most is {most}")]
    KeyCount {
        /// Claimed number of keys.
        keys: u32,
        /// Number of ids.
        most: u32,
    },
    /// Two checkpoints of a history at one moment.
    #[error("a history has two checkpoints at {key}")]
    CheckpointTwice {
        /// The moment.
        key: u64,
    },
    /// A checkpoint before the last one of its history.
    #[error(transparent)]
    Unordered(#[from] Unordered),
    /// A value that its type does not have.
    #[error("{value} is no {what}")]
    Value {
        /// What the value should have been.
        what: &'static str,
        /// The value.
        value: u64,
    },
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::new(ErrorKind::InvalidData, damage)
    }
}

/// A textual description of how a type is saved: names and types of all fields, all the way down.
///
/// Two programs whose states have the same description read each other's bytes. Everything that
/// [`ledger_state`](crate::ledger_state) and [`ledger_value`](crate::ledger_value) declare has one.
pub trait Layout {
    /// Appends the description.
    fn describe(layout: &mut String);
}

/// Appends `name:layout,` for a field or variant. For the macros.
#[doc(hidden)]
pub fn describe_field<T: Layout>(layout: &mut String, name: &str) {
    layout.push_str(name);
    layout.push(':');
    T::describe(layout);
    layout.push(',');
}

/// Appends `name<layout>`.
pub(crate) fn describe_generic<T: Layout>(layout: &mut String, name: &str) {
    layout.push_str(name);
    layout.push('<');
    T::describe(layout);
    layout.push('>');
}

macro_rules! plain {
    ($($kind:ty),*) => {
        $(impl Layout for $kind {
            fn describe(layout: &mut String) {
                layout.push_str(stringify!($kind));
            }
        })*
    };
}

plain!(bool, u8, u16, u32, u64, String, Address, B256, U256, Assets, Shares, Timestamp, Epoch);

macro_rules! tuples {
    ($(($($part:ident),*))*) => {
        $(impl<$($part: Layout),*> Layout for ($($part,)*) {
            fn describe(layout: &mut String) {
                layout.push('(');
                $($part::describe(layout);
                layout.push(',');)*
                layout.push(')');
            }
        })*
    };
}

tuples! { (A, B) (A, B, C) (A, B, C, D) }

impl<T: Layout> Layout for Option<T> {
    fn describe(layout: &mut String) {
        describe_generic::<T>(layout, "Option");
    }
}

impl<T: Layout> Layout for Vec<T> {
    fn describe(layout: &mut String) {
        describe_generic::<T>(layout, "Vec");
    }
}

impl<T: Layout> Layout for Arc<T> {
    /// As the value: sharing is not saved.
    fn describe(layout: &mut String) {
        T::describe(layout);
    }
}

/// Declares a struct or an enum that lies in a cell of state: its borsh bytes and its
/// [`Layout`](crate::snapshot::Layout), so that a new field cannot be forgotten in either.
///
/// The calling crate depends on `borsh`, because the derives name it. An enum whose numbers are
/// part of the ledger states them and adds `#[borsh(use_discriminant = true)]`.
#[macro_export]
macro_rules! ledger_value {
    ($(#[$meta:meta])* pub struct $name:ident $(<$parameter:ident>)? {
        $($(#[$field_meta:meta])* pub $field:ident: $kind:ty,)*
    }) => {
        #[derive($crate::borsh::BorshSerialize, $crate::borsh::BorshDeserialize)]
        $(#[$meta])*
        pub struct $name $(<$parameter>)? {
            $($(#[$field_meta])* pub $field: $kind,)*
        }

        impl $(<$parameter: $crate::snapshot::Layout>)? $crate::snapshot::Layout
            for $name $(<$parameter>)?
        {
            fn describe(layout: &mut String) {
                layout.push_str(concat!(stringify!($name), "{"));
                $($crate::snapshot::describe_field::<$kind>(layout, stringify!($field));)*
                layout.push('}');
            }
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident {
        $(
            $(#[$variant_meta:meta])*
            $variant:ident
            $(($inner:ty))?
            $({ $($(#[$field_meta:meta])* $field:ident: $kind:ty,)* })?
            $(= $number:literal)?,
        )*
    }) => {
        #[derive($crate::borsh::BorshSerialize, $crate::borsh::BorshDeserialize)]
        $(#[$meta])*
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $variant
                $(($inner))?
                $({ $($(#[$field_meta])* $field: $kind,)* })?
                $(= $number)?,
            )*
        }

        impl $crate::snapshot::Layout for $name {
            fn describe(layout: &mut String) {
                layout.push_str(concat!(stringify!($name), "{"));
                $(
                    layout.push_str(stringify!($variant));
                    $(layout.push_str(concat!("=", stringify!($number)));)?
                    $($crate::snapshot::describe_field::<$inner>(layout, "");)?
                    $(
                        layout.push('{');
                        $($crate::snapshot::describe_field::<$kind>(layout, stringify!($field));)*
                        layout.push('}');
                    )?
                    layout.push(';');
                )*
                layout.push('}');
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    ledger_value! {
        /// One with a type of its own.
        #[derive(Debug, PartialEq)]
        #[allow(unreachable_pub, reason = "the macro makes public state")]
        pub struct Waiting<T> {
            /// The value.
            pub value: T,
            /// The rest.
            pub parts: Vec<(u32, Option<Arc<String>>)>,
        }
    }

    ledger_value! {
        /// One of each variant.
        #[derive(Debug, PartialEq)]
        #[allow(unreachable_pub, reason = "the macro makes public state")]
        pub enum Shape {
            /// Nothing.
            Blank,
            /// A value.
            Wrapped(u64),
            /// Fields.
            Named {
                /// A field.
                side: B256,
            },
        }
    }

    ledger_value! {
        /// One whose numbers are fixed elsewhere.
        #[derive(Debug, PartialEq)]
        #[borsh(use_discriminant = true)]
        #[allow(unreachable_pub, reason = "the macro makes public state")]
        pub enum Numbered {
            /// The first.
            Late = 7,
            /// The second.
            Early = 3,
        }
    }

    fn layout<T: Layout>() -> String {
        let mut layout = String::new();
        T::describe(&mut layout);
        layout
    }

    #[test]
    fn a_layout_names_everything_all_the_way_down() {
        let waiting = "Waiting{value:Shape{Blank;Wrapped:u64,;Named{side:B256,};},\
                       parts:Vec<(u32,Option<String>,)>,}";
        assert_eq!(layout::<Waiting<Shape>>(), waiting);
        assert_eq!(layout::<Numbered>(), "Numbered{Late=7;Early=3;}");
    }

    #[test]
    fn stated_numbers_are_the_bytes() {
        assert_eq!(borsh::to_vec(&Numbered::Late).expect("memory takes it"), [7]);
        assert_eq!(borsh::from_slice::<Numbered>(&[3]).expect("a number of it"), Numbered::Early);
        assert!(borsh::from_slice::<Numbered>(&[0]).is_err());
    }
}
