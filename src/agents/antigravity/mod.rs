//! Antigravity: the command keeps one database per conversation, with a protobuf message per request.
//!
//! The messages are `GeneratorMetadata` of `exa.cortex_pb`. Their usage is a `ModelUsageStats`: 1 is the model's number, 2
//! input, 3 output, 4 cache write, 5 cache read, 9 thinking, 10 response, 11 the response's id (descriptors inside agy 1.2.0).

mod proto;
mod requests;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use crate::agents::shared::uri::path_of_uri;
use crate::agents::shared::walk::Walk;
use crate::core::biller::biller_or;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::{MAX_COUNT, Tokens};
use crate::core::turn::{EventKey, Presence, Project, Rank, RecordKey, SessionInfo, Turn};
use crate::system::System;
use anyhow::Result;
use requests::Request;
use std::collections::BTreeMap;

const ID: &str = "antigravity";
const RULES_VERSION: u32 = 7;
/// Folders of its programs in `~/.gemini`.
const FOLDERS: [(&str, &str); 5] = [
    ("antigravity-cli", "default"),
    ("antigravity-acp", "ACP server"),
    ("antigravity", "app"),
    ("antigravity-ide", "editor"),
    ("antigravity-backup", "backup"),
];
/// How deep conversations below others are looked for.
const CONVERSATIONS_DEPTH: usize = 4;
/// What a model is called where only the router is known.
const ROUTER: &str = "gemini-default";

pub(super) struct Antigravity;

impl Agent for Antigravity {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Antigravity"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["agy", "antigravity"]),
            turns: "exact",
            limits: About::list(&[
                "conversations that the editor encrypted (`.pb`) are not read",
                "since 1.1.18 answers have no readable times: those without a step count when their conversation began",
                "if a request does not name its model, it counts under the model of requests with the same label",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let home = system.home.join(".gemini");
        let mut walk = Walk::default();
        for (folder, because) in FOLDERS {
            let root = home.join(folder).join("conversations");
            for path in walk.files(&root, CONVERSATIONS_DEPTH, &mut found) {
                if path.extension().is_some_and(|ending| ending == "db") {
                    found.add_database(path, 0);
                }
            }
            found.roots.push(Root::new(root, because));
        }
        found
            .roots
            .push(Root::new(system.app_dir().join("Antigravity"), "editor"));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let database = Database::open(&source.path)?;
        let session = source.path.file_stem().unwrap_or_default().to_string_lossy();
        let mut began = None;
        let metadata = ("limit 1", ());
        table::read(
            &database,
            "trajectory_metadata_blob",
            &["data"],
            metadata,
            into,
            |cells, into| {
                let blob = cells.bytes("data").unwrap_or_default();
                began = proto::time(blob, 2);
                let folder = proto::bytes(blob, 1).and_then(|folder| proto::text(folder, 1));
                into.session(SessionInfo {
                    project: folder
                        .and_then(path_of_uri)
                        .map(|path| Project::folder(began.unwrap_or(0), path)),
                    started_at: began,
                    ..SessionInfo::new(&*session)
                });
                Ok(())
            },
        )?;
        let rows = |table: &str, column: &str, into: &mut Batch| -> Result<(bool, Vec<_>)> {
            let mut rows = Vec::new();
            let is_there = table::read(&database, table, &[column], table::ALL, into, |cells, _| {
                rows.push((cells.rowid(), cells.bytes(column).unwrap_or_default().to_vec()));
                Ok(())
            })?;
            Ok((is_there, rows))
        };
        let (has_answers, answers) = rows("gen_metadata", "data", into)?;
        let (has_steps, steps) = rows("steps", "metadata", into)?;
        if !has_answers && !has_steps {
            into.problem(Problem::new(source.path.display(), "has no table of requests"));
        }
        let requests = requests::of(&answers, &steps);
        add_requests(&session, &requests, began, source.stamp.modified_ns / 1_000_000, into);
        into.replace(Scope::Source, Presence::Gone);
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }
}

fn add_requests(session: &str, requests: &[Request<'_>], began: Option<i64>, changed: i64, into: &mut Batch) {
    // The label that people see, and the models that answered under it.
    let mut models: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for request in requests {
        if let (Some(label), Some(model)) = (request.label, request.model) {
            let known = models.entry(label).or_default();
            if !known.contains(&model) {
                known.push(model);
            }
        }
    }
    for request in requests {
        let tokens = tokens(request.usage);
        if tokens.is_zero() {
            into.skip(Skip::Uncounted);
            continue;
        }
        let by_label = || match models.get(request.label?)?.as_slice() {
            [model] => Some(*model),
            _ => None,
        };
        let model = request.model.or_else(by_label).unwrap_or("");
        let response = proto::text(request.usage, 11).unwrap_or("");
        // A fork copies requests with the ids of their responses and their counts; an id alone may be a gateway's.
        let recorded = request.time.or(began);
        let place = &request.place;
        let key = match (response, recorded) {
            ("", Some(time)) => format!("{time}\0{place}\0{model}\0{:?}", tokens.counts()),
            ("", None) => format!("{session}\0{place}"),
            (response, _) => format!("{response}\0{:?}", tokens.counts()),
        };
        let time = recorded.unwrap_or(changed);
        into.session(SessionInfo {
            updated_at: Some(time),
            ..SessionInfo::new(session)
        });
        into.turn(&Turn {
            session_id: session,
            message_id: response,
            // Not by its counts: what has more of them is the same request.
            record: RecordKey::of(place),
            event: EventKey::of(ID, &key),
            // The older conversation made it.
            rank: Rank(tokens.known_total(), u64::MAX - began.unwrap_or(changed).unsigned_abs()),
            provider_id: biller_or("", model, "google"),
            model_id: model,
            numbers: Numbers::of(tokens, time),
            place: request.row,
            ..Turn::PLAIN
        });
    }
}

/// Input is without caches. The output is split into thinking and response where both are recorded.
fn tokens(usage: &[u8]) -> Tokens {
    let count = |field| proto::number(usage, field).unwrap_or(0).min(MAX_COUNT);
    let output = count(3).max(count(9).saturating_add(count(10)));
    let thinking = count(9).min(output);
    Tokens::new(count(2), output - thinking, thinking, count(5), count(4))
}
