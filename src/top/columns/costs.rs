//! Columns of projects.

use super::{col, count, nanos};
use crate::core::money::Money;
use crate::core::rows::CostRow;
use crate::render::{Cell, Tone};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey};

impl Listed for CostRow {
    const COLS: &'static [Col<Self>] = &[
        col(
            "projectPath",
            "Project",
            Flexible(3),
            0,
            false,
            |row, view| match row.project_path {
                Some(_) => Cell::path(row.project_path.as_deref(), view),
                None => Cell::toned("(none)", Tone::Dim),
            },
            |row| SortKey::text(row.project_path.as_deref()),
        ),
        col(
            "sessions",
            "Sessions",
            Fixed(8),
            60,
            true,
            |row, _| Cell::count(row.sessions),
            |row| count(Some(row.sessions)),
        ),
        col(
            "turns",
            "Turns",
            Fixed(7),
            0,
            true,
            |row, _| Cell::count(row.turns),
            |row| count(Some(row.turns)),
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
            Fixed(10),
            0,
            true,
            |row, _| Cell::money(row.cost, row.cost_status),
            |row| nanos(row.cost),
        ),
    ];

    fn id(&self) -> String {
        self.project_path.as_deref().unwrap_or_default().to_owned()
    }

    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
        let texts = [&self.project_path, &self.agent_id, &self.model_id, &self.session_name];
        texts.into_iter().flatten().for_each(|text| found(text));
    }

    fn dollars(&self) -> Option<f64> {
        self.cost.map(Money::dollars)
    }
}
