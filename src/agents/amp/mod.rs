//! Amp: threads as it kept them on disk until spring 2026, each one JSON document.

mod program;
mod survey;

use super::{About, Agent, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::{Batch, Skip};
use crate::agents::shared::json_file::{self, parse_text};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::uri::path_of_uri;
use crate::agents::shared::walk::Walk;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

const ID: &str = "amp";
const RULES_VERSION: u32 = 7;

pub(super) struct Amp;

impl Agent for Amp {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Amp"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["amp"]),
            turns: "exact",
            limits: About::list(&[
                "since about April 2026, Amp keeps threads on its servers: newer threads are missing",
                "requests outside the conversation have no record of cached tokens (partial)",
                "Amp credits are not dollars and are not shown",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("AMP_DATA_DIR") {
            Some(home) => (home, "$AMP_DATA_DIR"),
            None => (system.data_dir().join("amp"), "default"),
        };
        let threads = home.join("threads");
        for path in Walk::default().files(&threads, 0, &mut found) {
            if path.extension().is_some_and(|ending| ending == "json") {
                found.add_file(path, 0);
            }
        }
        found.roots.push(Root::new(threads, because));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        json_file::read(source, RULES_VERSION, into, |text, into| {
            let Some(thread) = parse_text::<Thread<'_>>(&source.path, text, into)? else {
                return Ok(false);
            };
            let stem = source.path.file_stem().unwrap_or_default().to_string_lossy();
            let id = thread.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&stem);
            let tree = Tree::of(thread.env);
            turns(source, id, &thread, tree.as_ref().map_or("", Tree::branch), into);
            into.session(SessionInfo {
                title: part::<Text<'_>>(thread.title)
                    .and_then(|text| title(&text))
                    .map(|text| Title::from_agent(0, text)),
                project: tree
                    .and_then(|tree| path_of_uri(&tree.uri))
                    .map(|path| Project::folder(0, path)),
                started_at: thread.created.0,
                ..SessionInfo::new(id)
            });
            Ok(true)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(default)]
    created: When,
    #[serde(borrow, default)]
    env: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage_ledger: Option<Ledger<'a>>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Ledger<'a> {
    #[serde(borrow, default)]
    events: Vec<&'a RawValue>,
}

/// `{"id":"…","timestamp":"…","model":"claude-…","credits":1.2,"tokens":{"input":12,"output":212},"toMessageId":3}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default)]
    tokens: Option<EventTokens>,
    #[serde(borrow, default)]
    to_message_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct EventTokens {
    #[serde(default)]
    input: Count,
    #[serde(default)]
    output: Count,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    message_id: Option<&'a RawValue>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    state: Option<&'a RawValue>,
}

impl Message<'_> {
    /// Whether its stream did not end by itself: `"state":{"type":"cancelled"}` instead of `complete`.
    fn is_cut(&self) -> bool {
        #[derive(Deserialize)]
        struct State<'a> {
            #[serde(borrow, rename = "type")]
            kind: Text<'a>,
        }
        let state: Option<State<'_>> = part(self.state);
        state.is_some_and(|state| matches!(&*state.kind, "cancelled" | "canceled" | "error" | "streaming"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage<'a> {
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
}

impl Usage<'_> {
    /// For models of others than Anthropic, Amp (seen in 0.0.1769425000) writes the part of the prompt that was not cached as
    /// cache writes, and no input.
    fn tokens(&self) -> Tokens {
        let (input, written) = (self.input_tokens.0, self.cache_creation_input_tokens.0);
        let vendor = biller("", self.model.as_deref().unwrap_or(""));
        let (input, written) = match vendor {
            Some(vendor) if vendor != "anthropic" && input == 0 => (written, 0),
            _ => (input, written),
        };
        Tokens::new(input, self.output_tokens.0, 0, self.cache_read_input_tokens.0, written)
    }
}

/// A folder where the thread began, with the branch it was on: `{"uri":"file:///home/dev/acme","repository":{"ref":"refs/heads/main"}}`.
#[derive(Deserialize)]
struct Tree {
    uri: String,
    #[serde(default)]
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default, rename = "ref")]
    reference: Option<String>,
}

impl Tree {
    /// The first of `{"initial":{"trees":[…]}}`.
    fn of(env: Option<&RawValue>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Environment<'a> {
            #[serde(borrow)]
            initial: Initial<'a>,
        }
        #[derive(Deserialize)]
        struct Initial<'a> {
            #[serde(borrow)]
            trees: Vec<&'a RawValue>,
        }
        let environment: Environment<'_> = part(env)?;
        part(environment.initial.trees.first().copied())
    }

    fn branch(&self) -> &str {
        let reference = self.repository.as_ref().and_then(|it| it.reference.as_deref());
        let reference = reference.unwrap_or_default();
        reference.strip_prefix("refs/heads/").unwrap_or(reference)
    }
}

