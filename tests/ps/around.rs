//! What stands around the agents: helpers, orphans, watching, the sample home.

use crate::support::Home;
use crate::support::clock::eventually;
use crate::support::fake_agents::{self, Process, sleeper};
use crate::{rows, ttop};
use assert_cmd::cargo::CommandCargoExt;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[test]
fn helpers_are_shown_when_asked_and_called_what_they_are() {
    let home = Home::new();
    let folder = home.path().join("api");
    let bin = home.path().join("bin");
    let (gopls, server) = (sleeper(&bin, "gopls"), sleeper(&bin, "files-server"));
    let config = json!({"mcp": {"files": {"type": "local", "command": [server, "1000"]}}});
    home.write(".config/opencode/opencode.json", config.to_string());
    let script = format!(
        "{} 1000 & {} 1000 & sleep 1000 & read wait",
        gopls.display(),
        server.display()
    );
    let process = Process::running(&script, "opencode", &folder, &[]);
    let helper = Process::start("opencode", &folder, &["run", "/x/server.js", "--stdio"]);
    let children = || {
        let listed = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.pid())).unwrap_or_default();
        listed
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<u32>>()
    };
    eventually("three children", || {
        let ready =
            |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"1000\0"));
        children().len() == 3 && children().iter().all(ready)
    });
    let pids = [children(), vec![process.pid(), helper.pid()]].concat();
    let found = rows(&home, &["--all"], &pids);
    let mut roles: Vec<&str> = found.iter().filter_map(|row| row["role"].as_str()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["helper", "lsp", "mcp", "tool", "tui"]);
    assert_eq!(rows(&home, &[], &pids).len(), 1);
}

#[test]
fn mcp_servers_whose_agent_is_gone_are_orphans() {
    let home = Home::new();
    let server = sleeper(&home.path().join("bin"), "lost-server");
    let config =
        json!({"mcp": {"lost": {"type": "local", "command": [server, "1000", ], "environment": {"KEY": "CANARY"}}}});
    home.write(".config/opencode/opencode.json", config.to_string());
    let agent = Process::running(
        &format!(
            "setsid {} 1000 & echo $! > {}; read wait",
            server.display(),
            home.path().join("pid").display()
        ),
        "opencode",
        &home.path(),
        &[],
    );
    let mut pid = 0;
    eventually("a server", || {
        let text = std::fs::read_to_string(home.path().join("pid")).unwrap_or_default();
        pid = text.trim().parse().unwrap_or(0);
        pid > 0 && std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"1000\0"))
    });
    let mcp = || {
        let output = ttop(&home, &["mcp"]).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains("CANARY") && output.stderr.is_empty(), "{text}");
        serde_json::from_str::<Value>(text.trim()).expect("one row")
    };
    let row = mcp();
    assert_eq!(
        (&row["name"], &row["kind"], &row["command"]),
        (&json!("lost"), &json!("local"), &json!("lost-server"))
    );
    assert_eq!(
        (&row["pids"], &row["orphans"], &row["enabled"]),
        (&json!([pid]), &json!([]), &json!(true))
    );
    assert_eq!(row["source"], "~/.config/opencode/opencode.json");
    assert!(rows(&home, &["--orphans"], &[pid]).is_empty());
    drop(agent);
    eventually("an orphan", || mcp()["orphans"] == json!([pid]));
    assert_eq!(mcp()["pids"], json!([]));
    let found = rows(&home, &["--orphans"], &[pid]);
    assert_eq!(found[0]["role"], "orphan_mcp");
    assert!(rows(&home, &[], &[pid]).is_empty());
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid as i32).expect("a pid"),
        rustix::process::Signal::KILL,
    )
    .expect("killed");
}

#[test]
fn watching_prints_fresh_rows_until_nobody_reads() {
    let home = Home::new();
    let process = Process::start("opencode", &home.path().join("api"), &["-s", "ses_watched"]);
    let mut child = watching(&home);
    let mine = fake_agents::lines(&mut child)
        .filter(|line| line.contains("ses_watched"))
        .take(2)
        .collect::<Vec<_>>();
    assert_eq!(mine.len(), 2);
    assert!(mine[0].contains(&format!("\"pid\":{}", process.pid())));
    // The iterator is gone, and with it the reader.
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(0), "{}", fake_agents::rest(&mut child));
}

#[test]
fn watching_ends_with_the_code_of_its_signal() {
    let home = Home::new();
    let mut child = watching(&home);
    // By now it listens for signals: it has printed or is about to.
    let _process = Process::start("opencode", &home.path().join("api"), &["-s", "ses_signal"]);
    let mut lines = fake_agents::lines(&mut child);
    assert!(lines.any(|line| line.contains("ses_signal")));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    lines.for_each(drop);
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}

fn watching(home: &Home) -> std::process::Child {
    Command::cargo_bin("ttop")
        .expect("the binary is built")
        .args(["ps", "--watch", "100ms"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

#[test]
fn the_sample_home_runs_nothing_of_this_machine() {
    let home = Home::new();
    let first = home.stdout(&["ps", "--demo"]);
    assert_eq!(first, home.stdout(&["ps", "--demo"]));
    assert!(first.lines().all(|line| line.contains("/home/dev/")));
    let table = home.stdout(&["ps", "--demo", "-o", "table"]);
    assert!(
        table.contains("waiting_permission") && table.contains("Port the payment"),
        "{table}"
    );
    assert_eq!(home.stdout(&["mcp", "--demo"]), "");
    let jump = home
        .ttop()
        .args(["ps", "--demo", "--jump", "4101"])
        .output()
        .expect("runs");
    assert_eq!(jump.status.code(), Some(2));
}
