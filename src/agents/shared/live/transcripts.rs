//! Looking at agents that write a transcript per session: everything but the shape of their records.

use super::claims::{Candidate, guess, named, processes_of, real, seekers};
use super::program::{Invocation, Program};
use super::running::Running;
use super::story::Story;
use super::tail::{Whole, first_lines, newest_lines};
use super::{Live, Note};
use crate::agents::Agent;
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::source::{Found, Root};
use crate::core::matching::SessionActivity;
use crate::core::process::{Claim, DetailLimits, Facts, Match, Process, Role, SessionDetail, SessionRef};
use crate::system::files::Stamp;
use crate::system::open::{self, Most};
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of a transcript's end tells its state. Larger records (pictures) only make it `unknown`.
const STATE_BYTES: u64 = 512 << 10;
/// How much is looked at to tell when a session was active.
const TRACE_BYTES: u64 = 64 << 10;
/// Within this much the first records are (Codex's first line takes 20 kB and more).
const FIRST_BYTES: u64 = 128 << 10;
/// How many of the newest transcripts may belong to a running process.
const NEWEST: usize = 60;

/// An agent whose sessions are transcripts.
pub trait Transcripts {
    fn agent(&self) -> &dyn Agent;

    /// Where its records are, and which there are.
    fn found(&self, inventory: &Inventory<'_>) -> Arc<Found> {
        inventory.sources(self.agent())
    }

    /// Whether one of its sources is the transcript of a session, and not of a subagent.
    fn is_transcript(&self, path: &Path) -> bool;

    /// Which session a transcript is of, and the folder it works in; `first` are its first records. `folders` are those in question,
    /// for agents that write a folder's name in a way that cannot be read back.
    fn origin(&self, path: &Path, first: &str, folders: &[PathBuf]) -> Option<Origin>;

    /// Applies a record to the timeline. `modified` is the last write of the transcript, for records without a time.
    fn tell(&self, record: &str, modified: i64, story: &mut Story);

    /// The state that a running process records about itself, below the roots of the agent's records.
    fn note(&self, _: &Process, _: &[Root]) -> Option<Note> {
        None
    }
}

/// Which session a transcript is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub id: String,
    pub folder: Option<PathBuf>,
    /// Epoch milliseconds.
    pub created_at: Option<i64>,
    /// Whether a run of one prompt made it.
    pub is_run: bool,
}

/// A transcript with its time of change, epoch milliseconds.
struct Transcript {
    path: PathBuf,
    stamp: Stamp,
    modified: i64,
}

/// What a transcript shows of the time it was written in.
struct Trace {
    origin: Option<Origin>,
    moments: Vec<i64>,
}

