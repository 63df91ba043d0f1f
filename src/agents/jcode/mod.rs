//! Jcode: a snapshot of each session and a journal of what came after it.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::{self, bad_record, parse_text};
use crate::agents::shared::jsonl_reader;
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::nameless::Nameless;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::first_words;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ID: &str = "jcode";
const RULES_VERSION: u32 = 8;
const SNAPSHOT: u8 = 0;
const JOURNAL: u8 = 1;
const JOURNAL_ENDING: &str = ".journal.jsonl";

pub(super) struct Jcode;

impl Agent for Jcode {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Jcode"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["jcode"]),
            turns: "exact",
            limits: About::list(&[
                "older versions do not record the size of a prompt: for gateways it is then unknown whether input includes cached \
                 tokens (partial)",
                "a session counts under its latest model",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("JCODE_HOME") {
            Some(home) => (home, "$JCODE_HOME"),
            None => (system.home.join(".jcode"), "default"),
        };
        let sessions = home.join("sessions");
        for path in Walk::default().files(&sessions, 0, &mut found) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(JOURNAL_ENDING) {
                found.add_file(path, JOURNAL);
            } else if name.ends_with(".json") {
                found.add_file(path, SNAPSHOT);
            }
        }
        found.roots.push(Root::new(sessions, because));
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let name = source.path.file_name().unwrap_or_default().to_string_lossy();
        if source.kind == JOURNAL {
            let id = name.strip_suffix(JOURNAL_ENDING).unwrap_or(&name);
            return jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
                let entry: JournalEntry<'_> = serde_json::from_str(line.text)?;
                state.take(part(entry.meta).unwrap_or_default());
                for raw in &entry.append_messages {
                    state.message(id, &serde_json::from_str(raw.get())?, line.offset, into);
                }
                state.describe(id, None, into);
                Ok(())
            });
        }
        json_file::read(source, RULES_VERSION, into, |text, into| {
            let Some(session) = parse_text::<Session<'_>>(&source.path, text, into)? else {
                return Ok(false);
            };
            let stem = name.strip_suffix(".json").unwrap_or(&name);
            let id = session.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(stem);
            let mut state = State {
                created_at: session.created_at.0.unwrap_or(0),
                ..State::default()
            };
            state.take(session.meta);
            for (position, raw) in session.messages.iter().enumerate() {
                let place = (raw.get().as_ptr() as usize - text.as_ptr() as usize) as u64;
                match serde_json::from_str(raw.get()) {
                    Ok(message) => state.message(id, &message, place, into),
                    Err(_) => into.problem(bad_record(source, position, "not a message")),
                }
            }
            let name = part::<Text<'_>>(session.title).and_then(|name| title(&name));
            state.describe(id, name, into);
            Ok(true)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

#[derive(Deserialize)]
struct Session<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(default)]
    created_at: When,
    #[serde(borrow, flatten)]
    meta: Meta<'a>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta<'a> {
    #[serde(borrow)]
    provider_key: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    working_dir: Option<Text<'a>>,
    /// The name that the user gave the session.
    #[serde(borrow)]
    custom_title: Option<Text<'a>>,
    #[serde(borrow)]
    parent_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct JournalEntry<'a> {
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    append_messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    token_usage: Option<Usage>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    /// All that was sent, caches included; older versions do not tell.
    prompt_tokens: Option<Count>,
    input_tokens: Count,
    output_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    reasoning_output_tokens: Count,
}

impl Usage {
    /// As the provider reported it: Anthropic counts caches beside the input, OpenAI inside it.
    fn tokens(self, provider: &str) -> Tokens {
        let (read, write) = (self.cache_read_input_tokens.0, self.cache_creation_input_tokens.0);
        let caches = read.saturating_add(write);
        let input = self.input_tokens.0;
        let output = self.output_tokens.0;
        let reasoning = self.reasoning_output_tokens.0.min(output);
        let of = |input| Tokens::new(input, output - reasoning, reasoning, read, write);
        match provider {
            _ if self.prompt_tokens.is_some_and(|prompt| prompt.0 >= caches.max(input)) => {
                of(self.prompt_tokens.map_or(0, |prompt| prompt.0) - caches)
            }
            _ if caches == 0 || caches > input => of(input),
            "anthropic" => of(input),
            "openai" => of(input - caches),
            _ => of(0).without(Bucket::Input),
        }
    }
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    provider: String,
    model: String,
    folder: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    parent: String,
    /// The first words of the user and when they were written.
    words: Option<(i64, String)>,
    first: Option<i64>,
    /// Time of the latest message.
    time: i64,
    #[serde(default)]
    nameless: Nameless,
    /// When the session of a snapshot was made; a journal does not tell.
    #[serde(skip)]
    created_at: i64,
}

