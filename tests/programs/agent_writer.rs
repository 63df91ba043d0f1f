//! Writes into a home as Claude Code and OpenCode do, until it is killed.

#[path = "../support/claude_code.rs"]
mod claude_code;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../support/opencode_db.rs"]
mod opencode_db;

use claude_code::{CLAUDE_SESSION, claude_reply};
use opencode_db::{Database, Reply};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn main() {
    let home = PathBuf::from(std::env::args_os().nth(1).expect("usage: agent-writer HOME"));
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
