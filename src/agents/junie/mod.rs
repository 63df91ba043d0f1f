//! Junie: a log of events per session; each response of a model leaves its usage.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Skip, Source};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::words;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ID: &str = "junie";
const RULES_VERSION: u32 = 2;
const EVENTS: &str = "events.jsonl";

pub(super) struct Junie;

impl Agent for Junie {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Junie"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["junie"]),
            turns: "exact",
            limits: About::list(&[
                "costs have no unit in the records, so they are not used: prices come from the list",
                "sessions of the plug-in for IDEs are not read",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let sessions = system.home.join(".junie/sessions");
        let mut walk = Walk::default();
        for session in walk.folders(&sessions, &mut found) {
            found.add_file(session.join(EVENTS), 0);
        }
        found.roots.push(Root::new(sessions, "default"));
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let folder = source.path.parent().unwrap_or(&source.path);
        let session = folder.file_name().unwrap_or_default().to_string_lossy();
        jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
            record(state, line, &session, into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
}

/// `{"kind":"SessionA2uxEvent","timestampMs":1783650435508,"event":{"agentEvent":{…}}}`, or a prompt.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(default)]
    timestamp_ms: When,
    #[serde(borrow, default)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapper<'a> {
    #[serde(borrow)]
    agent_event: AgentEvent<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentEvent<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    current_directory: Option<&'a RawValue>,
    #[serde(borrow, default)]
    agent: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model_usage: Option<&'a RawValue>,
}

/// `{"kind":"MainAgent","id":"main","name":"main"}`
#[derive(Default, Deserialize)]
struct Who<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// Disjoint: Junie 3419 subtracts cached tokens from the input, whatever the provider reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage<'a> {
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    provider: Option<Text<'a>>,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_input_tokens: Count,
    #[serde(default)]
    cache_create_tokens: Count,
    #[serde(default)]
    reasoning_tokens: Count,
}

fn record(state: &mut State, line: &Line<'_>, session: &str, into: &mut Batch) -> serde_json::Result<()> {
    let entry: Entry<'_> = serde_json::from_str(line.text)?;
    let time = entry.timestamp_ms.0.unwrap_or(state.time);
    state.time = state.time.max(time);
    let mut info = SessionInfo {
        started_at: entry.timestamp_ms.0,
        updated_at: entry.timestamp_ms.0,
        ..SessionInfo::new(session)
    };
    if entry.kind.as_deref() == Some("UserPromptEvent") && !state.is_titled {
        let prompt = part::<Text<'_>>(entry.prompt);
        let first = prompt.and_then(|prompt| words(&prompt).and_then(title));
        info.title = first.map(|text| Title::from_prompt(time, text));
        state.is_titled = info.title.is_some();
    }
    if let Some(Wrapper { agent_event }) = part::<Wrapper<'_>>(entry.event) {
        let folder = part::<Text<'_>>(agent_event.current_directory).filter(|folder| !folder.is_empty());
        info.project = folder.map(|folder| Project::folder(time, folder.0.into_owned()));
        if agent_event.kind.as_deref() == Some("LlmResponseMetadataEvent") {
            let usages: Vec<Usage<'_>> = match agent_event.model_usage {
                Some(usages) => serde_json::from_str(usages.get())?,
                None => Vec::new(),
            };
            let who = part::<Who<'_>>(agent_event.agent).unwrap_or_default();
            for (index, usage) in usages.iter().enumerate() {
                add(session, &who, usage, index, time, line.offset, into);
            }
        }
    }
    into.session(info);
    Ok(())
}

fn add(session: &str, who: &Who<'_>, usage: &Usage<'_>, index: usize, time: i64, offset: u64, into: &mut Batch) {
    let tokens = Tokens::new(
        usage.input_tokens.0,
        usage.output_tokens.0,
        usage.reasoning_tokens.0,
        usage.cache_input_tokens.0,
        usage.cache_create_tokens.0,
    );
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let model = usage.model.as_deref().unwrap_or("");
    let provider = usage.provider.as_deref().unwrap_or("");
    // Responses have no ids. A copy of a session keeps their times, and a replayed event is the same event.
    let key = format!("{time}\0{index}\0{model}\0{:?}", tokens.counts());
    let is_main = who.kind.as_deref().is_none_or(|kind| kind == "MainAgent");
    into.turn(&Turn {
        session_id: session,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        rank: Rank(tokens.known_total(), 0),
        provider_id: biller(provider, model).unwrap_or(""),
        model_id: model,
        origin: Origin {
            subagent: who.name.as_deref().filter(|_| !is_main).unwrap_or(""),
            ..Origin::NONE
        },
        numbers: Numbers::of(tokens, time),
        place: offset,
        ..Turn::PLAIN
    });
}
