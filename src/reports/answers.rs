//! Answers: when each provider answered, for the blocks of plans; nothing is priced for that.

use super::Usage;
use crate::core::rows::Text;
use crate::ledger::query::Selection;
use anyhow::Result;
use rustc_hash::FxHashMap;

/// Times by provider, oldest first.
pub(crate) type Answers = FxHashMap<Option<Text>, Vec<i64>>;

/// Times by model (row of the names), as they come.
#[derive(Default)]
pub(crate) struct Collecting(Vec<Vec<i64>>);

impl Collecting {
    pub(crate) fn push(&mut self, model: u32, at: i64) {
        let row = model as usize;
        if row >= self.0.len() {
            self.0.resize_with(row + 1, Vec::new);
        }
        self.0[row].push(at);
    }

    pub(crate) fn by_provider(self, usage: &Usage<'_>) -> Answers {
        let mut answers = Answers::default();
        for (row, times) in (0..).zip(self.0) {
            if !times.is_empty() {
                let provider = usage.models().of(row).provider.clone();
                answers.entry(provider).or_default().extend(times);
            }
        }
        answers.values_mut().for_each(|times| times.sort_unstable());
        answers
    }
}

impl Usage<'_> {
    /// Every counted turn's time.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn answers(&self) -> Result<Answers> {
        let mut all = Collecting::default();
        self.ledger.visit(&Selection::ALL, |_, columns| {
            for at in (0..columns.len()).filter(|at| columns.is_counted(*at)) {
                let entry = columns.turn(at);
                all.push(entry.model, entry.numbers.timestamp);
            }
            Ok(())
        })?;
        Ok(all.by_provider(self))
    }
}
