//! The log of a plugin on disk: the newest lines, in two files that never grow beyond a bound.

use super::log::Line;
use crate::core::time::Time;
use crate::system::open;
use crate::system::replace::create_private_folder;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Of each of the two files.
const MOST_BYTES: u64 = 256 << 10;

/// `<id>.log`, and before it `<id>.log.1`.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Option<(File, u64)>,
    /// It cannot be written: nothing is tried again.
    is_closed: bool,
}

impl LogFile {
    pub fn new(folder: &Path, id: &str) -> Self {
        Self {
            path: folder.join(format!("{id}.log")),
            file: None,
            is_closed: false,
        }
    }

    /// A line that cannot be written is only in memory.
    pub fn write(&mut self, line: &Line, now: i64) {
        if self.is_closed {
            return;
        }
        let text = format!("{} {} {}\n", Time(now), line.level.name(), line.text);
        self.is_closed = self.append(&text).is_err();
    }

    fn append(&mut self, text: &str) -> std::io::Result<()> {
        let (mut file, size) = match self.file.take() {
            Some(open) => open,
            None => self.open()?,
        };
        file.write_all(text.as_bytes())?;
        let size = size + text.len() as u64;
        if size < MOST_BYTES {
            self.file = Some((file, size));
            return Ok(());
        }
        fs::rename(&self.path, self.path.with_extension("log.1"))
    }

    fn open(&self) -> std::io::Result<(File, u64)> {
        if let Some(folder) = self.path.parent() {
            create_private_folder(folder)?;
        }
        let mut options = File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let (file, metadata) = open::regular(&mut options, &self.path)?;
        Ok((file, metadata.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::message::Level;

    #[test]
    fn a_flood_of_lines_stays_within_two_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut log = LogFile::new(dir.path(), "acme");
        let line = Line {
            level: Level::Info,
            order: 0,
            text: "x".repeat(4096),
        };
        for _ in 0..200 {
            log.write(&line, 0);
        }
        let sizes: Vec<u64> = fs::read_dir(dir.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").metadata().expect("facts").len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|size| *size <= MOST_BYTES + 5000), "{sizes:?}");
    }
}
