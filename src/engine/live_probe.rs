//! The live probe: scans beside a stream, which never waits for what agents answer.

use super::Engine;
use super::scan::{Scan, ScanOptions};
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::live;
use crate::agents::{Agent, AgentHandle};
use crate::system::notices::Waker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How long it rests between two scans.
const EVERY: Duration = Duration::from_secs(2);

pub struct LiveProbe {
    first: Option<Scan>,
    by: Scans,
    options: ProbeOptions,
}

/// What is scanned for, and who waits for it.
#[derive(Clone, Default)]
pub struct ProbeOptions {
    /// Whether to read the last text of each agent.
    pub text: bool,
    /// Whether to include processes that agents started; may change at any time.
    pub helpers: Arc<AtomicBool>,
    /// Woken after each scan.
    pub waker: Option<Waker>,
}

impl ProbeOptions {
    fn scan(&self) -> ScanOptions {
        ScanOptions {
            helpers: self.helpers.load(Ordering::Relaxed),
            text: self.text,
            cpu: false,
        }
    }
}

/// Who scans.
enum Scans {
    /// Nobody: nothing changes.
    Never,
    Beside(Receiver<Scan>, Thread),
    /// The stream itself: some agent is tied to its thread.
    Here(Instant),
}

impl LiveProbe {
    /// The first scan is at once, and over when this returns. Ends with the stream.
    pub fn start(engine: &mut Engine) -> Self {
        Self::with(engine, ProbeOptions::default())
    }

    /// The same, with options. Who is woken after each scan does not wait for the first.
    pub fn with(engine: &mut Engine, options: ProbeOptions) -> Self {
        let live = engine.registry.agents.iter().filter(|agent| live(&***agent).is_some());
        let agents: Option<Vec<_>> = live.map(AgentHandle::shared).collect();
        let agents = agents.filter(|_| !engine.is_sample());
        let waits = agents.is_none() || options.waker.is_none();
        let first = waits.then(|| engine.scan(options.scan()));
        let by = match agents {
            _ if engine.is_sample() => Scans::Never,
            None => Scans::Here(Instant::now()),
            Some(agents) => scan_beside(agents, engine, options.clone(), first.is_some()),
        };
        Self { first, by, options }
    }

    /// Scans at once, rather than when it is time.
    pub fn hurry(&mut self, engine: &mut Engine) {
        match &mut self.by {
            Scans::Never => self.first = Some(engine.scan(self.options.scan())),
            Scans::Beside(_, scanner) => scanner.unpark(),
            Scans::Here(last) => *last = Instant::now().checked_sub(EVERY).unwrap_or(*last),
        }
    }

    /// The newest scan since the last call.
    pub fn latest(&mut self, engine: &mut Engine) -> Option<Scan> {
        if self.first.is_some() {
            return self.first.take();
        }
        match &mut self.by {
            Scans::Never => None,
            Scans::Beside(receive, _) => receive.try_iter().last(),
            Scans::Here(last) => (last.elapsed() >= EVERY).then(|| {
                *last = Instant::now();
                engine.scan(self.options.scan())
            }),
        }
    }
}

fn scan_beside(
    agents: Vec<&'static (dyn Agent + Sync)>,
    engine: &mut Engine,
    options: ProbeOptions,
    mut has_scanned: bool,
) -> Scans {
    let (send, receive) = sync_channel(1);
    let mut system = engine.system.clone();
    let mut scanner = engine.looker.take();
    let listings = engine.listings.clone();
    let thread = std::thread::spawn(move || {
        let agents: Vec<&dyn Agent> = agents.iter().map(|&agent| agent as &dyn Agent).collect();
        loop {
            if std::mem::replace(&mut has_scanned, true) {
                std::thread::park_timeout(EVERY);
            }
            system.now = system.now();
            let inventory = Inventory::new(&system, &listings);
            if send.send(scanner.scan(&agents, &inventory, options.scan())).is_err() {
                return;
            }
            if let Some(waker) = &options.waker {
                waker.wake();
            }
        }
    });
    Scans::Beside(receive, thread.thread().clone())
}
