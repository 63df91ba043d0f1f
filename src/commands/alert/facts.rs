//! What alerts are decided from: budgets, providers and sessions as they are now. Nothing is asked over the network.

use crate::commands::budgets::configured;
use crate::commands::context::Context;
use crate::commands::ps::demo;
use crate::commands::ps::look::{Eyes, Seen, Sight, Wanted};
use crate::core::alert::{LimitFact, ProviderFact, Rules, SessionFact};
use crate::core::budget::Budget;
use crate::core::price::CostFrom;
use crate::core::quota::ProviderState;
use crate::core::rows::BudgetRow;
use crate::demo_accounts;
use crate::ledger::Ledger;
use crate::providers::memory::{TOLD_MS, recalled_reports};
use crate::providers::report::Report;
use crate::reports::budgets::thresholds;
use crate::reports::{Sessions, Usage};
use crate::system::System;
use crate::system::config::Config;
use anyhow::Result;
use jiff::tz::TimeZone;

const MINUTE_MS: f64 = 60_000.0;

/// What does not change while a command runs.
pub struct Watched {
    pub config: Config,
    pub cost_from: CostFrom,
    /// Everything comes from the sample home.
    pub is_demo: bool,
    budgets: Vec<Budget>,
    zone: TimeZone,
}

impl Watched {
    /// # Errors
    /// When a budget's project or the time zone cannot be understood.
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Self {
            config: context.config.clone(),
            cost_from: context.cost_from(),
            is_demo: context.global.demo,
            budgets: configured(context)?,
            zone: context.system.zone()?.clone(),
        })
    }

    /// # Errors
    /// When the ledger cannot be read.
    pub fn rules(&self, ledger: &Ledger) -> Result<Rules> {
        let idle_minutes = self.config.number(&["alerts", "idleMinutes"]).unwrap_or(15.0);
        let config = |path: &[&str]| self.config.value(path).cloned();
        // What an amount is made of besides the turns.
        let basis = serde_json::json!([
            config(&["billing"]),
            config(&["budgets", "rules"]),
            config(&["prices", "overrides"]),
            config(&["projects"]),
            format!("{:?}", self.cost_from),
            ledger.erasures()?,
        ]);
        Ok(Rules {
            thresholds: thresholds(&self.config),
            idle_ms: (idle_minutes * MINUTE_MS) as i64,
            basis: format!("{:016x}", xxhash_rust::xxh3::xxh3_64(basis.to_string().as_bytes())),
        })
    }

    /// # Errors
    /// When the ledger is damaged.
    pub fn budgets(&self, usage: &Usage<'_>, now: i64) -> Result<Vec<BudgetRow>> {
        let spent = usage.budget_rows(&self.budgets, thresholds(&self.config), &self.zone, now)?;
        Ok(spent.into_iter().map(|one| one.row).collect())
    }

    /// What runs now.
    pub fn look(&self, eyes: &mut Eyes, system: &System) -> Seen {
        match self.is_demo {
            true => demo::seen(system.now),
            false => eyes.look(system, Wanted::default()),
        }
    }

    /// What other commands and local files brought in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn providers(&self, system: &System, ledger: &Ledger, now: i64) -> Result<Vec<ProviderFact>> {
        if self.is_demo {
            let reports = demo_accounts::reports(now).into_iter();
            return Ok(reports.map(|report| provider_fact(report, None)).collect());
        }
        let seen = ledger.limits_since(now - TOLD_MS)?;
        let reports = recalled_reports(system, &self.config, &seen, now);
        let facts = reports.filter_map(|(report, memory)| {
            let failure = memory.failure.as_ref().map(|failure| (failure.state, failure.in_a_row));
            (report.usage.is_some() || failure.is_some()).then(|| provider_fact(report, failure))
        });
        Ok(facts.collect())
    }
}

/// What a report says of limits.
fn provider_fact(report: Report, failure: Option<(ProviderState, u32)>) -> ProviderFact {
    let usage = report.usage.unwrap_or_default();
    let limits = usage.limits.iter().map(|limit| LimitFact {
        label: limit.label(),
        used_percent: limit.used_percent,
        resets_at: limit.resets_at,
        seen_at: report.fetched_at.unwrap_or_default(),
    });
    ProviderFact {
        provider_id: report.about.id.to_owned(),
        name: report.about.name.to_owned(),
        limits: limits.collect(),
        plan: usage.plan,
        failure,
    }
}

/// The sessions that running processes show, with the names the ledger has for them.
///
/// # Errors
/// When the ledger is damaged.
pub fn sessions(sights: &[Sight], ledger: &Ledger) -> Result<Vec<SessionFact>> {
    let ids = sights
        .iter()
        .filter_map(|sight| Some((sight.agent_id, sight.claim.session.as_ref()?.id.as_str())));
    let known = Sessions::load_named(ledger, ids)?;
    let names = ledger.names();
    let mut facts: Vec<SessionFact> = Vec::new();
    for sight in sights {
        let Some(session) = &sight.claim.session else { continue };
        // Two windows on one session are one session.
        let is_there = |fact: &SessionFact| *fact.agent_id == *sight.agent_id && *fact.session_id == *session.id;
        if facts.iter().any(is_there) {
            continue;
        }
        let is_it = |view: &&crate::reports::SessionView| {
            *view.id == *session.id && names.agent(view.agent) == Some(sight.agent_id)
        };
        let view = known.all().find(is_it);
        let about = &sight.facts.about;
        let title = about.title.clone().filter(|_| ledger.keeps_titles);
        facts.push(SessionFact {
            agent_id: sight.agent_id.into(),
            session_id: session.id.as_str().into(),
            title: view.and_then(|view| view.name.as_deref().map(str::to_owned)).or(title),
            project: view
                .and_then(|view| view.project.as_deref().map(str::to_owned))
                .or_else(|| about.project.clone()),
            is_root: about.parent_id.is_none() && view.is_none_or(|view| view.parent.is_none()),
            standing: sight.standing.clone(),
        });
    }
    Ok(facts)
}
