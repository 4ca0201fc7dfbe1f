//! Why a trace cannot be judged at all. A trace that can be judged and is wrong is a
//! [`crate::report::Mismatch`] instead.

use bondstone_kernel::FoldError;
use std::path::PathBuf;
use thiserror::Error;

/// A place in a trace file: printed as `file:line`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named on the command line or found in a folder.
    pub file: PathBuf,
    /// Line, counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Why a trace file cannot be judged.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The file or folder cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A folder without a single trace, or a file of another kind.
    #[error("{}: {what}", file.display())]
    NoTrace {
        /// The file or folder.
        file: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// The file ends before the trace does.
    #[error("{place}: cut off: {what}")]
    Truncated {
        /// Where it ends.
        place: Place,
        /// What is missing.
        what: String,
    },
    /// A line is not JSON, or not of the schema.
    #[error("{place}: not a line of the schema: {what}")]
    Malformed {
        /// The line.
        place: Place,
        /// What is wrong with it.
        what: String,
    },
    /// A schema version that this program does not know.
    #[error("{place}: trace format {format} is not known")]
    UnknownFormat {
        /// The header.
        place: Place,
        /// The version it names.
        format: String,
    },
    /// A family that this program does not know or cannot replay.
    #[error("{place}: family {family} is not {supported}")]
    UnknownFamily {
        /// The header.
        place: Place,
        /// The family as the file names it.
        family: String,
        /// "known" or "supported yet".
        supported: &'static str,
    },
    /// A function whose answer cannot be decoded because its types are not known.
    #[error("{place}: function {function} is not known")]
    UnknownFunction {
        /// The step.
        place: Place,
        /// Signature or selector.
        function: String,
    },
    /// The set-up that the header describes cannot be built.
    #[error("{place}: the world of the header cannot be built: {source}")]
    SetUp {
        /// The header.
        place: Place,
        /// What the world says.
        source: FoldError,
    },
}
