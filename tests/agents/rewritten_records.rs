//! Agents that rewrite their records: a later state takes the place of the earlier one and nothing counts twice.

use crate::support;
use crate::support::counting::{Counting, read_all};
use std::collections::BTreeMap;
use ttop::agents::{Agent, built_in};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

/// A home with a ledger that is synced again and again.
pub struct Machine {
    pub home: support::Home,
    agent: &'static (dyn Agent + Sync),
    counting: Counting,
}

impl Machine {
    pub fn of(agent: &str) -> Self {
        let agent = *built_in().iter().find(|known| known.id() == agent).expect("an agent");
        Self {
            home: support::Home::new(),
            agent,
            counting: Counting::of(agent),
        }
    }

    /// Syncs, and says of each turn whether it is there.
    pub fn presences(&mut self) -> Vec<Presence> {
        let system = System::new(Os::Linux, self.home.path(), BTreeMap::new());
        let turns = self.counting.sync(&system).turns;
        turns.into_iter().map(|turn| turn.presence).collect()
    }

    /// Syncs, and sums what counts: (turns, known tokens, recorded nano-dollars, problems).
    pub fn sync(&mut self) -> (usize, u64, i64, usize) {
        let reading = self
            .counting
            .sync(&System::new(Os::Linux, self.home.path(), BTreeMap::new()));
        let tokens = reading.turns.iter().map(|turn| turn.tokens.known_total()).sum();
        let costs = reading.turns.iter().filter_map(|turn| turn.cost);
        let nanos = costs.map(|cost| cost.nanos()).sum();
        (reading.turns.len(), tokens, nanos, reading.problems.len())
    }
}

