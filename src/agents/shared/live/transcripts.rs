//! Looking at agents that write a transcript per session: everything but the shape of their records.

use super::program::{Invocation, Program, without_wrappers};
use super::story::Story;
use super::tail::{Whole, first_lines, newest_lines};
use super::{Live, Note};
use crate::agents::Agent;
use crate::core::matching::{Candidates, SessionActivity, UnmatchedProcess, assign};
use crate::core::process::{Claim, DetailLimits, Facts, Match, Process, Role, SessionDetail, SessionRef};
use crate::system::System;
use crate::system::files::Stamp;
use crate::system::open::{self, Most};
use anyhow::Result;
use std::path::{Path, PathBuf};

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
    fn program(&self) -> &'static Program;

    /// The transcripts of sessions, those of subagents left out; in any order.
    fn files(&self, system: &System) -> Vec<PathBuf>;

    /// Which session a transcript is of, and the folder it works in; `first` are its first records. `folders` are those in question,
    /// for agents that write a folder's name in a way that cannot be read back.
    fn origin(&self, path: &Path, first: &str, folders: &[PathBuf]) -> Option<Origin>;

    /// Applies a record to the timeline. `modified` is the last write of the transcript, for records without a time.
    fn tell(&self, record: &str, modified: i64, story: &mut Story);

    /// The state that a running process records about itself.
    fn note(&self, process: &Process, system: &System) -> Option<Note>;
}

/// Which session a transcript is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub id: String,
    pub folder: Option<PathBuf>,
    /// Epoch milliseconds.
    pub created_at: Option<i64>,
}

/// A transcript with its time of change, epoch milliseconds.
struct Transcript {
    path: PathBuf,
    modified: i64,
}

impl<T: Transcripts> Live for T {
    fn pids(&self, processes: &[Process], _: &System) -> Vec<u32> {
        let own = processes
            .iter()
            .filter(|process| process.is_own && self.program().invocation(process).is_some());
        own.map(|process| process.pid).collect()
    }

    fn claims(&self, processes: &[Process], system: &System) -> Vec<Claim> {
        let program = self.program();
        let found = processes
            .iter()
            .filter(|process| process.is_own)
            .filter_map(|process| Some((process, program.invocation(process)?)));
        let found = without_wrappers(found.collect());
        if found.is_empty() {
            return Vec::new();
        }
        let transcripts = newest_first(self.files(system));
        let mut claims: Vec<Claim> = found
            .iter()
            .map(|(process, invocation)| known(self, process, invocation, &transcripts, system))
            .collect();
        guess(self, &found, &mut claims, &transcripts);
        claims
    }

    fn state(&self, session: &SessionRef, system: &System) -> Result<Facts> {
        let Some(path) = find(self, session, system) else {
            return Ok(Facts::default());
        };
        let mut facts = story_of(self, &path, STATE_BYTES, Story::default())?.0.into_facts();
        // While its subagents write, a session itself may be silent.
        let subagents = path.with_extension("").join("subagents");
        let written = newest_first(files_in(&subagents)).first().map(|file| file.modified);
        if facts.pending_tool.is_some() {
            facts.wrote_at = facts.wrote_at.max(written);
        }
        Ok(facts)
    }

    fn detail(&self, session: &SessionRef, limits: &DetailLimits, system: &System) -> Result<SessionDetail> {
        let Some(path) = find(self, session, system) else {
            return Ok(SessionDetail::default());
        };
        let mut bytes = STATE_BYTES;
        loop {
            let (story, is_all) = story_of(self, &path, bytes, Story::with_messages(*limits))?;
            if is_all || story.kept() >= limits.messages {
                return Ok(story.into_detail());
            }
            bytes *= 8;
        }
    }
}

/// What a process's command line or its own note says.
fn known<T: Transcripts>(
    agent: &T,
    process: &Process,
    invocation: &Invocation,
    transcripts: &[Transcript],
    system: &System,
) -> Claim {
    let bare = Claim::bare(process.pid, invocation.role);
    if invocation.role == Role::Helper {
        return bare;
    }
    let note = agent.note(process, system).unwrap_or_default();
    let noted = note.session_id.as_ref();
    // The human may have gone to another session since it was started: then its own note is newer.
    let (id, by) = match (&invocation.session_id, noted) {
        (Some(named), Some(noted)) if named != noted => (Some(noted.clone()), Match::Pidfile),
        (Some(named), _) => (Some(named.clone()), Match::Flag),
        (None, Some(noted)) => (Some(noted.clone()), Match::Pidfile),
        (None, None) => {
            let open = transcripts
                .iter()
                .filter(|transcript| process.details.files.contains(&transcript.path));
            let origin = open
                .filter_map(|transcript| origin_of(agent, &transcript.path, &[]))
                .next();
            (origin.map(|origin| origin.id), Match::Activity)
        }
    };
    Claim {
        by: if id.is_some() { by } else { Match::None },
        session: id.map(|id| SessionRef {
            agent_id: agent.program().agent_id.into(),
            place: place_of(agent, &id, transcripts),
            id,
        }),
        word: note.word,
        version: note.version,
        ..bare
    }
}

