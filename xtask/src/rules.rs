//! The rules that look at one file at a time.

use crate::{finding::Finding, source::Source, source::words};

const MAX_COLUMNS: usize = 100;
const MAX_FILE_LINES: usize = 800;
const MAX_FUNCTION_LINES: usize = 70;

/// Every rule of this module that is an error, over one file.
pub(crate) fn check_file(source: &Source) -> Vec<Finding> {
    let rules = [width, file_length, leftovers, unwraps, machine_words, markdown_title];
    rules.iter().flat_map(|rule| rule(source)).collect()
}

/// Rust lines stay within 100 columns. Literals do not count, and a line may hold a whole URL.
fn width(source: &Source) -> Vec<Finding> {
    if !source.is_rust() {
        return Vec::new();
    }
    source
        .widths()
        .filter(|(_, line, width)| *width > MAX_COLUMNS && !line.contains("://"))
        .map(|(number, _, width)| {
            let message = format!("{width} columns; break the line, {MAX_COLUMNS} is the most");
            Finding::new(&source.path, number, message)
        })
        .collect()
}

/// A Rust file of more than 800 lines is more than one thing.
fn file_length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if !source.is_rust() || lines <= MAX_FILE_LINES {
        return Vec::new();
    }
    let message = format!(
        "{lines} lines; {MAX_FILE_LINES} is the most, give each of its subjects a file of its own"
    );
    vec![Finding::new(&source.path, MAX_FILE_LINES + 1, message)]
}

/// Functions of more than 70 lines, with their lengths: advice, not an error.
pub(crate) fn long_functions(source: &Source) -> Vec<(usize, Finding)> {
    source
        .functions()
        .into_iter()
        .filter(|(_, _, length)| *length > MAX_FUNCTION_LINES)
        .map(|(name, line, length)| {
            let message =
                format!("`{name}` has {length} lines; {MAX_FUNCTION_LINES} fit a screen, split it");
            (length, Finding::new(&source.path, line, message))
        })
        .collect()
}

/// Nothing is left for later: no reminders, no holes, no switched-off tests.
fn leftovers(source: &Source) -> Vec<Finding> {
    // In pieces, so that this file does not break its own rule.
    let reminders = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let holes = [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("#[ig", "nore")];
    let is_code = source.is_rust()
        || [".ts", ".tsx", ".js", ".mjs", ".sol", ".sh", ".toml", ".yml", "Makefile", ".ci/run"]
            .iter()
            .any(|end| source.path.ends_with(end));
    if !is_code {
        return Vec::new();
    }
    let reminders = reminders.iter().flat_map(|needle| {
        words(&source.text, needle).map(move |at| {
            (at, format!("`{needle}`; do it now, or open an issue and say here what holds today"))
        })
    });
    let holes = holes.iter().flat_map(|needle| {
        source.words(needle).map(move |at| {
            (at, format!("`{needle}`; write the code, or assert what it does today and say why"))
        })
    });
    at_offsets(source, reminders.chain(holes))
}

/// A failure that cannot happen says why it cannot: no bare unwrap outside of tests.
fn unwraps(source: &Source) -> Vec<Finding> {
    let needle = concat!(".unw", "rap()");
    let message = format!("`{needle}`; return an error, or `expect(\"why this cannot fail\")`");
    let places = source.words(needle).filter(|at| !source.in_test(*at));
    at_offsets(source, places.map(|at| (at, message.clone())))
}

