//! A wrong value in the configuration: every key, every command, and the checks that need the value.

use crate::support::Home;
use serde_json::{Value, json};
use ttop::system::config::schema::{Key, keys};

const FILE: &str = ".config/tokentop/config.json";

/// A command of each kind that ends by itself.
const COMMANDS: [&[&str]; 17] = [
    &["sessions"],
    &["turns"],
    &["cost"],
    &["show", "latest"],
    &["ps"],
    &["mcp"],
    &["providers"],
    &["creds"],
    &["budgets"],
    &["prices", "show", "gpt-5.5"],
    &["bar-status"],
    &["sync"],
    &["ledger", "status"],
    &["alert", "--dry-run"],
    &["config", "show"],
    &["config", "get", "budgets"],
    &["doctor"],
];

/// A value that the key must not have.
fn wrong(key: &Key) -> Option<Value> {
    let values = [json!("wrong word"), json!(-5), json!([5]), json!({"a": 1}), json!(true)];
    values.into_iter().find(|value| key.node.check(value).is_err())
}

fn put(root: &mut Value, key: &Key, value: Value) {
    let names = key.path.split('.').map(|name| if name == "*" { "x/y" } else { name });
    *names.fold(root, |place, name| &mut place[name]) = value;
}

fn run(home: &Home, args: &[&str]) -> (Option<i32>, String) {
    let output = home.ttop().args(args).output().expect("runs");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_wrong_value_of_any_key_is_a_warning_and_stops_no_command() {
    let home = Home::of("opencode/data/home");
    let mut all = json!({});
    for (at, key) in keys().iter().enumerate() {
        let Some(value) = wrong(key) else { continue };
        put(&mut all, key, value.clone());
        let mut root = json!({});
        put(&mut root, key, value);
        home.write(FILE, root.to_string());
        let command = COMMANDS[at % COMMANDS.len()];
        let (code, stderr) = run(&home, command);
        assert_eq!(code, Some(0), "{command:?} with {root}: {stderr}");
        let name = key.path.replace('*', "x/y");
        if command != ["doctor"] {
            assert!(
                stderr.contains("config.json:1:") && stderr.contains(&name),
                "{name}: {stderr}"
            );
            assert!(stderr.contains("hint: ttop config "), "{name}: {stderr}");
        }
    }
    home.write(FILE, all.to_string());
    for command in COMMANDS {
        let (code, stderr) = run(&home, command);
        assert_eq!(code, Some(0), "{command:?}: {stderr}");
    }
    let rows = home.rows(&["doctor"]);
    let row = rows.iter().find(|row| row["kind"] == "config").expect("a row");
    let problems = row["problems"].to_string();
    for key in keys().iter().filter(|key| wrong(key).is_some()) {
        let name = key.path.replace('*', "x/y");
        // A sink and a price are refused as a whole, and named by their first mistake.
        assert!(problems.contains(&name), "{name}: {problems}");
    }
}

#[test]
fn a_check_refuses_while_a_value_that_it_needs_is_wrong() {
    let home = Home::of("opencode/data/home");
    for (text, check, refuses) in [
        (r#"{"budgets": {"daily": "20"}}"#, &["budgets", "--check"][..], true),
        (r#"{"budgets": {"currency": "EUR"}}"#, &["budgets", "--check"], true),
        (r#"{"budgets": {"dayly": 20}}"#, &["budgets", "--check"], true),
        (r#"{"budget": {"daily": 20}}"#, &["budgets", "--check"], true),
        (
            r#"{"budgets": {"rules": [{"every": "day"}]}}"#,
            &["budgets", "--check"],
            true,
        ),
        (
            r#"{"alerts": {"sinks": {"x": {"type": "pager"}}}}"#,
            &["budgets", "--check"],
            false,
        ),
        (
            r#"{"display": {"colorScheme": "pink"}}"#,
            &["budgets", "--check"],
            false,
        ),
        (
            r#"{"prices": {"overrides": {"a/b": 5}}}"#,
            &["cost", "--max", "1000"],
            true,
        ),
        (
            r#"{"providers": {"mock": {"pricesFrom": 5}}}"#,
            &["cost", "--max", "1000"],
            true,
        ),
        (r#"{"budgets": {"daily": "20"}}"#, &["cost", "--max", "1000"], false),
        (
            r#"{"providers": {"openai": {"enabled": "no"}}}"#,
            &["providers", "--check"],
            true,
        ),
        ("{", &["cost", "--max", "1000"], true),
        ("{", &["budgets", "--check"], true),
        ("{", &["budgets"], false),
    ] {
        home.write(FILE, text);
        let (code, stderr) = run(&home, check);
        assert_eq!(code, Some(i32::from(refuses)), "{check:?} with {text}: {stderr}");
        if refuses {
            assert!(stderr.contains("needs a correct configuration"), "{stderr}");
        }
    }
}

#[test]
fn a_wrong_switch_takes_the_careful_side() {
    let home = Home::new();
    home.write(
        FILE,
        r#"{"offline": "false", "ledger": {"titles": "yes"}, "prices": {"autoUpdate": 1}, "providers": {"openai": {"enabled": "x"}}}"#,
    );
    for (key, value) in [
        ("offline", "true\n"),
        ("ledger.titles", "false\n"),
        ("prices.autoUpdate", "false\n"),
        ("providers.openai.enabled", "false\n"),
        ("providers.openai.login", "false\n"),
    ] {
        assert_eq!(home.stdout(&["config", "get", key]), value, "{key}");
    }
}

#[test]
fn under_strict_a_mistake_comes_before_a_failed_check() {
    let home = Home::of("opencode/data/home");
    home.write(".codex/auth.json", "{");
    home.write(".config/tokentop/config.json", r#"{"display": {"colour": 1}}"#);
    for args in [
        &["cost", "--max", "0.000001"][..],
        &["budgets", "--usd", "0.000001", "--check"],
        &["creds", "--check"],
        &["guard", "--monthly", "0.000001"],
    ] {
        let code = |more: &[&str]| home.ttop().args(args).args(more).output().expect("runs").status.code();
        assert_eq!((code(&[]), code(&["--strict"])), (Some(3), Some(1)), "{args:?}");
    }
}
