//! Which rows there are, and what they are made of besides answers.

use crate::support::Home;
use crate::support::mock_providers::Mock;
use crate::{NOW, keyed_home, one, providers, requests, rows, ttop};
use serde_json::{Value, json};

#[test]
fn only_what_is_configured_is_shown_and_all_shows_the_rest() {
    let (mock, home) = (Mock::start(), keyed_home());
    let ids = |rows: &[Value]| -> Vec<String> {
        rows.iter()
            .map(|row| row["providerId"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(ids(&providers(&home, &mock, &[])), ["deepseek", "openrouter"]);
    let all = providers(&home, &mock, &["--all"]);
    assert_eq!(all.len(), ttop::providers::built_in().len());
    assert!(ids(&all).is_sorted());
    let codex = all.iter().find(|row| row["providerId"] == "codex").expect("a row");
    assert_eq!(
        (&codex["state"], &codex["configured"]),
        (&json!("not_configured"), &json!(false))
    );
    assert!(codex["note"].as_str().expect("a hint").contains("codex login"));
    home.write(
        ".config/tokentop/config.json",
        r#"{"providers":{"deepseek":{"enabled":false}}}"#,
    );
    mock.asked();
    assert_eq!(ids(&providers(&home, &mock, &[])), ["openrouter"]);
    assert_eq!(requests(&mock), 0);
}

#[test]
fn check_fails_for_windows_that_are_over() {
    let (mock, home) = (Mock::start(), keyed_home());
    let check = |args: &[&str]| {
        let output = ttop(&home, &mock)
            .args(["providers", "--check"])
            .args(args)
            .output()
            .expect("runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("UTF-8").lines().count(),
        )
    };
    // 25.5 % of the key's limit.
    assert_eq!(check(&[]), (Some(0), 0));
    assert_eq!(check(&["--at", "25.5"]), (Some(3), 1));
    assert_eq!(check(&["--at", "25.5", "-q"]), (Some(3), 0));
    assert_eq!(check(&["--at", "26"]), (Some(0), 0));
}

#[test]
fn an_agent_lists_its_providers_by_its_own_ids() {
    let mock = Mock::start();
    let home = Home::new().at(NOW);
    let auth = r#"{"openai":{"type":"oauth","access":"CANARY-o","expires":0,"accountId":"a"},"my-llm":{"type":"api","key":"CANARY-m"}}"#;
    home.write(".local/share/opencode/auth.json", auth);
    home.write(".config/opencode/opencode.json", r#"{"disabled_providers":["google"]}"#);
    let found = providers(&home, &mock, &["--known-by", "opencode"]);
    let listed: Vec<_> = found
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let flag = |key: &str| row[key].as_bool().expect("a flag");
            (text("providerId"), text("state"), flag("configured"), flag("enabled"))
        })
        .collect();
    let row = |id: &str, state: &str, configured, enabled| (id.to_owned(), state.to_owned(), configured, enabled);
    assert_eq!(
        listed,
        [
            row("anthropic", "not_configured", false, true),
            row("antigravity", "not_configured", false, true),
            row("github-copilot", "not_configured", false, true),
            row("google", "not_configured", false, false),
            row("my-llm", "unsupported", true, true),
            row("openai", "ok", true, true),
            row("opencode", "not_configured", false, true),
            row("openrouter", "not_configured", false, true),
        ]
    );
}

#[test]
fn answers_make_a_history() {
    let (mock, home) = (Mock::start(), keyed_home());
    one(&home, &mock, "openrouter");
    let later = home.at("2026-11-20T13:00:00Z");
    mock.case("openrouter", "drift");
    one(&later, &mock, "openrouter");
    let history = |span: &str| {
        let rows = providers(&later, &mock, &["--history", span]);
        let seen = rows.iter().map(|row| {
            (
                row["label"].as_str().expect("a label").to_owned(),
                row["usedPercent"].as_f64(),
            )
        });
        seen.collect::<Vec<_>>()
    };
    let (first, second) = (
        ("Monthly (API key)".to_owned(), Some(25.5)),
        ("Quota (API key)".to_owned(), Some(75.0)),
    );
    assert_eq!(history("7d"), [first, second.clone()]);
    assert_eq!(history("30min"), [second]);
}

#[test]
fn a_damaged_credential_is_named_and_the_others_still_answer() {
    let (mock, home) = (Mock::start(), keyed_home());
    home.write(".codex/auth.json", "{\"tokens\": CANARY");
    let found = providers(&home, &mock, &["--all"]);
    let of = |id: &str| found.iter().find(|row| row["providerId"] == id).expect("a row");
    assert_eq!(
        (&of("codex")["state"], &of("codex")["note"]),
        (&json!("not_configured"), &json!("~/.codex/auth.json: invalid_json"))
    );
    assert_eq!(of("openrouter")["state"], "ok");
}

#[test]
fn limits_that_agents_wrote_down_need_no_request() {
    let mock = Mock::start();
    let home = Home::new().at("2026-11-20T12:00:00Z");
    let record = r#"{"timestamp":"2026-11-20T11:59:00.000Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{"limit_id":"codex","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1795186800},"plan_type":"plus"}}}"#;
    let start = r#"{"timestamp":"2026-11-20T11:58:00.000Z","type":"session_meta","payload":{"id":"01a1f815-1309-7631-8ca6-f65cd49bf16d","cwd":"/w","cli_version":"0.169.0"}}"#;
    home.write(
        ".codex/sessions/2026/11/20/rollout-2026-11-20T11-58-00-01a1f815-1309-7631-8ca6-f65cd49bf16d.jsonl",
        format!("{start}\n{record}\n"),
    );
    let found = providers(&home, &mock, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (&found[0]["providerId"], &found[0]["source"]),
        (&json!("codex"), &json!("local-files"))
    );
    assert_eq!(
        (&found[0]["usedPercent"], &found[0]["stale"]),
        (&json!(12.5), &json!(false))
    );
    assert_eq!(requests(&mock), 0);
    // An answer that is newer counts more.
    let mut command = ttop(&home, &mock);
    command.env(
        "TTOP_CODEX_CREDENTIAL",
        r#"{"kind":"oauth","token":"CANARY-c","accountId":"a"}"#,
    );
    let asked = rows(command.arg("providers")).remove(0);
    assert_eq!((&asked["usedPercent"], &asked["source"]), (&json!(27.0), &json!("env")));
}

#[test]
fn the_sample_home_is_always_the_same_and_leaves_no_trace() {
    let home = keyed_home();
    home.write(".config/tokentop/config.json", "not read");
    for command in ["providers", "creds"] {
        let sample = home.stdout(&[command, "--demo"]);
        assert!(sample.lines().count() > 3 && !sample.contains("deepseek"), "{sample}");
        assert_eq!(home.stdout(&[command, "--demo"]), sample);
    }
    let own: Vec<_> = [".local/share/tokentop", ".cache"]
        .iter()
        .filter(|path| home.path().join(path).exists())
        .collect();
    assert!(own.is_empty(), "{own:?}");
    let table = home.stdout(&["providers", "--demo", "-o", "table"]);
    insta::assert_snapshot!(table, @r"
    Provider        Plan                   Used  Limits                                               Credits   Spend   Age
    anthropic       Max 5x      ████▉░░░  61.5%  5h 37% 3h 00min, 7d 61.5% out 1d 21h, 7d Sonnet 12%                   1min
    codex           Plus        ████████   100%  5h 11% 3h 00min, 7d 100% 4d 0h                                        1min
    github-copilot  Individual  ███▍░░░░  42.3%  30d Premium 42.3% 10d 0h                                              1min
    openrouter                                                                                         $74.75  $25.50  1min
    ");
}
