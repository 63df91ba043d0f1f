//! Signals that concern the terminal: the ones that end, stop and continue ttop.

use super::update::Event;
use std::io;
use std::sync::mpsc::Sender;

/// Sends an event for each signal, from now on.
///
/// # Errors
/// When signals cannot be taken over.
#[cfg(unix)]
pub(super) fn watch(send: Sender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let event = match signal {
                SIGTSTP => Event::Stop,
                SIGCONT => Event::Continue,
                other => Event::Signal(other),
            };
            if send.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub fn watch(_send: Sender<Event>) -> io::Result<()> {
    Ok(())
}

/// Stops this process, as Ctrl+Z does; returns when it continues.
#[cfg(unix)]
pub(super) fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
}

/// There is nothing to stop into.
#[cfg(not(unix))]
pub fn stop() -> io::Result<()> {
    Ok(())
}
