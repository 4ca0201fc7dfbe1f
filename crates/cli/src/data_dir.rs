//! Where a chain is kept when nobody says where.

use clap::Args;
use std::env;
use std::path::PathBuf;

/// The directory of a chain's store.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDir {
    /// Directory of the chain's store [default: $XDG_DATA_HOME/bondstone, or
    /// ~/.local/share/bondstone].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl DataDir {
    /// The directory that was given or the default; nothing when the user has no home.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.data_dir.clone().or_else(default_data_dir)
    }
}

/// Where a chain is kept by default, by the XDG base directory specification: relative paths in
/// the environment count as absent.
pub(crate) fn default_data_dir() -> Option<PathBuf> {
    let dir = |name| env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let data = dir("XDG_DATA_HOME").or_else(|| Some(dir("HOME")?.join(".local/share")))?;
    Some(data.join("bondstone"))
}
