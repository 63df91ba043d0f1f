//! Alternatives: for each model, one of the same provider and vendor that is in use and costs a third or less.

use super::super::Usage;
use crate::core::insight::MANY_TIMES;
use crate::core::turn::Mode;
use crate::ledger::names::Kind;
use rustc_hash::FxHashMap;

/// By row of the names.
pub(super) struct Alternatives(FxHashMap<u32, u32>);

impl Alternatives {
    pub(super) fn of(usage: &Usage<'_>, now: i64) -> Self {
        let names = usage.ledger.names();
        let rows = (0..names.len() as u32).filter(|row| names.kind(*row) == Some(Kind::Model));
        let priced: Vec<(u32, u64)> = rows
            .filter_map(|row| {
                let price = usage.models().of(row).prices.at(now, Mode::Standard)?;
                (!price.is_zero()).then(|| (row, price.base().output))
            })
            .collect();
        let cheapest = |row: u32, rate: u64| {
            let model = usage.models().of(row);
            let is_near = |other: u32| {
                let other = usage.models().of(other);
                other.provider == model.provider && other.vendor == model.vendor
            };
            priced
                .iter()
                .filter(|(other, cheap)| cheap.saturating_mul(MANY_TIMES) <= rate && is_near(*other))
                .min_by_key(|(other, cheap)| (*cheap, usage.models().of(*other).model.clone()))
                .map(|(other, _)| (row, *other))
        };
        Self(priced.iter().filter_map(|(row, rate)| cheapest(*row, *rate)).collect())
    }

    pub(super) fn of_model(&self, row: u32) -> Option<u32> {
        self.0.get(&row).copied()
    }
}
