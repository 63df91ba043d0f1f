//! Hermes: one database per profile, with running totals of sessions.

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::lenient::dollars;
use crate::agents::shared::running_total::{self, Total};
use crate::agents::shared::table::{self, Cells};
use crate::agents::shared::walk::Walk;
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Project, SessionInfo, Title};
use crate::system::System;
use anyhow::Result;

const ID: &str = "hermes";
const RULES_VERSION: u32 = 1;

/// Cached tokens stand beside `input_tokens`, reasoning ones are part of `output_tokens`.
const COLUMNS: [&str; 15] = [
    "id",
    "title",
    "parent_session_id",
    "model",
    "billing_provider",
    "started_at",
    "ended_at",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "actual_cost_usd",
    "estimated_cost_usd",
    "cwd",
];

pub struct Hermes;

impl Agent for Hermes {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Hermes"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["hermes"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "costs are those the provider reported or Hermes estimated",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (root, because) = match system.path_var("HERMES_HOME") {
            Some(root) => (root, "$HERMES_HOME"),
            None => (system.home.join(".hermes"), "default"),
        };
        found.add_database(root.join("state.db"), 0);
        for profile in Walk::default().folders(&root.join("profiles"), &mut found) {
            found.add_database(profile.join("state.db"), 0);
        }
        found.roots.push(Root::new(root, because));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        table::read_sessions(source, &COLUMNS, RULES_VERSION, into, |cells, into| {
            session(source, cells, into)
        })
    }
}

fn session(source: &Source, cells: &Cells<'_>, into: &mut Batch) {
    let Some(id) = cells.text("id") else {
        let place = format!("{}:row {}", source.path.display(), cells.rowid());
        return into.problem(Problem::new(place, "a session without an id"));
    };
    let started_at = cells.time("started_at");
    into.session(SessionInfo {
        title: cells
            .text("title")
            .as_deref()
            .and_then(crate::agents::shared::lenient::title)
            .map(|text| Title::from_agent(0, text)),
        project: cells.text("cwd").map(|path| Project::folder(0, path)),
        parent_id: cells.text("parent_session_id"),
        started_at,
        updated_at: cells.time("ended_at"),
        ..SessionInfo::new(&id)
    });
    let count = |column: &str| cells.count(column).unwrap_or(0);
    let output = count("output_tokens");
    let reasoning = count("reasoning_tokens").min(output);
    let cost = |column: &str| cells.number(column).filter(|cost| *cost > 0.0);
    Total {
        agent: ID,
        session: &id,
        provider: &cells.text("billing_provider").unwrap_or_default(),
        model: &cells.text("model").unwrap_or_default(),
        tokens: Tokens::new(
            count("input_tokens"),
            output - reasoning,
            reasoning,
            count("cache_read_tokens"),
            count("cache_write_tokens"),
        ),
        cost: dollars(cost("actual_cost_usd").or_else(|| cost("estimated_cost_usd"))),
        accuracy: Accuracy::Exact,
        started_at: started_at.unwrap_or(0),
        place: cells.rowid(),
    }
    .add(into);
}
