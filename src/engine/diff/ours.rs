//! Adds up the ledger's turns by the lines of a file, with the amounts that could make the file differ.

use super::key::{Grouping, Key};
use super::statement::{Counts, Statement, counts_of, plus, signed};
use super::variants::Variants;
use crate::core::group::Totals;
use crate::core::money::{Billing, Money};
use crate::core::rows::DiffReason;
use crate::core::turn::{Presence, Rank};
use crate::ledger::query::Head;
use crate::reports::select::Selected;
use crate::reports::{Priced, Sessions, Usage};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// An amount that makes the file differ if its program counts or prices in a certain way: theirs minus ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub counts: Counts,
    /// Nano-dollars.
    pub cost: i64,
}

impl Amount {
    pub(super) fn add(&mut self, other: Self) {
        self.counts = plus(self.counts, other.counts);
        self.cost = self.cost.saturating_add(other.cost);
    }

    #[must_use]
    pub(super) fn negated(self) -> Self {
        Self {
            counts: self.counts.map(i64::saturating_neg),
            cost: self.cost.saturating_neg(),
        }
    }
}

/// The ledger's side of one line.
#[derive(Clone, Debug, Default)]
pub(super) struct Ours {
    pub totals: Totals,
    /// The counts of `totals`.
    pub sum: Amount,
    pub requests: u64,
    /// The part of its cost that is billed by the piece.
    pub fees: i64,
    /// What each reason would add, in no particular order. Several of one reason are different ways to differ.
    pub amounts: FxHashMap<Way, Amount>,
}

/// A way to differ: its reason, and a number where a reason has several.
pub(super) type Way = (DiffReason, u8);

/// A length of time in which no zone changes its day.
pub(super) const SLOT_MS: i64 = 15 * 60_000;

/// The ledger's side of a comparison.
#[derive(Default)]
pub(super) struct Sums {
    pub lines: FxHashMap<Key, Ours>,
    /// What counts, by quarter of an hour and by what else tells lines apart: other zones group it anew.
    pub slots: FxHashMap<(i64, u32), Amount>,
}

impl Ours {
    fn add_amount(&mut self, reason: DiffReason, amount: Amount) {
        self.amounts.entry((reason, 0)).or_default().add(amount);
    }
}

/// Adds up all turns that were selected.
///
/// # Errors
/// When the ledger is damaged.
pub(super) fn add_up(
    usage: &Usage<'_>,
    selected: &Selected,
    sessions: &Sessions,
    statement: &Statement,
    grouping: &mut Grouping<'_>,
) -> Result<Sums> {
    let mut sums = Sums::default();
    let mut with_copies: FxHashSet<i64> = FxHashSet::default();
    usage.ledger.visit(&selected.packs, |head, columns| {
        for at in 0..columns.len() {
            let entry = columns.turn(at);
            if !selected.takes(&entry) || !is_billed(usage, statement, entry.model) {
                continue;
            }
            if !entry.counted {
                with_copies.insert(head.key.session);
                continue;
            }
            let priced = usage.price(head.key, entry);
            let (key, slot) = grouping.of(usage, sessions, head.key, &entry);
            let sum = sums.lines.entry(key).or_default();
            let counted = sum.count(usage, statement, &priced);
            if let Some(slot) = slot {
                sums.slots.entry(slot).or_default().add(counted);
            }
        }
        Ok(())
    })?;
    add_copies(usage, selected, sessions, statement, grouping, with_copies, &mut sums)?;
    Ok(sums)
}

/// Whether a bill can contain a turn.
fn is_billed(usage: &Usage<'_>, statement: &Statement, model: u32) -> bool {
    statement
        .provider
        .is_none_or(|provider| usage.models().of(model).provider.as_deref() == Some(provider))
}

impl Ours {
    /// Adds a turn, and returns what it adds.
    fn count(&mut self, usage: &Usage<'_>, statement: &Statement, priced: &Priced<'_>) -> Amount {
        use DiffReason::{Gone, OtherAgents, OtherMachines, Plan, Reasoning, Reverted, UnrecordedRequests};
        let numbers = &priced.numbers;
        self.totals.add(&priced.addend());
        let counted = Amount {
            counts: counts_of(&numbers.tokens),
            cost: priced.cost.cost.unwrap_or_default().nanos(),
        };
        self.sum.add(counted);
        self.requests += u64::from(numbers.requests.unwrap_or(0));
        let is_other_agent = !statement.agents.is_empty() && {
            let agent = usage.agent_id(priced.key.agent);
            !statement.agents.iter().any(|known| **known == *agent)
        };
        let missing = [
            (OtherAgents, is_other_agent),
            (OtherMachines, usage.host_of(priced.key.source).is_some()),
            (Plan, statement.provider.is_some() && priced.billing == Billing::Plan),
            (Gone, numbers.presence == Presence::Gone),
            (Reverted, numbers.presence == Presence::Reverted),
            (UnrecordedRequests, numbers.requests.is_none()),
        ];
        for (reason, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
            self.add_amount(reason, counted.negated());
            if is_other_agent {
                // That the file leaves out all of it is certain.
                return counted;
            }
        }
        let variants = Variants::of(priced, usage.cost_from);
        self.fees = self.fees.saturating_add(variants.fees());
        if let Some(without) = variants.without_reasoning() {
            let reasoning = signed(numbers.tokens.reasoning().unwrap_or(0));
            self.add_amount(
                Reasoning,
                Amount {
                    counts: [0, -reasoning, 0, 0],
                    cost: without,
                },
            );
        }
        for (way, cost) in variants.prices() {
            let counts = [0; 4];
            self.amounts.entry(way).or_default().add(Amount { counts, cost });
        }
        counted
    }
}

/// Adds the copies that a program counts which does not know them.
fn add_copies(
    usage: &Usage<'_>,
    selected: &Selected,
    sessions: &Sessions,
    statement: &Statement,
    grouping: &mut Grouping<'_>,
    with_copies: FxHashSet<i64>,
    sums: &mut Sums,
) -> Result<()> {
    if with_copies.is_empty() {
        return Ok(());
    }
    let mut packs = selected.packs.clone();
    packs.sessions = Some(with_copies);
    let mut heads: Vec<Head> = Vec::new();
    usage.ledger.visit(&packs, |head, _| {
        heads.push(head);
        Ok(())
    })?;
    let mut counted: FxHashSet<(i64, u64)> = FxHashSet::default();
    let mut copies = Vec::new();
    for head in heads {
        for turn in usage.ledger.pack(head.pack)?.turns {
            let event = (head.key.session, turn.event.0);
            let is_superseded = turn.segment != 0 && !turn.supersedes && turn.rank != Rank::SHARED;
            if turn.counted {
                counted.insert(event);
            } else if !is_superseded && selected.takes(&turn.entry()) && is_billed(usage, statement, turn.model) {
                copies.push((turn.rank, event, head, turn.entry()));
            }
        }
    }
    copies.sort_by_key(|(rank, ..)| Reverse(*rank));
    for (_, event, head, entry) in copies {
        // The same session in two places is not a fork: use the best copy.
        if !counted.insert(event) {
            continue;
        }
        let (key, _) = grouping.of(usage, sessions, head.key, &entry);
        let cost = usage.price(head.key, entry).cost.cost.map_or(0, Money::nanos);
        let counts = counts_of(&entry.numbers.tokens);
        let ours = sums.lines.entry(key).or_default();
        ours.add_amount(DiffReason::Copies, Amount { counts, cost });
    }
    Ok(())
}
