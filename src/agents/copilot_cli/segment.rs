//! What a shutdown's sums stand for: a part of the session, or all of it up to there.

use super::usage::Sums;
use serde::{Deserialize, Serialize};

/// From this version on a shutdown sums up the session; up to 1.0.63 it sums up its segment.
const SESSION_SUMS_SINCE: (u32, u32, u32) = (1, 0, 64);

/// What is known between the shutdowns of a session.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// As the last shutdown had them.
    last: Sums,
    /// Everything that shutdowns and records added so far.
    all: Sums,
    /// Of requests that have a record of their own, since the last shutdown.
    pub recorded: Sums,
    /// Of requests that shortened the context, since the last shutdown.
    pub compacted: Sums,
    /// Replies since the segment began, and their output.
    pub replies: u64,
    pub output: u64,
    /// Of the program that began the session.
    pub version: Option<(u32, u32, u32)>,
}

impl Progress {
    pub(super) fn begin_segment(&mut self) {
        (self.replies, self.output) = (0, 0);
    }

    /// `1.0.102`
    pub(super) fn set_version(&mut self, text: &str) {
        let mut numbers = text.split(['.', '-']).map_while(|number| number.parse().ok());
        if let (Some(major), Some(minor), Some(patch)) = (numbers.next(), numbers.next(), numbers.next()) {
            self.version = Some((major, minor, patch));
        }
    }

    /// What the sums of a shutdown add to what is counted, and whether that is certain.
    pub(super) fn close(&mut self, sums: &Sums, has_snapshot: bool) -> (Sums, bool) {
        let (base, is_certain) = self.base(sums, has_snapshot);
        let mut part = sums.minus(&base);
        let compactions = self.compacted.requests();
        if compactions > 0 && part.requests() == self.replies + compactions {
            part = part.minus(&self.compacted);
        }
        let mut part = part.minus(&self.recorded);
        part.pay(&self.compacted);
        for added in [&self.recorded, &self.compacted, &part] {
            for (model, sum) in &added.0 {
                self.all.add(model, sum);
            }
        }
        self.last = sums.clone();
        (self.recorded, self.compacted) = Default::default();
        (part, is_certain)
    }

    /// What of a shutdown's sums was summed up before.
    fn base(&self, sums: &Sums, has_snapshot: bool) -> (Sums, bool) {
        let nothing = Sums::default();
        if self.last.is_empty() || !sums.covers(&self.last) {
            return (nothing, true);
        }
        let mut bases = vec![&nothing, &self.last];
        if self.all != self.last && sums.covers(&self.all) {
            bases.push(&self.all);
        }
        // The segment's own replies tell: their number, where records were kept their output.
        let by_number = |base: &Sums| sums.requests() - base.requests() == self.replies;
        let by_output = |base: &Sums| self.output > 0 && sums.output() - base.output() == self.output;
        for fits in [&by_number as &dyn Fn(&Sums) -> bool, &by_output] {
            let mut fitting = bases.iter().filter(|base| fits(base));
            if let (Some(base), None) = (fitting.next(), fitting.next()) {
                return ((*base).clone(), true);
            }
        }
        match self.version {
            Some(version) if version < SESSION_SUMS_SINCE => (nothing, true),
            Some(_) => (self.last.clone(), true),
            // The smaller reading is a lower bound.
            None => (self.last.clone(), has_snapshot),
        }
    }
}
