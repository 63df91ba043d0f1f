//! Continue: one JSON document per session, in which each reply carries the usage its provider reported.

mod beside;
mod identity;
mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::{self, bad_record, parse_text, read_beside, read_list};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::uri::path_of_uri;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::first_words;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use beside::{Known, SessionUsage, State, Summary};
use identity::{Identity, Reply};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

const ID: &str = "continue-cli";
const RULES_VERSION: u32 = 6;
/// The list of sessions, beside them.
const LIST: &str = "sessions.json";

pub(super) struct ContinueCli;

impl Agent for ContinueCli {
    fn id(&self) -> &str {
        ID
    }

    fn name(&self) -> &str {
        "Continue CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["cn"]),
            turns: "exact",
            limits: About::list(&[
                "replies have no times and count on the day the session began",
                "the provider is derived from the model's name: the biller is not recorded",
                "a session aborted before its end is not saved",
                "replies that a compaction replaced are one turn: caches and reasoning are included in its input and output",
                "requests of subagents are known from the session's total alone: their model is unknown",
                "sessions that sessions.json does not list are taken for copies of others that are equal word for word and \
                 count for count",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("CONTINUE_GLOBAL_DIR") {
            Some(home) => (home, "$CONTINUE_GLOBAL_DIR"),
            None => (system.home.join(".continue"), "default"),
        };
        let sessions = home.join("sessions");
        let list: Vec<Listed> = read_list(&sessions.join(LIST));
        let list: FxHashMap<&str, i64> = list
            .iter()
            .filter_map(|listed| Some((&*listed.session_id, listed.date_created.0?)))
            .collect();
        for path in Walk::default().files(&sessions, 0, &mut found) {
            let is_session = path.extension().is_some_and(|ending| ending == "json") && !path.ends_with(LIST);
            if !is_session {
                continue;
            }
            let created = path.file_stem().and_then(|id| list.get(id.to_str()?));
            let created = created.map(|at| at.to_le_bytes());
            if let Some(source) = found.add_file(path, 0) {
                source.set_list_entry(created);
            }
        }
        found.roots.push(Root::new(sessions, because));
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let mut known = Known::unpack(&from.state);
        let read = json_file::read(source, RULES_VERSION, into, |text, into| {
            let Some(session) = parse_text::<Session<'_>>(&source.path, text, into)? else {
                return Ok(false);
            };
            add_session(source, text, &session, &mut known, into);
            Ok(true)
        })?;
        Ok(Bookmark {
            state: known.pack(),
            ..read
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    workspace_directory: Option<Text<'a>>,
    #[serde(borrow, default)]
    history: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    message: Message<'a>,
    /// The words that a compaction put in the place of what came before.
    #[serde(borrow, default)]
    conversation_summary: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
}

/// As OpenAI reports it: reasoning is inside the completion; for cached tokens see [`Usage::has_caches_beside`].
#[derive(Deserialize)]
struct Usage<'a> {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
    #[serde(borrow, default)]
    prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    completion_tokens_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Count,
    cache_write_tokens: Count,
    /// The same by another name.
    cache_creation_tokens: Count,
    reasoning_tokens: Count,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    date_created: When,
}

impl Usage<'_> {
    /// Whether cached tokens are beside the prompt, as Anthropic reports them, or inside it. Continue's own client of Anthropic
    /// names what was read before what was cached; all others write these the other way round.
    fn has_caches_beside(&self, cached: u64) -> bool {
        let details = self.prompt_tokens_details.map_or("", RawValue::get);
        let read = details.find("\"cache_read_tokens\"");
        let is_first = read.is_some_and(|read| details.find("\"cached_tokens\"").is_some_and(|other| read < other));
        is_first || cached > self.prompt_tokens.0
    }

    fn tokens(&self) -> Tokens {
        let prompt: Details = part(self.prompt_tokens_details).unwrap_or_default();
        let completion: Details = part(self.completion_tokens_details).unwrap_or_default();
        let (read, write) = (
            prompt.cached_tokens.0,
            prompt.cache_write_tokens.0.max(prompt.cache_creation_tokens.0),
        );
        let reasoning = completion.reasoning_tokens.0.min(self.completion_tokens.0);
        let cached = read.saturating_add(write);
        let inside = if self.has_caches_beside(cached) { 0 } else { cached };
        Tokens::new(
            self.prompt_tokens.0.saturating_sub(inside),
            self.completion_tokens.0 - reasoning,
            reasoning,
            read,
            write,
        )
    }
}

fn add_session(source: &Source, text: &str, session: &Session<'_>, known: &mut Known, into: &mut Batch) {
    let stem = source.path.file_stem().unwrap_or_default().to_string_lossy();
    let id = session
        .session_id
        .as_deref()
        .filter(|id| !id.is_empty())
        .unwrap_or(&stem);
    let list = read_beside::<Vec<Listed>>(&source.path.with_file_name(LIST), into).unwrap_or_default();
    let created = list
        .iter()
        .find(|listed| listed.session_id == id)
        .and_then(|listed| listed.date_created.0);
    let at = created.unwrap_or(source.stamp.modified_ns / 1_000_000);
    let named = part::<Text>(session.title).filter(|name| &**name != "Untitled Session");
    let mut info = SessionInfo {
        title: named
            .and_then(|name| title(&name))
            // Before the list came, it is older than with it.
            .map(|name| Title::from_agent(created.unwrap_or(0), name)),
        started_at: created,
        ..SessionInfo::new(id)
    };
    if let Some(folder) = session
        .workspace_directory
        .as_deref()
        .filter(|folder| !folder.is_empty())
    {
        let path = path_of_uri(folder).unwrap_or_else(|| folder.to_owned());
        info.project = Some(Project::folder(at, path));
    }
    let mut history = Xxh3::new();
    let (mut replies, mut summary, mut is_settled) = (Vec::new(), None, false);
    for (position, raw) in session.history.iter().enumerate() {
        let Some(Item {
            message,
            conversation_summary,
        }) = part(Some(raw))
        else {
            into.problem(bad_record(source, position, "not a message"));
            continue;
        };
        let place = (raw.get().as_ptr() as usize - text.as_ptr() as usize) as u64;
        history.update(message.role.as_deref().unwrap_or_default().as_bytes());
        history.update(message.content.map_or("", RawValue::get).as_bytes());
        is_settled = false;
        match message.role.as_deref() {
            Some("user") if info.title.is_none() => {
                let words = first_words(message.content).and_then(|words| title(&words));
                info.title = words.map(|words| Title::from_prompt(at, words));
            }
            Some("assistant") => {
                let calls: Vec<ToolCall<'_>> = part(message.tool_calls).unwrap_or_default();
                calls.iter().for_each(|call| history.update(call.id.as_bytes()));
                is_settled = calls.is_empty();
                match reply(history.digest(), position, &message, place) {
                    Some(reply) => replies.push(reply),
                    None => into.skip(Skip::Uncounted),
                }
            }
            _ => {}
        }
        if let Some(words) = conversation_summary {
            summary = Some(Summary {
                words: xxh3_64(words.get().as_bytes()),
                place,
                replies_before: replies.len(),
            });
        }
    }
    into.session(info);
    let identity = Identity(created);
    let usage: Option<SessionUsage> = part(session.usage);
    let first_own = usage.map_or(replies.len(), |usage| usage.first_of(&replies));
    for (number, reply) in replies.iter().enumerate() {
        let is_own = number >= first_own;
        let event = identity.event(&reply.content, is_own);
        into.turn(&Turn {
            session_id: id,
            // Not by position: after an edit or a compaction another reply has it.
            record: RecordKey(event.0),
            event,
            rank: Rank(reply.tokens.known_total(), 0),
            provider_id: biller("", &reply.model).unwrap_or(""),
            model_id: &reply.model,
            numbers: Numbers::of(reply.tokens, at),
            place: reply.place,
            ..identity.plain(&reply.content, is_own)
        });
    }
    if let Some(usage) = usage {
        let state = State {
            id,
            identity,
            at,
            usage,
            replies: &replies,
            summary: summary.as_ref(),
            is_settled,
        };
        known.add_rest(&state, into);
    }
}

/// A reply that has usage.
fn reply(history: u64, position: usize, message: &Message<'_>, place: u64) -> Option<Reply> {
    let usage = part::<Usage>(message.usage)?;
    let tokens = usage.tokens();
    if tokens.is_zero() {
        return None;
    }
    let model = usage.model.as_deref().unwrap_or("").to_owned();
    Some(Reply {
        content: format!("{history:x}\0{position}\0{:?}\0{model}", tokens.counts()),
        counts: [usage.prompt_tokens.0, usage.completion_tokens.0],
        tokens,
        model,
        place,
    })
}
