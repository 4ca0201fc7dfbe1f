//! What a check says when it is done.

use std::fmt;

/// One broken rule: where, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// The findings of one command, and the line that closes its output.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) summary: String,
}

/// Why a check could not run at all, in words.
pub(crate) type Outcome = Result<Report, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_file_line_message() {
        let finding = Finding::new("crates/kernel/src/math.rs", 7, "wrong; do right");
        assert_eq!(finding.to_string(), "crates/kernel/src/math.rs:7: wrong; do right");
    }
}
