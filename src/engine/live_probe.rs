//! The live probe: scans beside a stream, which never waits for what agents answer.

use super::Engine;
use super::scan::{Scan, ScanOptions};
use crate::agents::shared::live::live;
use crate::agents::{Agent, AgentHandle};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// How long it rests between two scans.
const EVERY: Duration = Duration::from_secs(2);

pub struct LiveProbe {
    first: Option<Scan>,
    by: Scans,
}

/// Who scans.
enum Scans {
    /// Nobody: nothing changes.
    Never,
    Beside(Receiver<Scan>),
    /// The stream itself: some agent is tied to its thread.
    Here(Instant),
}

impl LiveProbe {
    /// The first scan is at once. Ends with the stream.
    pub fn start(engine: &mut Engine) -> Self {
        let first = Some(engine.scan(ScanOptions::default()));
        let live = engine.registry.agents.iter().filter(|agent| live(&***agent).is_some());
        let agents: Option<Vec<_>> = live.map(AgentHandle::shared).collect();
        let by = match agents {
            _ if engine.is_sample() => Scans::Never,
            None => Scans::Here(Instant::now()),
            Some(agents) => Scans::Beside(scan_beside(agents, engine)),
        };
        Self { first, by }
    }

    /// The newest scan since the last call.
    pub fn latest(&mut self, engine: &mut Engine) -> Option<Scan> {
        if self.first.is_some() {
            return self.first.take();
        }
        match &mut self.by {
            Scans::Never => None,
            Scans::Beside(receive) => receive.try_iter().last(),
            Scans::Here(last) => (last.elapsed() >= EVERY).then(|| {
                *last = Instant::now();
                engine.scan(ScanOptions::default())
            }),
        }
    }
}

fn scan_beside(agents: Vec<&'static (dyn Agent + Sync)>, engine: &mut Engine) -> Receiver<Scan> {
    let (send, receive) = sync_channel(1);
    let mut system = engine.system.clone();
    let mut scanner = std::mem::take(&mut engine.scanner);
    std::thread::spawn(move || {
        let agents: Vec<&dyn Agent> = agents.iter().map(|&agent| agent as &dyn Agent).collect();
        loop {
            std::thread::sleep(EVERY);
            system.now = system.now();
            if send
                .send(scanner.scan(&agents, &system, ScanOptions::default()))
                .is_err()
            {
                return;
            }
        }
    });
    receive
}
