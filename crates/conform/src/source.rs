//! Finding and reading trace files: JSON lines, plain or gzip-compressed.

use crate::error::{Place, TraceError};
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// No trace is larger than this when unpacked; a file that is would only fill the memory.
const MAX_BYTES: u64 = 1 << 30;

/// The lines of one trace file.
#[derive(Debug)]
pub struct Source {
    file: PathBuf,
    text: String,
}

impl Source {
    /// Reads and unpacks a file.
    ///
    /// # Errors
    /// [`TraceError::Unreadable`], [`TraceError::Truncated`] when the gzip stream is cut,
    /// [`TraceError::Malformed`] when it is damaged or not UTF-8.
    pub fn read(file: &Path) -> Result<Self, TraceError> {
        let bytes = fs::read(file)
            .map_err(|source| TraceError::Unreadable { file: file.to_owned(), source })?;
        Self::parse(file, &bytes)
    }

    /// As [`Self::read`], from bytes. Compression is told by the first two bytes.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, TraceError> {
        let raw =
            if bytes.starts_with(&[0x1f, 0x8b]) { unpack(file, bytes)? } else { bytes.into() };
        let text = String::from_utf8(raw).map_err(|error| TraceError::Malformed {
            place: end_of(file, error.as_bytes().get(..error.utf8_error().valid_up_to())),
            what: "not UTF-8".to_owned(),
        })?;
        Ok(Self { file: file.to_owned(), text })
    }

    /// The file's path as it was given.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A place in this file.
    #[must_use]
    pub fn place(&self, line: usize) -> Place {
        Place { file: self.file.clone(), line }
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index.saturating_add(1), line))
    }

    /// Reads a line as JSON.
    ///
    /// # Errors
    /// [`TraceError::Truncated`] when the line stops in the middle, else
    /// [`TraceError::Malformed`].
    pub fn json<'a, T: serde::Deserialize<'a>>(
        &self,
        line: usize,
        text: &'a str,
    ) -> Result<T, TraceError> {
        serde_json::from_str(text).map_err(|error| {
            let place = self.place(line);
            if error.is_eof() {
                let what = "the line stops in the middle".to_owned();
                TraceError::Truncated { place, what }
            } else {
                TraceError::Malformed { place, what: error.to_string() }
            }
        })
    }

    /// The error for a line that does not fit the schema.
    #[must_use]
    pub fn malformed(&self, line: usize, what: impl Into<String>) -> TraceError {
        TraceError::Malformed { place: self.place(line), what: what.into() }
    }

    /// The error for a file that ends too early, after `line`.
    #[must_use]
    pub fn truncated(&self, line: usize, what: impl Into<String>) -> TraceError {
        TraceError::Truncated { place: self.place(line), what: what.into() }
    }
}

fn unpack(file: &Path, bytes: &[u8]) -> Result<Vec<u8>, TraceError> {
    let mut raw = Vec::new();
    let result = MultiGzDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut raw);
    match result {
        Ok(_) if u64::try_from(raw.len()).unwrap_or(u64::MAX) >= MAX_BYTES => {
            let what = "more than 1 GiB when unpacked".to_owned();
            Err(TraceError::Malformed { place: end_of(file, Some(&raw)), what })
        }
        Ok(_) => Ok(raw),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            let what = "the gzip stream stops in the middle".to_owned();
            Err(TraceError::Truncated { place: end_of(file, Some(&raw)), what })
        }
        Err(error) => {
            let what = format!("damaged gzip stream: {error}");
            Err(TraceError::Malformed { place: end_of(file, Some(&raw)), what })
        }
    }
}

/// The line in which `read` ends.
fn end_of(file: &Path, read: Option<&[u8]>) -> Place {
    let newlines = read.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
    Place { file: file.to_owned(), line: newlines.saturating_add(1) }
}

/// The trace files that `paths` name: files as they are, folders with all `.jsonl` and `.jsonl.gz`
/// below them, in natural order (`trace_2` before `trace_10`).
///
/// # Errors
/// [`TraceError::Unreadable`]; [`TraceError::NoTrace`] for a folder without traces.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, TraceError> {
    let unreadable = |source| TraceError::Unreadable { file: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, &mut found).map_err(unreadable)?;
    if found.is_empty() {
        let what = "no .jsonl or .jsonl.gz file in this folder";
        return Err(TraceError::NoTrace { file: path.to_owned(), what });
    }
    found.sort_by_key(|file| natural(&file.to_string_lossy()));
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, found)?;
        } else if is_trace(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_trace(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
}

/// A sort key in which runs of digits compare as numbers: by length without leading zeros first.
fn natural(name: &str) -> Vec<(String, usize, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits_at = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(digits_at);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, next) = tail.split_at(end);
        let number = digits.trim_start_matches('0');
        parts.push((text.to_owned(), number.len(), number.to_owned()));
        rest = next;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_their_numbers() {
        let mut names = vec!["trace_10", "trace_d1", "trace_2", "trace_1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["trace_1", "trace_2", "trace_10", "trace_d1"]);
    }

    #[test]
    fn a_line_that_stops_is_told_from_one_that_is_wrong() {
        let source = Source::parse(Path::new("t"), b"{\"a\":1}\n{\"a\":\n").unwrap();
        let lines: Vec<_> = source.lines().collect();
        assert_eq!(lines, [(1, "{\"a\":1}"), (2, "{\"a\":")]);
        let cut = source.json::<serde_json::Value>(2, "{\"a\":").unwrap_err();
        assert_eq!(cut.to_string(), "t:2: cut off: the line stops in the middle");
        let wrong = source.json::<serde_json::Value>(2, "{\"a\"}").unwrap_err();
        assert!(matches!(wrong, TraceError::Malformed { .. }), "{wrong}");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let error = Source::parse(Path::new("t"), b"{}\n\xff\xfe").unwrap_err();
        assert_eq!(error.to_string(), "t:2: not a line of the schema: not UTF-8");
    }
}
