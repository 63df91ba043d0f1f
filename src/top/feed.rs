//! The feed: rows of each view, made the way the command makes them that prints the same rows.

use super::rows::{CostRows, DetailRows, ProjectRows, Today, TrendRows};
use super::view::View;
use super::wanted::{DetailWanted, Wanted};
use super::window::Window;
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::period::{Range, Unit};
use crate::core::process::DetailLimits;
use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow};
use crate::core::trend::Span;
use crate::engine::Engine;
use crate::engine::live_rows::{Shown, known_sessions, rows};
use crate::engine::scan::{LiveSession, Scan};
use crate::render::{Grep, Row};
use crate::reports::budgets::thresholds;
use crate::reports::cost::{CostReport, Dimension, Grouping};
use crate::reports::select::Selected;
use crate::reports::show::Named;
use crate::reports::trends::Trends;
use crate::reports::{Sessions, Usage};
use anyhow::{Result, bail};

/// Turns that details list.
const MOST_TURNS: usize = 2_000;
/// Messages of a session that details show.
const MESSAGES: DetailLimits = DetailLimits {
    messages: 40,
    text_chars: Some(4_000),
};

/// The turns that a filter leaves, with the sessions at hand.
struct Chosen<'e> {
    engine: &'e Engine,
    usage: Usage<'e>,
    sessions: Sessions,
    selected: Selected,
    filter: TurnFilter,
}

impl<'e> Chosen<'e> {
    fn new(engine: &'e Engine, text: &FilterText) -> Result<Self> {
        let filter = engine.filter(text)?;
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&filter, Some(&sessions))?;
        Ok(Self {
            engine,
            usage,
            sessions,
            selected,
            filter,
        })
    }

    fn by(&self, by: &[Dimension]) -> Result<CostReport> {
        self.by_of(by, &self.selected)
    }

    fn grouping(&self, by: &[Dimension]) -> Grouping {
        Grouping {
            last: None,
            by: by.to_vec(),
            roots: false,
            projects: self.engine.projects(),
        }
    }

    /// One report for each of these groupings, from one look at the turns.
    fn by_each<const N: usize>(&self, by: [&[Dimension]; N]) -> Result<[CostReport; N]> {
        let groupings = by.map(|by| self.grouping(by));
        let (zone, now) = (self.engine.system.zone()?, self.engine.system.now);
        let reports = self
            .usage
            .cost_reports(&self.selected, Some(&self.sessions), &groupings, zone, now, false)?;
        let Ok(reports) = reports.try_into() else {
            bail!("a grouping has no report");
        };
        Ok(reports)
    }

    fn by_of(&self, by: &[Dimension], selected: &Selected) -> Result<CostReport> {
        let grouping = self.grouping(by);
        let (zone, now) = (self.engine.system.zone()?, self.engine.system.now);
        self.usage
            .cost_rows(selected, Some(&self.sessions), &grouping, zone, now, false)
    }

    fn total_in(&self, range: Range) -> Result<CostRow> {
        Ok(self.by_of(&[Dimension::Total], &self.within(range)?)?.total)
    }

    /// The same turns of another time.
    fn within(&self, range: Range) -> Result<Selected> {
        let filter = TurnFilter {
            range,
            ..self.filter.clone()
        };
        self.usage.select(&filter, Some(&self.sessions))
    }

    fn session_rows(&self) -> Result<Vec<SessionRow>> {
        let idle = self.filter.admits_idle_sessions();
        self.usage.session_rows(&self.selected, &self.sessions, idle)
    }
}

/// The sessions of a scan that a list shows.
pub fn listed(scan: Scan, has_helpers: bool) -> Vec<LiveSession> {
    Shown::of(has_helpers, false).among(scan.sessions)
}

