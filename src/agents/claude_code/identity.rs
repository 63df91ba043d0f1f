//! Which records of a transcript are of the same reply.
//!
//! A reply is written once per content block and copied into forks; all of it has one message id. But some gateways give
//! every reply the same id, of whatever spelling: there, the other fields of a record distinguish replies.

use super::iterations::paused_requests;
use super::reply::Reply;
use crate::core::turn::EventKey;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

pub(super) const AGENT: &str = "claude-code";

/// Replies that a later read may find more records of.
const MOST_KEPT: usize = 8;

/// The replies of a file, by the hash of their message id.
#[derive(Debug, Default)]
pub(super) struct Replies {
    latest: FxHashMap<u64, Seen>,
    /// The last ids, for [`Replies::kept`].
    recent: Vec<u64>,
}

/// The latest reply of an id.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    id: u64,
    event: u64,
    /// Hash of the request id; 0 where there is none.
    request: u64,
    /// Hash of the counts of what was sent; 0 where all are 0, as they are before the provider reports them.
    prompt: u64,
    output: u64,
}

impl Replies {
    pub(super) fn new(kept: Vec<Seen>) -> Self {
        Self {
            recent: kept.iter().map(|seen| seen.id).collect(),
            latest: kept.into_iter().map(|seen| (seen.id, seen)).collect(),
        }
    }

    /// What [`Replies::new`] needs to go on.
    pub(super) fn kept(&self) -> Vec<Seen> {
        self.recent
            .iter()
            .filter_map(|id| self.latest.get(id).copied())
            .collect()
    }

    /// The billing event of a record.
    pub(super) fn event(&mut self, reply: &Reply<'_>, timestamp: i64) -> EventKey {
        let Some(message_id) = reply.message_id.as_deref() else {
            return match &*reply.uuid {
                // A copy keeps the time and what was sent; the output grows while the reply is streamed.
                b"" if reply.timestamp.is_some() => {
                    let prompt = Seen::of(reply, "").prompt;
                    EventKey::of(AGENT, format!("{timestamp}\n{}\n{prompt:x}", reply.model))
                }
                b"" => EventKey::of(AGENT, format!("{}\n{timestamp}", reply.session_id)),
                uuid => EventKey::of(AGENT, uuid),
            };
        };
        let is_unique = is_unique(message_id, !reply.request_id.is_empty());
        let now = Seen::of(reply, message_id);
        let known = self.latest.get(&now.id);
        // After a pause, a reply goes on in another request.
        let is_resumed = |known: &Seen| paused_requests(reply.paused).contains(&known.request);
        let event = match known {
            Some(known) if known.is_same_reply(&now, is_unique) || is_resumed(known) => EventKey(known.event),
            None if is_unique => EventKey::of(AGENT, message_id),
            // The time of another record does not distinguish replies.
            _ if reply.timestamp.is_none() && !reply.uuid.is_empty() => EventKey::of(AGENT, &reply.uuid),
            _ => EventKey::of(AGENT, format!("{message_id}\n{timestamp}")),
        };
        if self.recent.last() != Some(&now.id) {
            self.recent.retain(|id| *id != now.id);
            self.recent.push(now.id);
            let surplus = self.recent.len().saturating_sub(MOST_KEPT);
            self.recent.drain(..surplus);
        }
        self.latest.insert(now.id, Seen { event: event.0, ..now });
        event
    }
}

impl Seen {
    fn of(reply: &Reply<'_>, message_id: &str) -> Self {
        let usage = &reply.usage;
        let written = usage.cache_write.unwrap_or(usage.cache_write_5m + usage.cache_write_1h);
        let prompt = [usage.input, usage.cache_read, written];
        let hash = |bytes: &[u8]| if bytes.is_empty() { 0 } else { xxh3_64(bytes).max(1) };
        Self {
            id: xxh3_64(message_id.as_bytes()),
            event: 0,
            request: hash(&reply.request_id),
            prompt: if prompt == [0; 3] {
                0
            } else {
                hash(&prompt.map(u64::to_le_bytes).concat())
            },
            output: usage.output,
        }
    }

    /// Whether a record with the same message id is of the same reply.
    fn is_same_reply(&self, now: &Self, is_unique: bool) -> bool {
        let is_same_prompt = self.prompt == now.prompt;
        match (self.request, now.request) {
            (0, _) | (_, 0) if is_unique => true,
            // Output grows while a reply is streamed; the rest may come with its end alone.
            (0, _) | (_, 0) => (is_same_prompt || self.prompt == 0 || now.prompt == 0) && now.output >= self.output,
            (before, now) if before == now => true,
            // `/btw` asks again under the id of the reply that it repeats.
            _ => is_unique && is_same_prompt,
        }
    }
}

/// Whether an id is unique by itself: one that comes with the id of its request, as Anthropic's do, or that
/// looks like Anthropic's. What has no digit in it is no id.
fn is_unique(id: &str, has_request: bool) -> bool {
    const LENGTH: usize = 22;
    const LEAST_UNLIKE: usize = 8;
    let has_digit = |text: &str| text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if has_request {
        return has_digit(id);
    }
    let Some(rest) = id.strip_prefix("msg_") else {
        return false;
    };
    let random = rest
        .strip_prefix("bdrk_")
        .or(rest.strip_prefix("vrtx_"))
        .unwrap_or(rest);
    random.len() >= LENGTH
        && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has_digit(random)
        && random.bytes().collect::<BTreeSet<_>>().len() >= LEAST_UNLIKE
}

