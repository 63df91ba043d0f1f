//! Compares the ledger with files of other programs and with bills, and explains what differs.

mod bills;
mod ccusage;
mod key;
mod model_key;
mod ours;
pub mod statement;
mod tokscale;
mod variants;
mod why;
mod zones;

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::money::Money;
use crate::core::period::{Range, midnight};
use crate::core::rows::{DiffKind, DiffReason, DiffRow, DiffWhy, Text};
use crate::reports::Sessions;
use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use key::{Grouping, Key};
use ours::{Amount, Ours};
use rustc_hash::FxHashMap;
use statement::{Counts, Level, Line, Statement, minus, plus, signed, tokens_of, total};
use std::collections::{BTreeMap, BTreeSet};
use why::{Difference, Has, Theirs, explain};

/// The values of `--kind` besides `auto`.
pub const KINDS: [&str; 5] = ["ccusage", "tokscale", "anthropic", "openai", "openrouter"];

/// Reads a file of another program or a provider. Without a kind, its content tells which one it is.
///
/// # Errors
/// When it is of no known kind, or not of the one that was named.
pub fn read(text: &[u8], kind: Option<&str>) -> Result<Statement, BadRequest> {
    let is = |name: &str| kind.is_none_or(|kind| kind == name);
    let unknown = || {
        let message = match kind {
            Some(kind) => format!("the file is no output of {kind} that ttop knows"),
            None => "the file is of no kind that ttop knows".to_owned(),
        };
        BadRequest::new(message).with_hint(
            "use 'ccusage daily --json', 'tokscale models --json', or a CSV export of Anthropic, OpenAI or OpenRouter",
        )
    };
    let document = serde_json::from_slice::<serde_json::Value>(text);
    let statement = match document {
        Ok(document) if document.is_object() => {
            let ccusage = is("ccusage").then(|| ccusage::read(&document)).flatten();
            ccusage.or_else(|| is("tokscale").then(|| tokscale::read(&document)).flatten())
        }
        _ => bills::read(text, kind).map_err(|error| BadRequest::new(format!("the file is no CSV: {error}")))?,
    };
    let statement = statement.ok_or_else(unknown)?;
    if statement.lines.is_empty() {
        let hint = "use a longer period";
        return Err(BadRequest::new(format!("{} holds no usage", statement.name)).with_hint(hint));
    }
    Ok(statement)
}

/// A line of the file, added up.
#[derive(Default)]
struct Shown {
    theirs: Theirs,
    model: Option<Text>,
    agent: Option<Text>,
}

impl Shown {
    fn add(&mut self, line: &Line) {
        let theirs = &mut self.theirs;
        let first = theirs.lines == 0;
        theirs.lines += 1;
        theirs.counts = sum(first, theirs.counts, line.counts, plus);
        theirs.cost = sum(first, theirs.cost, line.cost, Money::plus);
        if line.fees.is_some() {
            theirs.fees = Some(theirs.fees.unwrap_or_default().plus(line.fees.unwrap_or_default()));
        }
        theirs.requests = sum(first, theirs.requests, line.requests, u64::saturating_add);
        theirs.lacks_price |= line.lacks_price;
        self.model = self.model.take().or_else(|| line.model.as_deref().map(Text::from));
        self.agent = self.agent.take().or_else(|| line.agent.as_deref().map(Text::from));
    }
}

/// A sum that is unknown once a part is.
fn sum<T>(is_first: bool, known: Option<T>, more: Option<T>, add: fn(T, T) -> T) -> Option<T> {
    match (is_first, known, more) {
        (true, _, more) => more,
        (false, Some(known), Some(more)) => Some(add(known, more)),
        _ => None,
    }
}

