//! From messages to turns: which replies count, with which tokens, and which of them are the same billing event.

use super::message::{Counts, Message};
use super::session::Session;
use crate::agents::shared::batch::{Batch, Skip};
use crate::agents::shared::instant::possible;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Origin, Presence, RecordKey, Turn};
use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Turns replies into turns of a batch. One per source and read; sessions must come whole.
pub(super) struct Replies<'a> {
    agent_id: &'static str,
    into: &'a mut Batch,
    /// Events of each session (by its hash), for replies of one session that agree in everything.
    seen: FxHashMap<u64, FxHashSet<u64>>,
    /// The session of the last reply and its events: mostly the next one is of the same session.
    current: (u64, FxHashSet<u64>),
}

/// Where a message was recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<'a> {
    pub message_id: &'a str,
    /// When the row was made, epoch milliseconds: for messages that do not tell themselves, and for pending reverts.
    pub created: i64,
    /// Row number; 0 for files.
    pub place: u64,
}

impl<'a> Replies<'a> {
    pub(super) fn new(agent_id: &'static str, into: &'a mut Batch) -> Self {
        Self {
            agent_id,
            into,
            seen: FxHashMap::default(),
            current: Default::default(),
        }
    }

    pub(super) fn batch(&mut self) -> &mut Batch {
        self.into
    }

    /// Adds a reply if it counts.
    pub(super) fn add(&mut self, message: &Message<'_>, located: Located<'_>, session: &Session) {
        let (tokens, cost) = match usage(message, session.includes_reasoning) {
            Ok(usage) => usage,
            Err(why) => return self.into.skip(why),
        };
        let event = self.event(message, session);
        let is_reverted = session.has_taken_back(located.created, located.message_id);
        self.into.turn(&Turn {
            session_id: &session.id,
            message_id: located.message_id,
            record: RecordKey::of(located.message_id),
            event,
            rank: session.rank,
            provider_id: &message.provider,
            model_id: message.routed.unwrap_or(&message.model),
            numbers: Numbers {
                cost,
                presence: if is_reverted {
                    Presence::Reverted
                } else {
                    Presence::Present
                },
                ..Numbers::of(
                    tokens,
                    possible(message.created.unwrap_or(located.created)).unwrap_or(located.created),
                )
            },
            place: located.place,
            origin: Origin {
                subagent: &session.subagent,
                task: &session.task,
                ..Origin::NONE
            },
            ..Turn::PLAIN
        });
    }

    /// A fork and an import copy a reply with all of these values, and counts as they were recorded. Two replies of one
    /// session that agree in all of them are distinguished by their number, which a copy of both repeats. When the reply
    /// was complete is not among them: that is written last, and a reply keeps its event from its first counts on.
    fn event(&mut self, message: &Message<'_>, session: &Session) -> EventKey {
        let [names, created, input, output, reasoning, cache_read, cache_write] = print(message);
        if self.current.0 != session.hash {
            const USUAL: usize = 28;
            let events = self.seen.remove(&session.hash);
            let events = events.unwrap_or_else(|| FxHashSet::with_capacity_and_hasher(USUAL, Default::default()));
            let (before, its_events) = std::mem::replace(&mut self.current, (session.hash, events));
            self.seen.insert(before, its_events);
        }
        let mut number = 0;
        loop {
            let words = [
                names,
                created,
                input,
                output,
                reasoning,
                cache_read,
                cache_write,
                number,
            ];
            let event = EventKey::of(self.agent_id, words.map(u64::to_le_bytes).as_flattened());
            if self.current.1.insert(event.0) {
                return event;
            }
            number += 1;
        }
    }
}

/// What all copies of a reply have in common, and hardly any two replies have.
pub(super) type Print = [u64; 7];

pub(super) fn print(message: &Message<'_>) -> Print {
    let names = xxh3_64_with_seed(message.model.as_bytes(), xxh3_64(message.provider.as_bytes()));
    let created = message.created.unwrap_or(-1) as u64;
    let [input, output, reasoning, cache_read, cache_write] = message.counts.buckets();
    [names, created, input, output, reasoning, cache_read, cache_write]
}

/// The tokens of a reply that counts.
pub(super) fn tokens_of(message: &Message<'_>, includes_reasoning: bool) -> Option<Tokens> {
    usage(message, includes_reasoning).ok().map(|(tokens, _)| tokens)
}

/// The tokens and recorded cost of a reply that counts, or why it does not.
fn usage(message: &Message<'_>, includes_reasoning: bool) -> Result<(Tokens, Option<Money>), Skip> {
    let is_counted = message.counts.buckets() != [0; 5];
    let is_charged = message.cost.is_some_and(|cost| cost > Money::ZERO);
    if is_counted {
        return Ok((tokens(&message.counts, includes_reasoning), message.cost));
    }
    // A provider that reports no usage leaves `"finish":"stop"` beside zeros: neither free nor nothing.
    if is_charged || (message.is_finished && !message.is_failed) {
        return Ok((Tokens::unreported(), message.cost.filter(|_| is_charged)));
    }
    Err(if message.is_failed || message.completed.is_some() {
        Skip::Failed
    } else {
        Skip::Unfinished
    })
}

