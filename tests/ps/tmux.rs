//! A real tmux with agents in its panes.

use crate::support::clock::eventually;
use crate::support::fake_agents::sleeper;
use crate::support::tmux::Tmux;
use crate::support::{Home, program};
use crate::{rows, ttop};
use std::process::Command;

#[test]
fn finds_the_pane_of_an_agent_and_goes_there() {
    if program("tmux").is_none() {
        return;
    }
    let home = Home::new();
    let agent = sleeper(&home.path().join("bin"), "opencode");
    let tmux = Tmux {
        socket: home.path().join("tmux.sock"),
    };
    let run = format!("{} 1000", agent.display());
    // One agent is the pane's own process, the other one runs in a shell; names may hold spaces.
    tmux.run(&["new-session", "-d", "-s", "my work", "-x", "80", "-y", "24", &run]);
    tmux.run(&["new-window", "-t", "my work", &format!("{run}; true")]);
    let mut pids = Vec::new();
    eventually("two agents", || {
        let list = Command::new("pgrep")
            .args(["-f", &format!("^{run}$")])
            .output()
            .expect("pgrep runs");
        pids = String::from_utf8_lossy(&list.stdout)
            .lines()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<u32>>();
        pids.len() == 2
    });
    let inside = format!("{},1,0", tmux.socket.display());
    let mut command = ttop(&home, &["ps", "--jq", "[.pid, .tmuxPane, .tty]"]);
    let output = command.env("TMUX", &inside).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    for (pid, pane) in pids.iter().zip(["my work:0.0", "my work:1.0"]) {
        assert!(text.contains(&format!("[{pid},\"{pane}\",\"pts/")), "{text}");
    }
    assert_eq!(
        tmux.text(&["display-message", "-p", "-t", "my work", "#{window_index}"]),
        "1"
    );
    let jump = |id: &str| {
        ttop(&home, &["ps", "--jump", id])
            .env("TMUX", &inside)
            .output()
            .expect("runs")
    };
    let output = jump(&pids[0].to_string());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        tmux.text(&["display-message", "-p", "-t", "my work", "#{window_index}"]),
        "0"
    );
    let missed = jump("ses_nowhere");
    assert_eq!(missed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missed.stderr).contains("no running agent has session 'ses_nowhere'"));
    // Without tmux there is no pane, and no error.
    assert!(rows(&home, &[], &pids).iter().all(|row| row["tmuxPane"].is_null()));
}

#[test]
fn a_title_shows_what_the_records_of_an_agent_do_not() {
    if program("tmux").is_none() {
        return;
    }
    let home = Home::new();
    let agent = sleeper(&home.path().join("bin"), "gemini");
    let tmux = Tmux {
        socket: home.path().join("tmux.sock"),
    };
    // A server without sessions would end between two of them.
    tmux.run(&["new-session", "-d", "-s", "other", "-x", "80", "-y", "24"]);
    for (title, status) in [
        ("✋  Action Required (api)", "waiting_permission"),
        ("✦  Working… (api)", "working"),
        ("◇  Ready (api)", "idle"),
        ("anything", "unknown"),
    ] {
        let run = format!("printf '\\033]2;{title}\\007'; exec {} 1000", agent.display());
        tmux.run(&["new-session", "-d", "-s", "titles", "-x", "80", "-y", "24", &run]);
        let inside = format!("{},1,0", tmux.socket.display());
        eventually(title, || {
            let mut command = ttop(
                &home,
                &[
                    "ps",
                    "--agent",
                    "gemini-cli",
                    "--jq",
                    "select(.tmuxPane == \"titles:0.0\") | [.status, .statusSource]",
                ],
            );
            let output = command.env("TMUX", &inside).output().expect("runs");
            let source = if status == "unknown" { "none" } else { "title" };
            String::from_utf8_lossy(&output.stdout).trim() == format!("[\"{status}\",\"{source}\"]")
        });
        tmux.run(&["kill-session", "-t", "titles"]);
    }
}
