//! Roster: the processes of a machine, listed again and again. What cannot have changed is not read again, and a process
//! that nothing depends on only now and then: reading hundreds of them takes most of the time of a look.

use super::linux::ProcFs;
use super::stat::Stat;
use crate::core::process::Process;
use rustc_hash::FxHashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A program that started less than this ago may yet write a title over its arguments, or another one take its process over.
const SETTLED_MS: i64 = 10_000;
/// How long a process that nothing depends on is taken as it was.
const NOW_AND_THEN: Duration = Duration::from_secs(10);
/// From so many on, processes are read by several threads: the kernel makes each text when it is read.
const MANY: usize = 64;
const MOST_THREADS: usize = 4;

/// Remembers the processes between two lists.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    known: FxHashMap<u32, Known>,
    /// Those of the list that is not kept yet.
    listed: FxHashMap<u32, Listed>,
}

#[derive(Debug)]
struct Known {
    process: Process,
    listed: Listed,
    is_watched: bool,
}

/// How a process came into the list.
#[derive(Clone, Copy, Debug)]
struct Listed {
    /// The number of its folder, which a later process with the same pid does not have.
    inode: u64,
    read_at: Instant,
    /// As read: a closer look may say otherwise, and is taken each time.
    is_own: bool,
}

impl Roster {
    /// Lists every visible process.
    pub(crate) fn list(&mut self, reader: &ProcFs) -> Vec<Process> {
        // The clock that processes started by, whatever time ttop is asked to take it for.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.list_at(reader, i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    /// The same at a moment in epoch milliseconds.
    fn list_at(&mut self, reader: &ProcFs, now: i64) -> Vec<Process> {
        let mut known = std::mem::take(&mut self.known);
        self.listed.clear();
        let read_at = Instant::now();
        let mut processes = Vec::new();
        let mut unread = Vec::new();
        let mut inodes = FxHashMap::default();
        for (pid, inode) in reader.entries() {
            let known = known.remove(&pid).filter(|known| known.listed.inode == inode);
            match known {
                Some(known) if !known.is_due(read_at, now) => {
                    self.listed.insert(pid, known.listed);
                    processes.push(known.process);
                }
                known => {
                    inodes.insert(pid, inode);
                    unread.push((
                        pid,
                        known.filter(|known| known.is_settled(now)).map(|known| known.process),
                    ));
                }
            }
        }
        let read = read_all(reader, unread);
        for process in &read {
            let listed = Listed {
                inode: inodes.get(&process.pid).copied().unwrap_or_default(),
                read_at,
                is_own: process.is_own,
            };
            self.listed.insert(process.pid, listed);
        }
        processes.extend(read);
        processes.sort_unstable_by_key(|process| process.pid);
        processes
    }

    /// Takes a list back, for the next one. Those that are watched are read again each time.
    pub(crate) fn keep(&mut self, processes: Vec<Process>, is_watched: impl Fn(&Process) -> bool) {
        for process in processes {
            let Some(listed) = self.listed.remove(&process.pid) else {
                continue;
            };
            let known = Known {
                is_watched: is_watched(&process),
                process: Process {
                    is_own: listed.is_own,
                    ..process
                },
                listed,
            };
            self.known.insert(known.process.pid, known);
        }
    }
}

impl Known {
    fn is_due(&self, at: Instant, now: i64) -> bool {
        self.is_watched || !self.is_settled(now) || at.saturating_duration_since(self.listed.read_at) >= NOW_AND_THEN
    }

    fn is_settled(&self, now: i64) -> bool {
        self.process.started_at.is_some_and(|at| at + SETTLED_MS < now)
    }
}

/// Reads these processes, those with what is known of them from an earlier list.
fn read_all(reader: &ProcFs, mut wanted: Vec<(u32, Option<Process>)>) -> Vec<Process> {
    let boot = reader.boot_ms();
    let read = |part: Vec<(u32, Option<Process>)>| -> Vec<Process> {
        let read = part.into_iter();
        read.filter_map(|(pid, known)| reader.read(pid, known, boot)).collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, |most| most.get().min(MOST_THREADS));
    if wanted.len() < MANY || threads == 1 {
        return read(wanted);
    }
    let share = wanted.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let mut others = Vec::new();
        while wanted.len() > share {
            let part = wanted.split_off(wanted.len() - share);
            others.push(scope.spawn(|| read(part)));
        }
        let mut processes = read(wanted);
        for other in others.into_iter().rev() {
            match other.join() {
                Ok(part) => processes.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        processes
    })
}

/// Whether a process still runs the program that it ran at an earlier look.
pub(super) fn is_same_program(known: &Process, stat: &Stat, user: u32, owner: u32) -> bool {
    known.is_own
        && owner == user
        && known.start_mark == stat.start_ticks
        && known.name == stat.name
        && known.program_mark.is_some()
        && known.program_mark == stat.stack_start
}

#[cfg(test)]
mod tests {
    use super::super::made_up::Tree;
    use super::*;
    use std::fs;

