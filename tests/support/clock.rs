//! The clock of a test: it starts at a time of the test's choice, ticks, and skips ahead instead of sleeping.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// 2026-11-20 18:00 UTC: no midnight is near.
pub const START: i64 = 1_795_197_600_000;

pub struct Clock {
    began: Instant,
    skipped_ms: AtomicI64,
}

impl Clock {
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            skipped_ms: AtomicI64::new(0),
        }
    }

    /// Epoch milliseconds.
    pub fn now(&self) -> i64 {
        START + self.began.elapsed().as_millis() as i64 + self.skipped_ms.load(Relaxed)
    }

    /// Processes that start from now on live this much later.
    pub fn skip(&self, time: Duration) {
        self.skipped_ms.fetch_add(time.as_millis() as i64, Relaxed);
    }

    /// What `TTOP_NOW` is for a process that starts now.
    pub fn setting(&self) -> String {
        format!("@{}", self.now())
    }
}

/// Waits until something holds, longer than any machine takes.
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    eventually_within(super::running::LIMIT, what, holds);
}

/// The same, of something that may take long.
pub fn eventually_within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
