//! Kilo's router: a reply counts under the model that the end of its step names.

use crate::support::Home;
use crate::support::counting::{Counting, read_all};
use crate::support::opencode_db::{Database, Reply};
use crate::support::opencode_home::START;
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::system::{Os, System};

const INDEX: &str = "create index part_session_step_finish_idx on part(session_id)
    where json_valid(\"part\".\"data\") and json_extract(\"part\".\"data\", '$.type') = 'step-finish'";

/// A reply of the router, and a part of it for each text.
fn routed(database: &Database, id: &str, parts: &[&str]) {
    let reply = Reply {
        provider: "kilo",
        model: "kilo-auto/frontier",
        ..Reply::at(START + i64::try_from(id.len()).expect("a small number"))
    };
    database.reply(id, "ses_a", &reply);
    for (n, data) in parts.iter().enumerate() {
        database
            .connection
            .execute(
                "insert into part values (?1, ?2, 'ses_a', ?3)",
                (format!("{id}_{n}"), id, data),
            )
            .expect("a part");
    }
}

#[test]
fn replies_count_under_the_model_that_a_router_chose() {
    const SONNET: &str =
        r#"{"type":"step-finish","model":{"providerID":"kilo","modelID":"anthropic/claude-sonnet-4.5"},"cost":0.5}"#;
    const GROK: &str = r#"{"cost":0.5,"model":{"modelID":"x-ai/grok-4"},"type":"step-finish"}"#;
    let kilo = *built_in()
        .iter()
        .find(|agent| agent.id() == "kilo-cli")
        .expect("an agent");
    let home = Home::new();
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let database = Database::create(&home.path().join(".local/share/kilo/kilo.db"));
    database
        .run("create table part(id text primary key, message_id text not null, session_id text not null, data text)");
    database.run(INDEX);
    database.session("ses_a", START);
    let mut counting = Counting::of(kilo);
    let mut models = || -> Vec<String> {
        let warm = counting.sync(&system);
        let cold = read_all(kilo, &system);
        let of = |reading: &crate::support::counting::Reading| -> Vec<String> {
            reading.turns.iter().map(|turn| turn.model_id.clone()).collect()
        };
        assert_eq!((of(&warm), &warm.problems), (of(&cold), &cold.problems));
        assert_eq!(warm.problems, []);
        of(&warm)
    };
    // Each is found when it is read whole, and when its session went on.
    routed(
        &database,
        "m",
        &["{ damaged", r#"{"type":"text","text":"step-finish"}"#, SONNET],
    );
    assert_eq!(models(), ["anthropic/claude-sonnet-4.5"]);
    routed(&database, "mm", &[GROK, GROK]);
    routed(&database, "mmm", &[SONNET, GROK]);
    routed(&database, "mmmm", &[r#"{"type":"step-finish","model":null}"#]);
    assert_eq!(
        models(),
        [
            "anthropic/claude-sonnet-4.5",
            "x-ai/grok-4",
            "kilo-auto/frontier",
            "kilo-auto/frontier"
        ]
    );
    database.run("drop index part_session_step_finish_idx");
    database.session("ses_b", START + 9);
    assert_eq!(read_all(kilo, &system).problems, []);
    // An index of another kind does not keep what is no JSON away.
    database.run("create index step_finish on part(session_id) where data like '%step-finish%'");
    database.run("update part set data = '{ damaged step-finish' where id = 'm_0'");
    assert_eq!(read_all(kilo, &system).turns.len(), 4);
}
