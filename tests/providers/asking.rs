//! When a provider is asked, with what, and when it is left alone.

use crate::support::Home;
use crate::support::mock_providers::{Mock, pack};
use crate::{NOW, NOW_MS, keyed_home, one, providers, requests, rows, ttop};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use ttop::core::credential::{Content, Credential, Kind, Rank, Secret};
use ttop::credentials::Search;
use ttop::providers::address::Addresses;
use ttop::providers::poll::Poll;
use ttop::system::config::Config;
use ttop::system::fingerprint::Fingerprints;
use ttop::system::{Os, System};

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
fn a_running_app_is_asked_instead_of_its_maker() {
    let mock = Mock::start();
    mock.case("antigravity", "local_summary");
    let home = Home::of("credentials/antigravity-accounts/home");
    let env = [("TTOP_PROVIDERS_BASE_URL".to_owned(), mock.url.clone())];
    let mut system = System::new(Os::Linux, home.path(), env.into());
    system.now = NOW_MS;
    let content = Content::Secret(Secret::new("CANARY-csrf").expect("not blank"));
    let app = Credential::new("antigravity", Kind::Unknown, "antigravity-app", Rank::Running, content);
    let wanted = ttop::providers::wanted(&ttop::providers::built_in());
    let holdings = ttop::credentials::find(&Search {
        system: &system,
        wanted: &wanted,
        keychain: None,
    });
    let antigravity = ttop::providers::built_in()
        .into_iter()
        .find(|one| one.about().id == "antigravity")
        .expect("known");
    let config = Config::default();
    let addresses = Addresses::from_env(&system, std::slice::from_ref(&antigravity)).expect("local");
    let (fingerprints, _) = Fingerprints::open(&system).expect("random numbers");
    let ask = |running: &[Credential]| {
        let poll = Poll {
            system: &system,
            config: &config,
            addresses: &addresses,
            provider_credentials: &holdings,
            running,
            fingerprints: &fingerprints,
        };
        let report = poll.ask_all(std::slice::from_ref(&antigravity)).remove(0);
        let limits = report.usage.unwrap_or_default().limits;
        let told: Vec<_> = limits.iter().map(|limit| (limit.label(), limit.used_percent)).collect();
        (report.source, told)
    };
    let expected = pack("antigravity/expected.json")["cases"]["local_summary"]["limits"].take();
    let expected: Vec<_> = expected
        .as_array()
        .expect("limits")
        .iter()
        .map(|limit| {
            (
                limit["label"].as_str().expect("a label").to_owned(),
                limit["usedPercent"].as_f64().expect("a number"),
            )
        })
        .collect();
    assert_eq!(
        ask(std::slice::from_ref(&app)),
        (Some("antigravity-app".to_owned()), expected)
    );
    let asked = mock.asked();
    assert!(asked.len() == 1 && asked[0].missing.is_empty(), "{asked:?}");
    // An app that does not answer leaves it to the login.
    mock.case("antigravity", "unauthorized_401");
    let (source, _) = ask(&[Credential {
        origin: "process 2".to_owned(),
        ..app
    }]);
    assert_eq!(source.as_deref(), Some("antigravity-accounts"));
}
