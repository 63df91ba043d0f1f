//! Every agent that imports sessions: what an import brings counts once, with its original or without; what follows counts, too.

use crate::support::Home;
use crate::support::counting::{Counting, read_all};
use crate::support::opencode_db::{Database, Reply};
use rusqlite::Connection;
use std::collections::BTreeMap;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

fn agent(id: &str) -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == id).expect("an agent")
}

/// A home that is read after each change: what counts is the same read at once, unless something was deleted.
struct Machine {
    home: Home,
    agent: &'static (dyn Agent + Sync),
    counting: Counting,
}

impl Machine {
    fn of(id: &str) -> Self {
        Self {
            home: Home::new(),
            agent: agent(id),
            counting: Counting::of(agent(id)),
        }
    }

    fn system(&self) -> System {
        System::new(Os::Linux, self.home.path(), BTreeMap::new())
    }

    /// Input and output of what counts.
    fn sync(&mut self) -> [u64; 2] {
        let system = self.system();
        let sums = sums(&self.counting.sync(&system).turns);
        assert_eq!(sums, self.read_at_once(), "{}", self.agent.id());
        sums
    }

    fn read_at_once(&self) -> [u64; 2] {
        sums(&read_all(self.agent, &self.system()).turns)
    }
}

fn sums(turns: &[crate::support::counting::Counted]) -> [u64; 2] {
    let sum = |count: fn(&ttop::core::tokens::Tokens) -> Option<u64>| {
        turns.iter().map(|turn| count(&turn.tokens).expect("a count")).sum()
    };
    [sum(|tokens| tokens.input()), sum(|tokens| tokens.output())]
}

/// Goose's database, as of schema 17.
struct Goose(Connection);

/// The first two messages of the session that is imported.
const HISTORY: [(&str, &str, i64); 2] = [("msg_1", "user", 1), ("msg_2", "assistant", 2)];
/// Seconds since 1970: 2026-03-02T09:00:00Z, when the first session begins.
const START: i64 = 1_772_442_000;

impl Goose {
    fn create(home: &Home) -> Self {
        let path = home.path().join(".local/share/goose/sessions/sessions.db");
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let connection = Connection::open(path).expect("a database");
        connection
            .execute_batch(
                "create table sessions (id text primary key, name text, working_dir text, created_at timestamp, updated_at timestamp,
                     accumulated_total_tokens integer, accumulated_input_tokens integer, accumulated_output_tokens integer,
                     accumulated_cache_read_tokens integer, accumulated_cache_write_tokens integer, accumulated_cost real,
                     provider_name text, model_config_json text, session_type text, parent_session_id text);
                 create table messages (id integer primary key autoincrement, message_id text, session_id text, role text,
                     content_json text, created_timestamp integer);
                 create table usage_ledger (session_id text, created_timestamp integer, model text, input_tokens integer,
                     output_tokens integer, total_tokens integer, cache_read_tokens integer, cache_write_tokens integer, cost real,
                     cost_source text);",
            )
            .expect("tables");
        Self(connection)
    }

    fn run(&self, sql: &str) {
        self.0
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// A session that begins so many seconds after the first one, with these messages and totals.
    fn session(&self, id: &str, after: i64, messages: &[(&str, &str, i64)], [input, output]: [u64; 2]) {
        self.run(&format!(
            "insert into sessions values ('{id}', 'A session', '/w', datetime({START} + {after}, 'unixepoch'), null, {input} + {output},
                 {input}, {output}, 0, 0, null, 'openai', '{{\"model_name\":\"gpt-5.5\"}}', 'user', null)"
        ));
        for (message, role, at) in messages {
            self.message(id, message, role, *at);
        }
    }

    fn message(&self, session: &str, id: &str, role: &str, at: i64) {
        self.run(&format!(
            "insert into messages (message_id, session_id, role, content_json, created_timestamp)
                 values ('{id}', '{session}', '{role}', '[\"{at}\"]', {START} + {at})"
        ));
    }

    /// A request as Goose records it: the first one lists what the total had before.
    fn request(&self, session: &str, at: i64, [input, output]: [u64; 2]) {
        self.message(session, &format!("p{at}"), "user", at - 6);
        self.message(session, &format!("a{at}"), "assistant", at - 1);
        self.run(&format!(
            "insert into usage_ledger select id, {START} + {at}, null, accumulated_input_tokens, accumulated_output_tokens,
                 accumulated_total_tokens, 0, 0, null, 'carried_forward' from sessions where id = '{session}'
                 and accumulated_input_tokens > (select coalesce(sum(input_tokens), 0) from usage_ledger where session_id = '{session}');
             update sessions set accumulated_input_tokens = accumulated_input_tokens + {input},
                 accumulated_output_tokens = accumulated_output_tokens + {output},
                 accumulated_total_tokens = accumulated_total_tokens + {input} + {output} where id = '{session}';
             insert into usage_ledger values ('{session}', {START} + {at}, 'gpt-5.5', {input}, {output}, {input} + {output}, 0, 0, null,
                 'provider_reported');"
        ));
    }
}

