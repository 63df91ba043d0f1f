//! Every reply of the pack, statuses and broken connections: exactly one row each.

use crate::support::Home;
use crate::support::mock_providers::{Drop, Mock, pack};
use crate::{NOW, NOW_MS, ids, keyed_home, one, rows, ttop, variable};
use serde_json::{Value, json};

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

/// The limits without what follows from them and the clock.
fn without_pace(value: &Value) -> Value {
    let mut value = value.clone();
    for limit in value.as_array_mut().into_iter().flatten() {
        for key in ["percentPerHour", "projectedPercent", "runsOutAt"] {
            limit.as_object_mut().expect("a limit").shift_remove(key);
        }
    }
    value
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
                let found = without_pace(&found[0][key]);
                assert!(
                    is_close(&found, value),
                    "{id} {name}: {key}\nfound    {found}\nexpected {value}"
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
         tokens, capabilities, fetchedAt, stale, retryAfterMs, source, note, planPrice, planCovered"
    );
    assert_eq!(row["fetchedAt"], NOW_MS);
    assert_eq!(row["source"], "opencode-auth");
    assert_eq!(row["capabilities"], json!(["limits", "credits", "spend"]));
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
