//! Hermes: one database per profile, with running totals of sessions.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::lenient::{Text, dollars, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::running_total::{self, Originals, Total};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::agents::shared::walk::Walk;
use crate::core::money::{Money, fill};
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, Presence, Project, SessionInfo, Title};
use crate::system::System;
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

const ID: &str = "hermes";
const RULES_VERSION: u32 = 7;

const COLUMNS: [&str; 17] = [
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
    "api_call_count",
    "model_config",
];

const BY_MODEL: [&str; 15] = [
    "session_id",
    "model",
    "billing_provider",
    "billing_base_url",
    "billing_mode",
    "task",
    "api_call_count",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "actual_cost_usd",
    "estimated_cost_usd",
    "first_seen",
];

pub(super) struct Hermes;

impl Agent for Hermes {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Hermes"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["hermes"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "costs are those the provider reported or Hermes estimated",
                "a session that the command of Codex answers counts under Codex, too",
                "title requests are recorded only since 0.20",
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
        let database = Database::open(&source.path)?;
        let mut by_model: FxHashMap<String, Vec<ModelTotal>> = FxHashMap::default();
        table::read(
            &database,
            "session_model_usage",
            &BY_MODEL,
            table::ALL,
            into,
            |cells, _| {
                if let Some(session) = cells.text("session_id") {
                    by_model.entry(session).or_default().push(ModelTotal::of(cells));
                }
                Ok(())
            },
        )?;
        let mut originals = Originals::default();
        let is_there = table::read(&database, "sessions", &COLUMNS, table::ALL, into, |cells, into| {
            session(source, cells, &by_model, &mut originals, into);
            Ok(())
        })?;
        if is_there {
            into.replace(Scope::Source, Presence::Gone);
        } else {
            into.problem(Problem::new(source.path.display(), "has no table of sessions"));
        }
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// How a session came to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its user began it, or it goes on with a compressed one.
    Own,
    /// A fork that its user made; its totals begin at zero.
    Branch,
    /// A subagent.
    Delegate,
}

impl Kind {
    /// By `{"_delegate_from":"…"}` or `{"_branched_from":"…"}` in the configuration of the session's model.
    fn of(cells: &Cells<'_>) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Config<'a> {
            #[serde(borrow, rename = "_delegate_from")]
            delegate_from: Option<&'a RawValue>,
            #[serde(borrow, rename = "_branched_from")]
            branched_from: Option<&'a RawValue>,
        }
        let text = cells.text("model_config").unwrap_or_default();
        let config: Config<'_> = serde_json::from_str(&text).unwrap_or_default();
        let is_named = |raw| part::<Text<'_>>(raw).is_some_and(|id| !id.is_empty());
        if is_named(config.delegate_from) {
            Self::Delegate
        } else if is_named(config.branched_from) {
            Self::Branch
        } else {
            Self::Own
        }
    }
}

/// What a session used of one model, for one purpose.
#[derive(Default)]
struct ModelTotal {
    model: String,
    provider: String,
    /// Distinguishes it from the session's other totals.
    part: String,
    /// Of the conversation itself: those of `sessions` include it.
    is_main: bool,
    counts: Counts,
    cost: Option<f64>,
    first_seen: Option<i64>,
}

impl ModelTotal {
    fn of(cells: &Cells<'_>) -> Self {
        let text = |column: &str| cells.text(column).unwrap_or_default();
        let key = ["model", "billing_provider", "billing_base_url", "billing_mode", "task"].map(text);
        let [model, provider, .., task] = key.clone();
        Self {
            model,
            provider,
            part: key.join("\0"),
            // What is said aloud is a part of the conversation, under a model of its own.
            is_main: matches!(&*task, "" | "voice_chat"),
            counts: Counts::of(cells),
            cost: cost(cells),
            first_seen: cells.time("first_seen"),
        }
    }
}

/// Cached tokens stand beside `input_tokens`, reasoning ones are part of `output_tokens`.
#[derive(Clone, Copy, Default)]
struct Counts {
    input: u64,
    output: u64,
    reasoning: u64,
    read: u64,
    write: u64,
    requests: u64,
}

