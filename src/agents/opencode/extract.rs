//! Tokens, cost and times of a message, from its JSON with keys in any order.

use super::lane;
use super::message::{Counts, LAST_MS, Message, Role};
use crate::agents::shared::json_cursor::{Cursor, Value};
use crate::core::money::Money;
use crate::core::tokens::MAX_COUNT;
use std::borrow::Cow;

/// Reads a message; of one that is no reply only the role counts. `None` when this is no JSON object.
pub(super) fn parse_message(text: &[u8]) -> Option<Message<'_>> {
    lane::parse_reply(text).or_else(|| parse_any(text))
}

fn parse_any(text: &[u8]) -> Option<Message<'_>> {
    let mut message = Message::default();
    let mut nested = (Cow::Borrowed(""), Cow::Borrowed(""));
    let mut cursor = Cursor::new(text);
    let read = cursor.object(|cursor, key| {
        match key {
            b"role" => {
                message.role = match cursor.value()? {
                    Value::Text(b"assistant") => Role::Assistant,
                    // Two of five rows: nothing behind this is worth a look.
                    Value::Text(b"user") => {
                        message.role = Role::Other;
                        return None;
                    }
                    role => role.text().map_or(Role::Unsaid, |_| Role::Other),
                }
            }
            b"providerID" => message.provider = cursor.value()?.text().unwrap_or_default(),
            b"modelID" => message.model = cursor.value()?.text().unwrap_or_default(),
            b"model" => nested = parse_model(cursor)?,
            b"tokens" => message.counts = parse_tokens(cursor)?,
            b"time" => (message.created, message.completed) = parse_times(cursor)?,
            b"cost" => message.cost = parse_cost(cursor.value()?),
            b"finish" => {
                message.is_finished = !matches!(cursor.value()?, Value::Text(b"") | Value::Plain(_) | Value::Nested)
            }
            b"error" => message.is_failed = cursor.value()? != Value::Plain(b"null"),
            _ => drop(cursor.skip()?),
        }
        Some(())
    });
    if message.role != Role::Other && (read.is_none() || !cursor.is_at_end()) {
        return None;
    }
    if message.provider.is_empty() {
        message.provider = nested.0;
    }
    if message.model.is_empty() {
        message.model = nested.1;
    }
    Some(message)
}

/// `{"providerID","modelID"}`, version 2's `{"id","providerID"}`, or `provider/model` in one text: model ids hold slashes
/// of their own, so only the first one parts.
fn parse_model<'a>(cursor: &mut Cursor<'a>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let mut nested = (Cow::Borrowed(""), Cow::Borrowed(""));
    if !cursor.is_object() {
        if let Some((provider, model)) = cursor.value()?.text().as_deref().and_then(|both| both.split_once('/')) {
            nested = (Cow::Owned(provider.to_owned()), Cow::Owned(model.to_owned()));
        }
        return Some(nested);
    }
    cursor.object(|cursor, key| {
        match key {
            b"providerID" => nested.0 = cursor.value()?.text().unwrap_or_default(),
            b"modelID" | b"id" => nested.1 = cursor.value()?.text().unwrap_or_default(),
            _ => drop(cursor.skip()?),
        }
        Some(())
    })?;
    Some(nested)
}

/// `{"total","input","output","reasoning","cache":{"read","write"}}`.
fn parse_tokens(cursor: &mut Cursor<'_>) -> Option<Counts> {
    let mut counts = Counts::default();
    if !cursor.is_object() {
        cursor.skip()?;
        return Some(counts);
    }
    cursor.object(|cursor, key| {
        match key {
            b"input" => counts.input = read_count(cursor)?.unwrap_or(0),
            b"output" => counts.output = read_count(cursor)?.unwrap_or(0),
            b"reasoning" => counts.reasoning = read_count(cursor)?.unwrap_or(0),
            b"total" => counts.total = read_count(cursor)?,
            b"cache" if cursor.is_object() => cursor.object(|cursor, key| {
                match key {
                    b"read" => counts.cache_read = read_count(cursor)?.unwrap_or(0),
                    b"write" => counts.cache_write = read_count(cursor)?.unwrap_or(0),
                    _ => drop(cursor.skip()?),
                }
                Some(())
            })?,
            _ => drop(cursor.skip()?),
        }
        Some(())
    })?;
    Some(counts)
}

