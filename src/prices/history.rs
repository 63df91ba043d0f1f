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
            None => past(provider, model, states, &exceptions),
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
fn past(provider: &str, model: &str, states: Vec<Seen>, exceptions: &Exceptions) -> Vec<Entry> {
    let mut states = without_zeros(provider, model, states, exceptions);
    mend_mistakes(provider, model, &mut states, exceptions);
    let mut runs: Vec<Run> = Vec::new();
    let mut ended = None;
    for seen in with_modes(states) {
        let Some(run) = runs.last_mut() else {
            runs.push(Run::of(seen, None));
            continue;
        };
        let moved = exceptions.at(Kind::Real, provider, model, seen.at);
        let real = moved.map(|found| (found.instant.unwrap_or(seen.at), found.note.clone()));
        // A premium that ended is a change of price, wherever the catalogue noticed it.
        let is_flat = !run.last.standard.tiers().is_empty() && seen.entry.standard.tiers().is_empty();
        if ended.is_none() && is_flat && run.has_same_base(&seen.entry) {
            ended = exceptions.find(Kind::Flat, provider, model);
            if let Some(found) = ended {
                let at = found.instant.unwrap_or(seen.at);
                runs.push(Run::of(seen, Some((at, found.note.clone()))));
                continue;
            }
        }
        if run.has_same_base(&seen.entry) && real.is_none() {
            run.last = seen.entry;
        } else {
            runs.push(Run::of(seen, real));
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

/// A price of 0 that a later entry replaces was no price yet, unless an exception makes it one.
fn without_zeros(provider: &str, model: &str, mut states: Vec<Seen>, exceptions: &Exceptions) -> Vec<Seen> {
    let counts = exceptions.find(Kind::Unpriced, provider, model).is_some();
    let is_retired = states.last().is_some_and(|last| !last.in_list);
    let means_it = counts || is_plan(provider) || model.contains("free");
    let has_price = states.iter().any(|seen| !seen.entry.standard.is_zero());
    if !means_it && (has_price || is_retired) {
        // The newest list decides.
        let newest = states.len().saturating_sub(usize::from(!is_retired));
        let mut at = 0;
        states.retain(|seen| {
            at += 1;
            at > newest || !seen.entry.standard.is_zero()
        });
    }
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
mod tests {
    use super::super::PriceBook;
    use super::*;
    use crate::core::turn::Mode;

    fn at(text: &str) -> i64 {
        parse_instant(text).expect("an instant")
    }

    /// Input, output and the input price above 200,000 tokens, in dollars.
    fn on(book: &PriceBook, provider: &str, model: &str, mode: Mode, day: &str) -> (f64, f64, f64) {
        let prices = book.of(provider, model);
        let price = prices.at(at(&format!("{day}T12:00:00Z")), mode).expect("a price");
        let dollars = |rate: u64| rate as f64 / 1e9;
        let (base, long) = (price.base(), price.for_context(200_001));
        (dollars(base.input), dollars(base.output), dollars(long.input))
    }

    #[test]
    fn the_past_is_priced_as_it_was() {
        use Mode::{Fast, Standard};
        let book = PriceBook::built_in();
        for (provider, model, mode, day, expected) in [
            (
                "anthropic",
                "claude-opus-4-6",
                Standard,
                "2026-03-12",
                (5.0, 25.0, 10.0),
            ),
            ("anthropic", "claude-opus-4-6", Standard, "2026-03-13", (5.0, 25.0, 5.0)),
            (
                "anthropic",
                "claude-sonnet-4-6",
                Standard,
                "2026-03-12",
                (3.0, 15.0, 6.0),
            ),
            (
                "anthropic",
                "claude-sonnet-4-6",
                Standard,
                "2026-03-13",
                (3.0, 15.0, 3.0),
            ),
            (
                "anthropic",
                "claude-sonnet-4-6",
                Standard,
                "2020-01-01",
                (3.0, 15.0, 6.0),
            ),
            (
                "amazon-bedrock",
                "global.anthropic.claude-opus-4-6-v1",
                Standard,
                "2026-03-12",
                (5.0, 25.0, 10.0),
            ),
            (
                "amazon-bedrock",
                "global.anthropic.claude-opus-4-6-v1",
                Standard,
                "2026-03-13",
                (5.0, 25.0, 5.0),
            ),
            (
                "amazon-bedrock",
                "us.anthropic.claude-opus-4-6-v1",
                Standard,
                "2026-03-12",
                (5.5, 27.5, 11.0),
            ),
            (
                "amazon-bedrock",
                "eu.anthropic.claude-opus-4-7",
                Standard,
                "2026-05-01",
                (5.5, 27.5, 5.5),
            ),
            (
                "anthropic",
                "claude-sonnet-4-5-20250929",
                Standard,
                "2025-11-01",
                (3.0, 15.0, 6.0),
            ),
            (
                "anthropic",
                "claude-sonnet-4-20250514",
                Standard,
                "2025-11-01",
                (3.0, 15.0, 6.0),
            ),
            ("anthropic", "claude-opus-4-6", Fast, "2026-02-10", (15.0, 75.0, 30.0)),
            ("anthropic", "claude-opus-4-6", Fast, "2026-03-01", (30.0, 150.0, 60.0)),
            ("anthropic", "claude-opus-4-6", Fast, "2026-04-01", (30.0, 150.0, 30.0)),
            ("anthropic", "claude-opus-4-6", Fast, "2026-07-01", (5.0, 25.0, 5.0)),
            ("deepseek", "deepseek-chat", Standard, "2025-08-01", (0.27, 1.1, 0.27)),
            ("deepseek", "deepseek-chat", Standard, "2025-09-28", (0.57, 1.68, 0.57)),
            ("deepseek", "deepseek-chat", Standard, "2025-09-29", (0.28, 0.42, 0.28)),
            (
                "deepseek",
                "deepseek-v4-pro",
                Standard,
                "2026-04-25",
                (1.74, 3.48, 1.74),
            ),
            (
                "deepseek",
                "deepseek-v4-pro",
                Standard,
                "2026-05-10",
                (0.435, 0.87, 0.435),
            ),
            (
                "xai",
                "grok-4.20-0309-reasoning",
                Standard,
                "2026-05-19",
                (2.0, 6.0, 4.0),
            ),
            (
                "xai",
                "grok-4.20-0309-reasoning",
                Standard,
                "2026-05-20",
                (1.25, 2.5, 2.5),
            ),
            ("github-copilot", "gpt-5.4", Standard, "2026-05-31", (0.0, 0.0, 0.0)),
            ("github-copilot", "gpt-5.4", Standard, "2026-06-01", (2.5, 15.0, 2.5)),
            // Under another id, and one that was never listed while premium requests covered it.
            (
                "github-copilot",
                "gpt-5.4-2026-03-05",
                Standard,
                "2026-05-31",
                (0.0, 0.0, 0.0),
            ),
            ("github-copilot", "gpt-5", Standard, "2026-05-31", (0.0, 0.0, 0.0)),
            ("github-copilot", "gpt-5", Standard, "2026-06-01", (1.25, 10.0, 1.25)),
            // Mended mistakes and fields that came later never priced anything.
            ("openai", "gpt-4", Standard, "2025-07-01", (30.0, 60.0, 30.0)),
            ("openai", "gpt-5.5", Fast, "2026-04-23", (12.5, 75.0, 12.5)),
        ] {
            assert_eq!(
                on(&book, provider, model, mode, day),
                expected,
                "{provider}/{model} {day}"
            );
        }
        let cached = |model: &str, day: &str| {
            let prices = book.of("openai", model);
            let price = prices
                .at(at(&format!("{day}T00:00:00Z")), Mode::Standard)
                .expect("a price");
            price.base().cache_read
        };
        assert_eq!(cached("gpt-5", "2025-08-09"), Some(125_000_000));
        assert!(book.of("github-copilot", "gpt-5.4").is_plan());
    }

    #[test]
    fn what_is_built_in_is_what_its_sources_give() {
        let snapshot = include_bytes!("snapshot.tsv");
        let (catalogue, exceptions) = (include_str!("data/catalogue.tsv"), include_str!("data/exceptions.tsv"));
        let derived = history(catalogue, exceptions, snapshot).expect("a history");
        if std::env::var_os("TTOP_GENERATE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/history.tsv");
            std::fs::write(path, &derived).expect("written");
            return;
        }
        assert!(
            derived.as_bytes() == super::super::HISTORY,
            "run 'make prices' and commit history.tsv"
        );
    }
}
