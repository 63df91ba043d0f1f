//! Agents without a live view of their own: any program of the table, with records as that agent writes them.

use crate::more_programs::MORE;
use crate::support::Home;
use crate::support::fake_agents::{Process, now};
use crate::{row, rows, seen};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::Path;

/// An agent that runs in a folder, and how it records a session there.
pub struct Case {
    pub agent_id: &'static str,
    /// As it is started: a command, or a runtime and a script below the home.
    pub name: &'static str,
    pub script: Option<&'static str>,
    pub args: &'static [&'static str],
    pub session_id: &'static str,
    pub record: fn(&Home, &Path, Stage),
}

impl Case {
    fn start(&self, home: &Home, folder: &Path) -> Process {
        match self.script {
            Some(script) => Process::scripted(self.name, &home.path().join(script), folder, self.args),
            None => Process::start(self.name, folder, self.args),
        }
    }
}

/// How far a turn is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Prompted,
    Calling,
    Done,
}

pub const UUID: &str = "0d0d0d0d-0000-4000-8000-00000000000d";

const CASES: &[Case] = &[
    Case {
        agent_id: "pi",
        name: "node",
        script: Some("lib/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js"),
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let path = format!(".pi/agent/sessions/--api--/2026-11-29T05-00-00-000Z_{UUID}.jsonl");
            pi(home, &path, folder, stage);
        },
    },
    Case {
        agent_id: "pi",
        name: "omp",
        script: None,
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let path = format!(".omp/agent/sessions/-api/2026-11-29T05-00-00-000Z_{UUID}.jsonl");
            pi(home, &path, folder, stage);
        },
    },
    Case {
        agent_id: "openclaw",
        name: "openclaw",
        script: None,
        args: &["tui"],
        session_id: UUID,
        record: |home, folder, stage| {
            pi(
                home,
                &format!(".openclaw/agents/main/sessions/{UUID}.jsonl"),
                folder,
                stage,
            )
        },
    },
    Case {
        agent_id: "qwen-code",
        name: "/usr/bin/node",
        script: Some("n/node_modules/@qwen-code/qwen-code/cli.js"),
        args: &["go on"],
        session_id: UUID,
        record: |home, folder, stage| {
            let record = |kind: &str, role: &str, parts: Value| {
                json!({"uuid": kind, "sessionId": UUID, "timestamp": time(), "type": kind, "cwd": folder, "version": "0.24.4",
                    "model": "qwen3-coder", "message": {"role": role, "parts": parts}})
            };
            let mut records = vec![record("user", "user", json!([{"text": "go"}]))];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => records.push(record(
                    "assistant",
                    "model",
                    json!([{"functionCall": {"id": "c", "name": "shell"}}]),
                )),
                Stage::Done => records.push(record("assistant", "model", json!([{"text": "done"}]))),
            }
            write(home, &format!(".qwen/projects/-api/chats/{UUID}.jsonl"), &records);
        },
    },
    Case {
        agent_id: "droid",
        name: "droid",
        script: None,
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let record = |role: &str, content: Value| json!({"type": "message", "id": role, "timestamp": time(), "message": {"role": role, "content": content}});
            let mut records = vec![
                json!({"type": "session_start", "id": UUID, "title": "go", "cwd": folder}),
                record("user", json!([{"type": "text", "text": "go"}])),
            ];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => records.push(record(
                    "assistant",
                    json!([{"type": "tool_use", "id": "c", "name": "shell"}]),
                )),
                Stage::Done => records.push(record("assistant", json!([{"type": "text", "text": "done"}]))),
            }
            write(home, &format!(".factory/sessions/-api/{UUID}.jsonl"), &records);
            home.write(
                &format!(".factory/sessions/-api/{UUID}.settings.json"),
                r#"{"model":"claude-opus-4-6","tokenUsage":{"inputTokens":1}}"#,
            );
        },
    },
    Case {
        agent_id: "goose",
        name: "goose",
        script: None,
        args: &["session"],
        session_id: "20261129_1",
        record: |home, folder, stage| {
            let database = database(home, ".local/share/goose/sessions/sessions.db",
                "create table sessions(id text primary key, name text, working_dir text, created_at text, updated_at text, accumulated_input_tokens integer);
                 create table messages(id integer primary key autoincrement, session_id text, role text, content_json text, created_timestamp integer);");
            let at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
            let values = rusqlite::params!["20261129_1", folder.to_str(), at];
            database
                .execute(
                    "insert or replace into sessions values (?1, 'go', ?2, ?3, ?3, 1)",
                    values,
                )
                .expect("a session");
            let content = match stage {
                Stage::Prompted => None,
                Stage::Calling => Some(
                    json!([{"type": "toolRequest", "id": "c", "toolCall": {"status": "success", "value": {"name": "shell"}}}]),
                ),
                Stage::Done => Some(json!([{"type": "text", "text": "done"}])),
            };
            message(
                &database,
                "20261129_1",
                "user",
                &json!([{"type": "text", "text": "go"}]),
            );
            content
                .iter()
                .for_each(|content| message(&database, "20261129_1", "assistant", content));
        },
    },
    Case {
        agent_id: "crush",
        name: "crush",
        script: None,
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let list = json!({"projects": [{"path": folder, "data_dir": folder.join(".crush")}]});
            home.write(".local/share/crush/projects.json", list.to_string());
            let path = folder
                .strip_prefix(home.path())
                .expect("below the home")
                .join(".crush/crush.db");
            let database = database(home, path.to_str().expect("text"),
                "create table sessions(id text primary key, parent_session_id text, title text, prompt_tokens integer, completion_tokens integer, cost real, created_at integer, updated_at integer);
                 create table messages(id integer primary key autoincrement, session_id text, role text, parts text, created_at integer, model text, provider text);");
            let seconds = now() / 1_000;
            let values = rusqlite::params![UUID, seconds];
            database
                .execute(
                    "insert or replace into sessions values (?1, null, 'go', 1, 1, 0.5, ?2, ?2)",
                    values,
                )
                .expect("a session");
            let insert = |role: &str, parts: Value| {
                let values = rusqlite::params![UUID, role, parts.to_string(), seconds];
                database
                    .execute(
                        "insert into messages(session_id, role, parts, created_at) values (?1, ?2, ?3, ?4)",
                        values,
                    )
                    .expect("a message");
            };
            insert("user", json!([{"type": "text", "data": {"text": "go"}}]));
            match stage {
                Stage::Prompted => {}
                Stage::Calling => insert(
                    "assistant",
                    json!([{"type": "tool_call", "data": {"id": "c", "name": "shell"}}]),
                ),
                Stage::Done => insert(
                    "assistant",
                    json!([{"type": "text", "data": {"text": "done"}}, {"type": "finish", "data": {"reason": "end_turn"}}]),
                ),
            }
        },
    },
    Case {
        agent_id: "hermes",
        name: "python3",
        script: Some("lib/python3.12/site-packages/hermes_cli/main.py"),
        args: &[],
        session_id: "20261129_050000_ab",
        record: |home, folder, stage| {
            let database = database(home, ".hermes/state.db",
                "create table sessions(id text primary key, source text, title text, cwd text, started_at real, input_tokens integer);
                 create table messages(id integer primary key autoincrement, session_id text, role text, content text, tool_calls text, finish_reason text, timestamp real);");
            let seconds = now() as f64 / 1_000.0;
            let id = "20261129_050000_ab";
            let values = rusqlite::params![id, folder.to_str(), seconds];
            database
                .execute(
                    "insert or ignore into sessions values (?1, 'cli', 'go', ?2, ?3, 1)",
                    values,
                )
                .expect("a session");
            let insert = |role: &str, calls: Option<&str>, finish: Option<&str>| {
                let values = rusqlite::params![id, role, calls, finish, seconds];
                database
                    .execute("insert into messages values (null, ?1, ?2, 'go', ?3, ?4, ?5)", values)
                    .expect("a message");
            };
            insert("user", None, None);
            match stage {
                Stage::Prompted => {}
                Stage::Calling => insert(
                    "assistant",
                    Some(r#"[{"id":"c","function":{"name":"shell"}}]"#),
                    Some("tool_calls"),
                ),
                Stage::Done => insert("assistant", None, Some("stop")),
            }
        },
    },
    Case {
        agent_id: "kimi-cli",
        name: "/usr/bin/python3.13",
        script: Some(".local/bin/kimi"),
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let record = |kind: &str, payload: Value| json!({"timestamp": now() as f64 / 1_000.0, "message": {"type": kind, "payload": payload}});
            let mut records = vec![record("TurnBegin", json!({"user_input": "go"}))];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => records.push(record("ToolCall", json!({"id": "c", "function": {"name": "shell"}}))),
                Stage::Done => records.push(record("TurnEnd", json!({}))),
            }
            write(
                home,
                &format!(".kimi/sessions/0123456789abcdef0123456789abcdef/{UUID}/wire.jsonl"),
                &records,
            );
            home.write(
                &format!(".kimi/sessions/0123456789abcdef0123456789abcdef/{UUID}/state.json"),
                json!({"cwd": folder}).to_string(),
            );
        },
    },
    Case {
        agent_id: "grok-cli",
        name: "grok",
        script: None,
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let record = |update: Value| json!({"timestamp": now() / 1_000, "method": "session/update", "params": {"sessionId": UUID, "update": update}});
            let mut records = vec![record(
                json!({"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": "go"}}),
            )];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => records.push(record(
                    json!({"sessionUpdate": "tool_call", "toolCallId": "c", "title": "shell"}),
                )),
                Stage::Done => records.push(record(
                    json!({"sessionUpdate": "turn_completed", "stop_reason": "end_turn"}),
                )),
            }
            write(home, &format!(".grok/sessions/api/{UUID}/updates.jsonl"), &records);
            home.write(
                &format!(".grok/sessions/api/{UUID}/summary.json"),
                json!({"info": {"id": UUID, "cwd": folder}}).to_string(),
            );
        },
    },
];

