//! Formats: each is listed for the commands that print it, and refused by all others.

use crate::support::Home;
use clap::Command;
use ttop::cli::definition;

/// Every command that prints rows, with its formats, and with arguments under which it ends.
fn commands(command: &Command, path: &str, found: &mut Vec<(String, Vec<String>)>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name()).trim().to_owned();
        let format = inner.get_arguments().find(|arg| arg.get_short() == Some('o'));
        let formats = format.map(clap::Arg::get_possible_values).unwrap_or_default();
        if !formats.is_empty() {
            found.push((
                path.clone(),
                formats.iter().map(|value| value.get_name().to_owned()).collect(),
            ));
        }
        commands(inner, &path, found);
    }
}

/// What a command needs besides its name.
fn needed(path: &str) -> &'static [&'static str] {
    match path {
        "cost" => &["--by", "day"],
        "show" => &["latest"],
        "diff" => &["bill.csv"],
        "top" => &["--once"],
        "prices show" => &["claude-sonnet-4-6"],
        "theme show" => &["nord"],
        "alert" => &["--dry-run"],
        _ => &[],
    }
}

#[test]
fn a_format_is_listed_where_it_works_and_refused_elsewhere() {
    let home = Home::new();
    home.copy("diff/anthropic-usage.csv", "bill.csv");
    let mut found = Vec::new();
    commands(&definition(), "", &mut found);
    assert!(found.len() >= 20, "{found:?}");
    let all = ["table", "ndjson", "json", "csv", "tsv", "md", "ccusage"];
    for (path, listed) in &found {
        // These need a plugin, or the network.
        if ["plugin info", "plugin doctor", "prices update"].contains(&path.as_str()) {
            continue;
        }
        for format in all {
            let mut command = home.ttop();
            command
                .arg("--demo")
                .args(path.split(' '))
                .args(needed(path))
                .args(["-o", format]);
            let output = command.output().expect("runs");
            let is_listed = listed.iter().any(|name| name == format);
            let expected = if is_listed { 0 } else { 2 };
            assert_eq!(output.status.code(), Some(expected), "{path} -o {format}: {output:?}");
        }
    }
    for (path, listed) in &found {
        let is_cost = path == "cost";
        assert_eq!(listed.contains(&"ccusage".to_owned()), is_cost, "{path}: {listed:?}");
    }
}

#[test]
fn an_unknown_format_is_answered_with_those_of_the_command() {
    let home = Home::new();
    for (command, has_ccusage) in [("sessions", false), ("cost", true), ("prices show x", false)] {
        for format in ["xml", "cvs"] {
            let output = home
                .ttop()
                .args(command.split(' '))
                .args(["-o", format])
                .output()
                .expect("runs");
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert_eq!(text.contains("ccusage"), has_ccusage, "{command}: {text}");
            assert!(text.contains("ndjson"), "{command}: {text}");
        }
    }
}
