//! Checks: what a case expects of plugins, steps and everything that was seen.

use super::commands::check_commands;
use super::matchers::{fits, has, holds};
use super::outcome::turns;
use super::provider::{check_prices, check_row, usage_row};
use super::rows::check_rows;
use super::{Found, Seen};
use crate::plugins::as_agent::is_true;
use crate::plugins::host::State;
use crate::plugins::theme;
use serde_json::{Value, json};

/// Everything that is not as expected.
pub(super) fn check(spec: &Value, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, want) in list(&spec["plugins"]).enumerate() {
        match seen.found.get(index) {
            Some(found) => check_plugin(&format!("plugins[{index}]"), want, found, &mut wrong),
            None => wrong.push(format!("plugins[{index}]: there is none")),
        }
    }
    for want in list(&spec["hostOnly"]) {
        let path = want["path"].as_str().unwrap_or_default();
        match seen.found.iter().find(|found| found.source.label == path) {
            Some(found) => check_plugin(&format!("hostOnly {path}"), want, found, &mut wrong),
            None => wrong.push(format!("hostOnly {path}: there is none")),
        }
    }
    for (index, want) in list(&spec["steps"]).enumerate() {
        check_step(index, want, seen, &mut wrong);
    }
    check_lists(spec, seen, &mut wrong);
    for (id, want) in map(&spec["storageCount"]) {
        say(&mut wrong, has(want, &seen.storage[id]), || {
            format!("storageCount.{id}: wanted {want}, got {}", seen.storage[id])
        });
    }
    for pair in list(&spec["states"]) {
        let id = pair[0].as_str();
        let found = seen.found.iter().rev().find(|found| found.checked.id.as_deref() == id);
        let got = found.map(Found::state_name);
        say(&mut wrong, got == pair[1].as_str(), || {
            format!("states: {}: wanted {}, got {got:?}", pair[0], pair[1])
        });
    }
    check_turns(spec, seen, &mut wrong);
    check_rows(spec, seen, &mut wrong);
    check_prices(spec, seen, &mut wrong);
    check_themes(spec, seen, &mut wrong);
    for (id, wanted) in map(&spec["warningsWanted"]) {
        let found = seen.found.iter().find(|found| found.checked.id.as_deref() == Some(id));
        let warnings = found.map(|found| found.warnings.clone()).unwrap_or_default();
        for words in list(wanted) {
            let is_there = warnings.iter().any(|text| holds(text, words));
            say(&mut wrong, is_there, || {
                format!("warningsWanted.{id}: wanted {words}, got {warnings:?}")
            });
        }
    }
    let messages = messages(seen);
    for words in list(&spec["shown"]) {
        let is_there = messages.iter().any(|text| holds(text, words));
        say(&mut wrong, is_there, || {
            format!("shown: wanted {words}, got {messages:?}")
        });
    }
    for (key, words) in map(&spec["textHas"]) {
        let is_there = seen.refusals.iter().any(|text| holds(text, words));
        say(&mut wrong, is_there, || {
            format!("textHas.{key}: wanted {words}, got {:?}", seen.refusals)
        });
    }
    for words in list(&spec["consentShows"]) {
        let is_there = seen.consent.iter().any(|text| holds(text, words));
        say(&mut wrong, is_there, || {
            format!("consentShows: wanted {words}, got {:?}", seen.consent)
        });
    }
    check_commands(&spec["commands"], &seen.found, &mut wrong);
    if let Some(most) = spec["peakMiB"].as_u64() {
        let got = seen.peaks_mib.iter().max();
        say(&mut wrong, got.is_none_or(|got| *got <= most), || {
            format!("peakMiB: wanted at most {most}, got {got:?}")
        });
    }
    for secret in list(&spec["never"]).filter_map(Value::as_str) {
        let place = shown_texts(seen).into_iter().find(|text| text.contains(secret));
        say(&mut wrong, place.is_none(), || {
            format!("never: {secret:?} is in {place:?}")
        });
    }
    wrong
}

fn check_plugin(at: &str, want: &Value, found: &Found, wrong: &mut Vec<String>) {
    let settings = found.plugin.as_ref().map(|plugin| plugin.settings());
    let got = json!({
        "id": found.checked.id, "type": found.checked.kind.map(|kind| kind.name()), "name": found.checked.name,
        "version": found.checked.version, "entry": found.entry, "state": found.state_name(),
        "config": settings.map(|settings| settings.values),
    });
    for (key, value) in map(want) {
        if got.get(key).is_some() {
            say(wrong, fits(value, &got[key]), || {
                format!("{at}.{key}: wanted {value}, got {}", got[key])
            });
        }
    }
    for (key, texts) in [("errors", &found.errors), ("warnings", &found.warnings)] {
        for words in list(&want[key]) {
            let is_there = texts.iter().any(|text| holds(text, words));
            say(wrong, is_there, || format!("{at}.{key}: wanted {words}, got {texts:?}"));
        }
        let wants_none = want[key].as_array().is_some_and(Vec::is_empty) || (key == "errors" && want[key].is_null());
        say(wrong, !wants_none || texts.is_empty(), || {
            format!("{at}.{key}: wanted none, got {texts:?}")
        });
    }
}

