//! Where a stream begins: after everything, or after the event or time that was asked for.

use crate::core::bad_request::BadRequest;
use crate::core::event_id::{EventId, event_id};
use crate::core::period::{Edge, parse_time};
use crate::core::time::Time;
use crate::ledger::Ledger;
use crate::reports::activity::Follower;
use crate::system::System;
use anyhow::{Result, bail};

/// # Errors
/// When there is no such event or time in the log.
pub fn begin(since: Option<&str>, ledger: &Ledger, system: &System) -> Result<Follower> {
    let id = ledger.id()?.unwrap_or_default();
    let (first, last) = ledger.change_span()?;
    let Some(since) = since else {
        return Ok(Follower::new(id, last));
    };
    if let Some(EventId {
        ledger: other,
        change: seq,
        ..
    }) = EventId::parse(since)
    {
        if other != id {
            bail!("event {since} belongs to another ledger (this is {id})");
        }
        if seq > last {
            bail!(
                "event {since} does not exist yet: the latest is {}",
                event_id(&id, last)
            );
        }
        if seq < last && (first == 0 || first > seq + 1) {
            bail!(
                "the change log no longer reaches back to {since}: it covers 7 days; use 'ttop turns' for older turns"
            );
        }
        return Ok(Follower::new(id, seq));
    }
    let at = time(since, system)?;
    let begins = ledger.log_begins()?;
    if at < begins {
        bail!(
            "the change log starts at {}: use 'ttop turns --since {since}' for older turns",
            Time(begins)
        );
    }
    Ok(Follower::new(id, ledger.last_change_before(at)?))
}

/// The number of the last event before the stream.
///
/// # Errors
/// When the ledger cannot be read.
pub fn events_before(since: Option<&str>, ledger: &Ledger, system: &System) -> Result<i64> {
    let Some(since) = since else {
        return ledger.last_event_before(None, None);
    };
    match EventId::parse(since) {
        Some(EventId { event: Some(seq), .. }) => Ok(seq),
        Some(EventId { change, .. }) => ledger.last_event_before(Some(change), None),
        None => ledger.last_event_before(None, Some(time(since, system)?)),
    }
}

fn time(since: &str, system: &System) -> Result<i64> {
    let at = parse_time(since, system.now, system.zone()?, Edge::Since);
    at.map_err(|error| {
        let message = format!("--since: {}", error.message);
        BadRequest::new(message).with_hint(error.hint).into()
    })
}
