//! Aliases, `-t`, and completions that depend on the configuration.

use crate::support::Home;

const FILE: &str = ".config/tokentop/config.json";

fn home() -> Home {
    let home = Home::of("opencode/data/home");
    home.write(
        FILE,
        r#"{"aliases": {"spent": "cost --by total", "again": "spent -q", "cost": "creds"}}"#,
    );
    home
}

#[test]
fn an_alias_is_its_command() {
    let home = home();
    for (alias, command) in [
        (
            &["daily", "--since", "30d"][..],
            &["cost", "--by", "day", "--since", "30d"][..],
        ),
        (&["weekly"], &["cost", "--by", "week"]),
        (&["monthly"], &["cost", "--by", "month"]),
        (&["blocks"], &["cost", "--by", "block"]),
        (&["today"], &["cost", "--since", "today", "--by", "model"]),
        (&["spent", "-o", "csv"], &["cost", "--by", "total", "-o", "csv"]),
        (&["--offline", "spent"], &["cost", "--by", "total"]),
        (&["cost", "--by", "total"], &["cost", "--by", "total", "-o", "ndjson"]),
    ] {
        assert_eq!(home.stdout(alias), home.stdout(command), "{alias:?}");
    }
}

#[test]
fn an_alias_neither_stands_for_an_alias_nor_hides_a_command() {
    let home = home();
    let run = |args: &[&str]| home.ttop().args(args).output().expect("runs");
    let output = run(&["again"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("starts with the alias 'spent'"), "{stderr}");
    let output = run(&["config", "set", "aliases.sessions", "cost"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a command"));
    assert_eq!(run(&["nothing"]).status.code(), Some(2));
    // The sample reads no configuration.
    assert_eq!(run(&["--demo", "spent"]).status.code(), Some(2));
    assert!(run(&["--demo", "daily"]).status.success());
}

#[test]
fn help_and_completions_list_aliases() {
    let home = home();
    let text = home.stdout(&["--help"]);
    assert!(
        text.contains("  spent    cost --by total") && text.contains("  daily    cost --by day"),
        "{text}"
    );
    let text = home.stdout(&["-h"]);
    let names = text.lines().find(|line| line.starts_with("Aliases: "));
    assert!(
        names.is_some_and(|names| names.contains("spent") && names.contains("daily")),
        "{text}"
    );
    assert!(complete(&home, &["sp"]).starts_with("spent\t"));
    assert!(complete(&home, &["spent", "--pres"]).starts_with("--presence"));
}

#[test]
fn keys_and_values_of_the_configuration_complete() {
    let home = home();
    assert!(complete(&home, &["config", "get", "budgets.da"]).starts_with("budgets.daily\t"));
    assert!(complete(&home, &["config", "unset", "aliases.sp"]).starts_with("aliases.spent\t"));
    assert!(complete(&home, &["config", "set", "offline", ""]).starts_with("false\ntrue"));
    assert!(complete(&home, &["config", "set", "billing.codex", "pl"]).starts_with("plan"));
    assert!(complete(&home, &["config", "set", "billing.claude"]).starts_with("billing.claude-code\t"));
}

#[test]
fn t_is_the_table_format_of_every_command_with_rows() {
    let home = home();
    for command in [
        "sessions",
        "turns",
        "cost",
        "doctor",
        "prices",
        "providers",
        "creds",
        "budgets",
        "ps",
        "mcp",
    ] {
        assert_eq!(
            // The sample's processes are always the same.
            home.stdout(&["--demo", command, "-t"]),
            home.stdout(&["--demo", command, "-o", "table"]),
            "{command}"
        );
    }
    let output = home.ttop().args(["cost", "-t", "-o", "json"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
}

fn complete(home: &Home, words: &[&str]) -> String {
    let mut command = home.ttop();
    command.env("TTOP_COMPLETE", "fish").args(["--", "ttop"]).args(words);
    let output = command.output().expect("runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}