/// A reply, from whichever of the two places.
struct Reply<'a> {
    /// The message's id, or the event's where it belongs to no message.
    key: String,
    model: Option<Text<'a>>,
    tokens: Tokens,
    /// The output that was recorded before the stream broke off.
    placeholder: Option<u64>,
    at: Option<i64>,
}

fn turns(source: &Source, thread: &str, document: &Thread<'_>, branch: &str, into: &mut Batch) {
    let mut last = document.created.0;
    let mut replies = messages(source, document, into);
    let events = document.usage_ledger.as_ref().map(|ledger| ledger.events.as_slice());
    if let Some(events) = events.filter(|events| !events.is_empty()) {
        // Both describe the same requests; only the messages have cache counts.
        replies = ledger(source, events, replies, into);
    }
    for reply in replies {
        if reply.tokens.is_zero() {
            into.skip(Skip::Uncounted);
            continue;
        }
        let model = reply.model.as_deref().unwrap_or("");
        // Without a time of its own a reply came after the one before it.
        let time = reply.at.or(last);
        last = last.max(time);
        // A copy of a thread keeps when its replies came.
        let event = match time {
            Some(time) => format!("{time}\0{model}\0{}", reply.key),
            None => format!("{thread}\0{}", reply.key),
        };
        into.session(SessionInfo {
            updated_at: reply.at,
            ..SessionInfo::new(thread)
        });
        into.turn(&Turn {
            session_id: thread,
            message_id: &reply.key,
            record: RecordKey::of(&reply.key),
            event: EventKey::of(ID, event),
            // A fork of a thread is younger.
            rank: Rank::in_session(reply.tokens.known_total(), document.created.0),
            provider_id: biller("", model).unwrap_or(""),
            model_id: model,
            numbers: Numbers {
                accuracy: Accuracy::of(&reply.tokens),
                ..Numbers::of(reply.tokens, time.unwrap_or(0))
            },
            origin: Origin { branch, ..Origin::NONE },
            ..Turn::PLAIN
        });
    }
}

/// An id is a number in some versions and text in others.
fn key(raw: Option<&RawValue>) -> Option<String> {
    let text = raw?.get().trim_matches('"');
    (!text.is_empty() && text != "null").then(|| text.to_owned())
}

fn bad(source: &Source, what: &str, position: usize) -> Problem {
    Problem::new(
        format!("{}:{what} {}", source.path.display(), position + 1),
        "an unexpected type of value",
    )
}

fn messages<'a>(source: &Source, document: &Thread<'a>, into: &mut Batch) -> Vec<Reply<'a>> {
    let mut replies = Vec::new();
    for (position, raw) in document.messages.iter().enumerate() {
        let Ok(message) = serde_json::from_str::<Message<'_>>(raw.get()) else {
            into.problem(bad(source, "message", position));
            continue;
        };
        let Some(usage) = message.usage.filter(|usage| usage.get() != "null") else {
            continue;
        };
        let Ok(usage) = serde_json::from_str::<Usage<'_>>(usage.get()) else {
            into.problem(bad(source, "message", position));
            continue;
        };
        let tokens = usage.tokens();
        let is_cut = message.is_cut() && !tokens.is_zero();
        replies.push(Reply {
            key: key(message.message_id).unwrap_or_else(|| format!("#{position}")),
            model: usage.model,
            tokens: if is_cut { tokens.without(Bucket::Output) } else { tokens },
            placeholder: is_cut.then_some(usage.output_tokens.0),
            at: usage.timestamp.0.or(message.timestamp.0),
        });
    }
    replies
}

