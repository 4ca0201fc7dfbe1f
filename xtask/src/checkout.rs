//! The checkout that is being checked: where it is and which files are in it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run` and for tests alike; it names this crate's folder.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    manifest.and_then(|folder| folder.parent().map(Path::to_path_buf)).unwrap_or_else(|| ".".into())
}

/// Every file that git tracks or would track, relative to the root, in order.
pub(crate) fn files(root: &Path) -> Result<Vec<String>, String> {
    let listing = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    )?;
    let mut files: Vec<String> = listing
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// What a command prints, or why it failed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed: {}", reason.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{name} printed something but UTF-8"))
}