/// What belongs to one machine stays there: no absolute paths of it, no registry hosts.
fn machine_words(source: &Source) -> Vec<Finding> {
    let needles = [
        concat!("/wo", "rk/"),
        concat!("/fa", "rm/"),
        concat!("/tm", "p/bash_jobs"),
        concat!("registry.npm", "js.org"),
        concat!("registry.yarn", "pkg.com"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
    ];
    let places = needles.iter().flat_map(|needle| {
        source.text.match_indices(needle).map(move |(at, _)| {
            (at, format!("`{needle}`; this is true on one machine only, use a relative path"))
        })
    });
    at_offsets(source, places)
}

/// A document says first what it is about.
fn markdown_title(source: &Source) -> Vec<Finding> {
    let titled = || {
        let first = source.text.lines().find(|line| !line.trim().is_empty());
        first.is_some_and(|line| line.starts_with("# "))
    };
    if !source.path.ends_with(".md") || titled() {
        return Vec::new();
    }
    vec![Finding::new(&source.path, 1, "no title; begin with `# ` and the subject in a few words")]
}

/// Findings at the lines of byte offsets.
pub(crate) fn at_offsets(
    source: &Source,
    places: impl Iterator<Item = (usize, String)>,
) -> Vec<Finding> {
    places
        .map(|(offset, message)| Finding::new(&source.path, source.line_of(offset), message))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(&Source::new(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_line_has_at_most_100_columns() {
        let long = "é".repeat(101);
        assert_eq!(lines(width, "a.rs", &format!("\n// {}\n", "é".repeat(97))), NONE);
        assert_eq!(lines(width, "a.rs", &format!("\n{long}\n")), [2]);
        assert_eq!(lines(width, "a.md", &long), NONE);
    }

    #[test]
    fn a_long_literal_or_url_may_stand_on_a_line() {
        let long = "x".repeat(101);
        assert_eq!(lines(width, "a.rs", &format!("call(\"{long}\")")), NONE);
        assert_eq!(lines(width, "a.rs", &format!("//! https://example.org/{long}")), NONE);
        assert_eq!(lines(width, "a.rs", &format!("call(\"\", {long})")), [1]);
    }

    #[test]
    fn a_file_has_at_most_800_lines() {
        assert_eq!(lines(file_length, "a.rs", &"\n".repeat(800)), NONE);
        assert_eq!(lines(file_length, "a.rs", &"\n".repeat(801)), [801]);
        assert_eq!(lines(file_length, "a.json", &"\n".repeat(801)), NONE);
    }

    #[test]
    fn a_function_of_71_lines_is_long() {
        let function = |lines: usize| format!("\nfn f() {{{}}}", "\n".repeat(lines - 1));
        let found = |lines| long_functions(&Source::new("a.rs", &function(lines)));
        assert_eq!(found(70), []);
        assert_eq!(
            found(71).iter().map(|(lines, found)| (*lines, found.line)).collect::<Vec<_>>(),
            [(71, 2)]
        );
    }

    #[test]
    fn nothing_is_left_for_later() {
        let reminder = concat!("// TO", "DO: later");
        assert_eq!(lines(leftovers, "a.rs", reminder), [1]);
        assert_eq!(lines(leftovers, "Makefile", &format!("\n{reminder}")), [2]);
        assert_eq!(lines(leftovers, "a.rs", concat!("fn f() { to", "do!() }")), [1]);
        assert_eq!(lines(leftovers, "a.rs", concat!("\n#[ig", "nore = \"slow\"]")), [2]);
        let longer = concat!("// TO", "DOS, E", "XX", "XON\nmy_to", "do!()");
        assert_eq!(lines(leftovers, "a.rs", longer), NONE);
        assert_eq!(lines(leftovers, "Cargo.lock", reminder), NONE);
    }

    #[test]
    fn an_unwrap_stands_in_tests_only() {
        let text = concat!("fn f() {\nx.unw", "rap();\n}\n");
        assert_eq!(lines(unwraps, "crates/a/src/lib.rs", text), [2]);
        assert_eq!(lines(unwraps, "crates/a/tests/b.rs", text), NONE);
        assert_eq!(lines(unwraps, "crates/a/benches/b.rs", text), NONE);
        assert_eq!(lines(unwraps, "a.rs", &format!("#[cfg(test)]\nmod tests {{{text}}}")), NONE);
        assert_eq!(lines(unwraps, "a.rs", "x.unwrap_or(1); x.expect(\"one is set above\")"), NONE);
        assert_eq!(lines(unwraps, "a.rs", concat!("//! x.unw", "rap()")), NONE);
    }

    #[test]
    fn machine_paths_and_registries_stay_out() {
        assert_eq!(lines(machine_words, "a.md", concat!("\n see /wo", "rk/x")), [2]);
        assert_eq!(lines(machine_words, "lock", concat!("https://registry.npm", "js.org/x")), [1]);
        assert_eq!(
            lines(machine_words, "a.md", "the network/worker, proof-of-work, crates.io"),
            NONE
        );
    }

    #[test]
    fn markdown_begins_with_a_title() {
        assert_eq!(lines(markdown_title, "a.md", "\n# Title\n\ntext"), NONE);
        assert_eq!(lines(markdown_title, "a.md", "text\n# Title"), [1]);
        assert_eq!(lines(markdown_title, "a.md", ""), [1]);
        assert_eq!(lines(markdown_title, "a.txt", "text"), NONE);
    }
}
