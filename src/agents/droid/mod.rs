//! Droid (Factory): one running total per session, in a settings file beside the conversation.

mod conversation;
mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::{self, parse_text, read_beside, read_list};
use crate::agents::shared::lenient::{Count, Text, When, part};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::running_total::{self, Total};
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::core::endpoint::is_local;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, SessionInfo};
use crate::system::System;
use crate::system::files::Stamp;
use anyhow::Result;
use conversation::{Head, Inherited, Known};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

const ID: &str = "droid";
const RULES_VERSION: u32 = 7;
const SETTINGS: &str = ".settings.json";

pub(super) struct Droid;

impl Agent for Droid {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Droid"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["droid"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "a model of the user's own is the one that settings.json names now, also for the past",
                "what Auto Model used counts under the model that it chose last",
                "Factory credits are not dollars and are not shown",
                "reasoning is included in output; only OpenAI's is recorded separately",
                "where a compacted session goes on beside its successor, the successor counts too little (partial)",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("FACTORY_HOME_OVERRIDE") {
            Some(root) if system.moved.is_some() => (root, "config"),
            // It takes the place of the user's home.
            Some(home) => (home.join(".factory"), "$FACTORY_HOME_OVERRIDE"),
            None => (system.home.join(".factory"), "default"),
        };
        let root = home.join("sessions");
        found.roots.push(Root::new(&root, because));
        let models = CustomModels::of(&home, read_list).fingerprint();
        // Older versions put sessions straight into the folder, newer ones by project.
        for path in Walk::default().files(&root, 1, &mut found) {
            if let Some(id) = session_id(&path) {
                let conversation = path.with_file_name(format!("{id}.jsonl"));
                if let Some(source) = found.add_described(path, 0, &[conversation]) {
                    source.set_list_entry(models.as_deref());
                }
            }
        }
        found.watch_list_in(&home);
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let mut known = Known::unpack(&from.state);
        let mut waits = false;
        let mut bookmark = json_file::read(source, RULES_VERSION, into, |text, into| {
            let parsed = parse_text(&source.path, text, into)?;
            let (Some(id), Some(settings)) = (session_id(&source.path), parsed) else {
                return Ok(false);
            };
            let mut head = Head::read(&source.path, &id);
            let models = CustomModels::read(&source.path, into);
            if known.inherited.is_none() {
                known.inherited = Inherited::find(&source.path, &head);
            }
            waits = known.inherited.is_none() && head.is_successor;
            known.keep_first_message(&mut head);
            session(source, &id, &settings, head, &models, known.inherited.as_ref(), into);
            Ok(true)
        })?;
        bookmark.state = serde_json::to_vec(&known)?;
        if waits {
            // Its predecessor may be there the next time.
            bookmark.stamp = Stamp::default();
        }
        Ok(bookmark)
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
    /// What Droid's router chose last.
    #[serde(borrow, default)]
    effective_factory_router_model: Option<&'a RawValue>,
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

/// Models that are none: a router chooses one for each request.
const ROUTERS: [&str; 2] = ["auto", "auto-fast"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Routed<'a> {
    #[serde(borrow)]
    model_id: Text<'a>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_tokens: Count,
    output_tokens: Count,
    cache_creation_tokens: Count,
    cache_read_tokens: Count,
    /// Inside the output. What OpenAI reports; elsewhere Droid guesses it from the length of the text.
    thinking_tokens: Count,
}

impl Usage {
    fn counts(&self) -> [u64; 5] {
        [
            self.input_tokens,
            self.output_tokens,
            self.cache_creation_tokens,
            self.cache_read_tokens,
            self.thinking_tokens,
        ]
        .map(|count| count.0)
    }

