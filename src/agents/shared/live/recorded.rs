//! Agents without a live view of their own: their reader finds sessions, and the newest messages show the state.

use super::claims::{Candidate, guess, named, processes_of, real, seekers};
use super::messages::tell;
use super::program::{Invocation, Program};
use super::running::Running;
use super::story::Story;
use super::tail::newest_lines;
use super::{Live, Note, is_note_of, rows};
use crate::agents::shared::listings::Inventory;
use crate::agents::{Agent, Batch, Bookmark, Source};
use crate::core::matching::SessionActivity;
use crate::core::process::{Claim, DetailLimits, End, Facts, Last, Process, SessionAbout, SessionDetail, SessionRef};
use crate::core::status::StatusSource;
use crate::core::turn::SessionInfo;
use crate::system::files::Stamp;
use crate::system::open::{self, Most};
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// How many of the sources written last may hold the session of a running process.
const NEWEST: usize = 40;
/// How much of a transcript's end tells its state.
const STATE_BYTES: u64 = 512 << 10;
/// How many of a session's newest messages tell its state.
const STATE_MESSAGES: usize = 50;

/// An agent with a row among the programs.
pub(super) struct Recorded<'a> {
    agent: &'a dyn Agent,
    program: &'static Program,
}

/// A session as its agent's reader found it.
#[derive(Default)]
struct Known {
    info: SessionInfo,
    place: PathBuf,
    /// When replies began.
    moments: Vec<i64>,
    /// When its records were last written.
    modified: i64,
    provider_id: Option<String>,
    model_id: Option<String>,
}

impl<'a> Recorded<'a> {
    pub(super) fn of(agent: &'a dyn Agent) -> Option<Self> {
        let program = agent.program()?;
        Some(Self { agent, program })
    }

    /// The sources written last, newest first.
    fn sources(&self, inventory: &Inventory<'_>) -> Vec<Source> {
        let mut sources = inventory.sources(self.agent).sources.clone();
        sources.sort_by(|a, b| written(b).cmp(&written(a)).then_with(|| a.path.cmp(&b.path)));
        sources.truncate(NEWEST);
        sources
    }

    /// The sessions in these sources.
    fn sessions(&self, sources: &[Source], inventory: &Inventory<'_>) -> Vec<Known> {
        let mut sessions: FxHashMap<String, Known> = FxHashMap::default();
        for source in sources {
            let newest = if source.wal.modified_ns > source.stamp.modified_ns {
                source.wal
            } else {
                source.stamp
            };
            let make = || Ok::<_, Infallible>(self.sessions_of(source));
            let Ok(found) = inventory.cache().get(&source.path, newest, source, make);
            for piece in found.iter() {
                let known = sessions.entry(piece.info.id.clone()).or_default();
                known.info.id.clone_from(&piece.info.id);
                merge(&mut known.info, &piece.info);
                known.moments.extend(&piece.moments);
                known.provider_id = piece.provider_id.clone().or(known.provider_id.take());
                known.model_id = piece.model_id.clone().or(known.model_id.take());
                if written(source) >= known.modified {
                    known.modified = written(source);
                    known.place.clone_from(&source.path);
                }
            }
        }
        sessions
            .into_values()
            .filter(|known| !known.place.as_os_str().is_empty())
            .collect()
    }

    /// The sessions of one source. One that cannot be read is reported by every other command.
    fn sessions_of(&self, source: &Source) -> Vec<Known> {
        let mut batch = Batch::default();
        if self.agent.read(source, &Bookmark::default(), &mut batch).is_err() {
            return Vec::new();
        }
        let mut sessions: FxHashMap<&str, Known> = FxHashMap::default();
        for (id, info) in &batch.sessions {
            let known = sessions.entry(id).or_default();
            merge(&mut known.info, info);
        }
        for id in &batch.session_ids {
            sessions.entry(id).or_default();
        }
        for row in &batch.turns {
            let id = batch.session_ids.get(row.session as usize);
            let Some(known) = id.and_then(|id| sessions.get_mut(id.as_str())) else {
                continue;
            };
            known.moments.push(row.numbers.timestamp);
            if let Some((provider, model)) = batch.models.get(row.model as usize) {
                let owned = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                known.provider_id = owned(provider).or(known.provider_id.take());
                known.model_id = owned(model).or(known.model_id.take());
            }
        }
        let named = sessions.into_iter().map(|(id, mut known)| {
            known.info.id = id.to_owned();
            known
        });
        named.collect()
    }

