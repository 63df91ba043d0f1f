//! Reviewed exceptions to the rules of the price history: `data/exceptions.tsv`, which explains its kinds.

use super::history::instant;
use super::line::Entry;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use wildmatch::WildMatch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Real,
    Mistake,
    Unpriced,
    Premium,
    Flat,
    State,
    Every,
    Retired,
}

const KINDS: [(&str, Kind); 8] = [
    ("real", Kind::Real),
    ("mistake", Kind::Mistake),
    ("unpriced", Kind::Unpriced),
    ("premium", Kind::Premium),
    ("flat", Kind::Flat),
    ("state", Kind::State),
    ("every", Kind::Every),
    ("retired", Kind::Retired),
];

/// One line of the file.
#[derive(Debug)]
pub(super) struct Exception {
    kind: Kind,
    provider: String,
    model: String,
    /// The day of the change it is about; `None` for any.
    day: Option<i64>,
    pub value: String,
    /// The instant that `value` is.
    pub instant: Option<i64>,
    pub note: String,
}

/// The whole file.
pub(super) struct Exceptions(Vec<Exception>);

type Key = (String, String);

impl Exceptions {
    /// # Errors
    /// When a line is of no known kind, or without its note.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(Exception::parse).collect::<Result<_>>().map(Self)
    }

    /// The first exception of a kind for a model.
    pub(super) fn find(&self, kind: Kind, provider: &str, model: &str) -> Option<&Exception> {
        self.of(kind).find(|found| found.is_about(provider, model))
    }

    /// The exception of a kind for the change of that day.
    pub(super) fn at(&self, kind: Kind, provider: &str, model: &str, day: i64) -> Option<&Exception> {
        self.of(kind)
            .find(|found| found.day.is_none_or(|at| at == day) && found.is_about(provider, model))
    }

    /// Models whose whole history is reviewed.
    pub(super) fn states(&self) -> impl Iterator<Item = Key> {
        self.of(Kind::State).map(Exception::key)
    }

    /// The reviewed history of a model.
    ///
    /// # Errors
    /// When a price is not one.
    pub(super) fn state(&self, provider: &str, model: &str) -> Result<Option<Vec<Entry>>> {
        let lines = self.of(Kind::State).filter(|found| found.is_about(provider, model));
        let entries = lines.map(Exception::dated).collect::<Result<Vec<_>>>()?;
        Ok((!entries.is_empty()).then_some(entries))
    }

    /// The last prices of models that were dropped early.
    ///
    /// # Errors
    /// When a price is not one.
    pub(super) fn retired(&self) -> Result<Vec<(Key, Entry)>> {
        let lines = self.of(Kind::Retired);
        lines
            .map(|found| Ok((found.key(), found.price(&found.value)?)))
            .collect()
    }

    /// What held for every model of a provider: free, until its own prices hold.
    ///
    /// # Errors
    /// When an instant is not one.
    pub(super) fn every(&self) -> Result<BTreeMap<String, Vec<Entry>>> {
        let mut providers: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for found in self.of(Kind::Every) {
            let entry = Entry {
                since: found.instant,
                why: Some(found.note.clone()),
                ..Entry::free()
            };
            providers.entry(found.provider.clone()).or_default().push(entry);
        }
        Ok(providers)
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &Exception> {
        self.0.iter().filter(move |found| found.kind == kind)
    }
}

impl Exception {
    fn parse(line: &str) -> Result<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind, provider, model, day, value, note] = fields[..] else {
            bail!("exceptions.tsv: not six fields: {line}")
        };
        let known = KINDS.iter().find(|(name, _)| *name == kind);
        let (_, kind) = known.with_context(|| format!("exceptions.tsv: no kind {kind}"))?;
        if note.is_empty() {
            bail!("exceptions.tsv: a line without its source: {line}");
        }
        let day = if day == "-" { None } else { Some(instant(day)?) };
        let instant = match kind {
            Kind::Real | Kind::Flat => Some(instant(value)?),
            Kind::Every if value != "-" => Some(instant(value)?),
            _ => None,
        };
        Ok(Self {
            kind: *kind,
            provider: provider.to_owned(),
            model: model.to_owned(),
            day,
            value: value.to_owned(),
            instant,
            note: note.to_owned(),
        })
    }

    fn is_about(&self, provider: &str, model: &str) -> bool {
        let matches = |glob: &str, text: &str| glob == text || WildMatch::new(glob).matches(text);
        matches(&self.provider, provider) && matches(&self.model, model)
    }

    fn key(&self) -> Key {
        (self.provider.clone(), self.model.clone())
    }

    /// `2026-03-13 5,25,0.5,6.25,- fast=…`, or `-` for as far back as known.
    fn dated(&self) -> Result<Entry> {
        let (since, price) = self
            .value
            .split_once(' ')
            .context("exceptions.tsv: a state without a price")?;
        let since = if since == "-" { None } else { Some(instant(since)?) };
        let why = Some(self.note.clone());
        Ok(Entry {
            since,
            why,
            ..self.price(price)?
        })
    }

    /// `5,25,0.5,6.25,- >200000=…`.
    fn price(&self, text: &str) -> Result<Entry> {
        let (rates, parts) = text.split_once(' ').unwrap_or((text, ""));
        let fields = format!("\t{}\t{parts}", rates.replace(',', "\t"));
        Entry::parse(&fields).with_context(|| format!("exceptions.tsv: {}: no price: {text}", self.model))
    }
}