/// Gives the processes that nothing names a session for one of their folder.
fn guess<T: Transcripts>(
    agent: &T,
    found: &[(&Process, Invocation)],
    claims: &mut [Claim],
    transcripts: &[Transcript],
) {
    let seekers: Vec<UnmatchedProcess> = found
        .iter()
        .zip(claims.iter())
        .filter(|(_, claim)| claim.session.is_none())
        .filter_map(|((process, invocation), _)| seeker(process, invocation.role))
        .collect();
    if seekers.is_empty() {
        return;
    }
    let taken: Vec<String> = claims
        .iter()
        .filter_map(|claim| Some(claim.session.as_ref()?.id.clone()))
        .collect();
    let folders: Vec<PathBuf> = seekers.iter().filter_map(|seeker| seeker.folder.clone()).collect();
    let mut places = Vec::new();
    let mut traces = Vec::new();
    for transcript in &transcripts[..transcripts.len().min(NEWEST)] {
        let Some(origin) = origin_of(agent, &transcript.path, &folders) else {
            continue;
        };
        let folder = origin.folder.map(|folder| real(&folder));
        if !folders.iter().any(|wanted| Some(wanted) == folder.as_ref()) {
            continue;
        }
        // One that cannot be read has no moments, and is the agent's trouble to report when it is looked at.
        let moments = story_of(agent, &transcript.path, TRACE_BYTES, Story::default())
            .map(|(story, _)| story.moments)
            .unwrap_or_default();
        places.push(transcript.path.clone());
        traces.push(SessionActivity {
            id: origin.id,
            folder,
            created_at: origin.created_at,
            updated_at: moments.iter().max().copied().or(Some(transcript.modified)),
            moments,
        });
    }
    for (seeker, trace, by) in assign(&seekers, &traces, &taken) {
        let Some(claim) = claims.iter_mut().find(|claim| claim.pid == seekers[seeker].pid) else {
            continue;
        };
        claim.by = by;
        claim.session = Some(SessionRef {
            agent_id: agent.program().agent_id.into(),
            id: traces[trace].id.clone(),
            place: Some(places[trace].clone()),
        });
    }
}

/// A process that is to be matched with a session of its folder; `None` for those that show none.
pub fn seeker(process: &Process, role: Role) -> Option<UnmatchedProcess> {
    let reach = match role {
        Role::Tui => Candidates::Any,
        Role::Run => Candidates::Own,
        Role::Server | Role::Attach => Candidates::Active,
        _ => return None,
    };
    Some(UnmatchedProcess {
        pid: process.pid,
        started_at: process.started_at,
        folder: process.cwd.as_deref().map(real),
        reach,
    })
}

/// A folder with its links resolved, where it is there.
pub fn real(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf())
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
fn find<T: Transcripts>(agent: &T, session: &SessionRef, system: &System) -> Option<PathBuf> {
    let place = session.place.clone();
    place.or_else(|| place_of(agent, &session.id, &newest_first(agent.files(system))))
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

/// The files of an agent's records.
pub fn sources_of(agent: &dyn Agent, system: &System) -> Vec<PathBuf> {
    let sources = agent.sources(system).sources;
    sources.into_iter().map(|source| source.path).collect()
}

/// The folders an agent's records may lie in.
pub fn roots_of(agent: &dyn Agent, system: &System) -> Vec<PathBuf> {
    let roots = agent.sources(system).roots;
    roots.into_iter().map(|root| root.path).collect()
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

fn newest_first(files: Vec<PathBuf>) -> Vec<Transcript> {
    let mut transcripts: Vec<Transcript> = files
        .into_iter()
        .filter_map(|path| {
            Some(Transcript {
                modified: modified_ms(&path)?,
                path,
            })
        })
        .collect();
    transcripts.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.path.cmp(&b.path)));
    transcripts
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn modified_ms(path: &Path) -> Option<i64> {
    Some(Stamp::read(path).ok()?.modified_ns / 1_000_000)
}
