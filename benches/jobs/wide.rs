//! Homes that no person has: a database of very many sessions, a file of very many session ids, a last line without end.

use crate::data::{END, MODELS, Random};
use rusqlite::{Connection, params};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// At 100 %.
const SESSIONS: u64 = 100_000;
const LINE_BYTES: u64 = 600 << 20;

fn database(home: &Path) -> PathBuf {
    home.join(".local/share/opencode/opencode.db")
}

fn transcript(home: &Path) -> PathBuf {
    home.join(".claude/projects/-home-dev-acme/0a0a0a0a-0000-4000-8000-000000000000.jsonl")
}

fn new(path: &Path) -> Option<BufWriter<File>> {
    if path.exists() {
        return None;
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    Some(BufWriter::new(File::create(path).expect("a file")))
}

/// One database, one reply a session.
pub fn sessions(home: &Path, percent: u64) -> PathBuf {
    let path = database(home);
    if new(&path).is_some() {
        let mut connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch(
                "pragma journal_mode = wal; pragma synchronous = off;
                 create table project (id text primary key, worktree text not null);
                 create table session (id text primary key, project_id text not null, parent_id text, directory text not null,
                     title text not null, version text not null, revert text, time_created integer not null,
                     time_updated integer not null);
                 create table message (id text primary key, session_id text not null, time_created integer not null,
                     time_updated integer not null, data text not null);
                 insert into project values ('p1', '/home/dev/acme');",
            )
            .expect("tables");
        let transaction = connection.transaction().expect("a transaction");
        for session in 0..SESSIONS * percent / 100 {
            add_session(&transaction, session);
        }
        transaction.commit().expect("committed");
    }
    home.to_path_buf()
}

fn add_session(connection: &Connection, session: u64) {
    let at = (END - session * 1_000) as i64;
    let id = format!("ses_{session:08x}");
    let data = format!(
        r#"{{"role":"assistant","cost":0.01,"tokens":{{"input":10,"output":5,"reasoning":0,"cache":{{"write":0,"read":0}}}},"modelID":"gpt-5","providerID":"openai","time":{{"created":{at},"completed":{at}}},"finish":"stop"}}"#
    );
    connection
        .prepare_cached(
            "insert into session values (?1, 'p1', null, '/home/dev/acme', 'Some work', '1.18.33', null, ?2, ?2)",
        )
        .and_then(|mut statement| statement.execute(params![id, at]))
        .expect("a session");
    connection
        .prepare_cached("insert into message values (?1, ?2, ?3, ?3, ?4)")
        .and_then(|mut statement| statement.execute(params![format!("msg_{session:08x}"), id, at, data]))
        .expect("a message");
}

/// One more session.
pub fn add(home: &Path) {
    let connection = Connection::open(database(home)).expect("a database");
    let count: i64 = connection
        .query_row("select count(*) from session", [], |row| row.get(0))
        .expect("a count");
    add_session(&connection, count.unsigned_abs());
}

/// One transcript, one reply a session.
pub fn session_ids(home: &Path, percent: u64) -> PathBuf {
    let path = transcript(home);
    if let Some(mut file) = new(&path) {
        let mut numbers = Random(3);
        for session in 0..SESSIONS * percent / 100 {
            write_reply(&mut file, session, &mut numbers);
        }
    }
    home.to_path_buf()
}

fn write_reply(file: &mut impl Write, session: u64, numbers: &mut Random) {
    let (_, model) = MODELS[numbers.below(2) as usize];
    writeln!(
        file,
        r#"{{"parentUuid":null,"isSidechain":false,"cwd":"/home/dev/acme","sessionId":"s-{session}","type":"assistant","message":{{"model":"{model}","id":"msg_{session}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":10,"output_tokens":5}}}},"uuid":"u-{session}","timestamp":"2026-11-20T09:00:00.000Z"}}"#
    )
    .expect("written");
}

/// A transcript of one reply, and a line that has no end.
pub fn endless_line(home: &Path, percent: u64) -> PathBuf {
    let path = transcript(home);
    if let Some(mut file) = new(&path) {
        write_reply(&mut file, 0, &mut Random(3));
        file.write_all(br#"{"type":"user","message":{"content":""#)
            .expect("written");
        let filling = vec![b'x'; 1 << 20];
        for _ in 0..(LINE_BYTES * percent / 100) >> 20 {
            file.write_all(&filling).expect("written");
        }
    }
    home.to_path_buf()
}

/// A little more at the end of the transcript.
pub fn append(home: &Path, text: &[u8]) {
    let mut file = File::options().append(true).open(transcript(home)).expect("a file");
    file.write_all(text).expect("written");
}

/// One more reply, of a session of its own.
pub fn append_reply(home: &Path, session: u64) {
    let mut line = Vec::new();
    write_reply(&mut line, session, &mut Random(3));
    append(home, &line);
}
