//! Answers with one thing wrong in them.

use crate::support::mock_providers::{pack, read_request};
use crate::{NOW_MS, ids};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ttop::core::credential::{Content, Credential, Kind, Rank, Secret};
use ttop::core::quota::ProviderUsage;
use ttop::providers::ask::Ask;
use ttop::system::http::Http;
use ttop::system::{Os, System};

/// Answers every request with the body at hand.
pub fn serve_body(body: &Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let body = Arc::clone(body);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Whole, with its body: a connection closed over bytes that nobody read is reset, and the answer is lost.
            if read_request(&stream).is_none() {
                continue;
            }
            let text = body.lock().expect("not poisoned").clone();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                text.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(text.as_bytes()));
        }
    });
    url
}

/// Every place in a value.
pub fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| places(value, &format!("{at}/{key}"), into)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, &format!("{at}/{index}"), into)),
        _ => {}
    }
}

#[test]
fn no_damage_to_an_answer_makes_a_crash_or_a_number_that_is_none() {
    let body = Arc::new(Mutex::new(String::new()));
    let url = serve_body(&body);
    let mut system = System::new(Os::Linux, "/nowhere", Default::default());
    system.now = NOW_MS;
    let http = Http::new(&system);
    let content = Content::Secret(Secret::new("t").expect("not blank"));
    let mut credential = Credential::new("x", Kind::Oauth, "env", Rank::Override, content);
    credential.details.user_id = Some("user".to_owned());
    let damage = [
        json!(null),
        json!("junk"),
        json!(-1e14),
        json!(1e300),
        json!([null]),
        json!({}),
    ];
    for provider in ttop::providers::built_in() {
        let id = provider.about().id.clone();
        if !ids().contains(&id) {
            continue;
        }
        let replies = pack(&format!("{id}/replies/normal.json"))["replies"].take();
        for reply in replies.as_object().expect("replies").values() {
            let reply = reply.get(0).unwrap_or(reply);
            let sound = &reply["body"];
            let mut all = Vec::new();
            places(sound, "", &mut all);
            for place in all {
                for junk in &damage {
                    let mut damaged = sound.clone();
                    *damaged.pointer_mut(&place).expect("is there") = junk.clone();
                    *body.lock().expect("not poisoned") = damaged.to_string();
                    let ask = Ask {
                        http: &http,
                        system: &system,
                        credential: &credential,
                        base_url: url.clone(),
                        user_agent: None,
                        ends: Instant::now() + Duration::from_secs(5),
                    };
                    let Ok(usage) = provider.fetch(&ask) else { continue };
                    let is_number = |number: f64| number.is_finite() && number >= 0.0;
                    assert!(
                        usage.limits.iter().all(|limit| is_number(limit.used_percent)),
                        "{id} {place}: {usage:?}"
                    );
                    let text = serde_json::to_string(&usage).expect("usage is kept as JSON");
                    let kept: ProviderUsage = serde_json::from_str(&text).expect("and read again");
                    assert_eq!(kept, usage, "{id} {place}");
                }
            }
        }
    }
}