/// Running agents, by pid; then those of other machines.
///
/// # Errors
/// When the ledger is damaged, or a filter has no key here.
pub fn live(engine: &Engine, scanned: &[LiveSession], remote: &[PsRow], filter: &FilterText) -> Result<Vec<PsRow>> {
    let known = known_sessions(scanned, &engine.usage()?)?;
    let rows = rows(scanned, remote, &known, engine.system.now);
    Ok(matching(engine.choose(filter, rows)?, filter))
}

/// Providers with what they last reported.
///
/// # Errors
/// When the ledger cannot be read, or a filter has no key here.
pub fn recalled(engine: &mut Engine, wanted: &Wanted) -> Result<Vec<ProviderRow>> {
    let rows = match engine.is_sample() {
        true => engine.limits(&Default::default())?,
        false => engine.recalled_rows(wanted.has_unconfigured)?,
    };
    Ok(matching(engine.choose(&wanted.filter, rows)?, &wanted.filter))
}

/// The rows with the texts of `--grep`.
pub fn matching<R: Row>(mut rows: Vec<R>, filter: &FilterText) -> Vec<R> {
    let grep = Grep::new(&filter.grep);
    if !grep.is_empty() {
        rows.retain(|row| serde_json::to_value(row).is_ok_and(|row| grep.matches(&row)));
    }
    rows
}

/// Sessions of the window, newest first.
///
/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn sessions(engine: &Engine, wanted: &Wanted) -> Result<(Vec<SessionRow>, Vec<String>)> {
    let chosen = Chosen::new(engine, &wanted.turns())?;
    let rows = matching(chosen.session_rows()?, &wanted.filter);
    Ok((rows, chosen.usage.unpriced_notes()))
}

/// Rows of the trends or of the projects, and notes on what lacks a price.
///
/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn costs(engine: &Engine, wanted: &Wanted) -> Result<(Vec<CostRow>, Vec<String>)> {
    let by = match wanted.view {
        View::Trends if wanted.is_split => &[Dimension::Period(Unit::Day), Dimension::Model][..],
        View::Trends => &[Dimension::Period(Unit::Day)],
        _ => &[Dimension::Project],
    };
    let chosen = Chosen::new(engine, &wanted.turns())?;
    let rows = matching(chosen.by(by)?.rows, &wanted.filter);
    Ok((rows, chosen.usage.unpriced_notes()))
}

/// # Errors
/// When the ledger is damaged.
pub fn today(engine: &Engine) -> Result<Today> {
    let since = FilterText {
        since: Some("today".to_owned()),
        ..FilterText::default()
    };
    let filter = engine.filter(&since)?;
    let usage = engine.usage()?;
    let selected = usage.select(&filter, None)?;
    let grouping = Grouping {
        last: None,
        by: vec![Dimension::Total],
        roots: false,
        projects: engine.projects(),
    };
    let (zone, now) = (engine.system.zone()?, engine.system.now);
    let total = usage.cost_rows(&selected, None, &grouping, zone, now, false)?.total;
    let burn = usage.snapshot(&[], thresholds(&engine.config), zone, now)?.burn;
    Ok(Today { total, burn })
}

/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn cost(engine: &Engine, wanted: &Wanted) -> Result<CostRows> {
    let chosen = Chosen::new(engine, &wanted.turns())?;
    let [models, projects, agents] =
        chosen.by_each([&[Dimension::Model], &[Dimension::Project], &[Dimension::Agent]])?;
    let before = before(engine, wanted)?
        .map(|range| chosen.total_in(range))
        .transpose()?;
    let budgets = engine.spent(&engine.budgets()?)?;
    Ok(CostRows {
        sessions: matching(chosen.session_rows()?, &wanted.filter),
        total: models.total,
        covered: models.plan_cost,
        before,
        models: models.rows,
        projects: projects.rows,
        agents: agents.rows,
        budgets: budgets.into_iter().map(|spent| spent.row).collect(),
    })
}

