//! Calls without a message record: `/compact`, `/btw`, the request a web search makes, streams that broke off.
//!
//! They stand in `cost-state` records alone: a session's totals by model, written when the program ends. What such a
//! total has beyond the records it covers becomes turns of its own.

use super::billed::RESUMED;
use super::cost_state::{CostState, Counts, plain};
use super::retold::Reply;
use super::transcript::{Scan, scan};
use crate::agents::shared::batch::Batch;
use crate::agents::shared::source::{Bookmark, Source};
use crate::core::fees::{Fee, Fees};
use crate::core::money::Money;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Rank};
use anyhow::Result;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A reply as recorded.
pub(super) struct Recorded {
    /// The record in the transcript; `None` in tests.
    pub reply: Option<Reply>,
    model: String,
    provider: String,
    /// Where it stands; `None` in a subagent's transcript.
    place: Option<u64>,
    time: i64,
    pub counts: Counts,
    /// How much it adds to what is known of a total: a reply that was resumed more than one of which only the end was read,
    /// as older rules did.
    knows: u64,
    /// Whether another record of the same reply counts: a fork that a subagent makes of itself starts with its replies.
    is_copy: bool,
}

/// What one total has beyond the records.
#[derive(Debug, PartialEq)]
pub(super) struct Unrecorded {
    /// Equal in every copy of the total: its place among the session's totals, and its content.
    pub total: (usize, u64),
    pub model: String,
    /// That of the recorded calls of the model, if there are any.
    pub provider: Option<String>,
    pub tokens: Tokens,
    pub cache_write_1h: u64,
    pub fees: Fees,
    pub time: i64,
    pub place: u64,
    /// Knowledge wins: the more records were seen and the more the parent's totals cover, the less is missing; then the
    /// larger rest.
    pub rank: Rank,
    /// What the program itself reckons for the model since the total before, and the replies that this covers.
    pub cost: Money,
    pub replies: Vec<usize>,
}

/// What the totals of a fork start with.
#[derive(Debug, PartialEq)]
enum Start {
    Nothing,
    /// The totals its parent had.
    Parents(BTreeMap<String, Counts>),
    /// Those of a parent whose transcript is not there, or has none.
    Unknown,
}

impl Recorded {
    /// Whether the session's own transcript has it.
    pub(super) fn is_main(&self) -> bool {
        self.place.is_some()
    }
}

/// What the totals of a transcript have beyond its records and those of its subagents, and those records.
///
/// # Errors
/// When a transcript cannot be read.
pub(super) fn find(
    path: &Path,
    session: &str,
    whole: &Scan,
    batch: &Batch,
) -> Result<(Vec<Unrecorded>, Vec<Recorded>)> {
    let mut recorded = recorded(batch, session, true);
    let mut of_subagents = Vec::new();
    for subagent in subagents(path) {
        let mut batch = Batch::default();
        if let Some(source) = Source::find(subagent, 0) {
            scan(&source, &Bookmark::default(), &mut batch)?;
        }
        of_subagents.push(self::recorded(&batch, session, false));
    }
    // As among equal turns: a copy is made after its original ended.
    of_subagents.sort_by_key(|replies| replies.iter().map(|reply| reply.time).max());
    recorded.extend(of_subagents.into_iter().flatten());
    mark_copies(&mut recorded);
    let start = match whole.state.beginning.parent() {
        None => Start::Nothing,
        Some(parent) => {
            let own = recorded.iter().map(|reply| reply.time).min();
            let forked_at = whole.state.beginning.header().or(own).unwrap_or(i64::MAX);
            parents(path, parent, forked_at)?
        }
    };
    Ok((compare(&whole.costs, &recorded, start), recorded))
}

fn recorded(batch: &Batch, session: &str, is_main: bool) -> Vec<Recorded> {
    let own = batch.turns.iter().filter(|row| {
        // Copies of what other sessions asked for are in none of its totals but the first, which starts with them.
        batch.session_id(row) == session && row.rank != Rank::SHARED
    });
    let replies = own.map(|row| {
        let [input, output, reasoning, read, written] = row.numbers.tokens.counts();
        Recorded {
            reply: Some(Reply::of(batch, row)),
            model: plain(batch.model_id(row)).to_owned(),
            provider: batch.provider_id(row).to_owned(),
            place: is_main.then_some(row.place),
            time: row.numbers.timestamp,
            knows: if row.rank.0 & RESUMED == 0 { 1 } else { 2 },
            is_copy: false,
            counts: [
                input,
                output + reasoning,
                reasoning,
                read,
                written,
                row.numbers.cache_write_1h,
                u64::from(row.numbers.fees.count(Fee::WebSearch)),
                0,
            ],
        }
    });
    replies.collect()
}

