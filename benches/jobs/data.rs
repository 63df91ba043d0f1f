//! Homes of a stated size, always the same, and the bare scans that jobs are compared with.

use rusqlite::{Connection, OpenFlags, params};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

/// 2026-11-20 18:00 UTC.
pub const END: u64 = 1_795_197_600_000;
pub const MODELS: [(&str, &str); 4] = [
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-5"),
    ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"),
];

/// A small generator of numbers that look random and are always the same.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn database(home: &Path) -> PathBuf {
    home.join(".local/share/opencode/opencode.db")
}

/// OpenCode 1.18: 5,000 sessions and 200,000 messages at 100 %, with tool output that no reader needs.
pub fn opencode(home: &Path, percent: u64) -> PathBuf {
    let path = database(home);
    if path.exists() {
        return home.to_path_buf();
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let unfinished = path.with_extension("unfinished");
    let mut connection = Connection::open(&unfinished).expect("a database");
    connection
        .execute_batch(
            "pragma journal_mode = wal; pragma synchronous = off;
             create table project (id text primary key, worktree text not null);
             create table session (id text primary key, project_id text not null, parent_id text, directory text not null,
                 title text not null, version text not null, cost real not null default 0, revert text,
                 time_created integer not null, time_updated integer not null, time_archived integer);
             create table message (id text primary key, session_id text not null, time_created integer not null,
                 time_updated integer not null, data text not null);
             create table part (id text primary key, message_id text not null, session_id text not null,
                 time_created integer not null, time_updated integer not null, data text not null);
             create index message_session_time_created_id_idx on message (session_id, time_created, id);
             insert into project values ('p1', '/home/dev/acme');",
        )
        .expect("tables");
    let (sessions, messages) = ((50 * percent).max(1), 2_000 * percent);
    let mut numbers = Random(7);
    let filler = "tool output ".repeat(680);
    let transaction = connection.transaction().expect("a transaction");
    for session in 0..sessions {
        let start = END - (sessions - session) * 180 * 86_400_000 / sessions;
        let id = format!("ses_{session:08x}");
        let count = messages / sessions;
        transaction
            .execute(
                "insert into session (id, project_id, directory, title, version, time_created, time_updated)
                 values (?1, 'p1', '/home/dev/acme', ?2, '1.18.33', ?3, ?4)",
                params![
                    id,
                    format!("Session {session}"),
                    start as i64,
                    (start + count * 30_000) as i64
                ],
            )
            .expect("a session");
        for message in 0..count {
            insert_message(
                &transaction,
                &id,
                start + message * 30_000,
                message,
                &mut numbers,
                &filler,
            );
        }
    }
    transaction.commit().expect("committed");
    connection
        .execute_batch("pragma wal_checkpoint(truncate)")
        .expect("checkpointed");
    drop(connection);
    std::fs::rename(unfinished, &path).expect("renamed");
    home.to_path_buf()
}

fn insert_message(connection: &Connection, session: &str, at: u64, number: u64, numbers: &mut Random, filler: &str) {
    let id = format!("msg_{}_{at:x}_{number}", &session[4..]);
    let data = if number.is_multiple_of(5) {
        format!(
            r#"{{"role":"user","time":{{"created":{at}}},"agent":"build","model":{{"providerID":"openai","modelID":"gpt-5"}}}}"#
        )
    } else {
        let (provider, model) = MODELS[numbers.below(4) as usize];
        let (input, output, read, write) = (
            numbers.below(4_000),
            numbers.below(2_000),
            numbers.below(90_000),
            numbers.below(3_000),
        );
        let total = input + output + read + write;
        let cost = total as f64 * 1e-7;
        format!(
            r#"{{"parentID":"msg_parent","role":"assistant","mode":"build","agent":"build","path":{{"cwd":"/home/dev/acme","root":"/home/dev/acme"}},"cost":{cost:.7},"tokens":{{"total":{total},"input":{input},"output":{output},"reasoning":0,"cache":{{"write":{write},"read":{read}}}}},"modelID":"{model}","providerID":"{provider}","time":{{"created":{at},"completed":{}}},"finish":"tool-calls"}}"#,
            at + 9_000
        )
    };
    let insert = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection
            .prepare_cached(sql)
            .expect("a statement")
            .execute(values)
            .expect("inserted");
    };
    let at = at as i64;
    insert(
        "insert into message values (?1, ?2, ?3, ?3, ?4)",
        &[&id, &session, &at, &data],
    );
    insert(
        "insert into part values (?1, ?2, ?3, ?4, ?4, ?5)",
        &[&format!("prt_{id}"), &id, &session, &at, &filler],
    );
}

/// Claude Code: 2,000 transcripts at 100 %, each reply streamed in two lines, a tenth of the files resumed from another.
pub fn claude(home: &Path, percent: u64) -> PathBuf {
    claude_files(home, (20 * percent).max(2), 55)
}

