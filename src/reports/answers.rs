//! Answers: when each provider answered, for the blocks of plans; nothing is priced for that.

use super::Usage;
use crate::core::rows::Text;
use crate::ledger::query::Selection;
use anyhow::Result;
use rustc_hash::FxHashMap;

/// Times by provider, oldest first.
pub type Answers = FxHashMap<Option<Text>, Vec<i64>>;

impl Usage<'_> {
    /// Every counted turn's time.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn answers(&self) -> Result<Answers> {
        let mut by_model: Vec<Vec<i64>> = Vec::new();
        self.ledger.visit(&Selection::ALL, |_, columns| {
            for at in (0..columns.len()).filter(|at| columns.is_counted(*at)) {
                let turn = columns.turn(at);
                let row = turn.model as usize;
                if row >= by_model.len() {
                    by_model.resize_with(row + 1, Vec::new);
                }
                by_model[row].push(turn.timestamp);
            }
            Ok(())
        })?;
        let mut answers = Answers::default();
        for (row, times) in (0..).zip(by_model) {
            if !times.is_empty() {
                let provider = self.models().of(row).provider.clone();
                answers.entry(provider).or_default().extend(times);
            }
        }
        answers.values_mut().for_each(|times| times.sort_unstable());
        Ok(answers)
    }
}
