//! Agents of the same user under another home are not taken for those of this one.

use crate::support::Home;
use crate::support::fake_agents::Process;
use crate::{rows, write_rollout};
use serde_json::{Value, json};
use ttop::agents::programs;

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
fn an_agent_of_another_home_is_left_out_whichever_it_is() {
    let (home, other) = (Home::new(), Home::new());
    let folder = home.path().join("api");
    for program in programs().iter() {
        let command = program.commands.first().expect("a command");
        let shown = |whose: &Home| -> Vec<Value> {
            let variables = [("HOME", whose.path())];
            let variables = variables
                .each_ref()
                .map(|(name, path)| (*name, path.to_str().expect("text")));
            let process = Process::surrounded(&variables, command, &folder, &[]);
            rows(&home, &[], &[process.pid()])
        };
        let own = shown(&home);
        assert_eq!(own.len(), 1, "{command}");
        assert_eq!(own[0]["agentId"], program.agent_id, "{command}");
        // Nothing is known yet: never idle.
        assert_eq!(own[0]["status"], "unknown", "{command}");
        assert_eq!(shown(&other), Vec::<Value>::new(), "{command} of another home");
    }
}

#[test]
fn what_an_agent_runs_no_session_in_is_a_helper_whichever_it_is() {
    let home = Home::new();
    let folder = home.path().join("api");
    let mut started = Vec::new();
    for program in programs().iter() {
        let command = program.commands.first().expect("a command");
        for words in [&["mcp"][..], &["login"], &["update"], &["--version"]] {
            let process = Process::start(command, &folder, words);
            started.push((command, words, process));
        }
    }
    let pids: Vec<u32> = started.iter().map(|(.., process)| process.pid()).collect();
    let shown = rows(&home, &[], &pids);
    assert!(shown.is_empty(), "{shown:#?}");
    let all = rows(&home, &["--all"], &pids);
    for (command, words, process) in &started {
        let row = all.iter().find(|row| row["pid"] == process.pid());
        let role = row.map(|row| row["role"].clone());
        assert_eq!(role, Some(json!("helper")), "{command} {words:?}");
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
