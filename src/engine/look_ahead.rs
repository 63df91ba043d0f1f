//! Looking ahead: processes are listed beside whatever comes before a scan.

use super::scan::Scanner;
use std::cell::RefCell;
use std::thread::JoinHandle;

/// The scanner of an engine: here, or in a thread that lists processes for it.
pub(super) struct Looker(RefCell<State>);

enum State {
    Here(Box<Scanner>),
    Ahead(JoinHandle<Box<Scanner>>),
}

impl Default for Looker {
    fn default() -> Self {
        Self(RefCell::new(State::Here(Box::default())))
    }
}

impl Looker {
    /// Begins to list processes for the next scan.
    pub(super) fn look_ahead(&self, wants_cpu: bool) {
        let mut scanner = self.take();
        let thread = std::thread::Builder::new().spawn(move || {
            scanner.look_ahead(wants_cpu);
            scanner
        });
        // Without a thread, the scan lists them itself.
        if let Ok(thread) = thread {
            self.0.replace(State::Ahead(thread));
        }
    }

    /// The scanner, with what it listed meanwhile. Another one is left here.
    pub(super) fn take(&self) -> Box<Scanner> {
        match self.0.replace(State::Here(Box::default())) {
            State::Here(scanner) => scanner,
            State::Ahead(thread) => match thread.join() {
                Ok(scanner) => scanner,
                Err(panic) => std::panic::resume_unwind(panic),
            },
        }
    }

    /// Gives the scanner back.
    pub(super) fn put(&self, scanner: Box<Scanner>) {
        self.0.replace(State::Here(scanner));
    }
}
