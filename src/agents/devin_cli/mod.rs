//! Devin CLI: one database of message trees; a reply's metadata has its counts.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, EventKey, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

const ID: &str = "devin-cli";
const RULES_VERSION: u32 = 5;
/// What the model of a session is called while a router chooses it.
const ROUTER: &str = "adaptive";

const SESSIONS: [&str; 6] = [
    "id",
    "title",
    "working_directory",
    "model",
    "created_at",
    "last_activity_at",
];

const MESSAGES: [&str; 4] = ["session_id", "node_id", "chat_message", "created_at"];

pub(super) struct DevinCli;

impl Agent for DevinCli {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Devin CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["devin"]),
            turns: "exact",
            limits: About::list(&[
                "reasoning tokens are included in output",
                "sessions in the cloud and ACUs are not recorded",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let root = system.data_dir().join("devin/cli");
        found.add_database(root.join("sessions.db"), 0);
        found.roots.push(Root::new(root, "default"));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let database = Database::open(&source.path)?;
        let mut sessions: FxHashMap<String, Described> = FxHashMap::default();
        table::read(&database, "sessions", &SESSIONS, table::ALL, into, |cells, into| {
            if let Some(id) = cells.text("id") {
                session(&id, cells, into);
                let described = Described {
                    model: cells.text("model").unwrap_or_default(),
                    created_at: cells.time("created_at"),
                };
                sessions.insert(id, described);
            }
            Ok(())
        })?;
        let is_there = table::read(
            &database,
            "message_nodes",
            &MESSAGES,
            table::ALL,
            into,
            |cells, into| {
                message(source, cells, &sessions, into);
                Ok(())
            },
        )?;
        if is_there {
            into.replace(Scope::Source, Presence::Gone);
        } else {
            into.problem(Problem::new(source.path.display(), "has no table of messages"));
        }
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// What is known of a session, for its messages.
#[derive(Default)]
struct Described {
    model: String,
    created_at: Option<i64>,
}

fn session(id: &str, cells: &Cells<'_>, into: &mut Batch) {
    let created = cells.time("created_at");
    let name = cells.text("title").as_deref().and_then(title);
    into.session(SessionInfo {
        title: name.map(|name| Title::from_agent(0, name)),
        project: cells
            .text("working_directory")
            .map(|path| Project::folder(created.unwrap_or(0), path)),
        started_at: created,
        updated_at: cells.time("last_activity_at"),
        ..SessionInfo::new(id)
    });
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    message_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    generation_model: Option<Text<'a>>,
    #[serde(borrow)]
    request_id: Option<Text<'a>>,
    created_at: When,
    metrics: Option<Metrics>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Metrics {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_tokens: Count,
    cache_creation_tokens: Count,
}

impl Metrics {
    /// Caches are beside the input.
    fn tokens(self) -> Tokens {
        let (read, write) = (self.cache_read_tokens.0, self.cache_creation_tokens.0);
        Tokens::new(self.input_tokens.0, self.output_tokens.0, 0, read, write)
    }
}

fn message(source: &Source, cells: &Cells<'_>, sessions: &FxHashMap<String, Described>, into: &mut Batch) {
    let place = || format!("{}:row {}", source.path.display(), cells.rowid());
    let (Some(session), Some(text)) = (cells.text("session_id"), cells.text("chat_message")) else {
        return into.problem(Problem::new(place(), "a message without a session or content"));
    };
    let Ok(message) = serde_json::from_str::<Message<'_>>(&text) else {
        return into.problem(Problem::new(place(), "not a message"));
    };
    if message.role.as_deref() != Some("assistant") {
        return;
    }
    let metadata: Metadata<'_> = part(message.metadata).unwrap_or_default();
    let tokens = metadata.metrics.unwrap_or_default().tokens();
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let described = sessions.get(&session);
    let known = described
        .map(|session| session.model.as_str())
        .filter(|model| *model != ROUTER);
    let answered = metadata.generation_model.as_deref().filter(|model| !model.is_empty());
    let model = answered.or(known).unwrap_or("");
    let node = cells.text("node_id").unwrap_or_default();
    // A row has the time of the batch in which it was written.
    let time = metadata.created_at.0.or_else(|| cells.time("created_at")).unwrap_or(0);
    let named = [&message.message_id, &metadata.request_id];
    let id = named.into_iter().flatten().find(|id| !id.is_empty());
    // The same message stands at several nodes, and in forks. Not the session's model, which changes, and is another one in
    // a fork.
    let of = match id {
        Some(id) => format!("{}\0{:?}", &**id, metadata.created_at.0),
        None => format!("{node}\0{time}"),
    };
    let key = format!("{of}\0{}\0{:?}", answered.unwrap_or(""), tokens.counts());
    into.turn(&Turn {
        session_id: &session,
        message_id: &node,
        record: RecordKey::of(format!("{session}\0{node}")),
        event: EventKey::of(ID, &key),
        // The older session made it.
        rank: Rank::in_session(tokens.known_total(), described.and_then(|session| session.created_at)),
        provider_id: biller("", model).unwrap_or(""),
        model_id: model,
        numbers: Numbers {
            accuracy: Accuracy::of(&tokens),
            ..Numbers::of(tokens, time)
        },
        place: cells.rowid(),
        ..Turn::PLAIN
    });
}
