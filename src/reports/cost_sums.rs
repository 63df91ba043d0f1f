//! Cost sums: turns added up by one grouping, and the rows that come of it.

use super::cost::{ByModel, CostReport, Dimension, Grouping};
use super::{Priced, Sessions, Usage, text};
use crate::core::group::Totals;
use crate::core::money::Money;
use crate::core::period::{BLOCK_MS, Calendar, Period, Range, Unit};
use crate::core::project::Projects;
use crate::core::rows::{CostRow, SessionShown, Text, Used};
use crate::core::time::Time;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The key of a group: 0 for dimensions that were not requested or have no value.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Key {
    start: i64,
    agent: u32,
    provider: u32,
    vendor: u32,
    model: u32,
    name: u32,
    project: u32,
    session: i64,
    branch: u32,
    subagent: u32,
    host: u32,
}

struct Group {
    key: Key,
    period: Option<Period>,
    totals: Totals,
    /// Rows; some more than once until all turns are added.
    sessions: Vec<i64>,
}

/// Texts by number, from 1 on.
#[derive(Default)]
struct Interned {
    texts: Vec<Text>,
    numbers: FxHashMap<Text, u32>,
}

impl Interned {
    fn number(&mut self, text: Option<&Text>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        self.texts.push(text.clone());
        let number = self.texts.len() as u32;
        self.numbers.insert(text.clone(), number);
        number
    }

    fn text(&self, number: u32) -> Option<Text> {
        (number as usize)
            .checked_sub(1)
            .and_then(|at| self.texts.get(at).cloned())
    }
}

/// The blocks of each provider.
pub(super) type Blocks = FxHashMap<Option<Text>, Vec<Range>>;

/// The start of the period, the model, the origin, the session and the source of a turn, as far as they matter.
type Decides = (i64, u32, u32, i64, i64);

/// The groups so far.
pub(super) struct Sums<'g> {
    grouping: &'g Grouping,
    sessions: Option<&'g Sessions>,
    with_models: bool,
    calendar: Calendar<'g>,
    block_ranges: Blocks,
    unit: Option<Unit>,
    has_block: bool,
    by_model: bool,
    by_origin: bool,
    by_host: bool,
    names: Interned,
    model_numbers: FxHashMap<u32, [u32; 4]>,
    session_parts: FxHashMap<i64, (i64, u32)>,
    origin_numbers: FxHashMap<u32, (u32, u32)>,
    groups: Vec<Group>,
    by_key: FxHashMap<Key, usize>,
    models: Vec<ByModel>,
    /// What decided the last turn's group: mostly the next turn's is the same.
    decided_by: Option<Decides>,
    last_at: usize,
}