/// Five disjoint buckets. OpenCode before 1.14 counted reasoning inside output; the total of a row decides, else the version.
fn tokens(counts: &Counts, includes_reasoning: bool) -> Tokens {
    let [input, output, reasoning, cache_read, cache_write] = counts.buckets();
    let without_reasoning = input + output + cache_read + cache_write;
    let is_inside = match counts.total {
        Some(total) if total == without_reasoning => true,
        Some(total) if total == without_reasoning + reasoning => false,
        _ => includes_reasoning,
    };
    let output = if is_inside {
        output.saturating_sub(reasoning)
    } else {
        output
    };
    Tokens::new(input, output, reasoning, cache_read, cache_write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::opencode::extract::parse_message;
    use crate::agents::opencode::session::Place;

    fn judge(text: &str, includes_reasoning: bool) -> Result<(Tokens, Option<i64>), Skip> {
        let message = parse_message(text.as_bytes()).expect("a message");
        usage(&message, includes_reasoning).map(|(tokens, cost)| (tokens, cost.map(Money::nanos)))
    }

    #[test]
    fn the_total_of_a_row_shows_where_reasoning_is() {
        let inside =
            r#"{"tokens":{"total":4080,"input":1000,"output":80,"reasoning":20,"cache":{"read":3000,"write":0}}}"#;
        let beside =
            r#"{"tokens":{"total":4080,"input":1000,"output":60,"reasoning":20,"cache":{"read":3000,"write":0}}}"#;
        let unsaid = r#"{"tokens":{"input":1000,"output":80,"reasoning":20,"cache":{"read":3000,"write":0}}}"#;
        let fair = Tokens::new(1000, 60, 20, 3000, 0);
        for includes in [false, true] {
            assert_eq!(judge(inside, includes), Ok((fair, None)));
            assert_eq!(judge(beside, includes), Ok((fair, None)));
        }
        assert_eq!(judge(unsaid, true), Ok((fair, None)));
        assert_eq!(judge(unsaid, false), Ok((Tokens::new(1000, 80, 20, 3000, 0), None)));
    }

    #[test]
    fn only_what_was_counted_or_charged_is_a_turn() {
        let zeros = r#""tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}"#;
        for (rest, expected) in [
            (r#""time":{"created":1}"#, Err(Skip::Unfinished)),
            (
                r#""time":{"created":1,"completed":2},"error":{"name":"MessageAbortedError"}"#,
                Err(Skip::Failed),
            ),
            (
                r#""cost":0,"time":{"created":1},"error":{"name":"APIError"}"#,
                Err(Skip::Failed),
            ),
            (r#""finish":"stop","error":{"name":"UnknownError"}"#, Err(Skip::Failed)),
            (r#""finish":"stop","cost":0"#, Ok((Tokens::unreported(), None))),
            (
                r#""cost":0.5,"error":{}"#,
                Ok((Tokens::unreported(), Some(500_000_000))),
            ),
        ] {
            assert_eq!(judge(&format!("{{{rest},{zeros}}}"), false), expected, "{rest}");
        }
        let aborted = r#"{"cost":0,"tokens":{"input":7},"error":{"name":"MessageAbortedError"}}"#;
        assert_eq!(judge(aborted, false), Ok((Tokens::new(7, 0, 0, 0, 0), Some(0))));
    }

    #[test]
    fn copies_share_events_and_equal_replies_of_one_session_do_not() {
        let reply = r#"{"providerID":"p","modelID":"m","time":{"created":1,"completed":2},"tokens":{"input":3}}"#;
        let nested =
            r#"{"model":{"id":"m","providerID":"p"},"time":{"completed":2,"created":1},"tokens":{"input":"3"}}"#;
        let other = r#"{"providerID":"p","modelID":"m","time":{"created":1},"tokens":{"input":3}}"#;
        let mut batch = Batch::default();
        let mut replies = Replies::new("opencode", &mut batch);
        let (original, copy) = (
            Session::unrecorded("ses_a", Place::Database),
            Session::unrecorded("ses_b", Place::Database),
        );
        for (session, id, text) in [
            (&original, "a1", reply),
            (&original, "a2", nested),
            (&original, "a3", other),
            (&copy, "b1", nested),
            (&copy, "b2", reply),
        ] {
            let message = parse_message(text.as_bytes()).expect("a message");
            let located = Located {
                message_id: id,
                created: 0,
                place: 0,
            };
            replies.add(&message, located, session);
        }
        let events: Vec<_> = batch.turns.iter().map(|row| row.event).collect();
        assert_eq!(events[..2], events[3..]);
        assert_ne!(events[0], events[1]);
        assert!(!events[..2].contains(&events[2]));
    }
}
