//! A recorded reply with what it takes to tell it again.

use crate::agents::shared::batch::{Batch, Numbers, Row};
use crate::core::turn::{Origin, Turn};

/// One reply of a batch.
pub(super) struct Reply {
    numbers: Numbers,
    message_id: String,
    provider: String,
    model: String,
    origin: [String; 3],
}

impl Reply {
    pub(super) fn of(batch: &Batch, row: &Row) -> Self {
        Self {
            numbers: row.turn,
            message_id: batch.message_id(row).to_owned(),
            provider: batch.provider_id(row).to_owned(),
            model: batch.model_id(row).to_owned(),
            origin: batch.origins[row.origin as usize].clone(),
        }
    }

    /// Whether its record has a cost of its own.
    pub(super) fn has_cost(&self) -> bool {
        self.numbers.cost.is_some()
    }

    pub(super) fn turn<'a>(&'a self, session_id: &'a str) -> Turn<'a> {
        let numbers = &self.numbers;
        let [branch, subagent, task] = &self.origin;
        Turn {
            session_id,
            message_id: &self.message_id,
            record: numbers.record,
            event: numbers.event,
            rank: numbers.rank,
            provider_id: &self.provider,
            model_id: &self.model,
            origin: Origin { branch, subagent, task },
            tokens: numbers.tokens,
            cache_write_1h: numbers.cache_write_1h,
            requests: numbers.requests,
            cost: numbers.cost,
            is_share: numbers.is_share,
            mode: numbers.mode,
            fees: numbers.fees,
            region: numbers.region,
            accuracy: numbers.accuracy,
            presence: numbers.presence,
            timestamp: numbers.timestamp,
            place: numbers.place,
            ..Turn::PLAIN
        }
    }
}
