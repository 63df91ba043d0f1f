//! Measures `ttop top` on a pseudo-terminal: the first frame, a key to its frame, a reply to its frame, and an idle minute.
//!
//! `cargo bench --bench screen -- 100` has 10,000 sessions (100 each percent), and for the first frame 2.4 GB of OpenCode and
//! 1.2 GB of Claude Code, the data of the bench `jobs`. Needs `script` of util-linux. Prints, it never judges.

#[path = "../jobs/data.rs"]
#[allow(dead_code, reason = "the jobs use the rest")]
mod data;

#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::Home;
use support::claude_code::claude_reply;

const SAMPLES: usize = 200;
/// Agents that run while nothing changes.
const AGENTS: usize = 4;
const IDLE: Duration = Duration::from_secs(60);
/// What a frame ends with.
const END: &[u8] = b"\x1b[?2026l";
/// What a terminal is asked, and its answer.
const QUESTION: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b]11;rgb:1a1a/1b1b/2626\x1b\\\x1b[?62;22c";
/// Nothing that is waited for takes longer on any machine.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let percent: usize = words.first().and_then(|word| word.parse().ok()).unwrap_or(20);
    if support::program("script").is_none() {
        return;
    }
    first_frame_of_history(percent);
    let home = Home::new();
    for at in 0..percent * 100 {
        let reply = claude_reply(&session(at), &format!("msg_{at}"), 5);
        home.write(&transcript(at), reply);
    }
    home.stdout(&["sync"]);
    let began = Instant::now();
    let mut screen = Screen::start(&home, &[]);
    screen.frame_with("sessions", &format!("Sessions {}", percent * 100));
    print(&format!(
        "first frame of {} sessions: {:.0} ms",
        percent * 100,
        ms(began.elapsed())
    ));
    std::thread::sleep(Duration::from_secs(3));
    screen.drain();
    let mut times: Vec<Duration> = (0..SAMPLES)
        .map(|at| {
            std::thread::sleep(Duration::from_millis(10 + (at * 37 % 50) as u64));
            screen.drain();
            let began = Instant::now();
            screen.type_key(if at % 40 < 20 { b"j" } else { b"k" });
            screen.frame();
            began.elapsed()
        })
        .collect();
    report("key to frame", &mut times);
    let path = home.path().join(transcript(0));
    let mut times: Vec<Duration> = (0..20)
        .map(|at| {
            std::thread::sleep(Duration::from_millis(700 + at * 13));
            screen.drain();
            let reply = claude_reply(&session(0), &format!("msg_late_{at}"), 5_000);
            let began = Instant::now();
            append(&path, &reply);
            screen.frame();
            began.elapsed()
        })
        .collect();
    report("reply to frame", &mut times);
    #[cfg(target_os = "linux")]
    let _agents = agents(&home);
    std::thread::sleep(Duration::from_secs(8));
    screen.drain();
    let before = screen.cpu();
    std::thread::sleep(IDLE);
    let used = screen.cpu().saturating_sub(before);
    print(&format!(
        "idle minute, {AGENTS} agents: {:.3} % of a core, {} bytes to the terminal, {:.1} MiB",
        100.0 * used.as_secs_f64() / IDLE.as_secs_f64(),
        screen.drain(),
        screen.resident_mib()
    ));
    screen.type_key(b"q");
    screen.child.wait().expect("ends");
}

/// From the start of the program to a frame with the rows of a synced history.
fn first_frame_of_history(percent: usize) {
    let folder = std::env::temp_dir().join(format!("ttop-bench-{percent}"));
    let opencode = data::opencode(&folder.join("opencode"), percent as u64);
    let claude = data::claude(&folder.join("claude-code"), percent as u64);
    let variables = [
        ("OPENCODE_DB", opencode.join(".local/share/opencode/opencode.db")),
        ("CLAUDE_CONFIG_DIR", claude.join(".claude")),
    ];
    let home = Home::new();
    let mut count = home.ttop();
    count.envs(variables.iter().cloned()).args(["sessions", "-o", "ndjson"]);
    let listed = count.output().expect("runs").stdout;
    let sessions = listed.iter().filter(|byte| **byte == b'\n').count();
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let began = Instant::now();
            let mut screen = Screen::start(&home, &variables);
            screen.frame_with("sessions", &format!("Sessions {sessions}"));
            let took = began.elapsed();
            screen.type_key(b"q");
            screen.child.wait().expect("ends");
            took
        })
        .collect();
    times.sort();
    print(&format!(
        "first frame of a synced history, {sessions} sessions: {:.0} ms",
        ms(times[times.len() / 2])
    ));
}

