//! The outbox of a stream: delivery on a thread of its own, so that no sink ever holds a line up.

use super::Engine;
use super::delivery::Delivery;
use crate::core::problem::Problem;
use crate::ledger::Ledger;
use crate::sinks::{Sink, SinkHandle, SinkKind, of_kinds};
use crate::system::System;
use anyhow::Result;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often it looks for what other processes left, or what failed before.
const EVERY: Duration = Duration::from_secs(5);
/// How long an ending stream waits for deliveries; the next run delivers the rest.
const GRACE: Duration = Duration::from_secs(3);

pub(super) struct Outbox {
    wake: Option<Sender<()>>,
    problems: Receiver<Problem>,
    /// Closed when the delivery has ended.
    gone: Receiver<()>,
    /// To sinks that are tied to this thread.
    here: Option<Here>,
}

/// Delivery on the thread of the stream.
struct Here {
    delivery: Delivery,
    last: Instant,
    is_due: bool,
}

impl Outbox {
    /// # Errors
    /// When the ledger cannot be opened for the sinks of this thread.
    pub(super) fn start(engine: &Engine) -> Result<Self> {
        let (wake, woken) = channel();
        let (tell, problems) = channel();
        let (alive, gone) = channel();
        let (system, config) = (engine.system.clone(), engine.config.clone());
        let kinds = engine.registry.sinks.iter();
        let shared: Vec<&'static (dyn SinkKind + Sync)> = kinds.filter_map(SinkHandle::shared).collect();
        std::thread::spawn(move || {
            let _alive: Sender<()> = alive;
            let shared: Vec<&dyn SinkKind> = shared.iter().map(|&kind| kind as &dyn SinkKind).collect();
            if let Err(error) = deliver(&system, of_kinds(&config, &shared), &woken, &tell) {
                // The stream may have ended.
                let _ = tell.send(Problem::new("alerts", format!("could not be delivered: {error:#}")));
            }
        });
        let kinds = engine.registry.sinks.iter().filter(|kind| kind.shared().is_none());
        let local: Vec<&dyn SinkKind> = kinds.map(|kind| &**kind).collect();
        let local = of_kinds(&engine.config, &local);
        let here = (!local.is_empty()).then(|| -> Result<Here> {
            let mut ledger = Ledger::open(&engine.system)?;
            ledger.prepare_alerts()?;
            Ok(Here {
                delivery: Delivery::new(ledger, local, &engine.system, true),
                last: Instant::now(),
                is_due: true,
            })
        });
        Ok(Self {
            wake: Some(wake),
            problems,
            gone,
            here: here.transpose()?,
        })
    }

    /// Something is due.
    pub(super) fn wake(&mut self) {
        if let Some(wake) = &self.wake {
            // The delivery thread ended because its ledger could not be read, and reported it.
            let _ = wake.send(());
        }
        if let Some(here) = &mut self.here {
            here.is_due = true;
        }
    }

    /// Delivers what is due on this thread; what could not be delivered since the last time, here or beside.
    pub(super) fn problems(&mut self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.problems.try_iter().collect();
        if let Some(here) = self
            .here
            .as_mut()
            .filter(|here| here.is_due || here.last.elapsed() >= EVERY)
        {
            (here.last, here.is_due) = (Instant::now(), false);
            match here.delivery.deliver(&mut |problem| problems.push(problem)) {
                Err(error) if !Ledger::is_busy(&error) => {
                    problems.push(Problem::new("alerts", format!("could not be delivered: {error:#}")));
                }
                _ => {}
            }
        }
        problems
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
        // The stream may have ended; then the problem is not needed.
        match delivery.deliver(&mut |problem| drop(tell.send(problem))) {
            Err(error) if !Ledger::is_busy(&error) => return Err(error),
            _ => {}
        }
        if woken.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected) {
            return delivery.deliver(&mut |problem| drop(tell.send(problem)));
        }
    }
}
