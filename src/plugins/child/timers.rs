//! Timers: when the next callback is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::time::{Duration, Instant};

/// Deadlines by number; callbacks stay with the engine.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    live: HashSet<u64>,
}

impl Timers {
    pub(super) fn set(&mut self, id: u64, after: Duration) {
        self.live.insert(id);
        self.due.push(Reverse((Instant::now() + after, id)));
    }

    pub(super) fn clear(&mut self, id: u64) {
        self.live.remove(&id);
    }

    pub(super) fn clear_all(&mut self) {
        self.due.clear();
        self.live.clear();
    }

    /// The next timer that is due now.
    pub(super) fn pop_due(&mut self) -> Option<u64> {
        let now = Instant::now();
        while let Some(Reverse((at, id))) = self.due.peek().copied() {
            if self.live.contains(&id) && at > now {
                return None;
            }
            self.due.pop();
            if self.live.remove(&id) {
                return Some(id);
            }
        }
        None
    }

    /// How long until one is due.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        while let Some(Reverse((at, id))) = self.due.peek() {
            if self.live.contains(id) {
                return Some(at.saturating_duration_since(Instant::now()));
            }
            self.due.pop();
        }
        None
    }
}
