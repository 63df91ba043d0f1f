//! The rule for sums: what several costs add up to, and how well that is known.

use super::TurnCost;
use crate::core::money::{CostStatus, Money};

/// A sum of costs; merging sums gives the same as adding their turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostSum {
    cost: Money,
    /// Bit = position of the status in [`CostStatus`].
    seen: u8,
    unpriced_tokens: u64,
}

const fn bit(status: CostStatus) -> u8 {
    1 << status as u8
}

impl CostSum {
    pub fn add(&mut self, turn: TurnCost) {
        self.cost = self.cost.plus(turn.cost.unwrap_or_default());
        self.seen |= bit(turn.status);
        self.unpriced_tokens = self.unpriced_tokens.saturating_add(turn.unpriced_tokens);
    }

    pub fn merge(&mut self, other: &Self) {
        self.cost = self.cost.plus(other.cost);
        self.seen |= other.seen;
        self.unpriced_tokens = self.unpriced_tokens.saturating_add(other.unpriced_tokens);
    }

    /// `None` for a sum of nothing.
    pub fn status(&self) -> Option<CostStatus> {
        use CostStatus::{Estimated, Free, Mixed, Partial, Plan, Recorded, Unknown};
        let has = |status| self.seen & bit(status) != 0;
        if self.seen == 0 {
            return None;
        }
        Some(if self.seen == bit(Unknown) {
            Unknown
        } else if has(Unknown) || has(Partial) {
            Partial
        } else if has(Mixed) || (has(Recorded) && has(Estimated)) {
            Mixed
        } else if has(Recorded) {
            Recorded
        } else if has(Estimated) {
            Estimated
        } else if has(Plan) {
            Plan
        } else {
            Free
        })
    }

    /// 0 for a sum of nothing, `None` where nothing is known.
    pub fn cost(&self) -> Option<Money> {
        (self.status() != Some(CostStatus::Unknown)).then_some(self.cost)
    }

    /// Tokens that no price was found for.
    pub fn unpriced_tokens(&self) -> u64 {
        self.unpriced_tokens
    }
}

#[cfg(test)]
mod tests {
    use super::CostStatus::{Estimated, Free, Mixed, Partial, Plan, Recorded, Unknown};
    use super::*;

    fn turn(status: CostStatus) -> TurnCost {
        let is_known = status != Unknown;
        TurnCost {
            cost: is_known.then(|| Money::from_dollars(0.1)),
            status,
            unpriced_tokens: if is_known { 0 } else { 7 },
        }
    }

    fn sum(statuses: &[CostStatus]) -> CostSum {
        let mut sum = CostSum::default();
        statuses.iter().for_each(|&status| sum.add(turn(status)));
        sum
    }

    #[test]
    fn the_first_rule_that_holds_names_the_sum() {
        for (statuses, expected) in [
            (&[][..], None),
            (&[Unknown, Unknown], Some(Unknown)),
            (&[Unknown, Recorded], Some(Partial)),
            (&[Unknown, Free], Some(Partial)),
            (&[Partial, Recorded], Some(Partial)),
            (&[Recorded, Estimated, Free], Some(Mixed)),
            (&[Mixed, Recorded], Some(Mixed)),
            (&[Recorded, Free, Plan], Some(Recorded)),
            (&[Plan, Estimated], Some(Estimated)),
            (&[Free, Free], Some(Free)),
            (&[Free, Plan], Some(Plan)),
        ] {
            assert_eq!(sum(statuses).status(), expected, "{statuses:?}");
        }
    }

    #[test]
    fn nothing_costs_nothing_and_the_unknown_is_null() {
        assert_eq!(sum(&[]).cost(), Some(Money::ZERO));
        assert_eq!(sum(&[Unknown]).cost(), None);
        let some = sum(&[Unknown, Estimated, Unknown]);
        assert_eq!(
            (some.cost(), some.unpriced_tokens()),
            (Some(Money::from_dollars(0.1)), 14)
        );
    }

    #[test]
    fn merging_is_adding() {
        let all = [Recorded, Estimated, Unknown, Free, Plan, Partial];
        for cut in 0..=all.len() {
            let mut merged = sum(&all[..cut]);
            merged.merge(&sum(&all[cut..]));
            assert_eq!(merged, sum(&all), "{cut}");
        }
    }
}
