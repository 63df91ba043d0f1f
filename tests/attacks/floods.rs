//! Very many of one thing in one source: the work grows with their number, not with its square.

#[path = "../../benches/jobs/measure.rs"]
#[allow(dead_code, reason = "only processor time is looked at")]
pub mod measure;

#[path = "../../benches/jobs/wide.rs"]
mod wide;

use crate::support::Home;
use crate::support::opencode_db::{Database, Reply};
use crate::support::running::ttop;
use serde_json::{Value, json};
use std::fmt::Write;

/// Few enough to be quick, and so many that a square of them is seen: four times as many take four times as long, or
/// sixteen times.
const FEW: usize = 6_000;
const TIMES: usize = 4;
const MOST_RATIO: f64 = 8.0;
/// Below that, the clock's steps and the start of a process are all there is.
const LEAST_SECONDS: f64 = 0.4;

const TRANSCRIPT: &str = ".claude/projects/-p/s.jsonl";
const ROLLOUT: &str =
    ".codex/sessions/2026/11/20/rollout-2026-11-20T08-34-11-01a1f817-7e93-7893-9411-a307e052cd49.jsonl";

fn write_lines(home: &Home, path: &str, lines: impl Iterator<Item = Value>) {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}").expect("memory");
    }
    home.write(path, text);
}

fn claude_sessions(home: &Home, count: usize) {
    write_lines(home, TRANSCRIPT, (0..count).map(|at| {
        json!({"type": "assistant", "sessionId": format!("s{at}"), "uuid": format!("u{at}"), "cwd": "/p",
            "timestamp": "2026-11-20T09:00:00.000Z",
            "message": {"id": format!("m{at}"), "model": "claude-sonnet-4-5", "usage": {"input_tokens": 1, "output_tokens": 1}}})
    }));
}

fn claude_prompts(home: &Home, count: usize) {
    // Twice each: the second time it is looked for among all that are known.
    write_lines(
        home,
        TRANSCRIPT,
        (0..2 * count).map(|at| {
            json!({"type": "user", "sessionId": format!("s{}", at % count), "uuid": format!("u{at}"), "cwd": "/p",
            "timestamp": "2026-11-20T09:00:00.000Z", "message": {"role": "user", "content": "Do something"}})
        }),
    );
}

fn claude_summaries(home: &Home, count: usize) {
    write_lines(
        home,
        TRANSCRIPT,
        (0..count)
            .map(|at| json!({"type": "summary", "summary": format!("Summary {at}"), "leafUuid": format!("leaf-{at}")})),
    );
}

fn claude_bad_lines(home: &Home, count: usize) {
    home.write(
        TRANSCRIPT,
        "{\"type\":\"assistant\",\"message\":{\"usage\":1}\n".repeat(20 * count),
    );
}

fn codex_forks(home: &Home, count: usize) {
    write_lines(home, ROLLOUT, (0..count).map(|at| {
        json!({"timestamp": "2026-11-20T09:00:00.000Z", "type": "session_meta",
            "payload": {"id": format!("01a1f817-7e93-7893-9411-{at:012x}"), "timestamp": "2026-11-20T09:00:00.000Z", "cwd": "/p"}})
    }));
}

fn copilot_shutdowns(home: &Home, count: usize) {
    write_lines(home, ".copilot/session-state/s1/events.jsonl", (0..count).map(|at| {
        json!({"type": "session.shutdown", "id": format!("e{at}"), "timestamp": "2026-11-20T09:00:00.000Z", "data": {"modelMetrics": {}}})
    }));
}

fn opencode_sessions(home: &Home, count: usize) {
    let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
    database
        .connection
        .execute_batch("pragma synchronous = off; begin")
        .expect("begun");
    for at in 0..count {
        add_session(&database, at);
    }
    database.connection.execute_batch("commit").expect("committed");
}

fn add_session(database: &Database, at: usize) {
    let (id, time) = (format!("ses_{at:08}"), 1_795_000_000_000 + at as i64);
    database
        .connection
        .execute(
            "insert into session values (?1, 'p1', null, '/p', 'Work', '1.18.33', null, ?2, ?2)",
            (&id, time),
        )
        .expect("a session");
    database
        .connection
        .execute(
            "insert into message values (?1, ?2, ?3, ?3, ?4)",
            (format!("msg_{at:08}"), &id, time, Reply::at(time).json()),
        )
        .expect("a message");
}

type Flood = (&'static str, fn(&Home, usize));

const FLOODS: [Flood; 7] = [
    ("sessions of a Claude Code file", claude_sessions),
    ("prompts of a Claude Code file", claude_prompts),
    ("summaries of a Claude Code file", claude_summaries),
    ("bad lines of a Claude Code file", claude_bad_lines),
    ("forks of a Codex file", codex_forks),
    ("shutdowns of a Copilot CLI file", copilot_shutdowns),
    ("sessions of an OpenCode database", opencode_sessions),
];

fn sync(home: &Home) -> f64 {
    measure::run(ttop(home, &["sync"])).cpu
}

/// Asks for the processor seconds of a few and of many, again while they look like a square: a busy machine slows single
/// runs, a square stays one.
fn is_linear(what: &str, mut seconds: impl FnMut(usize) -> f64) {
    let (mut few, mut many) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        few = few.min(seconds(FEW));
        many = many.min(seconds(FEW * TIMES));
        if many < LEAST_SECONDS || many / few.max(0.02) < MOST_RATIO {
            return;
        }
    }
    panic!("{what}: {TIMES} times as many take {few:.2} s and {many:.2} s");
}

#[test]
fn a_first_sync_is_linear_in_what_there_is() {
    for (what, make) in FLOODS {
        is_linear(what, |count| {
            let home = Home::new();
            make(&home, count);
            sync(&home)
        });
    }
}

#[test]
fn a_later_sync_is_linear_in_what_there_is() {
    is_linear("a session more in an OpenCode database", |count| {
        let home = Home::new();
        opencode_sessions(&home, count);
        sync(&home);
        let database = Database {
            connection: rusqlite::Connection::open(home.path().join(".local/share/opencode/opencode.db"))
                .expect("opens"),
        };
        add_session(&database, count);
        drop(database);
        sync(&home)
    });
}

/// What the benchmark measures at its full size works at a hundredth of it.
#[test]
fn wide_homes_are_read_whole_and_grow_by_what_is_added() {
    type Make = fn(&std::path::Path, u64) -> std::path::PathBuf;
    type Grow = fn(&std::path::Path);
    let homes: [(&str, Make, Grow, usize); 3] = [
        ("sessions of a database", wide::sessions, wide::add, 1000),
        (
            "session ids of a file",
            wide::session_ids,
            |home| wide::append_reply(home, 1 << 40),
            1000,
        ),
        (
            "a last line without end",
            wide::endless_line,
            |home| wide::append(home, b"xxxxxxxx"),
            1,
        ),
    ];
    for (what, make, grow, count) in homes {
        let home = Home::new();
        make(&home.path(), 1);
        assert_eq!(home.rows(&["sessions"]).len(), count, "{what}");
        grow(&home.path());
        let grown = count + usize::from(count > 1);
        assert_eq!(home.rows(&["sessions"]).len(), grown, "{what}");
    }
}
