//! Delivery: sends due events to the sinks and retries failed deliveries.

use crate::core::problem::Problem;
use crate::ledger::Ledger;
use crate::sinks::{Outside, Sink, Undelivered};
use crate::system::System;
use anyhow::Result;

/// A sink that failed is left alone this long, and twice as long after each further failure.
const FIRST_WAIT_MS: i64 = 5_000;
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// Delivers from the ledger's queue; other processes may do so at the same time.
pub struct Delivery {
    ledger: Ledger,
    sinks: Vec<Sink>,
    outside: Outside,
    /// Whether sinks that failed lately are left alone: a stream comes again by itself, a single run does not.
    is_patient: bool,
}

impl Delivery {
    pub fn new(ledger: Ledger, sinks: Vec<Sink>, system: &System, is_patient: bool) -> Self {
        Self {
            ledger,
            sinks,
            outside: Outside::new(system),
            is_patient,
        }
    }

    /// The ledger it delivers from.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// Delivers all due events. A failed delivery stays due for some days and is reported.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn deliver(&mut self, report: &mut dyn FnMut(Problem)) -> Result<()> {
        let given_up = self.ledger.give_up(self.outside.system.now())?;
        for sink in self.sinks.iter().filter(|sink| sink.is_enabled) {
            if let Some((_, count)) = given_up.iter().find(|(name, _)| *name == sink.name) {
                let what = format_args!("dropped {count} events that could not be delivered for 7 days");
                report(Problem::new(format_args!("sink {}", sink.name), what));
            }
            deliver_to(sink, &mut self.ledger, &self.outside, self.is_patient, report)?;
        }
        Ok(())
    }
}

/// Each event is tried once: one that the sink refuses must not keep it from those after it.
fn deliver_to(
    sink: &Sink,
    ledger: &mut Ledger,
    outside: &Outside,
    is_patient: bool,
    report: &mut dyn FnMut(Problem),
) -> Result<()> {
    let mut last = 0;
    let mut reasons: Vec<String> = Vec::new();
    while let Some(claimed) = ledger.claim(&sink.name, last, outside.system.now(), is_patient)? {
        last = claimed.seq;
        // The configuration may have changed since the event fired.
        let sent = if sink.wants(&claimed.row) {
            sink.send(&claimed.row, outside)
        } else {
            Ok(())
        };
        let Err(failed) = sent else {
            ledger.set_delivered(&claimed, &sink.name)?;
            continue;
        };
        let is_attempt = failed != Undelivered::Offline;
        let due_at = outside.system.now() + wait_ms(&failed, claimed.attempts);
        ledger.set_undelivered(&claimed, &sink.name, due_at, is_attempt)?;
        let reason = failed.to_string();
        if is_attempt && !reasons.contains(&reason) {
            report(Problem::new(format_args!("sink {}", sink.name), &reason));
            reasons.push(reason);
        }
        // The others would fail as well, each in its time: they wait with it.
        if !matches!(failed, Undelivered::Failed(_)) {
            break;
        }
    }
    Ok(())
}

fn wait_ms(failed: &Undelivered, attempts: u32) -> i64 {
    let doubled = FIRST_WAIT_MS << attempts.min(10);
    let asked = match failed {
        Undelivered::Later { after_s, .. } => i64::try_from(*after_s).unwrap_or(i64::MAX).saturating_mul(1000),
        _ => 0,
    };
    doubled.max(asked).min(LONGEST_WAIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_double_the_wait_up_to_an_hour() {
        let failed = Undelivered::Failed("no".to_owned());
        let waits = [0, 1, 2, 9, 10, 60].map(|attempts| wait_ms(&failed, attempts));
        assert_eq!(waits, [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]);
        let later = Undelivered::Later {
            reason: "busy".to_owned(),
            after_s: 90,
        };
        assert_eq!(wait_ms(&later, 0), 90_000);
    }
}
