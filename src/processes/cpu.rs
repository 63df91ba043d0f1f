//! Use of the processor, from two samples.

use super::Reader;
use super::tree::Tree;
use crate::core::process::Process;
use rustc_hash::FxHashMap;
use std::time::{Duration, Instant};

/// Minimum time between two samples: the kernel counts in hundredths of a second.
pub const SAMPLE_GAP: Duration = Duration::from_millis(250);
/// Above this share of one core a process is at work.
const ACTIVE_PERCENT: f64 = 5.0;

/// Processor time used so far, by process.
#[derive(Clone, Debug)]
pub struct Sample {
    at: Instant,
    used_ms: FxHashMap<(u32, u64), u64>,
}

impl Sample {
    /// Takes a sample from a listing made at `at`.
    pub fn of(processes: &[Process], at: Instant) -> Self {
        let used = |process: &Process| Some(((process.pid, process.start_mark), process.cpu_ms?));
        Self {
            at,
            used_ms: processes.iter().filter_map(used).collect(),
        }
    }

    /// Looks again at the same processes, and only at how much they used.
    pub fn again(&self, reader: &Reader, processes: &[&Process]) -> Self {
        let used = |process: &&Process| {
            let key = (process.pid, process.start_mark);
            Some((key, reader.cpu_ms(process.pid, process.start_mark)?))
        };
        Self {
            at: Instant::now(),
            used_ms: processes.iter().filter_map(used).collect(),
        }
    }

    /// When it may be taken again.
    pub fn ripe_at(&self) -> Instant {
        self.at + SAMPLE_GAP
    }

    /// Percent of one core that a process used since an earlier sample; `None` when it is not in both.
    pub fn percent_since(&self, earlier: &Self, process: &Process) -> Option<f64> {
        let key = (process.pid, process.start_mark);
        let used = self.used_ms.get(&key)?.saturating_sub(*earlier.used_ms.get(&key)?);
        let passed = self.at.saturating_duration_since(earlier.at).as_secs_f64() * 1_000.0;
        (passed > 0.0).then(|| (used as f64 / passed * 1_000.0).round() / 10.0)
    }

    /// Whether a process or its descendants used the CPU since an earlier sample.
    pub fn is_active_since(&self, earlier: &Self, process: &Process, tree: &Tree<'_>) -> Option<bool> {
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
        let second = Sample::of(std::slice::from_ref(&other), start + SAMPLE_GAP);
        assert_eq!(second.percent_since(&first, &other), None);
    }
}
