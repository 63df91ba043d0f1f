//! Agents that copy a session's replies into its fork: each reply counts in the session that made it, in any order of reading.

use crate::support::Home;
use serde_json::{Value, json};

const OLDER: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const YOUNGER: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const THIRD: &str = "aaaabbbb-0000-4000-8000-000000000000";

/// Minutes after the first of all, and as many output tokens.
struct Session {
    id: &'static str,
    made: i64,
    /// The session it is a fork of, and how many of its replies it copied.
    origin: Option<(&'static str, usize)>,
    replies: Vec<i64>,
}

impl Session {
    /// Each reply with the session that the agent asked for it in.
    fn replies(&self) -> impl Iterator<Item = (i64, Option<&'static str>)> {
        let (source, copied) = self.origin.map_or((None, 0), |(source, copied)| (Some(source), copied));
        let replies = self.replies.iter().enumerate();
        replies.map(move |(at, minute)| (*minute, source.filter(|_| at < copied)))
    }
}

fn ms(minute: i64) -> i64 {
    1_772_442_000_000 + minute * 60_000
}

fn iso(minute: i64) -> String {
    format!("2026-03-02T09:{minute:02}:00.000Z")
}

fn lines(records: impl IntoIterator<Item = Value>) -> String {
    records.into_iter().map(|record| format!("{record}\n")).collect()
}

type Files = Vec<(String, String)>;

fn put(home: &Home, files: &Files) {
    for (path, content) in files {
        home.write(path, content);
    }
}

fn claude_code(session: &Session) -> Files {
    let reply = |(minute, source): (i64, Option<&str>)| {
        let mut record = json!({
            "isSidechain": false, "sessionId": session.id, "type": "assistant", "uuid": format!("u{minute}"),
            "timestamp": iso(minute), "message": {"id": format!("m{minute}"), "model": "claude-opus-4-8",
            "stop_reason": "end_turn", "usage": {"input_tokens": 100, "output_tokens": minute}},
        });
        if let Some(source) = source {
            record["requestSessionId"] = source.into();
        }
        record
    };
    let log = lines(session.replies().map(reply));
    vec![(format!(".claude/projects/-p/{}.jsonl", session.id), log)]
}

fn qwen_code(session: &Session) -> Files {
    let reply = |(minute, source): (i64, Option<&str>)| {
        let mut record = json!({
            "uuid": format!("m{minute}"), "sessionId": session.id, "timestamp": iso(minute), "type": "assistant",
            "model": "qwen3-coder-plus", "usageMetadata":
            {"promptTokenCount": 100, "candidatesTokenCount": minute, "totalTokenCount": 100 + minute},
        });
        if let Some(source) = source {
            record["forkedFrom"] = json!({"sessionId": source, "messageUuid": format!("m{minute}")});
        }
        record
    };
    let log = lines(session.replies().map(reply));
    vec![(format!(".qwen/projects/-p/chats/{}.jsonl", session.id), log)]
}

fn kimi_cli(session: &Session) -> Files {
    let log = lines(session.replies().map(|(minute, _)| {
        json!({"type": "usage.record", "time": ms(minute), "model": "kimi-code/k3", "usageScope": "turn",
            "usage": {"inputOther": 100, "output": minute}})
    }));
    let mut state = json!({"createdAt": ms(session.made)});
    if let Some((source, _)) = session.origin {
        state["forkedFrom"] = source.into();
    }
    let folder = format!(".kimi-code/sessions/wd/{}", session.id);
    vec![
        (format!("{folder}/state.json"), state.to_string()),
        (format!("{folder}/agents/main/wire.jsonl"), log),
    ]
}

/// A fork has new ids of items and keeps those of messages.
fn codebuddy(session: &Session) -> Files {
    let item = |minute: i64| {
        json!({"id": format!("{}-{minute}", session.id), "timestamp": ms(minute), "type": "message", "role": "assistant",
            "sessionId": session.id, "providerData": {"messageId": format!("m{minute}"), "model": "glm-5.2",
            "rawUsage": {"prompt_tokens": 100, "completion_tokens": minute, "total_tokens": 100 + minute}}})
    };
    let path = format!(".codebuddy/projects/p/{}", session.id);
    let mut files = vec![(
        format!("{path}.jsonl"),
        lines(session.replies().map(|(minute, _)| item(minute))),
    )];
    if let Some((source, _)) = session.origin {
        let meta = json!({"forkedFrom": source, "forkedAt": ms(session.made)});
        files.push((format!("{path}.meta.json"), meta.to_string()));
    }
    files
}

fn auggie(session: &Session) -> Files {
    let exchange = |(number, minute): (usize, &i64)| {
        json!({"finishedAt": iso(*minute), "sequenceId": number, "exchange": {"request_id": format!("m{minute}"),
            "response_nodes": [{"type": 10, "token_usage": {"input_tokens": 100, "output_tokens": minute}}]}})
    };
    let history: Vec<_> = session.replies.iter().enumerate().map(exchange).collect();
    let document = json!({"sessionId": session.id, "created": iso(session.made), "modified": iso(59),
        "agentState": {"modelId": "claude-opus-4-8"}, "chatHistory": history});
    vec![(format!(".augment/sessions/{}.json", session.id), document.to_string())]
}

fn deepseek_harness(session: &Session) -> Files {
    let copied = session.origin.map_or(0, |(_, copied)| copied);
    let mut head = json!({"type": "session", "id": session.id, "createdAt": ms(session.made)});
    if let Some((source, _)) = session.origin {
        head["parentSession"] = source.into();
        head["seedLength"] = copied.into();
    }
    let event = |(seq, minute): (usize, &i64)| {
        json!({"type": "assistant/message", "seq": seq, "time": ms(*minute), "data": {"turn": seq, "step": 0,
            "usage": {"inputTokens": 100, "outputTokens": minute},
            "message": {"id": format!("m{minute}"), "source": {"provider": "deepseek", "model": "deepseek-v4"}}}})
    };
    let log = lines(std::iter::once(head).chain(session.replies.iter().enumerate().map(event)));
    vec![(format!(".dsh/sessions/p/{}/session.jsonl", session.id), log)]
}

fn amp(session: &Session) -> Files {
    let message = |minute: &i64| {
        json!({"messageId": minute, "role": "assistant", "state": {"type": "complete"}, "usage":
            {"model": "claude-opus-4-8", "timestamp": iso(*minute), "inputTokens": 100, "outputTokens": minute}})
    };
    let messages: Vec<_> = session.replies.iter().map(message).collect();
    let thread = json!({"id": session.id, "created": ms(session.made), "messages": messages});
    vec![(
        format!(".local/share/amp/threads/T-{}.json", session.id),
        thread.to_string(),
    )]
}

/// As Mux copies a chat, and as it is once the fork's first reply ended.
fn mux(session: &Session, is_rewritten: bool) -> Files {
    let message = |(minute, source): (i64, Option<&str>)| {
        let workspace = source.filter(|_| !is_rewritten).unwrap_or(session.id);
        json!({"id": format!("m{minute}"), "role": "assistant", "parts": [], "workspaceId": workspace,
            "metadata": {"timestamp": ms(minute), "model": "anthropic:claude-opus-4-8",
            "usage": {"inputTokens": 100, "outputTokens": minute, "totalTokens": 100 + minute}}})
    };
    let log = lines(session.replies().map(message));
    vec![(format!(".mux/sessions/{}/chat.jsonl", session.id), log)]
}

fn mux_config(sessions: &[Session]) -> (String, String) {
    let workspaces: Vec<_> = sessions
        .iter()
        .map(|session| json!({"id": session.id, "name": session.id, "createdAt": iso(session.made)}))
        .collect();
    let config = json!({"projects": [["/home/dev/acme", {"workspaces": workspaces}]]});
    (".mux/config.json".to_owned(), config.to_string())
}

fn command_code(session: &Session) -> Files {
    let mut head = json!({"type": "session", "version": 3, "id": session.id, "timestamp": iso(session.made)});
    if let Some((source, _)) = session.origin {
        head["parentSession"] = format!("/home/dev/{source}.jsonl").into();
    }
    let entry = |minute: &i64| {
        json!({"type": "message", "id": format!("m{minute}"), "timestamp": iso(*minute),
            "model": "claude-opus-4-8", "message": {"role": "assistant"},
            "usage": {"inputTokens": 100, "outputTokens": minute}})
    };
    let log = lines(std::iter::once(head).chain(session.replies.iter().map(entry)));
    vec![(format!(".commandcode/projects/p/{}.jsonl", session.id), log)]
}

fn pi(session: &Session) -> Files {
    let mut head =
        json!({"type": "session", "version": 3, "id": session.id, "timestamp": iso(session.made), "cwd": "/p"});
    if let Some((source, _)) = session.origin {
        head["parentSession"] = format!("/home/dev/{source}.jsonl").into();
    }
    let entry = |minute: &i64| {
        json!({"type": "message", "id": format!("m{minute}"), "timestamp": iso(*minute), "message":
            {"role": "assistant", "provider": "anthropic", "model": "claude-opus-4-8", "timestamp": ms(*minute),
            "stopReason": "stop", "usage": {"input": 100, "output": minute}}})
    };
    let log = lines(std::iter::once(head).chain(session.replies.iter().map(entry)));
    vec![(format!(".pi/agent/sessions/--p--/2026_{}.jsonl", session.id), log)]
}

/// A session that is split off begins as a snapshot; what follows is in its journal.
fn jcode(session: &Session) -> Files {
    let message = |minute: i64| {
        json!({"id": format!("m{minute}"), "role": "assistant", "timestamp": iso(minute), "content": [],
            "token_usage": {"prompt_tokens": 100, "input_tokens": 100, "output_tokens": minute}})
    };
    let meta = json!({"provider_key": "anthropic", "model": "claude-opus-4-8"});
    let copied: Vec<_> = session.replies().filter(|(_, source)| source.is_some()).collect();
    let copied: Vec<_> = copied.into_iter().map(|(minute, _)| message(minute)).collect();
    let snapshot = json!({"id": session.id, "created_at": iso(session.made), "provider_key": "anthropic",
        "model": "claude-opus-4-8", "messages": copied});
    let own = session.replies().filter(|(_, source)| source.is_none());
    let journal = lines(own.map(|(minute, _)| json!({"meta": meta, "append_messages": [message(minute)]})));
    let path = format!(".jcode/sessions/{}", session.id);
    vec![
        (format!("{path}.json"), snapshot.to_string()),
        (format!("{path}.journal.jsonl"), journal),
    ]
}

/// As Jcode writes it when a journal has grown.
fn jcode_snapshot(session: &Session) -> Files {
    let message = |minute: &i64| {
        json!({"id": format!("m{minute}"), "role": "assistant", "timestamp": iso(*minute), "content": [],
            "token_usage": {"prompt_tokens": 100, "input_tokens": 100, "output_tokens": minute}})
    };
    let messages: Vec<_> = session.replies.iter().map(message).collect();
    let snapshot = json!({"id": session.id, "created_at": iso(session.made), "provider_key": "anthropic",
        "model": "claude-opus-4-8", "messages": messages});
    vec![(format!(".jcode/sessions/{}.json", session.id), snapshot.to_string())]
}

/// The files of sessions, those of the first one first.
fn files(agent: &str, sessions: &[Session]) -> Vec<Files> {
    let each = |make: fn(&Session) -> Files| sessions.iter().map(make).collect();
    match agent {
        "amp" => each(amp),
        "claude-code" => each(claude_code),
        "qwen-code" => each(qwen_code),
        "kimi-cli" => each(kimi_cli),
        "codebuddy" => each(codebuddy),
        "auggie" => each(auggie),
        "command-code" => each(command_code),
        "deepseek-harness" => each(deepseek_harness),
        "jcode" => each(jcode),
        "jcode, later" => each(jcode_snapshot),
        "pi" => each(pi),
        _ => {
            let mut files: Vec<_> = sessions.iter().map(|it| mux(it, agent == "mux")).collect();
            files.iter_mut().for_each(|files| files.insert(0, mux_config(sessions)));
            files
        }
    }
}

const AGENTS: [&str; 13] = [
    "amp",
    "auggie",
    "claude-code",
    "codebuddy",
    "command-code",
    "deepseek-harness",
    "jcode",
    "jcode, later",
    "kimi-cli",
    "mux",
    "mux, just copied",
    "pi",
    "qwen-code",
];

/// Session, turns, tokens, and tokens of copies, by session.
fn told(home: &Home) -> Vec<(String, u64, u64, u64)> {
    let count = |row: &Value, key: &str| row[key].as_u64().expect("a count");
    let mut told: Vec<_> = home
        .rows(&["sessions"])
        .iter()
        .map(|row| {
            let id = row["sessionId"].as_str().expect("an id").to_owned();
            (
                id,
                count(row, "turns"),
                count(row, "totalTokens"),
                count(row, "copiedTokens"),
            )
        })
        .collect();
    told.sort();
    told
}

fn sorted<const N: usize>(rows: [(&str, u64, u64, u64); N]) -> Vec<(String, u64, u64, u64)> {
    let mut rows: Vec<_> = rows
        .map(|(id, turns, tokens, copies)| (id.to_owned(), turns, tokens, copies))
        .into();
    rows.sort();
    rows
}

/// A session that goes on after its fork ended, and that fork.
fn pair(source: &'static str, fork: &'static str) -> [Session; 2] {
    [
        Session {
            id: source,
            made: 0,
            origin: None,
            replies: vec![1, 40],
        },
        Session {
            id: fork,
            made: 10,
            origin: Some((source, 1)),
            replies: vec![1, 20],
        },
    ]
}

#[test]
fn replies_count_in_the_session_that_made_them_in_any_order_of_reading() {
    for agent in AGENTS {
        for (source, fork) in [(OLDER, YOUNGER), (YOUNGER, OLDER)] {
            for order in [[0, 1], [1, 0]] {
                for sync_between in [false, true] {
                    let home = Home::new();
                    let files = files(agent, &pair(source, fork));
                    for at in order {
                        put(&home, &files[at]);
                        if sync_between {
                            home.stdout(&["sync"]);
                        }
                    }
                    let expected = sorted([(source, 2, 241, 0), (fork, 1, 120, 101)]);
                    assert_eq!(told(&home), expected, "{agent} {source} {order:?} {sync_between}");
                }
            }
        }
    }
}

#[test]
fn a_fork_has_the_replies_of_a_session_that_is_gone() {
    for agent in AGENTS {
        let home = Home::new();
        let files = files(agent, &pair(OLDER, YOUNGER));
        put(&home, &files[1]);
        let expected = match agent {
            // Its records name the session that asked for each reply, which therefore has a row of its own.
            "claude-code" => sorted([(OLDER, 1, 101, 0), (YOUNGER, 1, 120, 101)]),
            _ => sorted([(YOUNGER, 2, 221, 0)]),
        };
        assert_eq!(told(&home), expected, "{agent}");
    }
}

#[test]
fn replies_of_a_fork_stay_there_when_it_is_forked_again() {
    for agent in AGENTS {
        let home = Home::new();
        let [source, mut fork] = pair(OLDER, YOUNGER);
        fork.replies.push(50);
        let again = Session {
            id: THIRD,
            made: 25,
            origin: Some((YOUNGER, 2)),
            replies: vec![1, 20, 30],
        };
        put(&home, &files(agent, &[source, fork, again]).concat());
        let expected = sorted([(OLDER, 2, 241, 0), (YOUNGER, 2, 270, 101), (THIRD, 1, 130, 221)]);
        assert_eq!(told(&home), expected, "{agent}");
    }
}

#[test]
fn a_workspace_that_is_forked_while_a_reply_streams_counts_it_once() {
    let home = Home::new();
    let [source, fork] = pair(OLDER, YOUNGER);
    put(&home, &files("mux", &[source, fork]).concat());
    let message = |workspace: &str, output: u64, partial: bool| {
        json!({"id": "m9", "role": "assistant", "parts": [], "workspaceId": workspace, "metadata":
            {"timestamp": ms(9), "model": "anthropic:claude-opus-4-8", "partial": partial,
            "usage": {"inputTokens": 100, "outputTokens": output, "totalTokens": 100 + output}}})
    };
    for (id, output, partial) in [(OLDER, 900, false), (YOUNGER, 200, true)] {
        let log = lines([message(id, output, partial)]);
        home.write(&format!(".mux/sessions/{id}/chat.jsonl"), log);
    }
    let told: Vec<_> = told(&home).into_iter().map(|row| (row.0, row.1, row.2)).collect();
    assert_eq!(told, [(YOUNGER.to_owned(), 0, 0), (OLDER.to_owned(), 1, 1000)]);
}

#[test]
fn a_copied_message_of_a_database_counts_in_the_older_session() {
    for (older, younger) in [(OLDER, YOUNGER), (YOUNGER, OLDER), (THIRD, OLDER)] {
        let home = Home::new();
        let path = home.path().join(".local/share/devin/cli/sessions.db");
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let message = r#"{"role":"assistant","metadata":{"generation_model":"glm-5-2","metrics":{"input_tokens":100,"output_tokens":1}}}"#;
        let rows: String = [(younger, 600), (older, 0)]
            .map(|(id, made)| {
                format!(
                    "insert into sessions values ('{id}', 'glm-5-2', {});
                     insert into message_nodes (session_id, node_id, chat_message, created_at) values ('{id}', 1, '{message}', {});",
                    ms(0) / 1000 + made,
                    ms(1) / 1000
                )
            })
            .concat();
        rusqlite::Connection::open(path)
            .expect("a database")
            .execute_batch(&format!(
                "create table sessions (id text primary key, model text, created_at integer);
                 create table message_nodes (row_id integer primary key, session_id text, node_id integer, chat_message text,
                     created_at integer);
                 {rows}"
            ))
            .expect("rows");
        assert_eq!(
            told(&home),
            sorted([(older, 1, 101, 0), (younger, 0, 0, 101)]),
            "{older}"
        );
    }
}
