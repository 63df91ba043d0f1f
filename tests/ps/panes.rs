//! Panes of multiplexers other than tmux: agents that know theirs, and programs that write down what they are asked.

use crate::support::Home;
use crate::support::fake_agents::Process;
use crate::{row, ttop};
use std::os::unix::fs::PermissionsExt;

type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

/// A multiplexer, the variables its panes have, and what it is asked for to go there.
const CASES: [Case; 4] = [
    (
        "zellij",
        &[("ZELLIJ_SESSION_NAME", "my work"), ("ZELLIJ_PANE_ID", "3")],
        "zellij:my work:3",
        "--session my work action focus-pane-id terminal_3",
    ),
    (
        "screen",
        &[("STY", "12.api"), ("WINDOW", "2")],
        "screen:12.api:2",
        "-S 12.api -X select 2",
    ),
    (
        "wezterm",
        &[("WEZTERM_PANE", "7")],
        "wezterm:7",
        "cli activate-pane --pane-id 7",
    ),
    (
        "kitten",
        &[("KITTY_WINDOW_ID", "5"), ("KITTY_LISTEN_ON", "unix:/tmp/k")],
        "kitty:5",
        "@ --to unix:/tmp/k focus-window --match id:5",
    ),
];

#[test]
fn an_agent_is_shown_in_its_pane_and_jump_goes_there() {
    for (program, variables, pane, asked) in CASES {
        let home = Home::new();
        let log = home.path().join("asked");
        home.write(
            &format!("bin/{program}"),
            format!("#!/bin/sh\necho \"$*\" >> '{}'\n", log.display()),
        );
        let bin = home.path().join("bin");
        std::fs::set_permissions(bin.join(program), std::fs::Permissions::from_mode(0o755)).expect("mode");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
        let home_path = home.path();
        let mut surroundings = vec![("HOME", home_path.to_str().expect("text"))];
        surroundings.extend(variables);
        let process = Process::surrounded(&surroundings, "codex", &home.path().join("api"), &[]);
        let row = row(&home, &process);
        assert_eq!(
            (row["pane"].as_str(), row["tmuxPane"].as_str()),
            (Some(pane), None),
            "{program}"
        );
        let jump = ttop(&home, &["ps", "--jump", &process.pid().to_string()])
            .env("PATH", path)
            .output()
            .expect("runs");
        assert!(
            jump.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&jump.stderr)
        );
        let said = std::fs::read_to_string(&log).expect("asked");
        assert!(said.lines().any(|line| line == asked), "{program}: {said}");
    }
}
