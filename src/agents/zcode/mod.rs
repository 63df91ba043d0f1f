//! ZCode: one database with a row per request.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::lenient::title;
use crate::agents::shared::live::program::Program;
use crate::agents::shared::running_total::Originals;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;

const ID: &str = "zcode";
const RULES_VERSION: u32 = 5;

/// The status of a request that ended by itself.
const COMPLETED: &str = "completed";

const REQUESTS: [&str; 13] = [
    "id",
    "session_id",
    "status",
    "provider_id",
    "model_id",
    "started_at",
    "completed_at",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "computed_total_tokens",
];

const SESSIONS: [&str; 7] = [
    "id",
    "title",
    "parent_id",
    "directory",
    "path",
    "time_created",
    "time_updated",
];

pub(super) struct ZCode;

impl Agent for ZCode {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "ZCode"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["zcode"]),
            turns: "exact",
            limits: About::list(&[
                "transcripts in projects/ are not read: they may lack counts",
                "the output of requests that were canceled or failed is not recorded",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let root = system.home.join(".zcode/cli/db");
        found.add_database(root.join("db.sqlite"), 0);
        found.roots.push(Root::new(root, "default"));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let database = Database::open(&source.path)?;
        table::read(&database, "session", &SESSIONS, table::ALL, into, |cells, into| {
            session(cells, into);
            Ok(())
        })?;
        let mut originals = Originals::default();
        let is_there = table::read(&database, "model_usage", &REQUESTS, table::ALL, into, |cells, into| {
            request(source, cells, &mut originals, into);
            Ok(())
        })?;
        if is_there {
            into.replace(Scope::Source, Presence::Gone);
        } else {
            into.problem(Problem::new(source.path.display(), "has no table of requests"));
        }
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

fn session(cells: &Cells<'_>, into: &mut Batch) {
    let Some(id) = cells.text("id") else {
        return;
    };
    let created = cells.time("time_created");
    let folder = cells.text("directory").or_else(|| cells.text("path"));
    let parent_id = cells.text("parent_id");
    into.session(SessionInfo {
        title: cells
            .text("title")
            .as_deref()
            .and_then(title)
            .map(|text| Title::from_agent(cells.time("time_updated").unwrap_or(0), text)),
        project: folder.map(|path| Project::folder(created.unwrap_or(0), path)),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id,
        started_at: created,
        updated_at: cells.time("time_updated"),
        ..SessionInfo::new(id)
    });
}

fn request(source: &Source, cells: &Cells<'_>, originals: &mut Originals, into: &mut Batch) {
    let Some(id) = cells.text("id") else {
        let place = format!("{}:row {}", source.path.display(), cells.rowid());
        return into.problem(Problem::new(place, "a request without an id"));
    };
    let mut tokens = tokens(cells);
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    if cells.text("status").is_some_and(|status| status != COMPLETED) {
        tokens = tokens.without(Bucket::Output);
    }
    let session = cells.text("session_id").unwrap_or_default();
    let model = cells.text("model_id").unwrap_or_default();
    let provider = cells.text("provider_id").unwrap_or_default();
    let at = cells.time("started_at").or_else(|| cells.time("completed_at"));
    into.session(SessionInfo {
        updated_at: cells.time("completed_at").or(at),
        ..SessionInfo::new(&session)
    });
    into.turn(&Turn {
        session_id: &session,
        message_id: &id,
        record: RecordKey::of(&id),
        event: EventKey::of(ID, originals.of(&id, at, cells)),
        rank: Rank(tokens.known_total(), 0),
        provider_id: biller(&provider, &model).unwrap_or(""),
        model_id: &model,
        numbers: Numbers {
            accuracy: Accuracy::of(&tokens),
            ..Numbers::of(tokens, at.unwrap_or(0))
        },
        place: cells.rowid(),
        ..Turn::PLAIN
    });
}

/// Caches are inside the input and reasoning inside the output, unless only another sum makes the total.
fn tokens(cells: &Cells<'_>) -> Tokens {
    let count = |column: &str| cells.count(column).unwrap_or(0);
    let (input, output) = (count("input_tokens"), count("output_tokens"));
    let (read, write) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
    let reasoning = count("reasoning_tokens");
    disjoint(
        [input, output, reasoning, read, write],
        cells.count("computed_total_tokens"),
    )
}

/// The five buckets of the counts as recorded, in the order of rows.
fn disjoint([input, output, reasoning, read, write]: [u64; 5], total: Option<u64>) -> Tokens {
    let caches = read.saturating_add(write);
    let sum = input.saturating_add(output);
    // What each place of caches and reasoning adds to the sum; the usual one first.
    let places = [(0, 0), (0, reasoning), (caches, 0), (caches, reasoning)];
    let is_total =
        |(caches, reasoning): &(u64, u64)| total == Some(sum.saturating_add(*caches).saturating_add(*reasoning));
    let (caches_beside, reasoning_beside) = places.into_iter().find(is_total).unwrap_or_default();
    let input = if caches_beside > 0 {
        input
    } else {
        input.saturating_sub(caches)
    };
    if reasoning_beside > 0 {
        return Tokens::new(input, output, reasoning, read, write);
    }
    let reasoning = reasoning.min(output);
    Tokens::new(input, output - reasoning, reasoning, read, write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_shows_where_caches_and_reasoning_are() {
        let counts = [100, 30, 10, 60, 5];
        for (total, expected) in [
            (None, [35, 20, 10, 60, 5]),
            (Some(130), [35, 20, 10, 60, 5]),
            (Some(140), [35, 30, 10, 60, 5]),
            (Some(195), [100, 20, 10, 60, 5]),
            (Some(205), [100, 30, 10, 60, 5]),
            (Some(7), [35, 20, 10, 60, 5]),
        ] {
            let [input, output, reasoning, read, write] = expected;
            let expected = Tokens::new(input, output, reasoning, read, write);
            assert_eq!(disjoint(counts, total), expected, "{total:?}");
        }
    }
}
