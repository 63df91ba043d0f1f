//! CodeBuddy and WorkBuddy: a log of items per session; the last item of each response has what its provider reported.

mod models;
mod program;
mod survey;
mod usage;

use super::{About, Agent, Batch, Bookmark, Found, Root, Skip, Source};
use crate::agents::shared::json_file::read_description;
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::nameless::Nameless;
use crate::agents::shared::source::meta_path;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::first_words;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use models::Models;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;
use usage::Usage;

const ID: &str = "codebuddy";
const RULES_VERSION: u32 = 6;

/// Programs made from CodeBuddy that write as it does: folder in the home, name.
const RELATIVES: [(&str, &str); 1] = [(".workbuddy", "WorkBuddy")];

pub(super) struct CodeBuddy;

impl Agent for CodeBuddy {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "CodeBuddy"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["codebuddy", "cbc"]),
            turns: "exact",
            limits: About::list(&[
                "credits are not dollars and are not shown",
                "the provider is derived from the model's name: Tencent chooses it",
                "the user's own models are billed by whom models.json names now, also for the past",
                "conversations of the plug-ins for IDEs are not read",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let own = match system.path_var("CODEBUDDY_CONFIG_DIR") {
            Some(home) => (home, "$CODEBUDDY_CONFIG_DIR"),
            None => (system.home.join(".codebuddy"), "default"),
        };
        let relatives = RELATIVES.map(|(folder, name)| (system.home.join(folder), name));
        let mut walk = Walk::default();
        for (home, because) in std::iter::once(own).chain(relatives) {
            let root = home.join("projects");
            let known = found.sources.len();
            walk.find(&root, &is_log, &mut found);
            let models = Models::fingerprint(&home);
            for source in &mut found.sources[known..] {
                source.describe(&[meta_path(&source.path)]);
                source.set_list_entry(models.as_deref());
            }
            found.watch_list_in(&home);
            let root = Root::new(root, because);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let log = Log {
            path: &source.path,
            fork: read_description(&meta_path(&source.path), into).unwrap_or_default(),
            models: Models::of(&source.path, into),
        };
        jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
            record(state, line, &log, into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

fn is_log(path: &Path) -> Option<u8> {
    path.extension().is_some_and(|ending| ending == "jsonl").then_some(0)
}

/// A log, and what files beside it say of it.
struct Log<'a> {
    path: &'a Path,
    fork: ForkOrigin,
    models: Models,
}

/// The kind of a subagent whose kind is not recorded.
const UNNAMED: &str = "subagent";

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    is_titled: bool,
    /// The first words to a subagent.
    #[serde(default)]
    task: String,
    /// Time of the latest item.
    time: i64,
    #[serde(default)]
    nameless: Nameless,
}

/// `{"id":"…","timestamp":1780000000100,"type":"message","role":"assistant","sessionId":"…","providerData":{…}}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    cwd: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ai_title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    custom_title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    provider_data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProviderData<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    request_model_id: Option<Text<'a>>,
    #[serde(borrow)]
    message_id: Option<Text<'a>>,
    /// `cli`, or the kind of the subagent.
    #[serde(borrow)]
    agent: Option<Text<'a>>,
    /// Of a call of a subagent.
    #[serde(borrow)]
    tool_result: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    /// As the provider reported it.
    #[serde(borrow)]
    raw_usage: Option<&'a RawValue>,
}

/// `{"subAgent":{"sessionId":"agent-…","descriptor":{"role":"Explore","description":"Look around"}}}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolResult<'a> {
    #[serde(borrow)]
    sub_agent: SubAgent<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubAgent<'a> {
    #[serde(borrow)]
    session_id: Text<'a>,
    #[serde(borrow)]
    descriptor: Descriptor<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    /// The session that the user has, also where a subagent starts another.
    #[serde(borrow)]
    root_session_id: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
}

/// Of files that follow Claude Code's shape.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// `<session>.meta.json` beside the log of a fork: `{"forkedFrom":"…","forkedAt":1780000000100}`
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ForkOrigin {
    forked_from: Option<String>,
    /// Not of a fork that `--fork-session` made.
    forked_at: When,
}

impl ForkOrigin {
    fn session(&self) -> Option<&str> {
        self.forked_from.as_deref().filter(|source| !source.is_empty())
    }

    /// When a fork was made: its copied items are older, and keep their times.
    fn time(&self) -> Option<i64> {
        self.session()?;
        Some(self.forked_at.0.unwrap_or(i64::MAX))
    }
}

/// `<project>/<session>/subagents/agent-<id>.jsonl`, and folders of workflows below it.
fn parent_of(path: &Path) -> Option<String> {
    let folder = path.ancestors().find(|folder| folder.ends_with("subagents"))?;
    Some(folder.parent()?.file_name()?.to_string_lossy().into_owned())
}

