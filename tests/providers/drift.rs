//! Answers in which a field has another name, is null or is gone: no number that the provider did not state.

use crate::damage::places;
use crate::support::mock_providers::{pack, read_request};
use crate::{NOW_MS, ids};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ttop::core::credential::{Content, Credential, Kind, Rank, Secret};
use ttop::core::quota::{Credits, ProviderUsage, Reason};
use ttop::providers::ProviderHandle;
use ttop::providers::ask::{Ask, Refusal};
use ttop::system::http::Http;
use ttop::system::{Os, System};

/// The body of each reply: that of the first page, and those of the pages after it.
type Replies = BTreeMap<String, Vec<Value>>;

/// Drifts that state that there is no number: the rest of an answer is unlimited, or the plan has no limits.
const STATES_NONE: [(&str, &str, Drift); 3] = [
    ("github-copilot", "premium_interactions", Drift::Gone),
    ("codex", "rate_limit", Drift::Null),
    ("ollama-cloud", "usage", Drift::Null),
];

/// A null here is no amount, so that the sum leaves it out.
const NO_AMOUNT: [(&str, &str); 2] = [("openai-api", "amount"), ("openai-api", "value")];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Drift {
    Renamed,
    Null,
    Gone,
}

/// Applies a drift to one key of an object.
fn drift_key(fields: &mut serde_json::Map<String, Value>, key: &str, drift: Drift) {
    if let Some(value) = fields.shift_remove(key) {
        match drift {
            Drift::Renamed => _ = fields.insert(format!("new_{key}"), value),
            Drift::Null => _ = fields.insert(key.to_owned(), Value::Null),
            Drift::Gone => {}
        }
    }
}

/// Applies a drift to a key wherever it occurs.
fn drift_everywhere(value: &mut Value, key: &str, drift: Drift) {
    match value {
        Value::Object(fields) => {
            drift_key(fields, key, drift);
            fields
                .values_mut()
                .for_each(|value| drift_everywhere(value, key, drift));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| drift_everywhere(item, key, drift)),
        _ => {}
    }
}

/// The bodies of a case by the ids of their requests.
fn replies_of(id: &str, case: &str) -> Replies {
    let replies = pack(&format!("{id}/replies/{case}.json"))["replies"].take();
    let replies = replies.as_object().expect("replies").clone();
    let bodies = replies.into_iter().map(|(request, reply)| {
        let pages = reply.as_array().cloned().unwrap_or_else(|| vec![reply]);
        (request, pages.iter().map(|page| page["body"].clone()).collect())
    });
    bodies.collect()
}

/// Answers each request of a provider with its own body.
struct Server {
    url: String,
    /// By path.
    bodies: Arc<Mutex<Replies>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bodies = Arc::new(Mutex::new(Replies::new()));
        let shared = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(request) = read_request(&stream) else { continue };
                let path = request.target.split('?').next().unwrap_or_default();
                let page = usize::from(request.target.contains("&page="));
                let body = shared.lock().expect("not poisoned").get(path).map(|pages| {
                    let page = pages.get(page).or(pages.first());
                    page.map(Value::to_string).unwrap_or_default()
                });
                let status = if body.is_some() { 200 } else { 404 };
                let text = body.unwrap_or_else(|| "{}".to_owned());
                let length = text.len();
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}");
                let _ = stream.write_all(head.as_bytes());
            }
        });
        Self { url, bodies }
    }

    fn ask(&self, provider: &ProviderHandle, replies: &Replies) -> Result<ProviderUsage, Refusal> {
        let requests = pack(&format!("{}/request.json", provider.about().id))["requests"].take();
        let path_of = |id: &str| {
            let request = requests.as_array()?.iter().find(|one| one["id"] == id)?;
            request["path"].as_str().map(str::to_owned)
        };
        let by_path = replies
            .iter()
            .filter_map(|(id, pages)| Some((path_of(id)?, pages.clone())));
        *self.bodies.lock().expect("not poisoned") = by_path.collect();
        let mut system = System::new(Os::Linux, "/nowhere", Default::default());
        system.now = NOW_MS;
        let content = Content::Secret(Secret::new("t").expect("not blank"));
        let mut credential = Credential::new("x", Kind::Oauth, "env", Rank::Override, content);
        credential.details.user_id = Some("user".to_owned());
        provider.fetch(&Ask {
            http: &Http::new(&system),
            system: &system,
            credential: &credential,
            base_url: self.url.clone(),
            user_agent: None,
            ends: Instant::now() + Duration::from_secs(5),
        })
    }
}

