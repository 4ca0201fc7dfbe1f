//! A real process appends and says so; it is killed, or its disk gets full.

use crate::chain::{CHAIN_ID, Chain, block, blocks};
use alloy_primitives::B256;
use bondstone_store::{Head, Options, Record, Store, StoreError};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Names the directory for the process that appends.
const DIR: &str = "BONDSTONE_STORE_TEST_DIR";
/// How often to kill; 50 unless this says otherwise.
const KILLS: &str = "BONDSTONE_STORE_TEST_KILLS";

fn options() -> Options {
    Options { segment_bytes: 200_000, ahead_bytes: 50_000, ..Options::new(CHAIN_ID) }
}

fn flavour(height: u64) -> u8 {
    (height % 7) as u8
}

/// Appends frames of one to three blocks, with a snapshot now and then, and prints the height of
/// the last block after each, until `limit` or a failure.
fn append_and_tell(dir: &Path, limit: u64) -> Result<(), StoreError> {
    let (mut store, mut recovery) = Store::open(dir, &options())?;
    for recovered in recovery.records.by_ref() {
        recovered?;
    }
    let mut head = recovery.records.head();
    loop {
        let height = head.map_or(0, |head| head.height + 1);
        if height >= limit {
            return Ok(());
        }
        let mut records = Vec::new();
        for height in height..=height + height % 3 {
            let parent = head.map_or(B256::ZERO, |head| head.hash);
            let next = block(height, parent, flavour(height));
            head = Some(Head { height, hash: next.hash });
            records.push(Record::Block(next));
        }
        let positions = store.append(&records)?;
        let head = head.expect("a block was appended");
        writeln!(std::io::stdout(), "acknowledged {}", head.height).expect("the parent reads");
        if height.is_multiple_of(64) {
            let position = *positions.last().expect("a block was appended");
            let state = |out: &mut dyn Write| out.write_all(&[3; 5_000]);
            store.reader().write_snapshot(head, position, b"index", state)?;
        }
    }
}

/// The process that the other tests start. Started by nobody, it appends a little.
#[test]
fn appending_ends_at_its_limit() {
    match std::env::var_os(DIR) {
        Some(dir) => {
            if let Err(error) = append_and_tell(Path::new(&dir), u64::MAX) {
                writeln!(std::io::stdout(), "failed {error}").expect("the parent reads");
            }
        }
        None => {
            let dir = tempfile::tempdir().unwrap();
            append_and_tell(dir.path(), 20).unwrap();
            let (store, _) = Store::open(dir.path(), &options()).unwrap();
            assert!(store.height().is_some_and(|height| (19..22).contains(&height)));
        }
    }
}

fn start(mut command: Command, dir: &Path) -> Child {
    command.args(["kill::appending_ends_at_its_limit", "--exact", "--nocapture"]);
    command.env(DIR, dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// The height of the last block that was acknowledged, and the failure if there was one.
fn listen(child: &mut Child) -> (Option<u64>, Option<String>) {
    let out = BufReader::new(child.stdout.take().unwrap());
    let (mut acknowledged, mut failure) = (None, None);
    for line in out.lines().map_while(Result::ok) {
        if let Some(height) = line.strip_prefix("acknowledged ") {
            acknowledged = Some(height.parse().unwrap());
        }
        if let Some(text) = line.strip_prefix("failed ") {
            failure = Some(text.to_owned());
        }
    }
    child.wait().unwrap();
    (acknowledged, failure)
}

/// The chain that the process appends, up to a height.
fn expected(height: u64) -> Chain {
    let mut chain = Chain::default();
    (0..=height).for_each(|height| {
        chain.grow(flavour(height));
    });
    chain
}

/// That all blocks up to the acknowledged one are there, and at most one more frame.
fn check(dir: &Path, acknowledged: Option<u64>) -> Option<u64> {
    let (store, recovery) = Store::open(dir, &options()).unwrap();
    let found = store.height();
    let most = acknowledged.map_or(0, |height| height + 3);
    assert!(found >= acknowledged && found <= Some(most), "{acknowledged:?}, found {found:?}");
    let height = found?;
    let chain = expected(height);
    let first = recovery.snapshot.as_ref().map_or(0, |snapshot| snapshot.head().height + 1);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks[first as usize..]);
    found
}

#[test]
fn what_was_acknowledged_outlives_kills() {
    let kills = std::env::var(KILLS).map_or(50, |kills| kills.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = None;
    let mut moment = 7u64;
    for _ in 0..kills {
        let mut child = start(Command::new(this_program()), dir.path());
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let wait = Duration::from_micros((moment >> 33) % 150_000);
        let pid = child.id();
        let heard = std::thread::scope(|scope| {
            let heard = scope.spawn(|| listen(&mut child));
            std::thread::sleep(wait);
            let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
            assert!(killed.success());
            heard.join().unwrap()
        });
        assert_eq!(heard.1, None);
        acknowledged = check(dir.path(), heard.0.max(acknowledged));
    }
    assert!(acknowledged.is_some_and(|height| height > 50), "{acknowledged:?}");
}

/// A small file system in memory, where we may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(dir: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(dir).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(dir.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().unwrap();
    }
}

#[test]
fn a_disk_that_really_gets_full_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = SmallDisk::mount(dir.path());
    let store = dir.path().join("store");
    let ballast = dir.path().join("ballast");
    std::fs::write(&ballast, [0; 300_000]).unwrap();
    let command = if mounted.is_some() {
        Command::new(this_program())
    } else {
        // No file may get longer than 64 blocks of 512 bytes.
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]).arg(this_program());
        shell
    };
    let (acknowledged, failure) = listen(&mut start(command, &store));
    let failure = failure.expect("it ended because the disk was full");
    assert!(failure.starts_with("cannot write"), "{failure}");
    assert!(acknowledged.is_some_and(|height| height > 20), "{acknowledged:?}, {failure}");
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(check(&store, acknowledged), acknowledged);
}