fn ledger<'a>(source: &Source, events: &[&'a RawValue], messages: Vec<Reply<'a>>, into: &mut Batch) -> Vec<Reply<'a>> {
    let mut messages: FxHashMap<String, Reply<'_>> = messages
        .into_iter()
        .map(|message| (message.key.clone(), message))
        .collect();
    let (mut replies, mut claimed) = (Vec::new(), FxHashSet::default());
    for (position, raw) in events.iter().enumerate() {
        let Ok(event) = serde_json::from_str::<Event<'_>>(raw.get()) else {
            into.problem(bad(source, "event", position));
            continue;
        };
        let Some(tokens) = event.tokens else {
            into.skip(Skip::Uncounted);
            continue;
        };
        // A message's cached tokens belong to one event, even when several name it.
        let message = key(event.to_message_id);
        let of_message = message.as_ref().and_then(|message| messages.remove(message));
        let counts = |bucket| of_message.as_ref().and_then(|reply| reply.tokens.count(bucket));
        let input = match tokens.input.0 {
            0 => counts(Bucket::Input).unwrap_or(0),
            input => input,
        };
        let mut counted = Tokens::new(
            input,
            tokens.output.0,
            0,
            counts(Bucket::CacheRead).unwrap_or(0),
            counts(Bucket::CacheWrite).unwrap_or(0),
        );
        if of_message.is_none() && !counted.is_zero() {
            counted = counted.without(Bucket::CacheRead).without(Bucket::CacheWrite);
        }
        let placeholder = of_message.as_ref().and_then(|reply| reply.placeholder);
        if placeholder == Some(tokens.output.0) {
            counted = counted.without(Bucket::Output);
        }
        let id = event.id.filter(|id| !id.is_empty());
        let own = || id.map_or_else(|| format!("@{position}"), |id| id.0.into_owned());
        // The first event of a message is the message's reply, whichever of the two is written first.
        let is_first = message.as_ref().is_some_and(|message| claimed.insert(message.clone()));
        let (of_model, of_time) = of_message.map_or((None, None), |reply| (reply.model, reply.at));
        replies.push(Reply {
            key: message.filter(|_| is_first).unwrap_or_else(own),
            model: event.model.or(of_model),
            tokens: counted,
            placeholder,
            at: event.timestamp.0.or(of_time),
        });
    }
    replies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(thread: &str) -> Batch {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("T-1.json");
        std::fs::write(&path, thread).expect("written");
        let source = Source::find(path, 0).expect("a file");
        let mut batch = Batch::default();
        Amp.read(&source, &Bookmark::default(), &mut batch).expect("readable");
        batch
    }

    #[test]
    fn a_ledger_takes_the_place_of_the_messages_it_is_about() {
        let message = r#"{"messageId":"m1","usage":{"inputTokens":5,"cacheReadInputTokens":6}}"#;
        let before = read(&format!(r#"{{"messages":[{message}]}}"#));
        let event = r#"{"id":"e1","tokens":{"input":5,"output":7},"toMessageId":"m1"}"#;
        let after = read(&format!(
            r#"{{"messages":[{message}],"usageLedger":{{"events":[{event}]}}}}"#
        ));
        let [before, after] = [before, after].map(|batch| batch.turns[0]);
        assert_eq!(before.record, after.record);
        assert_eq!(after.numbers.tokens, Tokens::new(5, 7, 0, 6, 0));
        assert!(after.rank > before.rank);
    }

    #[test]
    fn one_bad_message_or_event_is_a_problem() {
        let batch = read(
            r#"{"id":"t","env":{"initial":{"trees":[{"uri":"file:///home/dev/acme%20api"}]}},"title":7,
                "messages":[5,{"usage":"none"},{"usage":{"inputTokens":"x"}},{"usage":{"inputTokens":3}}]}"#,
        );
        assert_eq!((batch.turns.len(), batch.problems.len()), (1, 3));
        let project = batch.sessions["t"].project.as_ref().expect("a project");
        assert_eq!(project.path, "/home/dev/acme api");
        let batch = read(r#"{"usageLedger":{"events":[[],{"tokens":{"input":2}},{"tokens":null}]}}"#);
        assert_eq!(batch.turns[0].numbers.accuracy, Accuracy::Partial);
        assert_eq!(batch.session_id(&batch.turns[0]), "T-1");
    }
}
