//! Crush: one database per project, found through its list of projects; only costs add up there.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::read_text;
use crate::agents::shared::lenient::dollars;
use crate::agents::shared::live::program::Program;
use crate::agents::shared::running_total::{self, Originals, Total};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, Presence, Project, SessionInfo, Title};
use crate::system::{Os, System};
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};

const ID: &str = "crush";
const RULES_VERSION: u32 = 4;

/// Times are in seconds. `prompt_tokens` and `completion_tokens` are the last request's: how full the context is.
const SESSIONS: [&str; 8] = [
    "id",
    "parent_session_id",
    "title",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "created_at",
    "updated_at",
];

const REPLIES: [&str; 3] = ["session_id", "model", "provider"];

/// Provider and model by session.
type Models = FxHashMap<String, (String, String)>;

pub(super) struct Crush;

impl Agent for Crush {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Crush"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["crush"]),
            turns: "partial",
            limits: About::list(&[
                running_total::LIMIT,
                "Crush sums costs but not tokens: with a subscription, neither is known",
                "the cost of a subagent is included in its parent's",
                "projects missing from projects.json are not found",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (root, because) = match system.path_var("CRUSH_GLOBAL_DATA") {
            Some(root) => (root, "$CRUSH_GLOBAL_DATA"),
            None if system.os == Os::Windows => (system.local_app_dir().join("crush"), "default"),
            None => (system.data_dir().join("crush"), "default"),
        };
        let list = root.join("projects.json");
        found.roots.push(Root::new(root, because));
        let mut folders = vec![system.home.join(".crush")];
        match projects(&list) {
            Ok(projects) => folders.extend(projects),
            Err(error) => found.problems.push(Problem::new(list.display(), format!("{error:#}"))),
        }
        folders.sort();
        folders.dedup();
        for folder in folders {
            let database = folder.join("crush.db");
            if database.exists() {
                found.roots.push(Root::new(folder, "a project"));
            }
            found.add_database(database, 0);
        }
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let database = Database::open(&source.path)?;
        let models = latest_models(&database, into)?;
        let mut originals = Originals::default();
        let is_there = table::read(&database, "sessions", &SESSIONS, table::ALL, into, |cells, into| {
            session(source, cells, &models, &mut originals, into)
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

/// The data folders in `{"projects":[{"path":"/home/dev/acme","data_dir":".crush","last_accessed":"…"}]}`.
fn projects(list: &Path) -> Result<Vec<PathBuf>> {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        projects: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default)]
        path: PathBuf,
        #[serde(default)]
        data_dir: Option<PathBuf>,
    }
    if !list.exists() {
        return Ok(Vec::new());
    }
    let text = read_text(list)?;
    let list: List = serde_json::from_str(&text)
        .map_err(|error| anyhow::anyhow!("it is {}", crate::agents::shared::lenient::reason(&error)))?;
    let folders = list.projects.into_iter().map(|project| {
        let folder = project.data_dir.filter(|folder| !folder.as_os_str().is_empty());
        // Joining an absolute folder gives that folder.
        project.path.join(folder.unwrap_or_else(|| ".crush".into()))
    });
    Ok(folders.filter(|folder| folder.is_absolute()).collect())
}

/// The (provider, model) of each session's latest reply. One pass: without the index that Crush makes, a search for each
/// session would look at every reply. Texts (`parts`) are never read.
fn latest_models(database: &Database, into: &mut Batch) -> Result<Models> {
    let mut latest = Models::default();
    table::read(
        database,
        "messages",
        &REPLIES,
        ("order by rowid", ()),
        into,
        |cells, _| {
            let model = cells.text("model").filter(|model| !model.is_empty());
            if let (Some(session), Some(model)) = (cells.text("session_id"), model) {
                latest.insert(session, (cells.text("provider").unwrap_or_default(), model));
            }
            Ok(())
        },
    )?;
    Ok(latest)
}

fn session(
    source: &Source,
    cells: &Cells<'_>,
    models: &Models,
    originals: &mut Originals,
    into: &mut Batch,
) -> Result<()> {
    let Some(id) = cells.text("id") else {
        let place = format!("{}:row {}", source.path.display(), cells.rowid());
        into.problem(Problem::new(place, "a session without an id"));
        return Ok(());
    };
    let parent_id = cells.text("parent_session_id");
    let (created, updated) = (cells.time("created_at"), cells.time("updated_at"));
    let started_at = created.or(updated).unwrap_or(0);
    // `/home/dev/acme/.crush/crush.db`
    let folder = source.path.parent().filter(|folder| folder.ends_with(".crush"));
    into.session(SessionInfo {
        title: cells
            .text("title")
            .as_deref()
            .and_then(crate::agents::shared::lenient::title)
            .map(|text| Title::from_agent(updated.unwrap_or(started_at), text)),
        project: folder
            .and_then(Path::parent)
            .map(|path| Project::folder(started_at, path.display().to_string())),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id: parent_id.clone(),
        started_at: created,
        updated_at: updated,
        ..SessionInfo::new(&id)
    });
    if parent_id.is_some() {
        // Its cost was added to its parent's.
        into.skip(Skip::Repeated);
        return Ok(());
    }
    let cost = dollars(cells.number("cost"));
    let is_used = ["prompt_tokens", "completion_tokens"]
        .into_iter()
        .any(|column| cells.count(column).unwrap_or(0) > 0);
    let (provider, model) = models.get(&id).cloned().unwrap_or_default();
    Total {
        agent: ID,
        session: &id,
        origin: originals.of(&id, created, cells),
        part: "",
        requests: None,
        provider: &provider,
        model: &model,
        branch: "",
        tokens: if is_used || cost.is_some_and(|cost| cost.nanos() > 0) {
            Tokens::unreported()
        } else {
            Tokens::ZERO
        },
        cost,
        mode: Mode::Standard,
        accuracy: Accuracy::Partial,
        started_at,
        place: cells.rowid(),
    }
    .add(into);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn looks_where_each_system_keeps_its_list() {
        let root = |os: Os, env: &[(&str, &str)]| {
            let env: BTreeMap<_, _> = env
                .iter()
                .map(|(key, path)| ((*key).to_owned(), (*path).to_owned()))
                .collect();
            let found = Crush.sources(&System::new(os, "/home/dev", env));
            found.roots[0].path.display().to_string()
        };
        assert_eq!(root(Os::Linux, &[("XDG_DATA_HOME", "/data")]), "/data/crush");
        assert_eq!(root(Os::MacOs, &[]), "/home/dev/.local/share/crush");
        assert_eq!(root(Os::Windows, &[]), "/home/dev/AppData/Local/crush");
        assert_eq!(root(Os::MacOs, &[("CRUSH_GLOBAL_DATA", "/moved")]), "/moved");
    }
}