    fn candidates(
        &self,
        seekers: usize,
        folders: &[PathBuf],
        sources: &[Source],
        inventory: &Inventory<'_>,
    ) -> Vec<Candidate> {
        // Where the folder is not recorded, the only process of the agent is the only one it can be of.
        let only = folders.first().filter(|_| seekers == 1);
        let candidate = |known: Known| {
            let recorded = known.info.project.map(|project| real(Path::new(&project.path)));
            let mut moments = known.moments;
            // One file, one session: what is written there is the session's doing.
            moments.extend((!is_database(&known.place)).then_some(known.modified));
            moments.extend(known.info.updated_at);
            moments.iter_mut().for_each(|at| *at = within_its_second(*at));
            let started_at = known.info.started_at.map(within_its_second);
            Candidate {
                place: known.place,
                activity: SessionActivity {
                    id: known.info.id,
                    folder: recorded.or_else(|| only.cloned()),
                    created_at: started_at.or_else(|| moments.iter().min().copied()),
                    updated_at: moments.iter().max().copied(),
                    is_open: false,
                    is_run: false,
                    moments,
                },
            }
        };
        let sessions = self.sessions(sources, inventory).into_iter();
        sessions
            .filter(|known| known.info.parent_id.is_none())
            .map(candidate)
            .collect()
    }

    /// The session that a process names itself, on its command line or in a file beside its records.
    fn known(
        &self,
        process: &Process,
        invocation: &Invocation,
        sources: &[Source],
        inventory: &Inventory<'_>,
    ) -> Claim {
        let bare = Claim::bare(process.pid, invocation.role);
        if !invocation.role.is_agent() {
            return bare;
        }
        let note = note(process, sources).unwrap_or_default();
        let Some((id, by)) = named(invocation, &note) else {
            return bare;
        };
        Claim {
            by,
            version: note.version,
            session: Some(SessionRef {
                agent_id: self.agent.id().into(),
                place: self.place_of(&id, sources, inventory),
                id,
            }),
            ..bare
        }
    }

    fn place_of(&self, id: &str, sources: &[Source], inventory: &Inventory<'_>) -> Option<PathBuf> {
        let named = sources
            .iter()
            .find(|source| source.path.to_str().is_some_and(|path| path.contains(id)));
        let within = || {
            self.sessions(sources, inventory)
                .into_iter()
                .find(|known| known.info.id == id)
                .map(|known| known.place)
        };
        named.map(|source| source.path.clone()).or_else(within)
    }

    fn find(&self, session: &SessionRef, inventory: &Inventory<'_>) -> Option<PathBuf> {
        session
            .place
            .clone()
            .or_else(|| self.place_of(&session.id, &self.sources(inventory), inventory))
    }
}

impl Live for Recorded<'_> {
    fn program(&self) -> &'static Program {
        self.program
    }

    fn claims(&self, running: Running<'_>, inventory: &Inventory<'_>) -> Vec<Claim> {
        let found = processes_of(self.program, running);
        if found.is_empty() {
            return Vec::new();
        }
        let sources = self.sources(inventory);
        let mut claims: Vec<Claim> = found
            .iter()
            .map(|(process, invocation)| self.known(process, invocation, &sources, inventory))
            .collect();
        let seekers = seekers(&found, &claims);
        let folders: Vec<PathBuf> = seekers.iter().filter_map(|seeker| seeker.folder.clone()).collect();
        // Nothing that was written before a process began can be its doing, unless it asks for the latest session.
        let continues = found.iter().any(|(_, invocation)| invocation.continues);
        let first = seekers.iter().filter_map(|seeker| seeker.started_at).min();
        let fresh: Vec<Source> = sources
            .into_iter()
            .filter(|source| continues || first.is_none_or(|first| written(source) >= first))
            .collect();
        if !folders.is_empty() && !fresh.is_empty() {
            let candidates = self.candidates(seekers.len(), &folders, &fresh, inventory);
            guess(self.agent.id(), &seekers, &mut claims, &candidates);
        }
        claims
    }

    fn state(&self, session: &SessionRef, inventory: &Inventory<'_>) -> Result<Facts> {
        let Some(place) = self.find(session, inventory) else {
            return Ok(Facts::default());
        };
        let modified = modified_ms(&place);
        let (story, source) = story(&place, &session.id, STATE_BYTES, STATE_MESSAGES, Story::default())?;
        let mut facts = story.into_facts();
        if facts.source.is_some() {
            facts.source = Some(source);
            return Ok(facts);
        }
        // Records of unknown shape: the reader still knows when a reply came, and the file when it was written.
        let listed = inventory.sources(self.agent);
        let own = listed.sources.iter().filter(|source| source.path == place);
        let own: Vec<Source> = own.cloned().collect();
        let Some(known) = self
            .sessions(&own, inventory)
            .into_iter()
            .find(|known| known.info.id == session.id)
        else {
            return Ok(facts);
        };
        let wrote = known.moments.iter().max().copied().max(known.info.updated_at);
        let wrote = if is_database(&place) {
            wrote
        } else {
            wrote.max(Some(modified))
        };
        facts.source = Some(source);
        facts.wrote_at = wrote;
        facts.last = wrote.map(|at| Last::Ended {
            at,
            how: End::ToolCalls,
        });
        facts.about = SessionAbout {
            provider_id: known.provider_id,
            model_id: known.model_id,
            project: known.info.project.map(|project| project.path),
            title: known.info.title.map(|title| title.text),
            parent_id: known.info.parent_id,
            interactive: known.info.interactive,
            version: None,
        };
        Ok(facts)
    }

    fn detail(&self, session: &SessionRef, limits: &DetailLimits, inventory: &Inventory<'_>) -> Result<SessionDetail> {
        let Some(place) = self.find(session, inventory) else {
            return Ok(SessionDetail::default());
        };
        // Half of the messages may be calls and results.
        let (bytes, most) = (STATE_BYTES * 8, limits.messages.saturating_mul(8).max(STATE_MESSAGES));
        let (story, _) = story(&place, &session.id, bytes, most, Story::with_messages(*limits))?;
        Ok(story.into_detail())
    }
}

