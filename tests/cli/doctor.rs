//! `ttop doctor`: every agent, what decided that it is there, every path looked at, what was skipped, nothing secret.

use crate::support::Home;
use serde_json::Value;

fn row<'r>(rows: &'r [Value], subject: &str) -> &'r Value {
    rows.iter()
        .find(|row| row["subject"] == subject)
        .unwrap_or_else(|| panic!("no row for {subject}"))
}

#[test]
fn names_what_decided_and_what_was_skipped() {
    let home = Home::new();
    home.copy("opencode/data/home", "");
    let rows = home.rows(&["doctor"]);
    let opencode = row(&rows, "opencode");
    assert_eq!(opencode["installed"], "database");
    assert_eq!(opencode["state"], "ok");
    assert!(opencode["counted"].as_u64() > Some(40), "{opencode}");
    assert!(
        opencode["skipped"]["failed"].as_u64() > Some(0) || opencode["skipped"]["unfinished"].as_u64() > Some(0),
        "{opencode}"
    );
    assert!(
        opencode["paths"].to_string().contains("~/.local/share/opencode"),
        "{opencode}"
    );
    assert_eq!(row(&rows, "codex")["state"], "absent");
    assert_eq!(row(&rows, "ledger")["kind"], "ledger");
    assert!(
        row(&rows, "prices")["notes"].to_string().contains("list"),
        "the age of the price list"
    );
}

#[test]
fn config_and_auth_file_decide_where_there_is_no_database() {
    let home = Home::new();
    home.write(".local/share/opencode/auth.json", "{}");
    assert_eq!(row(&home.rows(&["doctor"]), "opencode")["installed"], "auth file");
    home.write(".config/opencode/opencode.json", "{}");
    assert_eq!(row(&home.rows(&["doctor"]), "opencode")["installed"], "config");
}

#[test]
fn names_what_it_cannot_read_and_fails_under_strict() {
    let home = Home::new();
    home.write(
        ".local/share/opencode/opencode.db",
        "this is no database, whatever its name says".repeat(40),
    );
    let rows = home.rows(&["doctor"]);
    let opencode = row(&rows, "opencode");
    assert_eq!(opencode["state"], "problem");
    assert!(
        opencode["problems"][0]
            .as_str()
            .is_some_and(|problem| problem.starts_with("~/.local/share/opencode/opencode.db")),
        "{opencode}"
    );
    let status = home.ttop().args(["doctor", "--strict"]).output().expect("runs").status;
    assert_eq!(status.code(), Some(1));
}

#[test]
fn is_fit_to_be_pasted() {
    let home = Home::new();
    home.copy("opencode/data/home", "");
    for format in ["table", "json", "csv"] {
        let text = home.stdout(&["doctor", "-o", format]);
        assert!(
            !text.contains("fake-") && !text.contains(&*home.path().to_string_lossy()),
            "{text}"
        );
    }
}

#[test]
fn a_table_begins_with_problems_and_names_absent_agents_on_one_line() {
    let home = Home::new();
    home.copy("opencode/data/home", "");
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": "twenty"}}"#);
    let table = home.stdout(&["doctor", "-o", "table"]);
    let subjects: Vec<&str> = table.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert!(
        subjects[0].starts_with("config") && subjects[1].starts_with("opencode"),
        "{table}"
    );
    assert!(!subjects.iter().any(|line| line.contains("absent")), "{table}");
    let notes: Vec<&str> = table.lines().skip_while(|line| !line.is_empty()).collect();
    assert_eq!(notes[1], "Problems:", "{table}");
    let first = notes[2..4].join("\n");
    assert!(
        first.contains("config: ") && first.contains("ttop config"),
        "the repair comes with it: {table}"
    );
    let absent = table.lines().find(|line| line.starts_with("Not on this machine: "));
    assert!(absent.is_some_and(|line| line.contains("codex")), "{table}");
    assert!(home.stdout(&["doctor", "-v", "-o", "table"]).contains("absent"));
    let empty = Home::new().stdout(&["doctor", "-o", "table"]);
    assert!(
        empty.contains("No agent is on this machine") && empty.contains("ttop --demo"),
        "{empty}"
    );
}

#[test]
fn names_configured_roots_that_lead_to_nothing() {
    let home = Home::new();
    home.copy("agents/codex/made/home", "backup");
    home.write("file", "");
    let roots = r#"["/nope/backup", "~/file", "~/backup", "!/nope/other"]"#;
    let config = |id: &str| format!(r#"{{"agents": {{"{id}": {{"roots": {roots}}}}}}}"#);
    home.write(".config/tokentop/config.json", config("codex"));
    let rows = home.rows(&["doctor"]);
    let codex = row(&rows, "codex");
    assert_eq!(codex["state"], "problem", "{codex}");
    let problems = codex["problems"].as_array().expect("problems");
    for (problem, expected) in problems.iter().zip([
        "agents.codex.roots: '/nope/backup' does not exist; to correct the list, run: ttop config set agents.codex.roots '[\"FOLDER\"]'",
        "agents.codex.roots: '~/file' is no folder; to correct the list, run: ttop config set agents.codex.roots '[\"FOLDER\"]'",
    ]) {
        assert_eq!(problem, expected);
    }
    assert_eq!(problems.len(), 2, "{codex}");
    assert!(codex["counted"].as_u64() > Some(0), "{codex}");
    assert_eq!(row(&rows, "config")["state"], "ok");
}

#[test]
fn names_agents_of_the_configuration_that_are_not_known() {
    let home = Home::new();
    let config = r#"{"agents": {"codx": {"roots": ["/x"]}, "codex": {"roots": []}, "acme-9": {}}}"#;
    home.write(".config/tokentop/config.json", config);
    let config = home.rows(&["doctor"]);
    let config = row(&config, "config");
    assert_eq!(config["state"], "problem", "{config}");
    let expected = [
        "config: agents.acme-9: no agent 'acme-9' is known; its roots are not read; ttop doctor lists the agents",
        "config: agents.codx: no agent 'codx' is known; its roots are not read; did you mean agents.codex?",
    ];
    assert_eq!(config["problems"].as_array().expect("problems"), &expected, "{config}");
    for (command, warns) in [("turns", true), ("cost", true), ("config", false)] {
        let shown = home.ttop().arg(command).output().expect("runs");
        let shown = String::from_utf8_lossy(&shown.stderr).into_owned();
        assert_eq!(shown.contains("no agent 'codx' is known"), warns, "{command}: {shown}");
        assert_eq!(
            shown.contains("hint: did you mean agents.codex?"),
            warns,
            "{command}: {shown}"
        );
    }
}
