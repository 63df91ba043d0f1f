//! Databases as OpenCode makes them, row by row.

use rusqlite::{Connection, params};
use std::path::Path;

/// A database of version 1.18, open as OpenCode has it.
pub struct Database {
    pub connection: Connection,
}

/// A reply as its row holds it.
#[derive(Clone, Debug)]
pub struct Reply {
    pub provider: &'static str,
    pub model: &'static str,
    pub created: i64,
    pub completed: Option<i64>,
    pub input: u64,
    pub output: u64,
    pub cost: f64,
}

impl Reply {
    pub fn at(created: i64) -> Self {
        Self {
            provider: "anthropic",
            model: "claude-sonnet-4-5",
            created,
            completed: Some(created + 900),
            input: 100,
            output: 10,
            cost: 0.5,
        }
    }

    /// The row as it is first written: nothing is known yet.
    pub fn unfinished(&self) -> Self {
        Self {
            completed: None,
            input: 0,
            output: 0,
            cost: 0.0,
            ..self.clone()
        }
    }

    pub fn json(&self) -> String {
        let completed = self
            .completed
            .map_or(String::new(), |at| format!(",\"completed\":{at}"));
        let finish = self.completed.map_or("", |_| ",\"finish\":\"stop\"");
        format!(
            r#"{{"role":"assistant","cost":{},"tokens":{{"total":{},"input":{},"output":{},"reasoning":0,"cache":{{"read":0,"write":0}}}},"modelID":"{}","providerID":"{}","time":{{"created":{}{completed}}}{finish}}}"#,
            self.cost,
            self.input + self.output,
            self.input,
            self.output,
            self.model,
            self.provider,
            self.created
        )
    }
}

impl Database {
    pub fn create(path: &Path) -> Self {
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let connection = Connection::open(path).expect("a database");
        connection
            .execute_batch(
                "pragma journal_mode = wal;
                 create table project(id text primary key, worktree text not null);
                 create table session(id text primary key, project_id text not null, parent_id text, directory text not null,
                    title text not null, version text not null, revert text, time_created integer not null, time_updated integer not null);
                 create table message(id text primary key, session_id text not null, time_created integer not null,
                    time_updated integer not null, data text not null);
                 create index message_session_time_created_id_idx on message(session_id, time_created, id);
                 insert into project values('p1', '/home/dev/acme-api'), ('global', '/');",
            )
            .expect("tables");
        Self { connection }
    }

    pub fn run(&self, sql: &str) -> usize {
        self.connection
            .execute(sql, [])
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub fn session(&self, id: &str, created: i64) {
        self.connection
            .execute(
                "insert into session values(?1, 'p1', null, '/home/dev/acme-api', 'A title', '1.18.33', null, ?2, ?2)",
                params![id, created],
            )
            .expect("a session");
    }

    pub fn touch(&self, id: &str, at: i64) {
        self.connection
            .execute("update session set time_updated = ?2 where id = ?1", params![id, at])
            .expect("a session");
    }

    pub fn message(&self, id: &str, session: &str, at: i64, data: impl rusqlite::ToSql) {
        self.connection
            .execute(
                "insert into message values(?1, ?2, ?3, ?3, ?4)",
                params![id, session, at, data],
            )
            .expect("a message");
    }

    pub fn prompt(&self, id: &str, session: &str, at: i64) {
        let data = format!(r#"{{"role":"user","time":{{"created":{at}}},"model":{{"providerID":"p","modelID":"m"}}}}"#);
        self.message(id, session, at, data);
    }

    pub fn reply(&self, id: &str, session: &str, reply: &Reply) {
        self.message(id, session, reply.created, reply.json());
    }

    /// Writes a row again, as when a reply ends; `at` is the time of it.
    pub fn rewrite(&self, id: &str, reply: &Reply, at: i64) {
        self.connection
            .execute(
                "update message set data = ?2, time_updated = ?3 where id = ?1",
                params![id, reply.json(), at],
            )
            .expect("a message");
    }
}
