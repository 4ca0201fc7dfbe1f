//! What stays out of the pure crates: clocks, files, networks, floats, chance and waiting.

use crate::{
    finding::Finding,
    rooms::pure_room,
    rules::at_offsets,
    source::{Source, words},
};

/// A word that no pure crate holds, and what stands in its place.
const BANNED: [(&str, &str); 8] = [
    ("f32", "integers with the rounding in the function's name"),
    ("f64", "integers with the rounding in the function's name"),
    ("rand::", "a value that the caller passes in"),
    ("HashMap", "an interned id into a table, or a BTreeMap: hash order must not be seen"),
    ("HashSet", "an interned id into a table, or a BTreeSet: hash order must not be seen"),
    ("async", "a plain function; waiting is the node's work"),
    (".await", "a plain call; waiting is the node's work"),
    ("SystemTime", "the block's timestamp"),
];

/// Modules of `std` that reach outside, and what stands in their place.
const BANNED_STD: [(&str, &str); 6] = [
    ("time", "the block's timestamp"),
    ("fs", "bytes that the caller passes in"),
    ("net", "bytes that the caller passes in"),
    ("env", "a parameter"),
    ("process", "a returned error"),
    ("thread", "plain calls; the caller decides what runs beside what"),
];

/// No banned word in the code of a pure crate, outside of its tests.
pub(crate) fn purity(source: &Source) -> Vec<Finding> {
    let Some(room) = pure_room(&source.path).filter(|_| source.is_rust()) else {
        return Vec::new();
    };
    let plain = BANNED.iter().flat_map(|(word, instead)| {
        source.words(word).map(move |at| (at, (*word).to_owned(), *instead))
    });
    let places = plain.chain(std_modules(source)).filter(|(at, ..)| !source.in_test(*at));
    let messages = places.map(|(at, word, instead)| {
        (at, format!("`{word}` in {}, which is pure; use {instead}", room.package))
    });
    at_offsets(source, messages)
}

/// Uses of the banned modules, both as `std::fs` and inside of `std::{…}`.
fn std_modules(source: &Source) -> impl Iterator<Item = (usize, String, &'static str)> + '_ {
    source.words("std::").flat_map(|start| {
        let path = start + "std::".len();
        let rest = source.code.get(path..).unwrap_or_default();
        let group = rest.strip_prefix('{').map(|inside| {
            let end = inside.find(';').unwrap_or(inside.len());
            inside.get(..end).unwrap_or_default()
        });
        BANNED_STD.iter().filter_map(move |(module, instead)| {
            let at = match group {
                Some(group) => path + 1 + grouped(group, module)?,
                None => words(rest, module).next().filter(|at| *at == 0).map(|_| start)?,
            };
            Some((at, format!("std::{module}"), *instead))
        })
    })
}

/// Where a module is named at the top level of a group of imports.
fn grouped(group: &str, module: &str) -> Option<usize> {
    words(group, module).find(|at| {
        let before = group.get(..*at).unwrap_or_default();
        let depth = before.matches('{').count().checked_sub(before.matches('}').count());
        depth == Some(0) && !before.trim_end().ends_with("::")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(path: &str, text: &str) -> Vec<usize> {
        purity(&Source::new(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    const PURE: &str = "crates/kernel/src/math.rs";

    #[test]
    fn banned_words_are_found_in_pure_code() {
        for text in [
            "fn f(x: f64) {}",
            "let x = 1.0 as f32;",
            "use std::time::Instant;",
            "std::fs::read(x)",
            "use std::{fmt, net::TcpStream};",
            "rand::random()",
            "use std::collections::HashMap;",
            "async fn f() {}",
            "f().await",
        ] {
            assert_eq!(lines(PURE, &format!("\n{text}")), [2], "{text}");
        }
    }

    #[test]
    fn the_same_words_are_fine_elsewhere() {
        let text = "use std::{fs, time::Instant};\nfn f(x: f64) {}";
        assert_eq!(lines(PURE, text), [2, 1, 1]);
        assert_eq!(lines("crates/node/src/lib.rs", text), NONE);
        assert_eq!(lines("crates/kernel/benches/math.rs", text), NONE);
        assert_eq!(lines(PURE, &format!("#[cfg(test)]\nmod tests {{ {text} }}")), NONE);
        assert_eq!(lines(PURE, "// f64 is banned, as is std::time\nlet s = \"HashMap\";"), NONE);
    }

    #[test]
    fn only_the_module_itself_is_meant() {
        assert_eq!(lines(PURE, "use std::{fmt, collections::{net, BTreeMap}, ops::fs};"), NONE);
        assert_eq!(lines(PURE, "use std::fmt; let time = 1; std::mem::take(&mut fs)"), NONE);
        assert_eq!(lines(PURE, "operand::x(); asynchronous(); FoldHashMap::new()"), NONE);
    }
}