/// What is wrong with a drifted answer beside the sound one.
fn fault(answer: &Result<ProviderUsage, Refusal>, sound: &ProviderUsage, may_leave_out: bool) -> Option<String> {
    let usage = answer.as_ref().ok()?;
    let has_credits = |credits: &Credits| credits.balance.is_some() || credits.is_unlimited;
    let has_credits = usage.credits.as_ref().is_some_and(has_credits);
    if usage.limits.is_empty() && !has_credits && usage.spend.is_none() {
        return Some(format!("ok without a number: {usage:?}"));
    }
    let (stated, found) = (sound.spend.as_ref()?.amount, usage.spend.as_ref()?.amount);
    let is_part = may_leave_out && found > 0.0 && found < stated;
    (found != stated && !is_part).then(|| format!("spend is {found} instead of {stated}"))
}

#[test]
fn no_field_that_drifts_makes_a_number_or_an_answer_without_any() {
    let server = Server::start();
    let (mut tried, mut faults) = (0, Vec::new());
    for provider in ttop::providers::built_in() {
        let id = provider.about().id.clone();
        if !ids().contains(&id) {
            continue;
        }
        for case in ["normal", "limit_reached"] {
            let replies = replies_of(&id, case);
            let sound = server.ask(&provider, &replies).expect("a sound answer");
            for (request, page) in replies
                .iter()
                .flat_map(|(id, pages)| (0..pages.len()).map(move |at| (id, at)))
            {
                let mut all = Vec::new();
                places(&replies[request][page], "", &mut all);
                for (parent, key) in all.iter().filter_map(|place| place.rsplit_once('/')) {
                    for drift in [Drift::Renamed, Drift::Null, Drift::Gone] {
                        let mut drifted = replies.clone();
                        let body = &mut drifted.get_mut(request).expect("a reply")[page];
                        let Some(Value::Object(fields)) = body.pointer_mut(parent) else {
                            continue;
                        };
                        drift_key(fields, key, drift);
                        let what = format!("{id} {case} {request} {parent}/{key} {drift:?}");
                        if STATES_NONE.contains(&(id.as_str(), key, drift)) {
                            continue;
                        }
                        let is_null = drift == Drift::Null && NO_AMOUNT.contains(&(id.as_str(), key));
                        let fault = fault(&server.ask(&provider, &drifted), &sound, is_null);
                        faults.extend(fault.map(|fault| format!("{what}: {fault}")));
                        tried += 1;
                    }
                }
            }
            let mut keys = BTreeSet::new();
            for body in replies.values().flatten() {
                let mut all = Vec::new();
                places(body, "", &mut all);
                keys.extend(
                    all.iter()
                        .filter_map(|place| Some(place.rsplit_once('/')?.1.to_owned())),
                );
            }
            for key in keys.iter().filter(|key| key.parse::<usize>().is_err()) {
                for drift in [Drift::Renamed, Drift::Null, Drift::Gone] {
                    if STATES_NONE.contains(&(id.as_str(), key, drift)) {
                        continue;
                    }
                    let mut drifted = replies.clone();
                    let bodies = drifted.values_mut().flatten();
                    bodies.for_each(|body| drift_everywhere(body, key, drift));
                    let what = format!("{id} {case} {key} everywhere {drift:?}");
                    let fault = fault(&server.ask(&provider, &drifted), &sound, false);
                    faults.extend(fault.map(|fault| format!("{what}: {fault}")));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(tried > 1000, "only {tried} answers");
}

/// Asks with the first reply of a case replaced.
fn asked(id: &str, request: &str, body: Value) -> Result<ProviderUsage, Refusal> {
    let provider = ttop::providers::built_in()
        .into_iter()
        .find(|provider| provider.about().id == id)
        .expect("a provider");
    let mut replies = replies_of(id, "normal");
    replies.insert(request.to_owned(), vec![body]);
    Server::start().ask(&provider, &replies)
}

#[test]
fn a_page_that_is_no_list_is_refused_and_an_empty_list_is_no_spend() {
    for (id, request) in [("anthropic-admin", "cost"), ("openai-api", "costs")] {
        for body in [
            json!({"data": null}),
            json!({"data": "none"}),
            json!({"data": [null]}),
            json!({"data": [{"results": null}]}),
            json!({"data": [{"items": []}]}),
            json!({"data": [{"results": [{"note": "not a cost", "object": "x"}]}]}),
        ] {
            let refusal = asked(id, request, body.clone()).expect_err("a refusal");
            assert_eq!(refusal.reason, Some(Reason::Schema), "{id} {body}");
        }
        for body in [json!({"data": []}), json!({"data": [{"results": []}]})] {
            let spend = asked(id, request, body).expect("an answer").spend.expect("a spend");
            assert_eq!((spend.amount, spend.currency.as_str()), (0.0, "USD"), "{id}");
        }
    }
}

#[test]
fn tokens_under_unknown_names_are_left_out() {
    for (id, request) in [("anthropic-admin", "messages"), ("openai-api", "completions")] {
        for body in [
            json!({"data": [{"results": [{"new_input": 5, "model": null}]}]}),
            json!({"data": [{"items": []}]}),
        ] {
            let spend = asked(id, request, body).expect("an answer").spend.expect("a spend");
            assert_eq!(spend.tokens, None, "{id}");
        }
    }
}

#[test]
fn a_window_of_kimi_follows_from_any_two_of_its_counts() {
    for window in [
        json!({"limit": 100, "used": "25", "remaining": 75}),
        json!({"used": "25", "remaining": 75}),
        json!({"limit": 100, "remaining": 75}),
        json!({"limit": 100, "used": 25}),
    ] {
        let usage = asked("kimi-for-coding", "usages", json!({"usage": window})).expect("an answer");
        let counts: Vec<_> = usage.limits.iter().map(|one| (one.used, one.limit)).collect();
        assert_eq!(counts, [(Some(25.0), Some(100.0))], "{window}");
    }
}

#[test]
fn what_states_no_quota_is_an_answer_and_what_states_nothing_is_not() {
    let not_counted = json!({"model_name": "general", "current_interval_status": 3, "current_weekly_status": 3});
    let counted = json!({"model_name": "general", "current_interval_status": 1, "current_weekly_status": 3});
    for (id, request, body, is_answer) in [
        ("minimax", "token_plan", json!({"model_remains": [not_counted]}), true),
        ("minimax", "token_plan", json!({"model_remains": [counted]}), false),
        ("ollama-cloud", "usage", json!({"limits": {"session": null}}), true),
        ("ollama-cloud", "usage", json!({"limits": null}), false),
        ("opencode-go", "usage", json!({"usage": {"rolling": null}}), true),
        ("opencode-go", "usage", json!({"usage": null}), false),
        (
            "kimi-for-coding",
            "usages",
            json!({"usage": null, "limits": null}),
            false,
        ),
        (
            "anthropic",
            "usage",
            json!({"five_hour": null, "extra_usage": null}),
            true,
        ),
        ("anthropic", "usage", json!({"extra_usage": null}), false),
        ("codex", "usage", json!({"rate_limit": {"primary_window": null}}), true),
        ("codex", "usage", json!({"rate_limit": {"first_window": null}}), false),
    ] {
        let answer = asked(id, request, body.clone());
        assert_eq!(answer.is_ok(), is_answer, "{id} {body}: {answer:?}");
    }
}
