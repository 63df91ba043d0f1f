//! Programs that ttop runs: they may stay, flood, start others, and learn no secret.

use crate::limited;
use crate::support::Home;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use ttop::agents::built_in;

fn program(home: &Home, name: &str, script: &str) -> PathBuf {
    home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    let path = home.path().join("bin").join(name);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

fn path_with(home: &Home) -> String {
    format!("{}:/usr/bin:/bin", home.path().join("bin").display())
}

/// Processes that still run and belong to a home: their environment names it.
fn left_over(home: &Home) -> usize {
    let needle = home.path().display().to_string();
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("environ")).ok())
        .filter(|environ| String::from_utf8_lossy(environ).contains(&needle))
        .count()
}

const WAYS: [(&str, &str); 5] = [
    ("leaves a child that holds its output", "sleep 60 &\necho 1.2.3"),
    ("never ends", "echo 1.2.3; sleep 60"),
    ("never ends, nor what it started", "sleep 60 & sleep 60"),
    ("floods", "yes 1.2.3"),
    ("ignores its end", "trap '' TERM HUP INT; sleep 60; sleep 60"),
];

/// Each way at the same time, for nearly all of the time is waiting.
fn in_every_way(check: impl Fn(&str, &str) + Sync) {
    std::thread::scope(|scope| {
        for (way, script) in WAYS {
            let check = &check;
            scope.spawn(move || check(way, script));
        }
    });
}

#[test]
fn no_program_of_an_agent_holds_doctor_up() {
    in_every_way(|way, script| {
        let home = Home::new();
        // One at a time: all of them are asked one after the other.
        for agent in built_in().iter().take(4) {
            for name in agent.about().commands.iter() {
                program(&home, name, script);
            }
        }
        let began = Instant::now();
        let output = limited(&home)
            .env("PATH", path_with(&home))
            .args(["doctor", "-q"])
            .output()
            .expect("runs");
        assert!(
            output.status.code().is_some(),
            "{way}: doctor took {:?}",
            began.elapsed()
        );
    });
}

#[test]
fn tmux_holds_nothing_up() {
    in_every_way(|way, script| {
        let home = Home::new();
        program(&home, "tmux", script);
        let output = limited(&home)
            .env("PATH", path_with(&home))
            .env("TMUX", "/tmp/tmux-0/default,1,0")
            .args(["ps"])
            .output()
            .expect("runs");
        assert!(output.status.code().is_some(), "{way}");
    });
}

fn with_sink(home: &Home, sink: &str) {
    let command = home.path().join("bin").join(sink);
    let config = serde_json::json!({"alerts": {"sinks": {"mine": {"type": "command", "command": [command]}}}});
    home.write(".config/tokentop/config.json", config.to_string());
}

#[test]
fn a_sink_sees_no_secret_of_the_environment() {
    let home = Home::new();
    let seen = home.path().join("seen");
    program(&home, "sink", &format!("env > '{}'", seen.display()));
    with_sink(&home, "sink");
    let secrets = [
        "TTOP_OPENROUTER_TOKEN",
        "TTOP_X_CREDENTIAL",
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "DATABASE_URL",
    ];
    let mut command = limited(&home);
    for name in secrets {
        command.env(name, "CANARY");
    }
    let output = command.args(["alert", "--test", "mine"]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(seen).expect("the sink ran");
    assert!(text.contains("PATH=") && text.contains("HOME="), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
}

#[test]
fn a_sink_that_leaves_a_child_is_not_waited_for() {
    let home = Home::new();
    program(&home, "sink", "sleep 60 &\necho done >&2");
    with_sink(&home, "sink");
    let began = Instant::now();
    let output = limited(&home).args(["alert", "--test", "mine"]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(began.elapsed() < Duration::from_secs(15));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("done"),
        "what it complains of is seen"
    );
}

#[test]
fn what_is_ended_leaves_nothing_behind() {
    let home = Home::new();
    let (name, script) = ("claude", "sleep 61 & sleep 61");
    program(&home, name, script);
    let output = limited(&home)
        .env("PATH", path_with(&home))
        .args(["doctor", "-q"])
        .output()
        .expect("runs");
    assert!(output.status.code().is_some());
    assert_eq!(left_over(&home), 0);
}
