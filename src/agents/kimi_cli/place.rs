//! The path of a log names its session; files beside it hold the session's title and folder.

use super::config::Config;
use crate::agents::Batch;
use crate::agents::shared::json_file::{read_beside, read_description, read_list};
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::{Text, When, title};
use crate::core::turn::{Project, SessionInfo, Title};
use md5::{Digest, Md5};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folders that a home's sessions of Kimi CLI were in.
const FOLDERS: &str = "kimi.json";

/// Where a log lies.
pub(super) struct Place {
    /// The folder of the session; subagents' logs lie two folders below it.
    folder: PathBuf,
    pub session: String,
    /// The subagent, `main`, or nothing.
    pub agent: String,
    /// Kimi Code writes it, not Kimi CLI.
    pub is_kimi_code: bool,
    /// What the user's settings say of models; see [`Place::with_config`].
    pub config: Config,
    /// When the session was forked: what is older was copied.
    forked_at: Option<i64>,
}

impl Place {
    /// `sessions/<project>/<session>/wire.jsonl`, `…/<session>/subagents/<agent>/wire.jsonl` or
    /// `…/<session>/agents/<agent>/wire.jsonl`.
    pub(super) fn of(log: &Path) -> Self {
        let name = |path: Option<&Path>| {
            let name = path.and_then(Path::file_name).unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let folder = log.parent().unwrap_or(log);
        let above = folder.parent();
        let is_agent = matches!(name(above).as_str(), "agents" | "subagents");
        let (session, agent) = match above.and_then(Path::parent).filter(|_| is_agent) {
            Some(session) => (session, original(&name(Some(folder))).to_owned()),
            None => (folder, String::new()),
        };
        Self {
            session: name(Some(session)),
            folder: session.to_owned(),
            agent,
            is_kimi_code: name(above) == "agents",
            config: Config::default(),
            forked_at: None,
        }
    }

    /// With the settings of the home that the session lies in.
    #[must_use]
    pub(super) fn with_config(mut self, into: &mut Batch) -> Self {
        if let Some(home) = self.home() {
            self.config = Config::read(home, into);
        }
        self
    }

    /// `sessions/<project>/<session>` lies in it.
    fn home(&self) -> Option<&Path> {
        self.folder.ancestors().nth(3)
    }

    /// What describes the session.
    pub(super) fn state(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// Whether a record of such a time was made in this session.
    pub(super) fn is_own(&self, time: i64) -> bool {
        self.forked_at.is_none_or(|at| time >= at)
    }

    /// Adds what `state.json` and the list of folders tell.
    pub(super) fn describe(&mut self, into: &mut Batch) {
        let state = read_description::<State>(&self.state(), into).unwrap_or_default();
        let forked_from = state.forked_from.filter(|source| !source.is_empty());
        self.forked_at = state.created_at.0.filter(|_| forked_from.is_some());
        let path = [state.work_dir, state.cwd]
            .into_iter()
            .flatten()
            .find(|path| !path.is_empty());
        let path = path.or_else(|| self.folder_by_hash(into));
        let named = |from: fn(i64, String) -> Title, text: Option<String>| Some(from(0, title(&text?)?));
        let from = match state.is_custom_title {
            Some(true) => Title::from_user,
            _ => Title::from_agent,
        };
        into.session(SessionInfo {
            title: named(Title::from_user, state.custom_title).or_else(|| named(from, state.title)),
            project: path.map(|path| Project::folder(0, path)),
            forked_from,
            ..SessionInfo::new(&self.session)
        });
    }

    /// Kimi CLI names a project's folder by the MD5 of its path, and lists the paths in `kimi.json`.
    fn folder_by_hash(&self, into: &mut Batch) -> Option<String> {
        let hash = self.hash()?;
        let known: Folders = read_beside(&self.home()?.join(FOLDERS), into)?;
        known.by_hash().find(|(known, _)| known == hash).map(|(_, path)| path)
    }

    fn hash(&self) -> Option<&str> {
        let name = self.folder.parent()?.file_name()?.to_str()?;
        (name.len() == 32).then_some(name)
    }
}

/// The agent that a folder was copied from, beside itself: `main.bak`, `agent-0 - Copy`, `main (1)`. It is part of the keys of
/// turns, since agents that work side by side use equal counts at one time; ids have letters, digits and hyphens alone.
fn original(folder: &str) -> &str {
    let end = folder.find([' ', '.', '~', '(']);
    let known = end.map_or(folder, |end| &folder[..end]);
    if known.is_empty() { folder } else { known }
}

/// What a home says of all its logs.
pub(super) struct Lists {
    models: Option<String>,
    folders: BTreeMap<String, String>,
}

impl Lists {
    pub(super) fn read(home: &Path) -> Self {
        Self {
            // The reader of a log names what is wrong with it.
            models: Config::read(home, &mut Batch::default()).fingerprint(),
            folders: read_list::<Folders>(&home.join(FOLDERS)).by_hash().collect(),
        }
    }

    /// What they say of one.
    pub(super) fn known_of(&self, log: &Place) -> Option<&str> {
        match log.is_kimi_code {
            true => self.models.as_deref(),
            false => self.folders.get(log.hash()?).map(String::as_str),
        }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    title: Option<String>,
    /// Kimi CLI's.
    custom_title: Option<String>,
    #[serde(rename = "isCustomTitle")]
    is_custom_title: Option<bool>,
    #[serde(rename = "workDir")]
    work_dir: Option<String>,
    cwd: Option<String>,
    #[serde(rename = "forkedFrom")]
    forked_from: Option<String>,
    #[serde(rename = "createdAt")]
    created_at: When,
}

/// `kimi.json`.
#[derive(Default, Deserialize)]
struct Folders {
    #[serde(default)]
    work_dirs: Vec<Folder>,
}

impl Folders {
    fn by_hash(self) -> impl Iterator<Item = (String, String)> {
        let paths = self.work_dirs.into_iter().filter_map(|folder| folder.path);
        paths.map(|path| (hex(&Md5::digest(path.as_bytes())), path))
    }
}

#[derive(Deserialize)]
struct Folder {
    #[serde(default)]
    path: Option<String>,
}

/// `{"sessionId":"session_…","sessionDir":"…","workDir":"/home/dev/acme"}`
pub(super) fn index_entry(line: &Line<'_>, into: &mut Batch) -> serde_json::Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry<'a> {
        #[serde(borrow, default)]
        session_id: Text<'a>,
        #[serde(borrow, default)]
        work_dir: Text<'a>,
    }
    let entry: Entry<'_> = serde_json::from_str(line.text)?;
    if !entry.session_id.is_empty() && !entry.work_dir.is_empty() {
        into.session(SessionInfo {
            project: Some(Project::folder(0, entry.work_dir.0.into_owned())),
            ..SessionInfo::new(entry.session_id.0)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_subagents_belong_to_their_session() {
        for (path, session, agent) in [
            ("/k/sessions/9a/s1/wire.jsonl", "s1", ""),
            ("/k/sessions/9a/s1/subagents/a1/wire.jsonl", "s1", "a1"),
            ("/k/sessions/wd/s2/agents/main/wire.jsonl", "s2", "main"),
            ("/k/sessions/wd/s2/agents/main.bak/wire.jsonl", "s2", "main"),
            ("/k/sessions/wd/s2/agents/agent-0 - Copy/wire.jsonl", "s2", "agent-0"),
            ("/k/sessions/wd/s2/agents/.x/wire.jsonl", "s2", ".x"),
        ] {
            let place = Place::of(Path::new(path));
            assert_eq!(
                (place.session.as_str(), place.agent.as_str()),
                (session, agent),
                "{path}"
            );
        }
    }

    #[test]
    fn a_folder_is_known_by_the_hash_of_its_path() {
        assert_eq!(
            hex(&Md5::digest(b"/home/dev/acme-api")),
            "ce3fa0aa9e98006977055c78d826399a"
        );
    }
}
