//! Where the options come from: the command line, the environment, a file, and the defaults.

use super::settings::Settings;
use clap::{Args, Command, FromArgMatches};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::de::DeTable;

/// The file with options, when --config does not name it.
const CONFIG_VARIABLE: &str = "BONDSTONE_CONFIG";
/// The filter of the log in every Rust program; ours, `BONDSTONE_LOG`, is stronger.
const RUST_LOG: &str = "RUST_LOG";

/// What is wrong with the options.
#[derive(Debug, Error)]
pub(super) enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of the file is no TOML, or its key or value is no option's.
    #[error("{}:{line}: {}{reason}", file.display(), named(key.as_deref()))]
    File {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key, if it got so far.
        key: Option<String>,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable of the environment has a value that is no option's.
    #[error("{variable}: {reason}")]
    Variable {
        /// The variable.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
    /// One source asks for both.
    #[error("{0}: ephemeral and data-dir exclude each other; give one of them")]
    Conflict(String),
    /// The options cannot be written, which would be a fault of this program.
    #[error("the options cannot be written as TOML: {0}")]
    Unwritable(#[from] toml::ser::Error),
}

fn named(key: Option<&str>) -> String {
    key.map(|key| format!("{key}: ")).unwrap_or_default()
}

/// The options in effect: those of the command line, over those of the environment, over those of
/// the file, over the defaults.
///
/// # Errors
/// [`ConfigError`] names the variable, or the file, line and key.
pub(super) fn effective(
    command_line: Settings,
    file: Option<PathBuf>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Settings, ConfigError> {
    let variables = of_environment(&environment)?;
    let file = file.or_else(|| environment(CONFIG_VARIABLE).map(PathBuf::from));
    let file = file.filter(|path| !path.as_os_str().is_empty());
    let in_file = file.as_deref().map(of_file).transpose()?.unwrap_or_default();
    let file = file.unwrap_or_default().display().to_string();
    for (settings, source) in [
        (&command_line, "the command line"),
        (&variables, "the environment"),
        (&in_file, file.as_str()),
    ] {
        if settings.ephemeral == Some(true) && settings.data_dir.is_some() {
            return Err(ConfigError::Conflict(source.to_owned()));
        }
    }
    Ok(command_line.over(variables).over(in_file).over(Settings::defaults()))
}

/// The options as a file that [`effective`] reads.
///
/// # Errors
/// [`ConfigError::Unwritable`] for a path that is not UTF-8.
pub(super) fn to_toml(settings: &Settings) -> Result<String, ConfigError> {
    Ok(toml::to_string(settings)?)
}

/// The variable of an option.
fn variable(option: &str) -> String {
    format!("BONDSTONE_{}", option.to_ascii_uppercase().replace('-', "_"))
}

fn of_environment(environment: impl Fn(&str) -> Option<OsString>) -> Result<Settings, ConfigError> {
    let command = Settings::augment_args(Command::new("environment").no_binary_name(true));
    let options: Vec<String> =
        command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    let mut arguments = Vec::new();
    for option in options {
        let mut name = variable(&option);
        let mut value = environment(&name);
        if value.is_none() && option == "log" {
            RUST_LOG.clone_into(&mut name);
            value = environment(&name);
        }
        // An empty variable is how a shell takes one back.
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let mut argument = OsString::from(format!("--{option}="));
        argument.push(value);
        // Alone, so that a mistake can be named.
        read(&command, &name, vec![argument.clone()])?;
        arguments.push(argument);
    }
    read(&command, "the environment", arguments)
}

/// Reads variables as if they stood on the command line.
fn read(
    command: &Command,
    variable: &str,
    arguments: Vec<OsString>,
) -> Result<Settings, ConfigError> {
    let matches = command.clone().try_get_matches_from(arguments);
    let settings = matches.and_then(|matches| Settings::from_arg_matches(&matches));
    settings.map_err(|error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let reason = first.strip_prefix("error: ").unwrap_or(first).to_owned();
        ConfigError::Variable { variable: variable.to_owned(), reason }
    })
}

fn of_file(file: &Path) -> Result<Settings, ConfigError> {
    let text = fs::read_to_string(file)
        .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        ConfigError::File {
            file: file.to_owned(),
            line: before.matches('\n').count().saturating_add(1),
            key: key_at(&text, at),
            reason: error.message().trim().replace('\n', " "),
        }
    })
}

/// The key that a place of the file belongs to, if the file is TOML.
fn key_at(text: &str, at: usize) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let entries = table.get_ref().iter();
    let starts = entries.map(|(key, _)| (key.span().start, key.get_ref().to_string()));
    starts.filter(|(start, _)| *start <= at).max().map(|(_, key)| key)
}

#[cfg(test)]
mod tests;