/// Agents that wait.
#[cfg(target_os = "linux")]
fn agents(home: &Home) -> Vec<support::fake_agents::Process> {
    let claude = support::fake_agents::sleeper(&home.path().join("bin"), "claude");
    let start = |_| {
        let mut command = Command::new(&claude);
        command.arg("1000").env("HOME", home.path()).current_dir(home.path());
        support::fake_agents::Process::of(command)
    };
    (0..AGENTS).map(start).collect()
}

fn session(at: usize) -> String {
    format!("{at:08}-0000-4000-8000-000000000000")
}

fn transcript(at: usize) -> String {
    format!(".claude/projects/-p{}/{}.jsonl", at % 7, session(at))
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::File::options().append(true).open(path).expect("opens");
    file.write_all(text.as_bytes()).expect("written");
}

/// `ttop top` on a pseudo-terminal of 120x40.
struct Screen {
    child: Child,
    keys: Arc<Mutex<ChildStdin>>,
    output: Receiver<Vec<u8>>,
    held: Vec<u8>,
}

impl Screen {
    fn start(home: &Home, variables: &[(&str, PathBuf)]) -> Self {
        let ttop = assert_cmd::cargo::cargo_bin("ttop");
        let line = format!(
            "stty cols 120 rows 40; exec {} top --view cost --window all",
            ttop.display()
        );
        let mut command = Command::new("script");
        command
            .args(["-qefc", &line, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("TERM", "xterm-256color")
            .env("TTOP_OFFLINE", "1")
            .env("TTOP_NOW", home.clock.setting())
            .env("TZ", "UTC")
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("script runs");
        let (send, output) = channel();
        let mut stdout = child.stdout.take().expect("stdout");
        let keys = Arc::new(Mutex::new(child.stdin.take().expect("stdin")));
        let answers = Arc::clone(&keys);
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(read) = stdout.read(&mut bytes) {
                // As every terminal does, it says what it is.
                if bytes[..read].windows(QUESTION.len()).any(|part| part == QUESTION) {
                    write(&answers, ANSWER);
                }
                if read == 0 || send.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keys,
            child,
            output,
            held: Vec::new(),
        }
    }

    fn type_key(&mut self, key: &[u8]) {
        write(&self.keys, key);
    }

    /// Waits for the end of a frame.
    fn frame(&mut self) {
        let end = Instant::now() + LIMIT;
        while !self.held.windows(END.len()).any(|part| part == END) {
            self.held
                .extend(self.output.recv_timeout(end - Instant::now()).expect("a frame"));
        }
        self.held.clear();
    }

    /// Waits for the end of a frame that has a text on it.
    fn frame_with(&mut self, what: &str, text: &str) {
        let end = Instant::now() + LIMIT;
        loop {
            let seen = String::from_utf8_lossy(&self.held);
            if seen
                .split(text)
                .nth(1)
                .is_some_and(|rest| rest.contains("\u{1b}[?2026l"))
            {
                break;
            }
            self.held
                .extend(self.output.recv_timeout(end - Instant::now()).expect(what));
        }
        self.held.clear();
    }

    /// Drops what was written so far; returns how much it was.
    fn drain(&mut self) -> usize {
        let more: usize = self.output.try_iter().map(|bytes| bytes.len()).sum();
        more + std::mem::take(&mut self.held).len()
    }

    /// The process on the pseudo-terminal: `script` starts it.
    fn pid(&self) -> u32 {
        let list = Command::new("pgrep")
            .args(["-P", &self.child.id().to_string()])
            .output()
            .expect("pgrep runs");
        String::from_utf8_lossy(&list.stdout).trim().parse().expect("one child")
    }

    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a process");
        let nanos = tasks.flatten().filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanos.sum())
    }

    fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.unwrap_or_default() / 1024.0
    }
}

fn write(keys: &Mutex<ChildStdin>, bytes: &[u8]) {
    let mut keys = keys.lock().expect("no panic");
    keys.write_all(bytes).and_then(|()| keys.flush()).expect("typed");
}

fn report(title: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| ms(times[(times.len() - 1) * share / 100]);
    print(&format!("{title}: median {:.1} ms, 99 % {:.1} ms", at(50), at(99)));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn print(line: &str) {
    println!("{line}");
}