impl<'g> Sums<'g> {
    pub(super) fn new(
        grouping: &'g Grouping,
        sessions: Option<&'g Sessions>,
        zone: &'g TimeZone,
        block_ranges: Blocks,
        with_models: bool,
    ) -> Self {
        let by_model = [
            Dimension::Provider,
            Dimension::Vendor,
            Dimension::Model,
            Dimension::Name,
        ]
        .into_iter()
        .any(|dimension| grouping.has(dimension));
        Self {
            grouping,
            sessions,
            with_models,
            calendar: Calendar::new(zone),
            block_ranges,
            unit: grouping.unit(),
            has_block: grouping.has(Dimension::Block),
            by_model,
            by_origin: grouping.has(Dimension::Branch) || grouping.has(Dimension::Subagent),
            by_host: grouping.has(Dimension::Host),
            names: Interned::default(),
            model_numbers: FxHashMap::default(),
            session_parts: FxHashMap::default(),
            origin_numbers: FxHashMap::default(),
            groups: Vec::new(),
            by_key: FxHashMap::default(),
            models: Vec::new(),
            decided_by: None,
            last_at: usize::MAX,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, usage: &Usage<'_>, turn: &Priced<'_>) {
        let grouping = self.grouping;
        let row = turn.model_row;
        let start = self
            .unit
            .map_or(0, |unit| self.calendar.period(unit, turn.numbers.timestamp).start);
        let origin = if self.by_origin { turn.origin_row } else { 0 };
        let source = if self.by_host { turn.key.source } else { 0 };
        let decides = Some((
            start,
            if self.by_model { row } else { 0 },
            origin,
            turn.key.session,
            source,
        ));
        if self.has_block || self.decided_by != decides {
            self.decided_by = decides;
            let [provider, vendor, model, name] = *self.model_numbers.entry(row).or_insert_with(|| {
                let model = turn.model;
                [&model.provider, &model.vendor, &model.model, &model.display]
                    .map(|text| self.names.number(text.as_ref()))
            });
            let (session, project) = *self.session_parts.entry(turn.key.session).or_insert_with(|| {
                let session = self.sessions.and_then(|sessions| {
                    if grouping.roots {
                        sessions.root_of(turn.key.session)
                    } else {
                        sessions.of(turn.key.session)
                    }
                });
                let project = session.and_then(|session| session.project.as_deref());
                let counted_as = project.map(|path| Text::from(grouping.projects.counted_as(path)));
                (
                    session.map_or(turn.key.session, |session| session.row),
                    self.names.number(counted_as.as_ref()),
                )
            });
            let (branch, subagent) = *self.origin_numbers.entry(origin).or_insert_with(|| {
                let origin = usage.ledger.names().origin(origin);
                (
                    self.names.number(text(origin.branch).as_ref()),
                    self.names.number(text(origin.subagent).as_ref()),
                )
            });
            let period = self.unit.map(|unit| self.calendar.period(unit, turn.numbers.timestamp));
            let block = self.has_block.then(|| block_of(&self.block_ranges, turn));
            let asked = |dimension, value| if grouping.has(dimension) { value } else { 0 };
            let key = Key {
                start: period
                    .map(|period| period.start)
                    .or(block.map(|block| block.start))
                    .unwrap_or(0),
                agent: asked(Dimension::Agent, turn.key.agent + 1),
                // A block is one provider's.
                provider: if block.is_some() {
                    provider
                } else {
                    asked(Dimension::Provider, provider)
                },
                vendor: asked(Dimension::Vendor, vendor),
                model: asked(Dimension::Model, model),
                name: asked(Dimension::Model, name).max(asked(Dimension::Name, name)),
                project: asked(Dimension::Project, project),
                session: if grouping.has(Dimension::Session) { session } else { 0 },
                branch: asked(Dimension::Branch, branch),
                subagent: asked(Dimension::Subagent, subagent),
                host: if self.by_host {
                    self.names.number(usage.host_of(source))
                } else {
                    0
                },
            };
            self.last_at = *self.by_key.entry(key).or_insert_with(|| {
                let period = period.cloned().or_else(|| block.map(block_period));
                self.groups.push(Group {
                    key,
                    period,
                    totals: Totals::default(),
                    sessions: Vec::new(),
                });
                self.models.push(FxHashMap::default());
                self.groups.len() - 1
            });
            let group = &mut self.groups[self.last_at];
            if group.sessions.last() != Some(&session) {
                group.sessions.push(session);
            }
        }
        self.groups[self.last_at].totals.add(&turn.addend());
        if self.with_models {
            self.models[self.last_at]
                .entry((turn.key.agent, row))
                .or_default()
                .add(&turn.addend());
        }
    }

    /// Rows by period, then by descending cost, and their sum.
    pub(super) fn report(self, usage: &Usage<'_>, now: i64) -> CostReport {
        let (mut groups, mut models) = (self.groups, self.models);
        if let Some(last) = self.grouping.last {
            let starts: BTreeSet<i64> = groups.iter().map(|group| group.key.start).collect();
            let first = starts.len().saturating_sub(last);
            let from = starts.into_iter().nth(first).unwrap_or(i64::MAX);
            (groups, models) = groups
                .into_iter()
                .zip(models)
                .filter(|(group, _)| group.key.start >= from)
                .unzip();
        }
        let grouped_by = self.grouping.keys();
        let mut total = Totals::default();
        let mut all_sessions = Vec::new();
        for group in &mut groups {
            sort_once(&mut group.sessions);
            total.merge(&group.totals);
            all_sessions.extend(&group.sessions);
        }
        sort_once(&mut all_sessions);
        let mut rows: Vec<(CostRow, ByModel)> = groups
            .iter()
            .map(|group| CostRow {
                grouped_by: grouped_by.clone(),
                ..usage.cost_row(group, &self.names, self.sessions, now, self.grouping)
            })
            .zip(models)
            .collect();
        if self.with_models {
            rows.iter_mut()
                .for_each(|(row, models)| row.used = Some(Box::new(usage.used(models))));
        }
        rows.sort_by(|(a, _), (b, _)| {
            a.start
                .cmp(&b.start)
                .then_with(|| b.cost.cmp(&a.cost))
                .then_with(|| label(a).cmp(&label(b)))
        });
        let whole = Group {
            key: Key::default(),
            period: None,
            totals: total,
            sessions: all_sessions,
        };
        let total = usage.cost_row(
            &whole,
            &self.names,
            None,
            now,
            &Grouping {
                by: Vec::new(),
                roots: false,
                projects: Projects::default(),
                last: None,
            },
        );
        let (rows, models) = rows.into_iter().unzip();
        CostReport {
            rows,
            total,
            plan_cost: whole.totals.plan_cost,
            models,
        }
    }
}

impl Usage<'_> {
    fn cost_row(
        &self,
        group: &Group,
        names: &Interned,
        sessions: Option<&Sessions>,
        now: i64,
        grouping: &Grouping,
    ) -> CostRow {
        let key = &group.key;
        let session = sessions
            .filter(|_| key.session != 0)
            .and_then(|sessions| sessions.of(key.session));
        let totals = &group.totals;
        let tokens = totals.tokens.tokens();
        let cost = totals.cost.cost();
        let range = group.period.as_ref().map(Period::range);
        let active = range.filter(|range| grouping.has(Dimension::Block) && range.contains(now));
        let per_hour = active.and_then(|range| rate_per_hour(cost?, now - range.start));
        let (cost_display, currency) = self.displayed(cost);
        CostRow {
            period: group.period.as_ref().map(|period| period.label.clone()),
            start: range.map(|range| range.start),
            end: range.map(|range| range.end),
            agent_id: key.agent.checked_sub(1).map(|row| self.agent_id(row)),
            provider_id: names.text(key.provider),
            vendor_id: names.text(key.vendor),
            model_id: names.text(key.model),
            model_name: names.text(key.name),
            project_path: names.text(key.project),
            session_id: session.map(|session| session.id.clone()),
            session_name: session.and_then(|session| session.name.clone()),
            sessions: group.sessions.len() as u64,
            turns: totals.turns,
            tokens,
            total_tokens: tokens.total(),
            cost,
            cost_status: totals.cost.status(),
            billing: totals.billing.billing(),
            unpriced_tokens: totals.cost.unpriced_tokens(),
            cost_per_hour: per_hour,
            projected_cost: active.and_then(|range| projected(cost?, now - range.start)),
            branch: names.text(key.branch),
            subagent: names.text(key.subagent),
            host: names.text(key.host),
            cost_display,
            currency,
            grouped_by: Arc::default(),
            session: session.map(|session| {
                Box::new(SessionShown {
                    agent_id: self.agent_id(session.agent),
                    project_path: session.project.clone(),
                    updated_at: session.updated_at,
                })
            }),
            used: None,
        }
    }

