//! `ttop guard`: blocks a prompt in each agent's own protocol once a budget is exceeded, and never otherwise.

use crate::support::{self, Home};
use serde_json::{Value, json};
use std::process::Output;

fn home() -> Home {
    let home = Home::new();
    let reply = r#"{"type":"assistant","sessionId":"aaaa-1","cwd":"/home/dev/acme-api","timestamp":"2026-11-20T10:00:00.000Z","uuid":"u1","requestId":"r1","version":"2.1.63","isSidechain":false,"costUSD":2.5,"message":{"id":"m1","role":"assistant","model":"claude-sonnet-4-5","usage":{"input_tokens":10,"output_tokens":20,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}}}"#;
    home.write(".claude/projects/-home-dev-acme-api/aaaa-1.jsonl", format!("{reply}\n"));
    home
}

fn guard(home: &Home, args: &[&str], input: &str) -> Output {
    let mut command = home.ttop();
    command.arg("guard").args(args).write_stdin(input.to_owned());
    command.output().expect("runs")
}

const PROMPT: &str = r#"{"session_id":"s","cwd":"/home/dev","hook_event_name":"UserPromptSubmit","prompt":"go on"}"#;

#[test]
fn a_prompt_is_blocked_in_each_agents_protocol_once_a_budget_is_gone() {
    let home = home();
    for (args, input) in [
        (&["--daily", "2"][..], PROMPT),
        (&["--daily", "2", "--hook", "claude-code"], PROMPT),
        (&["--weekly", "2", "--hook", "codex"], PROMPT),
        (&["--monthly", "2", "--hook", "opencode"], ""),
        (&["--daily", "100", "--weekly", "1"], PROMPT),
    ] {
        let output = guard(&home, args, input);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        let decision: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(decision["decision"], "block", "{args:?}");
        assert!(
            decision["reason"]
                .as_str()
                .is_some_and(|reason| reason.contains("$2.50")),
            "{decision}"
        );
    }
    let tool = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash"}"#;
    let decision: Value = serde_json::from_slice(&guard(&home, &["--daily", "2"], tool).stdout).expect("JSON");
    assert_eq!(decision["hookSpecificOutput"]["permissionDecision"], "deny");
}

#[test]
fn a_prompt_within_its_budget_passes_without_a_word() {
    let home = home();
    for (args, input) in [
        (&["--daily", "3"][..], PROMPT),
        (&["--daily", "3", "--hook", "opencode"], ""),
        (&["--daily", "1", "--project", "/home/dev", "--hook", "codex"], PROMPT),
    ] {
        let output = guard(&home, args, input);
        let blocks = args.contains(&"--project");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert_eq!(output.stdout.is_empty(), !blocks, "{args:?}");
    }
}

#[test]
fn on_the_command_line_a_budget_that_is_gone_is_a_failed_check() {
    let home = home();
    assert_eq!(guard(&home, &["--daily", "3"], "").status.code(), Some(0));
    let output = guard(&home, &["--daily", "2"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("budget daily is exceeded: $2.50 of $2"),
        "{output:?}"
    );
    assert_eq!(
        guard(&home, &[], "").status.code(),
        Some(2),
        "there is nothing to guard"
    );
    assert_eq!(
        guard(&home, &["--daily", "2", "--project", "/nowhere"], "")
            .status
            .code(),
        Some(2)
    );
    home.write(
        ".config/tokentop/config.json",
        json!({"budgets": {"daily": 2}}).to_string(),
    );
    assert_eq!(
        guard(&home, &[], "").status.code(),
        Some(3),
        "the configured budget counts"
    );
}

#[test]
fn the_printed_setup_is_what_each_agent_reads() {
    let home = home();
    for agent in ["claude-code", "codex"] {
        let text = home.stdout(&["guard", "--daily", "20", "--print-config", agent]);
        let setup: Value = serde_json::from_str(&text).expect("JSON, ready for a file");
        let command = setup["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"]
            .as_str()
            .expect("a command");
        assert_eq!(command, format!("ttop guard --daily 20 --hook {agent}"));
    }
    let Some(node) = support::program("node") else { return };
    let binary = format!("{:?}", assert_cmd::cargo::cargo_bin("ttop"));
    for (args, program, expected) in [
        (&["--daily", "2"][..], &*binary, "budget daily is exceeded"),
        (&["--daily", "20"], &*binary, "passed"),
        (
            &["--daily", "20", "--project", "/nowhere"],
            &*binary,
            "cannot be checked",
        ),
        (&["--daily", "20"], "\"/nowhere/ttop\"", "ENOENT"),
    ] {
        let setup = [&["guard"], args, &["--print-config", "opencode"]].concat();
        let plugin = home.stdout(&setup).replace("\"ttop\"", program);
        let run = "\nconst hooks = await TtopGuard()\nawait hooks[\"chat.params\"]().then(() => console.log(\"passed\"), (error) => console.log(error.message))\n";
        home.write("guard.mjs", plugin + run);
        let mut command = assert_cmd::Command::new(&node);
        home.surround(&mut command);
        let output = command.arg("guard.mjs").output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(expected), "{args:?}: {output:?}");
    }
}

#[test]
fn a_hook_that_cannot_check_its_budget_blocks_with_the_remedy() {
    let home = home();
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": "twenty"}}"#);
    for (args, remedy) in [
        (&["--hook", "claude-code"][..], "ttop config"),
        (
            &["--daily", "2", "--project", "/nowhere", "--hook", "codex"],
            "/nowhere",
        ),
    ] {
        let output = guard(&home, args, PROMPT);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        let decision: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(decision["decision"], "block", "{args:?}");
        let reason = decision["reason"].as_str().expect("a reason");
        assert!(
            reason.contains("cannot be checked") && reason.contains(remedy),
            "{reason}"
        );
        assert!(
            matches!(guard(&home, &args[..args.len() - 2], "").status.code(), Some(1 | 2)),
            "{args:?}"
        );
    }
}
