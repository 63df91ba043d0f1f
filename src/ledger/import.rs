//! Import: adds another machine's export, and takes it back. An export is a file that anybody can have
//! written: it is bounded, checked, and never stands above what this machine read itself.

use super::merge::{PackKey, Work};
use super::names::Kind;
use super::pack::Pack;
use super::sessions::IMPORTED;
use super::sync::{Owner, Syncing, load_pack};
use super::transfer::{Line, import_path, is_import};
use super::{Ledger, ownership_pass};
use crate::agents::shared::lenient::reason;
use crate::agents::{Batch, Bookmark, Source};
use crate::core::problem::Problem;
use anyhow::{Result, bail};
use rusqlite::params;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

/// No line of an export is longer.
const MOST_LINE_BYTES: u64 = 256 << 10;
/// A line that does not end within so much more is the whole of something else.
const MOST_REST_BYTES: u64 = 32 << 20;
/// Some ten million turns.
const MOST_BYTES: u64 = 4 << 30;
/// Lines that are named one by one.
const MOST_NAMED: usize = 100;
/// With so many lines that are none, the rest is not looked at.
const MOST_BAD: usize = 10_000;

/// What an import read.
#[derive(Default)]
pub struct Imported {
    /// Turns that were taken in.
    pub read: usize,
    /// Lines that were not.
    pub refused: usize,
    pub problems: Vec<Problem>,
}

impl Imported {
    fn refuse(&mut self, place: String, why: impl std::fmt::Display) {
        self.refused += 1;
        if self.refused <= MOST_NAMED {
            self.problems.push(Problem::new(place, why));
        }
    }
}

impl Ledger {
    /// Takes in an export under a name; doing it again replaces what came under that name before. The caller commits.
    ///
    /// # Errors
    /// When the ledger or the stream cannot be read, or the stream is no export.
    pub fn import(&mut self, name: &str, stream: impl BufRead) -> Result<Imported> {
        let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
        let imported = read(name, stream, &mut batches)?;
        let mut syncing = Syncing::start(self)?;
        take(&mut syncing, name, batches)?;
        syncing.finish()?;
        Ok(imported)
    }

    /// Shows exports beside the committed turns, each under its name, until [`Ledger::reload`]. No commit keeps them.
    /// An export that cannot be read is a problem, and the others are shown.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn overlay<'a>(&mut self, exports: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<Problem>> {
        self.reload()?;
        let (mut problems, mut taken) = (Vec::new(), Vec::new());
        for (name, lines) in exports {
            let mut batches = BTreeMap::new();
            match read(name, lines, &mut batches) {
                Ok(mut imported) => {
                    problems.append(&mut imported.problems);
                    taken.push((name, batches));
                }
                Err(error) => problems.push(Problem::new(name, format_args!("{error:#}"))),
            }
        }
        self.has_overlay = true;
        let mut syncing = Syncing::start(self)?;
        for (name, batches) in taken {
            take(&mut syncing, name, batches)?;
        }
        syncing.finish()?;
        Ok(problems)
    }

    /// Takes back what came under a name; returns how many turns counted. `None` when nothing did. The caller commits.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn forget_import(&mut self, name: &str) -> Result<Option<usize>> {
        let sources = self.import_sources(name)?;
        if sources.is_empty() {
            return Ok(None);
        }
        let mut erased = 0;
        let mut syncing = Syncing::start(self)?;
        let heads = syncing.heads()?;
        let (taken_back, kept): (Vec<_>, Vec<_>) =
            heads.into_iter().partition(|(_, key)| sources.contains(&key.source));
        for (id, key) in &taken_back {
            let Some(connection) = &syncing.ledger.connection else {
                break;
            };
            if let Some(old) = load_pack(connection, *id)? {
                erased += old.turns.iter().filter(|turn| turn.counted).count();
                syncing.work.push(Work::new(*id, *key, Some(old), &Pack::default()));
            }
        }
        ownership_pass::assign_owners(&mut syncing)?;
        let work = std::mem::take(&mut syncing.work);
        work.into_iter().for_each(|work| syncing.ledger.pending.put_pack(work));
        let session = |(_, key): &(i64, PackKey)| key.session;
        let told_of: FxHashSet<i64> = kept.iter().map(session).collect();
        if let Some(connection) = &self.connection {
            for source in &sources {
                connection.execute("delete from source where id = ?1", [source])?;
            }
            for session in taken_back
                .iter()
                .map(session)
                .filter(|session| !told_of.contains(session))
            {
                connection.execute(
                    "delete from session where id = ?1 and gone = ?2",
                    params![session, IMPORTED],
                )?;
            }
        }
        Ok(Some(erased))
    }

    /// Names of the imports that the ledger holds.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn imports(&self) -> Result<Vec<String>> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        let mut statement = connection.prepare("select distinct path from source order by path")?;
        let paths = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut names = Vec::new();
        for path in paths {
            let path = path?;
            if is_import(path.as_ref()) {
                names.extend(path.split_once(':').map(|(_, name)| name.to_owned()));
            }
        }
        Ok(names)
    }

    fn import_sources(&self, name: &str) -> Result<FxHashSet<i64>> {
        let Some(connection) = &self.connection else {
            return Ok(FxHashSet::default());
        };
        let mut statement = connection.prepare("select id from source where path = ?1")?;
        let path = import_path(name);
        let ids = statement.query_map([path.to_string_lossy()], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }
}

