//! `ttop providers --history`: how windows filled, from what the ledger kept.

use crate::args::{Filters, RowArgs};
use crate::commands::context::Context;
use crate::commands::usage;
use crate::core::bad_request::BadRequest;
use crate::core::period::{Edge, parse_time};
use crate::core::quota::LimitSeen;
use crate::core::rows::LimitHistoryRow;
use crate::core::time::Time;
use crate::exit::Exit;
use crate::providers::biller_of;
use crate::render::Layout;
use anyhow::Result;

/// Prints what was seen since a time, oldest first.
///
/// # Errors
/// When the time cannot be understood, or the ledger cannot be read.
pub fn run(span: &str, filters: &Filters, args: &RowArgs, context: &mut Context) -> Result<Exit> {
    context.request(args)?.check::<LimitHistoryRow>(false)?;
    let since = parse_time(span, context.system.now, context.system.zone()?, Edge::Since)
        .map_err(|error| BadRequest::new(format!("--history: {error}")).with_hint(error.hint))?;
    let ledger = usage::open(context)?;
    ledger.problems().iter().for_each(|problem| context.warn(problem));
    let rows = ledger.limits_since(since)?.into_iter().map(row).collect();
    let rows = filters.choose(context, rows)?;
    let layout = Layout {
        grep: filters.grep(),
        ..Layout::default()
    };
    context.print(args, layout, rows.into_iter().map(Ok))
}

fn row(seen: LimitSeen) -> LimitHistoryRow {
    LimitHistoryRow {
        biller_id: biller_of(&seen.provider_id).to_owned(),
        scope: seen.limit().scope,
        plan: seen.plan,
        label: seen.label,
        used_percent: seen.used_percent,
        window_minutes: seen.window_minutes,
        resets_at: seen.resets_at,
        timestamp: seen.seen_at,
        time: Time(seen.seen_at),
        provider_id: seen.provider_id,
    }
}
