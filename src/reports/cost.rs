//! Cost rows: the chosen turns added up by the dimensions asked for.

use super::select::Selected;
use super::{Priced, Sessions, Usage, text};
use crate::core::group::Totals;
use crate::core::money::Money;
use crate::core::period::{BLOCK_MS, Calendar, Period, Range, Unit, blocks};
use crate::core::project::Projects;
use crate::core::rows::{CostRow, SessionShown, Text, Used};
use crate::core::time::Time;
use anyhow::Result;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What `--by` groups by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    Period(Unit),
    Block,
    Total,
    Agent,
    Provider,
    Vendor,
    Model,
    /// One name for every spelling of a model.
    Name,
    Project,
    Session,
    Branch,
    Subagent,
    Host,
}

/// How to group.
#[derive(Clone, Debug)]
pub struct Grouping {
    pub by: Vec<Dimension>,
    /// Count subagents under the session that started them.
    pub roots: bool,
    /// Paths that count as one project.
    pub projects: Projects,
    /// Only so many of the latest periods.
    pub last: Option<usize>,
}

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

/// The share of each agent and model (rows of the names) in a row.
pub(crate) type ByModel = FxHashMap<(u32, u32), Totals>;

/// Rows and their sum.
pub struct CostReport {
    pub rows: Vec<CostRow>,
    pub total: CostRow,
    /// What subscriptions cover of the total.
    pub plan_cost: Money,
    /// The share of each agent and model (rows of the names) in each row, by position, if requested.
    pub models: Vec<ByModel>,
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

impl Grouping {
    fn has(&self, dimension: Dimension) -> bool {
        self.by.contains(&dimension)
    }

    /// The keys that the dimensions fill.
    fn keys(&self) -> Arc<[&'static str]> {
        let key = |dimension: &Dimension| match dimension {
            Dimension::Period(_) => Some("period"),
            Dimension::Block => Some("block"),
            Dimension::Total => None,
            Dimension::Agent => Some("agentId"),
            Dimension::Provider => Some("providerId"),
            Dimension::Vendor => Some("vendorId"),
            Dimension::Model => Some("modelId"),
            Dimension::Name => Some("modelName"),
            Dimension::Project => Some("projectPath"),
            Dimension::Session => Some("sessionId"),
            Dimension::Branch => Some("branch"),
            Dimension::Subagent => Some("subagent"),
            Dimension::Host => Some("host"),
        };
        self.by.iter().filter_map(key).collect()
    }

    /// The calendar period; blocks are none.
    pub fn unit(&self) -> Option<Unit> {
        self.by.iter().find_map(|dimension| match dimension {
            Dimension::Period(unit) => Some(*unit),
            _ => None,
        })
    }