/// `{"created","completed"}`, epoch milliseconds.
fn parse_times(cursor: &mut Cursor<'_>) -> Option<(Option<i64>, Option<i64>)> {
    let (mut created, mut completed) = (None, None);
    if !cursor.is_object() {
        cursor.skip()?;
        return Some((created, completed));
    }
    cursor.object(|cursor, key| {
        match key {
            b"created" => created = read_time(cursor)?,
            b"completed" => completed = read_time(cursor)?,
            _ => drop(cursor.skip()?),
        }
        Some(())
    })?;
    Some((created, completed))
}

/// Reads a number, also one written as a string with escapes or space around it.
fn number<T>(value: Value<'_>, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let plain = match value {
        Value::Plain(text) => std::str::from_utf8(text).ok()?.into(),
        other => other.text()?,
    };
    let text = plain.trim();
    text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        .then(|| parse(text))?
}

/// A count of tokens: negative ones are 0, and what no count can be saturates. The inner `None`: no number.
fn read_count(cursor: &mut Cursor<'_>) -> Option<Option<u64>> {
    if let Some(count) = cursor.whole_number() {
        return Some(Some(count.min(MAX_COUNT)));
    }
    // `as` saturates in both directions.
    Some(parse_float(cursor.value()?).map(|count| (count as u64).min(MAX_COUNT)))
}

/// Epoch milliseconds. The inner `None`: no time that anybody could show.
fn read_time(cursor: &mut Cursor<'_>) -> Option<Option<i64>> {
    let at = match cursor.whole_number() {
        Some(at) => Some(at as i64),
        None => parse_float(cursor.value()?).map(|at| at as i64),
    };
    Some(at.filter(|at| (0..=LAST_MS).contains(at)))
}

fn parse_float(value: Value<'_>) -> Option<f64> {
    number(value, |text| text.parse().ok())
}

