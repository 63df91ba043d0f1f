//! Agents that rewrite their records: a later state takes the place of the earlier one and nothing counts twice.

mod support;

use std::collections::BTreeMap;
use support::counting::Counting;
use ttop::agents::agents;
use ttop::system::{Os, System};

/// A home with a ledger that is synced again and again.
struct Machine {
    home: support::Home,
    counting: Counting,
}

impl Machine {
    fn of(agent: &str) -> Self {
        let agent = *agents().iter().find(|known| known.id() == agent).expect("an agent");
        Self {
            home: support::Home::new(),
            counting: Counting::of(agent),
        }
    }

    /// Syncs, and sums what counts: (turns, known tokens, recorded nano-dollars, problems).
    fn sync(&mut self) -> (usize, u64, i64, usize) {
        let reading = self
            .counting
            .sync(&System::new(Os::Linux, self.home.path(), BTreeMap::new()));
        let tokens = reading.turns.iter().map(|turn| turn.tokens.known_total()).sum();
        let costs = reading.turns.iter().filter_map(|turn| turn.cost);
        let nanos = costs.map(|cost| cost.nanos()).sum();
        (reading.turns.len(), tokens, nanos, reading.problems.len())
    }
}

/// Messages of a task, as (time, say, tokens in).
fn task(messages: &[(i64, &str, u64)]) -> String {
    let messages: Vec<_> = messages
        .iter()
        .map(|(ts, say, tokens)| {
            let text = format!(r#"{{"tokensIn":{tokens},"tokensOut":0,"cost":0.000000001}}"#);
            serde_json::json!({"ts": ts, "type": "say", "say": say, "text": text})
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
fn database(home: &support::Home, path: &str, schema: &str) -> rusqlite::Connection {
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
    let schema = "create table sessions (id text, created_at text, accumulated_input_tokens, accumulated_output_tokens, accumulated_cost);
        insert into sessions values ('a', '2026-03-02 09:00:00', 100, 10, 0.5), ('b', '2026-03-02 09:00:00', 1, 1, null)";
    let goose = database(&machine.home, ".local/share/goose/sessions/sessions.db", schema);
    assert_eq!(machine.sync(), (2, 112, 500_000_000, 0));
    goose
        .execute_batch("update sessions set accumulated_input_tokens = 300, accumulated_cost = 0.75 where id = 'a'; delete from sessions where id = 'b'")
        .expect("written");
    assert_eq!(machine.sync(), (2, 312, 750_000_000, 0));
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