    /// Whether rows name sessions or projects, or fold them: then they must be at hand.
    pub fn needs_sessions(&self) -> bool {
        self.roots || self.has(Dimension::Session) || self.has(Dimension::Project)
    }
}

impl Usage<'_> {
    /// Rows by period, then by descending cost. Requires `sessions` if [`Grouping::needs_sessions`] is true. With
    /// `with_models`, sums each row's models, too.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn cost_rows(
        &self,
        selected: &Selected,
        sessions: Option<&Sessions>,
        grouping: &Grouping,
        zone: &TimeZone,
        now: i64,
        with_models: bool,
    ) -> Result<CostReport> {
        let block_ranges = if grouping.has(Dimension::Block) {
            self.blocks()?
        } else {
            FxHashMap::default()
        };
        let mut calendar = Calendar::new(zone);
        let unit = grouping.unit();
        let mut names = Interned::default();
        let mut model_numbers: FxHashMap<u32, [u32; 4]> = FxHashMap::default();
        let mut session_parts: FxHashMap<i64, (i64, u32)> = FxHashMap::default();
        let mut groups: Vec<Group> = Vec::new();
        let mut by_key: FxHashMap<Key, usize> = FxHashMap::default();
        let mut models: Vec<ByModel> = Vec::new();
        let has_block = grouping.has(Dimension::Block);
        let by_model = [
            Dimension::Provider,
            Dimension::Vendor,
            Dimension::Model,
            Dimension::Name,
        ]
        .into_iter()
        .any(|dimension| grouping.has(dimension));
        let by_origin = grouping.has(Dimension::Branch) || grouping.has(Dimension::Subagent);
        let mut origin_numbers: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        let by_host = grouping.has(Dimension::Host);
        // What decided the last turn's group: mostly the next turn's is the same.
        let (mut decided_by, mut last_at) = (None, usize::MAX);
        self.each(selected, |turn| {
            let row = turn.numbers.model;
            let start = unit.map_or(0, |unit| calendar.period(unit, turn.numbers.timestamp).start);
            let origin = if by_origin { turn.numbers.origin } else { 0 };
            let source = if by_host { turn.key.source } else { 0 };
            let decides = Some((start, if by_model { row } else { 0 }, origin, turn.key.session, source));
            if has_block || decided_by != decides {
                decided_by = decides;
                let [provider, vendor, model, name] = *model_numbers.entry(row).or_insert_with(|| {
                    let model = turn.model;
                    [&model.provider, &model.vendor, &model.model, &model.display]
                        .map(|text| names.number(text.as_ref()))
                });
                let (session, project) = *session_parts.entry(turn.key.session).or_insert_with(|| {
                    let session = sessions.and_then(|sessions| {
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
                        names.number(counted_as.as_ref()),
                    )
                });
                let (branch, subagent) = *origin_numbers.entry(origin).or_insert_with(|| {
                    let origin = self.ledger.names().origin(origin);
                    (
                        names.number(text(origin.branch).as_ref()),
                        names.number(text(origin.subagent).as_ref()),
                    )
                });
                let period = unit.map(|unit| calendar.period(unit, turn.numbers.timestamp));
                let block = has_block.then(|| block_of(&block_ranges, turn));
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
                    host: if by_host { names.number(self.host_of(source)) } else { 0 },
                };
                last_at = *by_key.entry(key).or_insert_with(|| {
                    let period = period.cloned().or_else(|| block.map(block_period));
                    groups.push(Group {
                        key,
                        period,
                        totals: Totals::default(),
                        sessions: Vec::new(),
                    });
                    models.push(FxHashMap::default());
                    groups.len() - 1
                });
                let group = &mut groups[last_at];
                if group.sessions.last() != Some(&session) {
                    group.sessions.push(session);
                }
            }
            groups[last_at].totals.add(&turn.addend());
            if with_models {
                models[last_at]
                    .entry((turn.key.agent, row))
                    .or_default()
                    .add(&turn.addend());
            }
            Ok(())
        })?;

        if let Some(last) = grouping.last {
            let starts: BTreeSet<i64> = groups.iter().map(|group| group.key.start).collect();
            let first = starts.len().saturating_sub(last);
            let from = starts.into_iter().nth(first).unwrap_or(i64::MAX);
            (groups, models) = groups
                .into_iter()
                .zip(models)
                .filter(|(group, _)| group.key.start >= from)
                .unzip();
        }
        let grouped_by = grouping.keys();
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
                ..self.cost_row(group, &names, sessions, now, grouping)
            })
            .zip(models)
            .collect();
        if with_models {
            rows.iter_mut()
                .for_each(|(row, models)| row.used = Some(Box::new(self.used(models))));
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
        let total = self.cost_row(
            &whole,
            &names,
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
        Ok(CostReport {
            rows,
            total,
            plan_cost: whole.totals.plan_cost,
            models,
        })
    }

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

    /// The 5-hour blocks of each provider, from all its turns: filters do not move where a block begins.
    fn blocks(&self) -> Result<FxHashMap<Option<Text>, Vec<Range>>> {
        let answers = self.answers()?.into_iter();
        let ranges = answers.map(|(provider, times)| (provider, blocks(times)));
        Ok(ranges.collect())
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
