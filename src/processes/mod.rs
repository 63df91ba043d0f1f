//! Running processes: a table of them, closer looks at a few, what belongs to what, and tmux panes.

pub mod cpu;
#[cfg(target_os = "linux")]
pub mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;
pub mod sockets;
pub mod tmux;
pub mod tree;

#[cfg(target_os = "linux")]
pub use linux::ProcFs as Reader;
#[cfg(not(target_os = "linux"))]
pub use portable::Portable as Reader;

use crate::core::process::Process;

/// Reads the details that a listing leaves out, for selected processes of the user.
pub fn read_details(reader: &Reader, processes: &mut [Process], is_wanted: impl Fn(&Process) -> bool) {
    let wanted = processes
        .iter_mut()
        .filter(|process| process.is_own && is_wanted(process));
    let mut listeners = None;
    for process in wanted {
        let listeners = listeners.get_or_insert_with(|| reader.listeners());
        process.details = reader.read_details(process.pid, listeners);
    }
}
