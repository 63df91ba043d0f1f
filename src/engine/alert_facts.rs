//! What alerts are decided from: budgets, providers and sessions as they are now. Nothing is asked over the network.

use super::Engine;
use super::delivery::Delivery;
use super::plan_worth::Paces;
use super::scan::{LiveSession, ScanOptions};
use crate::core::alert::{AppFact, Facts, LimitFact, ProviderFact, Rules, SessionFact, decide};
use crate::core::budget::Budget;
use crate::core::event_id::tagged_id;
use crate::core::quota::ProviderState;
use crate::core::rows::{BudgetRow, EventRow, PsRow};
use crate::core::status::SessionStatus;
use crate::ledger::LedgerState;
use crate::providers::report::Report;
use crate::reports::Sessions;
use crate::reports::budgets::thresholds;
use crate::sinks::{self, Sink};
use anyhow::{Result, bail};

const MINUTE_MS: f64 = 60_000.0;

impl Engine {
    /// Everything that alerts are decided from, and problems that were met.
    ///
    /// # Errors
    /// When the ledger is damaged, or a budget cannot be understood.
    pub fn alert_facts(&mut self) -> Result<Facts> {
        self.prices();
        let scan = self.scan(ScanOptions::default());
        scan.problems.into_iter().for_each(|problem| self.note_problem(problem));
        Ok(Facts {
            now: self.system.now,
            budgets: Some(self.budget_facts(&self.budgets()?)?),
            providers: Some(self.provider_facts()?),
            sessions: Some(self.session_facts(&scan.sessions)?),
            hosts: Vec::new(),
            app: Some(app(false)),
            happened: self.registry.take_events(),
        })
    }

    /// # Errors
    /// When the ledger cannot be read.
    pub fn alert_rules(&self) -> Result<Rules> {
        let config = &self.config;
        // The inputs of a spend besides turns.
        let basis = serde_json::json!([
            config.billing,
            config.budgets.rules,
            config.prices.overrides,
            config.projects,
            format!("{:?}", self.cost_from),
            self.ledger()?.erasures()?,
        ]);
        Ok(Rules {
            thresholds: thresholds(&self.config),
            idle_ms: (config.alerts.idle_minutes * MINUTE_MS) as i64,
            basis: format!("{:016x}", xxhash_rust::xxh3::xxh3_64(basis.to_string().as_bytes())),
        })
    }

    /// # Errors
    /// When the ledger is damaged.
    pub fn budget_facts(&self, budgets: &[Budget]) -> Result<Vec<BudgetRow>> {
        Ok(self.spent(budgets)?.into_iter().map(|one| one.row).collect())
    }

