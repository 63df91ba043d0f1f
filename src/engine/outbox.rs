//! The outbox of a stream: delivery on a thread of its own, so that no sink ever holds a line up.

use super::delivery::Delivery;
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

pub struct Outbox {
    wake: Option<Sender<()>>,
    problems: Receiver<Problem>,
    /// Closed when the delivery has ended.
    gone: Receiver<()>,
}

impl Outbox {
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
            // The delivery has ended when its ledger could not be read, and has said so.
            let _ = wake.send(());
        }
    }

    /// What could not be delivered since the last time.
    pub fn problems(&self) -> impl Iterator<Item = Problem> {
        self.problems.try_iter()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.wake = None;
        let _ = self.gone.recv_timeout(GRACE);
    }
}

fn deliver(system: &System, sinks: Vec<Sink>, woken: &Receiver<()>, tell: &Sender<Problem>) -> Result<()> {
    let mut ledger = Ledger::open(system)?;
    ledger.prepare_alerts()?;
    let mut delivery = Delivery::new(ledger, sinks, system, true);
    loop {
        // The stream may have ended: then nobody is left to be told.
        match delivery.deliver(&mut |problem| drop(tell.send(problem))) {
            Err(error) if !Ledger::is_busy(&error) => return Err(error),
            _ => {}
        }
        if woken.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected) {
            return delivery.deliver(&mut |problem| drop(tell.send(problem)));
        }
    }
}
