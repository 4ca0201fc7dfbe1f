//! Events: what a rule emits, what `apply` folds, and how both look as a log.

use crate::math::MathError;
use crate::revert::Revert;
use crate::trace::Unordered;
use alloy_primitives::{Address, B256, LogData};
use thiserror::Error;

/// Every event of a suite in one enum, written by [`crate::events!`].
///
/// Most are the contracts' own. *Internal* ones carry the few facts that a contract keeps without a
/// log; they live in the ledger under topics of their own and are never shown to clients.
pub trait Event: Sized {
    /// The log data as the contract emits it.
    fn encode(&self) -> LogData;

    /// Reads log data back.
    ///
    /// # Errors
    /// [`FoldError::UnknownEvent`] for a topic that is not of this suite,
    /// [`FoldError::Malformed`] when the topic is known and the rest does not fit it.
    fn decode(log: &LogData) -> Result<Self, FoldError>;

    /// Whether the event exists only in the ledger and not on the real chain.
    fn is_internal(&self) -> bool;
}

/// Why a log could not be folded into the state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FoldError {
    /// No event of the suite has this first topic.
    #[error("no event with topic {0}")]
    UnknownEvent(B256),
    /// The first topic is known, the other topics or the data do not fit it.
    #[error("log with topic {0} is malformed")]
    Malformed(B256),
    /// The emitter is not a contract that emits this event.
    #[error("{emitter} is not a contract that emits {event}")]
    WrongEmitter {
        /// Address of the log.
        emitter: Address,
        /// Name of the event.
        event: &'static str,
    },
    /// Folding the amounts of the log left their type.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The log lies before a checkpoint that is already there.
    #[error(transparent)]
    Unordered(#[from] Unordered),
    /// The log speaks of something the state does not hold.
    #[error("the log speaks of {what} that the state does not hold")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
}

impl From<FoldError> for Revert {
    /// Contracts change state before they log, so arithmetic that fails in the fold is the panic of
    /// the contract. The other cases cannot follow from a rule; they surface as a text.
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Math(math) => math.into(),
            FoldError::Unordered(unordered) => unordered.into(),
            other => Revert::reason(&format!("bondstone: {other}")),
        }
    }
}

/// Declares the [`Event`] enum of a suite from a table of `sol!` events.
///
/// `Name(path::to::Event)` is an event of the contracts, `internal Name(path)` one of the ledger.
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* pub enum $name:ident {
        contracts { $($public:ident($public_event:ty),)* }
        internal { $($internal:ident($internal_event:ty),)* }
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is the sol! event of its name")]
        pub enum $name {
            $($public($public_event),)*
            $($internal($internal_event),)*
        }

        $(impl From<$public_event> for $name {
            fn from(event: $public_event) -> Self { Self::$public(event) }
        })*
        $(impl From<$internal_event> for $name {
            fn from(event: $internal_event) -> Self { Self::$internal(event) }
        })*

        impl $name {
            /// The event's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$public(_) => stringify!($public),)*
                    $(Self::$internal(_) => stringify!($internal),)*
                }
            }
        }

        impl $crate::event::Event for $name {
            fn encode(&self) -> $crate::alloy_primitives::LogData {
                use $crate::alloy_sol_types::SolEvent;
                match self {
                    $(Self::$public(event) => event.encode_log_data(),)*
                    $(Self::$internal(event) => event.encode_log_data(),)*
                }
            }

            fn decode(
                log: &$crate::alloy_primitives::LogData,
            ) -> Result<Self, $crate::event::FoldError> {
                use $crate::alloy_sol_types::SolEvent;
                let Some(topic) = log.topics().first().copied() else {
                    return Err($crate::event::FoldError::UnknownEvent(Default::default()));
                };
                $(if topic == <$public_event>::SIGNATURE_HASH {
                    return <$public_event>::decode_raw_log_validate(log.topics(), &log.data)
                        .map(Self::$public)
                        .map_err(|_| $crate::event::FoldError::Malformed(topic));
                })*
                $(if topic == <$internal_event>::SIGNATURE_HASH {
                    return <$internal_event>::decode_raw_log_validate(log.topics(), &log.data)
                        .map(Self::$internal)
                        .map_err(|_| $crate::event::FoldError::Malformed(topic));
                })*
                Err($crate::event::FoldError::UnknownEvent(topic))
            }

            fn is_internal(&self) -> bool {
                #[allow(unreachable_patterns, reason = "a suite may have no internal event")]
                match self {
                    $(Self::$public(_) => false,)*
                    _ => true,
                }
            }
        }
    };
}