/// Leaves one record of each reply: that of the greatest rank, as among turns.
fn mark_copies(recorded: &mut [Recorded]) {
    let mut best: FxHashMap<EventKey, usize> = FxHashMap::default();
    for at in 0..recorded.len() {
        let Some(reply) = &recorded[at].reply else { continue };
        let (event, rank) = (reply.event(), reply.rank());
        let other = *best.entry(event).or_insert(at);
        if other == at {
            continue;
        }
        let is_better = recorded[other].reply.as_ref().is_some_and(|other| rank > other.rank());
        let copy = if is_better {
            best.insert(event, at);
            other
        } else {
            at
        };
        recorded[copy].is_copy = true;
    }
}

/// The transcripts of a session's subagents.
fn subagents(path: &Path) -> Vec<PathBuf> {
    let mut folders = vec![path.with_extension("").join("subagents")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "jsonl") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Size and time of a fork's parent; zeros where it is not there.
pub(super) fn stamp_of(fork: &Path, parent: &str) -> (u64, i64) {
    let source = transcript_of(fork, parent).and_then(|path| Source::find(path, 0));
    source.map_or((0, 0), |source| (source.stamp.size, source.stamp.modified_ns))
}

/// Where the transcript of a fork's parent is.
fn transcript_of(fork: &Path, parent: &str) -> Option<PathBuf> {
    let name = format!("{parent}.jsonl");
    let beside = fork.with_file_name(&name);
    // A fork may have been made for another folder.
    let elsewhere = || {
        let projects = fork.parent()?.parent()?;
        let folders = std::fs::read_dir(projects).ok()?.flatten();
        folders
            .map(|folder| folder.path().join(&name))
            .find(|path| path.is_file())
    };
    if beside.is_file() { Some(beside) } else { elsewhere() }
}

/// The totals a parent had when a fork was made of it.
fn parents(fork: &Path, parent: &str, forked_at: i64) -> Result<Start> {
    let Some(source) = transcript_of(fork, parent).and_then(|path| Source::find(path, 0)) else {
        return Ok(Start::Unknown);
    };
    let whole = scan(&source, &Bookmark::default(), &mut Batch::default())?;
    let last = whole.costs.into_iter().rfind(|state| state.time <= forked_at);
    Ok(last.map_or(Start::Unknown, |state| Start::Parents(state.models)))
}

/// Each total less the one before it and the replies recorded in between.
fn compare(states: &[CostState], recorded: &[Recorded], start: Start) -> Vec<Unrecorded> {
    let is_unknown = start == Start::Unknown;
    let mut before = match start {
        Start::Parents(models) => models,
        Start::Nothing | Start::Unknown => BTreeMap::new(),
    };
    let inherited: u64 = before
        .values()
        .flat_map(|counts| &counts[..7])
        .fold(0, |sum, count| sum.saturating_add(*count));
    let mut is_covered = vec![false; recorded.len()];
    let mut found = Vec::new();
    for (at, state) in states.iter().enumerate() {
        // What subagents asked for before the next reply of the session belongs to the process that ended here.
        let after = |reply: &&Recorded| reply.place.is_some_and(|place| place > state.place);
        let until = recorded.iter().filter(after).map(|reply| reply.time).min();
        let mut replies: BTreeMap<&str, (Counts, &str, Vec<usize>)> = BTreeMap::new();
        for (at, (reply, covered)) in recorded.iter().zip(&mut is_covered).enumerate() {
            let is_before = match reply.place {
                Some(place) => place < state.place,
                None => until.is_none_or(|until| reply.time < until),
            };
            if is_before && !std::mem::replace(covered, true) && !reply.is_copy {
                let (sum, provider, covers) = replies.entry(&reply.model).or_default();
                *sum = zip(*sum, reply.counts, u64::saturating_add);
                covers.push(at);
                *provider = &reply.provider;
            }
        }
        // Copies too: a total that was read with them knows no less when they do not count.
        let covered = recorded.iter().zip(&is_covered).filter(|(_, covered)| **covered);
        let seen: u64 = covered.map(|(reply, _)| reply.knows).sum();
        // Replies of a model that the totals do not name: they go by other names, and nothing can be compared.
        let is_comparable = replies.keys().all(|model| state.models.contains_key(*model));
        if is_comparable && !(is_unknown && at == 0) {
            for (model, total) in &state.models {
                let last = before.get(model).copied().unwrap_or_default();
                let has_restarted = total.iter().zip(last).any(|(now, before)| *now < before);
                let grown = if has_restarted {
                    *total
                } else {
                    zip(*total, last, u64::saturating_sub)
                };
                let (sum, provider, covers) = replies.remove(model.as_str()).unwrap_or_default();
                let [input, output, thinking, read, written, written_1h, searches, nanos] =
                    zip(grown, sum, u64::saturating_sub);
                let thinking = thinking.min(output);
                let tokens = Tokens::new(input, output - thinking, thinking, read, written);
                found.push(Unrecorded {
                    total: (at, state.identity),
                    model: model.clone(),
                    provider: Some(provider)
                        .filter(|provider| !provider.is_empty())
                        .map(str::to_owned),
                    tokens,
                    cache_write_1h: written_1h.min(written),
                    fees: Fees::NONE.with(Fee::WebSearch, u32::try_from(searches).unwrap_or(u32::MAX)),
                    time: state.time,
                    place: state.place,
                    rank: Rank(seen.saturating_add(inherited), tokens.known_total()),
                    cost: Money::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX)),
                    replies: covers,
                });
            }
        }
        before.clone_from(&state.models);
    }
    found
}

