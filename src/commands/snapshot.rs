//! What a sync leaves behind for bars: sums from the ledger, limits as they were last told, who runs and what they do.

use super::budgets::configured;
use super::context::Context;
use super::ps::demo;
use super::ps::look::{Eyes, Seen, Wanted};
use super::ps::rows::{hide_subagents, is_listed, known_sessions, row};
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::core::rows::PsRow;
use crate::core::snapshot::{AgentNow, Cost, LimitNow, Snapshot};
use crate::demo_accounts;
use crate::ledger::Ledger;
use crate::prices::PriceBook;
use crate::providers::memory::{TOLD_MS, recalled_reports};
use crate::providers::report::Report;
use crate::reports::Usage;
use crate::reports::budgets::thresholds;
use anyhow::Result;
use std::collections::BTreeMap;

/// Leaves a snapshot. Without eyes, what runs stays as it was seen last. Bars miss it when it fails, nothing else does.
pub fn leave(context: &mut Context, ledger: &Ledger, book: &PriceBook, eyes: Option<&mut Eyes>) {
    if context.global.demo || !ledger.can_leave_snapshot() {
        return;
    }
    let left = make(context, ledger, book, eyes).and_then(|snapshot| ledger.leave_snapshot(&snapshot));
    if let Err(error) = left {
        context.warn(&Problem::new("bar-status", format_args!("{error:#}")));
    }
}

/// The snapshot of this moment.
///
/// # Errors
/// When the ledger is damaged, or a budget cannot be understood.
pub fn make(context: &Context, ledger: &Ledger, book: &PriceBook, eyes: Option<&mut Eyes>) -> Result<Snapshot> {
    // Bars show what is, whatever this run was asked to show.
    let usage = Usage::new(ledger, book, &context.config, CostFrom::default());
    let now = context.system.now;
    let zone = context.system.zone()?;
    let mut snapshot = usage.snapshot(&configured(context)?, thresholds(&context.config), zone, now)?;
    snapshot.limits = limits(context, ledger)?;
    snapshot.zone = context.system.asked_zone().map(str::to_owned);
    if let Some(last) = ledger.snapshot().filter(|last| last.looked_at <= now) {
        (snapshot.agents, snapshot.looked_at, snapshot.began) = (last.agents, last.looked_at, last.began);
    }
    if let Some(eyes) = eyes {
        // Busy or not is told by comparing with the last look, if there was one: bars do not wait for a second sample.
        let seen = eyes.look(&context.system, Wanted::default());
        add_agents(&mut snapshot, seen, &usage, now)?;
    }
    Ok(snapshot)
}

/// A snapshot with its sums as they were, and who runs now.
///
/// # Errors
/// When the ledger is damaged.
pub fn look_again(
    mut snapshot: Snapshot,
    context: &Context,
    ledger: &Ledger,
    book: &PriceBook,
    eyes: &mut Eyes,
) -> Result<Snapshot> {
    let usage = Usage::new(ledger, book, &context.config, CostFrom::default());
    let now = context.system.now;
    let seen = eyes.look(&context.system, Wanted::default());
    add_agents(&mut snapshot, seen, &usage, now)?;
    snapshot.limits = limits(context, ledger)?;
    // Nothing was read since: they are as true as they were.
    snapshot.summed_at = now;
    Ok(snapshot)
}

/// The snapshot of the sample home.
///
/// # Errors
/// When the sample is damaged.
pub fn demo(context: &Context) -> Result<Snapshot> {
    let (book, _) = PriceBook::open(&context.system, &context.config);
    let ledger = crate::demo::ledger()?;
    let mut snapshot = make(context, &ledger, &book, None)?;
    let usage = Usage::new(&ledger, &book, &context.config, CostFrom::default());
    add_agents(
        &mut snapshot,
        demo::seen(context.system.now),
        &usage,
        context.system.now,
    )?;
    for report in demo_accounts::reports(context.system.now) {
        snapshot.limits.extend(windows(report, context.system.now));
    }
    Ok(snapshot)
}

/// The windows that are not over yet, as providers or agents' files told them last.
fn limits(context: &Context, ledger: &Ledger) -> Result<Vec<LimitNow>> {
    let now = context.system.now;
    let seen = ledger.limits_since(now - TOLD_MS)?;
    let reports = recalled_reports(&context.system, &context.config, &seen, now);
    Ok(reports.flat_map(|(report, _)| windows(report, now)).collect())
}

/// The windows of a report that are not over.
fn windows(report: Report, now: i64) -> impl Iterator<Item = LimitNow> {
    let (about, told_at) = (report.about, report.fetched_at.unwrap_or_default());
    let windows = report.usage.into_iter().flat_map(|usage| usage.limits);
    let windows = windows.filter(move |limit| limit.resets_at.is_none_or(|at| at > now));
    windows.map(move |limit| LimitNow {
        provider: about.id.to_owned(),
        name: about.name.to_owned(),
        label: limit.label(),
        used_percent: limit.used_percent,
        resets_at: limit.resets_at,
        told_at,
    })
}

/// Agents that run, without what they started.
fn add_agents(snapshot: &mut Snapshot, seen: Seen, usage: &Usage<'_>, now: i64) -> Result<()> {
    let mut sights = hide_subagents(seen.sights);
    sights.retain(|sight| is_listed(sight.claim.role, false, false));
    let known = known_sessions(&sights, usage)?;
    let mut rows: Vec<PsRow> = sights.iter().map(|sight| row(sight, &known, now)).collect();
    rows.sort_by(|a, b| (a.pid, &a.session_id).cmp(&(b.pid, &b.session_id)));
    let mut began: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        if let Some(at) = row.started_at {
            let oldest = began.entry(row.agent_id.to_string()).or_insert(at);
            *oldest = at.min(*oldest);
        }
    }
    // Of agents that run no more, the last start is kept.
    snapshot.began.retain(|(agent, _)| !began.contains_key(agent));
    snapshot.began.extend(began);
    snapshot.agents = rows.into_iter().map(|row| agent(row, now)).collect();
    snapshot.looked_at = now;
    Ok(())
}

fn agent(row: PsRow, now: i64) -> AgentNow {
    AgentNow {
        pid: row.pid,
        agent: row.agent_id.to_string(),
        session: row.session_id.map(|id| id.to_string()),
        name: row.session_name.map(|name| name.to_string()),
        model: row.model_id.map(|model| model.to_string()),
        status: row.status,
        since: row.since_ms.map(|since| now - since),
        pane: row.tmux_pane,
        cost: Cost::new(row.cost, row.cost_status),
    }
}
