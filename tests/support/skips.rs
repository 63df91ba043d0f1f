//! Where skipped tests of one `cargo test` are collected, by all its test programs.

use std::path::{Path, PathBuf};

/// The folder of all runs.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped")
}

/// The file of this run: cargo starts every test program of a run.
pub fn of_this_run() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    folder().join(run.to_string())
}
