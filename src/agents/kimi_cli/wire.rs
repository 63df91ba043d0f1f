//! Kimi CLI's log: everything its window shows, wrapped in envelopes; a status update after each step has the usage.

use super::ID;
use super::place::Place;
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::{Count, Text, part, title};
use crate::agents::shared::nameless::Occurrences;
use crate::agents::shared::words::first_words;
use crate::agents::{Batch, Skip};
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Rank, RecordKey, SessionInfo, Title, Turn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How deep subagents of subagents are looked into.
const DEEPEST: usize = 8;

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
    /// Of replies of subagents without ids.
    nameless: Occurrences,
}

/// `{"timestamp":1770983427.123,"message":{"type":"StatusUpdate","payload":{…}}}`
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(default)]
    timestamp: Option<f64>,
    #[serde(borrow, default)]
    message: Option<Envelope<'a>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StatusUpdate<'a> {
    #[serde(default)]
    token_usage: Option<Usage>,
    #[serde(borrow, default)]
    message_id: Option<Text<'a>>,
}

/// Disjoint.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_other: Count,
    output: Count,
    input_cache_read: Count,
    input_cache_creation: Count,
}

pub(super) fn record(state: &mut State, line: &Line<'_>, place: &Place, into: &mut Batch) -> serde_json::Result<()> {
    let entry: Entry<'_> = serde_json::from_str(line.text)?;
    let Some(mut envelope) = entry.message else {
        // `{"type":"metadata","protocol_version":"1.3"}`
        return Ok(());
    };
    // `as` saturates; a time without a meaning is the one before it.
    let time = entry
        .timestamp
        .map(|seconds| (seconds * 1000.0) as i64)
        .filter(|ms| *ms > 0);
    let time = time.unwrap_or(state.time);
    state.time = state.time.max(time);
    // What subagents do is shown in the session's own log, too, and lies in logs of their own in later versions.
    let mut depth = 0;
    let mut agent = place.agent.clone();
    while envelope.kind.0 == "SubagentEvent" && depth < DEEPEST {
        #[derive(Deserialize)]
        struct Nested<'a> {
            #[serde(borrow, default)]
            agent_id: Option<Text<'a>>,
            #[serde(borrow)]
            event: Envelope<'a>,
        }
        let Some(nested) = part::<Nested<'_>>(envelope.payload) else {
            return Ok(());
        };
        envelope = nested.event;
        agent = nested.agent_id.map(|id| id.0.into_owned()).unwrap_or_default();
        depth += 1;
    }
    match envelope.kind.0.as_ref() {
        "TurnBegin" if depth == 0 && place.agent.is_empty() => begin(state, &envelope, time, place, into),
        "StatusUpdate" => {
            let Some(payload) = envelope.payload else { return Ok(()) };
            let update: StatusUpdate<'_> = serde_json::from_str(payload.get())?;
            add(state, &update, &agent, time, place, line.offset, into);
        }
        _ => {}
    }
    Ok(())
}

fn begin(state: &mut State, envelope: &Envelope<'_>, time: i64, place: &Place, into: &mut Batch) {
    #[derive(Deserialize)]
    struct TurnBegin<'a> {
        #[serde(borrow, default)]
        user_input: Option<&'a RawValue>,
    }
    let mut info = SessionInfo {
        started_at: (time > 0).then_some(time),
        ..SessionInfo::new(&place.session)
    };
    if !state.is_titled {
        let input = part::<TurnBegin<'_>>(envelope.payload).and_then(|begin| begin.user_input);
        let words = first_words(input).and_then(|text| title(&text));
        info.title = words.map(|text| Title::from_prompt(time, text));
        state.is_titled = info.title.is_some();
    }
    into.session(info);
}

