//! Answers with one part missing: words are optional, and an answer without numbers is of another schema.

use crate::damage::{places, serve_body};
use crate::support::mock_providers::pack;
use crate::{NOW_MS, ids};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ttop::core::credential::{Content, Credential, Kind, Rank, Secret};
use ttop::core::quota::ProviderUsage;
use ttop::providers::ask::{Ask, Refusal};
use ttop::system::http::Http;
use ttop::system::{Os, System};

/// Words without which a number has no meaning: the window, and the model that a quota is for.
const MEANING: [(&str, &str); 3] = [
    ("anthropic", "kind"),
    ("anthropic", "display_name"),
    ("gemini", "modelId"),
];

/// Parts without which the rest of an answer is unlimited.
const ONLY_LIMIT: [(&str, &str); 1] = [("github-copilot", "premium_interactions")];

fn numbers(usage: &ProviderUsage) -> usize {
    usage.limits.len() + usize::from(usage.credits.is_some()) + usize::from(usage.spend.is_some())
}

/// The bodies of all replies of a case in one: each request finds its part.
fn merged(id: &str) -> Value {
    let replies = pack(&format!("{id}/replies/normal.json"))["replies"].take();
    let mut all = Map::new();
    for reply in replies.as_object().expect("replies").values() {
        let reply = reply.get(0).unwrap_or(reply);
        all.extend(reply["body"].as_object().cloned().unwrap_or_default());
    }
    Value::Object(all)
}

/// The value without what is at a place.
fn without(value: &Value, place: &str) -> Value {
    let mut value = value.clone();
    let (parent, key) = place.rsplit_once('/').expect("a place below the root");
    if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
        fields.shift_remove(key);
    }
    value
}

/// Calls `each` with every provider that answers the sound body with numbers: its id, that body and a way to ask again.
fn with_each(mut each: impl FnMut(&str, &Value, &ProviderUsage, &dyn Fn(&Value) -> Result<ProviderUsage, Refusal>)) {
    let body = Arc::new(Mutex::new(String::new()));
    let url = serve_body(&body);
    let mut system = System::new(Os::Linux, "/nowhere", Default::default());
    system.now = NOW_MS;
    let http = Http::new(&system);
    let content = Content::Secret(Secret::new("t").expect("not blank"));
    let mut credential = Credential::new("x", Kind::Oauth, "env", Rank::Override, content);
    credential.details.user_id = Some("user".to_owned());
    let mut tried = 0;
    for provider in ttop::providers::built_in() {
        let id = provider.about().id.to_string();
        if !ids().contains(&id) {
            continue;
        }
        let ask = |value: &Value| {
            *body.lock().expect("not poisoned") = value.to_string();
            provider.fetch(&Ask {
                http: &http,
                system: &system,
                credential: &credential,
                base_url: url.clone(),
                user_agent: None,
                ends: Instant::now() + Duration::from_secs(5),
            })
        };
        let sound = merged(&id);
        if let Ok(usage) = ask(&sound).map_err(|_| ()) {
            tried += 1;
            each(&id, &sound, &usage, &ask);
        }
    }
    assert!(tried >= 12, "only {tried} providers answer");
}

#[test]
fn an_answer_without_numbers_is_refused() {
    with_each(|id, sound, usage, ask| {
        assert!(numbers(usage) > 0, "{id}");
        let mut all = Vec::new();
        places(sound, "", &mut all);
        let is_only = |place: &&String| ONLY_LIMIT.iter().any(|(of, part)| *of == id && place.ends_with(part));
        for place in all.iter().filter(|place| !place.is_empty() && !is_only(place)) {
            if let Ok(usage) = ask(&without(sound, place)) {
                assert!(numbers(&usage) > 0, "{id} without {place}: {usage:?}");
            }
        }
    });
}

#[test]
fn a_missing_word_costs_no_number() {
    with_each(|id, sound, usage, ask| {
        let mut all = Vec::new();
        places(sound, "", &mut all);
        for place in all.iter().filter(|place| !place.is_empty()) {
            let key = place.rsplit('/').next().unwrap_or_default();
            let is_word = sound
                .pointer(place)
                .and_then(Value::as_str)
                .is_some_and(|text| text.parse::<f64>().is_err());
            if !is_word || MEANING.contains(&(id, key)) {
                continue;
            }
            let left =
                ask(&without(sound, place)).unwrap_or_else(|refusal| panic!("{id} without {place}: {refusal:?}"));
            assert!(numbers(&left) >= numbers(usage), "{id} without {place}: {left:?}");
        }
    });
}
