//! `ttop providers` against the pack of replies, over real HTTP.

#[path = "support/mock_providers.rs"]
mod mock_providers;
mod support;

use assert_cmd::Command;
use mock_providers::{Drop, Mock, pack};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::Home;

/// `now` of the pack.
const NOW: &str = "2026-11-20T12:00:00Z";
const NOW_MS: i64 = 1_795_176_000_000;

/// The binary with the network on, all of it at the mock.
fn ttop(home: &Home, mock: &Mock) -> Command {
    let mut command = home.ttop();
    command
        .env_remove("TTOP_OFFLINE")
        .env("TTOP_PROVIDERS_BASE_URL", &mock.url)
        .env("TTOP_PRICES_URL", format!("{}/prices", mock.url));
    command
}

fn rows(command: &mut Command) -> Vec<Value> {
    let output = command.output().expect("runs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect()
}

fn variable(id: &str, what: &str) -> String {
    format!("TTOP_{}_{what}", id.to_uppercase().replace('-', "_"))
}

/// The credential of a case, as `TTOP_<ID>_CREDENTIAL` has it.
fn credential(id: &str, case: &Value) -> String {
    let (given, described) = (
        pack(&format!("{id}/request.json"))["credential"].take(),
        &case["credential"],
    );
    let is_oauth = described["kind"] == "oauth";
    let expires = is_oauth && described["expires"] != 0;
    json!({
        "kind": described["kind"],
        "token": given["access_token"].as_str().or(given["api_key"].as_str()).expect("a token"),
        "expiresAt": expires.then_some(NOW_MS + 3_600_000),
        "accountId": given["account_id"],
        "userId": given["user_id"],
        "subscriptionType": described["subscriptionType"],
        "rateLimitTier": described["rateLimitTier"],
    })
    .to_string()
}

fn ids() -> Vec<String> {
    let mut ids: Vec<String> = std::fs::read_dir(support::fixtures().join("providers"))
        .expect("the pack")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids
}

fn cases(id: &str) -> Vec<String> {
    let expected = pack(&format!("{id}/expected.json"));
    expected["cases"].as_object().expect("cases").keys().cloned().collect()
}

fn ms(value: &Value) -> Value {
    let at = value
        .as_str()
        .map(|text| text.parse::<jiff::Timestamp>().expect("RFC 3339").as_millisecond());
    json!(at)
}

/// What a `ProviderUsage` of the pack becomes in the row.
fn expected_row(usage: &Value) -> Value {
    let limits: Vec<Value> = usage["limits"]
        .as_array()
        .expect("limits")
        .iter()
        .map(|limit| {
            let label = limit["label"].as_str().expect("a label");
            let scope = label.split_once(" (").map(|(_, rest)| rest.trim_end_matches(')'));
            json!({
                "label": label,
                "scope": scope,
                "usedPercent": limit["usedPercent"],
                "used": limit["used"],
                "limit": limit["limit"],
                "unit": limit["unit"],
                "windowMinutes": limit["windowMinutes"],
                "resetsAt": ms(&limit["resetsAt"]),
            })
        })
        .collect();
    let percent = |limit: &Value| limit["usedPercent"].as_f64().expect("a number");
    let highest = limits.iter().max_by(|a, b| percent(a).total_cmp(&percent(b)));
    let (credits, spend) = (&usage["credits"], &usage["spend"]);
    let tokens = spend["tokens"].as_object().map(|tokens| {
        json!({
            "input": tokens["input"],
            "output": tokens["output"],
            "reasoning": null,
            "cacheRead": tokens["cacheRead"],
            "cacheWrite": tokens["cacheWrite"],
        })
    });
    json!({
        "providerId": usage["provider"],
        "plan": usage["plan"],
        "usedPercent": highest.map(percent),
        "resetsAt": highest.map(|limit| limit["resetsAt"].clone()),
        "limitReached": limits.iter().any(|limit| percent(limit) >= 100.0),
        "limits": limits,
        "credits": credits["balance"],
        "creditsCurrency": credits["currency"],
        "creditsUnlimited": credits["unlimited"] == true,
        "spend": spend["amount"],
        "spendCurrency": spend["currency"],
        "spendPeriod": spend["period"],
        "spendLimit": spend["limit"],
        "tokens": tokens,
        "state": usage["state"],
        "retryAfterMs": usage["retryAfter"].as_u64().map(|wait| wait * 1000),
        "stale": false,
        "configured": true,
        "enabled": true,
        "source": "env",
    })
}

/// Whether two values are equal, numbers to half a hundredth.
fn is_close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            (a.as_f64().unwrap_or(f64::NAN) - b.as_f64().unwrap_or(f64::NAN)).abs() <= 0.005
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_close(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_close(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn every_case_of_every_provider_gives_exactly_its_row() {
    let mock = Mock::start();
    let mut seen = 0;
    for id in ids() {
        for name in cases(&id) {
            let case = pack(&format!("{id}/replies/{name}.json"));
            if case["credential"]["kind"] == "local" {
                continue;
            }
            let home = Home::new().at(case["now"].as_str().expect("a time"));
            mock.case(&id, &name);
            let mut command = ttop(&home, &mock);
            command.env(variable(&id, "CREDENTIAL"), credential(&id, &case));
            let found = rows(command.args(["providers", "-o", "ndjson"]));
            assert_eq!(found.len(), 1, "{id} {name}: {found:#?}");
            let expected = expected_row(&pack(&format!("{id}/expected.json"))["cases"][&name]);
            for (key, value) in expected.as_object().expect("a row") {
                assert!(
                    is_close(&found[0][key], value),
                    "{id} {name}: {key}\nfound    {}\nexpected {value}",
                    found[0][key]
                );
            }
            for asked in mock.asked().iter().filter(|asked| asked.provider != "prices") {
                assert!(
                    asked.missing.is_empty() && asked.request.is_some(),
                    "{id} {name}: {asked:?}"
                );
                let agent = asked.headers.get("user-agent").map(String::as_str).unwrap_or_default();
                assert!(agent.starts_with("ttop/"), "{agent}");
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} cases");
}

/// A home with a key for OpenRouter and one for DeepSeek, and nothing else.
fn keyed_home() -> Home {
    let home = Home::new().at(NOW);
    let auth = r#"{"openrouter":{"type":"api","key":"CANARY-or"},"deepseek":{"type":"api","key":"CANARY-ds"}}"#;
    home.write(".local/share/opencode/auth.json", auth);
    home
}

fn providers(home: &Home, mock: &Mock, args: &[&str]) -> Vec<Value> {
    rows(ttop(home, mock).arg("providers").args(args))
}

fn one(home: &Home, mock: &Mock, id: &str) -> Value {
    let mut found = providers(home, mock, &["--provider", id]);
    found.retain(|row| row["providerId"] == id);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// How many requests came in, the price list aside.
fn requests(mock: &Mock) -> usize {
    mock.asked().iter().filter(|asked| asked.provider != "prices").count()
}

#[test]
fn a_row_has_every_key_in_its_order() {
    let (mock, home) = (Mock::start(), keyed_home());
    let output = ttop(&home, &mock)
        .args(["providers", "--provider", "openrouter"])
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let row: serde_json::Map<String, Value> = serde_json::from_str(text.trim()).expect("a row");
    let keys: Vec<&str> = row.keys().map(String::as_str).collect();
    assert_eq!(
        keys.join(", "),
        "providerId, billerId, name, configured, enabled, state, reason, plan, limits, usedPercent, resetsAt, \
         limitReached, credits, creditsCurrency, creditsUnlimited, spend, spendCurrency, spendPeriod, spendLimit, \
         tokens, capabilities, fetchedAt, stale, retryAfterMs, source, note"
    );
    assert_eq!(row["fetchedAt"], NOW_MS);
    assert_eq!(row["source"], "opencode-auth");
    assert_eq!(row["capabilities"], json!(["limits", "credits", "spend"]));
}

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
    assert_eq!(all.len(), ttop::providers::providers().len());
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
fn statuses_and_broken_connections_have_their_states() {
    let mock = Mock::start();
    let state = |id: &str| {
        let home = keyed_home();
        let row = one(&home, &mock, id);
        (
            row["state"].as_str().expect("a state").to_owned(),
            row["retryAfterMs"].clone(),
            row["limits"].clone(),
        )
    };
    let bare = |state: &str, wait: Value| (state.to_owned(), wait, json!([]));
    for (status, headers, expected) in [
        (401, "", bare("unauthorized", Value::Null)),
        (403, "", bare("unauthorized", Value::Null)),
        (
            403,
            "x-ratelimit-remaining: 0\r\n",
            bare("rate_limited", json!(300_000)),
        ),
        (404, "", bare("unsupported", Value::Null)),
        (429, "", bare("rate_limited", json!(300_000))),
        (
            429,
            "retry-after: Fri, 20 Nov 2026 12:01:00 GMT\r\n",
            bare("rate_limited", json!(60_000)),
        ),
        (500, "", bare("unreachable", Value::Null)),
        (503, "retry-after: 12\r\n", bare("unreachable", json!(12_000))),
        (
            307,
            "location: http://127.0.0.1:9/\r\n",
            bare("unauthorized", Value::Null),
        ),
    ] {
        mock.status("deepseek", status, headers);
        assert_eq!(state("deepseek"), expected, "{status} {headers}");
    }
    mock.status("deepseek", 0, "");
    for drop in [Drop::Before, Drop::Headers, Drop::Mid] {
        mock.drop("deepseek", drop);
        assert_eq!(state("deepseek"), bare("unreachable", Value::Null), "{drop:?}");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port();
    let home = keyed_home();
    let mut command = ttop(&home, &mock);
    command.env("TTOP_DEEPSEEK_BASE_URL", format!("http://127.0.0.1:{port}"));
    let refused = rows(command.args(["providers", "--provider", "deepseek"]));
    assert_eq!(refused[0]["state"], "unreachable");
}

#[test]
fn a_slow_provider_delays_no_other_and_the_whole_ends_within_ten_seconds() {
    let (mock, home) = (Mock::start(), keyed_home());
    mock.latency("deepseek", Duration::from_secs(15));
    let started = Instant::now();
    let found = providers(&home, &mock, &[]);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(
        (&found[0]["state"], &found[1]["state"]),
        (&json!("unreachable"), &json!("ok"))
    );
}

#[test]
fn an_answer_serves_every_process_for_its_interval() {
    let (mock, home) = (Mock::start(), keyed_home());
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_eq!(one(&home, &mock, "deepseek")["state"], "ok"));
        }
    });
    assert_eq!(requests(&mock), 1);
    let later = home.at("2026-11-20T12:04:59Z");
    assert_eq!(one(&later, &mock, "deepseek")["stale"], false);
    assert_eq!(requests(&mock), 0);
    let due = later.at("2026-11-20T12:05:00Z");
    assert_eq!(one(&due, &mock, "deepseek")["fetchedAt"], NOW_MS + 300_000);
    assert_eq!(requests(&mock), 1);
}

#[test]
fn a_refusal_keeps_the_last_answer_and_is_respected_by_every_process() {
    let (mock, home) = (Mock::start(), keyed_home());
    one(&home, &mock, "deepseek");
    mock.status("deepseek", 429, "retry-after: 600\r\n");
    let limited = home.at("2026-11-20T13:00:00Z");
    let row = one(&limited, &mock, "deepseek");
    assert_eq!(
        (&row["state"], &row["retryAfterMs"]),
        (&json!("rate_limited"), &json!(600_000))
    );
    assert_eq!(
        (&row["stale"], &row["credits"], &row["fetchedAt"]),
        (&json!(true), &json!(110.0), &json!(NOW_MS))
    );
    mock.status("deepseek", 0, "");
    mock.asked();
    let waiting = limited.at("2026-11-20T13:09:00Z");
    let row = one(&waiting, &mock, "deepseek");
    assert_eq!(
        (&row["state"], &row["retryAfterMs"]),
        (&json!("rate_limited"), &json!(60_000))
    );
    assert_eq!(requests(&mock), 0);
    // Another credential is another matter.
    waiting.write(
        ".local/share/opencode/auth.json",
        r#"{"deepseek":{"type":"api","key":"CANARY-new"}}"#,
    );
    let row = one(&waiting, &mock, "deepseek");
    assert_eq!((&row["state"], &row["stale"]), (&json!("ok"), &json!(false)));
}

#[test]
fn offline_answers_from_memory_and_connects_to_nothing() {
    let (mock, home) = (Mock::start(), keyed_home());
    let row = rows(ttop(&home, &mock).args(["providers", "--offline", "--provider", "deepseek"])).remove(0);
    assert_eq!(
        (&row["state"], &row["note"], &row["credits"]),
        (&json!("unreachable"), &json!("offline"), &Value::Null)
    );
    one(&home, &mock, "deepseek");
    mock.asked();
    let fresh = rows(ttop(&home, &mock).args(["providers", "--offline", "--provider", "deepseek"])).remove(0);
    assert_eq!((&fresh["state"], &fresh["stale"]), (&json!("ok"), &json!(false)));
    let later = home.at("2026-11-21T12:00:00Z");
    let old = rows(ttop(&later, &mock).args(["providers", "--offline", "--provider", "deepseek"])).remove(0);
    assert_eq!(
        (&old["state"], &old["stale"], &old["credits"]),
        (&json!("unreachable"), &json!(true), &json!(110.0))
    );
    assert!(mock.asked().is_empty());
}

#[test]
fn urls_from_the_environment_lead_to_this_machine_only() {
    let home = keyed_home();
    for (name, value) in [
        ("TTOP_PROVIDERS_BASE_URL", "https://gateway.example/CANARY"),
        ("TTOP_DEEPSEEK_BASE_URL", "http://127.0.0.1@gateway.example"),
        ("TTOP_PRICES_URL", "https://gateway.example"),
    ] {
        let output = home.ttop().env(name, value).arg("providers").output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(name) && !stderr.contains("gateway"), "{stderr}");
    }
}

#[test]
fn a_login_of_another_tool_is_used_with_consent_only() {
    let mock = Mock::start();
    let home = Home::of("credentials/claude-code/home").at(NOW);
    let row = one(&home, &mock, "anthropic");
    assert_eq!(
        (&row["state"], &row["configured"]),
        (&json!("needs_consent"), &json!(true))
    );
    assert!(
        row["note"]
            .as_str()
            .expect("a hint")
            .contains("providers.anthropic.login")
    );
    assert_eq!(requests(&mock), 0);
    // A key is no consent; a token given to ttop is.
    let with = |name: &str| {
        let mut command = ttop(&home, &mock);
        rows(
            command
                .env(name, "CANARY-x")
                .args(["providers", "--provider", "anthropic"]),
        )
        .remove(0)
    };
    assert_eq!(with("ANTHROPIC_API_KEY")["state"], "needs_consent");
    assert_eq!(with("TTOP_ANTHROPIC_TOKEN")["state"], "ok");
    home.write(
        ".config/tokentop/config.json",
        r#"{"providers":{"anthropic":{"login":true,"userAgent":"me/1"}}}"#,
    );
    mock.asked();
    let row = one(&home, &mock, "anthropic");
    assert_eq!(
        (&row["state"], &row["plan"], &row["source"]),
        (&json!("ok"), &json!("Max 5x"), &json!("claude-code"))
    );
    assert!(mock.asked().iter().any(|asked| asked.headers["user-agent"] == "me/1"));
}

#[test]
fn what_cannot_work_is_not_sent() {
    let mock = Mock::start();
    let expired = Home::of("credentials/gemini-cli/home").at(NOW);
    let row = one(&expired, &mock, "gemini");
    assert_eq!(row["state"], "auth_expired");
    assert!(row["note"].as_str().expect("a hint").contains("gemini"));
    let home = Home::new().at(NOW);
    let mut command = ttop(&home, &mock);
    command
        .env("ANTHROPIC_API_KEY", "CANARY-k")
        .env("PERPLEXITY_API_KEY", "CANARY-p");
    let found = rows(command.arg("providers"));
    let states: Vec<_> = found
        .iter()
        .map(|row| (row["state"].as_str(), row["reason"].as_str()))
        .collect();
    assert_eq!(states, [(Some("unsupported"), Some("product")); 2]);
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
fn files_of_other_tools_stay_as_they_are() {
    let mock = Mock::start();
    let home = Home::of("credentials/cursor-app/home").at(NOW);
    home.copy("credentials/opencode-all-types/home", "");
    home.write(
        ".config/tokentop/config.json",
        r#"{"providers":{"cursor":{"login":true}}}"#,
    );
    let folder = home.path().join(".config/Cursor/User/globalStorage");
    let before = std::fs::read(folder.join("state.vscdb")).expect("readable");
    providers(&home, &mock, &[]);
    assert_eq!(std::fs::read(folder.join("state.vscdb")).expect("readable"), before);
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), 1);
}

#[test]
fn gemini_is_asked_for_the_project_that_is_known() {
    let mock = Mock::start();
    let projects = |project: Option<&str>| -> Vec<Value> {
        let home = Home::new().at(NOW);
        let mut command = ttop(&home, &mock);
        command.envs(project.map(|project| ("GOOGLE_CLOUD_PROJECT", project)));
        rows(command.env("TTOP_GEMINI_TOKEN", "CANARY-g").arg("providers"));
        let asked = mock
            .asked()
            .into_iter()
            .filter(|asked| asked.request.as_deref() == Some("quota"));
        asked.map(|asked| asked.body["project"].clone()).collect()
    };
    assert_eq!(projects(Some("mine")), ["mine"]);
    assert_eq!(projects(None), ["fixture-project-123"]);
    mock.case("gemini", "drift");
    assert_eq!(projects(None), [Value::Null]);
}