fn add(
    state: &mut State,
    update: &StatusUpdate<'_>,
    agent: &str,
    time: i64,
    place: &Place,
    offset: u64,
    into: &mut Batch,
) {
    // Without usage it only records how full the context is.
    let Some(usage) = &update.token_usage else { return };
    let tokens = Tokens::new(
        usage.input_other.0,
        usage.output.0,
        0,
        usage.input_cache_read.0,
        usage.input_cache_creation.0,
    );
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let id = update.message_id.as_deref().unwrap_or("");
    // A forked session copies the log with its message ids, and the log of a session repeats those of its subagents. An
    // id alone may be that of every reply of a gateway.
    let key = match (id, agent) {
        ("", "") => format!("\0@{time}\0{:?}", tokens.counts()),
        // The two logs that have it give it two times.
        ("", agent) => {
            let look = format!("{agent}\0{:?}", tokens.counts());
            let number = state.nameless.number(&look);
            format!("{look}\0#{number}")
        }
        (id, _) => format!("{id}\0{:?}", tokens.counts()),
    };
    into.session(SessionInfo {
        updated_at: (time > 0).then_some(time),
        ..SessionInfo::new(&place.session)
    });
    into.turn(&Turn {
        session_id: &place.session,
        message_id: id,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        rank: Rank(tokens.known_total(), u64::from(place.is_own(time))),
        numbers: Numbers::of(tokens, time),
        place: offset,
        ..Turn::PLAIN
    });
}

#[cfg(test)]
mod tests {
    use crate::agents::kimi_cli::KimiCli;
    use crate::agents::shared::testing::read_with_cuts;

    const FILE: &str = "sessions/ce3fa0aa9e98006977055c78d826399a/s1/wire.jsonl";
    const LOG: &str = concat!(
        r#"{"type":"metadata","protocol_version":"1.3"}"#,
        "\n",
        r#"{"timestamp":1772442000.5,"message":{"type":"TurnBegin","payload":{"user_input":[{"type":"text","text":"Fix it"}]}}}"#,
        "\n",
        r#"{"timestamp":1772442001.123,"message":{"type":"StatusUpdate","payload":{"context_usage":0.1,"token_usage":{"input_other":100,"output":20,"input_cache_read":300,"input_cache_creation":4},"message_id":"chatcmpl-1"}}}"#,
        "\n",
        r#"{"timestamp":1772442001.2,"message":{"type":"StatusUpdate","payload":{"context_usage":0.2,"token_usage":null,"message_id":null}}}"#,
        "\n",
        r#"{"timestamp":1772442002,"message":{"type":"SubagentEvent","payload":{"agent_id":"a1","event":{"type":"StatusUpdate","payload":{"token_usage":{"input_other":7,"output":8},"message_id":"chatcmpl-2"}}}}}"#,
        "\n",
        r#"{"timestamp":1772442003,"message":{"type":"ToolResult","payload":{"output":"{\"type\":\"StatusUpdate\",\"token_usage\":{}}"}}}"#,
        "\n",
        r#"{"timestamp":1772442004,"message":{"type":"StatusUpdate","payload":{"token_usage":{"input_other":-1,"output":9},"message_id":null}}}"#,
        "\n",
        r#"{"timestamp":1772442005,"message":{"type":"StatusUpdate","payload":{"token_usage":{"input_other":"many"}}}}"#,
        "\n",
        r#"{"timestamp":1772442006,"message":{"type":"Status"#,
    );

    #[test]
    fn counts_each_step_once_whoever_shows_it() {
        let all = read_with_cuts(&KimiCli, FILE, LOG);
        assert_eq!(
            all.turns,
            [
                "s1 chatcmpl-1  [100, 20, 0, 300, 4]",
                "s1 chatcmpl-2  [7, 8, 0, 0, 0]",
                "s1   [0, 9, 0, 0, 0]",
            ]
        );
        let session = &all.sessions["s1"];
        assert_eq!(session.title.as_ref().expect("a title").text, "Fix it");
        assert_eq!(
            (session.started_at, session.updated_at),
            (Some(1_772_442_000_500), Some(1_772_442_004_000))
        );
        assert_eq!(all.problems.len(), 1);
    }
}
