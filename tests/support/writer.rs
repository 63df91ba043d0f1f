//! Agents at work in a process of their own, which can be killed: the test binary itself, started again.

use super::Home;
use super::opencode_db::{Database, Reply};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const VARIABLE: &str = "TTOP_TEST_WRITER";

/// The session of Claude Code that is written.
pub const CLAUDE_SESSION: &str = "11111111-0000-4000-8000-000000000001";

/// A writing process; killed when dropped.
pub struct Writer(Child);

impl Writer {
    /// Starts this test binary again, with nothing to do but its test `writer`, which calls [`write_if_asked`].
    pub fn start(home: &Home) -> Self {
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "writer"])
            .env(VARIABLE, home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("started"))
    }

    pub fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("a child");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes as Claude Code and OpenCode do until it is killed, in a process that was started for it.
pub fn write_if_asked() {
    let Some(home) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        return;
    };
    let mut claude = transcript(&home);
    let database = open_database(&home);
    let pid = std::process::id();
    for at in 0u64.. {
        let id = format!("msg_{pid}_{at}");
        // A snapshot and the end of a reply; each line in two writes, as a slow disk would show them.
        for output in [1, 10 + at % 7] {
            let line = claude_reply(CLAUDE_SESSION, &id, output);
            let (head, tail) = line.split_at(line.len() / 2);
            claude.write_all(head.as_bytes()).expect("written");
            claude.write_all(tail.as_bytes()).expect("written");
        }
        let begun = Reply::at(1_795_000_000_000 + at as i64);
        database.reply(&id, "ses_live", &begun.unfinished());
        std::thread::sleep(Duration::from_millis(1));
        let finished = Reply {
            output: 5 + at % 3,
            ..begun
        };
        database.rewrite(&id, &finished, 1_795_000_000_500 + at as i64);
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn transcript(home: &Path) -> File {
    let path = home.join(format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    File::options().create(true).append(true).open(path).expect("opens")
}

fn open_database(home: &Path) -> Database {
    let path = home.join(".local/share/opencode/opencode.db");
    if path.exists() {
        let connection = rusqlite::Connection::open(path).expect("a database");
        connection.busy_timeout(Duration::from_secs(5)).expect("a timeout");
        return Database { connection };
    }
    let database = Database::create(&path);
    database.session("ses_live", 1_795_000_000_000);
    database
}

/// A reply of Claude Code; the same id again is a later snapshot of it.
pub fn claude_reply(session: &str, id: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{session}","message":{{"model":"claude-sonnet-4-5","id":"{id}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":{output}}}}},"uuid":"u-{id}-{output}","timestamp":"2026-11-20T09:00:00.000Z"}}"#
    ) + "\n"
}