impl Engine {
    /// The lines of a file beside the same turns of the ledger, then the turns outside its days, then the total; and
    /// notes on what lacks a price.
    ///
    /// # Errors
    /// When the ledger is damaged or the time zone is unknown.
    pub fn diff(&self, statement: &Statement, filter: &TurnFilter) -> Result<(Vec<DiffRow>, Vec<String>)> {
        let zone = match statement.is_utc {
            true => TimeZone::UTC,
            false => self.system.zone()?.clone(),
        };
        let usage = self.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(filter, Some(&sessions))?;
        let mut grouping = Grouping::new(statement, &zone);
        let sums = ours::add_up(&usage, &selected, &sessions, statement, &mut grouping)?;
        // The turns may be added up again.
        let unpriced = usage.unpriced_notes();
        let shown = lines_of(statement, filter, &grouping, &zone);
        let counts: FxHashMap<Key, Counts> = shown
            .iter()
            .filter_map(|(key, shown)| Some((key.clone(), shown.theirs.counts?)))
            .collect();
        let is_equal =
            |(key, counts): &(&Key, &Counts)| sums.lines.get(*key).is_some_and(|ours| ours.sum.counts == **counts);
        let own = counts.iter().filter(is_equal).count();
        // The turns by the days of the file's zone: what else could differ goes with them.
        let there = match zones::find(&sums, &grouping, &counts, own) {
            Some(zone) => {
                let mut grouping = Grouping::new(statement, &zone);
                Some(ours::add_up(&usage, &selected, &sessions, statement, &mut grouping)?.lines)
            }
            None => None,
        };
        let comparison = Comparison {
            statement,
            zone: &zone,
            grouping: &grouping,
            has: Has {
                counts: shown.values().any(|shown| shown.theirs.counts.is_some()),
                cost: shown.values().any(|shown| shown.theirs.cost.is_some()),
            },
            days: first_and_last(shown.keys().filter_map(|key| key.date)),
        };
        let rows = comparison.rows(&shown, sums.lines, there.as_ref());
        Ok((rows, unpriced))
    }
}

/// The file's lines that the filter takes, by key.
fn lines_of(
    statement: &Statement,
    filter: &TurnFilter,
    grouping: &Grouping<'_>,
    zone: &TimeZone,
) -> BTreeMap<Key, Shown> {
    let mut shown: BTreeMap<Key, Shown> = BTreeMap::new();
    for line in &statement.lines {
        let key = grouping.of_line(line);
        let is_within = key.date.is_none_or(|first| {
            let (start, end) = (midnight(first, zone), midnight(grouping.next_after(first), zone));
            !filter.range.is_apart(Range { start, end })
        });
        let is_model = line.model.is_none() || filter.models.matches(line.model.as_deref());
        if is_within && is_model {
            shown.entry(key).or_default().add(line);
        }
    }
    shown
}

fn first_and_last(dates: impl Iterator<Item = Date> + Clone) -> Option<(Date, Date)> {
    dates.clone().min().zip(dates.max())
}

struct Comparison<'c> {
    statement: &'c Statement,
    zone: &'c TimeZone,
    grouping: &'c Grouping<'c>,
    has: Has,
    /// The first days of the file's first and last line.
    days: Option<(Date, Date)>,
}

impl Comparison<'_> {
    fn rows(
        &self,
        shown: &BTreeMap<Key, Shown>,
        mut lines: FxHashMap<Key, Ours>,
        there: Option<&FxHashMap<Key, Ours>>,
    ) -> Vec<DiffRow> {
        let mut outside = Ours::default();
        if let Some((first, last)) = self.days {
            lines.retain(|key, ours| {
                let is_inside = key.date.is_none_or(|date| (first..=last).contains(&date));
                if !is_inside {
                    outside.totals.merge(&ours.totals);
                    outside.sum.add(ours.sum);
                }
                is_inside
            });
        }
        let keys: BTreeSet<&Key> = shown.keys().chain(lines.keys()).collect();
        let nothing = Ours::default();
        let mut rows: Vec<DiffRow> = keys
            .into_iter()
            .map(|key| {
                let ours = lines.get(key).unwrap_or(&nothing);
                let there = there.map(|there| there.get(key).unwrap_or(&nothing));
                self.row(key, shown.get(key), ours, there)
            })
            .filter(|row| row.turns > 0 || row.their_total_tokens != Some(0) || row.their_cost != Some(Money::ZERO))
            .collect();
        let total = total_of(&rows, lines.values());
        if outside.totals.turns > 0 {
            rows.push(self.outside(&outside));
        }
        rows.push(total);
        rows
    }

    /// `there` are the turns of the same days in the file's zone, where that is another one.
    fn row(&self, key: &Key, shown: Option<&Shown>, ours: &Ours, there: Option<&Ours>) -> DiffRow {
        let theirs = shown.map(|shown| &shown.theirs);
        let difference = Difference::of(theirs, ours, self.has);
        let moved = there.map(|there| Amount {
            counts: minus(there.sum.counts, ours.sum.counts),
            cost: there.sum.cost.saturating_sub(ours.sum.cost),
        });
        let why = explain(
            difference,
            theirs,
            there.unwrap_or(ours),
            moved,
            self.statement.rounding,
        );
        let kind = match self.statement.level {
            Level::Day => DiffKind::Day,
            Level::Week => DiffKind::Week,
            Level::Month => DiffKind::Month,
            Level::Session => DiffKind::Session,
            Level::Whole => DiffKind::Model,
        };
        let mut row = new_row(kind, theirs, ours, difference, why);
        if let Some(first) = key.date {
            row.start = Some(midnight(first, self.zone));
            row.end = Some(midnight(self.grouping.next_after(first), self.zone));
            row.period = Some(match self.statement.level {
                Level::Month => first.strftime("%Y-%m").to_string().into(),
                _ => first.to_string().into(),
            });
        }
        row.session_id = key
            .session
            .as_deref()
            .and_then(|subject| self.grouping.session_id(subject));
        row.agent_id = shown
            .and_then(|shown| shown.agent.clone())
            .or_else(|| key.agent.clone());
        row.model_id = shown
            .and_then(|shown| shown.model.clone())
            .or_else(|| self.grouping.model_name(key));
        row
    }

    fn outside(&self, ours: &Ours) -> DiffRow {
        let difference = Difference {
            counts: self.has.counts.then_some(ours.sum.counts.map(i64::saturating_neg)),
            cost: self
                .has
                .cost
                .then(|| ours.totals.cost.cost())
                .flatten()
                .map(|cost| -cost.nanos()),
        };
        let why = vec![DiffWhy {
            reason: DiffReason::OutsideFile,
            tokens: difference.counts.map(total),
            cost: difference.cost.map(Money::from_nanos),
        }];
        new_row(DiffKind::Outside, None, ours, difference, why)
    }
}

