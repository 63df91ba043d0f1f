//! Droid (Factory): one running total per session, in a settings file beside the conversation.

mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::{self, parse_text, read_beside};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::running_total::{self, Total};
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Project, SessionInfo, Title};
use crate::system::System;
use crate::system::open::{self, Most};
use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

const ID: &str = "droid";
const RULES_VERSION: u32 = 2;
const SETTINGS: &str = ".settings.json";
/// The first records of a conversation contain its folder, title and model.
const HEAD_BYTES: u64 = 64 * 1024;

pub(super) struct Droid;

impl Agent for Droid {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Droid"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["droid"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "Factory credits are not dollars and are not shown",
                "with the user's own keys, reasoning is included in output and not recorded separately",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let home = system.moved.clone().unwrap_or_else(|| system.home.join(".factory"));
        let root = home.join("sessions");
        found.roots.push(Root::new(&root, "default"));
        // Older versions put sessions straight into the folder, newer ones by project.
        for path in Walk::default().files(&root, 1, &mut found) {
            if session_id(&path).is_some() {
                found.add_file(path, 0);
            }
        }
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        json_file::read(source, RULES_VERSION, into, |text, into| {
            let parsed = parse_text(&source.path, text, into)?;
            let (Some(id), Some(settings)) = (session_id(&source.path), parsed) else {
                return Ok(false);
            };
            let head = Head::read(&source.path, &id);
            let models = CustomModels::read(&source.path, into);
            session(source, &id, &settings, head, &models, into);
            Ok(true)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

fn session_id(path: &Path) -> Option<String> {
    let id = path.file_name()?.to_str()?.strip_suffix(SETTINGS)?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// `inclusiveTokenUsage` is not read: it adds the children, which have files of their own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    /// `custom:My Model-0` where the user brought the key: the name in the user's settings, not the maker's.
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    provider_lock: Option<Text<'a>>,
    #[serde(default)]
    provider_lock_timestamp: When,
    #[serde(default)]
    token_usage: Option<Usage>,
    #[serde(borrow, default)]
    child_inclusive_token_usage_by_session_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tags: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_creation_tokens: Count,
    #[serde(default)]
    cache_read_tokens: Count,
    #[serde(default)]
    thinking_tokens: Count,
}

/// `[{"name":"subagent","metadata":{"callingSessionId":"…"}}]`
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Calling {
    calling_session_id: String,
}

/// The models that the user brought keys for, in the settings of the program.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CustomModels {
    #[serde(alias = "custom_models")]
    custom_models: Vec<CustomModel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomModel {
    #[serde(default)]
    model: String,
    #[serde(default, alias = "model_display_name", alias = "modelDisplayName")]
    display_name: String,
}

impl CustomModels {
    /// Of `settings.json` in the folder that the sessions lie in; `config.json` before.
    fn read(session: &Path, into: &mut Batch) -> Self {
        let sessions = session.ancestors().find(|folder| folder.ends_with("sessions"));
        let Some(home) = sessions.and_then(Path::parent) else {
            return Self::default();
        };
        ["settings.json", "config.json"]
            .into_iter()
            .filter_map(|name| read_beside::<Self>(&home.join(name), into))
            .find(|models| !models.custom_models.is_empty())
            .unwrap_or_default()
    }

    /// The maker's name of `custom:My-Model-0`: display name and position in the list.
    fn id_of(&self, custom: &str) -> Option<&str> {
        let (name, position) = custom.rsplit_once('-')?;
        let plain = |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).collect() };
        let is_named =
            |model: &CustomModel| !model.display_name.is_empty() && plain(&model.display_name) == plain(name);
        let at_position = position.parse().ok().and_then(|at: usize| self.custom_models.get(at));
        at_position
            .filter(|model| model.display_name.is_empty() || is_named(model))
            .or_else(|| self.custom_models.iter().find(|model| is_named(model)))
            .map(|model| &*model.model)
            .filter(|model| !model.is_empty())
    }
}

fn session(source: &Source, id: &str, settings: &Settings<'_>, head: Head, models: &CustomModels, into: &mut Batch) {
    let tags: Vec<Tag<'_>> = part(settings.tags).unwrap_or_default();
    let caller = tags.iter().find_map(|tag| part::<Calling>(tag.metadata));
    let parent_id = caller
        .map(|caller| caller.calling_session_id)
        .filter(|parent| !parent.is_empty() && parent != id);
    let at = settings.provider_lock_timestamp.0.or(head.first_at);
    into.session(SessionInfo {
        title: head.title,
        project: head.project,
        interactive: parent_id.as_ref().map(|_| false),
        parent_id,
        started_at: at,
        ..SessionInfo::new(id)
    });
    let children: BTreeMap<String, &RawValue> =
        part(settings.child_inclusive_token_usage_by_session_id).unwrap_or_default();
    for child in children.into_keys().filter(|child| !child.is_empty() && child != id) {
        into.session(SessionInfo {
            parent_id: Some(id.to_owned()),
            interactive: Some(false),
            ..SessionInfo::new(child)
        });
    }
    let Some(usage) = &settings.token_usage else {
        into.skip(Skip::Uncounted);
        return;
    };
    let tokens = Tokens::new(
        usage.input_tokens.0,
        usage.output_tokens.0,
        usage.thinking_tokens.0,
        usage.cache_read_tokens.0,
        usage.cache_creation_tokens.0,
    );
    let model = settings.model.as_deref().filter(|model| !model.is_empty());
    let model = model.or(head.model.as_deref()).unwrap_or("");
    let custom = model.strip_prefix("custom:");
    let maker = custom.and_then(|custom| models.id_of(custom));
    let provider = settings.provider_lock.as_deref().unwrap_or("");
    // A copy of the session keeps its first message and when its provider was chosen.
    let origin = match &head.first_message {
        Some(first) => format!("{first}\0{}", settings.provider_lock_timestamp.0.unwrap_or(0)),
        None => id.to_owned(),
    };
    Total {
        agent: ID,
        session: id,
        origin: &origin,
        part: "",
        requests: None,
        // The session is bound to one provider; with the user's own key it is only a dialect.
        provider: if custom.is_some() || provider.starts_with("generic-") {
            ""
        } else {
            provider
        },
        model: maker.unwrap_or(model),
        tokens,
        cost: None,
        accuracy: Accuracy::Exact,
        started_at: at.unwrap_or(source.stamp.modified_ns / 1_000_000),
        place: 0,
    }
    .add(into);
}

/// Metadata from the start of the conversation.
#[derive(Default)]
struct Head {
    title: Option<Title>,
    project: Option<Project>,
    model: Option<String>,
    first_at: Option<i64>,
    /// Id and time of the first message.
    first_message: Option<String>,
}

/// `{"type":"session_start","id":"…","title":"…","sessionTitle":"…","cwd":"/home/dev/acme"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow, default)]
    session_title: Option<Text<'a>>,
    #[serde(borrow, default)]
    cwd: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
}

