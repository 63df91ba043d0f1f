//! `alerts.sinks.*` of the configuration: checks that a sink has the keys its type needs.

use crate::core::rows::EventType;
use crate::system::http::reach_of;
use serde_json::{Map, Value};

/// # Errors
/// What a sink lacks, or has without effect.
pub(super) fn check(sink: &Map<String, Value>) -> Result<(), String> {
    let has = |key: &str| sink.get(key).is_some_and(|value| !value.is_null());
    match sink.get("type").and_then(Value::as_str) {
        None => return Err("needs a type: desktop, bell, command, webhook or plugin".to_owned()),
        Some("webhook") if !has("url") => return Err("needs a url, because it is a webhook".to_owned()),
        Some("plugin") if !has("plugin") => return Err("needs a plugin: the id of a notification plugin".to_owned()),
        Some("command") if !has("command") => {
            return Err("needs a command: a list with a program and its arguments".to_owned());
        }
        Some(_) => {}
    }
    let globs = sink.get("events").and_then(Value::as_array).into_iter().flatten();
    for glob in globs.filter_map(Value::as_str) {
        let wanted = crate::core::filter::Globs::new(&event_globs(&[glob.to_owned()]));
        if !EventType::ALL.iter().any(|kind| wanted.matches(Some(kind.name()))) {
            return Err(format!(
                "has the event pattern '{glob}', which matches nothing; use budget.*, provider.*, session.* or app.*"
            ));
        }
    }
    Ok(())
}

/// Patterns of event types; a bare `budget` is all of `budget.*`.
pub fn event_globs(written: &[String]) -> Vec<String> {
    let both = written.iter().flat_map(|glob| [glob.clone(), format!("{glob}.*")]);
    both.collect()
}

/// Whether a text can be the URL of a webhook: over TLS, to this machine, or named by a reference.
pub(super) fn is_hook(text: &str) -> bool {
    text.contains("{env:") || text.contains("{file:") || reach_of(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_sink_needs_is_said() {
        let reason_of = |sink: Value| check(sink.as_object().expect("an object")).err().unwrap_or_default();
        assert_eq!(
            reason_of(json!({"type": "bell", "events": ["budget", "session.*", "gap"]})),
            ""
        );
        assert!(reason_of(json!({})).starts_with("needs a type"));
        assert!(reason_of(json!({"type": "webhook"})).starts_with("needs a url"));
        assert!(reason_of(json!({"type": "command", "url": "x"})).starts_with("needs a command"));
        assert!(reason_of(json!({"type": "bell", "events": ["bugdet"]})).contains("'bugdet'"));
    }

    #[test]
    fn addresses_are_safe_or_named() {
        for fine in [
            "https://hooks.example/x",
            "{env:HOOK}",
            "https://x/{file:~/hook}",
            "http://127.0.0.1:9/x",
        ] {
            assert!(is_hook(fine), "{fine}");
        }
        for wrong in [
            "http://hooks.example/x",
            "hooks.example",
            "",
            "https://me:x@hooks.example/",
        ] {
            assert!(!is_hook(wrong), "{wrong}");
        }
    }
}