    /// Agents and models by their names, most expensive first.
    fn used(&self, models: &ByModel) -> Used {
        let by_cost = |name: &dyn Fn(&(u32, u32)) -> Text| {
            let mut sums: FxHashMap<Text, (Option<Money>, u64)> = FxHashMap::default();
            for (key, totals) in models {
                let sum = sums.entry(name(key)).or_default();
                sum.0 = sum.0.max(totals.cost.cost());
                sum.1 += totals.tokens.tokens().known_total();
            }
            let mut names: Vec<(Text, (Option<Money>, u64))> = sums.into_iter().collect();
            names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            names
                .into_iter()
                .map(|(name, _)| name)
                .filter(|name| !name.is_empty())
                .collect()
        };
        Used {
            agents: by_cost(&|(agent, _)| self.agent_id(*agent)),
            models: by_cost(&|(_, model)| self.models().of(*model).display.clone().unwrap_or_else(|| "".into())),
        }
    }
}

fn block_of(ranges: &FxHashMap<Option<Text>, Vec<Range>>, turn: &Priced<'_>) -> Range {
    let at = turn.numbers.timestamp;
    let ranges = ranges.get(&turn.model.provider).map_or(&[][..], Vec::as_slice);
    let after = ranges.partition_point(|range| range.start <= at);
    match after.checked_sub(1).map(|index| ranges[index]) {
        Some(range) => range,
        None => Range {
            start: at,
            end: at.saturating_add(BLOCK_MS),
        },
    }
}

fn block_period(range: Range) -> Period {
    Period {
        label: Time(range.start).to_string().into(),
        start: range.start,
        end: range.end,
    }
}

/// Dollars per hour since the block started; `None` in its first minute, when the rate is meaningless.
fn rate_per_hour(cost: Money, elapsed_ms: i64) -> Option<Money> {
    scaled(cost, 3_600_000, elapsed_ms)
}

/// The projected cost at the end of the block.
fn projected(cost: Money, elapsed_ms: i64) -> Option<Money> {
    scaled(cost, BLOCK_MS, elapsed_ms)
}

fn scaled(cost: Money, to_ms: i64, elapsed_ms: i64) -> Option<Money> {
    const LEAST_MS: i64 = 60_000;
    if elapsed_ms < LEAST_MS {
        return None;
    }
    Some(cost.scaled(to_ms, elapsed_ms))
}

/// Each row once.
fn sort_once(rows: &mut Vec<i64>) {
    rows.sort_unstable();
    rows.dedup();
}

/// What rows of equal period and cost are ordered by.
fn label(row: &CostRow) -> [Option<&str>; 10] {
    [
        &row.agent_id,
        &row.provider_id,
        &row.vendor_id,
        &row.model_id,
        &row.model_name,
        &row.project_path,
        &row.session_id,
        &row.branch,
        &row.subagent,
        &row.host,
    ]
    .map(|text| text.as_deref())
}
