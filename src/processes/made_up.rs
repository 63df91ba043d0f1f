//! A made-up `/proc` for tests.

use super::linux::ProcFs;
use crate::core::process::Process;
use std::fs;
use std::os::unix::fs::symlink;

/// A made-up `/proc` whose system started at second 1,000 of the epoch.
pub(super) struct Tree(pub(super) tempfile::TempDir);

impl Tree {
    pub(super) fn new() -> Self {
        let tree = Self(tempfile::tempdir().expect("a folder"));
        tree.write("stat", "cpu 1 2 3\nbtime 1000\n");
        tree
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("written");
        self
    }

    pub(super) fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        symlink(target, path).expect("a link");
        self
    }

    /// A process of this user, started two seconds after the system.
    pub(super) fn process(&self, pid: u32, name: &str, tty: i64, args: &[&str]) -> &Self {
        let start = 2 * rustix::param::clock_ticks_per_second();
        let user = rustix::process::getuid().as_raw();
        self.write(
            &format!("{pid}/stat"),
            format!("{pid} ({name}) S 1 {pid} 77 {tty} {pid} 4194304 1 0 0 0 30 20 0 0 20 0 11 0 {start} 0 25\n"),
        )
        .write(&format!("{pid}/status"), format!("Name:\tx\nUid:\t{user}\t0\t0\t0\n"))
        .write(&format!("{pid}/cmdline"), args.join("\0") + "\0")
    }

    pub(super) fn reader(&self) -> ProcFs {
        ProcFs::new(self.0.path())
    }

    pub(super) fn only(&self) -> Process {
        let mut list = self.reader().list();
        assert_eq!(list.len(), 1, "{list:?}");
        list.remove(0)
    }
}
