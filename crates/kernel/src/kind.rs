//! Kinds of contracts that a deployment starts with.

/// Declares a suite's `Kind`: contracts that a deployment starts with, each with the number under
/// which the ledger knows it. Numbers count from zero without a gap.
///
/// The calling crate depends on `borsh`, as for [`crate::ledger_value!`].
#[macro_export]
macro_rules! kinds {
    ($($name:ident = $number:literal,)*) => {
        $crate::ledger_value! {
            /// Contracts that a deployment starts with. The number is part of the ledger.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[borsh(use_discriminant = true)]
            #[allow(missing_docs, reason = "each is the contract of its name")]
            pub enum Kind {
                $($name = $number,)*
            }
        }

        impl Kind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The kind's number in the ledger.
            #[must_use]
            pub fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// The kind with this number.
            #[must_use]
            pub fn from_number(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }
        }
    };
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for public kinds")]
mod tests {
    kinds! {
        First = 0,
        Second = 1,
    }

    #[test]
    fn kinds_are_known_by_their_numbers() {
        assert_eq!(Kind::ALL, [Kind::First, Kind::Second]);
        assert_eq!((Kind::Second.number(), Kind::from_number(1)), (1, Some(Kind::Second)));
        assert_eq!(Kind::from_number(2), None);
    }
}
