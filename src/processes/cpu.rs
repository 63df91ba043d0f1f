//! Use of the processor, from two samples.

use super::Reader;
use super::tree::Tree;
use crate::core::process::Process;
use rustc_hash::FxHashMap;
use std::time::{Duration, Instant};

/// Minimum time between two samples: the kernel counts in hundredths of a second.
const GAP: Duration = Duration::from_millis(250);
/// The same where it counts in nanoseconds: enough for a share, too little to tell work from a redrawn line.
const FINE_GAP: Duration = Duration::from_millis(12);
/// Above this share of one core a process is at work.
const ACTIVE_PERCENT: f64 = 5.0;

/// Processor time used so far, by process.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    at: Instant,
    used_us: FxHashMap<(u32, u64), u64>,
    /// Whether the kernel's exact counts were read.
    is_fine: bool,
}

impl Sample {
    /// Takes a sample from a listing made at `at`.
    pub(crate) fn of(processes: &[Process], at: Instant) -> Self {
        let used = |process: &Process| Some(((process.pid, process.start_mark), process.cpu_ms? * 1_000));
        Self {
            at,
            used_us: processes.iter().filter_map(used).collect(),
            is_fine: false,
        }
    }

    /// Takes an exact sample of these processes; `None` where the system has none.
    pub(crate) fn fine(reader: &Reader, processes: &[&Process]) -> Option<Self> {
        let used = |process: &&Process| Some(((process.pid, process.start_mark), reader.cpu_us(process.pid)?));
        let used_us: FxHashMap<_, _> = processes.iter().filter_map(used).collect();
        (!used_us.is_empty()).then(|| Self {
            at: Instant::now(),
            used_us,
            is_fine: true,
        })
    }

    /// Whether a process is in it.
    pub(crate) fn has(&self, process: &Process) -> bool {
        self.used_us.contains_key(&(process.pid, process.start_mark))
    }

    /// Looks again at the same processes, and only at how much they used.
    pub(crate) fn again(&self, reader: &Reader, processes: &[&Process]) -> Self {
        let used = |process: &&Process| {
            let key = (process.pid, process.start_mark);
            let used = match self.is_fine {
                true => reader.cpu_us(process.pid)?,
                false => reader.cpu_ms(process.pid, process.start_mark)? * 1_000,
            };
            Some((key, used))
        };
        Self {
            at: Instant::now(),
            used_us: processes.iter().filter_map(used).collect(),
            is_fine: self.is_fine,
        }
    }

    /// When it may be taken again.
    pub(crate) fn ripe_at(&self) -> Instant {
        self.at + if self.is_fine { FINE_GAP } else { GAP }
    }

    /// Percent of one core that a process used since an earlier sample; `None` when it is not in both.
    pub(crate) fn percent_since(&self, earlier: &Self, process: &Process) -> Option<f64> {
        let key = (process.pid, process.start_mark);
        let used = self.used_us.get(&key)?.saturating_sub(*earlier.used_us.get(&key)?);
        let passed = self.at.saturating_duration_since(earlier.at).as_secs_f64() * 1e6;
        (passed > 0.0).then(|| (used as f64 / passed * 1_000.0).round() / 10.0)
    }

    /// Whether a process or its descendants used the CPU since an earlier sample.
    pub(crate) fn is_active_since(&self, earlier: &Self, process: &Process, tree: &Tree<'_>) -> Option<bool> {
        let own = self.percent_since(earlier, process)?;
        let others: f64 = tree
            .descendants(process.pid)
            .filter_map(|process| self.percent_since(earlier, process))
            .sum();
        Some(own + others > ACTIVE_PERCENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, cpu_ms: u64) -> Process {
        Process {
            pid,
            parent: Some(parent),
            cpu_ms: Some(cpu_ms),
            ..Process::default()
        }
    }

    #[test]
    fn what_a_process_started_counts_for_its_activity_but_not_its_share() {
        let start = Instant::now();
        let before = [process(1, 0, 100), process(2, 1, 0), process(3, 0, 0)];
        let after = [process(1, 0, 110), process(2, 1, 200), process(3, 0, 0)];
        let first = Sample::of(&before, start);
        let second = Sample::of(&after, start + Duration::from_millis(500));
        assert_eq!(second.percent_since(&first, &after[0]), Some(2.0));
        let tree = Tree::new(&after);
        assert_eq!(second.is_active_since(&first, &after[0], &tree), Some(true));
        assert_eq!(second.is_active_since(&first, &after[2], &tree), Some(false));
    }

    #[test]
    fn a_reused_number_is_not_compared() {
        let start = Instant::now();
        let first = Sample::of(&[process(1, 0, 100)], start);
        let other = Process {
            start_mark: 7,
            ..process(1, 0, 5)
        };
        let second = Sample::of(std::slice::from_ref(&other), start + GAP);
        assert_eq!(second.percent_since(&first, &other), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_exact_sample_sees_work_of_a_few_milliseconds() {
        let own = process(std::process::id(), 0, 0);
        let reader = Reader::default();
        let Some(first) = Sample::fine(&reader, &[&own]) else {
            // A kernel without these counts.
            return;
        };
        // On a busy machine, time passes without work.
        let worked = || rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let before = worked();
        let is_enough = || (worked() - before).tv_nsec > 5_000_000;
        while Instant::now() < first.ripe_at() || !is_enough() {
            std::hint::black_box(0);
        }
        let second = first.again(&reader, &[&own]);
        assert!(second.percent_since(&first, &own).is_some_and(|percent| percent > 0.0));
    }
}