/// Messages of a task, as (milliseconds from its start, say, tokens in).
fn task(messages: &[(i64, &str, u64)]) -> String {
    let messages: Vec<_> = messages
        .iter()
        .map(|(ts, say, tokens)| {
            let text = format!(r#"{{"tokensIn":{tokens},"tokensOut":0,"cost":0.000000001}}"#);
            serde_json::json!({"ts": 1_772_442_000_000_i64 + ts, "type": "say", "say": say, "text": text})
        })
        .collect();
    serde_json::to_string(&messages).expect("JSON")
}

#[test]
fn a_restored_checkpoint_neither_adds_nor_takes_away() {
    let mut machine = Machine::of("cline");
    let path = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks/1/ui_messages.json";
    let first = [
        (1, "text", 0),
        (10, "api_req_started", 100),
        (20, "api_req_started", 200),
    ];
    machine.home.write(path, task(&first));
    assert_eq!(machine.sync(), (2, 300, 2, 0));
    machine
        .home
        .write(path, task(&[first[0], first[1], (30, "deleted_api_reqs", 200)]));
    assert_eq!(machine.sync(), (2, 300, 2, 0));
    // Once more to before the first request, after another one that no sync saw.
    machine
        .home
        .write(path, task(&[first[0], (50, "deleted_api_reqs", 307)]));
    assert_eq!(machine.sync(), (1, 307, 1, 0));
    // Half of it written, then the whole again, then the task is deleted: what was paid for stays.
    machine
        .home
        .write(path, &task(&[first[0], (50, "deleted_api_reqs", 307)])[..90]);
    assert_eq!(machine.sync(), (1, 307, 1, 1));
    machine.home.write(path, "[1, not json]");
    assert_eq!(machine.sync(), (1, 307, 1, 1));
    machine.home.write(
        path,
        task(&[first[0], (50, "deleted_api_reqs", 307), (60, "api_req_started", 3)]),
    );
    assert_eq!(machine.sync(), (2, 310, 2, 0));
    std::fs::remove_file(machine.home.path().join(path)).expect("removed");
    assert_eq!(machine.sync(), (2, 310, 2, 0));
}

#[test]
fn a_growing_total_of_a_session_is_one_row() {
    let mut machine = Machine::of("droid");
    let path = ".factory/sessions/-home-dev/a.settings.json";
    let settings = |model: &str, input: u64| format!(r#"{{"model":"{model}","tokenUsage":{{"inputTokens":{input}}}}}"#);
    machine.home.write(path, settings("gpt-5", 100));
    assert_eq!(machine.sync(), (1, 100, 0, 0));
    // Another model goes on with the same total.
    machine.home.write(path, settings("claude-opus-5", 250));
    assert_eq!(machine.sync(), (1, 250, 0, 0));
    // A copy from a backup is older: it neither adds nor takes its place.
    machine
        .home
        .write(".factory/sessions/copy/a.settings.json", settings("gpt-5", 100));
    assert_eq!(machine.sync(), (1, 250, 0, 0));
    std::fs::remove_file(machine.home.path().join(path)).expect("removed");
    assert_eq!(machine.sync(), (1, 250, 0, 0));
}

/// A database below the home, kept open as its owner keeps it.
pub fn database(home: &support::Home, path: &str, schema: &str) -> rusqlite::Connection {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    let connection = rusqlite::Connection::open(path).expect("a database");
    connection.pragma_update(None, "journal_mode", "wal").expect("a log");
    connection.execute_batch(schema).expect("tables");
    connection
}

#[test]
fn totals_in_a_database_grow_and_stay_when_their_session_is_deleted() {
    let mut machine = Machine::of("goose");
    let schema = "create table sessions (id text, created_at text, accumulated_input_tokens, accumulated_output_tokens, accumulated_cost, accumulated_cache_read_tokens, accumulated_cache_write_tokens);
        insert into sessions values ('a', '2026-03-02 09:00:00', 100, 10, 0.5, 0, 0), ('b', '2026-03-02 09:00:00', 1, 1, null, 0, 0)";
    let goose = database(&machine.home, ".local/share/goose/sessions/sessions.db", schema);
    assert_eq!(machine.sync(), (2, 112, 500_000_000, 0));
    goose
        .execute_batch("update sessions set accumulated_input_tokens = 300, accumulated_cost = 0.75 where id = 'a'; delete from sessions where id = 'b'")
        .expect("written");
    assert_eq!(machine.sync(), (2, 312, 750_000_000, 0));
}

#[test]
fn a_list_of_requests_takes_the_place_of_a_total() {
    let mut machine = Machine::of("goose");
    let schema = "create table sessions (id text, created_at text, accumulated_input_tokens, accumulated_output_tokens, accumulated_cost, accumulated_cache_read_tokens, accumulated_cache_write_tokens);
        insert into sessions values ('a', '2026-03-02 09:00:00', 300, 30, 0.5, 0, 0)";
    let goose = database(&machine.home, ".local/share/goose/sessions/sessions.db", schema);
    assert_eq!(machine.sync(), (1, 330, 500_000_000, 0));
    // Schema 15 carries what was used before over into the list.
    goose
        .execute_batch(
            "create table usage_ledger (id integer primary key, session_id text, created_timestamp, model, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cost, cost_source, is_compaction);
            insert into usage_ledger values (1, 'a', 1772442060, null, 300, 30, 330, 0, 0, 0.5, 'carried_forward', 0),
            (2, 'a', 1772442060, 'm', 100, 20, 120, 30, 10, 0.25, 'provider_reported', 0);
            update sessions set accumulated_input_tokens = 400, accumulated_output_tokens = 50, accumulated_cache_read_tokens = 30, accumulated_cache_write_tokens = 10, accumulated_cost = 0.75",
        )
        .expect("written");
    assert_eq!(machine.sync(), (2, 450, 750_000_000, 0));
    // A compaction is a request of its own, and one may be all a session has.
    goose
        .execute_batch(
            "insert into usage_ledger values (3, 'a', 1772442120, 'm', 40, 5, 45, 0, 0, 0.0625, 'estimated', 1), (4, 'b', 1772442120, 'm', 7, 1, 8, 0, 0, null, null, 0);
            update sessions set accumulated_input_tokens = 440, accumulated_output_tokens = 55, accumulated_cost = 0.8125;
            insert into sessions values ('b', '2026-03-02 09:02:00', 7, 1, null, 0, 0)",
        )
        .expect("written");
    assert_eq!(machine.sync(), (4, 503, 812_500_000, 0));
    let mut late = Machine::of("goose");
    std::mem::swap(&mut machine.home, &mut late.home);
    assert_eq!(late.sync(), (4, 503, 812_500_000, 0));
}

#[test]
fn only_the_cost_of_root_sessions_adds_up() {
    let mut machine = Machine::of("crush");
    let schema = "create table sessions (id text, parent_session_id text, prompt_tokens, completion_tokens, cost, created_at, updated_at);
        insert into sessions values ('root', null, 5000, 10, 0.25, 1772442000, 1772442000), ('child', 'root', 9000, 90, 0.125, 1772442000, 1772442000)";
    let crush = database(&machine.home, "work/acme/data/crush.db", schema);
    let project = machine.home.path().join("work/acme").display().to_string();
    let list = serde_json::json!({"projects": [{"path": project, "data_dir": "data"}, {"path": project, "data_dir": format!("{project}/data")}, {"path": "gone"}]});
    machine.home.write(".local/share/crush/projects.json", list.to_string());
    assert_eq!(machine.sync(), (1, 0, 250_000_000, 0));
    // The child ends: its cost goes into the root's, whose context was shortened meanwhile.
    crush
        .execute_batch("update sessions set cost = 0.375, prompt_tokens = 100 where id = 'root'")
        .expect("written");
    assert_eq!(machine.sync(), (1, 0, 375_000_000, 0));
    machine.home.write(".local/share/crush/projects.json", "{\"projects\":");
    assert_eq!(machine.sync(), (1, 0, 375_000_000, 1));
}

#[test]
fn a_thread_that_changed_replaces_its_total_and_the_others_stay() {
    let mut machine = Machine::of("zed");
    let document = |input: u64| {
        format!(
            r#"{{"model":{{"provider":"anthropic","model":"m"}},"cumulative_token_usage":{{"input_tokens":{input}}}}}"#
        )
    };
    let zed = database(
        &machine.home,
        ".local/share/zed/threads/threads.db",
        "create table threads (id text primary key, updated_at text, data_type text, data blob)",
    );
    let put = |id: &str, at: &str, kind: &str, document: &str| {
        let row = rusqlite::params![id, at, kind, document.as_bytes()];
        zed.execute("replace into threads values (?1, ?2, ?3, ?4)", row)
            .expect("written");
    };
    put("a", "2026-03-02T09:00:00Z", "json", &document(100));
    put("b", "2026-03-02T09:00:00Z", "json", &document(20));
    assert_eq!(machine.sync(), (2, 120, 0, 0));
    put("a", "2026-03-02T10:00:00Z", "json", &document(300));
    assert_eq!(machine.sync(), (2, 320, 0, 0));
    // Damaged now: what was read before still counts.
    put("a", "2026-03-02T11:00:00Z", "zstd", "no zstd");
    assert_eq!(machine.sync(), (2, 320, 0, 1));
    zed.execute("delete from threads", []).expect("deleted");
    assert_eq!(machine.sync(), (2, 320, 0, 0));
}

#[test]
fn a_database_that_is_none_and_one_without_tables_are_named() {
    for (agent, path) in [
        ("goose", ".local/share/goose/sessions/sessions.db"),
        ("crush", ".crush/crush.db"),
        ("hermes", ".hermes/state.db"),
        ("zed", ".local/share/zed/threads/threads.db"),
    ] {
        let mut machine = Machine::of(agent);
        machine.home.write(path, "no database at all, whatever its name says");
        assert_eq!(machine.sync(), (0, 0, 0, 1), "{agent}");
        std::fs::remove_file(machine.home.path().join(path)).expect("removed");
        let other = database(&machine.home, path, "create table other (id)");
        assert_eq!(machine.sync(), (0, 0, 0, 1), "{agent}");
        drop(other);
        let mut machine = Machine::of(agent);
        std::fs::create_dir_all(machine.home.path().join(path)).expect("a folder");
        assert_eq!(machine.sync(), (0, 0, 0, 1), "{agent}");
    }
}

#[test]
fn a_shutdown_corrects_the_replies_of_its_segment() {
    let mut machine = Machine::of("copilot-cli");
    let path = ".copilot/session-state/s1/events.jsonl";
    let mut log = concat!(
        r#"{"type":"session.start","data":{"sessionId":"s1"},"id":"e1","timestamp":"2026-03-02T09:00:00Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":50,"model":"m"},"id":"e2","timestamp":"2026-03-02T09:00:01Z"}"#,
        "\n",
    )
    .to_owned();
    machine.home.write(path, &log);
    assert_eq!(machine.sync(), (1, 50, 0, 0));
    log += r#"{"type":"session.shutdown","data":{"modelMetrics":{"m":{"requests":{"count":2},"usage":{"inputTokens":100,"outputTokens":50,"cacheReadTokens":40}}}},"id":"e3","timestamp":"2026-03-02T09:01:00Z"}"#;
    machine.home.write(path, &log);
    assert_eq!(machine.sync(), (1, 50, 0, 0));
    log.push('\n');
    machine.home.write(path, &log);
    assert_eq!(machine.sync(), (1, 150, 0, 0));
    // The old reply is written again on resuming, and a new one after it.
    for (id, output) in [("m1", 50), ("m2", 7)] {
        log += &format!(
            r#"{{"type":"session.resume","data":{{}},"id":"r{id}"}}
{{"type":"assistant.message","data":{{"messageId":"{id}","outputTokens":{output}}},"id":"a{id}"}}
"#
        );
    }
    machine.home.write(path, &log);
    assert_eq!(machine.sync(), (2, 157, 0, 0));
    // A copy of the open part alone, as older versions kept it elsewhere.
    let open: Vec<_> = log.lines().take(2).collect();
    machine
        .home
        .write(".copilot/history-session-state/s1.jsonl", open.join("\n") + "\n");
    assert_eq!(machine.sync(), (2, 157, 0, 0));
    std::fs::remove_dir_all(machine.home.path().join(".copilot")).expect("removed");
    assert_eq!(machine.sync(), (2, 157, 0, 0));
}

#[test]
fn a_migrated_and_then_vanished_session_counts_once() {
    let mut machine = Machine::of("gemini-cli");
    let reply = |id: &str, input: u64| {
        format!(
            r#"{{"id":"{id}","timestamp":"2026-03-02T09:00:01Z","type":"gemini","tokens":{{"input":{input}}},"model":"m"}}"#
        )
    };
    let session = |messages: &[String]| format!(r#"{{"sessionId":"s1","messages":[{}]}}"#, messages.join(","));
    let legacy = ".gemini/tmp/66/chats/session-1.json";
    machine.home.write(legacy, session(&[reply("a", 100), reply("b", 20)]));
    assert_eq!(machine.sync(), (2, 120, 0, 0));
    // Written anew: cut in the middle, then with another message and without the first.
    let whole = session(&[reply("b", 20), reply("c", 3)]);
    machine.home.write(legacy, &whole[..whole.len() - 9]);
    assert_eq!(machine.sync(), (2, 120, 0, 1));
    machine.home.write(legacy, &whole);
    assert_eq!(machine.sync(), (3, 123, 0, 0));
    // Taken over by a newer version into a log elsewhere, which snapshots without tokens follow.
    let log = ".gemini/tmp/acme/chats/session-1.jsonl";
    let mut lines = vec![
        r#"{"sessionId":"s1","kind":"main"}"#.to_owned(),
        reply("b", 20),
        reply("c", 3),
    ];
    machine.home.write(log, lines.join("\n") + "\n");
    assert_eq!(machine.sync(), (3, 123, 0, 0));
    lines.push(r#"{"$set":{"messages":[{"id":"c","type":"gemini"}]}}"#.to_owned());
    lines.push(reply("d", 4000));
    machine.home.write(log, lines.join("\n") + "\n");
    assert_eq!(machine.sync(), (4, 4123, 0, 0));
    std::fs::remove_dir_all(machine.home.path().join(".gemini/tmp")).expect("removed");
    assert_eq!(machine.sync(), (4, 4123, 0, 0));
}

#[test]
fn a_conversation_that_goes_on_and_is_deleted_keeps_what_was_counted() {
    let mut machine = Machine::of("cursor");
    let schema = "create table cursorDiskKV (key text unique on conflict replace, value blob)";
    let path = ".config/Cursor/User/globalStorage/state.vscdb";
    let cursor = database(&machine.home, path, schema);
    let put = |key: &str, value: &str| {
        let row = rusqlite::params![key, value.as_bytes()];
        cursor
            .execute("insert into cursorDiskKV values (?1, ?2)", row)
            .expect("written");
    };
    let count = |input: u64| format!(r#"{{"type":2,"tokenCount":{{"inputTokens":{input},"outputTokens":1}}}}"#);
    put("bubbleId:c1:b1", &count(0));
    put("composerData:c1", r#"{"lastUpdatedAt":1772442000000}"#);
    put("bubbleId:c1:b2", &count(20));
    assert_eq!(machine.sync(), (2, 22, 0, 0));
    put("bubbleId:c1:b1", &count(100));
    assert_eq!(machine.sync(), (2, 122, 0, 0));
    put("bubbleId:c1:b3", "{\"type\":2,");
    put("bubbleId:c2:b4", &count(3));
    assert_eq!(machine.sync(), (3, 126, 0, 1));
    cursor
        .execute("delete from cursorDiskKV where key like '%c1%' or key like '%b4'", [])
        .expect("deleted");
    assert_eq!(machine.sync(), (3, 126, 0, 0));
}

#[test]
fn a_session_that_is_given_new_ids_forked_and_archived_counts_once() {
    for (agent, folder, archive) in [
        ("pi", ".pi/agent/sessions/--dev--", "other.jsonl"),
        (
            "openclaw",
            ".openclaw/agents/main/sessions",
            "s1.jsonl.reset.2026-03-02",
        ),
    ] {
        let mut machine = Machine::of(agent);
        let path = format!("{folder}/s1.jsonl");
        let head = r#"{"type":"session","id":"s1","timestamp":"2026-03-02T09:00:00Z"}"#;
        let reply = |id: &str, at: u64| {
            format!(
                r#"{{"type":"message"{id},"message":{{"role":"assistant","provider":"p","model":"m","usage":{{"input":10,"cost":{{"total":0.5}}}},"timestamp":{at}}}}}"#
            )
        };
        let first = [
            head.to_owned(),
            reply("", 1_772_442_000_001),
            reply("", 1_772_442_000_002),
        ];
        machine.home.write(&path, first.join("\n") + "\n");
        assert_eq!(machine.sync(), (2, 20, 1_000_000_000, 0), "{agent}");
        let second = [
            head.to_owned(),
            reply(r#","id":"a1""#, 1_772_442_000_001),
            reply(r#","id":"a2""#, 1_772_442_000_002),
        ];
        machine.home.write(&path, second.join("\n") + "\n");
        assert_eq!(machine.sync(), (2, 20, 1_000_000_000, 0), "{agent}");
        let third = [second[1].clone(), reply(r#","id":"a3""#, 1_772_442_000_003)];
        machine
            .home
            .write(&format!("{folder}/{archive}"), third.join("\n") + "\n");
        assert_eq!(machine.sync(), (3, 30, 1_500_000_000, 0), "{agent}");
        std::fs::remove_file(machine.home.path().join(&path)).expect("removed");
        assert_eq!(machine.sync(), (3, 30, 1_500_000_000, 0), "{agent}");
    }
}

/// A session of Continue: its history, and its total of prompt and completion tokens.
fn continued(id: &str, history: &[serde_json::Value], total: [u64; 2]) -> String {
    serde_json::json!({
        "sessionId": id,
        "history": history,
        "usage": {"totalCost": 1, "promptTokens": total[0], "completionTokens": total[1]},
    })
    .to_string()
}

fn said(role: &str, words: &str, usage: Option<[u64; 2]>) -> serde_json::Value {
    let usage = usage.map(|[prompt, completion]| {
        serde_json::json!({"prompt_tokens": prompt, "completion_tokens": completion, "model": "m", "cost_cents": 3})
    });
    serde_json::json!({"message": {"role": role, "content": words, "usage": usage}})
}

#[test]
fn what_a_compaction_or_an_edit_takes_out_of_a_history_counts_once() {
    let path = |id: &str| format!(".continue/sessions/{id}.json");
    let mut machine = Machine::of("continue-cli");
    let mut sync = |id: &str, history: &[serde_json::Value], total: [u64; 2]| {
        machine.home.write(&path(id), continued(id, history, total));
        machine.sync()
    };
    let first = [said("user", "a", None), said("assistant", "b", Some([100, 10]))];
    assert_eq!(sync("s", &first, [100, 10]), (1, 110, 0, 0));
    // Edited: another reply is in the same position. While it runs the total is ahead of the history.
    assert_eq!(sync("s", &[said("user", "c", None)], [220, 22]), (1, 110, 0, 0));
    let edited = [said("user", "c", None), said("assistant", "d", Some([120, 12]))];
    assert_eq!(sync("s", &edited, [220, 22]), (2, 242, 0, 0));
    // Compacted by a request of 130 and 18.
    let mut summary = said("assistant", "all of it", None);
    summary["conversationSummary"] = "all of it".into();
    let mut history = vec![summary];
    assert_eq!(sync("s", &history, [350, 40]), (3, 390, 0, 0));
    history.push(said("user", "e", None));
    assert_eq!(sync("s", &history, [400, 45]), (3, 390, 0, 0));
    history.push(said("assistant", "f", Some([50, 5])));
    assert_eq!(sync("s", &history, [400, 45]), (4, 445, 0, 0));
    // Read for the first time only now, the total is the same, in fewer turns.
    let mut late = Machine::of("continue-cli");
    late.home.write(&path("s"), continued("s", &history, [400, 45]));
    assert_eq!(late.sync(), (2, 445, 0, 0));
    // A fork copies the history, and its total begins at nothing.
    history.push(said("user", "g", None));
    history.push(said("assistant", "h", Some([60, 6])));
    assert_eq!(sync("fork", &history, [60, 6]), (5, 511, 0, 0));
    late.home.write(&path("fork"), continued("fork", &history, [60, 6]));
    assert_eq!(late.sync(), (3, 511, 0, 0));
}

#[test]
fn equal_sessions_count_each_and_their_copies_do_not() {
    let mut machine = Machine::of("continue-cli");
    let mut listed: Vec<serde_json::Value> = Vec::new();
    let mut sync = |id: &str, made: Option<i64>, history: &[serde_json::Value], total: [u64; 2]| {
        let made = made.map(|made| serde_json::json!({"sessionId": id, "dateCreated": made.to_string()}));
        listed.extend(made);
        let list = serde_json::to_string(&listed).expect("JSON");
        machine.home.write(".continue/sessions/sessions.json", list);
        let path = format!(".continue/sessions/{id}.json");
        machine.home.write(&path, continued(id, history, total));
        let synced = machine.sync();
        let system = System::new(Os::Linux, machine.home.path(), BTreeMap::new());
        let at_once = read_all(machine.agent, &system).turns;
        assert_eq!(at_once.len(), synced.0, "read at once");
        synced
    };
    let at = 1_772_442_000_000;
    let history = [said("user", "a", None), said("assistant", "b", Some([100, 10]))];
    assert_eq!(sync("s", Some(at), &history, [100, 10]), (1, 110, 0, 0));
    assert_eq!(sync("equal", Some(at + 1), &history, [100, 10]), (2, 220, 0, 0));
    // Copied by hand: the list does not have it.
    assert_eq!(sync("copy", None, &history, [100, 10]), (2, 220, 0, 0));
    // A fork copied the first reply: its total has the second one alone.
    let forked = [
        history.as_slice(),
        &[said("user", "c", None), said("assistant", "d", Some([50, 5]))],
    ]
    .concat();
    assert_eq!(sync("fork", Some(at + 2), &forked, [50, 5]), (3, 275, 0, 0));
    // What a subagent used is in the total alone.
    let asked = [said("user", "e", None), said("assistant", "f", Some([30, 3]))];
    assert_eq!(sync("subagent", Some(at + 3), &asked, [40, 4]), (5, 319, 0, 0));
    assert_eq!(sync("subagent", None, &asked, [60, 6]), (5, 341, 0, 0));
}