/// Takes in what was read of an export, under its name.
fn take(syncing: &mut Syncing<'_>, name: &str, batches: BTreeMap<String, Batch>) -> Result<()> {
    for (agent_id, mut batch) in batches {
        let row = syncing.ledger.names.row(Kind::Agent, &agent_id);
        let source = Source {
            path: import_path(name),
            kind: 0,
            stamp: Default::default(),
            wal: Default::default(),
            list_entry: 0,
        };
        let before = syncing.known_sources(row)?.remove(&(source.path.clone(), 0));
        let rules_version = before.as_ref().map_or(0, |before| before.bookmark.rules_version);
        let owner = Owner {
            id: &agent_id,
            row,
            rules_version,
        };
        syncing.take(owner, &source, (before, None), &mut batch, Bookmark::default())?;
    }
    Ok(())
}

/// Reads lines into batches, one per agent.
fn read(name: &str, mut stream: impl BufRead, batches: &mut BTreeMap<String, Batch>) -> Result<Imported> {
    let mut imported = Imported::default();
    let (mut line, mut number, mut bytes) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let length = stream.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        number += 1;
        bytes += length;
        let place = || format!("{name}:{number}");
        if length == MOST_LINE_BYTES && line.last() != Some(&b'\n') {
            imported.refuse(place(), format_args!("is longer than {} KiB", MOST_LINE_BYTES >> 10));
            match pass_line(&mut stream)? {
                Some(length) => bytes += length,
                None => bail!("{}: no line of an export is so long", place()),
            }
        } else if !line.trim_ascii().is_empty() {
            match serde_json::from_slice::<Line>(&line) {
                Err(_) if std::str::from_utf8(&line).is_err() => imported.refuse(place(), "is not UTF-8 text"),
                Err(error) => imported.refuse(place(), format_args!("is no turn of an export: {}", reason(&error))),
                Ok(turn) => match turn.take(batches) {
                    Ok(()) => imported.read += 1,
                    Err(why) => imported.refuse(place(), why),
                },
            }
        }
        if imported.refused >= MOST_BAD && imported.refused > imported.read {
            bail!("{name}: is no export of a ledger");
        }
        if bytes > MOST_BYTES {
            bail!(
                "{name}: is larger than {} GiB; split the file and import the parts under names of their own",
                MOST_BYTES >> 30
            );
        }
    }
    if imported.read == 0 && imported.refused > 0 {
        bail!("{name}: is no export of a ledger");
    }
    if imported.refused > MOST_NAMED {
        let more = imported.refused - MOST_NAMED;
        imported.problems.push(Problem::new(
            name,
            format_args!("{more} more lines are no turns of an export"),
        ));
    }
    Ok(imported)
}

/// Goes to the next line; returns how far that is, or nothing when it is too far.
fn pass_line(stream: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut passed = 0;
    loop {
        let buffer = stream.fill_buf()?;
        let newline = memchr::memchr(b'\n', buffer).map(|at| at + 1);
        let length = newline.unwrap_or(buffer.len());
        let is_end = newline.is_some() || buffer.is_empty();
        stream.consume(length);
        passed += length as u64;
        if is_end {
            return Ok(Some(passed));
        }
        if passed > MOST_REST_BYTES {
            return Ok(None);
        }
    }
}
