//! Attacks: what others write into files, names and programs must not run, hang, flood or steer anything.
#![cfg(unix)]

#[path = "../../benches/jobs/data.rs"]
#[allow(dead_code, reason = "only small homes are made")]
mod data;
mod databases;
mod files;
mod floods;
mod hostile;
mod imports;
mod names;
mod places;
mod programs;
mod shells;
#[path = "../support/mod.rs"]
mod support;
mod terminal;

use assert_cmd::Command;
use std::time::Duration;

/// No command takes longer, over any data.
const LIMIT: Duration = Duration::from_secs(20);

/// The binary as [`support::Home::ttop`] runs it, with a limit of memory and one of time.
fn limited(home: &support::Home) -> Command {
    const KIBIBYTES: u32 = 1_500_000;
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -v {KIBIBYTES}; exec \"$0\" \"$@\"")])
        .arg(binary)
        .timeout(LIMIT);
    home.surround(&mut command);
    command
}
