//! Merges a newer price list: changed prices take effect now, and earlier prices stay for past turns.

use super::daily_rates::{self, update_rates};
use super::line::Entry;
use super::table::{Listed, Table, write};
use super::{PriceBook, dated_path, list, read_dated};
use crate::core::bad_request::BadRequest;
use crate::core::currency::{Currency, DOLLAR};
use crate::core::problem::Problem;
use crate::core::time::Time;
use crate::system::System;
use crate::system::config::Config;
use crate::system::http::{Http, Request, loopback_url, origin_of};
use crate::system::open::{self, Most};
use crate::system::parse_instant;
use crate::system::replace::replace;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::time::Duration;

const URL: &str = "https://models.dev/api.json";
const MAX_BYTES: u64 = 64 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);
/// At most one request a day is made unasked.
const EVERY_MS: i64 = 24 * 60 * 60 * 1000;

/// The changes of a newer list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Provider and model of every new or changed price.
    pub changed: Vec<(String, String)>,
    /// Models whose entry made no sense.
    pub skipped: usize,
}

/// Fetches the list and keeps it, whether or not it is due.
///
/// # Errors
/// A [`BadRequest`] for a foreign URL in the environment; else when the list cannot be had or kept. The prices that
/// were known before are then untouched.
pub fn update(system: &System) -> Result<Update> {
    let url = loopback_url(system, "TTOP_PRICES_URL")?.unwrap_or_else(|| URL.to_owned());
    if system.offline {
        bail!("offline: the price list was not updated");
    }
    let mut book = PriceBook::built_in();
    // A damaged file would be read again and again: its history is lost, a new one begins.
    book.dated = read_dated(system).unwrap_or_default();
    let mut checked = Checked::read(system);
    let mut request = Request::get(&url);
    request.timeout = TIMEOUT;
    request.max_bytes = MAX_BYTES;
    request.headers.push(("accept", "application/json".to_owned()));
    if let (Some(tag), true) = (&checked.tag, book.dated.is_some()) {
        request.headers.push(("if-none-match", tag.clone()));
    }
    checked.at = system.now;
    // Until there is an answer.
    checked.has_failed = true;
    checked.write(system)?;
    let answer = Http::new(system).send(&request).with_context(|| origin_of(&url))?;
    let update = match answer.status {
        200 => take_in(system, &book, &answer.body).with_context(|| origin_of(&url))?,
        304 => Update::default(),
        status => bail!("{}: answered with status {status}", origin_of(&url)),
    };
    checked.has_failed = false;
    checked.tag = answer
        .header("etag")
        .filter(|tag| tag.len() < 256)
        .map(str::to_owned)
        .or(checked.tag);
    checked.write(system)?;
    Ok(update)
}

/// Fetches the list if that was not tried for a day, the network may be used and the config does not forbid it.
///
/// # Errors
/// Only a [`BadRequest`] for a foreign URL in the environment.
pub fn refresh_if_due(system: &System, config: &Config) -> Result<Refresh, BadRequest> {
    loopback_url(system, "TTOP_PRICES_URL")?;
    daily_rates::url(system)?;
    let age = system.now.saturating_sub(Checked::read(system).at);
    let is_fresh = (0..EVERY_MS).contains(&age);
    if system.offline || is_fresh || !config.prices.auto_update {
        return Ok(Refresh::NotDue);
    }
    Ok(match update(system).and_then(|_| refresh_rates(system, config)) {
        Ok(()) => Refresh::Done,
        Err(error) => Refresh::Failed(Problem::new("prices", format_args!("{error:#}"))),
    })
}

/// Fetches exchange rates, where amounts are shown in another currency than dollars.
///
/// # Errors
/// When they cannot be had or kept.
pub fn refresh_rates(system: &System, config: &Config) -> Result<()> {
    match Currency::find(config.display.currency.name()) {
        Some(currency) if currency != DOLLAR => update_rates(system),
        _ => Ok(()),
    }
}

/// What became of asking for the list unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Or not allowed.
    NotDue,
    Done,
    Failed(Problem),
}

/// The last attempt to fetch the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whole hours ago.
    pub hours: i64,
    pub has_failed: bool,
}

/// The last attempt to fetch the list; `None` when there was none.
pub fn last_attempt(system: &System) -> Option<Attempt> {
    let checked = Checked::read(system);
    (checked.at > 0).then(|| Attempt {
        hours: system.now.saturating_sub(checked.at) / (60 * 60 * 1000),
        has_failed: checked.has_failed,
    })
}

/// The text of `snapshot.tsv`: the list of a day over what was built in before, so that a release keeps what was in
/// force between the ones before it.
///
/// # Errors
/// When one of the files is not what it should be.
pub fn snapshot(before: Option<&[u8]>, json: &[u8], day: &str) -> Result<String> {
    let at = parse_instant(&format!("{day}T00:00:00Z")).context("expected a day such as 2026-11-20")?;
    let listed = match before {
        Some(file) => {
            let table = Table::parse(file).context("the old snapshot is damaged")?;
            let keys = table.all();
            let entries = keys.map(|(provider, model)| (key(provider, model), table.entries(provider, model)));
            merge(entries.collect(), list::parse(json, Some(at))?.listed).0
        }
        None => list::parse(json, None)?.listed,
    };
    Ok(write(&format!("models.dev {day}"), &listed))
}