impl State {
    fn take(&mut self, meta: Meta<'_>) {
        for (value, ours) in [
            (meta.provider_key, &mut self.provider),
            (meta.model, &mut self.model),
            (meta.working_dir, &mut self.folder),
            (meta.custom_title, &mut self.name),
            (meta.parent_id, &mut self.parent),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                *ours = value.0.into_owned();
            }
        }
    }

    fn describe(&self, id: &str, name: Option<String>, into: &mut Batch) {
        let words = self.words.clone().map(|(at, words)| Title::from_prompt(at, words));
        into.session(SessionInfo {
            title: title(&self.name)
                .or(name)
                .map(|name| Title::from_agent(0, name))
                .or(words),
            parent_id: (!self.parent.is_empty()).then(|| self.parent.clone()),
            project: (!self.folder.is_empty()).then(|| Project::folder(self.first.unwrap_or(0), &*self.folder)),
            started_at: self.first,
            updated_at: (self.time > 0).then_some(self.time),
            ..SessionInfo::new(id)
        });
    }

    fn message(&mut self, session: &str, message: &Message<'_>, place: u64, into: &mut Batch) {
        let time = message.timestamp.0.unwrap_or(self.time);
        self.time = self.time.max(time);
        self.first = self.first.or(message.timestamp.0);
        if message.role.as_deref() == Some("user") && self.words.is_none() {
            let words = first_words(message.content).and_then(|words| title(&words));
            self.words = words.map(|words| (time, words));
        }
        let Some(usage) = message.token_usage else {
            return;
        };
        let provider = biller(&self.provider, &self.model).unwrap_or("");
        let tokens = usage.tokens(provider);
        if tokens.is_zero() {
            return into.skip(Skip::Uncounted);
        }
        let id = message.id.as_deref().unwrap_or("");
        // The journal repeats messages of the snapshot with counts that are complete; copies of a session keep both.
        let key = match (id, message.timestamp.0) {
            // Not by the session's model, which changes.
            ("", None) => self.nameless.key(session, time, &format!("{usage:?}")),
            (id, _) => format!("{id}\0{time}"),
        };
        into.turn(&Turn {
            session_id: session,
            message_id: id,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            // A session that was split off begins as a snapshot with the messages of the older one. Its own messages, in a
            // snapshot and in a journal, are of one rank, so that they are present while one of the two has them.
            rank: Rank(tokens.known_total(), u64::from(time >= self.created_at)),
            provider_id: provider,
            model_id: &self.model,
            numbers: Numbers {
                accuracy: Accuracy::of(&tokens),
                ..Numbers::of(tokens, time)
            },
            place,
            ..Turn::PLAIN
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_prompt_shows_where_caches_are() {
        let usage = |prompt: &str| -> Usage {
            let text = format!(
                r#"{{"input_tokens":100,"output_tokens":5,"cache_read_input_tokens":60,"cache_creation_input_tokens":10{prompt}}}"#
            );
            serde_json::from_str(&text).expect("a usage")
        };
        let inside = Tokens::new(30, 5, 0, 60, 10);
        let beside = Tokens::new(100, 5, 0, 60, 10);
        for provider in ["anthropic", "openai", "openrouter"] {
            assert_eq!(usage(r#","prompt_tokens":100"#).tokens(provider), inside, "{provider}");
            assert_eq!(usage(r#","prompt_tokens":170"#).tokens(provider), beside, "{provider}");
        }
        // Older versions.
        assert_eq!(usage("").tokens("openai"), inside);
        assert_eq!(usage("").tokens("anthropic"), beside);
        assert_eq!(usage("").tokens("openrouter").input(), None);
    }
}
