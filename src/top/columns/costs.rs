//! Columns of projects.

use crate::core::money::Money;
use crate::core::rows::CostRow;
use crate::render::{Cell, Tone};
use crate::top::list::Value::{self, Count, Tokens};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey};

impl Listed for CostRow {
    const COLS: &'static [Col<Self>] = &[
        Col::new("projectPath", "Project", Flexible(3), 0, PROJECT),
        Col::new("sessions", "Sessions", Fixed(8), 60, Count(|row| Some(row.sessions))),
        Col::new("turns", "Turns", Fixed(7), 0, Count(|row| Some(row.turns))),
        Col::new("totalTokens", "Tokens", Fixed(7), 0, Tokens(|row| row.total_tokens)),
        Col::new(
            "cost",
            "Cost",
            Fixed(10),
            0,
            Value::Money(|row| (row.cost, row.cost_status)),
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

const PROJECT: Value<CostRow> = Value::Own {
    is_number: false,
    cell: |row, reader| match row.project_path {
        Some(_) => Cell::path(row.project_path.as_deref(), reader),
        None => Cell::toned("(none)", Tone::Dim),
    },
    sort: |row| SortKey::text(row.project_path.as_deref()),
};
