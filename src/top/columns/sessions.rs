//! Columns of sessions.

use super::model;
use crate::core::money::Money;
use crate::core::rows::SessionRow;
use crate::top::list::Value::{self, Count, Path, Text, Time, Tokens};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey, plain};

impl Listed for SessionRow {
    const COLS: &'static [Col<Self>] = &[
        Col::new("sessionId", "Id", Fixed(9), 100, Text(|row| Some(&row.session_id))),
        Col::new("sessionName", "Session", Flexible(3), 0, NAME),
        Col::new(
            "projectPath",
            "Project",
            Flexible(1),
            88,
            Path(|row| row.project_path.as_deref()),
        ),
        Col::new("agentId", "Agent", Fixed(11), 66, Text(|row| Some(&row.agent_id))),
        Col::new("modelId", "Model", Fixed(13), 60, MODEL),
        Col::new("turns", "Turns", Fixed(6), 50, Count(|row| Some(row.turns))),
        Col::new(
            "tokens.output",
            "Output",
            Fixed(7),
            110,
            Tokens(|row| row.tokens.output()),
        ),
        Col::new("totalTokens", "Tokens", Fixed(7), 0, Tokens(|row| row.total_tokens)),
        Col::new(
            "cost",
            "Cost",
            Fixed(9),
            0,
            Value::Money(|row| (row.cost, row.cost_status)),
        ),
        Col::new(
            "sessionUpdatedAt",
            "Updated",
            Fixed(16),
            96,
            Time(|row| row.session_updated_at),
        ),
    ];

    fn id(&self) -> String {
        format!("{} {}", self.agent_id, self.session_id)
    }

    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
        found(&self.session_id);
        found(&self.agent_id);
        let texts = [
            &self.session_name,
            &self.provider_id,
            &self.model_id,
            &self.project_path,
            &self.parent_session_id,
            &self.branch,
            &self.subagent,
        ];
        texts.into_iter().flatten().for_each(|text| found(text));
        self.models.iter().for_each(|model| found(model));
    }

    fn dollars(&self) -> Option<f64> {
        self.cost.map(Money::dollars)
    }
}

/// A session without a name is shown by its id, and comes last.
const NAME: Value<SessionRow> = Value::Own {
    is_number: false,
    cell: |row, _| plain(row.session_name.as_deref().unwrap_or(&row.session_id)),
    sort: |row| SortKey::text(row.session_name.as_deref()),
};

const MODEL: Value<SessionRow> = Value::Own {
    is_number: false,
    cell: |row, reader| model(row.provider_id.as_deref(), row.model_id.as_deref(), reader),
    sort: |row| SortKey::text(row.model_id.as_deref()),
};
