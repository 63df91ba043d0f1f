//! Measures a running `ttop watch`: how soon a line follows what was written, what idling costs, what it holds in memory;
//! and `ttop ps` among many processes.
//!
//! `cargo bench --bench live -- 20` sends a fifth of the full load (100: a million replies). Prints, it never judges.

#[path = "../../tests/support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
mod ps;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::Home;
use support::claude_code::claude_reply;
use support::opencode_db::{Database, Reply};
use support::running::{Running, first_look, ttop};

/// Transcripts that lie there while it idles.
const FILES: usize = 2_000;
const IDLE: Duration = Duration::from_secs(20);
const SAMPLES: u64 = 200;
/// The load is at most so many replies ahead of the lines: it is a stream that is measured, not one big read.
const AHEAD: u64 = 5_000;
/// The replies of the load are of so many sessions.
const SESSIONS: u64 = 200;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let percent: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(20);
    #[cfg(target_os = "linux")]
    ps::processes(FILES);
    idle_and_latency();
    load(percent * 10_000);
}

fn transcript(home: &Home, session: &str) -> PathBuf {
    let path = home
        .path()
        .join(format!(".claude/projects/-p{}/{session}.jsonl", session.len() % 7));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    path
}

fn open(path: &Path) -> File {
    File::options().create(true).append(true).open(path).expect("opens")
}

fn idle_and_latency() {
    let home = Home::new();
    for at in 0..FILES {
        let session = format!("{at:08}-0000-4000-8000-000000000000");
        let text: String = (0..10)
            .map(|reply| claude_reply(&session, &format!("msg_{at}_{reply}"), 5))
            .collect();
        std::fs::write(transcript(&home, &session), text).expect("written");
    }
    let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
    database.session("ses_live", 1_795_000_000_000);
    let watch = Running::watch(&home, &[]);
    // The first look, and what it takes until nothing is new any more.
    std::thread::sleep(Duration::from_secs(6));
    let id = watch.child.id();
    let before = cpu(id);
    std::thread::sleep(IDLE);
    let used = cpu(id) - before;
    print(&format!(
        "idle, {FILES} transcripts of the last minutes: {:.3} % of a core, {:.1} MiB",
        100.0 * used.as_secs_f64() / IDLE.as_secs_f64(),
        resident_mib(id)
    ));
    let session = "00000001-0000-4000-8000-000000000000";
    let mut file = open(&transcript(&home, session));
    latency("Claude Code: line appended to line printed", &watch, |at| {
        let line = claude_reply(session, &format!("msg_late_{at}"), 5);
        file.write_all(line.as_bytes()).expect("written");
    });
    latency("OpenCode: commit to line printed", &watch, |at| {
        let reply = Reply::at(1_795_000_000_000 + at as i64);
        database.reply(&format!("msg_{at}"), "ses_live", &reply);
    });
}

fn latency(title: &str, watch: &Running, mut write: impl FnMut(u64)) {
    let mut times: Vec<Duration> = (0..SAMPLES)
        .map(|at| {
            // Out of step with every clock of the watch.
            std::thread::sleep(Duration::from_millis(20 + at * 37 % 300));
            write(at);
            let began = Instant::now();
            assert!(watch.next_line().is_some(), "a line");
            began.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    print(&format!(
        "{title}: median {:.0} ms, 95 % {:.0} ms, 99 % {:.0} ms, longest {:.0} ms",
        at(50),
        at(95),
        at(99),
        at(100)
    ));
}

/// Replies as fast as the watch reports them, and its memory after a tenth of them and after all.
fn load(replies: u64) {
    let home = Home::new();
    let mut command = ttop(&home, &["watch"]);
    let start = || command.stderr(std::process::Stdio::inherit()).spawn().expect("started");
    let mut child = first_look(&home, start);
    let stdout = child.stdout.take().expect("stdout");
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    std::thread::spawn(move || {
        let mut reader = BufReader::with_capacity(1 << 20, stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            count.fetch_add(1, Relaxed);
            line.clear();
        }
    });
    let mut files: Vec<File> = (0..SESSIONS)
        .map(|at| open(&transcript(&home, &format!("{at:08}-0000-4000-8000-000000000000"))))
        .collect();
    let (began, mut tenth) = (Instant::now(), None);
    let id = child.id();
    let mut look = || {
        if tenth.is_none() && told.load(Relaxed) >= replies / 10 {
            tenth = Some(resident_mib(id));
        }
    };
    for at in 0..replies {
        let session = at / 50 % SESSIONS;
        let line = claude_reply(
            &format!("{session:08}-0000-4000-8000-000000000000"),
            &format!("msg_{at}"),
            5,
        );
        files[session as usize].write_all(line.as_bytes()).expect("written");
        while at - told.load(Relaxed) > AHEAD {
            look();
            std::thread::sleep(Duration::from_millis(5));
        }
        look();
    }
    while told.load(Relaxed) < replies {
        assert!(began.elapsed() < Duration::from_secs(1800), "{told:?} of {replies}");
        look();
        std::thread::sleep(Duration::from_millis(10));
    }
    print(&format!(
        "{replies} replies of {SESSIONS} sessions in {:.0} s: {:.1} MiB after a tenth, {:.1} MiB after all, at most {:.1} MiB; {:.0} s of processor",
        began.elapsed().as_secs_f64(),
        tenth.unwrap_or_default(),
        resident_mib(child.id()),
        status_mib(child.id(), "VmHWM:"),
        cpu(child.id()).as_secs_f64()
    ));
    child.kill().expect("killed");
    child.wait().expect("a child");
}

/// Processor time of all threads.
fn cpu(id: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).expect("a process");
    let nanos = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

fn resident_mib(id: u32) -> f64 {
    status_mib(id, "VmRSS:")
}

fn status_mib(id: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or_default() / 1024.0
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn print(line: &str) {
    println!("{line}");
}
