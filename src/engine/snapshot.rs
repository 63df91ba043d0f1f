//! The snapshot for bars: sums from the ledger, the last known limits, and live sessions.

use super::Engine;
use super::live_rows::{Shown, known_sessions, rows};
use super::plan_worth::Paces;
use super::scan::{Scan, ScanOptions};
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::core::rows::PsRow;
use crate::core::snapshot::{AgentNow, Cost, LimitNow, Snapshot};
use crate::providers::report::Report;
use crate::reports::Usage;
use crate::reports::budgets::thresholds;
use anyhow::Result;
use std::collections::BTreeMap;

impl Engine {
    /// The snapshot of this moment; what runs stays as it was seen last.
    ///
    /// # Errors
    /// When the ledger is damaged, or a budget cannot be understood.
    pub fn snapshot(&mut self) -> Result<Snapshot> {
        let now = self.system.now;
        let mut snapshot =
            self.default_usage()?
                .snapshot(&self.budgets()?, thresholds(&self.config), self.system.zone()?, now)?;
        snapshot.limits = self.limits_now()?;
        snapshot.zone = self.system.asked_zone().map(str::to_owned);
        if let Some(last) = self.ledger()?.snapshot().filter(|last| last.looked_at <= now) {
            (snapshot.agents, snapshot.looked_at, snapshot.began) = (last.agents, last.looked_at, last.began);
        }
        Ok(snapshot)
    }

    /// The snapshot of this moment, with what runs now.
    ///
    /// # Errors
    /// When the ledger is damaged, or a budget cannot be understood.
    pub fn live_snapshot(&mut self) -> Result<Snapshot> {
        let snapshot = self.snapshot()?;
        self.with_agents(snapshot)
    }

    /// A snapshot with its sums as they were, and who runs now.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn look_again(&mut self, snapshot: Snapshot) -> Result<Snapshot> {
        let mut snapshot = self.with_agents(snapshot)?;
        snapshot.limits = self.limits_now()?;
        // Nothing was read since: they are as true as they were.
        snapshot.summed_at = self.system.now;
        Ok(snapshot)
    }

    /// Leaves a snapshot. Bars miss it when that fails, nothing else does.
    pub fn leave_snapshot(&mut self, make: fn(&mut Self) -> Result<Snapshot>) {
        if !self.ledger().is_ok_and(|ledger| ledger.can_leave_snapshot()) {
            return;
        }
        let left = make(self).and_then(|snapshot| self.ledger()?.leave_snapshot(&snapshot));
        if let Err(error) = left {
            self.note_once(Problem::new("bar-status", format_args!("{error:#}")));
        }
    }

    fn with_agents(&mut self, mut snapshot: Snapshot) -> Result<Snapshot> {
        // Busy or not follows from the scan before, if there was one: bars do not wait for a second sample.
        let scan = self.scan(ScanOptions::default());
        add_agents(&mut snapshot, scan, &self.default_usage()?, self.system.now)?;
        Ok(snapshot)
    }

    /// Bars use the default options, regardless of this run's flags.
    fn default_usage(&self) -> Result<Usage<'_>> {
        let from = CostFrom::default();
        Ok(Usage::new(self.ledger()?, self.prices(), &self.config, from))
    }

    /// The current limits, as providers or agents' files last reported them.
    fn limits_now(&self) -> Result<Vec<LimitNow>> {
        let now = self.system.now;
        let (reports, paces) = (self.recalled_limits()?.into_iter(), self.paces()?);
        Ok(reports.flat_map(|(report, _)| windows(report, &paces, now)).collect())
    }
}

/// The windows of a report that are not over.
fn windows(report: Report, paces: &Paces, now: i64) -> Vec<LimitNow> {
    let (about, fetched_at) = (&report.about, report.fetched_at);
    let windows = report.usage.into_iter().flat_map(|usage| usage.limits);
    let open = windows.filter(|limit| limit.resets_at.is_none_or(|at| at > now));
    let now = open.map(|limit| LimitNow {
        provider: about.id.clone(),
        name: about.name.clone(),
        label: limit.label(),
        used_percent: limit.used_percent,
        resets_at: limit.resets_at,
        told_at: fetched_at.unwrap_or_default(),
        pace: paces.of_report(about, fetched_at, &limit),
    });
    now.collect()
}

/// Running agents, without their helpers.
fn add_agents(snapshot: &mut Snapshot, scan: Scan, usage: &Usage<'_>, now: i64) -> Result<()> {
    let live = Shown::Agents.among(scan.sessions);
    let known = known_sessions(&live, usage)?;
    let rows = rows(&live, &[], &known, now);
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
