//! A file of the checkout, read just far enough to tell code from comments and strings.
//!
//! The rules look for words and braces. Both also stand in comments and strings, so the file is
//! split once into three kinds of bytes. This is not a parser: it knows comments, literals and
//! braces, which is all the rules ask for.

use std::ops::Range;

/// What a byte of a Rust file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// A text file and, if it is Rust, its split into kinds.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path from the root, with forward slashes.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The text with every comment and literal blanked out. As long as the text, same lines.
    pub(crate) code: String,
    kinds: Vec<Kind>,
    tests: Vec<Range<usize>>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: String::new(),
            kinds: Vec::new(),
            tests: Vec::new(),
        };
        if source.is_rust() {
            source.kinds = kinds(text.as_bytes());
            source.code = only_code(text, &source.kinds);
            source.tests = test_items(&source.code);
        }
        source
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The number of the line that a byte stands in, from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    /// The lines with their numbers, each with its width outside of literals.
    pub(crate) fn widths(&self) -> impl Iterator<Item = (usize, &str, usize)> {
        let mut start = 0;
        self.text.split_inclusive('\n').zip(1..).map(move |(line, number)| {
            let trimmed = line.trim_end_matches(['\n', '\r']);
            let kinds = self.kinds.get(start..).unwrap_or_default();
            let outside = |at: &usize| kinds.get(*at).is_none_or(|kind| *kind != Kind::Literal);
            let width = trimmed.char_indices().map(|(at, _)| at).filter(outside).count();
            start += line.len();
            (number, trimmed, width)
        })
    }

    /// True if a byte stands in a test: in a test folder, or in an item that only tests build.
    pub(crate) fn in_test(&self, offset: usize) -> bool {
        is_test_path(&self.path) || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Where a needle stands in the code as a word, not as a part of a longer one.
    pub(crate) fn words<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        words(&self.code, needle)
    }

    /// The functions that have a body: name, first line, number of lines.
    pub(crate) fn functions(&self) -> Vec<(&str, usize, usize)> {
        let mut functions = Vec::new();
        for start in self.words("fn") {
            let after = self.code.get(start + 2..).unwrap_or_default();
            let name = after.trim_start();
            let length = name.find(|letter| !is_word(letter)).unwrap_or(name.len());
            let Some(name) = name.get(..length).filter(|name| !name.is_empty()) else { continue };
            let Some(body) = body(&self.code, start) else { continue };
            let first = self.line_of(start);
            functions.push((name, first, self.line_of(body.end - 1) - first + 1));
        }
        functions
    }
}

/// True for paths that only tests, benches and fuzz targets are built from.
fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.any(|part| matches!(part, "tests" | "benches" | "fuzz" | "tests.rs"))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Where a needle stands in a text as a word of its own.
pub(crate) fn words<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let opens_with_word = needle.starts_with(is_word);
    let closes_with_word = needle.ends_with(is_word);
    text.match_indices(needle).map(|(at, _)| at).filter(move |at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let after = text.get(at + needle.len()..).and_then(|text| text.chars().next());
        !(opens_with_word && before.is_some_and(is_word)
            || closes_with_word && after.is_some_and(is_word))
    })
}

fn only_code(text: &str, kinds: &[Kind]) -> String {
    let blank = |(byte, kind): (u8, &Kind)| match (*kind, byte) {
        (Kind::Code, _) | (_, b'\n') => byte,
        _ => b' ',
    };
    // Comments and literals open and close with ASCII, so no letter is cut in half.
    String::from_utf8_lossy(&text.bytes().zip(kinds).map(blank).collect::<Vec<_>>()).into_owned()
}

/// Splits Rust text into kinds, one per byte.
fn kinds(text: &[u8]) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(text.len());
    while kinds.len() < text.len() {
        let at = kinds.len();
        let rest = text.get(at..).unwrap_or_default();
        let inside_word = at > 0 && text.get(at - 1).is_some_and(|byte| is_word(char::from(*byte)));
        let (kind, length) = match rest {
            [b'/', b'/', ..] => (Kind::Comment, line_length(rest)),
            [b'/', b'*', ..] => (Kind::Comment, block_comment_length(rest)),
            [b'"', ..] => (Kind::Literal, quoted_length(rest, b'"')),
            [b'r', ..] if !inside_word => raw_string(rest, 1),
            [b'b' | b'c', b'r', ..] if !inside_word => raw_string(rest, 2),
            [b'\'', b'\\', ..] => (Kind::Literal, quoted_length(rest, b'\'')),
            [b'\'', ..] => character_or_lifetime(rest),
            _ => (Kind::Code, 1),
        };
        let end = (at + length.max(1)).min(text.len());
        kinds.resize(end, kind);
    }
    kinds
}

fn line_length(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len())
}