fn record(state: &mut State, line: &Line<'_>, log: &Log<'_>, into: &mut Batch) -> serde_json::Result<()> {
    let Log { path, fork, models } = log;
    let item: Item<'_> = serde_json::from_str(line.text)?;
    let time = item.timestamp.0.unwrap_or(state.time);
    state.time = state.time.max(time);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parent_id = parent_of(path);
    let is_subagent = parent_id.is_some();
    let parent = parent_id.clone();
    let recorded = item.session_id.as_deref().filter(|id| !id.is_empty());
    // A subagent's items carry an id of their own or that of the session that started it. All else names the subagent as its
    // file is named.
    let session = recorded.filter(|_| !is_subagent).unwrap_or(&*stem);
    let folder = part::<Text<'_>>(item.cwd).filter(|folder| !folder.is_empty());
    let mut info = SessionInfo {
        project: folder.map(|folder| Project::folder(time, folder.0.into_owned())),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id,
        forked_from: fork.session().filter(|source| *source != session).map(str::to_owned),
        started_at: item.timestamp.0.map(|time| time.max(fork.forked_at.0.unwrap_or(0))),
        updated_at: item.timestamp.0,
        ..SessionInfo::new(session)
    };
    match (item.kind.as_deref(), item.role.as_deref()) {
        (Some("ai-title"), _) => {
            let name = part::<Text<'_>>(item.ai_title).and_then(|name| title(&name));
            info.title = name.map(|name| Title::from_agent(time, name));
        }
        (Some("custom-title"), _) => {
            let name = part::<Text<'_>>(item.custom_title).and_then(|name| title(&name));
            info.title = name.map(|name| Title::from_user(time, name));
        }
        (_, Some("user")) if !state.is_titled => {
            let words = first_words(item.content).and_then(|words| title(&words));
            state.is_titled = words.is_some();
            state.task = words.clone().filter(|_| is_subagent).unwrap_or_default();
            info.title = words.map(|words| Title::from_prompt(time, words));
        }
        _ => {}
    }
    into.session(info);
    let data: ProviderData<'_> = part(item.provider_data).unwrap_or_default();
    if let Some(ToolResult { sub_agent }) = part(data.tool_result) {
        add_called(&sub_agent, time, into);
    }
    let message: Message<'_> = part(item.message).unwrap_or_default();
    let Some(usage) = data.raw_usage.or(data.usage).or(message.usage) else {
        return Ok(());
    };
    let usage: Usage = serde_json::from_str(usage.get())?;
    let tokens = usage.tokens();
    if tokens.is_zero() {
        into.skip(Skip::Uncounted);
        return Ok(());
    }
    let named = [data.request_model_id, data.model, message.model];
    let model = named.iter().flatten().find(|model| !model.is_empty());
    let asked = model.map_or("", |model| &**model);
    let (model, provider) = models.find(asked);
    let id = data.message_id.unwrap_or_default();
    // As it was before subagents were named by their files.
    let nameless_in = recorded.filter(|id| parent.as_deref() != Some(*id)).unwrap_or(&*stem);
    // A response leaves several items with one message id and its counts; forks copy them, under new ids of the items. An
    // id alone may be that of every reply of a gateway.
    let key = match &*id {
        "" => state
            .nameless
            .key(nameless_in, time, &format!("{asked}\0{:?}", tokens.counts())),
        id => format!("{id}\0{:?}", tokens.counts()),
    };
    into.turn(&Turn {
        session_id: session,
        message_id: &id,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        rank: Rank::in_session(tokens.known_total(), fork.time()),
        provider_id: provider,
        model_id: model,
        origin: match is_subagent {
            true => Origin {
                subagent: data.agent.as_deref().filter(|kind| !kind.is_empty()).unwrap_or(UNNAMED),
                task: &state.task,
                ..Origin::NONE
            },
            false => Origin::NONE,
        },
        numbers: Numbers::of(tokens, time),
        place: line.offset,
        ..Turn::PLAIN
    });
    Ok(())
}

/// What a subagent was called for is its title. A fork copies the call.
fn add_called(subagent: &SubAgent<'_>, time: i64, into: &mut Batch) {
    let SubAgent { session_id, descriptor } = subagent;
    let root = &*descriptor.root_session_id;
    if !session_id.is_empty() && !root.is_empty() && root != &**session_id {
        into.session(SessionInfo {
            title: title(&descriptor.description).map(|name| Title::from_agent(time, name)),
            parent_id: Some(root.to_owned()),
            interactive: Some(false),
            ..SessionInfo::new(&**session_id)
        });
    }
}
