//! Every vector passes, by the rules and as a mirror.

use crate::files;
use bondstone_conform::{Exit, Options, Set};

fn all_pass(set: Set, folder: &str, mirror: bool) -> String {
    let paths = files::of_set(folder);
    let count = paths.len();
    let (exit, out) = files::printed(&Options { mirror, ..files::options(set, paths) });
    assert_eq!(exit, Exit::Passed, "{out}");
    assert_eq!(out.lines().last(), Some(format!("{count} passed, 0 failed").as_str()));
    out
}

#[test]
fn core_traces_pass_by_the_rules() {
    let out = all_pass(Set::Symbiotic, "symbiotic", false);
    assert!(out.contains("\n8243 steps, 11776 logs compared, 6006649 views compared\n"), "{out}");
}

#[test]
fn core_traces_pass_as_a_mirror() {
    let out = all_pass(Set::Symbiotic, "symbiotic", true);
    assert!(out.contains(" views excluded as facts that no log carries\n"), "{out}");
    assert!(out.contains("  49190 router-books: "), "{out}");
}

#[test]
fn rewards_traces_pass_by_the_rules() {
    let out = all_pass(Set::SymbioticRewards, "symbiotic-rewards", false);
    assert!(out.contains("\n2418 steps, 3232 logs compared, 8167 views compared\n"), "{out}");
}

#[test]
fn rewards_traces_pass_as_a_mirror() {
    let out = all_pass(Set::SymbioticRewards, "symbiotic-rewards", true);
    assert!(out.contains("\n2418 steps, 3232 logs folded, 8127 views compared\n"), "{out}");
    assert!(out.contains("  40 merkle-totals: "), "{out}");
}

#[test]
fn karak_traces_pass_by_the_rules() {
    let out = all_pass(Set::Karak, "karak", false);
    assert!(out.contains("\n4554 steps, 7503 logs compared, 1095362 views compared\n"), "{out}");
}

#[test]
fn karak_traces_pass_as_a_mirror() {
    let out = all_pass(Set::Karak, "karak", true);
    assert!(out.contains("\n4554 steps, 7503 logs folded, 947556 views compared\n"), "{out}");
    assert!(out.contains("  63800 service-books: "), "{out}");
}
