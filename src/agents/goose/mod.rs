//! Goose: one database of sessions with running totals.

mod beginning;
mod program;
mod requests;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::live::program::Program;
use crate::agents::shared::running_total::{Originals, Total};
use crate::agents::shared::sqlite::{Database, is_damaged};
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::core::problem::Problem;
use crate::core::turn::{Accuracy, Mode, Presence, Project, SessionInfo, Title};
use crate::system::{Os, System};
use anyhow::Result;
use beginning::{Beginning, Beginnings};
use requests::{Counts, Ledger};
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

const ID: &str = "goose";
const RULES_VERSION: u32 = 8;

/// `input_tokens` and its like are the last request, not a total.
const COLUMNS: [&str; 17] = [
    "id",
    "name",
    "description",
    "user_set_name",
    "working_dir",
    "created_at",
    "updated_at",
    "accumulated_input_tokens",
    "accumulated_output_tokens",
    "accumulated_total_tokens",
    "accumulated_cache_read_tokens",
    "accumulated_cache_write_tokens",
    "accumulated_cost",
    "provider_name",
    "model_config_json",
    "session_type",
    "parent_session_id",
];

/// Providers that are other agents' commands: those write records of their own.
const OTHER_AGENTS: [&str; 4] = ["claude-code", "codex", "cursor-agent", "gemini-cli"];

pub(super) struct Goose;

