//! The past of prices: which changes of the catalogue were changes of price. `docs/prices.md` has the rules.

use super::exceptions::{Exceptions, Kind};
use super::line::Entry;
use super::plans::is_plan;
use super::table::{Listed, Table, write};
use crate::system::parse_instant;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// A price that the catalogue listed for less time was a mistake.
const SHORTEST: i64 = 30 * DAY;
/// A model that comes back so soon at another price changed it when it left.
const AWAY: i64 = 7 * DAY;
const DAY: i64 = 24 * 60 * 60 * 1000;
/// When the first built-in list was taken: its prices were seen on that day.
const FIRST_LIST: &str = "2026-09-28";
/// The last day of `catalogue.tsv`.
const LAST_CHANGE: &str = "2026-07-02";

type Key = (String, String);

/// A price as the catalogue had it from some moment on.
#[derive(Clone)]
struct Seen {
    at: i64,
    entry: Entry,
    /// Whether it was first seen in a built-in list, which has no earlier days.
    in_list: bool,
}

/// The text of `history.tsv`: every model whose past is not just its line in the list.
///
/// # Errors
/// When one of the files is not what it should be.
pub fn history(catalogue: &str, exceptions: &str, snapshot: &[u8]) -> Result<String> {
    let exceptions = Exceptions::parse(exceptions)?;
    let list = Table::parse(snapshot).context("snapshot.tsv is damaged")?;
    let mut seen = changes(catalogue)?;
    let mut keys: BTreeSet<Key> = seen.keys().cloned().collect();
    keys.extend(
        list.all()
            .map(|(provider, model)| (provider.to_owned(), model.to_owned())),
    );
    keys.extend(exceptions.states());
    let generous: BTreeSet<&str> = list
        .all()
        .filter(|(provider, model)| {
            list.entries(provider, model)
                .last()
                .is_some_and(|entry| entry.standard.is_zero())
        })
        .map(|(provider, _)| provider)
        .collect();
    let first = day(FIRST_LIST)?;
    let mut listed = Listed::new();
    for key in keys {
        let (provider, model) = (key.0.as_str(), key.1.as_str());
        let in_list = list.entries(provider, model);
        let mut states = seen.remove(&key).unwrap_or_default();
        states.extend(in_list.iter().map(|entry| Seen {
            at: entry.since.unwrap_or(first),
            entry: entry.clone(),
            in_list: true,
        }));
        let entries = match exceptions.state(provider, model)? {
            Some(reviewed) => reviewed,
            None => {
                let states = without_zeros((provider, model), states, generous.contains(provider), &exceptions);
                past(provider, model, states, &exceptions)
            }
        };
        if !entries.is_empty() && !is_same(&entries, &in_list) {
            listed.insert(key, entries);
        }
    }
    for (key, entry) in exceptions.retired()? {
        if list.entries(&key.0, &key.1).is_empty() {
            let mut entries = vec![entry];
            add_premium(&key.0, &key.1, &mut entries, &exceptions);
            listed.entry(key).or_insert(entries);
        }
    }
    for (provider, entries) in exceptions.every()? {
        listed.insert((provider, super::EVERY_MODEL.to_owned()), entries);
    }
    Ok(write(&format!("models.dev history to {}", list.day()), &listed))
}

fn is_same(entries: &[Entry], listed: &[Entry]) -> bool {
    let same = |(a, b): (&Entry, &Entry)| a.since == b.since && a.is_same_price(b);
    entries.len() == listed.len() && entries.iter().zip(listed).all(same)
}