fn new_row(kind: DiffKind, theirs: Option<&Theirs>, ours: &Ours, difference: Difference, why: Vec<DiffWhy>) -> DiffRow {
    let counts = theirs.and_then(|theirs| theirs.counts);
    let tokens = ours.totals.tokens.tokens();
    DiffRow {
        kind,
        period: None,
        start: None,
        end: None,
        agent_id: None,
        model_id: None,
        session_id: None,
        their_tokens: tokens_of(counts),
        their_total_tokens: counts.map(|counts| u64::try_from(total(counts)).unwrap_or(0)),
        their_cost: theirs.and_then(|theirs| theirs.cost),
        turns: ours.totals.turns,
        tokens,
        total_tokens: tokens.total(),
        cost: ours.totals.cost.cost(),
        cost_status: ours.totals.cost.status(),
        tokens_difference: difference.counts.map(total),
        cost_difference: difference.cost.map(Money::from_nanos),
        why,
    }
}

/// All rows and their reasons added up.
fn total_of<'o>(rows: &[DiffRow], lines: impl Iterator<Item = &'o Ours>) -> DiffRow {
    let mut ours = Ours::default();
    lines.for_each(|line| ours.totals.merge(&line.totals));
    let mut row = new_row(
        DiffKind::Total,
        None,
        &ours,
        Difference {
            counts: None,
            cost: None,
        },
        Vec::new(),
    );
    let mut counts: Option<Counts> = None;
    let mut shares: BTreeMap<DiffReason, DiffWhy> = BTreeMap::new();
    for part in rows {
        if part.their_total_tokens.is_some() {
            let [input, output, _, read, write] = part.their_tokens.counts().map(signed);
            counts = Some(plus(counts.unwrap_or_default(), [input, output, read, write]));
        }
        row.their_cost = add(row.their_cost, part.their_cost, Money::plus);
        row.tokens_difference = add(row.tokens_difference, part.tokens_difference, i64::saturating_add);
        row.cost_difference = add(row.cost_difference, part.cost_difference, Money::plus);
        for why in &part.why {
            let share = shares.entry(why.reason).or_insert(DiffWhy {
                reason: why.reason,
                tokens: None,
                cost: None,
            });
            share.tokens = add(share.tokens, why.tokens, i64::saturating_add);
            share.cost = add(share.cost, why.cost, Money::plus);
        }
    }
    row.their_tokens = tokens_of(counts);
    row.their_total_tokens = counts.map(|counts| u64::try_from(total(counts)).unwrap_or(0));
    let is_nothing = |why: &DiffWhy| why.tokens.unwrap_or(0) == 0 && why.cost == Some(Money::ZERO);
    row.why = shares.into_values().filter(|why| !is_nothing(why)).collect();
    row
}

/// A sum that skips what is unknown.
fn add<T>(known: Option<T>, more: Option<T>, add: fn(T, T) -> T) -> Option<T> {
    match (known, more) {
        (Some(known), Some(more)) => Some(add(known, more)),
        (known, more) => known.or(more),
    }
}