impl Head {
    /// A conversation that is missing or damaged only leaves these facts unknown.
    fn read(settings: &Path, id: &str) -> Self {
        let conversation = settings.with_file_name(format!("{id}.jsonl"));
        let text = open::read_start(&conversation, Most(HEAD_BYTES)).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Self {
        let mut head = Self::default();
        for line in text.lines() {
            if head.model.is_none() {
                head.model = model_in(line);
            }
            let Ok(record) = serde_json::from_str::<Record<'_>>(line) else {
                continue;
            };
            head.first_at = head.first_at.or(record.timestamp.0);
            if head.first_message.is_none()
                && record.kind.as_deref() == Some("message")
                && let Some(id) = record.id.as_deref().filter(|id| !id.is_empty())
            {
                head.first_message = Some(format!("{id}\0{}", record.timestamp.0.unwrap_or(0)));
            }
            if record.kind.as_deref() != Some("session_start") {
                continue;
            }
            let agent = record.session_title.as_deref().and_then(title);
            let prompt = record.title.as_deref().and_then(title);
            head.title = agent
                .map(|text| Title::from_agent(0, text))
                .or_else(|| prompt.map(|text| Title::from_prompt(0, text)));
            let cwd = record.cwd.filter(|cwd| !cwd.is_empty());
            head.project = cwd.map(|cwd| Project::folder(0, cwd.0.into_owned()));
        }
        head
    }
}

/// `…You are Droid…\nModel: Claude Sonnet 4.5 [Anthropic]\n…`, inside a JSON string.
fn model_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Model: ")?;
    let name = rest.split(['"', '\\', '[', '\n']).next()?.trim();
    (!name.is_empty() && name.len() < 100).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_conversation_holds_title_folder_and_model() {
        let head = Head::parse(concat!(
            "not json\n",
            r#"{"type":"session_start","id":"x","title":"first words","sessionTitle":"Greeting","cwd":"/home/dev/acme"}"#,
            "\n",
            r#"{"type":"message","timestamp":"2026-03-02T09:00:00Z","message":{"content":"Model: claude-opus-5 [Anthropic]\\nDate"}}"#,
            "\n{\"type\":\"message\",\"content\":\"Model: another",
        ));
        assert_eq!(
            head.title.map(|title| (title.rank, title.text)),
            Some((1, "Greeting".into()))
        );
        assert_eq!(
            head.project.map(|project| project.path).as_deref(),
            Some("/home/dev/acme")
        );
        assert_eq!(head.model.as_deref(), Some("claude-opus-5"));
        assert_eq!(head.first_at, Some(1_772_442_000_000));
    }
}