fn check_step(index: usize, want: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    let Some(done) = seen.steps.get(index) else {
        return;
    };
    let at = format!("steps[{index}] {}", want["do"].as_str().unwrap_or_default());
    let error = done.result.as_ref().err();
    let value = done.result.as_ref().ok();
    if let Some(expected) = want.get("returns") {
        let fits = value.is_some_and(|got| fits(expected, got));
        say(wrong, fits, || {
            format!("{at}: wanted {expected}, got {:?}", done.result)
        });
    }
    if let Some(expected) = want.get("returnsPart") {
        let fits = value.is_some_and(|got| has(expected, got));
        say(wrong, fits, || {
            format!("{at}: wanted {expected} among others, got {:?}", done.result)
        });
    }
    if let Some(words) = want.get("throws") {
        let fits = error.is_some_and(|error| holds(error, words));
        say(wrong, fits, || {
            format!("{at}: wanted an error with {words}, got {:?}", done.result)
        });
    } else if let Some(error) = error
        && want["mayThrow"] != true
        && !seen.is_attack
    {
        wrong.push(format!("{at}: wanted no error, got {error}"));
    }
    if let Some(row) = want.get("row") {
        let got = match want["do"].as_str() {
            Some("fetchUsage") => Some(usage_row(value)),
            Some("isInstalled") => Some(json!({"installed": value.is_some_and(is_true)})),
            _ => None,
        };
        match got {
            Some(got) => check_row(&format!("{at}: row"), row, &got, wrong),
            None => wrong.push(format!("{at}: row: only fetchUsage and isInstalled have one")),
        }
    }
    if let Some(expected) = want.get("message") {
        let text = value.and_then(|value| value["message"].as_str()).unwrap_or_default();
        let got: Value = serde_json::from_str(text).unwrap_or_default();
        say(wrong, fits(expected, &got), || {
            format!("{at}: wanted the message {expected}, got {got}")
        });
    }
}

fn check_lists(spec: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    let log: Vec<Value> = seen
        .log
        .iter()
        .map(|(level, text)| json!({"level": level, "text": text}))
        .collect();
    let events: Vec<Value> = seen
        .events
        .iter()
        .map(|event| json!({"type": event.kind, "plugin": event.plugin}))
        .collect();
    let in_line = |want: &Value, got: &Value| {
        want["level"] == got["level"]
            && got["text"]
                .as_str()
                .unwrap_or_default()
                .contains(want["text"].as_str().unwrap_or_default())
    };
    type Comparison<'c> = (&'c str, &'c [Value], &'c dyn Fn(&Value, &Value) -> bool);
    let all: [Comparison<'_>; 4] = [
        ("log", &log, &in_line),
        ("requests", &seen.requests, &has),
        ("activity", &seen.activity, &fits),
        ("events", &events, &has),
    ];
    for (key, got, fits) in all {
        let Some(want) = spec[key].as_array() else {
            continue;
        };
        check_list(key, want, got, fits, wrong);
    }
}

/// Compares two lists, and names the first place where they differ.
fn check_list(
    key: &str,
    want: &[Value],
    got: &[Value],
    fits: &dyn Fn(&Value, &Value) -> bool,
    wrong: &mut Vec<String>,
) {
    let same = want.iter().zip(got).take_while(|(want, got)| fits(want, got)).count();
    let at = |list: &[Value]| list.get(same).map_or_else(|| "nothing".to_owned(), Value::to_string);
    say(wrong, same == want.len() && same == got.len(), || {
        format!("{key}[{same}]: wanted {}, got {}", at(want), at(got))
    });
}

