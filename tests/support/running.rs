//! The binary as a process that runs while a test does something else, and what its lines say.

use super::Home;
use super::clock::eventually;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Nothing that is waited for takes longer on any machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The command with a clean environment and the clock of its home, which ticks.
pub fn ttop(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TTOP_NOW", home.clock.setting())
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A process whose lines are collected; killed when dropped.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
    problems: Receiver<String>,
    said: RefCell<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("started");
        let lines = lines_of(child.stdout.take().expect("stdout"));
        let problems = lines_of(child.stderr.take().expect("stderr"));
        Self {
            child,
            lines,
            problems,
            said: RefCell::default(),
        }
    }

    /// A `watch` that has had its first look.
    pub fn watch(home: &Home, args: &[&str]) -> Self {
        first_look(home, || Self::start(ttop(home, &[&["watch"], args].concat())))
    }

    /// Whole lines that come within a time; all of them once it has ended.
    pub fn rows(&self, time: Duration) -> Vec<Value> {
        let rows = receive(&self.lines, time);
        rows.iter()
            .filter_map(|line| line.strip_suffix('\n'))
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// The next line; `None` when none comes.
    pub fn next_line(&self) -> Option<String> {
        self.lines.recv_timeout(LIMIT).ok()
    }

    /// Its stderr so far, until a deadline or its end.
    pub fn said(&self, time: Duration) -> String {
        let more = receive(&self.problems, time).concat();
        self.said.borrow_mut().push_str(&more);
        self.said.borrow().clone()
    }

    /// Waits until stderr contains this.
    pub fn says(&self, text: &str) {
        eventually(text, || self.said(Duration::ZERO).contains(text));
    }

    /// Waits until the lines that came so far add up to this many output tokens.
    pub fn rows_up_to(&self, output: i64) -> Vec<Value> {
        let began = Instant::now();
        let mut rows = Vec::new();
        while sum(&rows) != output {
            assert!(
                began.elapsed() < LIMIT,
                "{} instead of {output}: {rows:#?}\n{}",
                sum(&rows),
                self.said(Duration::ZERO)
            );
            rows.extend(self.rows(Duration::from_millis(20)));
        }
        rows
    }

    pub fn kill(&mut self) {
        // It may have come to its end by itself.
        let _ = self.child.kill();
        self.child.wait().expect("a child");
    }

    /// Asks it to end, as Ctrl-C does.
    #[cfg(unix)]
    pub fn interrupt(&mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
        self.ended()
    }

    pub fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }
}

/// Waits for an end; what does not come to one is killed.
pub fn ended(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if began.elapsed() > LIMIT {
            child.kill().expect("killed");
            panic!("still running after {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if send.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    receive
}

fn receive(from: &Receiver<String>, time: Duration) -> Vec<String> {
    let end = Instant::now() + time;
    let mut lines = Vec::new();
    loop {
        match from.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return lines,
        }
    }
}

/// Starts a watch and waits for its first pass, which reports nothing and ends with a snapshot for bars.
pub fn first_look<T>(home: &Home, start: impl FnOnce() -> T) -> T {
    let snapshot = home.path().join(".local/share/tokentop/ledger.db.bar");
    if snapshot.exists() {
        std::fs::remove_file(&snapshot).expect("removed");
    }
    let watch = start();
    eventually("the first look leaves a snapshot", || snapshot.exists());
    watch
}

/// The output tokens of turns or of steps.
pub fn sum(rows: &[Value]) -> i64 {
    rows.iter()
        .map(|row| row["tokens"]["output"].as_i64().expect("a number"))
        .sum()
}

/// All tokens by turn, of turns or of the steps that made them.
pub fn by_turn(rows: &[Value]) -> BTreeMap<String, i64> {
    let mut turns = BTreeMap::new();
    for row in rows {
        let id = row["turnId"].as_str().expect("an id").to_owned();
        *turns.entry(id).or_default() += row["totalTokens"].as_i64().unwrap_or(0);
    }
    turns
}

/// The turns of a home as a new ledger reads them.
pub fn cold_turns(home: &Home) -> Vec<Value> {
    let output = ttop(home, &["turns"])
        .env("TTOP_LEDGER", ":memory:")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Longer where everything is proved.
pub fn seconds(usual: u64, with_all: u64) -> Duration {
    let has_all = std::env::var_os("TTOP_TEST_ALL").is_some();
    Duration::from_secs(if has_all { with_all } else { usual })
}
