//! What records of the newest versions say besides counts: the service a request had, what it wrote and searched, and how a
//! session came to be.

use crate::support::Home;
use crate::support::counting::{Reading, read_all};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use ttop::agents::{Agent, Batch, Bookmark, built_in};
use ttop::core::fees::Fee;
use ttop::core::turn::{Mode, SessionInfo};
use ttop::system::{Os, System};

fn agent(id: &str) -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == id).expect("an agent")
}

fn system(home: &Home) -> System {
    System::new(Os::Linux, home.path(), BTreeMap::new())
}

/// The turns of one home as they were read.
fn batch(id: &str, home: &Home) -> Batch {
    let mut batch = Batch::default();
    for source in agent(id).sources(&system(home)).sources {
        agent(id)
            .read(&source, &Bookmark::default(), &mut batch)
            .expect("reads");
    }
    assert_eq!(batch.problems, []);
    batch
}

fn session<'a>(reading: &'a Reading, id: &str) -> &'a SessionInfo {
    reading
        .sessions
        .iter()
        .find(|session| session.id == id)
        .expect("a session")
}

#[test]
fn zed_asks_for_a_faster_service() {
    for (speed, mode) in [
        (json!("fast"), Mode::Fast),
        (json!("standard"), Mode::Standard),
        (json!(null), Mode::Standard),
        (json!({}), Mode::Standard),
    ] {
        let home = Home::new();
        let path = home.path().join(".local/share/zed/threads");
        std::fs::create_dir_all(&path).expect("a folder");
        let threads = Connection::open(path.join("threads.db")).expect("a database");
        threads
            .execute_batch("create table threads(id text primary key, summary text, updated_at text, data_type text, data blob, created_at text)")
            .expect("a table");
        let document = json!({"speed": speed, "model": {"provider": "openai-subscribed", "model": "gpt-5.5"},
            "cumulative_token_usage": {"input_tokens": 100, "output_tokens": 10}});
        threads
            .execute(
                "insert into threads values('t1', 'S', '2026-11-15T10:00:00Z', 'json', ?1, '2026-11-15T09:00:00Z')",
                [document.to_string().into_bytes()],
            )
            .expect("a thread");
        assert_eq!(batch("zed", &home).turns[0].numbers.mode, mode, "{speed}");
        assert_eq!(read_all(agent("zed"), &system(&home)).turns[0].provider_id, "openai");
    }
}

