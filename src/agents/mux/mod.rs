//! Mux: a chat log per workspace whose replies carry the usage of all their steps, and a log of requests outside chats.

mod survey;
mod workspaces;

use super::{About, Agent, Batch, Bookmark, Found, Root, Skip, Source};
use crate::agents::shared::json_file::{self, parse_text, read_beside, read_list};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::first_words;
use crate::core::biller::biller;
use crate::core::fees::{Fee, Fees};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Mode, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;
use workspaces::Config;

const ID: &str = "mux";
const RULES_VERSION: u32 = 5;
/// Kinds of sources: a chat, the requests of a workspace that are in no chat, and the list of all workspaces.
const CHAT: u8 = 0;
const HEADLESS: u8 = 1;
const CONFIG: u8 = 2;
/// The messages of a workspace since its latest compaction, and those before it.
const CHATS: [&str; 2] = ["chat.jsonl", "chat-archive.jsonl"];
const HEADLESS_FILE: &str = "headless-usage.jsonl";
const CONFIG_FILE: &str = "config.json";
const SESSIONS: &str = "sessions";
/// Below a workspace: the chats of subagents whose workspaces are gone.
const ARCHIVE: &str = "subagent-transcripts";

pub(super) struct Mux;

impl Agent for Mux {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Mux"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["mux", "xum"]),
            turns: "exact",
            limits: About::list(&[
                "a reply's steps are one row: the number of requests is not recorded",
                "of an interrupted reply only the steps that ended are recorded",
                "a subagent whose workspace was deleted counts if Mux kept its chat or ttop read it before",
                "title requests are recorded only since versions with headless-usage.jsonl",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let moved = [("XUM_ROOT", "$XUM_ROOT"), ("MUX_ROOT", "$MUX_ROOT")];
        let moved = moved
            .into_iter()
            .find_map(|(name, because)| Some((system.path_var(name)?, because)));
        let homes = match moved {
            Some(moved) => vec![moved],
            None => [".mux", ".xum", ".cmux"]
                .map(|name| (system.home.join(name), "default"))
                .into(),
        };
        let mut walk = Walk::default();
        for (home, because) in homes {
            let sessions = home.join(SESSIONS);
            let list = home.join(CONFIG_FILE);
            let created = read_list::<Config>(&list).created();
            found.add_file(list, CONFIG);
            for workspace in walk.folders(&sessions, &mut found) {
                let children = walk.folders(&workspace.join(ARCHIVE), &mut found);
                for folder in std::iter::once(workspace).chain(children) {
                    let created = created.get(&name_of(&folder)).map(|at| at.to_le_bytes());
                    let files = CHATS
                        .map(|chat| (chat, CHAT))
                        .into_iter()
                        .chain([(HEADLESS_FILE, HEADLESS)]);
                    for (name, kind) in files {
                        if let Some(source) = found.add_file(folder.join(name), kind) {
                            source.set_list_entry(created);
                        }
                    }
                }
            }
            let root = Root::new(sessions, because);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        if source.kind == CONFIG {
            // A workspace without a folder has not been used.
            let sessions = source.path.with_file_name(SESSIONS);
            return json_file::read(source, RULES_VERSION, into, |text, into| {
                let config = parse_text::<Config>(&source.path, text, into)?;
                let is_complete = config.is_some();
                let is_used = |id: &str| sessions.join(id).is_dir();
                config.unwrap_or_default().describe(is_used, into);
                Ok(is_complete)
            });
        }
        let folder = source.path.parent().unwrap_or(&source.path);
        let parent = folder.parent().filter(|archive| archive.ends_with(ARCHIVE));
        let session = name_of(folder);
        let sessions = folder.ancestors().find(|folder| folder.ends_with(SESSIONS));
        let config = sessions.map(|sessions| sessions.with_file_name(CONFIG_FILE));
        let config: Config = config.and_then(|config| read_beside(&config, into)).unwrap_or_default();
        config.describe(|id| id == session, into);
        let workspace = Workspace {
            parent: parent.and_then(Path::parent).map(name_of),
            created_at: config.created().get(&session).copied(),
            session,
        };
        jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
            if source.kind == HEADLESS {
                return headless(state, &workspace, line, into);
            }
            message(state, &workspace, line, into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The workspace that a file belongs to.
struct Workspace {
    session: String,
    /// Of a deleted subagent.
    parent: Option<String>,
    created_at: Option<i64>,
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
}

/// `{"id":"assistant-…","role":"assistant","parts":[…],"metadata":{"timestamp":…,"model":"anthropic:…","usage":{…}}}`
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    parts: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    /// A fork copies the file; Mux writes its own id into all messages when the first reply ends.
    #[serde(borrow, default, rename = "workspaceId")]
    workspace: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'a> {
    timestamp: When,
    synthetic: bool,
    /// Its stream broke off.
    partial: bool,
    #[serde(borrow)]
    tool_model_usages: Option<Vec<&'a RawValue>>,
}

/// What a reply, a tool's own request and a request outside chats have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    route_provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    provider_metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_call_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    source: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    reasoning_tokens: Option<Count>,
    #[serde(default)]
    cached_input_tokens: Count,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ProviderMetadata<'a> {
    #[serde(borrow)]
    anthropic: Option<&'a RawValue>,
    #[serde(borrow)]
    openai: Option<&'a RawValue>,
    #[serde(borrow)]
    xai: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extra<'a> {
    cache_creation_input_tokens: Count,
    reasoning_tokens: Count,
    cost_in_usd_ticks: Count,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    /// What Anthropic itself reported for the last step.
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LastStep<'a> {
    #[serde(borrow)]
    cache_creation: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lifetimes {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

impl Extra<'_> {
    fn mode(&self) -> Mode {
        let tier = part::<Text<'_>>(self.service_tier).unwrap_or_default();
        Mode::of_service_tier(&tier)
    }

    /// Whether caches are written for an hour: one setting holds for all steps, of which the last one tells.
    fn writes_for_an_hour(&self) -> bool {
        let step = part::<LastStep<'_>>(self.usage).unwrap_or_default();
        let lifetimes = part::<Lifetimes>(step.cache_creation).unwrap_or_default();
        lifetimes.ephemeral_1h_input_tokens.0 > 0 && lifetimes.ephemeral_5m_input_tokens.0 == 0
    }
}

fn message(state: &mut State, workspace: &Workspace, line: &Line<'_>, into: &mut Batch) -> serde_json::Result<()> {
    let session = &*workspace.session;
    let message: Message<'_> = serde_json::from_str(line.text)?;
    let Some(raw) = message.metadata else {
        return Ok(());
    };
    let metadata: Metadata<'_> = serde_json::from_str(raw.get())?;
    let time = metadata.timestamp.0.unwrap_or(state.time);
    state.time = state.time.max(time);
    let source = message.workspace.as_deref();
    let source = source.filter(|source| !source.is_empty() && *source != session);
    let source = source.filter(|source| workspace.parent.as_deref() != Some(*source));
    let mut info = SessionInfo {
        parent_id: workspace.parent.clone(),
        interactive: workspace.parent.as_ref().map(|_| false),
        forked_from: source.map(str::to_owned),
        started_at: metadata.timestamp.0.filter(|_| source.is_none()),
        updated_at: metadata.timestamp.0,
        ..SessionInfo::new(session)
    };
    let role = message.role.as_deref();
    if role == Some("user") && !state.is_titled && !metadata.synthetic {
        let words = first_words(message.parts).and_then(|words| title(&words));
        info.title = words.map(|words| Title::from_prompt(time, words));
        state.is_titled = info.title.is_some();
    }
    into.session(info);
    if role != Some("assistant") {
        return Ok(());
    }
    let id = message.id.as_deref().unwrap_or("");
    let place = Place {
        workspace,
        is_copy: source.is_some(),
        id,
        time,
        offset: line.offset,
        is_cut: metadata.partial && !waits_for_tool(message.parts),
        fees: Fees::NONE.with(Fee::WebSearch, searches(message.parts)),
    };
    place.add(&serde_json::from_str(raw.get())?, "", into)?;
    let place = Place {
        is_cut: false,
        fees: Fees::NONE,
        ..place
    };
    for (number, raw) in metadata.tool_model_usages.unwrap_or_default().into_iter().enumerate() {
        let request: Request<'_> = serde_json::from_str(raw.get())?;
        let call = request.tool_call_id.as_deref().unwrap_or("");
        place.add(&request, &format!("{call}\0{number}"), into)?;
    }
    Ok(())
}

fn headless(state: &mut State, workspace: &Workspace, line: &Line<'_>, into: &mut Batch) -> serde_json::Result<()> {
    let request: Request<'_> = serde_json::from_str(line.text)?;
    let time = request.timestamp.0.unwrap_or(state.time);
    state.time = state.time.max(time);
    let place = Place {
        workspace,
        is_copy: false,
        id: "",
        time,
        offset: line.offset,
        is_cut: false,
        fees: Fees::NONE,
    };
    place.add(&request, request.source.as_deref().unwrap_or(""), into)
}

/// Where a request was recorded.
struct Place<'a> {
    workspace: &'a Workspace,
    /// The record names another workspace.
    is_copy: bool,
    id: &'a str,
    time: i64,
    offset: u64,
    /// A step was interrupted whose counts are not recorded.
    is_cut: bool,
    fees: Fees,
}

impl Place<'_> {
    fn add(&self, request: &Request<'_>, part_of: &str, into: &mut Batch) -> serde_json::Result<()> {
        let Some(usage) = request.usage.filter(|usage| usage.get() != "null") else {
            into.skip(Skip::Uncounted);
            return Ok(());
        };
        let usage: Usage = serde_json::from_str(usage.get())?;
        let metadata = part::<ProviderMetadata<'_>>(request.provider_metadata).unwrap_or_default();
        let extra = |raw| part::<Extra<'_>>(raw).unwrap_or_default();
        let (anthropic, openai) = (extra(metadata.anthropic), extra(metadata.openai));
        let written = anthropic.cache_creation_input_tokens.0;
        let mut tokens = usage.tokens(written, openai.reasoning_tokens.0);
        let ticks = extra(metadata.xai).cost_in_usd_ticks.0;
        if tokens.is_zero() && ticks == 0 {
            into.skip(Skip::Uncounted);
            return Ok(());
        }
        let counts = tokens.counts();
        if self.is_cut {
            tokens = tokens.without(Bucket::Output);
        }
        let full = request.model.as_deref().unwrap_or("");
        let (maker, model) = full.split_once(':').unwrap_or(("", full));
        // A gateway writes `vendor/model`.
        let route = request.route_provider.as_deref().filter(|route| !route.is_empty());
        let provider = route.unwrap_or(maker);
        // Workspaces are forked with their chats; ids, times and counts stay. A fork that is made while a reply streams
        // keeps the counts it had then.
        let key = match self.id {
            "" => format!("\0{part_of}\0{}\0{full}\0{counts:?}", self.time),
            id => format!("{id}\0{part_of}\0{}\0{full}", self.time),
        };
        into.turn(&Turn {
            session_id: &self.workspace.session,
            message_id: self.id,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            rank: match self.is_copy {
                true => Rank(tokens.known_total(), 0),
                false => Rank::in_session(tokens.known_total(), self.workspace.created_at),
            },
            provider_id: biller(provider, model).unwrap_or(provider),
            model_id: model,
            numbers: Numbers {
                requests: None,
                cache_write_1h: if anthropic.writes_for_an_hour() { written } else { 0 },
                mode: openai.mode(),
                fees: self.fees,
                cost: (ticks > 0 && !self.is_cut)
                    .then(|| Money::from_nanos(i64::try_from(ticks / 10).unwrap_or(i64::MAX))),
                accuracy: Accuracy::of(&tokens),
                ..Numbers::of(tokens, self.time)
            },
            place: self.offset,
            ..Turn::PLAIN
        });
        Ok(())
    }
}

/// A part of a message that is the call of a tool.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Call<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    tool_name: Text<'a>,
}

/// Whether a message ends with the call of a tool that has not answered: the step before it ended, and no other began.
fn waits_for_tool(parts: Option<&RawValue>) -> bool {
    let parts: Vec<&RawValue> = part(parts).unwrap_or_default();
    let last: Option<Call<'_>> = parts.last().and_then(|last| part(Some(last)));
    last.is_some_and(|last| &*last.kind == "dynamic-tool" && &*last.state == "input-available")
}

/// How often the provider searched the web, which it bills.
fn searches(parts: Option<&RawValue>) -> u32 {
    let parts: Vec<&RawValue> = part(parts).unwrap_or_default();
    let is_search = |raw: &&RawValue| {
        part::<Call<'_>>(Some(raw)).is_some_and(|call| {
            &*call.kind == "dynamic-tool" && &*call.state == "output-available" && &*call.tool_name == "web_search"
        })
    };
    u32::try_from(parts.iter().filter(|raw| is_search(raw)).count()).unwrap_or(u32::MAX)
}

impl Usage {
    /// Caches are inside the input. Versions before AI SDK 6 kept Anthropic's beside it: then there is less input.
    fn tokens(&self, written: u64, reasoned: u64) -> Tokens {
        let (input, read) = (self.input_tokens.0, self.cached_input_tokens.0);
        let fresh = input.checked_sub(read.saturating_add(written)).unwrap_or(input);
        let output = self.output_tokens.0;
        let reasoning = self.reasoning_tokens.map_or(reasoned, |count| count.0).min(output);
        Tokens::new(fresh, output - reasoning, reasoning, read, written)
    }
}
