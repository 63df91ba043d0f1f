//! The files of the sessions a fork was made from: what they told is what the fork repeats.

use super::record::{self, NEEDLES, Record};
use super::thread::{Thread, is_sorted};
use crate::agents::jsonl::{Lines, object};
use crate::agents::source::{Bookmark, Source};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Forks of forks of forks: beyond this something is wrong.
const MOST_GENERATIONS: usize = 16;
const DAY_MS: i64 = 86_400_000;

/// Where a session's file is, and what the files of its ancestors tell.
#[derive(Debug, Default)]
pub struct Lineage {
    path: PathBuf,
    generation: usize,
    /// `None` until it was looked for.
    copied: Option<Option<Copied>>,
}

/// What the nearest ancestor that still has a file told before the fork was made.
#[derive(Debug)]
pub struct Copied {
    /// Every `token_count` with numbers.
    pub calls: Vec<Call>,
    /// Whether the ancestor is the session's parent.
    pub is_of_parent: bool,
}

/// One `token_count` of an ancestor.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub print: u64,
    pub owner: String,
}

impl Lineage {
    pub fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// What the nearest of some ancestors told until a time (epoch milliseconds), read from disk when first asked for.
    pub fn copied(&mut self, ancestors: &[String], until: i64) -> Option<&Copied> {
        if self.copied.is_none() {
            self.copied = Some(self.read_nearest(ancestors, until));
        }
        self.copied.as_ref()?.as_ref()
    }

    fn read_nearest(&self, ancestors: &[String], until: i64) -> Option<Copied> {
        if self.generation >= MOST_GENERATIONS {
            return None;
        }
        let home = home_of(&self.path)?;
        let (at, path) = ancestors
            .iter()
            .enumerate()
            .find_map(|(at, id)| Some((at, find_rollout(home, id)?)))?;
        Some(Copied {
            calls: read_calls(&path, self.generation + 1, until).ok()?,
            is_of_parent: at == 0,
        })
    }
}

/// Every `token_count` with numbers that a session told until a time.
fn read_calls(path: &Path, generation: usize, until: i64) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    let Some(source) = Source::find(path, 0) else {
        return Ok(calls);
    };
    let mut lines = Lines::open(&source, &Bookmark::default())?;
    lines.long_lines_with(&NEEDLES);
    let mut thread = Thread::default().at(Lineage {
        generation,
        ..Lineage::of(path)
    });
    while let Some((_, line)) = lines.next()? {
        let Some(Ok(line)) = object(line) else {
            continue;
        };
        let text = String::from_utf8_lossy(line);
        let Ok(line) = record::parse(&text) else {
            continue;
        };
        if line.time.is_some_and(|time| time > until) {
            break;
        }
        if !matches!(line.record, Some(Record::Meta(_))) {
            thread.line(line.time);
        }
        match line.record {
            Some(Record::Meta(meta)) if thread.id.is_empty() => thread.begin(&meta, line.time),
            Some(Record::Meta(meta)) => thread.ancestor(&meta.id),
            Some(Record::Turn { id, is_context, .. }) => thread.turn(id, is_context),
            Some(Record::Tokens { info: Some(info), .. }) => {
                let told = thread.count(&info);
                calls.push(Call {
                    print: told.print,
                    owner: told.owner.unwrap_or_else(|| thread.id.clone()),
                });
            }
            _ => {}
        }
    }
    Ok(calls)
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

/// The file of a session: in the folders of the days around its creation, archived, or anywhere below `sessions`.
fn find_rollout(home: &Path, id: &str) -> Option<PathBuf> {
    let end = format!("-{id}.jsonl");
    let sessions = home.join("sessions");
    let mut folders = vec![home.join("archived_sessions")];
    match created(id) {
        // Folders are named by the local date.
        Some(created) => folders.extend([0, -1, 1].iter().filter_map(|days| {
            let day = jiff::Timestamp::from_millisecond(created + days * DAY_MS).ok()?;
            Some(sessions.join(day.strftime("%Y/%m/%d").to_string()))
        })),
        None => below(&sessions, 3, &mut folders),
    }
    folders.iter().find_map(|folder| {
        let entries = fs::read_dir(folder).ok()?;
        entries
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().ends_with(&end))
            .map(|entry| entry.path())
    })
}

/// The time in an id, epoch milliseconds.
fn created(id: &str) -> Option<i64> {
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
