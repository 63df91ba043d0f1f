//! More agents of the table of programs, with records as each writes them.

use crate::programs::{Case, Stage, UUID, database, time};
use crate::support::fake_agents::now;
use serde_json::{Value, json};

pub const MORE: &[Case] = &[
    Case {
        agent_id: "kilo-cli",
        name: "bun",
        script: Some("lib/node_modules/@kilocode/cli/bin/kilo"),
        args: &[],
        session_id: "ses_kilo1",
        record: |home, folder, stage| {
            let database = database(home, ".local/share/kilo/kilo.db",
                "create table session(id text primary key, project_id text, parent_id text, directory text, title text, version text, permission text, time_created integer, time_updated integer, time_archived integer);
                 create table messages(x);
                 create table message(id text primary key, session_id text, time_created integer, time_updated integer, data text);
                 create table part(id text primary key, message_id text, session_id text, time_created integer, time_updated integer, data text);");
            database
                .execute_batch("delete from message; delete from part; delete from session")
                .expect("emptied");
            let at = now();
            let values = rusqlite::params![folder.to_str(), at];
            database
                .execute(
                    "insert into session values ('ses_kilo1', 'p', null, ?1, 'go', '7.7.9', null, ?2, ?2, null)",
                    values,
                )
                .expect("a session");
            let message = |id: &str, at: i64, data: Value| {
                let values = rusqlite::params![id, at, data.to_string()];
                database
                    .execute("insert into message values (?1, 'ses_kilo1', ?2, ?2, ?3)", values)
                    .expect("a message");
            };
            message("m1", at, json!({"role": "user", "time": {"created": at}}));
            match stage {
                Stage::Prompted => {}
                Stage::Calling => {
                    message("m2", at + 1, json!({"role": "assistant", "time": {"created": at + 1}}));
                    let part = json!({"type": "tool", "tool": "shell", "state": {"status": "running", "time": {"start": at + 1}}});
                    let values = rusqlite::params![at + 1, part.to_string()];
                    database
                        .execute("insert into part values ('p1', 'm2', 'ses_kilo1', ?1, ?1, ?2)", values)
                        .expect("a part");
                }
                Stage::Done => message(
                    "m2",
                    at + 1,
                    json!({"role": "assistant", "finish": "stop", "time": {"created": at + 1, "completed": at + 1}}),
                ),
            }
        },
    },
    Case {
        agent_id: "cline",
        name: "cline",
        script: None,
        args: &[],
        session_id: "1795933601632_hdstw",
        record: |home, folder, stage| {
            let id = "1795933601632_hdstw";
            let message = |role: &str, content: Value| {
                json!({"id": role, "role": role, "content": content, "ts": now(), "modelInfo": {"id": "acme-1", "provider": "acme"},
                    "metrics": {"inputTokens": 1, "outputTokens": 1, "cacheReadTokens": 0, "cacheWriteTokens": 0}})
            };
            let mut messages = vec![message("user", json!([{"type": "text", "text": "go"}]))];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => messages.push(message(
                    "assistant",
                    json!([{"type": "tool_use", "id": "c", "name": "shell"}]),
                )),
                Stage::Done => messages.push(message("assistant", json!([{"type": "text", "text": "done"}]))),
            }
            let session = json!({"version": 1, "session_id": id, "source": "cli", "pid": 1, "started_at": time(), "cwd": folder, "workspace_root": folder, "model": "acme-1", "provider": "acme"});
            home.write(&format!(".cline/data/sessions/{id}/{id}.json"), session.to_string());
            let text = json!({"version": 1, "sessionId": id, "messages": messages}).to_string();
            home.write(&format!(".cline/data/sessions/{id}/{id}.messages.json"), text);
        },
    },
    Case {
        agent_id: "continue-cli",
        name: "cn",
        script: None,
        args: &[],
        session_id: UUID,
        record: |home, folder, stage| {
            let item = |message: Value| json!({"message": message, "contextItems": []});
            let mut history = vec![item(json!({"role": "user", "content": "go"}))];
            match stage {
                Stage::Prompted => {}
                Stage::Calling => history.push(item(json!({"role": "assistant", "content": "", "toolCalls": [{"id": "c", "function": {"name": "shell"}}]}))),
                Stage::Done => history.push(item(json!({"role": "assistant", "content": "done"}))),
            }
            let session = json!({"sessionId": UUID, "title": "go", "workspaceDirectory": folder, "history": history});
            home.write(&format!(".continue/sessions/{UUID}.json"), session.to_string());
        },
    },
];
