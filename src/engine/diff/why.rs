//! Explains a difference: which of the amounts that could make it add up to it.

use super::ours::{Amount, Ours, Way};
use super::statement::{Counts, minus, plus, total};
use crate::core::money::Money;
use crate::core::rows::{DiffReason, DiffWhy};

/// Nano-dollars that no reason is looked for: prices that programs write as floating-point numbers are that exact.
const NOTHING: i64 = 500_000;

/// A line of the file as far as its difference depends on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Theirs {
    /// `None` where the file only has money.
    pub counts: Option<Counts>,
    pub cost: Option<Money>,
    pub fees: Option<Money>,
    pub requests: Option<u64>,
    pub lacks_price: bool,
    /// Lines of the file that were added up.
    pub lines: u32,
}

/// Theirs minus ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub counts: Option<Counts>,
    /// Nano-dollars.
    pub cost: Option<i64>,
}

impl Difference {
    pub(super) fn of(theirs: Option<&Theirs>, ours: &Ours, has: Has) -> Self {
        let counts = match theirs {
            Some(theirs) => theirs.counts,
            None => has.counts.then_some([0; 4]),
        };
        let cost = match theirs {
            Some(theirs) => theirs.cost,
            None => has.cost.then_some(Money::ZERO),
        };
        let own = ours.totals.cost.cost();
        Self {
            counts: counts.map(|counts| minus(counts, ours.sum.counts)),
            cost: cost.zip(own).map(|(theirs, own)| theirs.minus(own).nanos()),
        }
    }
}

/// What a file has at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Has {
    pub counts: bool,
    pub cost: bool,
}

/// The reasons of a difference. `moved` is what the file's time zone adds, with `ours` in that zone; `rounding` is what
/// each line of the file may be off by.
pub(super) fn explain(
    difference: Difference,
    theirs: Option<&Theirs>,
    ours: &Ours,
    moved: Option<Amount>,
    rounding: Money,
) -> Vec<DiffWhy> {
    let mut search = Search {
        difference,
        why: Vec::new(),
    };
    let mut amounts: Vec<(Way, Amount)> = ours.amounts.iter().map(|(way, amount)| (*way, *amount)).collect();
    amounts.retain(|(_, amount)| *amount != Amount::default());
    amounts.sort_by_key(|(way, _)| *way);
    if let Some(moved) = moved.filter(|moved| *moved != Amount::default()) {
        search.take(DiffReason::TimeZone, moved);
    }
    if theirs.is_none() && !amounts.iter().any(|(_, amount)| is_all_of(*amount, ours)) {
        search.rest(DiffReason::NotInFile);
        return search.why;
    }
    search.take_certain(theirs, ours, &mut amounts);
    if !search.take_tokens(theirs, ours, &amounts) {
        return search.why;
    }
    search.take_cost(theirs, ours, &amounts, rounding);
    search.why
}

/// Whether an amount takes away everything.
fn is_all_of(amount: Amount, ours: &Ours) -> bool {
    plus(amount.counts, ours.sum.counts) == [0; 4]
}

struct Search {
    /// What is left of it.
    difference: Difference,
    why: Vec<DiffWhy>,
}

impl Search {
    fn take(&mut self, reason: DiffReason, amount: Amount) {
        let has_tokens = amount.counts != [0; 4];
        self.difference.counts = self.difference.counts.map(|left| minus(left, amount.counts));
        self.difference.cost = self.difference.cost.map(|left| left.saturating_sub(amount.cost));
        self.why.push(DiffWhy {
            reason,
            tokens: has_tokens.then(|| total(amount.counts)),
            cost: Some(Money::from_nanos(amount.cost)),
        });
    }

    /// Gives everything that is left to one reason.
    fn rest(&mut self, reason: DiffReason) {
        let counts = self.difference.counts.filter(|counts| *counts != [0; 4]);
        let cost = self.difference.cost.filter(|cost| cost.abs() > NOTHING);
        if counts.is_none() && cost.is_none() && reason != DiffReason::Unpriced {
            return;
        }
        self.why.push(DiffWhy {
            reason,
            tokens: counts.map(total),
            cost: self.difference.cost.map(Money::from_nanos),
        });
    }

