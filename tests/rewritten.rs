//! Agents that rewrite their records: a later state takes the place of the earlier one and nothing counts twice.

mod support;

use std::collections::BTreeMap;
use ttop::agents::agents;
use ttop::core::money::Money;
use ttop::core::tokens::TokenSum;
use ttop::ledger::Ledger;
use ttop::ledger::query::Selection;
use ttop::system::{Os, System};

/// A home with a ledger that is synced again and again.
struct Machine {
    home: support::Home,
    ledger: Ledger,
}

impl Machine {
    fn new() -> Self {
        Self {
            home: support::Home::new(),
            ledger: Ledger::in_memory().expect("an empty ledger"),
        }
    }

    /// Syncs, and sums what counts: (turns, known tokens, recorded nano-dollars, problems).
    fn sync(&mut self, agent: &str) -> (usize, u64, i64, usize) {
        let system = System::new(Os::Linux, self.home.path(), BTreeMap::new());
        let agent = *agents().iter().find(|known| known.id() == agent).expect("an agent");
        let synced = self.ledger.sync(&[agent], &system, &|_, _| {}).expect("a sync");
        self.ledger.commit(0).expect("kept");
        let (mut turns, mut tokens, mut cost) = (0, TokenSum::new(), Money::ZERO);
        for found in self.ledger.turns(&Selection::ALL).expect("turns") {
            let numbers = found.expect("a turn").turn.numbers;
            turns += 1;
            tokens.add(&numbers.tokens);
            cost = cost.plus(numbers.cost.unwrap_or_default());
        }
        (
            turns,
            tokens.tokens().known_total(),
            cost.nanos(),
            synced.problems.len(),
        )
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
    let mut machine = Machine::new();
    let path = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks/1/ui_messages.json";
    let first = [
        (1, "text", 0),
        (10, "api_req_started", 100),
        (20, "api_req_started", 200),
    ];
    machine.home.write(path, task(&first));
    assert_eq!(machine.sync("cline"), (2, 300, 2, 0));
    machine
        .home
        .write(path, task(&[first[0], first[1], (30, "deleted_api_reqs", 200)]));
    assert_eq!(machine.sync("cline"), (2, 300, 2, 0));
    // Once more to before the first request, after another one that no sync saw.
    machine
        .home
        .write(path, task(&[first[0], (50, "deleted_api_reqs", 307)]));
    assert_eq!(machine.sync("cline"), (1, 307, 1, 0));
    // Half of it written, then the whole again, then the task is deleted: what was paid for stays.
    machine
        .home
        .write(path, &task(&[first[0], (50, "deleted_api_reqs", 307)])[..90]);
    assert_eq!(machine.sync("cline"), (1, 307, 1, 1));
    machine.home.write(path, "[1, not json]");
    assert_eq!(machine.sync("cline"), (1, 307, 1, 1));
    machine.home.write(
        path,
        task(&[first[0], (50, "deleted_api_reqs", 307), (60, "api_req_started", 3)]),
    );
    assert_eq!(machine.sync("cline"), (2, 310, 2, 0));
    std::fs::remove_file(machine.home.path().join(path)).expect("removed");
    assert_eq!(machine.sync("cline"), (2, 310, 2, 0));
}

#[test]
fn a_growing_total_of_a_session_is_one_row() {
    let mut machine = Machine::new();
    let path = ".factory/sessions/-home-dev/a.settings.json";
    let settings = |model: &str, input: u64| format!(r#"{{"model":"{model}","tokenUsage":{{"inputTokens":{input}}}}}"#);
    machine.home.write(path, settings("gpt-5", 100));
    assert_eq!(machine.sync("droid"), (1, 100, 0, 0));
    // Another model goes on with the same total.
    machine.home.write(path, settings("claude-opus-5", 250));
    assert_eq!(machine.sync("droid"), (1, 250, 0, 0));
    // A copy from a backup is older: it neither adds nor takes its place.
    machine
        .home
        .write(".factory/sessions/copy/a.settings.json", settings("gpt-5", 100));
    assert_eq!(machine.sync("droid"), (1, 250, 0, 0));
    std::fs::remove_file(machine.home.path().join(path)).expect("removed");
    assert_eq!(machine.sync("droid"), (1, 250, 0, 0));
}
