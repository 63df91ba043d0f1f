//! Attacks: what a hostile plugin must not reach.

use super::Seen;
use super::checks::{messages, say};
use super::matchers::holds;
use crate::plugins::host::State;
use serde_json::Value;

const BUSY: u128 = 4;

/// Everything that a plugin reached or left behind.
pub(super) fn check(spec: &Value, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let outcomes = outcomes(seen);
    let mut messages = messages(seen);
    messages.extend(seen.log.iter().map(|(_, text)| text.clone()));
    let is_refused = seen.found.iter().all(|found| found.state == State::Refused);
    for (key, words) in spec["refused"].as_object().into_iter().flatten() {
        // What was refused at load has no id to name, and no call; without consent nothing is attempted.
        if words.as_array().is_none_or(Vec::is_empty) || (is_refused && key == "call") || key == "without consent" {
            continue;
        }
        let own = format!("refused:{key}");
        let named = outcomes.iter().filter(|text| key == "all" || text.starts_with(&own));
        let others = outcomes.iter().filter(|_| !matches!(key.as_str(), "all"));
        let is_there = named.chain(&messages).chain(others).any(|text| holds(text, words));
        say(&mut wrong, is_there, || {
            format!("refused.{key}: wanted {words}, got {outcomes:?} {messages:?}")
        });
    }
    if let Some(state) = spec["state"].as_str() {
        let got: Vec<_> = seen.found.iter().map(|found| found.state_name()).collect();
        say(&mut wrong, got.first() == Some(&state), || {
            format!("state: wanted {state}, got {got:?}")
        });
    }
    for name in texts(&spec["errorsName"]) {
        let is_there = messages.iter().any(|text| text.contains(name));
        say(&mut wrong, is_there, || {
            format!("errorsName: wanted {name}, got {messages:?}")
        });
    }
    for host in texts(&spec["noRequestTo"]) {
        let sent = seen.requests.iter().filter_map(|request| request["url"].as_str());
        let found = sent.into_iter().find(|url| host == "*" || is_to(url, host));
        say(&mut wrong, found.is_none(), || {
            format!("noRequestTo {host}: {found:?} was sent")
        });
    }
    for folder in texts(&spec["unchanged"]) {
        let changed = seen.changed.iter().find(|(path, _)| path.starts_with(folder));
        let changed = changed.map(|(path, _)| path);
        say(&mut wrong, changed.is_none(), || {
            format!("unchanged: {changed:?} is not")
        });
    }
    for text in texts(&spec["logNever"]) {
        let found = seen.log.iter().find(|(_, line)| line.contains(text));
        say(&mut wrong, found.is_none(), || format!("logNever: {found:?}"));
    }
    if let Some(most) = spec["stderrMaxBytes"].as_u64() {
        let size: usize = seen.log.iter().map(|(_, line)| line.len()).sum();
        say(&mut wrong, seen.log.len() <= 1000 && size as u64 <= most, || {
            format!("stderrMaxBytes: {} lines, {size} bytes", seen.log.len())
        });
    }
    let prefixes: Vec<_> = texts(&spec["stderrLinesBegin"]).collect();
    let is_right = |line: &str| !line.contains('\n') && prefixes.iter().any(|prefix| line.starts_with(prefix));
    let other = seen
        .log
        .iter()
        .find(|(_, line)| !prefixes.is_empty() && !is_right(line));
    say(&mut wrong, other.is_none(), || {
        format!("stderrLinesBegin: wanted {prefixes:?}, got {other:?}")
    });
    if spec["hostAlive"].is_boolean() {
        // Whatever a plugin does, ttop gets here.
        say(&mut wrong, spec["hostAlive"] == true, || {
            "hostAlive: ttop is alive".to_owned()
        });
    }
    if let Some(most) = spec["limits"]["wallMs"].as_u64() {
        // On a busy machine everything takes longer; what is never stopped takes forever.
        let took = seen.took.as_millis();
        say(&mut wrong, took <= u128::from(most) * BUSY, || {
            format!("limits.wallMs: took {took} ms of {most}")
        });
    }
    if spec["trust"] == "asked" {
        let ran = seen
            .steps
            .iter()
            .any(|done| done.result.is_ok() && done.plugin.is_some());
        say(&mut wrong, !ran, || "trust: it ran without consent".to_owned());
        let is_named =
            spec["state"] == "shadowed" || is_refused || messages.iter().any(|text| text.contains("ttop plugin trust"));
        say(&mut wrong, is_named, || {
            format!("trust: the command that gives consent is not named: {messages:?}")
        });
    }
    wrong
}

/// Whether an address leads to a host, or begins as given.
fn is_to(url: &str, host: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains("://") {
        return url.starts_with(host);
    }
    authority == host || authority.ends_with(&format!(".{host}")) || authority.starts_with(&format!("{host}:"))
}

/// What each attempt of the plugin came to: rows, or parts of a message.
fn outcomes(seen: &Seen) -> Vec<String> {
    let mut all = Vec::new();
    for value in seen.steps.iter().filter_map(|done| done.result.as_ref().ok()) {
        let rows = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["sessionId"].as_str());
        all.extend(rows.map(str::to_owned));
        let message = value["message"].as_str().unwrap_or_default();
        all.extend(message.split(" | ").filter(|text| !text.is_empty()).map(str::to_owned));
    }
    all
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
