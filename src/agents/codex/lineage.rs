//! The files of the sessions a fork was made from: the fork repeats their records.

use super::record::{self, NEEDLES, Record};
use super::usage::{Info, Usage};
use crate::agents::shared::jsonl::{Lines, object};
use crate::agents::shared::lenient::{lossy, reason};
use crate::agents::shared::source::{Bookmark, Source};
use crate::agents::shared::torn_line;
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::fs;
use std::path::{Path, PathBuf};

const DAY_MS: i64 = 86_400_000;

/// Where a session's file is, and what the files of its ancestors tell.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    path: PathBuf,
    /// `None` until it was looked for.
    copied: Option<Option<Copied>>,
    /// The parent, its parent and so on, as far as their files are there; and whether they are there to the first.
    line: Option<(Vec<Story>, bool)>,
}

/// The calls of the nearest ancestor that still has a file.
#[derive(Debug)]
pub(super) struct Copied {
    /// Every `token_count` with numbers.
    pub calls: Vec<Call>,
    /// Its place among the ancestors; 0 is the parent.
    pub at: usize,
}

/// The facts in the file of a session.
#[derive(Debug, Default)]
struct Story {
    forked_from: Option<String>,
    calls: Vec<Call>,
    /// Hashes of all calls: a fork looks up each of its own.
    prints: FxHashSet<u64>,
    /// Usages of its `token_usage_record`s.
    recorded: FxHashSet<Usage>,
}

/// One `token_count` of an ancestor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub print: u64,
    /// Epoch milliseconds.
    pub time: Option<i64>,
}

impl Lineage {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// The calls of the nearest of some ancestors, read from disk when first asked for.
    pub(super) fn copied(&mut self, ancestors: &[String]) -> Option<&Copied> {
        if self.copied.is_none() {
            self.copied = Some(self.read_nearest(ancestors));
        }
        self.copied.as_ref()?.as_ref()
    }

    fn read_nearest(&self, ancestors: &[String]) -> Option<Copied> {
        let home = home_of(&self.path)?;
        let (at, path) = ancestors
            .iter()
            .enumerate()
            .find_map(|(at, id)| Some((at, find_rollout(home, id)?)))?;
        let calls = read_story(&path, &ancestors[at]).ok()?.calls;
        Some(Copied { calls, at })
    }

    /// Whether counters are those of an ancestor that copied nothing: written once more, or never written with its last
    /// record. `None` when its file is not there.
    pub(super) fn is_inherited(&mut self, parent: &str, info: &Info) -> Option<bool> {
        let path = &self.path;
        let (line, is_whole) = self.line.get_or_insert_with(|| read_line(path, parent));
        let (call, last) = (info.print(), info.last);
        let contains =
            |story: &Story| story.prints.contains(&call) || last.is_some_and(|last| story.recorded.contains(&last));
        if line.iter().any(contains) {
            Some(true)
        } else {
            is_whole.then_some(false)
        }
    }
}

fn read_line(path: &Path, parent: &str) -> (Vec<Story>, bool) {
    let (mut line, mut seen) = (Vec::new(), vec![parent.to_owned()]);
    let mut next = Some(parent.to_owned());
    while let Some(id) = next {
        let file = home_of(path).and_then(|home| find_rollout(home, &id));
        let Some(story) = file.and_then(|file| read_story(&file, &id).ok()) else {
            return (line, false);
        };
        next = story.forked_from.clone().filter(|id| !seen.contains(id));
        seen.extend(next.clone());
        line.push(story);
    }
    (line, true)
}

fn read_story(path: &Path, id: &str) -> Result<Story> {
    let mut story = Story::default();
    let Some(source) = Source::find(path, 0) else {
        return Ok(story);
    };
    let mut lines = Lines::open(&source, &Bookmark::default())?;
    lines.long_lines_with(&NEEDLES);
    while let Some((_, line)) = lines.next()? {
        // The file is a source of its own, which names its problems.
        let _ = torn_line::read(line, |line, _| story.read(line, id));
    }
    Ok(story)
}

impl Story {
    fn read(&mut self, line: &[u8], id: &str) -> Result<(), String> {
        let Some(line) = object(line) else {
            return Ok(());
        };
        let text = lossy(line?);
        let line = record::parse(&text).map_err(|error| reason(&error))?;
        match line.record {
            Some(Record::Tokens { info: Some(info), .. }) => {
                let call = Call {
                    print: info.print(),
                    time: line.time,
                };
                self.prints.insert(call.print);
                self.calls.push(call);
            }
            Some(Record::Call { usage, .. }) => {
                self.recorded.insert(usage);
            }
            Some(Record::Meta(meta)) if meta.id == id => self.forked_from = meta.forked_from,
            _ => {}
        }
        Ok(())
    }
}

/// The folder that holds `sessions` or `archived_sessions` above a file.
fn home_of(path: &Path) -> Option<&Path> {
    let is_store = |folder: &&Path| {
        folder
            .file_name()
            .is_some_and(|name| name == "sessions" || name == "archived_sessions")
    };
    path.ancestors().skip(1).find(is_store)?.parent()
}

/// The file of a session: in the folders of the days around its creation, archived, or, where the id holds no time,
/// anywhere below `sessions`. Of several the longest: the others are left from before it went on.
fn find_rollout(home: &Path, id: &str) -> Option<PathBuf> {
    let ends = [format!("-{id}.jsonl"), format!("-{id}.jsonl.zst")];
    let sessions = home.join("sessions");
    let mut folders = vec![home.join("archived_sessions")];
    match created(id) {
        // Folders are named by the local date.
        Some(created) => folders.extend([-1, 0, 1].iter().filter_map(|days| {
            let day = jiff::Timestamp::from_millisecond(created + days * DAY_MS).ok()?;
            Some(sessions.join(day.strftime("%Y/%m/%d").to_string()))
        })),
        None => below(&sessions, 3, &mut folders),
    }
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok());
    files
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| {
            let name = entry.file_name();
            // What was compressed is no longer written to: the plain file, if there is one, is what it went on as.
            let is_plain = match ends.iter().position(|end| name.to_string_lossy().ends_with(end))? {
                0 => 1,
                _ => 0,
            };
            Some(((is_plain, fs::metadata(entry.path()).ok()?.len()), entry.path()))
        })
        .max()
        .map(|(_, path)| path)
}

/// The time in an id, epoch milliseconds.
pub(super) fn created(id: &str) -> Option<i64> {
    let digits: String = id.chars().filter(|digit| *digit != '-').take(12).collect();
    i64::from_str_radix(&digits, 16).ok().filter(|_| is_sorted(id))
}

fn below(folder: &Path, depth: usize, folders: &mut Vec<PathBuf>) {
    folders.push(folder.to_owned());
    if depth > 0 {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                below(&entry.path(), depth - 1, folders);
            }
        }
    }
}

/// `019cab00-1000-7000-8000-000000000001`: version 7, whose digits begin with the time.
pub(super) fn is_sorted(id: &str) -> bool {
    id.len() == 36 && id.as_bytes()[14] == b'7' && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}
