//! A message of Gemini CLI, in logs and in old sessions, and its turn.

use super::ID;
use crate::agents::shared::lenient::{Count, Text, When, title};
use crate::agents::shared::words::first_words;
use crate::agents::{Batch, Skip};
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Rank, RecordKey, SessionInfo, Title, Turn};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `{"id":"45fc…","timestamp":"…","type":"gemini","content":…,"tokens":{…},"model":"gemini-2.5-pro"}`.
#[derive(Default, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(default)]
    pub timestamp: When,
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(default)]
    pub tokens: Option<Counts>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
}

/// What the API reported: `input` has `cached` inside, `thoughts` and `tool` stand beside the others.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    input: Count,
    output: Count,
    cached: Count,
    thoughts: Count,
    tool: Count,
    total: Count,
}

impl Counts {
    fn tokens(self) -> Tokens {
        let sum = |counts: &[Count]| counts.iter().fold(0_u64, |sum, count| sum.saturating_add(count.0));
        let without = sum(&[self.input, self.output, self.thoughts, self.tool]);
        // Some files were written by gateways that report cached tokens beside the input: then only the total
        // with them comes out right.
        let is_beside = self.total.0 != without && self.total.0 == without.saturating_add(self.cached.0);
        let fresh = if is_beside {
            self.input.0
        } else {
            self.input.0.saturating_sub(self.cached.0)
        };
        let input = fresh.saturating_add(self.tool.0);
        Tokens::new(input, self.output.0, self.thoughts.0, self.cached.0, 0)
    }
}

/// Where a message was found.
pub(super) struct Found<'a> {
    pub session: &'a str,
    /// Byte offset of its line, or its position in an old session.
    pub place: u64,
    /// Logs count over the old session they were made from.
    pub is_log: bool,
    /// The time to fall back on.
    pub time: i64,
}

/// Adds the turn that a message stands for, if any.
pub(super) fn add(message: &Message, found: &Found, into: &mut Batch) {
    if message.kind.as_deref() != Some("gemini") {
        return;
    }
    // `"tokens":null`: the reply is written before its usage arrives; resumed sessions repeat replies without any.
    let Some(counts) = message.tokens else {
        return into.skip(Skip::Unfinished);
    };
    let tokens = counts.tokens();
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let timestamp = message.timestamp.0.unwrap_or(found.time);
    let id = message.id.as_deref().unwrap_or("");
    let model = message.model.as_deref().unwrap_or("");
    // Copies of a session under another id keep ids and times of its messages. An id alone may be one that a program
    // counts up from 1 in each session.
    let key = format!("{id}\0{timestamp}\0{model}");
    into.turn(&Turn {
        session_id: found.session,
        message_id: id,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        // Within a log the last record with tokens counts.
        rank: Rank(u64::from(found.is_log), found.place),
        provider_id: "google",
        model_id: model,
        numbers: Numbers::of(tokens, timestamp),
        place: found.place,
        ..Turn::PLAIN
    });
}

/// The session's name as far as its first words tell it.
pub(super) fn named(message: &Message, session: &str, time: i64) -> Option<SessionInfo> {
    if message.kind.as_deref() != Some("user") {
        return None;
    }
    let text = first_words(message.content)?;
    let first = Title::from_prompt(message.timestamp.0.unwrap_or(time), title(&text)?);
    Some(SessionInfo {
        title: Some(first),
        ..SessionInfo::new(session)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> [u64; 5] {
        let counts: Counts = serde_json::from_str(json).expect("counts");
        counts.tokens().counts()
    }

    #[test]
    fn cached_tokens_are_inside_the_input_unless_the_total_shows_otherwise() {
        let usual = r#"{"input":8600,"output":95,"cached":7168,"thoughts":210,"tool":13,"total":8918}"#;
        assert_eq!(tokens(usual), [1445, 95, 210, 7168, 0]);
        let beside = r#"{"input":1000,"output":10,"cached":500,"thoughts":5,"tool":0,"total":1515}"#;
        assert_eq!(tokens(beside), [1000, 10, 5, 500, 0]);
        let odd = r#"{"input":100,"output":10,"cached":500,"thoughts":null,"tool":-1}"#;
        assert_eq!(tokens(odd), [0, 10, 0, 500, 0]);
    }
}
