//! Answers without rows, and filters that cannot match: every command explains them on stderr and keeps stdout and exit code.

use crate::support::Home;
use std::process::Output;

fn home() -> Home {
    let home = Home::new();
    let reply = r#"{"type":"assistant","sessionId":"aaaa-1","cwd":"/home/dev/acme-api","timestamp":"2026-11-12T10:00:00.000Z","uuid":"u1","requestId":"r1","version":"2.1.63","gitBranch":"main","isSidechain":false,"message":{"id":"m1","role":"assistant","model":"claude-sonnet-4-5","usage":{"input_tokens":10,"output_tokens":20,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}}}"#;
    home.write(".claude/projects/-home-dev-acme-api/aaaa-1.jsonl", format!("{reply}\n"));
    home
}

fn run(home: &Home, args: &[&str]) -> (Output, String) {
    let output = home.ttop().args(args).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

/// The command lines that a message proposes.
fn proposed(stderr: &str) -> Vec<Vec<String>> {
    let lines = stderr
        .lines()
        .filter_map(|line| line.split_once(": ttop ").map(|(_, line)| line));
    lines
        .map(|line| {
            let mut words = Vec::new();
            for (at, part) in line.split('\'').enumerate() {
                match at % 2 {
                    1 => words.push(part.to_owned()),
                    _ => words.extend(part.split_whitespace().map(str::to_owned)),
                }
            }
            words
        })
        .collect()
}

#[test]
fn a_machine_without_agents_is_told_apart_from_a_quiet_week() {
    let empty = Home::new();
    for command in ["cost", "sessions", "turns"] {
        let (output, stderr) = run(&empty, &[command, "-o", "table"]);
        assert!(output.status.success() && output.stdout.is_empty(), "{command}");
        assert!(
            stderr.contains("no agent found") && stderr.contains("ttop doctor") && stderr.contains("--demo"),
            "{stderr}"
        );
    }
    let home = home();
    for (command, flags) in [
        ("cost", &["--since", "today"][..]),
        ("sessions", &["--since", "today"]),
        ("turns", &["--on", "yesterday"]),
        ("cost", &["--since", "2027-01-01", "--model", "sonnet"]),
        ("cost", &["--until", "2026-11-01", "--project", "/home/dev/acme-api"]),
    ] {
        let args = [&[command, "-o", "table"][..], flags].concat();
        let (output, stderr) = run(&home, &args);
        assert!(output.status.success() && output.stdout.is_empty(), "{args:?}");
        assert!(stderr.contains("2026-11-12 (claude-code, 8d"), "{args:?}: {stderr}");
        let hints = proposed(&stderr);
        assert_eq!(hints.len(), 1, "{stderr}");
        let words: Vec<&str> = hints[0].iter().map(String::as_str).collect();
        assert!(!home.rows(&words).is_empty(), "{words:?} shows the last activity");
    }
}

#[test]
fn filters_that_leave_nothing_are_named() {
    let home = home();
    for (command, filter) in [
        ("cost", ["--agent", "codex"]),
        ("turns", ["--model", "gpt-5.5"]),
        ("sessions", ["--provider", "openai"]),
        ("cost", ["--model", "gpt-*"]),
        ("cost", ["--grep", "it's"]),
        ("creds", ["--provider", "openai"]),
        ("ps", ["--agent", "codex"]),
    ] {
        let (output, stderr) = run(&home, &[command, filter[0], filter[1], "-o", "table"]);
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{command} {filter:?}"
        );
        assert!(!stderr.contains("warning"), "{command} {filter:?}: {stderr}");
        assert!(!stderr.is_empty(), "{command} {filter:?} explains itself");
        for words in proposed(&stderr) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            home.stdout(&words);
        }
        let (output, _) = run(&home, &[command, filter[0], filter[1]]);
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{command} {filter:?} stays empty in a pipe"
        );
    }
}

#[test]
fn names_that_are_known_nowhere_are_reported_with_the_nearest_one() {
    let home = home();
    for (command, filter, near) in [
        ("cost", ["--agent", "claude"], "claude-code"),
        ("sessions", ["--agent", "opncode"], "opencode"),
        ("turns", ["--model", "claude-sonet-4-5"], "claude-sonnet-4-5"),
        ("cost", ["--provider", "antropic"], "anthropic"),
        ("cost", ["--project", "/home/dev/acme-ap"], "acme-api"),
        ("ps", ["--agent", "claude"], "claude-code"),
        ("creds", ["--provider", "opnai"], "openai"),
        ("providers", ["--provider", "opnai"], "openai"),
        ("mcp", ["--agent", "claude"], "claude-code"),
        ("budgets", ["--agent", "claude"], "claude-code"),
        ("watch", ["--agent", "claude"], "claude-code"),
        ("cost", ["--session", "zzzz"], "ttop sessions"),
        ("cost", ["--branch", "mian"], "main"),
        ("sessions", ["--branch", "release"], "ttop cost --by branch"),
        ("turns", ["--subagent", "explor"], "ttop cost --by subagent"),
    ] {
        let mut args = vec![command, filter[0], filter[1]];
        args.extend((command == "watch").then_some("--once"));
        let (output, stderr) = run(&home, &args);
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{args:?}: {stderr}"
        );
        let line = stderr.lines().find(|line| line.contains("is known"));
        assert!(line.is_some_and(|line| line.contains(near)), "{args:?}: {stderr}");
    }
}