impl Agent for Goose {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Goose"
    }

    /// They are the day and a number: 20261119_1 is on every machine, and again when the day's last session was deleted.
    fn reuses_session_ids(&self) -> bool {
        true
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["goose"]),
            turns: "partial",
            limits: About::list(&[
                "before schema 15 only a running total per session is recorded: it counts on the session's first day, under \
                 its latest model",
                "reasoning is included in output and not recorded separately",
                "before schema 14 cached tokens are included in input and not recorded separately",
                "sessions answered by another agent's command, or imported from another agent, count under that agent",
                "before schema 15 an imported session that goes on counts with its original's total",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut roots = Vec::new();
        if let Some(root) = system.path_var("GOOSE_PATH_ROOT") {
            roots.push((root.join("data"), "$GOOSE_PATH_ROOT"));
        } else {
            match system.os {
                Os::Windows => roots.push((system.app_dir().join(r"Block/goose/data"), "default")),
                _ => roots.push((system.data_dir().join("goose"), "default")),
            }
            if system.os == Os::MacOs {
                roots.push((system.app_dir().join("goose"), "macOS"));
                roots.push((system.app_dir().join("Block/goose"), "macOS"));
            }
        }
        for (root, because) in roots {
            let sessions = root.join("sessions");
            found.add_database(sessions.join("sessions.db"), 0);
            let root = Root::new(sessions, because);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let database = Database::open(&source.path)?;
        let ledger = Ledger::read(&database, into)?;
        let beginnings = match Beginnings::read(&database, into) {
            // Sessions count as if each began by itself.
            Err(error) if error.downcast_ref().is_some_and(is_damaged) => {
                into.problem(Problem::new(source.path.display(), format!("{error:#}")));
                Beginnings::default()
            }
            read => read?,
        };
        let mut originals = Originals::default();
        let is_there = table::read(&database, "sessions", &COLUMNS, table::ALL, into, |cells, into| {
            session(source, cells, &ledger, &beginnings, &mut originals, into);
            Ok(())
        })?;
        if is_there {
            into.replace(Scope::Source, Presence::Gone);
        } else {
            into.problem(Problem::new(source.path.display(), "has no session table"));
        }
        Ok(Bookmark::read_whole(source, RULES_VERSION))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// `{"model_name":"claude-sonnet-4","context_limit":null}`
#[derive(Default, Deserialize)]
struct ModelConfig {
    #[serde(default)]
    model_name: Option<String>,
}

fn session(
    source: &Source,
    cells: &Cells<'_>,
    ledger: &Ledger,
    beginnings: &Beginnings,
    originals: &mut Originals,
    into: &mut Batch,
) {
    let Some(id) = cells.text("id") else {
        let place = format!("{}:row {}", source.path.display(), cells.rowid());
        return into.problem(Problem::new(place, "a session without an id"));
    };
    let (created, updated) = (cells.time("created_at"), cells.time("updated_at"));
    let started_at = created.or(updated).unwrap_or(0);
    let is_named = cells.count("user_set_name").is_some_and(|flag| flag != 0);
    let name = cells.text("name").or_else(|| cells.text("description"));
    let parent_id = cells.text("parent_session_id");
    let kind = cells.text("session_type").unwrap_or_default();
    let is_helper = parent_id.is_some() || matches!(kind.as_str(), "sub_agent" | "scheduled" | "hidden");
    into.session(SessionInfo {
        title: name
            .as_deref()
            .and_then(crate::agents::shared::lenient::title)
            .map(|text| {
                let named = if is_named { Title::from_user } else { Title::from_agent };
                named(updated.unwrap_or(started_at), text)
            }),
        project: cells.text("working_dir").map(|path| Project::folder(started_at, path)),
        parent_id,
        interactive: is_helper.then_some(false),
        started_at: created,
        updated_at: updated,
        ..SessionInfo::new(&id)
    });
    let provider = cells.text("provider_name").unwrap_or_default();
    if OTHER_AGENTS.contains(&provider.as_str()) || provider.ends_with("-acp") {
        return into.skip(Skip::Repeated);
    }
    let config = cells.text("model_config_json");
    let config: ModelConfig = config
        .and_then(|config| serde_json::from_str(&config).ok())
        .unwrap_or_default();
    let model = config.model_name.unwrap_or_default();
    let origin = originals.of(&id, created, cells);
    let beginning = beginnings.of(&id, ledger.first(&id));
    // An import of the total gives way to the session that has it.
    let original = match &beginning {
        Beginning::Own(root) => root.as_ref().map(|root| segment(root)),
        _ => None,
    };
    let of_requests = requests::Session {
        id: &id,
        origin,
        original: original.as_deref(),
        provider: &provider,
        model: &model,
        started_at,
    };
    let total = Counts::of(
        cells,
        [
            "accumulated_input_tokens",
            "accumulated_output_tokens",
            "accumulated_total_tokens",
            "accumulated_cache_read_tokens",
            "accumulated_cache_write_tokens",
            "accumulated_cost",
        ],
    );
    let rest = ledger.rest(&id, total);
    let rest = ledger.add(&of_requests, rest, into);
    let Some(rest) = rest else {
        if total.is_nothing() {
            into.skip(Skip::Uncounted);
        }
        return;
    };
    let imported = match &beginning {
        Beginning::Foreign => return into.skip(Skip::Repeated),
        Beginning::Imported(root) => Some(segment(root)),
        Beginning::Own(_) | Beginning::Forked => None,
    };
    let tokens = rest.tokens();
    let before = into.turns.len();
    Total {
        agent: ID,
        session: &id,
        origin: imported.as_deref().unwrap_or(origin),
        part: "",
        requests: None,
        provider: &provider,
        model: &model,
        branch: "",
        tokens,
        cost: rest.money(),
        mode: Mode::Standard,
        accuracy: Accuracy::of(&tokens),
        started_at,
        place: cells.rowid(),
    }
    .add(into);
    if let Some(segment) = imported.as_ref().or(original.as_ref())
        && into.turns.len() > before
    {
        into.segment_of_last(xxh3_64(segment.as_bytes()), original.is_some());
    }
}

/// What an import and its original have in common.
fn segment(root: &str) -> String {
    format!("imported\0{root}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn looks_where_each_system_keeps_it() {
        let roots = |os: Os, moved: Option<&str>| -> Vec<String> {
            let env = moved.map(|path| ("GOOSE_PATH_ROOT".to_owned(), path.to_owned()));
            let system = System::new(os, "/home/dev", env.into_iter().collect::<BTreeMap<_, _>>());
            let found = Goose.sources(&system);
            found.roots.iter().map(|root| root.path.display().to_string()).collect()
        };
        assert_eq!(roots(Os::Linux, None), ["/home/dev/.local/share/goose/sessions"]);
        assert_eq!(
            roots(Os::Windows, None),
            ["/home/dev/AppData/Roaming/Block/goose/data/sessions"]
        );
        assert_eq!(roots(Os::MacOs, None), ["/home/dev/.local/share/goose/sessions"]);
        assert_eq!(roots(Os::Linux, Some("/moved")), ["/moved/data/sessions"]);
        assert_eq!(
            roots(Os::Linux, Some("relative")),
            ["/home/dev/.local/share/goose/sessions"]
        );
    }
}
