//! Blocks that a node was asked for, in a file: a line of JSON each, in their order.
//!
//! Nothing in the file is believed. Who folds the blocks checks each against its hash and the one
//! before it, and the node still has to have the last; so the file need not be synced, and one that
//! a kill or a crash cut off is used as far as it is whole.

use super::failure::Failure;
use bondstone_node::rpc::ledger::LedgerBlock;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file, open.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Kept {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let options =
            File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = BufWriter::new(options.map_err(Failure::write(path))?);
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Hands over block after block as long as they are wanted. What is not a whole block is cut
    /// off, with all that follows it.
    pub(super) fn each(
        &mut self,
        wants_more: impl FnMut(LedgerBlock) -> bool,
    ) -> Result<(), Failure> {
        self.try_each(wants_more).map_err(Failure::read(&self.path))
    }

    fn try_each(&mut self, mut wants_more: impl FnMut(LedgerBlock) -> bool) -> io::Result<()> {
        let file = self.file.get_mut();
        file.rewind()?;
        let mut reader = BufReader::new(&*file);
        let (mut line, mut whole) = (Vec::new(), 0u64);
        loop {
            line.clear();
            let count = reader.read_until(b'\n', &mut line)?;
            let block = line.strip_suffix(b"\n").and_then(|text| serde_json::from_slice(text).ok());
            let Some(block) = block else { break };
            whole = whole.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if !wants_more(block) {
                break;
            }
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok(())
    }

    /// Adds the next block.
    pub(super) fn push(&mut self, block: &LedgerBlock) -> Result<(), Failure> {
        let text = super::folder::json(block)?;
        writeln!(self.file, "{text}").map_err(Failure::write(&self.path))
    }

    /// Hands everything to the system, from which no kill takes it back.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.file.flush().map_err(Failure::write(&self.path))
    }

    /// Forgets all blocks.
    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        let file = self.file.get_mut();
        let cleared = file.set_len(0).and_then(|()| file.rewind());
        cleared.map_err(Failure::write(&self.path))
    }
}