impl<T: Transcripts> Live for T {
    fn program(&self) -> &'static Program {
        self.agent().program().unwrap_or(&Program::PLAIN)
    }

    fn claims(&self, running: Running<'_>, inventory: &Inventory<'_>) -> Vec<Claim> {
        let found = processes_of(self.program(), running);
        if found.is_empty() {
            return Vec::new();
        }
        let (transcripts, listing) = transcripts(self, inventory);
        let mut claims: Vec<Claim> = found
            .iter()
            .flat_map(|(process, invocation)| known(self, process, invocation, &transcripts, &listing.roots))
            .collect();
        // A background process that does the work of interfaces has their sessions open, and outlives them.
        let services: Vec<&Process> = found
            .iter()
            .filter(|(_, invocation)| invocation.role == Role::Helper)
            .map(|(process, _)| *process)
            .collect();
        let service_of = |place: &PathBuf| services.iter().find(|process| process.details.files.contains(place));
        let seekers = seekers(&found, &claims);
        let folders: Vec<PathBuf> = seekers.iter().filter_map(|seeker| seeker.folder.clone()).collect();
        if !folders.is_empty() {
            let mut candidates = candidates(self, &folders, &transcripts, inventory);
            for candidate in &mut candidates {
                candidate.activity.is_open = service_of(&candidate.place).is_some();
            }
            guess(self.agent().id(), &seekers, &mut claims, &candidates);
        }
        for claim in claims.iter_mut().filter(|claim| claim.role == Role::Tui) {
            let place = claim.session.as_ref().and_then(|session| session.place.as_ref());
            let service = place.and_then(service_of);
            claim.worker = service.map(|service| service.pid).or(claim.worker);
        }
        claims
    }

    fn state(&self, session: &SessionRef, inventory: &Inventory<'_>) -> Result<Facts> {
        let Some(path) = find(self, session, inventory) else {
            return Ok(Facts::default());
        };
        let stamp = Stamp::read(&path)?;
        let facts = inventory.cache().get(&path, stamp, &(), || {
            story_of(self, &path, STATE_BYTES, Story::default()).map(|(story, _)| story.into_facts())
        })?;
        let mut facts = Facts::clone(&facts);
        // While its subagents write, a session itself may be silent.
        let subagents = path.with_extension("").join("subagents");
        let written = files_in(&subagents).iter().filter_map(|path| modified_ms(path)).max();
        if facts.pending_tool.is_some() {
            facts.wrote_at = facts.wrote_at.max(written);
        }
        Ok(facts)
    }

    fn detail(&self, session: &SessionRef, limits: &DetailLimits, inventory: &Inventory<'_>) -> Result<SessionDetail> {
        let Some(path) = find(self, session, inventory) else {
            return Ok(SessionDetail::default());
        };
        let stamp = Stamp::read(&path)?;
        let detail = inventory.cache().get(&path, stamp, limits, || {
            let mut bytes = STATE_BYTES;
            loop {
                let (story, is_all) = story_of(self, &path, bytes, Story::with_messages(*limits))?;
                if is_all || story.kept() >= limits.messages {
                    return anyhow::Ok(story.into_detail());
                }
                bytes *= 8;
            }
        })?;
        Ok(SessionDetail::clone(&detail))
    }
}

/// What a process's command line, its own note or its open files name; a server may work on several sessions.
fn known<T: Transcripts>(
    agent: &T,
    process: &Process,
    invocation: &Invocation,
    transcripts: &[Transcript],
    roots: &[Root],
) -> Vec<Claim> {
    let bare = Claim::bare(process.pid, invocation.role);
    if invocation.role == Role::Helper {
        return vec![bare];
    }
    let note = agent.note(process, roots).unwrap_or_default();
    let named = named(invocation, &note);
    if invocation.role == Role::Service && named.is_none() {
        // A spare process that no work was given to.
        return vec![Claim::bare(process.pid, Role::Helper)];
    }
    let bare = Claim {
        role: note.role.unwrap_or(bare.role),
        word: note.word,
        version: note.version,
        ..bare
    };
    let mut sessions: Vec<(String, Match)> = named.into_iter().collect();
    if sessions.is_empty() {
        // Comparing thousands of paths by their components takes longer than reading the process.
        let files: FxHashSet<&OsStr> = process.details.files.iter().map(|file| file.as_os_str()).collect();
        let open = transcripts
            .iter()
            .filter(|transcript| files.contains(transcript.path.as_os_str()));
        let ids = open.filter_map(|transcript| origin_of(agent, &transcript.path, &[]));
        let most = if bare.role == Role::Server { usize::MAX } else { 1 };
        sessions.extend(ids.take(most).map(|origin| (origin.id, Match::Activity)));
    }
    let claim = |(id, by): (String, Match)| Claim {
        by,
        session: Some(SessionRef {
            agent_id: agent.agent().id().into(),
            place: place_of(agent, &id, transcripts),
            id,
        }),
        ..bare.clone()
    };
    match sessions.is_empty() {
        true => vec![bare],
        false => sessions.into_iter().map(claim).collect(),
    }
}

