//! Measures `ttop ps` on a busy machine: hundreds of processes, some of them agents, and thousands of session files.

use crate::support::Home;
use crate::support::claude_code::claude_reply;
use crate::support::fake_agents::{Process, sleeper};
use crate::support::running::{Running, ttop};
use crate::{IDLE, cpu, print, transcript};
use std::process::Command;
use std::time::{Duration, Instant};

/// Processes that do nothing.
const PROCESSES: usize = 400;
/// Processes of agents among them.
const AGENTS: usize = 4;
const RUNS: usize = 40;

/// Wall time of `ps`, and what `ps --watch 2s` costs.
pub fn processes(files: usize) {
    let home = Home::new();
    for at in 0..files {
        let session = format!("{at:08}-0000-4000-8000-000000000000");
        let reply = claude_reply(&session, &format!("msg_{at}"), 5);
        std::fs::write(transcript(&home, &session), reply).expect("written");
    }
    let folder = home.path().join("bin");
    let (idle, claude) = (sleeper(&folder, "worker"), sleeper(&folder, "claude"));
    let start = |at| {
        let program = if at < AGENTS { &claude } else { &idle };
        let mut command = Command::new(program);
        command.arg("1000").env("HOME", home.path()).current_dir(home.path());
        Process::of(command)
    };
    let _all: Vec<Process> = (0..PROCESSES).map(start).collect();
    home.stdout(&["sync"]);
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let output = ttop(&home, &["ps", "-o", "ndjson"]).output().expect("runs");
            let took = began.elapsed();
            let rows = String::from_utf8_lossy(&output.stdout).lines().count();
            assert!(output.status.success() && rows >= AGENTS, "{output:?}");
            took
        })
        .collect();
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    print(&format!(
        "ps, {PROCESSES} processes, {AGENTS} agents, {files} session files: median {:.1} ms, 95 % {:.1} ms",
        at(50),
        at(95)
    ));
    let watch = Running::start(ttop(&home, &["ps", "--watch", "2s", "-o", "ndjson"]));
    assert!(watch.next_line().is_some(), "a row");
    // Programs that began within the last seconds are read as a whole: on a machine that somebody uses, few did.
    std::thread::sleep(Duration::from_secs(16));
    let id = watch.child.id();
    let before = cpu(id);
    std::thread::sleep(IDLE);
    let used = cpu(id).saturating_sub(before);
    print(&format!(
        "ps --watch 2s, the same machine: {:.3} % of a core",
        100.0 * used.as_secs_f64() / IDLE.as_secs_f64()
    ));
}