    /// What the file itself shows: agents that it does not cover, charges by the piece.
    fn take_certain(&mut self, theirs: Option<&Theirs>, ours: &Ours, amounts: &mut Vec<(Way, Amount)>) {
        let others = amounts
            .iter()
            .position(|((reason, _), _)| *reason == DiffReason::OtherAgents);
        if let Some(at) = others {
            let (_, amount) = amounts.remove(at);
            self.take(DiffReason::OtherAgents, amount);
        }
        if let Some(fees) = theirs.and_then(|theirs| theirs.fees) {
            amounts.retain(|((reason, _), _)| *reason != DiffReason::Fees);
            let cost = fees.nanos().saturating_sub(ours.fees);
            if cost.abs() > NOTHING {
                let counts = [0; 4];
                self.take(DiffReason::Fees, Amount { counts, cost });
            }
        }
    }

    /// Whether the tokens are explained, so that a reason for the rest of the cost can be looked for.
    fn take_tokens(&mut self, theirs: Option<&Theirs>, ours: &Ours, amounts: &[(Way, Amount)]) -> bool {
        let Some(needed) = self.difference.counts.filter(|counts| *counts != [0; 4]) else {
            return true;
        };
        let movers: Vec<(Way, Amount)> = moving(amounts).collect();
        let found = smallest(&movers, |sum| sum.counts == needed);
        if let Some(found) = found {
            for ((reason, _), amount) in found {
                self.take(reason, amount);
            }
            return true;
        }
        let more_requests = theirs
            .and_then(|theirs| theirs.requests)
            .is_some_and(|count| count > ours.requests);
        self.rest(match () {
            () if theirs.is_none() => DiffReason::NotInFile,
            () if ours.totals.turns == 0 => DiffReason::NotInLedger,
            () if more_requests && total(needed) > 0 => DiffReason::UnrecordedRequests,
            () => DiffReason::Unknown,
        });
        false
    }

    fn take_cost(&mut self, theirs: Option<&Theirs>, ours: &Ours, amounts: &[(Way, Amount)], rounding: Money) {
        let Some(left) = self.difference.cost else {
            if ours.totals.cost.unpriced_tokens() > 0 && theirs.is_some_and(|theirs| theirs.cost.is_some()) {
                self.rest(DiffReason::Unpriced);
            }
            return;
        };
        if left.abs() <= NOTHING {
            return;
        }
        if theirs.is_some_and(|theirs| theirs.lacks_price) {
            self.rest(DiffReason::NoPrice);
            return;
        }
        let lines = theirs.map_or(0, |theirs| i64::from(theirs.lines));
        let rounded = rounding.nanos().saturating_mul(lines);
        if left.abs() <= rounded {
            self.rest(DiffReason::Rounding);
            return;
        }
        let near = NOTHING.max(rounded).max(left.abs() / 1_000);
        let only_money = self.difference.counts.is_none();
        let pricers: Vec<(Way, Amount)> = amounts
            .iter()
            .filter(|(_, amount)| only_money || amount.counts == [0; 4])
            .copied()
            .collect();
        if let Some(found) = smallest(&pricers, |sum| (left - sum.cost).abs() <= near) {
            for ((reason, _), amount) in found {
                self.take(reason, amount);
            }
            if rounded > 0 {
                self.rest(DiffReason::Rounding);
            }
            return;
        }
        if ours.totals.cost.unpriced_tokens() > 0 && left > 0 {
            // Part of what follows: how much of it is not known.
            self.why.push(DiffWhy {
                reason: DiffReason::Unpriced,
                tokens: None,
                cost: None,
            });
        }
        self.rest(match () {
            () if theirs.is_none() => DiffReason::NotInFile,
            () if ours.totals.turns == 0 => DiffReason::NotInLedger,
            () => DiffReason::Unknown,
        });
    }
}

fn moving(amounts: &[(Way, Amount)]) -> impl Iterator<Item = (Way, Amount)> {
    amounts.iter().filter(|(_, amount)| amount.counts != [0; 4]).copied()
}

