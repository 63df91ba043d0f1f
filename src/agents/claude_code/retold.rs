//! A recorded reply with what it takes to tell it again.

use crate::agents::shared::batch::{Batch, Row};
use crate::core::turn::{EventKey, Origin, Rank, Turn};

/// One reply of a batch.
pub(super) struct Reply {
    row: Row,
    message_id: String,
    provider: String,
    model: String,
    origin: [String; 3],
}

impl Reply {
    pub(super) fn of(batch: &Batch, row: &Row) -> Self {
        Self {
            row: *row,
            message_id: batch.message_id(row).to_owned(),
            provider: batch.provider_id(row).to_owned(),
            model: batch.model_id(row).to_owned(),
            origin: batch.origins[row.origin as usize].clone(),
        }
    }

    /// Whether its record has a cost of its own.
    pub(super) fn has_cost(&self) -> bool {
        self.row.numbers.cost.is_some()
    }

    pub(super) fn event(&self) -> EventKey {
        self.row.event
    }

    pub(super) fn rank(&self) -> Rank {
        self.row.rank
    }

    pub(super) fn turn<'a>(&'a self, session_id: &'a str) -> Turn<'a> {
        let row = &self.row;
        let [branch, subagent, task] = &self.origin;
        Turn {
            session_id,
            message_id: &self.message_id,
            record: row.record,
            event: row.event,
            rank: row.rank,
            provider_id: &self.provider,
            model_id: &self.model,
            origin: Origin { branch, subagent, task },
            numbers: row.numbers,
            place: row.place,
            ..Turn::PLAIN
        }
    }
}
