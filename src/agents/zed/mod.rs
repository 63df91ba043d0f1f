//! Zed: its own agent's threads, each one JSON document in a database, mostly compressed.

mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::batch::session_hash;
use crate::agents::shared::disjoint_usage::Usage;
use crate::agents::shared::lenient::{Text, part, reason, title};
use crate::agents::shared::running_total::{self, Originals, Total};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::table::{self, Cells};
use crate::agents::shared::zstd::{MOST_BYTES, unpack};
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, Presence, Project, SessionInfo, Title};
use crate::system::{Os, System};
use anyhow::{Result, bail};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

const ID: &str = "zed";
const RULES_VERSION: u32 = 6;

/// The columns that show whether a thread changed come first; the document itself is asked for by row.
const COLUMNS: [&str; 8] = [
    "id",
    "updated_at",
    "created_at",
    "summary",
    "parent_id",
    "folder_paths",
    "data_type",
    "data",
];

pub(super) struct Zed;

impl Agent for Zed {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Zed"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["zed", "zeditor"]),
            turns: "exact",
            limits: About::list(&[
                running_total::LIMIT,
                "without a running total, Zed records only the last request of each prompt (partial)",
                "threads of other agents inside Zed count under those agents",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut roots: Vec<_> = system
            .moved
            .clone()
            .map(|moved| (moved, "config"))
            .into_iter()
            .collect();
        match system.os {
            Os::Linux => {
                roots.push((system.data_dir().join("zed"), "default"));
                roots.push((system.home.join(".var/app/dev.zed.Zed/data/zed"), "flatpak"));
            }
            Os::MacOs => roots.push((system.app_dir().join("Zed"), "default")),
            Os::Windows => roots.push((system.local_app_dir().join("Zed"), "default")),
        }
        for (root, because) in roots {
            let threads = root.join("threads");
            found.add_database(threads.join("threads.db"), 0);
            let root = Root::new(threads, because);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let known: FxHashSet<[u8; 8]> = from.state.as_chunks().0.iter().copied().collect();
        let database = Database::open(&source.path)?;
        let (mut present, mut state) = (Vec::new(), Vec::new());
        let mut originals = Originals::default();
        let is_there = table::read(&database, "threads", &COLUMNS, table::ALL, into, |cells, into| {
            let place = format!("{}:row {}", source.path.display(), cells.rowid());
            let Some(id) = cells.text("id") else {
                into.problem(Problem::new(place, "a thread without an id"));
                return Ok(());
            };
            present.push(session_hash(&id));
            let dated = cells.time("created_at").or_else(|| cells.time("updated_at"));
            let origin = originals.of(&id, dated, cells);
            let data = cells.bytes("data").unwrap_or_default();
            let version = format!("{id}\n{}\n{}", cells.text("updated_at").unwrap_or_default(), data.len());
            let version = xxh3_64(version.as_bytes()).to_le_bytes();
            if !known.contains(&version) {
                match parse(data, &cells.text("data_type").unwrap_or_default(), MOST_BYTES) {
                    Ok(document) => add(&id, origin, cells, &document, into),
                    Err(error) => {
                        into.problem(Problem::new(place, format!("{error:#}")));
                        return Ok(());
                    }
                }
            }
            state.extend(version);
            Ok(())
        })?;
        if is_there {
            into.replace(Scope::Sessions(present), Presence::Gone);
        } else {
            into.problem(Problem::new(source.path.display(), "has no table of threads"));
        }
        Ok(Bookmark {
            state,
            // No bytes to go on from: what was wrong is looked at again each time.
            offset: 0,
            ..Bookmark::read_whole(source, RULES_VERSION)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// The document of a thread, without its messages.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    model: Option<Model>,
    /// `fast` where the thread asks for the provider's faster service.
    #[serde(default)]
    speed: Option<Box<RawValue>>,
    #[serde(default)]
    cumulative_token_usage: Option<Usage>,
    /// By prompt, only of its last request; in old versions a list.
    #[serde(default)]
    request_token_usage: Option<Box<RawValue>>,
    /// The folders as they were at the first prompt.
    #[serde(default)]
    initial_project_snapshot: Option<Box<RawValue>>,
}

/// `{"worktree_snapshots":[{"worktree_path":"/home/dev/acme","git_state":{"current_branch":"main","diff":null}}]}`
#[derive(Deserialize)]
struct Snapshot<'a> {
    #[serde(borrow, default)]
    worktree_snapshots: Vec<Worktree<'a>>,
}

#[derive(Deserialize)]
struct Worktree<'a> {
    #[serde(borrow, default)]
    worktree_path: Option<Text<'a>>,
    /// Null where the folder has no repository.
    #[serde(borrow, default)]
    git_state: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct GitState<'a> {
    #[serde(borrow, default)]
    current_branch: Option<Text<'a>>,
}

impl Document {
    /// The branch of a folder at the first prompt, else that of the first folder that has one.
    fn branch(&self, folder: Option<&str>) -> Option<String> {
        let snapshot = part::<Snapshot<'_>>(self.initial_project_snapshot.as_deref())?;
        let branches = snapshot.worktree_snapshots.iter().filter_map(|worktree| {
            let branch = part::<GitState<'_>>(worktree.git_state)?.current_branch?;
            Some((worktree.worktree_path.as_deref(), branch.0)).filter(|(_, branch)| !branch.is_empty())
        });
        let (_, branch) = branches.min_by_key(|(path, _)| *path != folder)?;
        Some(branch.into_owned())
    }
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    model: String,
}

/// Unpacks and parses a thread's document of up to `most_bytes`.
///
/// # Errors
/// When it is of an unknown kind, too large, or damaged; never with its content.
fn parse(data: &[u8], kind: &str, most_bytes: u64) -> Result<Document> {
    let text = match kind {
        "json" if data.len() as u64 > most_bytes => bail!("is larger than {most_bytes} bytes"),
        "json" => data.to_owned(),
        "zstd" => unpack(data, most_bytes)?,
        _ => bail!("its kind of data is unknown"),
    };
    match serde_json::from_slice(&text) {
        Ok(document) => Ok(document),
        Err(error) => bail!("is {}", reason(&error)),
    }
}

fn add(id: &str, origin: &str, cells: &Cells<'_>, document: &Document, into: &mut Batch) {
    let (updated, created) = (cells.time("updated_at"), cells.time("created_at"));
    let started_at = created.or(updated).unwrap_or(0);
    let parent_id = cells.text("parent_id");
    let folders = cells.text("folder_paths");
    let folder = folders.as_deref().and_then(|folders| folders.lines().next());
    into.session(SessionInfo {
        title: cells
            .text("summary")
            .as_deref()
            .and_then(title)
            .map(|text| Title::from_agent(updated.unwrap_or(started_at), text)),
        project: folder.map(|path| Project::folder(started_at, path.to_owned())),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id,
        started_at: created,
        updated_at: updated,
        ..SessionInfo::new(id)
    });
    let total = document.cumulative_token_usage.unwrap_or_default().tokens();
    let (tokens, accuracy) = if total.is_zero() {
        (last_requests(document), Accuracy::Partial)
    } else {
        (total, Accuracy::Exact)
    };
    let model = document.model.as_ref();
    let speed = part::<Text<'_>>(document.speed.as_deref()).unwrap_or_default();
    let mode = match &*speed {
        "fast" => Mode::Fast,
        _ => Mode::Standard,
    };
    Total {
        agent: ID,
        session: id,
        origin,
        part: "",
        requests: None,
        provider: model.map_or("", |model| &model.provider),
        model: model.map_or("", |model| &model.model),
        branch: &document.branch(folder).unwrap_or_default(),
        tokens,
        cost: None,
        mode,
        accuracy,
        started_at,
        place: cells.rowid(),
    }
    .add(into);
}

/// The last requests of all prompts added up: less than what was used where a prompt made several.
fn last_requests(document: &Document) -> Tokens {
    let usage = document.request_token_usage.as_deref();
    let requests: Vec<Usage> = match part::<BTreeMap<Text<'_>, Usage>>(usage) {
        Some(by_prompt) => by_prompt.into_values().collect(),
        None => part(usage).unwrap_or_default(),
    };
    requests.into_iter().fold(Usage::default(), Usage::plus).tokens()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    const DOCUMENT: &str = r#"{"version":"0.3.0","messages":[{"User":{"content":"\ud83d"}}],"model":null,"cumulative_token_usage":{"input_tokens":5,"output_tokens":null},"request_token_usage":{"u":{"output_tokens":7}}}"#;

    fn packed(text: &str) -> Vec<u8> {
        compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
    }

    #[test]
    fn reads_both_kinds_and_both_shapes() {
        for (data, kind) in [(DOCUMENT.as_bytes().to_vec(), "json"), (packed(DOCUMENT), "zstd")] {
            let document = parse(&data, kind, 1 << 20).expect("a document");
            let total = document.cumulative_token_usage.expect("a total").tokens();
            assert_eq!(total, Tokens::new(5, 0, 0, 0, 0));
            assert_eq!(last_requests(&document), Tokens::new(0, 7, 0, 0, 0));
        }
        let list = r#"{"request_token_usage":[{"input_tokens":1},{"input_tokens":2}]}"#;
        let document = parse(list.as_bytes(), "json", 1 << 20).expect("a document");
        assert_eq!(last_requests(&document), Tokens::new(3, 0, 0, 0, 0));
    }

    #[test]
    fn a_document_that_unpacks_too_large_is_refused() {
        let bomb = packed(&" ".repeat(100_000));
        assert!(bomb.len() < 1000);
        let error = parse(&bomb, "zstd", 50_000).err().expect("too large");
        assert_eq!(error.to_string(), "is larger than 50000 bytes");
    }

    proptest! {
        #[test]
        fn damaged_documents_are_errors(
            at in any::<prop::sample::Index>(),
            byte: u8,
            cut in any::<prop::sample::Index>(),
            rubbish in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            for (mut data, kind) in [(packed(DOCUMENT), "zstd"), (DOCUMENT.as_bytes().to_vec(), "json")] {
                let at = at.index(data.len());
                data[at] = byte;
                let _ = parse(&data, kind, 1 << 20);
                data.truncate(cut.index(data.len()));
                prop_assert!(parse(&data, kind, 1 << 20).is_err());
            }
            let _ = parse(&rubbish, "zstd", 1 << 20);
        }
    }

    #[test]
    fn looks_where_each_system_keeps_it() {
        let root = |os: Os| {
            let system = System::new(os, "/home/dev", BTreeMap::new());
            let found = Zed.sources(&system);
            found.roots[0].path.display().to_string()
        };
        assert_eq!(root(Os::Linux), "/home/dev/.local/share/zed/threads");
        assert_eq!(root(Os::MacOs), "/home/dev/Library/Application Support/Zed/threads");
        assert_eq!(root(Os::Windows), "/home/dev/AppData/Local/Zed/threads");
    }
}