/// The fewest amounts whose sum is right; no reason is used in two ways at once.
fn smallest(amounts: &[(Way, Amount)], is_right: impl Fn(Amount) -> bool) -> Option<Vec<(Way, Amount)>> {
    /// 2^12 sums are a matter of microseconds. More kinds of amounts than that do not meet in one line.
    const MOST: usize = 12;
    let amounts = &amounts[..amounts.len().min(MOST)];
    let mut sets: Vec<u32> = (1..1_u32 << amounts.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    sets.into_iter()
        .map(|set| {
            let chosen = amounts.iter().enumerate().filter(|(at, _)| set & 1 << at != 0);
            chosen.map(|(_, amount)| *amount).collect::<Vec<_>>()
        })
        .filter(|chosen| chosen.windows(2).all(|pair| pair[0].0.0 != pair[1].0.0))
        .find(|chosen| {
            let mut sum = Amount::default();
            chosen.iter().for_each(|(_, amount)| sum.add(*amount));
            is_right(sum)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::DiffReason::{
        CacheWrites, Copies, DatedPrice, Gone, LongContext, NotInFile, Rounding, Unknown,
    };

    const fn amount(tokens: i64, cost: i64) -> Amount {
        Amount {
            counts: [tokens, 0, 0, 0],
            cost,
        }
    }

    /// The reasons for a difference, given what could make one.
    fn reasons(tokens: i64, cost: i64, ways: &[(Way, Amount)], rounding: i64) -> Vec<DiffReason> {
        let theirs = Theirs {
            lines: 2,
            ..Theirs::default()
        };
        let difference = Difference {
            counts: Some([tokens, 0, 0, 0]),
            cost: Some(cost),
        };
        let mut ours = Ours::default();
        ours.totals.turns = 1;
        ours.amounts = ways.iter().copied().collect();
        let why = explain(difference, Some(&theirs), &ours, None, Money::from_nanos(rounding));
        let shares: i64 = why.iter().filter_map(|why| why.cost).map(Money::nanos).sum();
        assert!(
            (cost - shares).abs() <= NOTHING,
            "shares add up to the difference: {why:?}"
        );
        why.into_iter().map(|why| why.reason).collect()
    }

    const CENT: i64 = 10_000_000;

    #[test]
    fn the_fewest_amounts_that_add_up_are_the_reason() {
        let ways = [
            ((Copies, 0), amount(100, 3 * CENT)),
            ((Gone, 0), amount(-40, -CENT)),
            ((CacheWrites, 0), amount(0, -5 * CENT)),
            ((DatedPrice, 0), amount(0, 7 * CENT)),
        ];
        for (tokens, cost, expected) in [
            (0, 0, &[][..]),
            (100, 3 * CENT, &[Copies]),
            (60, 2 * CENT, &[Copies, Gone]),
            (100, -2 * CENT, &[Copies, CacheWrites]),
            (0, 2 * CENT, &[CacheWrites, DatedPrice]),
            (99, 3 * CENT, &[Unknown]),
            (0, 4 * CENT, &[Unknown]),
            (100, 4 * CENT, &[Copies, Unknown]),
        ] {
            assert_eq!(reasons(tokens, cost, &ways, 0), expected, "{tokens} tokens, {cost}");
        }
    }

    #[test]
    fn a_reason_is_used_one_way_only() {
        let ways = [
            ((LongContext, 0), amount(0, -5 * CENT)),
            ((LongContext, 1), amount(0, -2 * CENT)),
        ];
        assert_eq!(reasons(0, -5 * CENT, &ways, 0), [LongContext]);
        assert_eq!(reasons(0, -2 * CENT, &ways, 0), [LongContext]);
        assert_eq!(reasons(0, -7 * CENT, &ways, 0), [Unknown]);
    }

    #[test]
    fn rounding_is_a_reason_up_to_what_the_lines_can_round() {
        assert_eq!(reasons(0, CENT, &[], CENT / 2), [Rounding]);
        assert_eq!(reasons(0, CENT + 1, &[], CENT / 2), [Unknown]);
    }

    #[test]
    fn a_line_that_the_file_lacks_is_not_in_it() {
        let mut ours = Ours::default();
        ours.totals.turns = 1;
        ours.sum = amount(5, CENT);
        let has = Has {
            counts: true,
            cost: false,
        };
        let difference = Difference::of(None, &ours, has);
        assert_eq!(difference.counts, Some([-5, 0, 0, 0]));
        let why = explain(difference, None, &ours, None, Money::ZERO);
        assert_eq!(why.iter().map(|why| why.reason).collect::<Vec<_>>(), [NotInFile]);
    }
}
