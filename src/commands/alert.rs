//! `ttop alert`: reports new alerts once and delivers them to the sinks, for hooks and cron.

use super::context::Context;
use crate::args::{Filters, RowArgs, complete};
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::rows::EventRow;
use crate::engine::filters::check;
use crate::exit::Exit;
use crate::ledger::LedgerState;
use crate::render::{Grep, Layout, Request};
use anyhow::Result;
use clap::Args;

/// Deliver new alerts once: budgets, plan limits, waiting sessions
///
/// Prints each new alert and delivers it to the configured sinks (alerts.sinks). An alert counts as reported even if a
/// filter, -n or --jq hides its line; --dry-run changes nothing. Covers this machine; `ttop watch --events session` also
/// covers `remotes`.
#[derive(Args, Debug, Default)]
pub struct AlertArgs {
    /// Deliver a test event to this sink and exit
    #[arg(long, value_name = "SINK", conflicts_with = "dry_run", add = complete::sinks())]
    pub test: Option<String>,
    /// Print new alerts without delivering or remembering them
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl AlertArgs {
    /// # Errors
    /// When alerts cannot be remembered, a sink that is tested fails, or the rows could not be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<EventRow>(false)?;
        let filters = self.filters.text();
        check::<EventRow>(&filters)?;
        let sinks = context.engine.sinks()?;
        if let Some(name) = &self.test {
            let key = format!("alerts.sinks.{name}");
            context.engine.config.require("alert --test", &[&key])?;
            let event = context.engine.test_sink(name, &sinks)?;
            context.out.note(&format!("ttop: sink {name}: delivered"));
            return print(context, &request, &filters, vec![event]);
        }
        context.engine.require_alert_memory()?;
        context.refresh(&TurnFilter::default())?;
        let facts = context.engine.alert_facts()?;
        let rules = context.engine.alert_rules()?;
        context.warn_all();
        if self.dry_run {
            let events = context.engine.due_events(&facts, &rules)?;
            context.engine.commit();
            context.warn_all();
            return print(context, &request, &filters, events);
        }
        context.engine.commit();
        context.warn_all();
        let ledger = context.engine.ledger()?;
        if matches!(ledger.standing(), LedgerState::Memory) && context.engine.system.var("TTOP_LEDGER").is_some() {
            context
                .out
                .note("ttop: TTOP_LEDGER=:memory: keeps no state: every run reports all alerts");
        }
        let events = context.engine.fire(&facts, &rules, &sinks)?;
        // Deliver even if stdout is closed.
        let printed = print(context, &request, &filters, events);
        context.engine.deliver(sinks)?;
        context.warn_all();
        printed.map(|_| context.out.outcome())
    }
}

fn print(context: &mut Context, request: &Request, filters: &FilterText, events: Vec<EventRow>) -> Result<Exit> {
    let unknown = context.engine.unknown_names(filters, &events)?;
    context.out.report_unknown(&unknown, false)?;
    let events = context.engine.choose(filters, events)?;
    let layout = Layout {
        grep: Grep::new(&filters.grep),
        ..Layout::default()
    };
    context.out.print(request, layout, events.into_iter().map(Ok))
}