pub fn time() -> String {
    jiff::Timestamp::now().to_string()
}

fn write(home: &Home, path: &str, records: &[Value]) {
    let text: String = records.iter().map(|record| format!("{record}\n")).collect();
    home.write(path, text);
}

fn pi(home: &Home, path: &str, folder: &Path, stage: Stage) {
    let record = |role: &str, content: Value, stop: Option<&str>| {
        json!({"type": "message", "id": role, "timestamp": time(), "message": {"role": role, "content": content, "stopReason": stop,
            "provider": "anthropic", "model": "claude-opus-4-6", "usage": {"input": 1, "output": 1, "cacheRead": 0, "cacheWrite": 0}}})
    };
    let mut records = vec![
        json!({"type": "session", "version": 3, "id": UUID, "timestamp": time(), "cwd": folder}),
        record("user", json!([{"type": "text", "text": "go"}]), None),
    ];
    match stage {
        Stage::Prompted => {}
        Stage::Calling => {
            let call = json!([{"type": "toolCall", "id": "c", "name": "shell", "arguments": {}}]);
            records.push(record("assistant", call, Some("toolUse")));
        }
        Stage::Done => records.push(record(
            "assistant",
            json!([{"type": "text", "text": "done"}]),
            Some("stop"),
        )),
    }
    write(home, path, &records);
}

