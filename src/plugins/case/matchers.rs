//! Matchers: how an expectation is compared with what came.

use serde_json::{Map, Value};

/// Names of matchers.
pub(super) const MATCHERS: [&str; 5] = ["$any", "$contains", "$about", "$since", "$rows"];

/// Equal, but for matchers. What is missing and `null` stand for `undefined`.
pub(super) fn fits(want: &Value, got: &Value) -> bool {
    match want {
        Value::Object(map) => matcher(map, got).unwrap_or_else(|| {
            let Some(got) = got.as_object() else {
                return false;
            };
            let is_known = got.keys().all(|key| map.contains_key(key) || got[key].is_null());
            is_known
                && map
                    .iter()
                    .all(|(key, want)| fits(want, got.get(key).unwrap_or(&Value::Null)))
        }),
        Value::Array(list) => got
            .as_array()
            .is_some_and(|got| list.len() == got.len() && list.iter().zip(got).all(|(want, got)| fits(want, got))),
        Value::Number(_) => want.as_f64() == got.as_f64() && got.is_number(),
        other => other == got,
    }
}

/// Every expected field fits; others may be there.
pub(super) fn has(want: &Value, got: &Value) -> bool {
    let Some(map) = want.as_object().filter(|map| !is_matcher(map)) else {
        return fits(want, got);
    };
    map.iter()
        .all(|(key, want)| has(want, got.get(key).unwrap_or(&Value::Null)))
}

fn is_matcher(map: &Map<String, Value>) -> bool {
    map.keys().any(|key| key.starts_with('$'))
}

fn matcher(map: &Map<String, Value>, got: &Value) -> Option<bool> {
    if map.contains_key("$any") {
        return Some(!got.is_null());
    }
    if let Some(part) = map.get("$contains").and_then(Value::as_str) {
        return Some(got.as_str().is_some_and(|got| got.contains(part)));
    }
    if let Some(about) = map.get("$about").and_then(Value::as_f64) {
        let within = map.get("within").and_then(Value::as_f64).unwrap_or(1e-6);
        return Some(got.as_f64().is_some_and(|got| (got - about).abs() <= within));
    }
    if map.contains_key("$since") {
        const NEAR: f64 = 120_000.0;
        let now = jiff::Timestamp::now().as_millisecond() as f64;
        return Some(got.as_f64().is_some_and(|got| (got - now).abs() < NEAR));
    }
    let rows = map.get("$rows")?.as_array()?;
    let mut left: Vec<&Value> = got.as_array()?.iter().collect();
    let all = left.len() == rows.len()
        && rows.iter().all(|want| {
            let at = left.iter().position(|got| fits(want, got));
            at.map(|at| left.remove(at)).is_some()
        });
    Some(all)
}

/// Whether a text holds all words, in any case.
pub(super) fn holds(text: &str, words: &Value) -> bool {
    let text = text.to_lowercase();
    let mut words = words.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.all(|word| text.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_changed_expectation_does_not_fit() {
        let got = json!({"a": 1, "rows": [{"x": 2}, {"x": 3}], "t": "abc"});
        assert!(fits(
            &json!({"a": 1, "rows": {"$rows": [{"x": 3}, {"x": 2}]}, "t": {"$contains": "b"}}),
            &got
        ));
        for other in [
            json!({"a": 2, "rows": {"$any": true}, "t": "abc"}),
            json!({"a": 1, "rows": {"$rows": [{"x": 3}]}, "t": "abc"}),
            json!({"a": 1, "rows": {"$any": true}, "t": {"$contains": "z"}}),
            json!({"a": 1, "t": "abc"}),
        ] {
            assert!(!fits(&other, &got), "{other}");
        }
    }
}