/// Ten times as many transcripts, short ones.
pub fn claude_many(home: &Path, percent: u64) -> PathBuf {
    claude_files(home, (200 * percent).max(2), 12)
}

fn claude_files(home: &Path, files: u64, replies: u64) -> PathBuf {
    let folder = home.join(".claude/projects");
    if folder.join(format!("p{}", (files - 1) % 40)).exists() && home.join("done").exists() {
        return home.to_path_buf();
    }
    let mut numbers = Random(11);
    let filler = "source text ".repeat(400);
    let mut head = String::new();
    for file in 0..files {
        let project = folder.join(format!("p{}", file % 40));
        std::fs::create_dir_all(&project).expect("made");
        let session = format!("{file:08x}-0000-4000-8000-000000000000");
        let start = END - (files - file) * 120 * 86_400_000 / files;
        let mut text = if file % 10 == 9 { head.clone() } else { String::new() };
        for reply in 0..replies {
            text.push_str(&claude_lines(
                &session,
                &format!("msg_{file}_{reply}"),
                start + reply * 60_000,
                &mut numbers,
                &filler,
            ));
            if reply == 5 {
                head.clone_from(&text);
            }
        }
        std::fs::write(project.join(format!("{session}.jsonl")), text).expect("written");
    }
    std::fs::write(home.join("done"), "").expect("written");
    home.to_path_buf()
}

fn claude_lines(session: &str, id: &str, at: u64, numbers: &mut Random, filler: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(at as i64).expect("a time");
    let (input, read, write, output) = (
        numbers.below(40),
        numbers.below(90_000),
        numbers.below(4_000),
        numbers.below(2_000) + 1,
    );
    let mut lines = String::new();
    let envelope = format!(
        r#""isSidechain":false,"userType":"external","cwd":"/home/dev/acme","sessionId":"{session}","version":"2.1.63""#
    );
    writeln!(lines, r#"{{"parentUuid":null,{envelope},"type":"user","message":{{"role":"user","content":"{filler}"}},"uuid":"u{id}","timestamp":"{time}"}}"#)
        .expect("text");
    for output in [1, output] {
        writeln!(
            lines,
            r#"{{"parentUuid":"u{id}",{envelope},"type":"assistant","message":{{"model":"claude-sonnet-4-5-20250929","id":"{id}","type":"message","role":"assistant","content":[{{"type":"text","text":"{}"}}],"stop_reason":"end_turn","usage":{{"input_tokens":{input},"cache_creation_input_tokens":{write},"cache_read_input_tokens":{read},"cache_creation":{{"ephemeral_5m_input_tokens":{write},"ephemeral_1h_input_tokens":0}},"output_tokens":{output},"service_tier":"standard"}}}},"requestId":"req_{id}","uuid":"a{id}{output}","timestamp":"{time}"}}"#,
            &filler[..filler.len() / 3],
        )
        .expect("text");
    }
    lines
}

/// A hundred more messages, or twenty kilobytes more of a transcript.
pub fn grow(agent: &str, home: &Path) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let time = END + TIMES.fetch_add(1, Ordering::Relaxed) * 86_400_000 + u64::from(std::process::id());
    let mut numbers = Random(time);
    if agent == "opencode" {
        let connection = Connection::open(database(home)).expect("a database");
        for message in 0..100 {
            let session = format!("ses_{:08x}", message % 5);
            insert_message(
                &connection,
                &session,
                time + message * 1_000,
                message + 1,
                &mut numbers,
                "",
            );
        }
    } else {
        let path = home.join(".claude/projects/p0/00000000-0000-4000-8000-000000000000.jsonl");
        let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("opens");
        for reply in 0..4 {
            let id = format!("msg_new_{time}_{reply}");
            let lines = claude_lines(
                "00000000-0000-4000-8000-000000000000",
                &id,
                time,
                &mut numbers,
                &"x".repeat(1_500),
            );
            file.write_all(lines.as_bytes()).expect("written");
        }
    }
}

/// Reads what a job has to read, and does nothing with it.
pub fn scan(job: &str, home: &Path) {
    let mut bytes = 0;
    if job == "scan-database" {
        let connection =
            Connection::open_with_flags(database(home), OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
        let mut statement = connection.prepare("select data from message").expect("a statement");
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            bytes += row.get_ref(0).expect("a column").as_str().expect("text").len();
        }
    } else {
        let mut buffer = vec![0; 64 * 1024];
        let mut folders = vec![home.join(".claude/projects")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let mut file = std::fs::File::open(entry.path()).expect("opens");
                loop {
                    let read = file.read(&mut buffer).expect("reads");
                    if read == 0 {
                        break;
                    }
                    bytes += memchr::memchr_iter(b'\n', &buffer[..read]).count();
                }
            }
        }
    }
    assert!(bytes > 0, "nothing to scan");
}