/// The sessions of these folders among the newest.
fn candidates<T: Transcripts>(
    agent: &T,
    folders: &[PathBuf],
    transcripts: &[Transcript],
    inventory: &Inventory<'_>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for transcript in &transcripts[..transcripts.len().min(NEWEST)] {
        let make = || Ok::<_, Infallible>(trace(agent, folders, &transcript.path));
        let Ok(trace) = inventory
            .cache()
            .get(&transcript.path, transcript.stamp, &folders, make);
        let Some(origin) = trace.origin.clone() else { continue };
        let folder = origin.folder;
        if !folders.iter().any(|wanted| Some(wanted) == folder.as_ref()) {
            continue;
        }
        let moments = trace.moments.clone();
        candidates.push(Candidate {
            place: transcript.path.clone(),
            activity: SessionActivity {
                id: origin.id,
                folder,
                created_at: origin.created_at,
                updated_at: moments.iter().max().copied().or(Some(transcript.modified)),
                is_open: false,
                is_run: origin.is_run,
                moments,
            },
        });
    }
    candidates
}

/// Reads when a transcript was written only if it is of one of these folders.
fn trace<T: Transcripts>(agent: &T, folders: &[PathBuf], path: &Path) -> Trace {
    let origin = origin_of(agent, path, folders).map(|origin| Origin {
        folder: origin.folder.map(|folder| real(&folder)),
        ..origin
    });
    let folder = origin.as_ref().and_then(|origin| origin.folder.as_ref());
    // An unreadable transcript has no moments; whoever needs its state reports the error.
    let moments = match folder {
        Some(folder) if folders.contains(folder) => story_of(agent, path, TRACE_BYTES, Story::default())
            .map(|(story, _)| story.moments)
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    Trace { origin, moments }
}

fn origin_of<T: Transcripts>(agent: &T, path: &Path, folders: &[PathBuf]) -> Option<Origin> {
    let first = if is_whole(path) {
        open::read_text(path, Most::CONVERSATION).ok()?
    } else {
        first_lines(path, FIRST_BYTES)?
    };
    agent.origin(path, &first, folders)
}

/// Where a session's transcript is, as far as that is not known yet.
fn find<T: Transcripts>(agent: &T, session: &SessionRef, inventory: &Inventory<'_>) -> Option<PathBuf> {
    let place = session.place.clone();
    place.or_else(|| place_of(agent, &session.id, &transcripts(agent, inventory).0))
}

/// Where a session's transcript is: most agents have its id in the path.
fn place_of<T: Transcripts>(agent: &T, id: &str, transcripts: &[Transcript]) -> Option<PathBuf> {
    let named = transcripts
        .iter()
        .find(|transcript| transcript.path.to_str().is_some_and(|path| path.contains(id)));
    let is_it =
        |transcript: &&Transcript| origin_of(agent, &transcript.path, &[]).is_some_and(|origin| origin.id == id);
    named
        .or_else(|| transcripts.iter().take(NEWEST).find(is_it))
        .map(|transcript| transcript.path.clone())
}

/// Tells the end of a transcript; also whether that was all of it.
fn story_of<T: Transcripts>(agent: &T, path: &Path, bytes: u64, mut story: Story) -> Result<(Story, bool)> {
    let modified = modified_ms(path).unwrap_or_default();
    if is_whole(path) {
        let text = open::read_text(path, Most::CONVERSATION)?;
        // It is rewritten as a whole: half of it is not yet a session.
        let whole: Whole = serde_json::from_str(&text)?;
        for message in whole.messages {
            agent.tell(message.get(), modified, &mut story);
        }
        return Ok((story, true));
    }
    let (text, is_all) = newest_lines(path, bytes)?;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        agent.tell(line, modified, &mut story);
    }
    Ok((story, is_all))
}

fn is_whole(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

/// Newest first, as one look at the agent's folders found them.
fn transcripts<T: Transcripts>(agent: &T, inventory: &Inventory<'_>) -> (Arc<Vec<Transcript>>, Arc<Found>) {
    let found = agent.found(inventory);
    let make = || {
        let sources = found.sources.iter().filter(|source| agent.is_transcript(&source.path));
        let mut transcripts: Vec<Transcript> = sources
            .map(|source| Transcript {
                modified: source.stamp.modified_ns / 1_000_000,
                stamp: source.stamp,
                path: source.path.clone(),
            })
            .collect();
        transcripts.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.path.cmp(&b.path)));
        transcripts
    };
    (inventory.made_from(agent.agent().id(), &found, make), found)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn modified_ms(path: &Path) -> Option<i64> {
    Some(Stamp::read(path).ok()?.modified_ns / 1_000_000)
}
