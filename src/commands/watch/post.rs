//! The post of a stream: a courier beside it, so that no sink ever holds a line up.

use crate::commands::alert::courier::Courier;
use crate::core::problem::Problem;
use crate::ledger::Ledger;
use crate::sinks::Sink;
use crate::system::System;
use anyhow::Result;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often it looks for what other processes left, or what failed before.
const EVERY: Duration = Duration::from_secs(5);
/// How long an ending stream waits for what is on its way; the rest is delivered by the next run.
const GRACE: Duration = Duration::from_secs(3);

pub struct Post {
    wake: Option<Sender<()>>,
    problems: Receiver<Problem>,
    /// Closed when the courier has gone.
    gone: Receiver<()>,
}

impl Post {
    pub fn start(system: &System, sinks: Vec<Sink>) -> Self {
        let (wake, woken) = channel();
        let (tell, problems) = channel();
        let (alive, gone) = channel();
        let system = system.clone();
        std::thread::spawn(move || {
            let _alive: Sender<()> = alive;
            if let Err(error) = deliver(&system, sinks, &woken, &tell) {
                // The stream may have ended.
                let _ = tell.send(Problem::new("alerts", format!("they cannot be delivered: {error:#}")));
            }
        });
        Self {
            wake: Some(wake),
            problems,
            gone,
        }
    }

    /// Something is due.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // The courier is gone when its ledger could not be read, and has said so.
            let _ = wake.send(());
        }
    }

    /// What could not be delivered since the last time.
    pub fn problems(&self) -> impl Iterator<Item = Problem> {
        self.problems.try_iter()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.wake = None;
        let _ = self.gone.recv_timeout(GRACE);
    }
}

fn deliver(system: &System, sinks: Vec<Sink>, woken: &Receiver<()>, tell: &Sender<Problem>) -> Result<()> {
    let mut ledger = Ledger::open(system)?;
    ledger.prepare_alerts()?;
    let mut courier = Courier::new(ledger, sinks, system, true);
    loop {
        // The stream may have ended: then nobody is left to be told.
        match courier.deliver(&mut |problem| drop(tell.send(problem))) {
            Err(error) if !Ledger::is_busy(&error) => return Err(error),
            _ => {}
        }
        if woken.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected) {
            return courier.deliver(&mut |problem| drop(tell.send(problem)));
        }
    }
}
