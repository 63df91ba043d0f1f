//! Command Code: a tree of entries per session; since version 3 of its files, replies carry their usage.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Skip, Source};
use crate::agents::shared::json_file::read_description;
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, dollars, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::source::meta_path;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::first_words;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;

const ID: &str = "command-code";
const RULES_VERSION: u32 = 2;
/// Who bills where the model's name does not tell.
const PROVIDER: &str = "command-code";

pub(super) struct CommandCode;

impl Agent for CommandCode {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Command Code"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["command-code", "cmd"]),
            turns: "exact",
            limits: About::list(&[
                "versions whose session files are older than 3 record no usage",
                "reasoning tokens are included in output",
                "costs are those Command Code estimates",
                "requests of subagents, for compactions and for titles are not recorded",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let projects = system.home.join(".commandcode/projects");
        let mut walk = Walk::default();
        for project in walk.folders(&projects, &mut found) {
            for path in walk.files(&project, 0, &mut found) {
                if is_session(&path) {
                    let meta = meta_path(&path);
                    found.add_described(path, 0, &[meta]);
                }
            }
        }
        found.roots.push(Root::new(projects, "default"));
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let stem = source.path.file_stem().unwrap_or_default().to_string_lossy();
        let meta = read_description::<Meta>(&meta_path(&source.path), into).unwrap_or_default();
        let branch = meta.git_branch.filter(|branch| branch != "-").unwrap_or_default();
        jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
            if state.session.is_empty() {
                state.session = stem.clone().into_owned();
            }
            record(state, line, &branch, into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// `<id>.jsonl`, and not `<id>.checkpoints.jsonl` or `<id>.prompts.jsonl`.
fn is_session(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(".jsonl").is_some_and(|stem| !stem.contains('.'))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    git_branch: Option<String>,
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    session: String,
    is_titled: bool,
    model: String,
    /// When the session began, for telling which of two copies is the original.
    started: Option<i64>,
    /// Time of the latest entry.
    time: i64,
}

/// `{"type":"session","version":3,"id":"…","cwd":"…"}` at the head, then entries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    cwd: Option<&'a RawValue>,
    /// The file a fork was made from.
    #[serde(borrow, default)]
    parent_session: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// Whether the program hides a message: it wrote that in the user's place.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Visibility {
    is_meta: bool,
}

/// Caches are inside the input: the program subtracts both before it prices them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_tokens: Count,
    #[serde(default)]
    cache_write_tokens: Count,
    #[serde(default, rename = "cacheWriteTokens1h")]
    cache_write_1h: Count,
    #[serde(default)]
    cost_usd: Option<f64>,
}

fn record(state: &mut State, line: &Line<'_>, branch: &str, into: &mut Batch) -> serde_json::Result<()> {
    let entry: Entry<'_> = serde_json::from_str(line.text)?;
    state.time = state.time.max(entry.timestamp.0.unwrap_or(0));
    let text = |raw| part::<Text<'_>>(raw).filter(|text| !text.is_empty());
    if let Some(model) = text(entry.model) {
        state.model = model.0.into_owned();
    }
    let mut info = SessionInfo::new("");
    match entry.kind.as_deref() {
        Some("session") => {
            if let Some(id) = entry.id.as_deref().filter(|id| !id.is_empty()) {
                id.clone_into(&mut state.session);
            }
            state.started = entry.timestamp.0;
            info.started_at = entry.timestamp.0;
            info.project = text(entry.cwd).map(|cwd| Project::folder(state.time, cwd.0.into_owned()));
            let origin = text(entry.parent_session).map(|origin| origin.replace('\\', "/"));
            let stem = |origin: String| Some(Path::new(&origin).file_stem()?.to_string_lossy().into_owned());
            info.forked_from = origin.and_then(stem);
        }
        Some("session_info") => {
            let name = text(entry.name).and_then(|name| title(&name));
            info.title = name.map(|name| Title::from_user(state.time, name));
        }
        Some("message") => {
            info.updated_at = entry.timestamp.0;
            let message: Option<Message<'_>> = part(entry.message);
            match message.as_ref().and_then(|message| message.role.as_deref()) {
                Some("user") if !state.is_titled => {
                    let is_shown =
                        |message: &Message<'_>| !part::<Visibility>(message.meta).unwrap_or_default().is_meta;
                    let words = message
                        .filter(is_shown)
                        .and_then(|message| first_words(message.content));
                    let words = words.and_then(|words| title(&words));
                    info.title = words.map(|words| Title::from_prompt(state.time, words));
                    state.is_titled = info.title.is_some();
                }
                Some("assistant") => reply(state, &entry, line, branch, into)?,
                _ => {}
            }
        }
        _ => {}
    }
    info.id.clone_from(&state.session);
    into.session(info);
    Ok(())
}

fn reply(state: &State, entry: &Entry<'_>, line: &Line<'_>, branch: &str, into: &mut Batch) -> serde_json::Result<()> {
    let Some(usage) = entry.usage else {
        into.skip(Skip::Uncounted);
        return Ok(());
    };
    let usage: Usage = serde_json::from_str(usage.get())?;
    let (read, write) = (usage.cache_read_tokens.0, usage.cache_write_tokens.0);
    let fresh = usage.input_tokens.0.saturating_sub(read).saturating_sub(write);
    let tokens = Tokens::new(fresh, usage.output_tokens.0, 0, read, write);
    if tokens.is_zero() {
        into.skip(Skip::Uncounted);
        return Ok(());
    }
    let id = entry.id.as_deref().unwrap_or("");
    let time = entry.timestamp.0.unwrap_or(state.time);
    // Ids are unique within a session only. Forks copy entries with ids and times.
    let key = format!("{id}\0{time}\0{}\0{:?}", state.model, tokens.counts());
    into.turn(&Turn {
        session_id: &state.session,
        message_id: id,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        // The older session had it first.
        rank: Rank(state.started.map_or(0, |started| u64::MAX - started.unsigned_abs()), 0),
        // Its own list names organizations of Hugging Face: `MiniMaxAI/MiniMax-M3`.
        provider_id: biller("", &state.model).unwrap_or(PROVIDER),
        model_id: &state.model,
        origin: Origin { branch, ..Origin::NONE },
        numbers: Numbers {
            cache_write_1h: usage.cache_write_1h.0.min(write),
            cost: dollars(usage.cost_usd).filter(|cost| cost.nanos() > 0),
            ..Numbers::of(tokens, time)
        },
        place: line.offset,
        ..Turn::PLAIN
    });
    Ok(())
}
