//! The snapshot for bars that a watch leaves behind while agents write.

use crate::commands::context::Context;
use crate::commands::ps::look::Eyes;
use crate::commands::snapshot;
use crate::ledger::Ledger;
use crate::prices::PriceBook;
use std::time::{Duration, Instant};

/// Bars call what is younger than this new.
const EVERY: Duration = Duration::from_secs(2);

pub struct Trail {
    context: Context,
    eyes: Eyes,
    last: Option<Instant>,
    is_due: bool,
    is_wanted: bool,
}

impl Trail {
    /// A watch of some agents, or one with a zone of its own, knows too little for bars.
    pub fn new(context: &Context, is_of_all: bool) -> Self {
        Self {
            is_wanted: is_of_all && context.global.tz.is_none(),
            context: Context::new(context.system.clone(), context.config.clone(), context.global.clone()),
            eyes: Eyes::default(),
            last: None,
            is_due: false,
        }
    }

    /// Something was read.
    pub fn note(&mut self) {
        self.is_due = self.is_wanted;
    }

    /// Leaves a snapshot if something was read since the last one: where nothing happens, bars look themselves.
    pub fn leave(&mut self, ledger: &Ledger, book: &PriceBook) {
        if !self.is_due || self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.context.system.now = self.context.system.moment();
        snapshot::leave(&mut self.context, ledger, book, Some(&mut self.eyes));
        (self.last, self.is_due) = (Some(Instant::now()), false);
    }
}
