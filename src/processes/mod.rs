//! Running processes: a table of them, closer looks at a few, what belongs to what, and panes of terminals.

pub(crate) mod cpu;
#[cfg(target_os = "linux")]
mod environ;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
#[cfg(all(test, target_os = "linux"))]
mod made_up;
pub(crate) mod panes;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod roster;
pub(crate) mod sockets;
#[cfg(target_os = "linux")]
mod stat;
pub(crate) mod tree;

#[cfg(target_os = "linux")]
pub(crate) use linux::ProcFs as Reader;
#[cfg(not(target_os = "linux"))]
pub use portable::{Portable as Reader, Roster};
#[cfg(target_os = "linux")]
pub(crate) use roster::Roster;

use crate::core::process::Process;
#[cfg(unix)]
use crate::system::open::{self, Most};
use sockets::Listeners;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

/// The home folder of the user's login, whatever `HOME` is.
#[cfg(unix)]
pub(crate) fn login_home() -> Option<PathBuf> {
    let user = rustix::process::getuid().as_raw().to_string();
    let text = open::read_text(Path::new("/etc/passwd"), Most::SETTINGS).ok()?;
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|fields| fields.get(2) == Some(&user.as_str()))?;
    line.get(5).map(PathBuf::from)
}

#[cfg(not(unix))]
pub fn login_home() -> Option<PathBuf> {
    None
}

/// Reads the details that a listing leaves out, for selected processes of the user. Where a process listens is read only if
/// it may be asked: the kernel goes through all connections of the machine for it.
pub(crate) fn read_details(
    reader: &Reader,
    processes: &mut [Process],
    is_wanted: impl Fn(&Process) -> bool,
    is_asked: impl Fn(&Process) -> bool,
) {
    let wanted = processes
        .iter_mut()
        .filter(|process| process.is_own && is_wanted(process));
    let mut listeners = None;
    for process in wanted {
        let listeners = match is_asked(process) {
            true => listeners.get_or_insert_with(|| reader.listeners()),
            false => &Listeners::default(),
        };
        match reader.read_details(process, listeners) {
            Some(details) => {
                process.details = details;
                process.cwd = reader.cwd(process.pid).or_else(|| process.cwd.take());
            }
            None => process.is_own = false,
        }
    }
}