/// Block comments nest.
fn block_comment_length(text: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        match text.get(at..) {
            Some([b'/', b'*', ..]) => (at, depth) = (at + 2, depth + 1),
            Some([b'*', b'/', ..]) if depth == 1 => return at + 2,
            Some([b'*', b'/', ..]) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    text.len()
}

/// A string or a character with its quotes; a backslash guards the byte after it.
fn quoted_length(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// A raw string after its prefix of one or two letters, or just a word that begins like one.
fn raw_string(text: &[u8], prefix: usize) -> (Kind, usize) {
    let marks = text.iter().skip(prefix).take_while(|byte| **byte == b'#').count();
    if text.get(prefix + marks) != Some(&b'"') {
        return (Kind::Code, 1);
    }
    let end: Vec<u8> = [b'"'].into_iter().chain(std::iter::repeat_n(b'#', marks)).collect();
    let open = prefix + marks + 1;
    let body = text.get(open..).unwrap_or_default();
    let close = body.windows(end.len()).position(|window| window == end);
    (Kind::Literal, close.map_or(text.len(), |close| open + close + end.len()))
}

/// `'x'` is a character, `'x` a lifetime.
fn character_or_lifetime(text: &[u8]) -> (Kind, usize) {
    let rest = String::from_utf8_lossy(text.get(1..6.min(text.len())).unwrap_or_default());
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((at, '\'')) => (Kind::Literal, at + 2),
        _ => (Kind::Code, 1),
    }
}

/// The items that only tests build: those under `#[test]`, `#[cfg(test)]` and the like.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    for (start, opening) in code.match_indices("#[") {
        let inside = start + opening.len();
        let Some(end) = closing(code, inside, '[', ']') else { continue };
        let attribute: String =
            code.get(inside..end).unwrap_or_default().split_whitespace().collect();
        let path = attribute.split('(').next().unwrap_or_default();
        let only_test = attribute == "cfg(test)"
            || attribute.starts_with("cfg(all(test,")
            || path == "test"
            || path.ends_with("::test");
        if let Some(body) = body(code, end).filter(|_| only_test) {
            items.push(start..body.end);
        }
    }
    items
}

/// The next block in braces, unless the item ends with a semicolon first.
fn body(code: &str, from: usize) -> Option<Range<usize>> {
    let mut depth = 0;
    for (at, letter) in code.get(from..)?.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            // The attribute's own bracket may be the first one to close.
            ')' | ']' => depth = (depth - 1).max(0),
            ';' if depth == 0 => return None,
            '{' if depth == 0 => {
                let open = from + at;
                return Some(open..closing(code, open + 1, '{', '}')? + 1);
            }
            _ => {}
        }
    }
    None
}

/// Where the bracket that was opened just before `from` closes.
fn closing(code: &str, from: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 1;
    for (at, letter) in code.get(from..)?.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth -= 1;
        }
        if depth == 0 {
            return Some(from + at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("a.rs", text).code
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        assert_eq!(code("a // b\nc"), "a     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"f("x\"y") + 1"#), "f(      ) + 1");
        assert_eq!(code(r##"f(r#"x"y"#) + 1"##), "f(        ) + 1");
        assert_eq!(code(r#"f(br"x\") + 1"#), "f(      ) + 1");
        assert_eq!(code(r"f('{', '\'', b'x', 'é')"), "f(   ,     , b   ,     )");
        assert_eq!(code("fn f<'a>(x: &'a str)"), "fn f<'a>(x: &'a str)");
        assert_eq!(code("r#type + for_r"), "r#type + for_r");
    }

    #[test]
    fn an_unclosed_literal_runs_to_the_end() {
        assert_eq!(code("a \"b\nc"), "a   \n ");
        assert_eq!(code("a /* b"), "a     ");
        assert_eq!(code("a r#\"b\""), "a      ");
        assert_eq!(code("'"), "'");
    }

    #[test]
    fn tests_are_told_from_code() {
        let text = "fn a() { 1 }\n#[cfg(test)]\nmod tests { fn b() { 2 } }\nfn c() { 3 }\n\
                    #[test]\n#[should_panic]\nfn d() { 4 }\n#[cfg(test)]\nuse x;\nfn e() { 5 }";
        let source = Source::new("crates/a/src/lib.rs", text);
        let in_test = |needle| source.in_test(source.words(needle).next().expect("it is there"));
        assert_eq!(["1", "2", "3", "4", "5"].map(in_test), [false, true, false, true, false],);
        assert!(Source::new("crates/a/tests/b.rs", text).in_test(0));
        assert!(Source::new("crates/a/src/rules/tests.rs", text).in_test(0));
    }

    #[test]
    fn functions_have_a_name_and_a_length() {
        let text = "fn one() { 1 }\ntrait T { fn none(); }\ntype F = fn(u8) -> u8;\n\
                    const fn three(x: [u8; 2])\n{ if x { }\n}\n";
        let source = Source::new("a.rs", text);
        assert_eq!(source.functions(), [("one", 1, 1), ("three", 4, 3)]);
    }

    #[test]
    fn words_are_whole() {
        let source = Source::new("a.rs", "f64 xf64 f64x (f64) f64::MAX");
        assert_eq!(source.words("f64").collect::<Vec<_>>(), [0, 15, 20]);
    }

    #[test]
    fn widths_leave_literals_out() {
        let source = Source::new("a.rs", "let é = \"abc\";\r\n// four");
        let widths: Vec<_> = source.widths().map(|(line, _, width)| (line, width)).collect();
        assert_eq!(widths, [(1, 9), (2, 7)]);
    }
}