fn check_turns(spec: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    let (got, problems) = turns(seen, spec);
    if let Some(want) = spec["turns"].as_array() {
        check_list("turns", want, &got, &has, wrong);
    }
    if let Some(want) = spec["problems"].as_array() {
        let got: Vec<Value> = problems.iter().map(|text| text.as_str().into()).collect();
        let fits = |words: &Value, text: &Value| holds(text.as_str().unwrap_or_default(), words);
        check_list("problems", want, &got, &fits, wrong);
    }
    let is_without = seen
        .found
        .iter()
        .any(|found| matches!(found.state, State::Refused | State::Untrusted));
    for (flag, exit) in map(&spec["exit"]) {
        let got = match flag.as_str() {
            "plain" => 0,
            "--strict" => u64::from(!problems.is_empty() || is_without),
            // Named with the keys of the case.
            _ => continue,
        };
        say(wrong, exit.as_u64() == Some(got), || {
            format!("exit.{flag}: wanted {exit}, got {got}")
        });
    }
    match (&spec["twice"], &seen.twice) {
        (Value::Null, _) => {}
        (Value::Bool(false), _) => wrong.push("twice: a second sync must add nothing".to_owned()),
        (_, Some(Ok((first, second)))) => say(wrong, first == second, || {
            let (first, second) = (first.len(), second.len());
            format!("twice: a second sync adds turns, or changes which they are: {first} at first, then {second}")
        }),
        (_, Some(Err(error))) => wrong.push(format!("twice: {error}")),
        (_, None) => wrong.push("twice: no step 'parseSessions' was answered".to_owned()),
    }
}

fn check_themes(spec: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
    let body = |id: Option<&str>| {
        let found = seen
            .found
            .iter()
            .find(|found| id.is_none_or(|id| found.checked.id.as_deref() == Some(id)));
        found.and_then(|found| found.declaration()?.value.as_object().cloned())
    };
    for (id, want) in map(&spec["resolved"]) {
        let colors = body(Some(id)).map(|body| theme::resolved(&body)).unwrap_or_default();
        let got: Value = colors
            .into_iter()
            .map(|(key, color)| (key.to_owned(), Value::from(hex(color))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        say(wrong, has(want, &got), || {
            format!("resolved.{id}: wanted {want}, got {got}")
        });
    }
    for (component, parts) in map(&spec["resolvedComponents"]) {
        let colors = body(None).map(|body| theme::components(&body)).unwrap_or_default();
        for (part, want) in map(parts) {
            let got = colors
                .iter()
                .find(|((one, two), _)| one == component && two == part)
                .map(|(_, color)| hex(*color));
            say(wrong, got.as_deref() == want.as_str(), || {
                format!("resolvedComponents.{component}.{part}: wanted {want}, got {got:?}")
            });
        }
    }
}

/// What ttop says of its own accord.
pub(super) fn messages(seen: &Seen) -> Vec<String> {
    let found = seen.found.iter().chain(&seen.second);
    let own = found.flat_map(|found| {
        let state = format!(
            "plugin {} {}",
            found.checked.id.as_deref().unwrap_or_default(),
            found.state_name()
        );
        let all = found.errors.iter().chain(&found.warnings).cloned();
        all.chain([state]).collect::<Vec<_>>()
    });
    let events = seen
        .events
        .iter()
        .map(|event| format!("plugin {} failed: {}", event.plugin, event.message));
    let steps = seen.steps.iter().filter_map(|done| done.result.as_ref().err().cloned());
    own.chain(events).chain(steps).collect()
}

/// Everything that anybody gets to see: messages, logs, requests' addresses, and rows as they are shown.
fn shown_texts(seen: &Seen) -> Vec<String> {
    let mut all = messages(seen);
    all.extend(seen.log.iter().map(|(_, text)| text.clone()));
    all.extend(seen.changed.iter().map(|(path, _)| path.clone()));
    if seen.is_attack {
        // Others may send and write what they were granted.
        all.extend(seen.requests.iter().map(Value::to_string));
        all.extend(seen.changed.iter().map(|(_, text)| text.clone()));
    }
    let values = seen.steps.iter().filter_map(|done| done.result.as_ref().ok());
    for value in values {
        rows_as_shown(value, &mut all);
    }
    // Attacks name the variables that they want; their values are the secrets.
    all.iter().map(|text| text.replace("CANARY_", "")).collect()
}

/// Texts of rows without control characters, as tables have them. Credentials are not shown anywhere.
fn rows_as_shown(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(crate::core::text::plain(text).into_owned()),
        Value::Array(list) => list.iter().for_each(|value| rows_as_shown(value, into)),
        Value::Object(map) => {
            let shown = map
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "credentials" | "providers"));
            shown.for_each(|(_, value)| rows_as_shown(value, into));
        }
        _ => {}
    }
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(super) fn say(wrong: &mut Vec<String>, is_right: bool, text: impl FnOnce() -> String) {
    if !is_right {
        wrong.push(text().chars().take(1500).collect());
    }
}