#[test]
fn an_import_of_goose_counts_once() {
    let mut machine = Machine::of("goose");
    let goose = Goose::create(&machine.home);
    goose.session("a", 0, &HISTORY, [0, 0]);
    goose.request("a", 10, [1000, 100]);
    assert_eq!(machine.sync(), [1000, 100]);
    let history = [HISTORY.as_slice(), &[("p10", "user", 4), ("a10", "assistant", 9)]].concat();
    goose.session("b", 3600, &history, [1000, 100]);
    assert_eq!(machine.sync(), [1000, 100], "imported");
    goose.request("b", 3700, [50, 5]);
    assert_eq!(machine.sync(), [1050, 105], "the import goes on");
    goose.request("a", 3800, [20, 2]);
    assert_eq!(machine.sync(), [1070, 107], "the original goes on");
    goose.session("c", 4000, &history, [1020, 102]);
    assert_eq!(machine.sync(), [1070, 107], "imported again");
    goose.run(
        "delete from sessions where id = 'a'; delete from messages where session_id = 'a';
               delete from usage_ledger where session_id = 'a';",
    );
    assert_eq!(machine.sync(), [1070, 107], "the original is deleted");
}

#[test]
fn what_a_fork_of_goose_used_before_requests_were_listed_counts() {
    let mut machine = Machine::of("goose");
    let goose = Goose::create(&machine.home);
    goose.session("a", 0, &HISTORY, [1000, 100]);
    goose.session("fork", 3600, &HISTORY, [0, 0]);
    assert_eq!(machine.sync(), [1000, 100]);
    goose.message("fork", "own", "user", 3601);
    goose.message("fork", "answer", "assistant", 3602);
    goose.run("update sessions set accumulated_input_tokens = 30, accumulated_output_tokens = 3 where id = 'fork'");
    assert_eq!(machine.sync(), [1030, 103]);
    goose.request("fork", 3700, [7, 1]);
    assert_eq!(machine.sync(), [1037, 104]);
}

#[test]
fn a_session_that_goose_imported_from_another_agent_counts_there() {
    let mut machine = Machine::of("goose");
    let goose = Goose::create(&machine.home);
    let id = "msg_a_0b6d7f2e-1c1d-4c3e-9d0a-5a4b3c2d1e0f";
    goose.session("a", 3600, &[(id, "user", 1)], [1000, 100]);
    assert_eq!(machine.sync(), [0, 0]);
    goose.request("a", 3700, [50, 5]);
    assert_eq!(machine.sync(), [50, 5], "the import goes on");
    // Goose gives such ids to its own messages, too.
    goose.session("b", 5000, &[(&id.replace("_a_", "_b_"), "user", 5001)], [7, 1]);
    assert_eq!(machine.sync(), [57, 6]);
}

#[test]
fn sessions_that_mimo_imported_count_under_the_agents_they_come_from() {
    const START_MS: i64 = START * 1000;
    let mut machine = Machine::of("mimo-code");
    let database = Database::create(&machine.home.path().join(".local/share/mimocode/mimocode.db"));
    let reply = |at: i64| Reply::at(START_MS + at);
    database.session("ses_own", START_MS);
    database.reply("msg_own", "ses_own", &reply(1));
    let one = machine.sync();
    let times = |count: u64| one.map(|sum| sum * count);
    assert_ne!(one, [0, 0]);
    database.run(
        "create table external_import (source text, source_key text, session_id text, source_path text, source_mtime integer,
             time_imported integer, message_ids text)",
    );
    database.session("ses_cc", START_MS);
    database.reply("msg_cc", "ses_cc", &reply(2));
    database.run(r#"insert into external_import values ('cc', 'k', 'ses_cc', '/p', 1, 9000000000000, '["msg_cc"]')"#);
    assert_eq!(machine.sync(), times(1), "imported");
    database.reply("msg_native", "ses_cc", &reply(3));
    database.touch("ses_cc", START_MS + 4);
    assert_eq!(machine.sync(), times(2), "the import goes on");
    // The list of older versions, which did not name messages.
    database
        .run("create table claude_import (source_uuid text, session_id text, time_imported integer, message_ids text)");
    database.session("ses_old", START_MS);
    database.reply("msg_old", "ses_old", &reply(5));
    database.run(&format!(
        "insert into claude_import values ('k', 'ses_old', {START_MS} + 10, null)"
    ));
    assert_eq!(machine.sync(), times(2), "imported by an older version");
    database.reply("msg_later", "ses_old", &reply(20));
    database.touch("ses_old", START_MS + 21);
    assert_eq!(machine.sync(), times(3), "that import goes on");
    // A fork copies messages under new ids, with their times and counts.
    database.session("ses_fork", START_MS + 100);
    for (id, at) in [("f_cc", 2), ("f_native", 3), ("f_old", 5), ("f_later", 20)] {
        database.reply(id, "ses_fork", &reply(at));
    }
    assert_eq!(machine.sync(), times(3), "a fork");
    database.reply("f_own", "ses_fork", &reply(101));
    assert_eq!(machine.sync(), times(4), "the fork goes on");
}