    fn without(self, other: &Self) -> Self {
        let rest = |all: Count, part: Count| Count(all.0.saturating_sub(part.0));
        Self {
            input_tokens: rest(self.input_tokens, other.input_tokens),
            output_tokens: rest(self.output_tokens, other.output_tokens),
            cache_creation_tokens: rest(self.cache_creation_tokens, other.cache_creation_tokens),
            cache_read_tokens: rest(self.cache_read_tokens, other.cache_read_tokens),
            thinking_tokens: rest(self.thinking_tokens, other.thinking_tokens),
        }
    }

    fn tokens(self, knows_reasoning: bool) -> Tokens {
        let reasoning = match knows_reasoning {
            true => self.thinking_tokens.0.min(self.output_tokens.0),
            false => 0,
        };
        Tokens::new(
            self.input_tokens.0,
            self.output_tokens.0 - reasoning,
            reasoning,
            self.cache_read_tokens.0,
            self.cache_creation_tokens.0,
        )
    }
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

/// The models that the user brought keys for, in the settings of the program; both spellings are of some version.
#[derive(Default, Deserialize)]
#[serde(from = "CustomModelsJson")]
struct CustomModels {
    custom_models: Vec<CustomModel>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CustomModelsJson {
    #[serde(rename = "customModels")]
    camel: Vec<CustomModel>,
    #[serde(rename = "custom_models")]
    snake: Vec<CustomModel>,
}

impl From<CustomModelsJson> for CustomModels {
    fn from(json: CustomModelsJson) -> Self {
        let CustomModelsJson { camel, snake } = json;
        Self {
            custom_models: if camel.is_empty() { snake } else { camel },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(from = "CustomModelJson")]
struct CustomModel {
    model: String,
    display_name: String,
    base_url: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CustomModelJson {
    model: String,
    display_name: String,
    model_display_name: String,
    #[serde(rename = "model_display_name")]
    snake_display_name: String,
    base_url: String,
    #[serde(rename = "base_url")]
    snake_base_url: String,
}

impl From<CustomModelJson> for CustomModel {
    fn from(json: CustomModelJson) -> Self {
        let first = |names: [String; 3]| names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        Self {
            model: json.model,
            display_name: first([json.display_name, json.model_display_name, json.snake_display_name]),
            base_url: first([json.base_url, json.snake_base_url, String::new()]),
        }
    }
}

impl CustomModels {
    /// Of `settings.json` in the folder that the sessions lie in; `config.json` before.
    fn read(session: &Path, into: &mut Batch) -> Self {
        let sessions = session.ancestors().find(|folder| folder.ends_with("sessions"));
        let Some(home) = sessions.and_then(Path::parent) else {
            return Self::default();
        };
        Self::of(home, |path| read_beside(path, into).unwrap_or_default())
    }

    fn of(home: &Path, mut read: impl FnMut(&Path) -> Self) -> Self {
        ["settings.json", "config.json"]
            .into_iter()
            .map(|name| read(&home.join(name)))
            .find(|models| !models.custom_models.is_empty())
            .unwrap_or_default()
    }

    /// All it says of them.
    fn fingerprint(&self) -> Option<String> {
        (!self.custom_models.is_empty()).then(|| format!("{:?}", self.custom_models))
    }

    /// The maker's name of `custom:My-Model-0`: display name, and number among the models of that name; in old versions among
    /// all models.
    fn find(&self, custom: &str) -> Option<&CustomModel> {
        let (name, number) = custom.rsplit_once('-')?;
        let number = number.parse::<usize>().ok();
        let plain = |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).collect() };
        let is_named =
            |model: &&CustomModel| !model.display_name.is_empty() && plain(&model.display_name) == plain(name);
        let mut named = self.custom_models.iter().filter(is_named);
        let at_position = || self.custom_models.get(number?);
        number
            .and_then(|number| named.clone().nth(number))
            .or_else(|| at_position().filter(|model| model.display_name.is_empty() || is_named(model)))
            .or_else(|| named.next())
    }
}

fn session(
    source: &Source,
    id: &str,
    settings: &Settings<'_>,
    head: Head,
    models: &CustomModels,
    inherited: Option<&Inherited>,
    into: &mut Batch,
) {
    let tags: Vec<Tag<'_>> = part(settings.tags).unwrap_or_default();
    let caller = tags.iter().find_map(|tag| part::<Calling>(tag.metadata));
    let parent_id = caller
        .map(|caller| caller.calling_session_id)
        .filter(|parent| !parent.is_empty() && parent != id);
    let at = head.forked_at.or(settings.provider_lock_timestamp.0).or(head.first_at);
    let is_successor = head.is_successor;
    let is_fork = head.parent.is_some() && !is_successor;
    into.session(SessionInfo {
        title: head.title,
        project: head.project,
        interactive: parent_id.as_ref().map(|_| false),
        forked_from: head
            .parent
            .clone()
            .filter(|_| !head.is_successor && parent_id.is_none()),
        parent_id,
        // Of a fork, only the conversation knows.
        started_at: at.filter(|_| head.forked_at.is_some() || head.first_at.is_some() && !is_fork),
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
    let usage = inherited.map_or(*usage, |inherited| usage.without(&inherited.usage()));
    let tokens = usage.tokens(settings.provider_lock.as_deref() == Some("openai"));
    let model = settings.model.as_deref().filter(|model| !model.is_empty());
    let model = model.or(head.model.as_deref()).unwrap_or("");
    let custom = model.strip_prefix("custom:");
    let own = custom.and_then(|custom| models.find(custom));
    let maker = own.map(|own| &*own.model).filter(|model| !model.is_empty());
    let routed = part::<Routed<'_>>(settings.effective_factory_router_model);
    let routed = routed
        .as_ref()
        .filter(|_| ROUTERS.contains(&model))
        .map(|routed| &*routed.model_id);
    let provider = settings.provider_lock.as_deref().unwrap_or("");
    // A copy of the session keeps its first message and when its provider was chosen.
    let origin = match &head.first_message {
        Some(first) => format!("{first}\0{}", settings.provider_lock_timestamp.0.unwrap_or(0)),
        None => id.to_owned(),
    };
    let total = Total {
        agent: ID,
        session: id,
        origin: &origin,
        part: "",
        requests: None,
        // The session is bound to one provider; with the user's own key it is only a dialect.
        provider: if own.is_some_and(|own| is_local(&own.base_url)) {
            "local"
        } else if custom.is_some() || provider.starts_with("generic-") {
            ""
        } else {
            provider
        },
        model: maker.or(routed).unwrap_or(model),
        branch: "",
        tokens,
        cost: None,
        mode: Mode::Standard,
        accuracy: match inherited {
            Some(inherited) if inherited.goes_on => Accuracy::Partial,
            _ => Accuracy::Exact,
        },
        started_at: at.unwrap_or(source.stamp.modified_ns / 1_000_000),
        place: 0,
    };
    let at = into.turns.len();
    match inherited {
        Some(_) => total.add_rest(into),
        None if is_successor => total.add_without_beginning(into),
        None => total.add(into),
    }
    running_total::identify(id, at, head.first_message.is_some(), into);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_told_by_its_number_among_those_of_its_name() {
        let model = |name: &str, model: &str| CustomModel {
            base_url: String::new(),
            model: model.to_owned(),
            display_name: name.to_owned(),
        };
        let models = CustomModels {
            custom_models: vec![
                model("Acme", "a"),
                model("Ant", "b"),
                model("Ant", "c"),
                model("Oai", "d"),
                model("", "e"),
            ],
        };
        for (custom, id) in [
            ("Acme-0", Some("a")),
            ("Ant-0", Some("b")),
            ("Ant-1", Some("c")),
            ("Oai-0", Some("d")),
            // As old versions number them.
            ("Oai-3", Some("d")),
            ("e-4", Some("e")),
            ("Gone-1", None),
            ("Acme", None),
        ] {
            let found = models.find(custom).map(|model| &*model.model);
            assert_eq!(found.filter(|id| !id.is_empty()), id, "{custom}");
        }
    }
}
