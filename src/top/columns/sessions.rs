//! Columns of sessions.

use super::{col, count, nanos, short_model};
use crate::core::money::Money;
use crate::core::rows::SessionRow;
use crate::render::Cell;
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey, plain};

impl Listed for SessionRow {
    const COLS: &'static [Col<Self>] = &[
        col(
            "sessionId",
            "Id",
            Fixed(9),
            100,
            false,
            |row, _| plain(&row.session_id),
            |row| SortKey::Text(&row.session_id),
        ),
        col(
            "sessionName",
            "Session",
            Flexible(3),
            0,
            false,
            |row, _| plain(row.session_name.as_deref().unwrap_or(&row.session_id)),
            |row| SortKey::text(row.session_name.as_deref()),
        ),
        col(
            "projectPath",
            "Project",
            Flexible(1),
            88,
            false,
            |row, view| Cell::path(row.project_path.as_deref(), view),
            |row| SortKey::text(row.project_path.as_deref()),
        ),
        col(
            "agentId",
            "Agent",
            Fixed(11),
            66,
            false,
            |row, _| plain(&row.agent_id),
            |row| SortKey::Text(&row.agent_id),
        ),
        col(
            "modelId",
            "Model",
            Fixed(13),
            60,
            false,
            |row, _| plain(row.model_id.as_deref().map(short_model).unwrap_or_default()),
            |row| SortKey::text(row.model_id.as_deref()),
        ),
        col(
            "turns",
            "Turns",
            Fixed(6),
            50,
            true,
            |row, _| Cell::count(row.turns),
            |row| count(Some(row.turns)),
        ),
        col(
            "tokens.output",
            "Output",
            Fixed(7),
            110,
            true,
            |row, _| Cell::tokens(row.tokens.output()),
            |row| count(row.tokens.output()),
        ),
        col(
            "totalTokens",
            "Tokens",
            Fixed(7),
            0,
            true,
            |row, _| Cell::tokens(row.total_tokens),
            |row| count(row.total_tokens),
        ),
        col(
            "cost",
            "Cost",
            Fixed(9),
            0,
            true,
            |row, _| Cell::money(row.cost, row.cost_status),
            |row| nanos(row.cost),
        ),
        col(
            "sessionUpdatedAt",
            "Updated",
            Fixed(16),
            96,
            false,
            |row, view| Cell::time(row.session_updated_at, view),
            |row| SortKey::int(row.session_updated_at),
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