/// Reads `catalogue.tsv`; a model that was away for a short while is dated back to when it left.
fn changes(catalogue: &str) -> Result<BTreeMap<Key, Vec<Seen>>> {
    let mut models: BTreeMap<Key, (Vec<Seen>, Option<i64>)> = BTreeMap::new();
    for line in catalogue.lines().filter(|line| !line.starts_with('#')) {
        let bad = || format!("catalogue.tsv: {line}");
        let mut fields = line.splitn(4, '\t');
        let mut next = || fields.next().with_context(bad);
        let (provider, model, at, price) = (next()?, next()?, day(next()?)?, next()?);
        let key = (provider.to_owned(), model.to_owned());
        let (states, gone) = models.entry(key).or_default();
        if price == "-" {
            gone.get_or_insert(at);
            continue;
        }
        // Negative and absurd numbers are no price.
        let Some(entry) = Entry::parse(&format!("\t{price}")) else {
            continue;
        };
        let left = gone.take().filter(|left| !states.is_empty() && at - left <= AWAY);
        states.push(Seen {
            at: left.unwrap_or(at),
            entry,
            in_list: false,
        });
    }
    Ok(models.into_iter().map(|(key, (states, _))| (key, states)).collect())
}

/// A time in which one price held.
struct Run {
    at: i64,
    last: Entry,
    /// The first entry was seen in a list only.
    in_list: bool,
    /// A reviewed instant and why, where the beginning of the run is an exception.
    real: Option<(i64, String)>,
}

/// What the model cost in the past, oldest first; the first entry reaches back for all time.
fn past(provider: &str, model: &str, mut states: Vec<Seen>, exceptions: &Exceptions) -> Vec<Entry> {
    mend_mistakes(provider, model, &mut states, exceptions);
    let mut runs: Vec<Run> = Vec::new();
    let mut ended = None;
    let states = with_modes(states);
    for (index, seen) in states.iter().enumerate() {
        let Some(run) = runs.last_mut() else {
            runs.push(Run::of(seen.clone(), None));
            continue;
        };
        let moved = exceptions.at(Kind::Real, provider, model, seen.at);
        let real = moved.map(|found| (found.instant.unwrap_or(seen.at), found.note.clone()));
        // A premium that ended is a change of price, wherever the catalogue noticed it. Where it comes back at the same
        // price, it never ended.
        let is_flat = |seen: &Seen| seen.entry.standard.tiers().is_empty();
        let mut rest = states[index..]
            .iter()
            .take_while(|later| run.has_same_base(&later.entry));
        let has_ended = !run.last.standard.tiers().is_empty() && is_flat(seen) && rest.all(is_flat);
        if ended.is_none() && has_ended && run.has_same_base(&seen.entry) {
            ended = exceptions.find(Kind::Flat, provider, model);
            if let Some(found) = ended {
                let at = found.instant.unwrap_or(seen.at);
                runs.push(Run::of(seen.clone(), Some((at, found.note.clone()))));
                continue;
            }
        }
        if run.has_same_base(&seen.entry) && real.is_none() {
            run.last = seen.entry.clone();
        } else {
            runs.push(Run::of(seen.clone(), real));
        }
    }
    drop_mistakes(&mut runs);
    let mut entries: Vec<Entry> = runs.into_iter().map(Run::entry).collect();
    if let Some(first) = entries.first_mut() {
        (first.since, first.why) = (None, None);
    }
    add_premium(provider, model, &mut entries, exceptions);
    entries
}

impl Run {
    fn of(seen: Seen, real: Option<(i64, String)>) -> Self {
        Self {
            at: seen.at,
            last: seen.entry,
            in_list: seen.in_list,
            real,
        }
    }

    /// Input and output are the price; the rest belongs to it.
    fn has_same_base(&self, entry: &Entry) -> bool {
        let base = |entry: &Entry| (entry.standard.base().input, entry.standard.base().output);
        base(&self.last) == base(entry)
    }

    fn entry(self) -> Entry {
        let (since, why) = match self.real {
            Some((at, why)) => (at, Some(why)),
            None if self.in_list && self.at <= day(FIRST_LIST).unwrap_or(i64::MIN) => {
                (self.at, Some(format!("changed between {LAST_CHANGE} and {FIRST_LIST}")))
            }
            None => (self.at, None),
        };
        Entry {
            since: Some(since),
            why,
            ..self.last
        }
    }
}

