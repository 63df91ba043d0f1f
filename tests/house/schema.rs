//! `ttop schema`: what rows consist of is promised, so changes must be meant.

use crate::support::{self, Home};
use std::path::Path;
use std::process::Command;
use ttop::core::money::{Billing, CostStatus, Money};
use ttop::core::rows::TurnRow;
use ttop::core::time::Time;
use ttop::core::tokens::{Bucket, Tokens};
use ttop::core::turn::{Accuracy, EventKey, Presence};
use ttop::render::kinds::ROWS;

#[test]
fn schemas_are_as_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house/schema");
    for row in ROWS {
        let schema = serde_json::to_string_pretty(&(row.schema)()).expect("schemas serialize") + "\n";
        support::same_as_committed(&folder.join(format!("{}.json", row.name)), schema.as_bytes());
    }
    let files = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(files, ROWS.len(), "a schema in tests/house/schema has no row");
}

#[test]
fn every_kind_of_row_is_listed() {
    fn rows(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path());
        let count = |path: std::path::PathBuf| match path.is_dir() {
            true => rows(&path),
            false => std::fs::read_to_string(path)
                .expect("text")
                .matches("\nimpl Row for ")
                .count(),
        };
        entries.map(count).sum()
    }
    let all = rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert_eq!(all, ROWS.len(), "a row is missing in src/commands/schema.rs");
}

#[test]
fn every_row_has_a_schema_in_every_kind() {
    let home = Home::new();
    let names = home.stdout(&["schema"]);
    assert_eq!(names.lines().count(), ROWS.len());
    for name in names.lines() {
        let schema: serde_json::Value = serde_json::from_str(&home.stdout(&["schema", name])).expect("JSON");
        assert_eq!(schema["title"], name);
        let (properties, required) = (&schema["properties"], &schema["required"]);
        let is_one_of_two = name == "stream";
        assert!(
            is_one_of_two || properties.as_object().map(serde_json::Map::len) == required.as_array().map(Vec::len),
            "{name}: every key is always present"
        );
        assert!(
            home.stdout(&["schema", name, "--as", "duckdb"])
                .starts_with("columns={")
        );
        assert!(home.stdout(&["schema", name, "--as", "nu"]).starts_with("record<"));
    }
}

#[test]
fn commands_name_their_rows() {
    let home = Home::new();
    assert_eq!(home.stdout(&["schema", "turns"]), home.stdout(&["schema", "turn"]));
    let output = home.ttop().args(["schema", "turnz"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
}

/// A row with everything in it that is hard to read.
fn turn(model: &str, tokens: Tokens, cost: Option<f64>) -> String {
    let row = TurnRow {
        turn_id: EventKey(7),
        session_id: "ses_1".into(),
        message_id: None,
        agent_id: "opencode".into(),
        provider_id: Some("openai".into()),
        vendor_id: None,
        model_id: Some(model.into()),
        session_name: Some("\"名\", tab\tline\nend".into()),
        project_path: None,
        parent_session_id: None,
        tokens,
        total_tokens: tokens.total(),
        requests: Some(1),
        cost: cost.map(Money::from_dollars),
        cost_status: if cost.is_some() {
            CostStatus::Recorded
        } else {
            CostStatus::Unknown
        },
        billing: Billing::Metered,
        accuracy: Accuracy::Exact,
        presence: Presence::Present,
        timestamp: 1_795_197_600_000,
        time: Time(1_795_197_600_000),
        session_updated_at: 1_795_197_600_000,
        branch: None,
        subagent: None,
        subagent_task: None,
        host: None,
        cost_display: None,
        currency: None,
    };
    serde_json::to_string(&row).expect("rows serialize") + "\n"
}

#[test]
fn duckdb_reads_rows_by_the_printed_columns() {
    let Some(duckdb) = support::program("duckdb") else {
        return;
    };
    let home = Home::new();
    // What DuckDB would guess from the first row is wrong for the second.
    let rows = turn("a", Tokens::new(1, 2, 3, 4, 5).without(Bucket::Reasoning), None)
        + &turn("a", Tokens::new(1, 40, 3, 4, 5), Some(0.25))
        + &turn("b", Tokens::unreported(), Some(1.0));
    home.write("t.jsonl", rows);
    let columns = home.stdout(&["schema", "turn", "--as", "duckdb"]);
    let query = |select: &str| {
        let sql = format!(
            "copy (select {select} from read_ndjson('t.jsonl', {})) to '/dev/stdout' (header false)",
            columns.trim()
        );
        let output = Command::new(&duckdb)
            .args(["-c", &sql])
            .current_dir(home.path())
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(
        query("sum(tokens.output), sum(tokens.reasoning), sum(cost)"),
        "42,3,1.25\n"
    );
    assert_eq!(
        query("distinct typeof(time), typeof(timestamp), typeof(vendorId)"),
        "TIMESTAMP WITH TIME ZONE,BIGINT,VARCHAR\n"
    );
}
