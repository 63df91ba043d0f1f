//! One run of a command as a whole process: processor time, wall time, peak memory.

use std::process::{Command, Stdio};
#[cfg(target_os = "linux")]
use std::time::Duration;
use std::time::Instant;

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// User and system seconds, in steps of the kernel's clock (10 ms).
    pub cpu: f64,
    pub wall: f64,
    pub peak_mib: f64,
    /// The largest peak of a process that it started.
    pub child_mib: f64,
}

/// Runs a command whose output is thrown away. It is looked at in steps of a fiftieth of the time that it has taken.
#[cfg(target_os = "linux")]
pub fn run(mut command: Command) -> Run {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    // A look costs nearly as much as the least step: if every step were that short, looks would take a processor.
    const LEAST_STEP: Duration = Duration::from_micros(200);
    const MOST_STEP: Duration = Duration::from_millis(5);
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let (id, mut peak_kib, mut child_kib) = (child.id(), 0, 0);
    let pid = Pid::from_raw(id as i32).expect("a process id");
    let wall = loop {
        // It stays a zombie until it is waited for, and its times stay readable.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let has_ended = waitid(WaitId::Pid(pid), options).expect("a child").is_some();
        if has_ended {
            break began.elapsed().as_secs_f64();
        }
        peak_kib = peak_kib.max(peak(id));
        child_kib = child_kib.max(children(id).into_iter().map(peak).max().unwrap_or(0));
        std::thread::sleep((began.elapsed() / 50).clamp(LEAST_STEP, MOST_STEP));
    };
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a stat");
    let status = child.wait().expect("a status");
    assert!(status.success(), "{command:?} failed");
    // After the name in parentheses: state is field 3, utime 14, stime 15.
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: f64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<f64>().expect("ticks"))
        .sum();
    Run {
        cpu: ticks / rustix::param::clock_ticks_per_second() as f64,
        wall,
        peak_mib: peak_kib as f64 / 1024.0,
        child_mib: child_kib as f64 / 1024.0,
    }
}

/// Processes that its threads started.
#[cfg(target_os = "linux")]
fn children(id: u32) -> Vec<u32> {
    let mut all = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let ids = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(ids.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    all
}

#[cfg(target_os = "linux")]
fn peak(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Elsewhere only the wall clock is at hand.
#[cfg(not(target_os = "linux"))]
pub fn run(mut command: Command) -> Run {
    let began = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("started");
    assert!(status.success(), "{command:?} failed");
    let wall = began.elapsed().as_secs_f64();
    Run {
        cpu: wall,
        wall,
        peak_mib: 0.0,
        child_mib: 0.0,
    }
}
