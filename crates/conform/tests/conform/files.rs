//! Files of the repository and of the tests.

use bondstone_conform::source::{Source, find};
use bondstone_conform::{Exit, Options, Set, run};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of all vectors.
fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

/// Every vector of a set. Each is told to CI, which finds vectors that no test opens.
pub(crate) fn of_set(set: &str) -> Vec<PathBuf> {
    let files = find(&vectors().join(set)).unwrap();
    files.iter().for_each(|file| tell(file));
    files
}

/// The lines of a vector.
pub(crate) fn lines(path: &str) -> Vec<String> {
    let file = vectors().join(path);
    tell(&file);
    let source = Source::read(&file).unwrap();
    source.lines().map(|(_, line)| line.to_owned()).collect()
}

fn tell(file: &Path) {
    let Some(log) = std::env::var_os("BONDSTONE_VECTOR_LOG") else { return };
    let name = file.strip_prefix(vectors()).unwrap().to_string_lossy().replace('\\', "/");
    let mut log = OpenOptions::new().create(true).append(true).open(log).unwrap();
    log.write_all(format!("{name}\n").as_bytes()).unwrap();
}

/// Writes a file of a test and returns its path.
pub(crate) fn write(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Options for some paths, with everything else left as it is.
pub(crate) fn options(set: Set, paths: Vec<PathBuf>) -> Options {
    Options { set, paths, mirror: false, only: None, json: false }
}

/// Runs and returns the exit with what was printed.
pub(crate) fn printed(options: &Options) -> (Exit, String) {
    let mut out = Vec::new();
    let exit = run(options, &mut out).unwrap();
    (exit, String::from_utf8(out).unwrap())
}