#[cfg(test)]
mod tests {
    use super::super::reply::Usage;
    use super::*;

    const UNIQUE: &str = "msg_01XFDUDYJgAACzvnptVvoYEL";

    fn reply<'a>(id: &'a str, request: &'a str, input: u64, output: u64) -> Reply<'a> {
        Reply {
            message_id: Some(id.into()),
            request_id: request.as_bytes().into(),
            timestamp: Some(0),
            usage: Usage {
                input,
                output,
                ..Usage::default()
            },
            ..Reply::default()
        }
    }

    /// How many replies some records are of: request id, input, output; each a minute after the one before.
    fn count(id: &str, records: &[(&str, u64, u64)]) -> usize {
        let mut replies = Replies::default();
        let records = records.iter().zip(1..);
        let events = records.map(|((request, input, output), minute)| {
            let mut parts = Replies::new(replies.kept());
            let reply = reply(id, request, *input, *output);
            let event = replies.event(&reply, minute * 60_000);
            assert_eq!(
                parts.event(&reply, minute * 60_000),
                event,
                "the same however reads are cut"
            );
            event
        });
        events.map(|event| event.0).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn a_reply_goes_on_in_another_request_after_a_pause() {
        let mut replies = Replies::default();
        let first = replies.event(&reply(UNIQUE, "req_1", 50_000, 8), 0);
        let resumed = Reply {
            paused: br#"[{"requestId":"req_1","usage":{}}]"#,
            ..reply(UNIQUE, "req_2", 2_000, 300)
        };
        assert_eq!(replies.event(&resumed, 60_000), first);
        let again = Reply {
            paused: br#"[{"requestId":"req_1"},{"requestId":"req_2"}]"#,
            ..reply(UNIQUE, "req_3", 900, 30)
        };
        assert_eq!(replies.event(&again, 90_000), first);
    }

    #[test]
    fn one_id_is_one_reply_unless_the_records_say_otherwise() {
        for id in [
            "ocgo",
            "msg_0",
            "",
            "chatcmpl-",
            "msg_gateway_constant_response",
            "0000-0000",
        ] {
            // Streamed: the same prompt, a growing output, a prompt that is counted with the end.
            assert_eq!(count(id, &[("", 10, 1), ("", 10, 1), ("", 10, 90)]), 1, "{id}");
            assert_eq!(count(id, &[("", 0, 1), ("", 10, 90)]), 1, "{id}");
            assert_eq!(count(id, &[("r-1", 10, 1), ("r-1", 12, 90)]), 1, "{id}");
            // Others.
            assert_eq!(count(id, &[("", 10, 90), ("", 11, 95), ("", 12, 95)]), 3, "{id}");
            assert_eq!(count(id, &[("", 10, 90), ("", 10, 5)]), 2, "{id}");
            assert_eq!(count(id, &[("r-1", 10, 90), ("r-2", 10, 90)]), 2, "{id}");
        }
        assert_eq!(count(UNIQUE, &[("", 10, 1), ("", 12, 90), ("", 12, 80)]), 1);
        assert_eq!(
            count(UNIQUE, &[("r-1", 10, 90), ("r-2", 10, 90)]),
            1,
            "asked again by /btw"
        );
        assert_eq!(
            count(UNIQUE, &[("r-1", 10, 90), ("r-2", 11, 95)]),
            2,
            "one id for several requests"
        );
    }

    #[test]
    fn a_unique_id_is_the_same_event_at_any_time_and_another_one_only_at_the_same() {
        let at = |id: &str, request: &str, time| Replies::default().event(&reply(id, request, 10, 1), time);
        for (id, request) in [
            (UNIQUE, ""),
            ("msg_bdrk_01XFDUDYJgAACzvnptVvoYEL", ""),
            ("chatcmpl-a177c0ffee0123456789", "r-1"),
            ("0a1b2c3d-0000-4000-8000-4e5f60718293", "r-1"),
        ] {
            assert_eq!(at(id, request, 1), at(id, request, 2), "{id}");
        }
        for (id, request) in [("msg_0", "r-1"), ("chatcmpl-a177c0ffee0123456789", ""), ("ocgo", "")] {
            assert_eq!(at(id, request, 1), at(id, request, 1), "{id}");
            assert_ne!(at(id, request, 1), at(id, request, 2), "{id}");
        }
    }

    #[test]
    fn a_record_without_id_or_time_has_its_own_id() {
        let event = |reply: Reply<'_>, time| Replies::default().event(&reply, time);
        let untimed = |id: Option<&'static str>, uuid: &'static [u8]| Reply {
            message_id: id.map(Into::into),
            timestamp: None,
            uuid: uuid.into(),
            ..Reply::default()
        };
        for id in [None, Some(""), Some("msg_0")] {
            assert_ne!(event(untimed(id, b"u-1"), 1), event(untimed(id, b"u-2"), 1));
            assert_eq!(event(untimed(id, b"u-1"), 1), event(untimed(id, b"u-1"), 2));
        }
    }
}
