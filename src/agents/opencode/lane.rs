//! A fast lane for messages in the order of keys that versions 1.14 to 1.18 write; any other text goes the usual way.

use super::message::{Counts, LAST_MS, Message, Role};
use crate::agents::shared::json_cursor::find_string_end;
use crate::core::money::Money;
use crate::core::tokens::MAX_COUNT;
use std::borrow::Cow;

/// Reads a complete reply of the usual shape, `None` at the first byte that differs:
/// `{"parentID":"…","role":"assistant","mode":"…","agent":"…","path":{"cwd":"…","root":"…"},"cost":0.03,"tokens":{"total":1,
/// "input":1,"output":1,"reasoning":0,"cache":{"write":0,"read":0}},"modelID":"…","providerID":"…","time":{"created":1,
/// "completed":2},"finish":"…"}`.
pub(super) fn parse_reply(text: &[u8]) -> Option<Message<'_>> {
    let mut lane = Lane { text, at: 0 };
    lane.literal(br#"{"parentID":""#)?;
    lane.text()?;
    lane.literal(br#"","role":"assistant","mode":""#)?;
    lane.text()?;
    lane.literal(br#"","agent":""#)?;
    lane.text()?;
    lane.literal(br#"","path":{"cwd":""#)?;
    lane.text()?;
    lane.literal(br#"","root":""#)?;
    lane.text()?;
    lane.literal(br#""},"cost":"#)?;
    let cost = Money::from_decimal(lane.until(b',')?)?;
    lane.literal(br#","tokens":{"total":"#)?;
    let total = lane.count()?;
    lane.literal(br#","input":"#)?;
    let input = lane.count()?;
    lane.literal(br#","output":"#)?;
    let output = lane.count()?;
    lane.literal(br#","reasoning":"#)?;
    let reasoning = lane.count()?;
    lane.literal(br#","cache":{"write":"#)?;
    let cache_write = lane.count()?;
    lane.literal(br#","read":"#)?;
    let cache_read = lane.count()?;
    lane.literal(br#"}},"modelID":""#)?;
    let model = lane.text()?;
    lane.literal(br#"","providerID":""#)?;
    let provider = lane.text()?;
    lane.literal(br#"","time":{"created":"#)?;
    let created = lane.time()?;
    lane.literal(br#","completed":"#)?;
    let completed = lane.time()?;
    lane.literal(br#"},"finish":""#)?;
    let finish = lane.text()?;
    lane.literal(br#""}"#)?;
    let name = |text| std::str::from_utf8(text).ok().map(Cow::Borrowed);
    let is_whole = lane.at == text.len() && cost >= Money::ZERO && !model.is_empty() && !provider.is_empty();
    is_whole.then_some(Message {
        role: Role::Assistant,
        provider: name(provider)?,
        model: name(model)?,
        routed: None,
        created: Some(created),
        completed: Some(completed),
        counts: Counts {
            input,
            output,
            reasoning,
            cache_read,
            cache_write,
            total: Some(total),
        },
        cost: Some(cost),
        is_finished: !finish.is_empty(),
        is_failed: false,
    })
}

struct Lane<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lane<'a> {
    #[inline(always)]
    fn literal<const N: usize>(&mut self, expected: &[u8; N]) -> Option<()> {
        let found = self.text.get(self.at..)?.first_chunk::<N>()?;
        (found == expected).then(|| self.at += N)
    }

    /// Up to the closing quote of a string without escapes.
    #[inline(always)]
    fn text(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.at = find_string_end(self.text, start)?;
        (self.text[self.at] == b'"').then(|| &self.text[start..self.at])
    }

    #[inline(always)]
    fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| *byte == end)?;
        self.at += length;
        Some(&rest[..length])
    }

    #[inline(always)]
    fn count(&mut self) -> Option<u64> {
        self.digits().filter(|count| *count <= MAX_COUNT)
    }

    #[inline(always)]
    fn time(&mut self) -> Option<i64> {
        self.digits().map(|at| at as i64).filter(|at| *at <= LAST_MS)
    }

    #[inline(always)]
    fn digits(&mut self) -> Option<u64> {
        const MOST_DIGITS: usize = 18;
        let (start, mut number) = (self.at, 0);
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            number = number * 10 + u64::from(digit - b'0');
            self.at += 1;
            if self.at - start > MOST_DIGITS {
                return None;
            }
        }
        (self.at > start).then_some(number)
    }
}
