//! Totals: the only place that adds turns up.

use super::money::{Billing, Money};
use super::price::{CostSum, TurnCost};
use super::tokens::{TokenSum, Tokens};
use super::turn::{Accuracy, Presence};

/// Turns added up.
#[derive(Clone, Debug)]
pub struct Totals {
    pub turns: u64,
    pub tokens: TokenSum,
    pub cost: CostSum,
    pub billing: BillingSum,
    /// What subscriptions cover of `cost`.
    pub plan_cost: Money,
    partial: bool,
    estimated: bool,
    /// Bit = position of the presence in [`Presence`].
    presences: u8,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            turns: 0,
            tokens: TokenSum::new(),
            cost: CostSum::default(),
            billing: BillingSum::default(),
            plan_cost: Money::ZERO,
            partial: false,
            estimated: false,
            presences: 0,
        }
    }
}

/// The contribution of one turn.
#[derive(Clone, Copy, Debug)]
pub struct Addend<'a> {
    pub tokens: &'a Tokens,
    pub cost: TurnCost,
    pub billing: Billing,
    pub accuracy: Accuracy,
    pub presence: Presence,
}

impl Totals {
    #[inline]
    pub fn add(&mut self, turn: &Addend<'_>) {
        self.turns += 1;
        self.tokens.add(turn.tokens);
        self.cost.add(turn.cost);
        self.billing.add(turn.billing);
        if turn.billing == Billing::Plan {
            self.plan_cost = self.plan_cost.plus(turn.cost.cost.unwrap_or_default());
        }
        self.partial |= turn.accuracy == Accuracy::Partial;
        self.estimated |= turn.accuracy == Accuracy::Estimated;
        self.presences |= 1 << turn.presence as u8;
    }

    /// The same as adding all turns of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.turns += other.turns;
        self.tokens.merge(&other.tokens);
        self.cost.merge(&other.cost);
        self.billing.0 |= other.billing.0;
        self.plan_cost = self.plan_cost.plus(other.plan_cost);
        self.partial |= other.partial;
        self.estimated |= other.estimated;
        self.presences |= other.presences;
    }

    /// The least that holds for every turn.
    pub fn accuracy(&self) -> Accuracy {
        match (self.partial, self.estimated) {
            (true, _) => Accuracy::Partial,
            (false, true) => Accuracy::Estimated,
            (false, false) => Accuracy::Exact,
        }
    }

    /// `present` if any turn is; else the presence of the last turns.
    pub fn presence(&self) -> Presence {
        [Presence::Present, Presence::Reverted, Presence::Gone]
            .into_iter()
            .find(|presence| self.presences & 1 << *presence as u8 != 0)
            .unwrap_or(Presence::Present)
    }
}

/// Who pays for a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BillingSum(u8);

impl BillingSum {
    pub fn add(&mut self, billing: Billing) {
        self.0 |= match billing {
            Billing::Metered => 1,
            Billing::Plan => 2,
            Billing::Unknown => 4,
            Billing::Mixed => 3,
        };
    }

    /// `mixed` where not all turns are paid the same way.
    pub fn billing(self) -> Billing {
        match self.0 {
            1 => Billing::Metered,
            2 => Billing::Plan,
            0 | 4 => Billing::Unknown,
            _ => Billing::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::money::CostStatus;

    fn totals(turns: &[(u64, Option<f64>, Billing, Presence)]) -> Totals {
        let mut totals = Totals::default();
        for (input, dollars, billing, presence) in turns {
            let tokens = Tokens::new(*input, 0, 0, 0, 0);
            let status = if dollars.is_some() {
                CostStatus::Estimated
            } else {
                CostStatus::Unknown
            };
            let unpriced_tokens = if dollars.is_some() { 0 } else { *input };
            let cost = TurnCost {
                cost: dollars.map(Money::from_dollars),
                status,
                unpriced_tokens,
            };
            totals.add(&Addend {
                tokens: &tokens,
                cost,
                billing: *billing,
                accuracy: Accuracy::Exact,
                presence: *presence,
            });
        }
        totals
    }

    #[test]
    fn merging_is_adding() {
        let turns = [
            (1, Some(0.1), Billing::Plan, Presence::Present),
            (2, None, Billing::Metered, Presence::Gone),
            (4, Some(0.3), Billing::Plan, Presence::Reverted),
        ];
        let mut merged = totals(&turns[..1]);
        merged.merge(&totals(&turns[1..]));
        let whole = totals(&turns);
        assert_eq!(
            (merged.turns, merged.tokens, merged.plan_cost),
            (3, whole.tokens, Money::from_dollars(0.4))
        );
        assert_eq!(
            (merged.cost.status(), merged.cost.cost()),
            (whole.cost.status(), whole.cost.cost())
        );
        assert_eq!(merged.cost.status(), Some(CostStatus::Partial));
        assert_eq!(merged.billing.billing(), Billing::Mixed);
    }

    #[test]
    fn a_session_is_gone_only_when_every_turn_is() {
        let turn = |presence| (1, None, Billing::Unknown, presence);
        assert_eq!(
            totals(&[turn(Presence::Gone), turn(Presence::Present)]).presence(),
            Presence::Present
        );
        assert_eq!(
            totals(&[turn(Presence::Gone), turn(Presence::Gone)]).presence(),
            Presence::Gone
        );
        assert_eq!(totals(&[turn(Presence::Reverted)]).presence(), Presence::Reverted);
    }
}
