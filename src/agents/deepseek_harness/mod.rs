//! DeepSeek Harness: an event stream per session, in one zstd frame per flush or as plain lines.

mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::lenient::{Count, Text, When, lossy, part, reason, title};
use crate::agents::shared::nameless::Nameless;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::torn_line;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::words;
use crate::agents::shared::zstd::{MOST_BYTES, unpack_frames};
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use crate::system::open::{self, Most};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

const ID: &str = "deepseek-harness";
const RULES_VERSION: u32 = 6;

pub(super) struct DeepSeekHarness;

impl Agent for DeepSeekHarness {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "DeepSeek Harness"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["dsh"]),
            turns: "exact",
            limits: About::list(&[
                "costs are not recorded: prices come from the list",
                "the output of interrupted and failed replies is not recorded",
                "requests for session titles and web searches are recorded without counts",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("DSH_HOME") {
            Some(home) => (home, "$DSH_HOME"),
            None => (system.home.join(".dsh"), "default"),
        };
        let sessions = home.join("sessions");
        let mut walk = Walk::default();
        for project in walk.folders(&sessions, &mut found) {
            for session in walk.folders(&project, &mut found) {
                let logs = walk.files(&session, 0, &mut found).into_iter();
                let logs: Vec<_> = logs.filter_map(|path| Some((generation(&path)?, path))).collect();
                // A newer program writes the older file anew and leaves it.
                let newest = logs.iter().map(|(generation, _)| *generation).max();
                for (_, path) in logs.into_iter().filter(|(generation, _)| Some(*generation) == newest) {
                    found.add_file(path, 0);
                }
            }
        }
        found.roots.push(Root::new(sessions, because));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let describe = || format!("could not read {}", source.path.display());
        let mut bytes = open::read(&source.path, Most::CONVERSATION).with_context(describe)?;
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            // A program that runs now may be writing the last frame.
            bytes = unpack_frames(&bytes, MOST_BYTES).with_context(describe)?;
        }
        let folder = source.path.parent().unwrap_or(&source.path);
        let mut stream = Stream {
            session: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            ..Stream::default()
        };
        let text = lossy(&bytes);
        let mut offset = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let place = offset;
            offset += line.len() as u64;
            // A line without its end is being written.
            if line.trim().is_empty() || !line.ends_with('\n') {
                continue;
            }
            let read = torn_line::read(line.trim_end().as_bytes(), |record, at| {
                let read = stream.event(&lossy(record), place + at as u64, into);
                read.map_err(|error| reason(&error))
            });
            if let Err(reason) = read {
                let place = format!("{}:{}", source.path.display(), number + 1);
                into.problem(Problem::new(place, reason));
            }
        }
        stream.finish(into);
        into.replace(Scope::Source, Presence::Gone);
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// The generation of the format of a log: 0 of `session.jsonl`, 4 of `session.v4.jsonl`; each may be compressed.
fn generation(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(".zstd").unwrap_or(name).strip_suffix(".jsonl")?;
    match name.strip_prefix("session")? {
        "" => Some(0),
        version => version.strip_prefix(".v")?.parse().ok().filter(|version| *version > 0),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(default)]
    time: When,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    // Of the first event.
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    created_at: When,
    #[serde(borrow, default)]
    cwd: Option<Text<'a>>,
    /// So many events were copied from the session this one was forked from, with their numbers and times.
    #[serde(default)]
    seed_length: Option<u64>,
    #[serde(borrow, default)]
    parent_session: Option<Text<'a>>,
    /// `subagent`, or nothing.
    #[serde(borrow, default)]
    origin: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settlement<'a> {
    turn: Option<i64>,
    step: Option<i64>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    attempt_id: Option<Text<'a>>,
    #[serde(borrow)]
    retry_id: Option<Text<'a>>,
    #[serde(borrow)]
    compaction_id: Option<Text<'a>>,
    #[serde(borrow)]
    header: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    interrupted: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
}

