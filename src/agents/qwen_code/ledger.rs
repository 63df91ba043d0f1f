//! Qwen Code's list of all requests: those of helpers stand nowhere else.

use super::{ID, RULES_VERSION, Usage, name};
use crate::agents::shared::jsonl_reader;
use crate::agents::shared::lenient::{Count, Text, When};
use crate::agents::shared::nameless::{Nameless, Occurrences};
use crate::agents::{Batch, Bookmark, Skip, Source};
use crate::core::biller::biller_or;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Rank, RecordKey, SessionInfo, Turn};
use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What is kept between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    numbers: Occurrences,
    /// The latest time of a record.
    time: i64,
    #[serde(default)]
    nameless: Nameless,
}

/// `{"id":"…","timestamp":"…","sessionId":"…","model":"…","source":"main","inputTokens":2518,"outputTokens":44,…}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    session_id: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cached_tokens: Count,
    #[serde(default)]
    thoughts_tokens: Count,
    #[serde(default)]
    total_tokens: Count,
}

/// Reads on in the list. A request that the log of its session has, too, stops counting here.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        let request: Request = serde_json::from_str(line.text)?;
        let usage = Usage {
            prompt_token_count: request.input_tokens,
            candidates_token_count: request.output_tokens,
            thoughts_token_count: request.thoughts_tokens,
            cached_content_token_count: request.cached_tokens,
            tool_use_prompt_token_count: Count(0),
            total_token_count: request.total_tokens,
        };
        let (session, model) = (&*request.session_id, &*request.model);
        let provider = biller_or("", model, "alibaba");
        let tokens = usage.tokens_by(provider);
        if tokens.is_zero() || session.is_empty() {
            into.skip(Skip::Uncounted);
            return Ok(());
        }
        let time = request.timestamp.0.unwrap_or(state.time);
        state.time = state.time.max(time);
        let key = match &*request.id {
            "" => state.nameless.key(session, time, &usage.content(model)),
            id => id.to_owned(),
        };
        let name = name(&mut state.numbers, session, &*request.source == "main", &usage);
        into.session(SessionInfo {
            updated_at: request.timestamp.0,
            ..SessionInfo::new(session)
        });
        into.turn(&Turn {
            session_id: session,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            rank: Rank(tokens.known_total(), 0),
            segment: Some(&name),
            provider_id: provider,
            model_id: model,
            numbers: Numbers::of(tokens, time),
            place: line.offset,
            ..Turn::PLAIN
        });
        Ok(())
    })
}
