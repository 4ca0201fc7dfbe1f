//! The house rules as commands: `tidy`, `edges` and `vectors`.
//!
//! A rule that nobody runs is a wish. Each of these reads the checkout as it is, prints one line
//! per finding with the way out, and exits with 1 if there was any.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod checkout;
mod edges;
mod finding;
mod names;
mod purity;
mod rooms;
mod rules;
mod source;
mod tidy;
mod vectors;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  tidy                  check every file against the house rules
  edges                 check which crate depends on which
  vectors --log FILE    check that FILE names every file under vectors/
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["tidy"] => tidy::run(),
        ["edges"] => edges::run(),
        ["vectors", "--log", log] => vectors::run(log),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(report) if report.findings.is_empty() => {
            println!("{}", report.summary);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            for finding in &report.findings {
                println!("{finding}");
            }
            println!("{}", report.summary);
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
