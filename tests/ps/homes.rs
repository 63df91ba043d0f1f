//! Agents of the same user under another home are not taken for those of this one.

use crate::support::Home;
use crate::support::fake_agents::Process;
use crate::{rows, write_rollout};
use serde_json::{Value, json};

const ID: &str = "0c0c0c0c-0000-4000-8000-00000000000c";

#[test]
fn only_agents_of_this_home_are_shown_with_its_sessions() {
    let home = Home::new();
    let other = Home::new();
    let folder = home.path().join("api");
    let text = |home: &Home| home.path().to_str().expect("text").to_owned();
    let (ours, theirs) = (text(&home), text(&other));
    let elsewhere = other.path().join("elsewhere");
    let elsewhere = elsewhere.to_str().expect("text");
    for (agent, directory) in [
        ("codex", "CODEX_HOME"),
        ("claude", "CLAUDE_CONFIG_DIR"),
        ("opencode", "XDG_DATA_HOME"),
        ("qwen", "QWEN_HOME"),
    ] {
        let shown = |variables: &[(&str, &str)]| -> usize {
            let process = Process::surrounded(variables, agent, &folder, &[]);
            rows(&home, &[], &[process.pid()]).len()
        };
        assert_eq!(shown(&[("HOME", &ours)]), 1, "{agent}");
        assert_eq!(shown(&[("HOME", &theirs)]), 0, "{agent} of another home");
        assert_eq!(
            shown(&[("HOME", &ours), (directory, elsewhere)]),
            0,
            "{agent} with {directory}"
        );
        assert_eq!(shown(&[("HOME", &ours), ("NVM_DIR", elsewhere)]), 1, "{agent}");
    }
}

#[test]
fn a_session_of_this_home_is_not_shown_at_a_process_of_another_home() {
    let home = Home::new();
    let other = Home::new();
    let folder = home.path().join("api");
    let start =
        |home: &Home| Process::surrounded(&[("HOME", home.path().to_str().expect("text"))], "codex", &folder, &[]);
    let theirs = start(&other);
    let ours = start(&home);
    write_rollout(
        &home,
        ID,
        &folder,
        "cli",
        &[json!({"type": "task_started", "turn_id": "t"})],
    );
    let found = rows(&home, &[], &[theirs.pid(), ours.pid()]);
    let shown: Vec<_> = found
        .iter()
        .map(|row| (row["pid"].clone(), row["sessionId"].clone()))
        .collect();
    assert_eq!(shown, [(Value::from(ours.pid()), Value::from(ID))]);
}