fn zip(a: Counts, b: Counts, each: fn(u64, u64) -> u64) -> Counts {
    std::array::from_fn(|at| each(a[at], b[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(place: u64, models: &[(&str, u64, u64)]) -> CostState {
        let models = models.iter().map(|(model, input, output)| {
            let counts = [*input, *output, 0, 0, 0, 0, 0, 0];
            ((*model).to_owned(), counts)
        });
        CostState {
            place,
            identity: place,
            time: place as i64,
            models: models.collect(),
        }
    }

    fn reply(model: &str, place: Option<u64>, time: i64, input: u64, output: u64) -> Recorded {
        Recorded {
            reply: None,
            model: model.to_owned(),
            provider: "anthropic".to_owned(),
            place,
            time,
            counts: [input, output, 0, 0, 0, 0, 0, 0],
            knows: 1,
            is_copy: false,
        }
    }

    /// Which total, model, input and output, where something is missing.
    fn missing(states: &[CostState], recorded: &[Recorded], start: Start) -> Vec<(usize, String, u64, u64)> {
        let found = compare(states, recorded, start).into_iter();
        let shown = found.map(|rest| {
            (
                rest.total.0,
                rest.model,
                rest.tokens.counts()[0],
                rest.tokens.counts()[1],
            )
        });
        shown.filter(|rest| rest.2 + rest.3 > 0).collect()
    }

    #[test]
    fn each_total_covers_the_unrecorded_calls_since_the_one_before() {
        let recorded = [
            reply("a", Some(1), 1, 10, 1),
            reply("a", Some(20), 20, 100, 10),
            // Asked for before the session went on.
            reply("b", None, 15, 5, 5),
            reply("b", None, 25, 7, 7),
        ];
        let states = [
            state(10, &[("a", 15, 2), ("b", 5, 5)]),
            state(30, &[("a", 115, 12), ("b", 12, 12), ("c", 3, 0)]),
            state(31, &[("a", 115, 12), ("b", 12, 12), ("c", 3, 0)]),
        ];
        let expected = [(0, "a".to_owned(), 5, 1), (1, "c".to_owned(), 3, 0)];
        assert_eq!(missing(&states, &recorded, Start::Nothing), expected);
        assert_eq!(missing(&states, &recorded, Start::Unknown), expected[1..]);
    }

    #[test]
    fn a_forks_totals_start_with_its_parents() {
        let parents = || Start::Parents(state(0, &[("a", 40, 4)]).models);
        let recorded = [reply("a", Some(1), 1, 10, 1)];
        assert!(missing(&[state(10, &[("a", 50, 5)])], &recorded, parents()).is_empty());
        let more = [state(10, &[("a", 53, 5)])];
        assert_eq!(missing(&more, &recorded, parents()), [(0, "a".to_owned(), 3, 0)]);
    }

    #[test]
    fn what_cannot_be_compared_adds_nothing() {
        let recorded = [reply("a-20260101", Some(1), 1, 10, 1)];
        assert!(missing(&[state(10, &[("a", 10, 1)])], &recorded, Start::Nothing).is_empty());
        // Replies of a process that was killed are in no total.
        let recorded = [reply("a", Some(1), 1, 10, 1), reply("a", Some(2), 2, 10, 1)];
        assert!(missing(&[state(10, &[("a", 12, 1)])], &recorded, Start::Nothing).is_empty());
    }

    #[test]
    fn only_the_sessions_own_record_is_taken() {
        let line = br#"{"type":"cost-state","sessionId":"s-1","startTime":1772442000007,"modelUsage":{"m[1m]":{"inputTokens":1}}}"#;
        let own = CostState::parse(line, "s-1", 3, 0).expect("JSON").expect("its own");
        assert_eq!(
            (own.time, own.models["m"]),
            (1_772_442_000_007, [1, 0, 0, 0, 0, 0, 0, 0])
        );
        assert!(CostState::parse(line, "s-2", 3, 0).expect("JSON").is_none());
        let copy = String::from_utf8_lossy(line).replace("s-1", "s-2");
        let copy = CostState::parse(copy.as_bytes(), "s-2", 3, 0)
            .expect("JSON")
            .expect("its own");
        assert_eq!(copy.identity, own.identity);
    }
}
