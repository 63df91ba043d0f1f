//! What a message says about tokens, money and times: from its JSON, with its keys in any order.

use super::cursor::{Cursor, Value};
use crate::core::money::Money;
use crate::core::tokens::MAX_COUNT;
use std::borrow::Cow;

/// Who wrote a message. Version 2 keeps that in a column and leaves it out of the JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    Assistant,
    Other,
    #[default]
    Unsaid,
}

/// The part of a message that matters for usage, as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    pub role: Role,
    /// Empty where it was not recorded; so is `model`.
    pub provider: Cow<'a, str>,
    pub model: Cow<'a, str>,
    /// Epoch milliseconds.
    pub created: Option<i64>,
    pub completed: Option<i64>,
    pub counts: Counts,
    pub cost: Option<Money>,
    /// Why the provider stopped was written down.
    pub is_finished: bool,
    pub is_failed: bool,
}

/// Token counts as recorded: `output` may or may not include `reasoning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// What the provider billed in all; the oldest versions and version 2 do not write it.
    pub total: Option<u64>,
}

impl Counts {
    /// The five buckets in the order of rows.
    pub fn buckets(&self) -> [u64; 5] {
        [
            self.input,
            self.output,
            self.reasoning,
            self.cache_read,
            self.cache_write,
        ]
    }
}

/// Reads a message; of one that is no reply only the role counts. `None` when this is no JSON object.
pub fn parse_message(text: &[u8]) -> Option<Message<'_>> {
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
            _ => cursor.skip()?,
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
            _ => cursor.skip()?,
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
            b"input" => counts.input = parse_count(cursor.value()?).unwrap_or(0),
            b"output" => counts.output = parse_count(cursor.value()?).unwrap_or(0),
            b"reasoning" => counts.reasoning = parse_count(cursor.value()?).unwrap_or(0),
            b"total" => counts.total = parse_count(cursor.value()?),
            b"cache" if cursor.is_object() => cursor.object(|cursor, key| {
                match key {
                    b"read" => counts.cache_read = parse_count(cursor.value()?).unwrap_or(0),
                    b"write" => counts.cache_write = parse_count(cursor.value()?).unwrap_or(0),
                    _ => cursor.skip()?,
                }
                Some(())
            })?,
            _ => cursor.skip()?,
        }
        Some(())
    })?;
    Some(counts)
}

/// `{"created","completed"}`.
fn parse_times(cursor: &mut Cursor<'_>) -> Option<(Option<i64>, Option<i64>)> {
    let (mut created, mut completed) = (None, None);
    if !cursor.is_object() {
        cursor.skip()?;
        return Some((created, completed));
    }
    cursor.object(|cursor, key| {
        match key {
            b"created" => created = parse_time(cursor.value()?),
            b"completed" => completed = parse_time(cursor.value()?),
            _ => cursor.skip()?,
        }
        Some(())
    })?;
    Some((created, completed))
}

/// The text of a number, also of one written as a string.
fn number(value: Value<'_>) -> Option<&[u8]> {
    let (Value::Plain(text) | Value::Text(text)) = value else {
        return None;
    };
    let text = text.trim_ascii();
    matches!(text, [b'0'..=b'9' | b'-', ..]).then_some(text)
}

/// A count of tokens: negative ones are 0, and what no count can be saturates.
fn parse_count(value: Value<'_>) -> Option<u64> {
    let text = number(value)?;
    if text.len() < 19 && text.iter().all(u8::is_ascii_digit) {
        return Some(digits(text).min(MAX_COUNT));
    }
    let count: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    // `as` saturates in both directions.
    Some((count as u64).min(MAX_COUNT))
}

/// The last instant that every reader of the rows can show: 9999-12-30, in epoch milliseconds.
const LAST_MS: i64 = 253_402_128_000_000;

/// Epoch milliseconds; `None` for what is no time that anybody could show.
pub fn parse_time(value: Value<'_>) -> Option<i64> {
    let text = number(value)?;
    let at = if text.len() < 19 && text.iter().all(u8::is_ascii_digit) {
        digits(text) as i64
    } else {
        std::str::from_utf8(text).ok()?.parse::<f64>().ok()? as i64
    };
    (0..=LAST_MS).contains(&at).then_some(at)
}

fn digits(text: &[u8]) -> u64 {
    text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

fn parse_cost(value: Value<'_>) -> Option<Money> {
    Money::from_decimal(number(value)?).map(|cost| cost.max(Money::ZERO))
}