#[test]
fn mux_keeps_what_the_provider_said_of_a_reply() {
    let numbers = |model: &str, metadata: Value, parts: Value| {
        let home = Home::new();
        let message = json!({"id": "a1", "role": "assistant", "parts": parts, "workspaceId": "ws1", "metadata": {"timestamp": 1_794_700_000_000_i64,
            "model": model, "usage": {"inputTokens": 101_000, "outputTokens": 100, "cachedInputTokens": 0}, "providerMetadata": metadata}});
        home.write(".mux/sessions/ws1/chat.jsonl", format!("{message}\n"));
        batch("mux", &home).turns[0].numbers
    };
    for (tier, mode) in [
        ("priority", Mode::Fast),
        ("flex", Mode::Flex),
        ("default", Mode::Standard),
    ] {
        let metadata = json!({"openai": {"responseId": "resp_1", "serviceTier": tier}});
        assert_eq!(numbers("openai:gpt-5.5", metadata, json!([])).mode, mode, "{tier}");
    }
    let search = json!({"type": "dynamic-tool", "toolName": "web_search", "state": "output-available"});
    let other = json!({"type": "dynamic-tool", "toolName": "bash", "state": "output-available"});
    let written = |minutes: u64, hour: u64| {
        let usage =
            json!({"cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}});
        let metadata = json!({"anthropic": {"cacheCreationInputTokens": 100_000, "usage": usage}});
        let numbers = numbers("anthropic:claude-opus-4-6", metadata, json!([search, other, search]));
        assert_eq!(numbers.fees.count(Fee::WebSearch), 2);
        (numbers.tokens.cache_write(), numbers.cache_write_1h)
    };
    assert_eq!(written(0, 5_000), (Some(100_000), 100_000));
    assert_eq!(written(5_000, 0), (Some(100_000), 0));
    assert_eq!(written(5_000, 5_000), (Some(100_000), 0));
}

#[test]
fn jcode_names_the_login_the_user_s_title_and_the_parent() {
    let home = Home::new();
    let session_file = |id: &str, more: Value| {
        let mut file = json!({"id": id, "title": "Auto title", "created_at": "2026-11-15T10:00:00Z", "model": "gpt-5.5", "messages": [
            {"id": format!("m{id}"), "role": "assistant", "timestamp": "2026-11-15T10:00:05Z", "content": [],
             "token_usage": {"input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 400}}]});
        file.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        home.write(&format!(".jcode/sessions/{id}.json"), file.to_string());
    };
    session_file(
        "session_fox_1",
        json!({"provider_key": "openai-oauth", "custom_title": "My own name"}),
    );
    session_file(
        "session_oak_2",
        json!({"provider_key": "claude-api", "model": "claude-opus-4-6", "parent_id": "session_fox_1"}),
    );
    let reading = read_all(agent("jcode"), &system(&home));
    assert_eq!(reading.problems, []);
    let turn = |id: &str| reading.turns.iter().find(|turn| turn.session_id == id).expect("a turn");
    // OpenAI has caches inside the input, Anthropic beside it.
    let (fox, oak) = (turn("session_fox_1"), turn("session_oak_2"));
    assert_eq!((&*fox.provider_id, fox.tokens.input()), ("openai", Some(600)));
    assert_eq!((&*oak.provider_id, oak.tokens.input()), ("anthropic", Some(1000)));
    let title = |id: &str| session(&reading, id).title.as_ref().map(|title| title.text.clone());
    assert_eq!(title("session_fox_1").as_deref(), Some("My own name"));
    assert_eq!(title("session_oak_2").as_deref(), Some("Auto title"));
    assert_eq!(
        session(&reading, "session_oak_2").parent_id.as_deref(),
        Some("session_fox_1")
    );
}

#[test]
fn hermes_counts_what_is_said_aloud_once_and_tells_subagents_from_branches() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(".hermes")).expect("a folder");
    let state = Connection::open(home.path().join(".hermes/state.db")).expect("a database");
    state
        .execute_batch(
            "create table sessions(id text, title text, parent_session_id text, model text, billing_provider text, started_at real,
                input_tokens int, output_tokens int, api_call_count int, model_config text);
             create table session_model_usage(session_id text, model text, billing_provider text, task text, input_tokens int,
                output_tokens int, api_call_count int, first_seen real);
             insert into sessions values
                ('s1', 'Root', null, 'claude-opus-4-6', 'anthropic', 1763600000, 1200, 240, 3, '{}'),
                ('s2', 'Delegate', 's1', 'claude-opus-4-6', 'anthropic', 1763600100, 30, 3, 1, '{\"_delegate_from\":\"s1\"}'),
                ('s3', 'Branch', 's1', 'claude-opus-4-6', 'anthropic', 1763600200, 40, 4, 1, '{\"_branched_from\":\"s1\"}'),
                ('s4', 'Goes on', 's1', 'claude-opus-4-6', 'anthropic', 1763600300, 50, 5, 1, null);
             insert into session_model_usage values
                ('s1', 'claude-opus-4-6', 'anthropic', '', 1000, 200, 2, 1763600000),
                ('s1', 'gpt-5-mini', 'openrouter', 'voice_chat', 200, 40, 1, 1763600000),
                ('s1', 'gemini-2.5-flash', 'gemini', 'title_generation', 60, 10, 1, 1763600000);",
        )
        .expect("tables");
    let reading = read_all(agent("hermes"), &system(&home));
    assert_eq!(reading.problems, []);
    let mut inputs: Vec<_> = reading.turns.iter().filter_map(|turn| turn.tokens.input()).collect();
    inputs.sort_unstable();
    assert_eq!(inputs, [30, 40, 50, 60, 200, 1000]);
    let facts = |id: &str| {
        let session = session(&reading, id);
        (
            session.parent_id.as_deref(),
            session.forked_from.as_deref(),
            session.interactive,
        )
    };
    assert_eq!(facts("s2"), (Some("s1"), None, Some(false)));
    assert_eq!(facts("s3"), (None, Some("s1"), None));
    assert_eq!(facts("s4"), (Some("s1"), None, None));
}

#[test]
fn devin_keeps_a_message_at_several_nodes_and_in_forks() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(".local/share/devin/cli")).expect("a folder");
    let sessions = Connection::open(home.path().join(".local/share/devin/cli/sessions.db")).expect("a database");
    sessions
        .execute_batch(
            "create table sessions(id text, created_at integer);
             create table message_nodes(session_id text, node_id integer, chat_message text, created_at integer);
             insert into sessions values('first', 1795168800), ('fork', 1795169800);",
        )
        .expect("tables");
    let node = |session: &str, node: i64, id: &str, at: &str, input: u64| {
        let message = json!({"message_id": id, "role": "assistant", "metadata": {"request_id": format!("of {id}"), "created_at": at,
            "generation_model": "claude-opus-4-8", "metrics": {"input_tokens": input, "output_tokens": 3,
            "cache_read_tokens": 150, "cache_creation_tokens": 20}}});
        let insert = "insert into message_nodes values(?1, ?2, ?3, 1795199999)";
        sessions
            .execute(insert, (session, node, message.to_string()))
            .expect("a node");
    };
    for (session, nodes) in [("first", [2, 3]), ("fork", [2, 7])] {
        for number in nodes {
            node(session, number, "m-1", "2026-11-01T08:00:00.5Z", 300);
        }
    }
    node("first", 4, "m-2", "2026-11-05T09:00:00Z", 40);
    // An id that is not one.
    node("fork", 8, "m-2", "2026-11-06T09:00:00Z", 40);
    let reading = read_all(agent("devin-cli"), &system(&home));
    assert_eq!(reading.problems, []);
    let mut seen: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| (&*turn.session_id, turn.timestamp, turn.tokens.counts()))
        .collect();
    seen.sort_unstable();
    let counts = |input| [input, 3, 0, 150, 20];
    assert_eq!(
        seen,
        [
            ("first", 1_793_520_000_500, counts(300)),
            ("first", 1_793_869_200_000, counts(40)),
            ("fork", 1_793_955_600_000, counts(40)),
        ]
    );
}

#[test]
fn the_newest_log_of_deepseek_harness_stands_for_those_before_it() {
    let home = Home::of("agents/deepseek-harness/made/home");
    let counts = || -> Vec<_> {
        let reading = read_all(agent("deepseek-harness"), &system(&home));
        assert_eq!(reading.problems, []);
        reading
            .turns
            .iter()
            .map(|turn| (turn.turn_id.clone(), turn.tokens))
            .collect()
    };
    let old = counts();
    assert!(!old.is_empty());
    let root = home.path().join(".dsh/sessions");
    let folders = std::fs::read_dir(root).expect("projects").flatten();
    let folders = folders.flat_map(|project| std::fs::read_dir(project.path()).expect("sessions").flatten());
    let mut copied = 0;
    for session in folders {
        for name in ["session.jsonl", "session.jsonl.zstd"] {
            let path = session.path().join(name);
            if path.is_file() {
                std::fs::copy(&path, session.path().join(name.replace("session.", "session.v4."))).expect("a copy");
                // What a newer program left is not read, and no other version's name is a log.
                std::fs::write(&path, "not a log").expect("written");
                std::fs::write(session.path().join("session.v04x.jsonl"), "not a log").expect("written");
                copied += 1;
            }
        }
    }
    assert!(copied > 0);
    assert_eq!(counts(), old);
}

/// Fields of protobuf messages.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(field << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

#[test]
fn antigravity_has_requests_in_steps_and_tries_that_failed() {
    let usage = |input: u64, output: u64, id: &str| [number(2, input), number(3, output), bytes(11, id)].concat();
    let time = |second: u64| bytes(8, number(1, 1_795_168_800 + second));
    let answer = |usage: Vec<u8>, tries: &[Vec<u8>]| {
        let tries: Vec<u8> = tries.iter().flat_map(|usage| bytes(17, bytes(2, usage))).collect();
        bytes(1, [bytes(4, usage), tries, bytes(19, "gemini-3-flash-high")].concat())
    };
    let step = |second: u64, usage: Vec<u8>, tries: &[Vec<u8>]| {
        let tries: Vec<u8> = tries.iter().flat_map(|usage| bytes(28, bytes(2, usage))).collect();
        [
            time(second),
            bytes(9, usage),
            bytes(24, bytes(12, "gemini-3-flash-high")),
            tries,
        ]
        .concat()
    };
    let answers = [
        answer(usage(4050, 300, "r1"), &[]),
        answer(usage(5000, 200, "r4"), &[usage(5000, 20, "r3"), usage(5000, 200, "r4")]),
    ];
    let steps = [
        step(100, usage(4050, 300, "r1"), &[]),
        step(200, usage(900, 40, "r2"), &[]),
        step(
            300,
            usage(5000, 200, "r4"),
            &[usage(5000, 20, "r3"), usage(5000, 200, "r4")],
        ),
        time(400),
    ];
    for (folder, has_answers) in [
        (".gemini/antigravity-cli/conversations", true),
        (".gemini/antigravity/conversations", true),
        (".gemini/antigravity-ide/conversations/below/another", true),
        (".gemini/antigravity-cli/conversations", false),
    ] {
        let home = Home::new();
        std::fs::create_dir_all(home.path().join(folder)).expect("a folder");
        let file = "11111111-2222-4333-8444-555555555555.db";
        let conversation = Connection::open(home.path().join(folder).join(file)).expect("a database");
        conversation
            .execute_batch("create table gen_metadata(idx integer primary key, data blob); create table steps(idx integer primary key, metadata blob)")
            .expect("tables");
        for (at, data) in (0_i64..).zip(&answers).filter(|_| has_answers) {
            conversation
                .execute("insert into gen_metadata values(?1, ?2)", (at, data))
                .expect("a row");
        }
        for (at, data) in (0_i64..).zip(&steps) {
            conversation
                .execute("insert into steps values(?1, ?2)", (at, data))
                .expect("a row");
        }
        let reading = read_all(agent("antigravity"), &system(&home));
        assert_eq!(reading.problems, []);
        let mut seen: Vec<_> = reading
            .turns
            .iter()
            .map(|turn| {
                assert_eq!(turn.model_id, "gemini-3-flash-high");
                (
                    turn.message_id.as_str(),
                    turn.tokens.input(),
                    turn.timestamp / 1000 - 1_795_168_800,
                )
            })
            .collect();
        seen.sort_unstable();
        let expected = [
            ("r1", Some(4050), 100),
            ("r2", Some(900), 200),
            ("r3", Some(5000), 300),
            ("r4", Some(5000), 300),
        ];
        assert_eq!(seen, expected, "{folder}");
    }
}
