//! On what the figures were taken.

use serde::Serialize;
use std::fmt::{self, Display};
use std::path::Path;
use std::process::Command;

/// The machine and the compiler.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Machine {
    processor: String,
    threads: usize,
    kernel: String,
    compiler: String,
    /// Work that waited for a processor in the last minute, on average, when the run began.
    load: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let threads = std::thread::available_parallelism().map_or(0, usize::from);
        let system = rustix::system::uname();
        let kernel = format!(
            "{} {}",
            system.sysname().to_string_lossy(),
            system.release().to_string_lossy()
        );
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default().to_owned();
        Self { processor: processor(), threads, kernel, compiler: compiler(), load }
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, threads, kernel, compiler, load } = self;
        write!(f, "{processor}, {threads} hardware threads, {kernel}, {compiler}; load {load}")
    }
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "rustc unknown".to_owned())
}

/// The file system that a folder is on.
pub(crate) fn file_system(folder: &Path) -> String {
    let Ok(found) = rustix::fs::statfs(folder) else { return "unknown".to_owned() };
    // The numbers are those of statfs(2).
    match u64::try_from(found.f_type) {
        Ok(0xef53) => "ext4".to_owned(),
        Ok(0x5846_5342) => "xfs".to_owned(),
        Ok(0x9123_683e) => "btrfs".to_owned(),
        Ok(0x0102_1994) => "tmpfs".to_owned(),
        Ok(0x794c_7630) => "overlayfs".to_owned(),
        Ok(other) => format!("of type {other:#x}"),
        Err(_) => "unknown".to_owned(),
    }
}
