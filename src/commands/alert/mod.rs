//! `ttop alert`: tells what is due, once, and hands it to the sinks: for hooks and cron.

pub mod courier;
pub mod facts;

use super::context::Context;
use super::ps::look::Eyes;
use super::usage;
use crate::args::{Filters, RowArgs};
use crate::core::alert::{AppFact, Facts, decide};
use crate::core::bad_request::BadRequest;
use crate::core::event_id::tagged_id;
use crate::core::filter::TurnFilter;
use crate::core::rows::{EventRow, EventType, Severity};
use crate::exit::Exit;
use crate::ledger::{Ledger, Standing};
use crate::prices::PriceBook;
use crate::render::Layout;
use crate::reports::Usage;
use crate::sinks::{self, Outside, Sink};
use anyhow::{Result, bail};
use clap::Args;
use courier::Courier;
use facts::Watched;

/// Tell what is due, once: budgets, plan limits, sessions that wait; for hooks and cron
///
/// Each event is printed and handed to the sinks of the config (alerts.sinks) that want it. What is due is told once,
/// whatever is printed of it: filters, -n and --jq choose among the lines and nothing else; --dry-run changes nothing
#[derive(Args, Debug, Default)]
pub struct AlertArgs {
    /// Send a test event to one sink of the config, and nothing else
    #[arg(long, value_name = "SINK", conflicts_with = "dry_run")]
    pub test: Option<String>,
    /// Print what is due without remembering or sending it
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
        context.request(&self.rows)?.check::<EventRow>(false)?;
        self.filters.check::<EventRow>()?;
        let sinks = sinks::configured(&context.config)?;
        if let Some(name) = &self.test {
            let event = test(name, &sinks, context)?;
            return self.print(context, vec![event]);
        }
        let mut ledger = usage::open(context)?;
        refuse_unusable(&ledger)?;
        usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
        let watched = Watched::new(context)?;
        let facts = gather(context, &ledger, &watched)?;
        let rules = watched.rules(&ledger)?;
        if self.dry_run {
            let id = ledger.id()?.unwrap_or_default();
            let (_, change) = ledger.change_span()?;
            let mut events = decide(&facts, &rules, &ledger.alert_states()?).events;
            for (at, event) in events.iter_mut().enumerate() {
                event.event_id = tagged_id(&id, change, format_args!("dry{}", at + 1));
            }
            usage::keep(context, &mut ledger);
            return self.print(context, events);
        }
        usage::keep(context, &mut ledger);
        if !context.global.demo && matches!(ledger.standing(), Standing::Memory) {
            context.note("ttop: TTOP_LEDGER=:memory: remembers nothing: what is due is told by every run");
        }
        ledger.prepare_alerts()?;
        let events = ledger.fire(
            context.system.now,
            |states| decide(&facts, &rules, states),
            |event| sinks::wanting(&sinks, event),
        )?;
        // Sinks are told whatever becomes of stdout.
        let printed = self.print(context, events);
        if !context.global.demo {
            let mut courier = Courier::new(ledger, sinks, &context.system, false);
            courier.deliver(&mut |problem| context.warn(&problem))?;
        }
        printed.map(|_| context.outcome())
    }

    fn print(&self, context: &mut Context, events: Vec<EventRow>) -> Result<Exit> {
        let events = self.filters.choose(context, events)?;
        let layout = Layout {
            grep: self.filters.grep(),
            ..Layout::default()
        };
        context.print(&self.rows, layout, events.into_iter().map(Ok))
    }
}

/// What was told before is in the ledger: without it everything would be told again and again.
///
/// # Errors
/// When the ledger cannot be used.
pub fn refuse_unusable(ledger: &Ledger) -> Result<()> {
    if let Standing::Unusable(_) = ledger.standing() {
        let reasons: Vec<String> = ledger.problems().iter().map(ToString::to_string).collect();
        bail!("alerts need the ledger: {}", reasons.join("; "));
    }
    Ok(())
}

fn gather(context: &mut Context, ledger: &Ledger, watched: &Watched) -> Result<Facts> {
    let now = context.system.now;
    let (book, problems) = PriceBook::open(&context.system, &context.config);
    problems.iter().for_each(|problem| context.warn(problem));
    let usage = Usage::new(ledger, &book, &watched.config, watched.cost_from);
    let seen = watched.look(&mut Eyes::default(), &context.system);
    seen.problems.iter().for_each(|problem| context.warn(problem));
    Ok(Facts {
        now,
        budgets: Some(watched.budgets(&usage, now)?),
        providers: Some(watched.providers(&context.system, ledger, now)?),
        sessions: Some(facts::sessions(&seen.sights, ledger)?),
        app: Some(app(false)),
    })
}

/// This ttop.
pub fn app(is_starting: bool) -> AppFact {
    AppFact {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        is_starting,
    }
}

/// Sends a sign of life to one sink, whatever it wants to hear of, and even when it is switched off.
fn test(name: &str, sinks: &[Sink], context: &Context) -> Result<EventRow> {
    let Some(sink) = sinks.iter().find(|sink| sink.name == name) else {
        let names: Vec<&str> = sinks.iter().map(|sink| sink.name.as_str()).collect();
        let hint = match names[..] {
            [] => "the config has no alerts.sinks".to_owned(),
            _ => format!("the config has {}", names.join(", ")),
        };
        return Err(BadRequest::new(format!("no sink '{name}'")).with_hint(hint).into());
    };
    let event = EventRow::new(
        EventType::Heartbeat,
        Severity::Info,
        "ttop",
        format!("this is a test of the sink '{name}'"),
    );
    let mut event = event.at(context.system.now);
    event.event_id = tagged_id("00000000", 0, "test");
    if context.global.demo {
        return Ok(event);
    }
    match sink.send(&event, &Outside::new(&context.system)) {
        Ok(()) => {
            context.note(&format!("ttop: sink {name}: delivered"));
            Ok(event)
        }
        Err(failed) => bail!("sink {name}: {failed}"),
    }
}