/// The span before the window: yesterday, or one of the same length.
fn before(engine: &Engine, wanted: &Wanted) -> Result<Option<Range>> {
    if wanted.filter.has_time() {
        return Ok(None);
    }
    let of = |filter: FilterText| -> Result<Range> { Ok(engine.filter(&filter)?.range) };
    Ok(match wanted.window {
        Window::All => None,
        Window::Today => Some(of(FilterText {
            on: Some("yesterday".to_owned()),
            ..FilterText::default()
        })?),
        window => {
            let start = of(FilterText {
                since: window.since().map(str::to_owned),
                ..FilterText::default()
            })?
            .start;
            let length = engine.system.now - start;
            Some(Range {
                start: start - length,
                end: start,
            })
        }
    })
}

/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn trends(engine: &Engine, wanted: &Wanted) -> Result<TrendRows> {
    let chosen = Chosen::new(engine, &wanted.turns())?;
    let [days, models] = chosen.by_each([&[Dimension::Period(Unit::Day)], &[Dimension::Model]])?;
    let split = match wanted.is_split {
        true => chosen.by(&[Dimension::Period(Unit::Day), Dimension::Model])?.rows,
        false => Vec::new(),
    };
    let zone = engine.system.zone()?;
    let span = Span::of_days(i32::from(wanted.days), engine.system.now, zone);
    let compared = chosen.within(Trends::range(&span, zone))?;
    let projects = engine.projects();
    Ok(TrendRows {
        start: chosen.filter.range.start,
        total: days.total,
        days: days.rows,
        split,
        compared: chosen
            .usage
            .trends(&compared, &chosen.sessions, &projects, span, zone)?,
        models: models.rows,
    })
}

/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn projects(engine: &Engine, wanted: &Wanted) -> Result<ProjectRows> {
    let chosen = Chosen::new(engine, &wanted.turns())?;
    let [projects, models, agents, days] = chosen.by_each([
        &[Dimension::Project],
        &[Dimension::Project, Dimension::Model],
        &[Dimension::Project, Dimension::Agent],
        &[Dimension::Project, Dimension::Period(Unit::Day)],
    ])?;
    Ok(ProjectRows {
        projects: matching(projects.rows, &wanted.filter),
        total: projects.total,
        models: models.rows,
        agents: agents.rows,
        days: days.rows,
        sessions: chosen.session_rows()?,
    })
}

/// The turns of a number, and what is known of their session.
///
/// # Errors
/// When the ledger is damaged, or a filter cannot be understood.
pub fn detail(engine: &Engine, wanted: &DetailWanted) -> Result<DetailRows> {
    let chosen = Chosen::new(engine, &wanted.filter)?;
    let turns = chosen
        .usage
        .turn_rows(&chosen.selected, &chosen.sessions, Some(MOST_TURNS))?
        .collect::<Result<Vec<_>>>()?;
    let mut rows = DetailRows {
        turns: matching(turns, &wanted.filter),
        ..DetailRows::default()
    };
    if let Some(turn) = &wanted.turn
        && let Some(Named::Turn(found)) = chosen.usage.named(turn, &chosen.sessions)?
    {
        rows.explained = Some(chosen.usage.explain(&found, &chosen.sessions, &engine.system)?);
    }
    let Some((agent, id)) = &wanted.session else {
        return Ok(rows);
    };
    rows.session = chosen
        .session_rows()?
        .into_iter()
        .find(|row| row.agent_id == *agent && row.session_id == *id);
    let is_it =
        |session: &&crate::reports::SessionView| session.id == *id && chosen.usage.agent_id(session.agent) == *agent;
    if let Some(session) = chosen.sessions.all().find(is_it) {
        rows.models = chosen.usage.session_models(session.row)?;
        rows.children = chosen.usage.children(session.row, &chosen.sessions)?;
    }
    let detail = engine.session_detail(agent, id, &MESSAGES)?;
    (rows.messages, rows.todos) = (detail.messages, detail.todos);
    Ok(rows)
}
