//! Linux: processes from `/proc`, whose root can be replaced.

use super::environ::read_variables;
use super::roster::{Roster, is_same_program};
use super::sockets::Listeners;
use super::stat::Stat;
use crate::core::process::{Process, ProcessDetails};
use crate::system::open::{self, Most};
use std::fs;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The grain of the exact time of boot: a tick of the kernel.
const STEP_MS: i64 = 10;
const STEP_NANOS: i128 = STEP_MS as i128 * 1_000_000;
/// How far the kernel's printed time of boot may be from the exact one.
const BOOT_GRAIN_MS: i64 = 2_000;

const ROOT: u32 = 0;
/// The parent of the kernel's own threads.
const KERNEL_THREADS: u32 = 2;
/// Reads a `/proc`.
#[derive(Clone, Debug)]
pub(crate) struct ProcFs {
    root: PathBuf,
    user: u32,
    ticks_per_second: u64,
    page_bytes: u64,
}

impl Default for ProcFs {
    fn default() -> Self {
        Self::new("/proc")
    }
}

impl ProcFs {
    /// A reader of the tree below `root`, for the user who runs ttop.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            user: rustix::process::getuid().as_raw(),
            ticks_per_second: rustix::param::clock_ticks_per_second().max(1),
            page_bytes: rustix::param::page_size() as u64,
        }
    }

    /// Lists every visible process. Leaves out processes that end meanwhile; unreadable fields are `None`.
    pub(crate) fn list(&self) -> Vec<Process> {
        Roster::default().list(self)
    }

    /// The processes there are, each with the number of its folder.
    pub(super) fn entries(&self) -> Vec<(u32, u64)> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.ino())))
            .collect()
    }

    /// Reads a process; of one that still runs the program it ran when it was `known`, only what changes while it runs, and
    /// where it works is left to [`ProcFs::cwd`].
    ///
    /// One file tells nearly all of a process: reading more of hundreds takes most of the time of `ttop ps`.
    pub(super) fn read(&self, pid: u32, known: Option<Process>, boot: Option<i64>) -> Option<Process> {
        let dir = self.root.join(pid.to_string());
        let (stat, owner) = Stat::read(&dir)?;
        let started_at = boot.map(|boot| boot + self.ticks_ms(stat.start_ticks));
        let known = known.filter(|known| is_same_program(known, &stat, self.user, owner));
        let is_own = match owner {
            owner if owner == self.user => true,
            // Of root, or of a program that may not be traced.
            ROOT if stat.parent != KERNEL_THREADS => self.is_of_user(&dir),
            _ => false,
        };
        let (args, exe, cwd) = match known {
            Some(known) => (known.args, known.exe, known.cwd),
            None => {
                let args = match stat.parent {
                    KERNEL_THREADS => Vec::new(),
                    _ => read_args(&dir),
                };
                // Another user's processes are only branches of the tree.
                let link = |name| is_own.then(|| read_link(&dir.join(name))).flatten();
                (args, link("exe"), link("cwd"))
            }
        };
        Some(Process {
            pid,
            parent: Some(stat.parent),
            // 0 is one outside this pid namespace.
            group: Some(stat.group).filter(|&group| group > 0),
            session: Some(stat.session).filter(|&session| session > 0),
            start_mark: stat.start_ticks,
            started_at,
            program_mark: stat.stack_start,
            name: stat.name,
            args,
            tty: tty_name(stat.tty),
            cpu_ms: u64::try_from(self.ticks_ms(stat.cpu_ticks)).ok(),
            is_own,
            exe,
            cwd,
            memory_bytes: stat
                .resident_pages
                .filter(|_| is_own)
                .and_then(|pages| pages.checked_mul(self.page_bytes)),
            ..Process::default()
        })
    }

    /// Where a process works now.
    pub(crate) fn cwd(&self, pid: u32) -> Option<PathBuf> {
        read_link(&self.root.join(format!("{pid}/cwd")))
    }

    /// Reads the details that a listing leaves out; `None` when the process is another user's after all, or its number has gone
    /// to a later one.
    pub(crate) fn read_details(&self, process: &Process, listeners: &Listeners) -> Option<ProcessDetails> {
        let dir = self.root.join(process.pid.to_string());
        let (variables, places) = read_variables(&dir);
        let mut details = ProcessDetails {
            variables,
            places,
            ..ProcessDetails::default()
        };
        let mut sockets = Vec::new();
        for entry in fs::read_dir(dir.join("fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(entry.path()) else {
                continue;
            };
            match target.to_str().and_then(socket_inode) {
                Some(inode) => sockets.push(inode),
                None if target.is_absolute() => details.files.push(target),
                None => {}
            }
        }
        details.listens = listeners.reached(&sockets);
        let is_same = || Stat::read(&dir).is_some_and(|(stat, _)| stat.start_ticks == process.start_mark);
        (self.is_of_user(&dir) && is_same()).then_some(details)
    }

    /// The sockets that listen, from `net/tcp` and `net/tcp6`.
    pub(crate) fn listeners(&self) -> Listeners {
        let text = |name: &str| read_text(&self.root.join("net").join(name)).unwrap_or_default();
        Listeners::parse(&text("tcp"), &text("tcp6"))
    }

    /// Processor time used so far, if this is still the same process.
    pub(crate) fn cpu_ms(&self, pid: u32, start_mark: u64) -> Option<u64> {
        let (stat, _) = Stat::read(&self.root.join(pid.to_string()))?;
        (stat.start_ticks == start_mark).then(|| stat.cpu_ticks * 1_000 / self.ticks_per_second)
    }

    /// Processor time used so far by its threads that still run, exactly; `None` where the kernel does not tell.
    pub(crate) fn cpu_us(&self, pid: u32) -> Option<u64> {
        let tasks = fs::read_dir(self.root.join(format!("{pid}/task"))).ok()?;
        let used = tasks.flatten().filter_map(|task| {
            let text = read_text(&task.path().join("schedstat"))?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        let used: Vec<u64> = used.collect();
        (!used.is_empty()).then(|| used.iter().sum::<u64>() / 1_000)
    }

    /// Whether the process belongs to the user who runs ttop: the real user, since a program that may not be traced
    /// shows root as the owner of its folder.
    fn is_of_user(&self, dir: &Path) -> bool {
        let status = read_text(&dir.join("status")).unwrap_or_default();
        let user = status.lines().find_map(|line| {
            line.strip_prefix("Uid:")?
                .split_whitespace()
                .next()?
                .parse::<u32>()
                .ok()
        });
        match user {
            Some(user) => user == self.user,
            None => fs::metadata(dir).is_ok_and(|metadata| metadata.uid() == self.user),
        }
    }

    /// When the system started: epoch milliseconds. The kernel prints whole seconds; its clocks are finer, and agree unless this
    /// is the `/proc` of another machine.
    pub(super) fn boot_ms(&self) -> Option<i64> {
        let printed = self.printed_boot_ms()?;
        let nanos = |clock| {
            let time = rustix::time::clock_gettime(clock);
            i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
        };
        let apart = nanos(rustix::time::ClockId::Realtime) - nanos(rustix::time::ClockId::Boottime);
        let exact = whole_steps_ms(apart)?;
        let is_same = (exact - printed).abs() <= BOOT_GRAIN_MS;
        Some(if is_same { exact } else { printed })
    }

    fn printed_boot_ms(&self) -> Option<i64> {
        let stat = read_text(&self.root.join("stat"))?;
        let seconds: i64 = stat
            .lines()
            .find_map(|line| line.strip_prefix("btime "))?
            .trim()
            .parse()
            .ok()?;
        seconds.checked_mul(1_000)
    }

    fn ticks_ms(&self, ticks: u64) -> i64 {
        i64::try_from(u128::from(ticks) * 1_000 / u128::from(self.ticks_per_second)).unwrap_or(i64::MAX / 2)
    }
}

/// Nanoseconds as milliseconds in steps that outlast the moment between two readings of a clock: the start of a process must not
/// move. Never later than it was, as ticks are not either: what a process wrote at once was written after it began.
fn whole_steps_ms(nanos: i128) -> Option<i64> {
    let steps = i64::try_from(nanos.div_euclid(STEP_NANOS)).ok()?;
    Some(steps.saturating_mul(STEP_MS))
}

/// A text of the kernel; names of programs in it may be any bytes.
fn read_text(path: &Path) -> Option<String> {
    let bytes = open::read_start(path, Most::SETTINGS).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The terminal of a device number: `34816` is `pts/0`, `1025` is `tty1`, `1088` is `ttyS0`, 0 is none.
fn tty_name(device: i64) -> Option<String> {
    // The kernel prints the number signed.
    let device = device as u32;
    let major = device >> 8 & 0xfff;
    let minor = (device & 0xff) | (device >> 12 & 0xf_ff00);
    match (major, minor) {
        (136..=143, _) => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        (4, 0..=63) => Some(format!("tty{minor}")),
        (4, _) => Some(format!("ttyS{}", minor - 64)),
        _ => None,
    }
}

/// Arguments end with NUL, so spaces in them survive. A program that wrote its title over them may leave NULs at the end.
fn read_args(dir: &Path) -> Vec<String> {
    let bytes = open::read_start(&dir.join("cmdline"), Most::SETTINGS).unwrap_or_default();
    let Some(end) = bytes.iter().rposition(|&byte| byte != 0) else {
        return Vec::new();
    };
    // An empty last argument looks the same as padding; the padding is what occurs.
    bytes[..=end]
        .split(|&byte| byte == 0)
        .map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
}

/// The target of a link, without the mark of a file that is gone.
fn read_link(path: &Path) -> Option<PathBuf> {
    let target = fs::read_link(path).ok()?;
    match target.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        // A folder may be called so: then it is there.
        Some(bare) if !target.exists() => Some(PathBuf::from(bare)),
        _ => Some(target),
    }
}

/// `socket:[12345]` → 12345
fn socket_inode(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::Tree;
    use super::*;

    #[test]
    fn reads_a_process_whose_name_and_arguments_are_odd() {
        let tree = Tree::new();
        tree.process(
            42,
            "a) S 9 (b",
            34_817,
            &["/opt/my agent", "-s", "ses_1 2", "", "--x=\u{2615}"],
        );
        tree.link("42/cwd", "/w/my folder").link("42/exe", "/opt/my agent");
        let process = tree.only();
        assert_eq!(process.name, "a) S 9 (b");
        assert_eq!(process.args, ["/opt/my agent", "-s", "ses_1 2", "", "--x=\u{2615}"]);
        assert_eq!(
            (process.parent, process.group, process.session),
            (Some(1), Some(42), Some(77))
        );
        assert_eq!(process.tty.as_deref(), Some("pts/1"));
        assert_eq!(process.started_at, Some(1_002_000));
        assert_eq!(process.cwd.as_deref(), Some(Path::new("/w/my folder")));
        assert_eq!(process.memory_bytes, Some(25 * rustix::param::page_size() as u64));
        let ticks = rustix::param::clock_ticks_per_second();
        assert_eq!(process.cpu_ms, Some(50 * 1_000 / ticks));
        assert_eq!(tree.reader().cpu_ms(42, process.start_mark), process.cpu_ms);
        assert_eq!(tree.reader().cpu_ms(42, process.start_mark + 1), None);
        assert!(process.is_own);
    }

    #[test]
    fn what_may_not_be_read_is_unknown_and_what_vanished_is_left_out() {
        let tree = Tree::new();
        tree.write(
            "42/stat",
            "42 (opencode) S 1 42 77 0 42 4194304 1 0 0 0 30 20 0 0 20 0 11 0 200 0\n",
        );
        tree.write("43/cmdline", "gone\0")
            .write("44/stat", "44 (cut")
            .write("self/stat", "x");
        let process = tree.only();
        assert_eq!(
            (&process.cwd, &process.exe, process.memory_bytes, &process.tty),
            (&None, &None, None, &None)
        );
        let details = |process: &Process| tree.reader().read_details(process, &Listeners::default());
        assert!(details(&process).expect("details").files.is_empty());
        let later = Process {
            start_mark: process.start_mark + 1,
            ..process.clone()
        };
        assert_eq!(details(&later), None);
    }

    #[test]
    fn another_users_process_is_only_a_branch_of_the_tree() {
        let tree = Tree::new();
        let other = rustix::process::getuid().as_raw() + 1;
        tree.process(42, "opencode", 0, &["opencode"]).link("42/cwd", "/secret");
        tree.write("42/status", format!("Uid:\t{other}\t{other}\n"));
        // The owner of its files is known at once, its real user at a closer look.
        assert_eq!(tree.reader().read_details(&tree.only(), &Listeners::default()), None);
        let theirs = ProcFs {
            user: other,
            ..tree.reader()
        };
        tree.write("42/status", format!("Uid:\t{}\t0\n", other - 1));
        let process = theirs.list().remove(0);
        assert_eq!((process.is_own, process.cwd, process.memory_bytes), (false, None, None));
    }

    #[test]
    fn a_folder_that_is_gone_keeps_its_name() {
        let tree = Tree::new();
        tree.process(42, "x", 0, &["x"]).link("42/cwd", "/w/gone (deleted)");
        assert_eq!(tree.only().cwd.as_deref(), Some(Path::new("/w/gone")));
        let there = tempfile::tempdir().expect("a folder");
        let odd = there.path().join("a (deleted)");
        fs::create_dir(&odd).expect("made");
        tree.process(43, "y", 0, &["y"])
            .link("43/cwd", odd.to_str().expect("text"));
        assert!(
            tree.reader()
                .list()
                .iter()
                .any(|process| process.cwd.as_ref() == Some(&odd))
        );
    }

    #[test]
    fn decodes_terminals() {
        for (device, name) in [
            (34_816, Some("pts/0")),
            (34_817, Some("pts/1")),
            ((137 << 8) | 5, Some("pts/261")),
            ((136 << 8) | (1 << 20), Some("pts/256")),
            (1_025, Some("tty1")),
            (1_088, Some("ttyS0")),
            (0, None),
        ] {
            assert_eq!(tty_name(device).as_deref(), name, "{device}");
        }
    }

    #[test]
    fn a_closer_look_tells_files_sockets_and_names_of_variables() {
        let tree = Tree::new();
        tree.process(42, "opencode", 0, &["opencode"])
            .write("42/environ", "BUN_BE_BUN=1\0KEY=canary\0\0")
            .link("42/fd/3", "socket:[77]")
            .link("42/fd/4", "pipe:[78]")
            .link("42/fd/5", "/w/a b.jsonl");
        let port = format!(
            "{:08X}:1000 00000000:0000 0A 0:0 0:0 0 0 0 77 1",
            u32::from_ne_bytes([127, 0, 0, 1])
        );
        tree.write("net/tcp", format!("head\n 0: {port}\n"));
        let details = tree.reader().read_details(&tree.only(), &tree.reader().listeners());
        let details = details.expect("details");
        assert_eq!(details.variables, ["BUN_BE_BUN", "KEY"]);
        assert_eq!(details.files, [PathBuf::from("/w/a b.jsonl")]);
        assert_eq!(details.listens, ["127.0.0.1:4096".parse().expect("an address")]);
    }

    #[test]
    fn the_time_of_boot_is_never_later_than_it_was() {
        for (nanos, ms) in [
            (0, 0),
            (9_999_999, 0),
            (10_000_000, 10),
            (1_795_197_608_700_000, 1_795_197_600),
            (-1, -10),
        ] {
            assert_eq!(whole_steps_ms(nanos), Some(ms), "{nanos}");
        }
    }

    #[test]
    fn sees_this_very_process() {
        let pid = std::process::id();
        let reader = ProcFs::default();
        let process = reader
            .list()
            .into_iter()
            .find(|process| process.pid == pid)
            .expect("listed");
        assert!(process.is_own && process.started_at.is_some() && process.cpu_ms.is_some());
        assert_eq!(process.cwd, std::env::current_dir().ok());
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let details = reader.read_details(&process, &reader.listeners()).expect("details");
        assert!(details.listens.contains(&socket.local_addr().expect("an address")));
    }
}