/// Tells the newest records of a session.
fn story(place: &Path, id: &str, bytes: u64, most: usize, mut story: Story) -> Result<(Story, StatusSource)> {
    let path = transcript_of(place);
    let modified = modified_ms(&path);
    if is_database(&path) {
        for record in rows::newest(&path, id, most)? {
            tell(&record, modified, &mut story);
        }
        return Ok((story, StatusSource::Database));
    }
    if path.extension().is_some_and(|ending| ending == "json") {
        let whole: Value = serde_json::from_str(&open::read_text(&path, Most::CONVERSATION)?)?;
        let messages = ["messages", "history"]
            .into_iter()
            .find_map(|key| whole.get(key)?.as_array());
        let messages = messages.or_else(|| whole.as_array()).into_iter().flatten();
        for message in messages {
            tell(&message.to_string(), modified, &mut story);
        }
    } else {
        let (text, _) = newest_lines(&path, bytes)?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            tell(line, modified, &mut story);
        }
    }
    Ok((story, StatusSource::Transcript))
}

/// Where the messages of a session are, for agents that keep its totals in a file beside them.
fn transcript_of(place: &Path) -> PathBuf {
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let beside = match name {
        // Droid.
        name if name.ends_with(".settings.json") => Some(place.with_extension("").with_extension("jsonl")),
        // Cline's command line.
        name if name.ends_with(".json") => Some(place.with_extension("messages.json")),
        _ => None,
    };
    beside
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| place.to_path_buf())
}

/// What an agent writes beside a session's records about the process it runs in: `<session>.runtime.json` of Qwen Code, or
/// the session's own description.
#[derive(Deserialize)]
struct Entry {
    pid: u32,
    #[serde(alias = "sessionId")]
    session_id: String,
    #[serde(alias = "qwen_version")]
    version: Option<Value>,
}

fn note(process: &Process, sources: &[Source]) -> Option<Note> {
    sources.iter().find_map(|source| {
        // Cline describes a session beside its messages.
        let described = source
            .path
            .to_str()
            .and_then(|path| path.strip_suffix(".messages.json"));
        let beside = match described {
            Some(path) => PathBuf::from(format!("{path}.json")),
            None => source.path.with_extension("runtime.json"),
        };
        let own = source.path.extension().is_some_and(|ending| ending == "json");
        let path = Some(beside)
            .filter(|path| path.is_file())
            .or_else(|| own.then(|| source.path.clone()))?;
        if !is_note_of(&path, process) {
            return None;
        }
        let entry: Entry = serde_json::from_slice(&open::read(&path, Most::NOTE).ok()?).ok()?;
        (entry.pid == process.pid).then(|| Note {
            session_id: Some(entry.session_id),
            word: None,
            role: None,
            version: entry.version.and_then(|version| Some(version.as_str()?.to_owned())),
        })
    })
}

/// Adds what another piece knows of a session.
fn merge(into: &mut SessionInfo, piece: &SessionInfo) {
    let known = piece.clone();
    into.title = into.title.take().max(known.title);
    into.project = match (into.project.take(), known.project) {
        (Some(ours), Some(theirs)) if theirs.rank > ours.rank => Some(theirs),
        (ours, theirs) => ours.or(theirs),
    };
    into.parent_id = into.parent_id.take().or(known.parent_id);
    into.interactive = into.interactive.or(known.interactive);
    into.started_at = match (into.started_at, known.started_at) {
        (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
        (ours, theirs) => ours.or(theirs),
    };
    into.updated_at = into.updated_at.max(known.updated_at);
}

/// Several databases record whole seconds, which are over before a process that began within them.
fn within_its_second(at: i64) -> i64 {
    if at % 1_000 == 0 { at + 999 } else { at }
}

/// When a source was last written: epoch milliseconds. A database is written in its log first; a conversation may be
/// beside its totals.
fn written(source: &Source) -> i64 {
    let own = source.stamp.modified_ns.max(source.wal.modified_ns) / 1_000_000;
    let beside = transcript_of(&source.path);
    if beside == source.path {
        own
    } else {
        own.max(modified_ms(&beside))
    }
}

fn is_database(path: &Path) -> bool {
    path.extension().is_some_and(|ending| {
        ["db", "sqlite", "sqlite3", "vscdb"]
            .iter()
            .any(|known| ending == *known)
    })
}

fn modified_ms(path: &Path) -> i64 {
    Stamp::read(path).map_or(0, |stamp| stamp.modified_ns / 1_000_000)
}