/// Who answered, or who was asked.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Route<'a> {
    #[serde(borrow)]
    provider: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    replay_state: Option<&'a RawValue>,
}

/// Disjoint but for reasoning, which is inside the output.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_tokens: Count,
    cache_write_tokens: Count,
    reasoning_tokens: Count,
}

/// A call that was settled.
struct Call {
    key: String,
    id: String,
    provider: String,
    model: String,
    tokens: Tokens,
    time: i64,
    place: u64,
    is_copy: bool,
}

#[derive(Default)]
struct Stream {
    session: String,
    seed: u64,
    created: Option<i64>,
    provider: String,
    model: String,
    time: i64,
    is_titled: bool,
    calls: Vec<Call>,
    /// Turn, step and position of the last call: another settlement of its step replaces it.
    slot: Option<((i64, i64), usize)>,
    nameless: Nameless,
}

impl Stream {
    fn event(&mut self, line: &str, place: u64, into: &mut Batch) -> serde_json::Result<()> {
        let event: Event<'_> = serde_json::from_str(line)?;
        let time = event.time.0.unwrap_or(self.time);
        self.time = self.time.max(time);
        let data: Settlement<'_> = part(event.data).unwrap_or_default();
        match event.kind.as_deref() {
            Some("session") => self.begin(&event, into),
            Some("request/header") => {
                #[derive(Deserialize)]
                struct Header<'a> {
                    #[serde(borrow)]
                    config: Route<'a>,
                }
                if let Some(Header { config }) = part::<Header<'_>>(data.header) {
                    self.provider = config.provider.unwrap_or_default().0.into_owned();
                    self.model = config.model.unwrap_or_default().0.into_owned();
                }
            }
            Some("user/message") if !self.is_titled => {
                let prompt = part::<Text<'_>>(data.text);
                let first = prompt.and_then(|prompt| words(&prompt).and_then(title));
                self.is_titled = first.is_some();
                into.session(SessionInfo {
                    title: first.map(|first| Title::from_prompt(time, first)),
                    ..SessionInfo::new(&*self.session)
                });
            }
            // The call before is billed, and so is the one that comes.
            Some("llm/retry-started") if self.slot.map(|slot| slot.0) == data.turn.zip(data.step) => self.slot = None,
            Some(kind @ ("assistant/message" | "assistant/attempt" | "compaction/summary")) => {
                self.settle(kind, &event, &data, time, place, into);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, event: &Event<'_>, into: &mut Batch) {
        if let Some(id) = event.id.as_deref().filter(|id| !id.is_empty()) {
            id.clone_into(&mut self.session);
        }
        self.seed = event.seed_length.unwrap_or(0);
        let started_at = event.created_at.0;
        self.created = started_at;
        let cwd = event.cwd.as_deref().filter(|cwd| !cwd.is_empty());
        let parent = event.parent_session.as_deref().filter(|parent| !parent.is_empty());
        let parent = parent.map(str::to_owned);
        let is_subagent = event.origin.as_deref() == Some("subagent");
        into.session(SessionInfo {
            project: cwd.map(|cwd| Project::folder(started_at.unwrap_or(0), cwd)),
            forked_from: parent.clone().filter(|_| !is_subagent),
            parent_id: parent.filter(|_| is_subagent),
            interactive: is_subagent.then_some(false),
            started_at,
            ..SessionInfo::new(&*self.session)
        });
    }

