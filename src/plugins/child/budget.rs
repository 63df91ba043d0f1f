//! CPU time: how much one job, and a run of jobs without a word to ttop, may take.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// A run of jobs may take this many times what one job may.
const RUN: u32 = 2;

/// Shared with the engine's interrupt handler.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(Rc<State>);

#[derive(Debug, Default)]
struct State {
    limit: Cell<Duration>,
    job: Cell<Duration>,
    run: Cell<Duration>,
    is_spent: Cell<bool>,
}

impl Budget {
    pub(super) fn set_limit(&self, limit: Duration) {
        self.0.limit.set(limit);
    }

    /// A job begins.
    pub(super) fn begin_job(&self) {
        self.0.job.set(cpu_time());
    }

    /// ttop has answered or asked: the plugin makes progress.
    pub(super) fn begin_run(&self) {
        let now = cpu_time();
        self.0.job.set(now);
        self.0.run.set(now);
    }

    /// Whether the plugin has to be stopped. Once it has to, it stays so.
    pub(super) fn is_over(&self) -> bool {
        let state = &*self.0;
        let (now, limit) = (cpu_time(), state.limit.get());
        let is_over = now.saturating_sub(state.job.get()) > limit || now.saturating_sub(state.run.get()) > limit * RUN;
        if is_over {
            state.is_spent.set(true);
        }
        state.is_spent.get()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.is_spent.get()
    }
}

#[cfg(unix)]
fn cpu_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let at = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(at.tv_sec).unwrap_or_default(),
        u32::try_from(at.tv_nsec).unwrap_or_default(),
    )
}

/// Time passes as CPU time where there is no clock of it: a limit that comes early and never late.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