impl Counts {
    fn of(cells: &Cells<'_>) -> Self {
        let count = |column: &str| cells.count(column).unwrap_or(0);
        Self {
            input: count("input_tokens"),
            output: count("output_tokens"),
            reasoning: count("reasoning_tokens"),
            read: count("cache_read_tokens"),
            write: count("cache_write_tokens"),
            requests: count("api_call_count"),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_sub(other.input),
            output: self.output.saturating_sub(other.output),
            reasoning: self.reasoning.saturating_sub(other.reasoning),
            read: self.read.saturating_sub(other.read),
            write: self.write.saturating_sub(other.write),
            requests: self.requests.saturating_sub(other.requests),
        }
    }

    fn tokens(self) -> Tokens {
        let reasoning = self.reasoning.min(self.output);
        Tokens::new(self.input, self.output - reasoning, reasoning, self.read, self.write)
    }
}

/// What was charged, else what Hermes worked out.
fn cost(cells: &Cells<'_>) -> Option<f64> {
    let cost = |column: &str| cells.number(column).filter(|cost| *cost > 0.0);
    cost("actual_cost_usd").or_else(|| cost("estimated_cost_usd"))
}

fn session(
    source: &Source,
    cells: &Cells<'_>,
    by_model: &FxHashMap<String, Vec<ModelTotal>>,
    originals: &mut Originals,
    into: &mut Batch,
) {
    let Some(id) = cells.text("id") else {
        let place = format!("{}:row {}", source.path.display(), cells.rowid());
        return into.problem(Problem::new(place, "a session without an id"));
    };
    let started_at = cells.time("started_at");
    let kind = Kind::of(cells);
    let parent_id = cells.text("parent_session_id");
    into.session(SessionInfo {
        title: cells
            .text("title")
            .as_deref()
            .and_then(title)
            .map(|text| Title::from_agent(0, text)),
        project: cells.text("cwd").map(|path| Project::folder(0, path)),
        interactive: (kind == Kind::Delegate).then_some(false),
        forked_from: parent_id.clone().filter(|_| kind == Kind::Branch),
        parent_id: parent_id.filter(|_| kind != Kind::Branch),
        started_at,
        updated_at: cells.time("ended_at"),
        ..SessionInfo::new(&id)
    });
    let origin = originals.of(&id, started_at, cells);
    let add = |total: &ModelTotal, cost: Option<Money>, into: &mut Batch| {
        Total {
            agent: ID,
            session: &id,
            origin,
            part: &total.part,
            requests: Some(total.counts.requests),
            provider: &total.provider,
            model: &total.model,
            branch: "",
            tokens: total.counts.tokens(),
            cost,
            mode: Mode::Standard,
            accuracy: Accuracy::Exact,
            started_at: total.first_seen.or(started_at).unwrap_or(0),
            place: cells.rowid(),
        }
        .add(into);
    };
    // The session's own row sums up its conversation: what the totals by model do not cover is older than they are.
    let mut rest = ModelTotal {
        model: cells.text("model").unwrap_or_default(),
        provider: cells.text("billing_provider").unwrap_or_default(),
        counts: Counts::of(cells),
        cost: cost(cells),
        ..ModelTotal::default()
    };
    let totals = by_model.get(&id).map(Vec::as_slice).unwrap_or_default();
    for total in totals.iter().filter(|total| total.is_main) {
        rest.counts = rest.counts.minus(total.counts);
        rest.cost = rest.cost.map(|cost| cost - total.cost.unwrap_or(0.0));
    }
    // Sums of fractions leave crumbs.
    let left = dollars(rest.cost.filter(|cost| *cost > 1e-9));
    let is_covered = !totals.is_empty() && rest.counts.tokens().is_zero();
    // Money without tokens is that of the totals which have tokens and no money.
    let part = |total: &ModelTotal| {
        let is_unpaid = total.is_main && total.cost.is_none();
        let weight = is_unpaid.then(|| total.counts.tokens().known_total());
        (dollars(total.cost), weight)
    };
    let parts: Vec<_> = totals.iter().map(part).collect();
    for (total, cost) in totals.iter().zip(fill(left.filter(|_| is_covered), &parts)) {
        add(total, cost, into);
    }
    if !is_covered {
        add(&rest, if totals.is_empty() { dollars(rest.cost) } else { left }, into);
    }
}