#[test]
fn sessions_that_cline_imported_count_under_the_agents_they_come_from() {
    let mut machine = Machine::of("cline");
    let folder = ".cline/data/sessions/1772442000000_a";
    let description = serde_json::json!({"session_id": "1772442000000_a", "provider": "anthropic", "model": "claude-opus-4-6",
        "metadata": {"importedFrom": {"tool": "claude-code", "sourceSessionId": "s", "importedAt": "2026-03-02T10:00:00.000Z"}}});
    let reply = |id: &str, seconds: Option<i64>, input: u64| {
        let mut reply = serde_json::json!({"id": id, "role": "assistant", "content": [],
            "metrics": {"inputTokens": input, "outputTokens": 1}});
        if let Some(seconds) = seconds {
            reply["ts"] = ((START + seconds) * 1000).into();
        }
        reply
    };
    let mut messages = vec![reply("m1", Some(1), 100), reply("m2", None, 200)];
    let home = machine.home.path();
    let write = |messages: &[serde_json::Value]| {
        std::fs::create_dir_all(home.join(folder)).expect("folders");
        let name = |ending: &str| home.join(format!("{folder}/1772442000000_a{ending}"));
        std::fs::write(name(".json"), description.to_string()).expect("written");
        let session = serde_json::json!({"sessionId": "1772442000000_a", "messages": messages});
        std::fs::write(name(".messages.json"), session.to_string()).expect("written");
    };
    write(&messages);
    assert_eq!(machine.sync(), [0, 0]);
    messages.push(reply("m3", Some(7200), 7));
    write(&messages);
    assert_eq!(machine.sync(), [7, 1], "the import goes on");
}

#[test]
fn replies_that_the_command_of_another_agent_gave_to_openclaw_count_under_that_agent() {
    let mut machine = Machine::of("openclaw");
    let reply = |at: i64, api: &str, provider: &str, input: u64| {
        serde_json::json!({"type": "message", "id": format!("e{at}"), "message": {"role": "assistant", "content": [], "api": api,
            "provider": provider, "model": "claude-opus-4-6", "stopReason": "stop", "timestamp": (START + at) * 1000,
            "usage": {"input": input, "output": 1, "cacheRead": 0, "cacheWrite": 0, "totalTokens": input + 1}}})
    };
    let mut lines = vec![
        serde_json::json!({"type": "session", "version": 3, "id": "0a0b0c0d", "timestamp": "2026-03-02T09:00:00Z"}),
    ];
    for (at, provider) in [(1, "claude-cli"), (2, "google-gemini-cli"), (3, "codex-cli")] {
        lines.push(reply(at, "cli", provider, 1000));
    }
    lines.push(reply(6, "openai-chatgpt-responses", "codex", 1000));
    // A command that keeps no records that are read.
    lines.push(reply(4, "cli", "house-cli", 20));
    lines.push(reply(5, "anthropic-messages", "anthropic", 3));
    let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
    machine
        .home
        .write(".openclaw/agents/main/sessions/0a0b0c0d.jsonl", text.join("\n") + "\n");
    assert_eq!(machine.sync(), [23, 2]);
}

#[test]
fn sessions_that_kilo_code_handed_over_to_kilo_count_there() {
    let mut machine = Machine::of("kilo-cli");
    let database = Database::create(&machine.home.path().join(".local/share/kilo/kilo.db"));
    database.session("ses_migrated", START * 1000);
    database.run(&format!(
        r#"insert into message (id, session_id, time_created, time_updated, data) values ('msg_migrated', 'ses_migrated',
            {START}000, {START}000, '{{"role":"assistant","time":{{"created":{START}001,"completed":{START}001}},"modelID":"legacy",
            "providerID":"legacy","cost":0,"tokens":{{"input":0,"output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}}}}')"#
    ));
    assert_eq!(machine.sync(), [0, 0]);
}