pub fn database(home: &Home, path: &str, tables: &str) -> Connection {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    let database = Connection::open(path).expect("a database");
    database
        .execute_batch(&tables.replace("create table", "create table if not exists"))
        .expect("tables");
    database.execute_batch("delete from messages").expect("emptied");
    database
}

fn message(database: &Connection, session: &str, role: &str, content: &Value) {
    let values = rusqlite::params![session, role, content.to_string(), now() / 1_000];
    let insert = "insert into messages(session_id, role, content_json, created_timestamp) values (?1, ?2, ?3, ?4)";
    database.execute(insert, values).expect("a message");
}

#[test]
fn every_program_of_the_table_shows_its_session_and_what_it_does() {
    for case in CASES.iter().chain(MORE) {
        let home = Home::new();
        let folder = home.path().join("api");
        let what = format!("{} as {}", case.agent_id, case.name);
        let process = case.start(&home, &folder);
        let fresh = row(&home, &process);
        assert_eq!(fresh["agentId"], case.agent_id, "{what}");
        assert_eq!(
            (fresh["sessionId"].as_str(), seen(&fresh)),
            (None, ("unknown", "none", "none")),
            "{what}"
        );
        for (stage, status) in [
            (Stage::Prompted, "thinking"),
            (Stage::Calling, "working"),
            (Stage::Done, "idle"),
        ] {
            (case.record)(&home, &folder, stage);
            let row = row(&home, &process);
            let status_of = (row["sessionId"].as_str(), row["status"].as_str(), row["match"].as_str());
            assert_eq!(
                status_of,
                (Some(case.session_id), Some(status), Some("activity")),
                "{what}: {stage:?} {row}"
            );
            if stage == Stage::Calling {
                assert_eq!(row["activity"], "shell", "{what}");
            }
        }
    }
}

#[test]
fn a_session_that_ended_before_a_process_began_is_not_its_own() {
    for case in CASES.iter().chain(MORE) {
        let home = Home::new();
        let folder = home.path().join("api");
        (case.record)(&home, &folder, Stage::Done);
        // Databases that record whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1_010));
        let process = case.start(&home, &folder);
        let row = row(&home, &process);
        assert_eq!(row["sessionId"], Value::Null, "{}: {row}", case.agent_id);
    }
}

#[test]
fn a_process_of_another_folder_shows_another_session() {
    let case = &CASES[0];
    let home = Home::new();
    let (folder, other) = (home.path().join("api"), home.path().join("other"));
    let (here, there) = (case.start(&home, &folder), case.start(&home, &other));
    (case.record)(&home, &folder, Stage::Prompted);
    let found = rows(&home, &[], &[here.pid(), there.pid()]);
    let shown =
        |process: &Process| found.iter().find(|row| row["pid"] == process.pid()).expect("a row")["sessionId"].clone();
    assert_eq!((shown(&here), shown(&there)), (json!(UUID), Value::Null));
}