    /// Long after the processes of the made-up system began.
    const NOW: i64 = 5_000_000;

    /// Process 42, with its program's name, the start of its stack, its use of the processor and its arguments.
    fn put(tree: &Tree, name: &str, stack: u64, cpu: u64, args: &[&str]) {
        tree.process(42, name, 0, args);
        let line =
            format!("42 ({name}) S 1 42 77 0 42 4194304 1 0 0 0 {cpu} 0 0 0 20 0 11 0 200 0 25 0 1 1 {stack} 0\n");
        tree.write("42/stat", line);
    }

    /// Lists once more, and keeps the list.
    fn again(roster: &mut Roster, tree: &Tree, is_watched: bool) -> Process {
        let mut processes = roster.list_at(&tree.reader(), NOW);
        assert_eq!(processes.len(), 1, "{processes:?}");
        let process = processes[0].clone();
        // What a closer look found out is looked for again.
        processes[0].is_own = false;
        roster.keep(processes, |_| is_watched);
        process
    }

    #[test]
    fn a_watched_process_is_read_again_and_its_arguments_once_it_runs_another_program() {
        let tree = Tree::new();
        let mut roster = Roster::default();
        let mut args = |name, stack, args: &[&str]| {
            put(&tree, name, stack, 30, args);
            again(&mut roster, &tree, true).args
        };
        assert_eq!(args("sh", 7_000, &["sh", "-c", "x"]), ["sh", "-c", "x"]);
        assert_eq!(args("sh", 7_000, &["not read"]), ["sh", "-c", "x"], "the same program");
        assert_eq!(args("sh", 7_001, &["sh", "y"]), ["sh", "y"], "it took the process over");
        assert_eq!(args("node", 7_001, &["node"]), ["node"], "it changed its name");
        assert_eq!(args("node", 0, &["z"]), ["z"], "the kernel does not tell");
        assert_eq!(args("node", 0, &["zz"]), ["zz"], "nor now");
        put(&tree, "node", 0, 60, &["zz"]);
        let cpu_ms = |process: Process| process.cpu_ms;
        let ticks = rustix::param::clock_ticks_per_second();
        assert_eq!(cpu_ms(again(&mut roster, &tree, true)), Some(60 * 1_000 / ticks));
    }

    #[test]
    fn a_process_that_nothing_depends_on_is_read_now_and_then() {
        let tree = Tree::new();
        let mut roster = Roster::default();
        put(&tree, "sh", 7_000, 30, &["sh"]);
        let first = again(&mut roster, &tree, false);
        put(&tree, "claude", 7_001, 60, &["claude"]);
        assert_eq!(again(&mut roster, &tree, false), first);
        let known = roster.known.get_mut(&42).expect("known");
        known.listed.read_at = Instant::now().checked_sub(NOW_AND_THEN).expect("a machine that runs");
        assert_eq!(again(&mut roster, &tree, false).args, ["claude"]);
    }

    #[test]
    fn another_process_with_the_number_is_read_at_once() {
        let tree = Tree::new();
        let mut roster = Roster::default();
        put(&tree, "sh", 7_000, 30, &["sh"]);
        again(&mut roster, &tree, false);
        let root = tree.0.path();
        fs::rename(root.join("42"), root.join("gone")).expect("renamed");
        put(&tree, "sh", 7_000, 30, &["other"]);
        assert_eq!(again(&mut roster, &tree, false).args, ["other"]);
        fs::remove_dir_all(root.join("42")).expect("removed");
        assert_eq!(roster.list_at(&tree.reader(), NOW), []);
    }

    #[test]
    fn a_process_that_began_just_now_is_read_as_a_whole() {
        let tree = Tree::new();
        let mut roster = Roster::default();
        put(&tree, "pi", 7_000, 30, &["node", "pi"]);
        let now = roster.list_at(&tree.reader(), NOW)[0].started_at.expect("a time") + 1;
        let processes = roster.list_at(&tree.reader(), now);
        roster.keep(processes, |_| false);
        put(&tree, "pi", 7_000, 30, &["pi"]);
        assert_eq!(roster.list_at(&tree.reader(), now)[0].args, ["pi"]);
    }

    #[test]
    fn several_threads_read_what_one_reads() {
        let tree = Tree::new();
        let many = u32::try_from(MANY).expect("a number") * 3;
        for pid in 1..=many {
            tree.process(pid, "worker", 0, &["worker", &pid.to_string()]);
        }
        let processes = Roster::default().list_at(&tree.reader(), NOW);
        let numbers: Vec<(u32, &str)> = processes.iter().map(|one| (one.pid, one.args[1].as_str())).collect();
        let expected: Vec<String> = (1..=many).map(|pid| pid.to_string()).collect();
        let expected: Vec<(u32, &str)> = (1..=many).zip(expected.iter().map(String::as_str)).collect();
        assert_eq!(numbers, expected);
    }
}
