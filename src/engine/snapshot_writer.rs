//! The snapshot for bars that a stream leaves behind while agents write.

use super::Engine;
use std::time::{Duration, Instant};

/// Bars treat younger snapshots as fresh.
const EVERY: Duration = Duration::from_secs(2);

pub struct SnapshotWriter {
    last: Option<Instant>,
    is_due: bool,
    is_wanted: bool,
}

impl SnapshotWriter {
    /// A stream of some agents, or one with a zone of its own, knows too little for bars.
    pub fn new(engine: &Engine, is_of_all: bool) -> Self {
        Self {
            is_wanted: is_of_all && engine.system.zone_name.is_none(),
            last: None,
            is_due: false,
        }
    }

    /// Something was read.
    pub fn note(&mut self) {
        self.is_due = self.is_wanted;
    }

    /// Leaves a snapshot if something was read since the last one: where nothing happens, bars look themselves.
    pub fn leave(&mut self, engine: &mut Engine) {
        if self.is_due && self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            engine.leave_snapshot(Engine::live_snapshot);
            (self.last, self.is_due) = (Some(Instant::now()), false);
        }
    }
}
