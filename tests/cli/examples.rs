//! Examples in help and manual pages run as printed.

use crate::support::{self, Home};
use clap::Command as Definition;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use ttop::cli::definition;

const LIMIT: Duration = Duration::from_secs(60);

/// Every example with the page it is on.
fn examples(command: &Definition, page: &str, found: &mut Vec<(String, String)>) {
    let help = command
        .get_after_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let lines: Vec<&str> = help.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[0].starts_with("  # ")) {
        found.push((page.to_owned(), pair[1].trim().to_owned()));
    }
    for inner in command.get_subcommands() {
        examples(inner, &format!("{page} {}", inner.get_name()), found);
    }
}

/// A home in which everything that examples name exists, but no network, no `man` and no other machine.
fn home() -> Home {
    let home = Home::new();
    let cwd = home.path().join("acme");
    let reply = serde_json::json!({"type": "assistant", "sessionId": "0a0a0000-0000-4000-8000-000000000001", "cwd": cwd,
        "timestamp": "2026-11-20T10:00:00.000Z", "uuid": "u1", "requestId": "r1", "version": "2.1.63", "costUSD": 2.5,
        "message": {"id": "m1", "role": "assistant", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 10,
        "output_tokens": 20, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}}});
    home.write(
        ".claude/projects/-acme/0a0a0000-0000-4000-8000-000000000001.jsonl",
        format!("{reply}\n"),
    );
    home.write("acme/.keep", "");
    home.write("token", "0123456789abcdef0123456789abcdef");
    home.write(".config/tokentop/token", "0123456789abcdef0123456789abcdef");
    let token = home.path().join(".config/tokentop/token");
    std::fs::set_permissions(token, std::fs::Permissions::from_mode(0o600)).expect("private");
    home.write(
        ".config/tokentop/config.json",
        r#"{"budgets": {"daily": 50}, "alerts": {"sinks": {"team": {"type": "command", "command": ["true"]}}}}"#,
    );
    let bill = "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n\
                2026-11-20,claude-sonnet-4-5,10,20\n";
    home.write("acme/usage.csv", bill);
    home.write(
        "acme/claude_api_cost_2026_11.csv",
        "usage_date_utc,model,token_type,cost_usd\n2026-11-20,Claude Sonnet 4.5,output,2.50\n",
    );
    for (name, script) in [
        ("ccusage", "#!/bin/sh\nexec ttop cost --by day -o ccusage\n"),
        (
            "ssh",
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in ttop) break ;; esac; shift; done\nexec sh -c \"$*\"\n",
        ),
        ("psql", "#!/bin/sh\ncat > /dev/null\n"),
        ("clickhouse-client", "#!/bin/sh\ncat > /dev/null\n"),
        ("man", "#!/bin/sh\ncat\n"),
        ("editor", "#!/bin/sh\ntest -f \"$1\"\n"),
    ] {
        home.write(&format!("bin/{name}"), script);
        let path = home.path().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    home
}

fn shell(home: &Home, line: &str) -> Command {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let mut path = home.path().join("bin").into_os_string();
    path.push(":");
    path.push(binary.parent().expect("a folder"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command
        .args(["-c", line])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("EDITOR", "editor")
        .env("TTOP_NOW", "2026-11-20T18:00:00Z")
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .current_dir(home.path().join("acme"))
        .stdin(Stdio::null());
    command
}

/// What must be there before an example runs.
fn before(line: &str) -> Option<&'static str> {
    if line == "ttop config init" {
        return Some("rm ../.config/tokentop/config.json");
    }
    if line.contains("laptop.ndjson") && !line.contains("export") {
        return Some("ttop ledger export > laptop.ndjson");
    }
    if line.starts_with("ttop plugin new") || !line.starts_with("ttop plugin") || !line.contains("acme") {
        return None;
    }
    match line.contains("add") || line.contains("test") {
        true => Some("ttop plugin new agent acme"),
        false => Some("ttop plugin new agent acme && ttop plugin add ./tokentop-agent-acme --yes"),
    }
}

/// The exit code of an example here, where it is not 0.
fn expected(line: &str) -> &'static [i32] {
    let is = |beginning: &str| line.starts_with(beginning);
    if is("ttop prices update") || is("ttop plugin add @") {
        return &[1]; // The network is off.
    }
    if ["ttop merge laptop", "ttop export duckdb", "ttop export otlp"]
        .iter()
        .any(|name| is(name))
    {
        return &[0, 1]; // No other machine or collector is here, and perhaps no duckdb.
    }
    if line == "ttop setup" {
        return &[2]; // There is no terminal to ask on.
    }
    if is("ttop ps --jump") {
        return &[1, 2]; // No such session is here.
    }
    if line.contains("--check") || line.contains("--max") || is("ttop guard --daily 20") {
        return &[0, 3];
    }
    &[0]
}

#[test]
fn every_example_works_as_printed() {
    let Some(_) = support::program("bash") else { return };
    let mut found = Vec::new();
    examples(&definition(), "ttop", &mut found);
    assert!(found.len() > 60, "{}", found.len());
    for (page, line) in &found {
        let home = home();
        let setup = before(line).map(|setup| shell(&home, setup).output().expect("runs"));
        assert!(
            setup.as_ref().is_none_or(|output| output.status.success()),
            "{line}: {setup:?}"
        );
        if stays(line) {
            starts(&home, line);
            continue;
        }
        let output = shell(&home, line).output().expect("runs");
        let code = output.status.code().expect("a code");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(expected(line).contains(&code), "{page}: {line}: exit {code}\n{stderr}");
    }
}

/// Whether an example goes on until somebody stops it.
fn stays(line: &str) -> bool {
    let is_screen = line == "ttop top" || line == "ttop --demo top";
    is_screen || line.starts_with("ttop watch") || line.contains("ps --watch") || line.starts_with("ttop serve")
}

/// Runs an example that stays until it shows that it works: it prints, or waits for what happens next.
fn starts(home: &Home, line: &str) {
    if line.ends_with(" top") {
        // The screen needs a terminal: tests/top gives it one.
        let output = shell(home, line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && stderr.contains("terminal"),
            "{line}: {output:?}"
        );
        return;
    }
    // A server of this machine may have the port.
    let line = match line {
        "ttop serve" => "ttop serve --listen 127.0.0.1:0".to_owned(),
        _ => line.replace("0.0.0.0:8390", "127.0.0.1:0"),
    };
    let errors = home.path().join("errors");
    let mut child = shell(home, &format!("exec {line}"))
        .stdout(std::fs::File::create(home.path().join("output")).expect("a file"))
        .stderr(std::fs::File::create(&errors).expect("a file"))
        .spawn()
        .expect("runs");
    let began = Instant::now();
    // A ledger that exists shows that the command read the agents' files and goes on.
    let works = || {
        ["output", "errors"]
            .iter()
            .any(|name| std::fs::metadata(home.path().join(name)).is_ok_and(|file| file.len() > 0))
            || home.path().join(".local/share/ttop/ledger.db").exists()
    };
    while !works() && began.elapsed() < LIMIT {
        assert!(child.try_wait().expect("a child").is_none(), "{line} ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(works(), "{line} shows nothing");
    let text = std::fs::read_to_string(&errors).expect("text");
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(!text.contains("error:"), "{line}: {text}");
}
