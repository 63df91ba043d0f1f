//! The live probe: scans beside a stream, which never waits for what agents answer.

use super::Engine;
use super::scan::{Scan, ScanOptions};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// How long it rests between two scans.
const EVERY: Duration = Duration::from_secs(2);

pub struct LiveProbe {
    first: Option<Scan>,
    receive: Receiver<Scan>,
}

impl LiveProbe {
    /// The first scan is at once. Ends with the stream; the sample home does not change.
    pub fn start(engine: &mut Engine) -> Self {
        let (send, receive) = sync_channel(1);
        let first = Some(engine.scan(ScanOptions::default()));
        if !engine.is_sample() {
            let mut system = engine.system.clone();
            let mut scanner = std::mem::take(&mut engine.scanner);
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(EVERY);
                    system.now = system.moment();
                    if send.send(scanner.scan(&system, ScanOptions::default())).is_err() {
                        return;
                    }
                }
            });
        }
        Self { first, receive }
    }

    /// The newest scan since the last call.
    pub fn latest(&mut self) -> Option<Scan> {
        self.first.take().or_else(|| self.receive.try_iter().last())
    }
}