/// Every command that can be told which agents to include.
fn with_agents(command: &clap::Command, path: &str, found: &mut Vec<String>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name()).trim().to_owned();
        if inner
            .get_arguments()
            .any(|arg| arg.get_id() == "agent" && !arg.is_hide_set())
        {
            found.push(path.clone());
        }
        with_agents(inner, &path, found);
    }
}

#[test]
fn every_command_with_filters_reports_a_name_that_is_known_nowhere() {
    let home = home();
    home.copy("diff/anthropic-usage.csv", "bill.csv");
    let mut found = Vec::new();
    with_agents(&ttop::cli::definition(), "", &mut found);
    assert!(found.len() > 10, "{found:?}");
    for path in &found {
        let needed: &[&str] = match path.as_str() {
            "watch" | "top" => &["--once"],
            "alert" => &["--dry-run"],
            "diff" => &["bill.csv"],
            "budgets" => &["--usd", "1"],
            _ => &[],
        };
        let words: Vec<&str> = path.split(' ').chain(needed.iter().copied()).collect();
        let (_, stderr) = run(&home, &[&words[..], &["--agent", "claude"]].concat());
        assert!(
            stderr.contains("no agent 'claude' is known; did you mean --agent claude-code?"),
            "{path}: {stderr}"
        );
    }
    for view in ["live", "cost", "trends", "projects"] {
        let (_, stderr) = run(&home, &["top", "--once", "--view", view, "--agent", "claude"]);
        assert!(stderr.contains("did you mean --agent claude-code?"), "{view}: {stderr}");
    }
}

#[test]
fn a_check_with_a_name_that_is_known_nowhere_is_a_wrong_command_line() {
    let home = home();
    for args in [
        &["cost", "--agent", "claude", "--max", "0.01"][..],
        &["cost", "--model", "sonet", "--max", "100", "-q"],
        &["cost", "--session", "zzzz", "--max", "1"],
        &["cost", "--project", "~/nowhere", "--max", "1"],
        &["cost", "--branch", "mian", "--max", "1"],
        &["cost", "--subagent", "explor", "--max", "1"],
        &["budgets", "--usd", "1", "--agent", "claude", "--check"],
        &["budgets", "--usd", "1", "--provider", "antropic", "--check", "-q"],
        &["creds", "--provider", "opnai", "--check"],
        &["providers", "--provider", "opnai", "--check"],
        &["ps", "--agent", "claude", "--check"],
    ] {
        let (output, stderr) = run(&home, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("could never fail"), "{args:?}: {stderr}");
    }
    let (output, _) = run(&home, &["cost", "--agent", "claude-code", "--max", "0.000001", "-q"]);
    assert_eq!(output.status.code(), Some(3), "the right name is checked");
    let (output, _) = run(&home, &["cost", "--agent", "codex", "--max", "1", "-q"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "an agent that is known and unused passes"
    );
    home.write(
        ".config/tokentop/config.json",
        r#"{"budgets":{"rules":[{"every":"day","usd":1,"agent":"claude"}]}}"#,
    );
    let (output, stderr) = run(&home, &["budgets", "--check"]);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("claude-code"), "{stderr}");
}

#[test]
fn a_plain_model_matches_a_word_in_every_command() {
    let home = home();
    for command in ["cost", "sessions", "turns"] {
        assert_eq!(home.rows(&[command, "--model", "sonnet"]).len(), 1, "{command}");
        assert_eq!(home.rows(&[command, "--model", "SONNET-4-5"]).len(), 1, "{command}");
        assert!(home.rows(&[command, "--model", "son"]).is_empty(), "{command}");
    }
    let (output, stderr) = run(
        &home,
        &[
            "budgets",
            "--usd",
            "0.0000001",
            "--every",
            "month",
            "--model",
            "sonnet",
            "--check",
        ],
    );
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(!home.rows(&["prices", "--model", "sonnet"]).is_empty());
}

#[test]
fn a_range_that_ends_before_it_begins_is_refused() {
    let home = home();
    for command in ["cost", "sessions", "turns"] {
        let (output, stderr) = run(&home, &[command, "--since", "today", "--until", "yesterday"]);
        assert_eq!(output.status.code(), Some(2), "{command}: {stderr}");
        assert!(
            stderr.contains("--until yesterday must be after --since today"),
            "{stderr}"
        );
    }
    assert_eq!(
        home.rows(&["turns", "--since", "2026-11-12", "--until", "2026-11-12"])
            .len(),
        1
    );
}