/// Drops each price of 0 that was no price yet, unless an exception makes it one: those before another price, and those
/// of a model that was removed, because the last one had no price any more. A model that had no other price was free if
/// its provider gives models away.
fn without_zeros(key: (&str, &str), mut states: Vec<Seen>, is_generous: bool, exceptions: &Exceptions) -> Vec<Seen> {
    let (provider, model) = key;
    let counts = exceptions.find(Kind::Unpriced, provider, model).is_some();
    if counts || is_plan(provider) || model.contains("free") {
        return states;
    }
    let is_priced = |seen: &Seen| !seen.entry.standard.is_zero();
    let is_retired = states.last().is_some_and(|last| !last.in_list);
    let last_price = states.iter().rposition(is_priced);
    // Zeros from here on are the price.
    let end = match last_price {
        Some(last) if !is_retired => last + 1,
        None if !is_retired || is_generous => 0,
        _ => states.len(),
    };
    let mut at = 0;
    states.retain(|seen| {
        at += 1;
        at > end || is_priced(seen)
    });
    states
}

/// A mode that was listed for long and then dropped keeps its last price: it is no longer for sale.
fn with_modes(mut states: Vec<Seen>) -> Vec<Seen> {
    for at in 1..states.len() {
        let before = states[at - 1].clone();
        for (mode, price) in before.entry.modes {
            let has = |seen: &Seen| seen.entry.modes.iter().any(|(listed, _)| *listed == mode);
            let first = states[..at].iter().rev().take_while(|seen| has(seen)).last();
            let lived = first.map_or(0, |first| states[at].at - first.at);
            if !has(&states[at]) && lived >= SHORTEST {
                states[at].entry.modes.push((mode, price));
            }
        }
    }
    states
}

/// Gives what an exception calls a mistake the price that replaced it.
fn mend_mistakes(provider: &str, model: &str, states: &mut [Seen], exceptions: &Exceptions) {
    for at in (1..states.len()).rev() {
        if exceptions.at(Kind::Mistake, provider, model, states[at].at).is_some() {
            let base = *states[at].entry.standard.base();
            let before = &mut states[at - 1].entry.standard;
            *before = before.rebased(&base);
        }
    }
}

/// Drops what lived too short to be a price, and steps that change nothing.
fn drop_mistakes(runs: &mut Vec<Run>) {
    let mut at = 0;
    while at + 1 < runs.len() {
        let next = &runs[at + 1];
        if next.real.is_none() && next.at - runs[at].at < SHORTEST {
            let begin = runs.remove(at);
            (runs[at].at, runs[at].real, runs[at].in_list) = (begin.at, begin.real, begin.in_list);
            at = at.saturating_sub(1);
        } else if next.real.is_none() && runs[at].has_same_base(&next.last) {
            let later = runs.remove(at + 1);
            runs[at].last = later.last;
            at = at.saturating_sub(1);
        } else {
            at += 1;
        }
    }
}

fn add_premium(provider: &str, model: &str, entries: &mut [Entry], exceptions: &Exceptions) {
    let Some(above) = exceptions
        .find(Kind::Premium, provider, model)
        .and_then(|found| found.value.parse().ok())
    else {
        return;
    };
    for entry in entries.iter_mut().filter(|entry| entry.standard.tiers().is_empty()) {
        entry.standard = entry.standard.with_premium(above);
    }
}

fn day(text: &str) -> Result<i64> {
    parse_instant(&format!("{text}T00:00:00Z")).with_context(|| format!("not a day: {text}"))
}

/// A day as data files write it, or an instant.
pub(super) fn instant(text: &str) -> Result<i64> {
    parse_instant(text).map_or_else(|| day(text), Ok)
}

#[cfg(test)]
mod tests;
