//! Columns of providers.

use crate::core::quota::ProviderState;
use crate::core::rows::ProviderRow;
use crate::render::number::{duration, percent};
use crate::render::{Cell, Tone};
use crate::top::draw::gauge;
use crate::top::list::Value::{self, Text};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey};

impl Listed for ProviderRow {
    const COLS: &'static [Col<Self>] = &[
        Col::new(
            "providerId",
            "Provider",
            Fixed(16),
            0,
            Text(|row| Some(&row.provider_id)),
        ),
        Col::new("plan", "Plan", Fixed(11), 64, Text(|row| row.plan.as_deref())),
        Col::new("usedPercent", "Used", Fixed(17), 0, USED),
        Col::new("resetsAt", "Resets", Fixed(8), 0, RESETS),
        Col::new("limits.projectedPercent", "Lasts", Fixed(11), 66, LASTS),
        Col::new("state", "State", Flexible(1), 44, STATE),
    ];

    fn id(&self) -> String {
        self.provider_id.clone()
    }

    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
        found(&self.provider_id);
        found(&self.biller_id);
        found(&self.name);
        found(self.state.name());
        [&self.plan, &self.note, &self.source]
            .into_iter()
            .flatten()
            .for_each(|text| found(text));
    }

    fn dollars(&self) -> Option<f64> {
        self.spend
    }
}

const USED: Value<ProviderRow> = Value::Own {
    is_number: false,
    cell: |row, _| match row.used_percent {
        Some(used) => Cell::plain(format!("{} {:>6}", gauge::bar(used, 8), percent(Some(used)))),
        None => Cell::empty(),
    },
    sort: |row| SortKey::float(row.used_percent),
};

const RESETS: Value<ProviderRow> = Value::Own {
    is_number: true,
    cell: |row, reader| {
        let to_come = row.resets_at.filter(|at| *at > reader.now);
        Cell::plain(to_come.map(|at| duration(at - reader.now)).unwrap_or_default())
    },
    sort: |row| SortKey::int(row.resets_at),
};

const LASTS: Value<ProviderRow> = Value::Own {
    is_number: false,
    cell: |row, reader| lasts(row, reader.now),
    sort: |row| SortKey::int(runs_out(row)),
};

const STATE: Value<ProviderRow> = Value::Own {
    is_number: false,
    cell: |row, _| state(row),
    sort: |row| SortKey::Text(row.state.name()),
};

/// When the first of its limits runs out.
fn runs_out(row: &ProviderRow) -> Option<i64> {
    row.limits.iter().filter_map(|limit| limit.runs_out_at).min()
}

/// Whether its limits last until they reset.
fn lasts(row: &ProviderRow, now: i64) -> Cell {
    match runs_out(row) {
        Some(at) if at <= now => Cell::toned("gone", Tone::Critical),
        Some(at) => Cell::toned(format!("no, {}", duration(at - now)), Tone::Warning),
        None if row.limits.iter().any(|limit| limit.projected_percent.is_some()) => Cell::toned("yes", Tone::Good),
        None => Cell::empty(),
    }
}

/// The state of a provider in a word, with its credits or its problem.
fn state(row: &ProviderRow) -> Cell {
    let tone = match row.state {
        ProviderState::Ok if row.limit_reached => Tone::Critical,
        ProviderState::Ok => Tone::Good,
        ProviderState::NotConfigured | ProviderState::Unsupported => Tone::Dim,
        _ => Tone::Warning,
    };
    let word = match row.state {
        ProviderState::Ok if row.limit_reached => "LIMIT",
        state => state.name(),
    };
    let mut text = word.to_owned();
    if row.stale {
        text.push_str(", stale");
    }
    match (row.credits, &row.note) {
        (Some(credits), _) => text.push_str(&format!(", {} left", amount(credits, row.credits_currency.as_deref()))),
        (None, Some(note)) if row.state != ProviderState::Ok => text.push_str(&format!(": {note}")),
        (None, _) => {}
    }
    Cell::toned(text, tone)
}

/// Money of a provider in its own currency.
pub fn amount(amount: f64, currency: Option<&str>) -> String {
    match currency {
        Some("USD") if amount < 0.0 => format!("-${:.2}", -amount),
        Some("USD") => format!("${amount:.2}"),
        Some(currency) => format!("{amount:.2} {currency}"),
        None => format!("{amount:.2}"),
    }
}