    fn settle(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        data: &Settlement<'_>,
        time: i64,
        place: u64,
        into: &mut Batch,
    ) {
        let streamed = || last_usage(data.stream);
        let usage = match kind {
            "assistant/attempt" => streamed(),
            _ => part::<Usage>(data.usage).or_else(streamed),
        };
        let mut tokens = usage.unwrap_or_default().tokens();
        if tokens.is_zero() {
            return into.skip(Skip::Uncounted);
        }
        // What the provider had reported when the stream broke off: its output is a placeholder.
        if kind == "assistant/attempt" || data.interrupted {
            tokens = tokens.without(Bucket::Output);
        }
        let message: Message<'_> = part(data.message).unwrap_or_default();
        let route: Route<'_> = part(message.source).unwrap_or_default();
        let named = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty());
        let ids = [&message.id, &data.attempt_id, &data.retry_id, &data.compaction_id];
        let id = ids.into_iter().flatten().find(|id| !id.is_empty());
        let id = id.map_or_else(String::new, |id| id.0.clone().into_owned());
        let key = match (&*id, event.seq) {
            ("", Some(seq)) => format!("{kind}\0{seq}\0{time}\0{:?}", tokens.counts()),
            ("", None) => self
                .nameless
                .key(&self.session, time, &format!("{kind}\0{:?}", tokens.counts())),
            (id, _) => format!("{kind}\0{id}\0{time}"),
        };
        let model = served_model(route.replay_state).or_else(|| named(route.model));
        let call = Call {
            key,
            id,
            provider: named(route.provider).unwrap_or_else(|| self.provider.clone()),
            model: model.unwrap_or_else(|| self.model.clone()),
            tokens,
            time,
            place,
            is_copy: event.seq.is_some_and(|seq| seq < self.seed),
        };
        // A summary is no step of the conversation.
        if kind == "compaction/summary" {
            return self.calls.push(call);
        }
        let step = data.turn.zip(data.step);
        match self.slot {
            // It keeps its key, so that a reading from before is corrected.
            Some((last, at)) if Some(last) == step => {
                let key = std::mem::take(&mut self.calls[at].key);
                self.calls[at] = Call { key, ..call };
            }
            _ => {
                self.slot = step.map(|step| (step, self.calls.len()));
                self.calls.push(call);
            }
        }
    }

    fn finish(self, into: &mut Batch) {
        for call in &self.calls {
            into.session(SessionInfo {
                updated_at: Some(call.time),
                ..SessionInfo::new(&*self.session)
            });
            into.turn(&Turn {
                session_id: &self.session,
                message_id: &call.id,
                record: RecordKey::of(&call.key),
                event: EventKey::of(ID, &call.key),
                // Of two settlements the later one counts, of copies that in the oldest session.
                rank: match call.is_copy {
                    true => Rank::in_session(0, self.created),
                    false => Rank(1, call.place),
                },
                provider_id: biller(&call.provider, &call.model).unwrap_or(""),
                model_id: &call.model,
                numbers: Numbers {
                    accuracy: Accuracy::of(&call.tokens),
                    ..Numbers::of(call.tokens, call.time)
                },
                place: call.place,
                ..Turn::PLAIN
            });
        }
    }
}

impl Usage {
    fn tokens(self) -> Tokens {
        let reasoning = self.reasoning_tokens.0.min(self.output_tokens.0);
        Tokens::new(
            self.input_tokens.0,
            self.output_tokens.0 - reasoning,
            reasoning,
            self.cache_read_tokens.0,
            self.cache_write_tokens.0,
        )
    }
}

/// The last of the samples in `[{"type":"chunk","chunk":{"type":"usage","usage":{…}}},…]`; earlier ones are on the way to it.
fn last_usage(stream: Option<&RawValue>) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(borrow, default)]
        chunk: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Chunk<'a> {
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
        #[serde(borrow, default)]
        usage: Option<&'a RawValue>,
    }
    let records: Vec<&RawValue> = part(stream)?;
    records.into_iter().rev().find_map(|record| {
        let chunk: Chunk<'_> = part(part::<Record<'_>>(Some(record))?.chunk)?;
        part::<Usage>(chunk.usage.filter(|_| &*chunk.kind == "usage"))
    })
}

/// The model that answered, where it is not the one that was asked.
fn served_model(replay: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Replay<'a> {
        #[serde(borrow)]
        response: Response<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response<'a> {
        #[serde(borrow)]
        response_model: Text<'a>,
    }
    let model = part::<Replay<'_>>(replay)?.response.response_model;
    (!model.is_empty()).then(|| model.0.into_owned())
}