    /// What other commands and local files brought in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn provider_facts(&self) -> Result<Vec<ProviderFact>> {
        let paces = self.paces()?;
        let facts = self.recalled_limits()?.into_iter().filter_map(|(report, memory)| {
            let failure = memory.failure.as_ref().map(|failure| (failure.state, failure.in_a_row));
            (report.usage.is_some() || failure.is_some()).then(|| provider_fact(report, failure, &paces))
        });
        Ok(facts.collect())
    }

    /// The sessions that running processes show, with the names the ledger has for them.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn session_facts(&self, live: &[LiveSession]) -> Result<Vec<SessionFact>> {
        let ledger = self.ledger()?;
        let ids = live
            .iter()
            .filter_map(|one| Some((&*one.agent_id, one.claim.session.as_ref()?.id.as_str())));
        let known = Sessions::load_named(ledger, ids)?;
        let names = ledger.names();
        let mut facts: Vec<SessionFact> = Vec::new();
        for one in live {
            let Some(session) = &one.claim.session else { continue };
            // Two windows on one session are one session.
            let is_there = |fact: &SessionFact| *fact.agent_id == *one.agent_id && *fact.session_id == *session.id;
            if facts.iter().any(is_there) {
                continue;
            }
            let is_it = |view: &&crate::reports::SessionView| {
                *view.id == *session.id && names.agent(view.agent) == Some(&*one.agent_id)
            };
            let view = known.all().find(is_it);
            let about = &one.facts.about;
            let title = about.title.clone().filter(|_| ledger.keeps_titles);
            facts.push(SessionFact {
                agent_id: one.agent_id.text(),
                session_id: session.id.as_str().into(),
                title: view.and_then(|view| view.name.as_deref().map(str::to_owned)).or(title),
                project: view
                    .and_then(|view| view.project.as_deref().map(str::to_owned))
                    .or_else(|| about.project.clone()),
                is_root: about.parent_id.is_none() && view.is_none_or(|view| view.parent.is_none()),
                standing: one.standing.clone(),
                host: None,
            });
        }
        Ok(facts)
    }

    /// The sessions that remotes list.
    pub fn remote_facts(&self, rows: &[PsRow]) -> Vec<SessionFact> {
        let mut facts: Vec<SessionFact> = Vec::new();
        for row in rows {
            let Some(id) = &row.session_id else { continue };
            let is_there =
                |fact: &SessionFact| (&fact.agent_id, &fact.session_id, &fact.host) == (&row.agent_id, id, &row.host);
            if facts.iter().any(is_there) {
                continue;
            }
            let keeps_titles = self.ledger().is_ok_and(|ledger| ledger.keeps_titles);
            facts.push(SessionFact {
                agent_id: row.agent_id.clone(),
                session_id: id.clone(),
                title: row.session_name.as_deref().filter(|_| keeps_titles).map(str::to_owned),
                project: row.project_path.as_deref().map(str::to_owned),
                // Remotes leave out subagents.
                is_root: true,
                standing: SessionStatus {
                    status: row.status,
                    activity: row.activity.clone(),
                    source: row.status_source,
                    since: row.since_ms.map(|since| self.system.now - since),
                },
                host: row.host.clone(),
            });
        }
        facts
    }

    /// The events that are due, without remembering or sending them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn due_events(&self, facts: &Facts, rules: &Rules) -> Result<Vec<EventRow>> {
        let ledger = self.ledger()?;
        let id = ledger.id()?.unwrap_or_default();
        let (_, change) = ledger.change_span()?;
        let mut events = decide(facts, rules, &ledger.alert_states()?).events;
        for (at, event) in events.iter_mut().enumerate() {
            event.event_id = tagged_id(&id, change, format_args!("dry{}", at + 1));
        }
        Ok(events)
    }

    /// The sinks of the config.
    ///
    /// # Errors
    /// When one of them lacks what it needs.
    pub fn sinks(&self) -> Result<Vec<Sink>> {
        sinks::configured(&self.config, &self.registry.sinks)
    }

    /// Fires the events that are due: each is remembered, and due for the sinks that want it.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn fire(&mut self, facts: &Facts, rules: &Rules, sinks: &[Sink]) -> Result<Vec<EventRow>> {
        let now = self.system.now;
        let ledger = self.ledger_mut()?;
        ledger.prepare_alerts()?;
        ledger.fire(
            now,
            |states| decide(facts, rules, states),
            |event| sinks::wanting(sinks, event),
        )
    }

    /// Delivers due events to these sinks, once.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn deliver(&mut self, sinks: Vec<Sink>) -> Result<()> {
        let mut delivery = Delivery::new(self.take_ledger()?, sinks, &self.system, false);
        let delivered = delivery.deliver(&mut |problem| self.note_problem(problem));
        self.put_ledger(delivery.into_ledger());
        delivered
    }

    /// Refuses to alert without a ledger: without its state, every run would report every alert.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub fn require_alert_memory(&self) -> Result<()> {
        let ledger = self.ledger()?;
        if let LedgerState::Unusable(_) = ledger.standing() {
            let reasons: Vec<String> = ledger.problems().iter().map(ToString::to_string).collect();
            bail!("alerts need the ledger: {}", reasons.join("; "));
        }
        Ok(())
    }
}

/// This ttop.
pub fn app(is_starting: bool) -> AppFact {
    AppFact {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        is_starting,
    }
}

/// The limits of a report, as facts for alerts.
fn provider_fact(report: Report, failure: Option<(ProviderState, u32)>, paces: &Paces) -> ProviderFact {
    let usage = report.usage.unwrap_or_default();
    let limits = usage.limits.iter().map(|limit| LimitFact {
        label: limit.label(),
        used_percent: limit.used_percent,
        resets_at: limit.resets_at,
        seen_at: report.fetched_at.unwrap_or_default(),
        pace: paces.of_report(&report.about, report.fetched_at, limit),
    });
    ProviderFact {
        provider_id: report.about.id.clone(),
        name: report.about.name.clone(),
        limits: limits.collect(),
        plan: usage.plan,
        failure,
    }
}