fn take_in(system: &System, book: &PriceBook, json: &[u8]) -> Result<Update> {
    let Ok(list) = list::parse(json, Some(system.now)) else {
        bail!("the response is not a price list")
    };
    if list.listed.is_empty() {
        bail!("the response contains no prices");
    }
    let known = book.in_lists().map(|(provider, model)| {
        let entries = book.entries(provider, model).into_iter().map(|(entry, _)| entry);
        (key(provider, model), entries.collect())
    });
    let (listed, changed) = merge(known.collect(), list.listed);
    let day = Time(system.now).to_string();
    let name = format!("models.dev {}", day.split('T').next().unwrap_or_default());
    let path = dated_path(system);
    replace(&path, write(&name, &listed).as_bytes())
        .with_context(|| format!("could not write {}", system.tilde(&path)))?;
    Ok(Update {
        changed,
        skipped: list.skipped,
    })
}

/// Appends the entries of a newer list that differ. Keeps models that the newer list dropped, because past turns need
/// them.
fn merge(mut known: Listed, newer: Listed) -> (Listed, Vec<(String, String)>) {
    let mut changed = Vec::new();
    for (key, entries) in newer {
        let old = known.entry(key.clone()).or_default();
        for mut entry in entries {
            // A mode that the list dropped keeps its price: what was billed under it still was.
            let dropped = old.last().into_iter().flat_map(|last| &last.modes);
            let dropped: Vec<_> = dropped
                .filter(|(mode, _)| entry.modes.iter().all(|(listed, _)| listed != mode))
                .cloned()
                .collect();
            entry.modes.extend(dropped);
            if old.last().is_some_and(|last| last.is_same_price(&entry)) {
                continue;
            }
            // A clock that was set back must not put the newest price before the others.
            let since = entry.since.max(old.last().and_then(|last| last.since?.checked_add(1)));
            old.push(Entry { since, ..entry });
            changed.push(key.clone());
        }
    }
    (known, changed)
}

fn key(provider_id: &str, model_id: &str) -> (String, String) {
    (provider_id.to_owned(), model_id.to_owned())
}

/// When the list was last asked for, and the tag it then had: a file of two lines, and a third one
/// where that failed.
struct Checked {
    /// Epoch milliseconds.
    at: i64,
    tag: Option<String>,
    has_failed: bool,
}

const FAILED: &str = "failed";

impl Checked {
    fn path(system: &System) -> PathBuf {
        system.own_data_dir().join("prices.checked")
    }

    /// Anything unexpected reads as "never".
    fn read(system: &System) -> Self {
        let text = open::read_text(&Self::path(system), Most::WORD).unwrap_or_default();
        let mut lines = text.lines();
        Self {
            at: lines.next().and_then(|line| line.parse().ok()).unwrap_or(i64::MIN),
            tag: lines.next().filter(|tag| !tag.is_empty()).map(str::to_owned),
            has_failed: lines.next() == Some(FAILED),
        }
    }

    fn write(&self, system: &System) -> Result<()> {
        let path = Self::path(system);
        let failed = if self.has_failed { FAILED } else { "" };
        let text = format!("{}\n{}\n{failed}\n", self.at, self.tag.as_deref().unwrap_or_default());
        replace(&path, text.as_bytes()).with_context(|| format!("could not write {}", system.tilde(&path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(models: &[(&str, f64)]) -> String {
        let models: Vec<String> = models
            .iter()
            .map(|(model, input)| format!(r#""{model}": {{"cost": {{"input": {input}, "output": 9}}}}"#))
            .collect();
        format!(r#"{{"acme": {{"models": {{{}}}}}}}"#, models.join(","))
    }

    #[test]
    fn a_newer_list_closes_what_changed_and_keeps_the_past() {
        let first = snapshot(None, json(&[("a", 1.0), ("b", 2.0)]).as_bytes(), "2026-01-01").expect("a snapshot");
        let newer = json(&[("b", 3.0), ("c", 4.0)]);
        let second = snapshot(Some(first.as_bytes()), newer.as_bytes(), "2026-02-01").expect("a snapshot");
        let lines: Vec<&str> = second.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "acme\ta\t\t1\t9\t-\t-\t-",
                "acme\tb\t\t2\t9\t-\t-\t-",
                "acme\tb\t2026-02-01T00:00:00.000Z\t3\t9\t-\t-\t-",
                "acme\tc\t2026-02-01T00:00:00.000Z\t4\t9\t-\t-\t-",
            ]
        );
        let again = snapshot(Some(second.as_bytes()), newer.as_bytes(), "2026-03-01").expect("a snapshot");
        assert_eq!(again.lines().skip(1).collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_the_order() {
        let entries = |input, since| {
            let list = list::parse(json(&[("a", input)]).as_bytes(), Some(since)).expect("a list");
            list.listed
        };
        let (known, _) = merge(entries(1.0, 2000), entries(2.0, 1000));
        let (known, changed) = merge(known, entries(1.0, 500));
        let since: Vec<_> = known[&key("acme", "a")].iter().map(|entry| entry.since).collect();
        assert_eq!(since, [Some(2000), Some(2001), Some(2002)]);
        assert_eq!(changed, [key("acme", "a")]);
    }
}
