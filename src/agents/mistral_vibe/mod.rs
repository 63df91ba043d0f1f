//! Mistral Vibe: a folder per session with snapshots and journals, each of which knows the session's running total.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::json_file::{self, read_text};
use crate::agents::shared::lenient::{Count, Text, When, part, reason, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::moved;
use crate::agents::shared::running_total::{self, Total};
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, Project, SessionInfo, Title};
use crate::system::System;
use anyhow::{Result, anyhow};
use memchr::memmem::rfind_iter;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

const ID: &str = "mistral-vibe";
const RULES_VERSION: u32 = 4;
const SETTINGS: &str = "config.toml";
/// Names the folder of the sessions, before the settings do.
const SAVE_DIR: &str = "VIBE_SESSION_LOGGING__SAVE_DIR";
/// Describes a session, in its folder.
const META: &str = "meta.json";
/// What stands before a session's running total, in snapshots and journals.
const TOTAL: &[u8] = br#""tokenUsage""#;

pub(super) struct MistralVibe;

impl Agent for MistralVibe {
    fn id(&self) -> &str {
        ID
    }

    fn name(&self) -> &str {
        "Mistral Vibe"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["vibe"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "reasoning is included in output, and cache writes in input: the total does not record them separately",
                "sessions of versions before 3.0 are not read",
                "Mistral Vibe deletes a subagent's session when it ends: it counts if ttop read it before",
                "a save_dir that is relative or set for one project is not followed",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("VIBE_HOME") {
            Some(home) => (home, "$VIBE_HOME"),
            None => (system.home.join(".vibe"), "default"),
        };
        // Where the settings move sessions, earlier ones stay in the home.
        let moved = match system.path_var(SAVE_DIR) {
            Some(folder) => Some((folder, "$VIBE_SESSION_LOGGING__SAVE_DIR")),
            None => moved::by_toml(system, &home.join(SETTINGS), "/session_logging/save_dir", &mut found)
                .map(|folder| (folder, SETTINGS)),
        };
        let saved = std::iter::once((home.join("logs/session"), because)).chain(moved);
        let mut walk = Walk::default();
        for (folder, because) in saved {
            let sessions = folder.join("unified");
            for session in walk.folders(&sessions, &mut found) {
                let beside = [session.join(META)];
                for snapshot in walk.folders(&session.join("generations"), &mut found) {
                    found.add_described(snapshot.join("projection-state.json"), 0, &beside);
                }
                for journal in walk.files(&session.join("journal"), 0, &mut found) {
                    if journal.extension().is_some_and(|ending| ending == "jsonl") {
                        found.add_described(journal, 0, &beside);
                    }
                }
            }
            let root = Root::new(sessions, because);
            if !found.roots.iter().any(|known| known.path == root.path) {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        // What describes the session may be deleted.
        let mut origin: Option<String> = serde_json::from_slice(&from.state).unwrap_or_default();
        let read = json_file::read(source, RULES_VERSION, into, |text, into| {
            if let Some(folder) = session_folder(&source.path) {
                session(&folder, text, &mut origin, into)?;
            }
            Ok(true)
        })?;
        Ok(Bookmark {
            state: serde_json::to_vec(&origin)?,
            ..read
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// `<session>/journal/<n>.jsonl` or `<session>/generations/<n>/projection-state.json`.
fn session_folder(path: &Path) -> Option<PathBuf> {
    let inner = path
        .ancestors()
        .find(|folder| folder.ends_with("journal") || folder.ends_with("generations"))?;
    inner.parent().map(Path::to_owned)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    session_id: Option<String>,
    parent_session_id: Option<String>,
    start_time: When,
    end_time: When,
    title: Option<String>,
    /// The branch that was checked out when the session began; null outside of a repository.
    git_branch: Option<Box<RawValue>>,
    environment: Option<Environment>,
    config: Option<Config>,
}

#[derive(Deserialize)]
struct Environment {
    #[serde(default)]
    working_directory: Option<String>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    active_model: Option<String>,
    #[serde(default)]
    model_name: Option<String>,
}

/// What was cached is inside the input, reasoning inside the output.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_tokens: Count,
    cached_input_tokens: Count,
    output_tokens: Count,
}

/// The latest total in a text: totals only grow, a journal repeats them.
fn total(text: &str) -> Option<Usage> {
    rfind_iter(text.as_bytes(), TOTAL).find_map(|at| {
        let value = text[at + TOTAL.len()..].trim_start().strip_prefix(':')?;
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<Usage>();
        values.next()?.ok()
    })
}

/// What describes the session and tells its copies apart: without it a total would be that of another session.
fn meta(folder: &Path) -> Result<Meta> {
    let path = folder.join(META);
    if !path.exists() {
        return Ok(Meta::default());
    }
    let text = read_text(&path)?;
    serde_json::from_str(&text).map_err(|error| anyhow!("{} is {}", path.display(), reason(&error)))
}

fn session(folder: &Path, text: &str, origin: &mut Option<String>, into: &mut Batch) -> Result<()> {
    let meta = meta(folder)?;
    let named = folder.file_name().unwrap_or_default().to_string_lossy();
    let id = meta.session_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&named);
    let parent_id = meta.parent_session_id.clone().filter(|parent| !parent.is_empty());
    let started_at = meta.start_time.0;
    let folder = meta.environment.and_then(|environment| environment.working_directory);
    // A copy under another id keeps when and where the session began.
    if let Some(at) = started_at {
        *origin = Some(format!("{at}\0{}", folder.as_deref().unwrap_or("")));
    }
    into.session(SessionInfo {
        title: meta
            .title
            .as_deref()
            .and_then(title)
            .map(|text| Title::from_agent(0, text)),
        project: folder
            .filter(|folder| !folder.is_empty())
            .map(|folder| Project::folder(0, folder)),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id,
        started_at,
        updated_at: meta.end_time.0,
        ..SessionInfo::new(id)
    });
    let Some(usage) = total(text) else {
        into.skip(Skip::Uncounted);
        return Ok(());
    };
    let (cached, at) = (usage.cached_input_tokens.0, into.turns.len());
    let branch = part::<Text<'_>>(meta.git_branch.as_deref()).unwrap_or_default();
    let model = meta.config.and_then(|config| config.model_name.or(config.active_model));
    Total {
        agent: ID,
        session: id,
        origin: origin.as_deref().unwrap_or(id),
        part: "",
        requests: None,
        provider: "",
        model: model.as_deref().unwrap_or(""),
        branch: &branch,
        tokens: Tokens::new(
            usage.input_tokens.0.saturating_sub(cached),
            usage.output_tokens.0,
            0,
            cached,
            0,
        ),
        cost: None,
        mode: Mode::Standard,
        accuracy: Accuracy::Exact,
        started_at: started_at.unwrap_or(0),
        place: 0,
    }
    .add(into);
    running_total::identify(id, at, origin.is_some(), into);
    Ok(())
}