fn parse_cost(value: Value<'_>) -> Option<Money> {
    number(value, |text| Money::from_decimal(text.as_bytes())).map(|cost| cost.max(Money::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    /// The same rules on a parsed tree.
    fn reference(text: &str) -> Option<Message<'static>> {
        let json: Json = serde_json::from_str(text).ok()?;
        let fields = json.as_object()?;
        if fields
            .get("role")
            .and_then(Json::as_str)
            .is_some_and(|role| role != "assistant")
        {
            return None;
        }
        let text_at = |from: &Json, key: &str| from[key].as_str().unwrap_or_default().to_owned();
        let float = |value: &Json| match value {
            Json::Number(number) => number.as_f64(),
            Json::String(text) => text
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|_| !text.trim().starts_with('+')),
            _ => None,
        };
        let count = |value: &Json| float(value).map(|count| (count as u64).min(MAX_COUNT));
        let time = |value: &Json| float(value).map(|at| at as i64).filter(|at| (0..=LAST_MS).contains(at));
        let (model, times, tokens) = (&json["model"], &json["time"], &json["tokens"]);
        let (mut provider_id, mut model_id) = (text_at(model, "providerID"), text_at(model, "modelID"));
        if model_id.is_empty() {
            model_id = text_at(model, "id");
        }
        if let Some((provider, model)) = model.as_str().and_then(|both| both.split_once('/')) {
            (provider_id, model_id) = (provider.to_owned(), model.to_owned());
        }
        let flat = |key, nested: String| {
            Some(text_at(&json, key))
                .filter(|text| !text.is_empty())
                .unwrap_or(nested)
        };
        Some(Message {
            role: if fields.contains_key("role") && json["role"].is_string() {
                Role::Assistant
            } else {
                Role::Unsaid
            },
            provider: flat("providerID", provider_id).into(),
            model: flat("modelID", model_id).into(),
            routed: None,
            created: time(&times["created"]),
            completed: time(&times["completed"]),
            counts: Counts {
                input: count(&tokens["input"]).unwrap_or(0),
                output: count(&tokens["output"]).unwrap_or(0),
                reasoning: count(&tokens["reasoning"]).unwrap_or(0),
                cache_read: count(&tokens["cache"]["read"]).unwrap_or(0),
                cache_write: count(&tokens["cache"]["write"]).unwrap_or(0),
                total: count(&tokens["total"]),
            },
            // By way of its shortest text: billions times a billion are more than a binary fraction holds.
            cost: float(&json["cost"])
                .and_then(|cost| Money::from_decimal(cost.to_string().as_bytes()))
                .map(|cost| cost.max(Money::ZERO)),
            is_finished: json["finish"].as_str().is_some_and(|finish| !finish.is_empty()),
            is_failed: fields.get("error").is_some_and(|error| !error.is_null()),
        })
    }

    fn leaf() -> impl Strategy<Value = Json> {
        prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (0..5_000_u64).prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (0..2_000_000_000_000_u64).prop_map(Json::from),
            (0..40_000_u32).prop_map(|n| Json::from(f64::from(n) / 64.0)),
            (0..5_000_u64).prop_map(|n| Json::from(format!(" {n} "))),
            ".*".prop_map(Json::from),
            "[a-z]{1,9}".prop_map(Json::from),
        ]
    }

    fn tree() -> impl Strategy<Value = Json> {
        let keys = prop_oneof![
            Just("role".to_owned()),
            Just("tokens".to_owned()),
            "\\PC{0,6}".prop_map(String::from)
        ];
        leaf().prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::hash_map(keys.clone(), inner, 0..4).prop_map(Json::from_iter),
            ]
        })
    }

    /// An object of some of these keys, in any order, and of others.
    fn object(keys: &'static [&'static str]) -> impl Strategy<Value = Json> {
        let fields = prop::sample::subsequence(keys, 0..=keys.len()).prop_shuffle();
        (fields, prop::collection::vec(leaf(), keys.len()), "[x-z]{1,3}", tree()).prop_map(
            |(keys, values, other, noise)| {
                let mut fields: Vec<_> = keys.into_iter().map(str::to_owned).zip(values).collect();
                fields.insert(fields.len() / 2, (other, noise));
                Json::from_iter(fields)
            },
        )
    }

    fn message() -> impl Strategy<Value = Json> {
        let cache = prop_oneof![4 => object(&["read", "write"]), 1 => leaf()];
        let tokens = (object(&["total", "input", "output", "reasoning"]), cache).prop_map(|(mut tokens, cache)| {
            tokens["cache"] = cache;
            tokens
        });
        let nested = |strategy: BoxedStrategy<Json>| prop_oneof![6 => strategy, 1 => leaf(), 1 => Just(Json::Null)];
        let role = prop_oneof![4 => Just(Json::from("assistant")), 1 => Just(Json::from("user")), 1 => leaf()];
        let model = prop_oneof![
            object(&["providerID", "modelID"]),
            object(&["providerID", "id"]),
            Just(Json::from("acme/vendor/open:free"))
        ];
        (
            object(&["providerID", "modelID", "cost", "finish", "error", "mode"]),
            role,
            nested(tokens.boxed()),
            nested(object(&["created", "completed"]).boxed()),
            nested(model.boxed()),
            any::<bool>(),
        )
            .prop_map(|(mut message, role, tokens, time, model, is_first)| {
                message["tokens"] = tokens;
                message["time"] = time;
                message["model"] = model;
                if is_first {
                    message["role"] = role;
                }
                message
            })
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        let read = parse_any(text.as_bytes());
        match reference(text) {
            Some(expected) => prop_assert_eq!(read, Some(expected), "{}", text),
            None => prop_assert!(read.is_none_or(|message| message.role == Role::Other), "{}", text),
        }
        Ok(())
    }

    #[test]
    fn a_number_in_a_string_is_trimmed_like_any_text() {
        for space in [" ", "\\u000b", "\\n", ""] {
            let text = format!(r#"{{"role":"assistant","tokens":{{"reasoning":"{space}1"}}}}"#);
            check(&text).expect("the same counts");
        }
    }

    proptest! {
        #[test]
        fn reads_what_a_parser_of_trees_reads(message in message()) {
            check(&message.to_string())?;
            check(&serde_json::to_string_pretty(&message).expect("JSON"))?;
            // The same in the spelling that escapes whatever can be escaped.
            let escaped: String = message.to_string().chars().flat_map(|c| {
                let units: Vec<String> = match c {
                    c if c.is_ascii() => vec![c.to_string()],
                    c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
                };
                units
            }).collect();
            check(&escaped)?;
        }

        #[test]
        fn rubbish_is_refused_and_never_a_panic(text in prop::collection::vec(any::<u8>(), 0..200), message in message(), cut: u16) {
            parse_message(&text);
            let whole = message.to_string();
            let cut = usize::from(cut) % whole.len();
            let torn = parse_message(&whole.as_bytes()[..cut]);
            prop_assert!(torn.is_none_or(|message| message.role == Role::Other));
            let mut damaged = whole.into_bytes();
            damaged[cut] = text.first().copied().unwrap_or(0);
            parse_message(&damaged);
        }

        #[test]
        fn the_fast_lane_reads_what_the_usual_way_reads(
            counts: [u32; 6], at: u32, cost in "[0-9]{1,3}\\.[0-9]{1,20}|[0-9]|[1-9]e-0[1-9]", model in "[a-z/:.-]{1,20}", change: (u16, u8),
        ) {
            let [total, input, output, reasoning, write, read] = counts;
            let text = format!(
                r#"{{"parentID":"msg_e5","role":"assistant","mode":"build","agent":"build","path":{{"cwd":"/ü","root":"/"}},"cost":{cost},"tokens":{{"total":{total},"input":{input},"output":{output},"reasoning":{reasoning},"cache":{{"write":{write},"read":{read}}}}},"modelID":"{model}","providerID":"acme","time":{{"created":{at},"completed":{total}}},"finish":"stop"}}"#
            );
            let fast = lane::parse_reply(text.as_bytes());
            prop_assert!(fast.is_some());
            prop_assert_eq!(fast, parse_any(text.as_bytes()));
            let mut damaged = text.into_bytes();
            let place = usize::from(change.0) % damaged.len();
            damaged[place] = change.1;
            if let Some(fast) = lane::parse_reply(&damaged) {
                prop_assert_eq!(Some(fast), parse_any(&damaged));
            }
        }
    }

    #[test]
    fn odd_numbers_saturate() {
        let text = br#"{"tokens":{"input":"12","output":-5,"reasoning":7.9,"total":1e300,"cache":{"read":99999999999999999999,"write":null}},
            "cost":3.2e-05,"time":{"created":1e99,"completed":-1}}"#;
        let message = parse_message(text).expect("a message");
        let expected = Counts {
            input: 12,
            output: 0,
            reasoning: 7,
            cache_read: MAX_COUNT,
            cache_write: 0,
            total: Some(MAX_COUNT),
        };
        assert_eq!(
            (message.counts, message.created, message.completed),
            (expected, None, None)
        );
        assert_eq!(message.cost, Some(Money::from_nanos(32_000)));
        let cost = |text: &str| {
            parse_message(text.as_bytes())
                .expect("a message")
                .cost
                .map(Money::nanos)
        };
        assert_eq!(cost(r#"{"cost":"0.5"}"#), Some(500_000_000));
        assert_eq!(cost(r#"{"cost":-1}"#), Some(0));
        assert_eq!(cost(r#"{"cost":1e300}"#), Some(i64::MAX));
        assert_eq!(cost(r#"{"cost":null}"#), None);
    }

    #[test]
    fn a_deep_or_long_text_is_no_trouble() {
        let deep = format!(
            r#"{{"x":{}{},"modelID":"m"}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(parse_message(deep.as_bytes()).expect("a message").model, "m");
        let long = format!(r#"{{"x":"{}\"","modelID":"m"}}"#, "ä".repeat(5_000_000));
        assert_eq!(parse_message(long.as_bytes()).expect("a message").model, "m");
    }
}
