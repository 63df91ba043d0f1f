//! Insights: one pass over the turns that finds what another habit, cache or model would have saved.

mod alternatives;
mod caches;
mod rows;

use super::select::Selected;
use super::{Priced, Sessions, Usage};
use crate::core::fees::Fees;
use crate::core::group::Totals;
use crate::core::insight::{SMALL_CONTEXT, SMALL_OUTPUT};
use crate::core::money::{CostStatus, Money};
use crate::core::numbers::Numbers;
use crate::core::price::{CostFrom, ModelPrices, cost_of};
use crate::core::rows::{Insight, InsightRow};
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, Presence};
use alternatives::Alternatives;
use anyhow::Result;
use caches::Caches;
use rustc_hash::FxHashMap;

/// What was found of one kind and model.
#[derive(Clone, Debug, Default)]
struct Found {
    totals: Totals,
    tokens: u64,
    saved: Money,
    /// Whether it is unknown what some turn would have saved.
    is_open: bool,
    /// What each session lost, or cost.
    sessions: FxHashMap<i64, Money>,
}

impl Found {
    fn add(&mut self, turn: &Priced<'_>, tokens: u64, saved: Option<Money>) {
        self.totals.add(&turn.addend());
        self.add_loss(turn.key.session, tokens, saved);
        if saved.is_none() {
            let lost = self.sessions.entry(turn.key.session).or_default();
            *lost = lost.plus(turn.cost.cost.unwrap_or_default());
        }
    }

    fn add_loss(&mut self, session: i64, tokens: u64, saved: Option<Money>) {
        self.tokens = self.tokens.saturating_add(tokens);
        self.saved = self.saved.plus(saved.unwrap_or_default());
        self.is_open |= saved.is_none();
        let lost = self.sessions.entry(session).or_default();
        *lost = lost.plus(saved.unwrap_or_default());
    }

    /// `None` where some of it is unknown.
    fn saved(&self) -> Option<Money> {
        (!self.is_open).then_some(self.saved)
    }
}

/// All turns of one model in one session.
#[derive(Clone, Debug, Default)]
struct Share {
    totals: Totals,
    requests: u64,
    /// Whether a turn is of an unknown number of requests.
    is_open: bool,
    newest: i64,
}

/// Everything that one pass finds.
#[derive(Debug, Default)]
struct Findings {
    found: FxHashMap<(Insight, u32), Found>,
    /// By model (row of the names) and session.
    shares: FxHashMap<(u32, i64), Share>,
    total: Totals,
}

impl Usage<'_> {
    /// The most that would have been saved first, then what is unknown, by cost; and how many turns were looked at.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn insights(&self, selected: &Selected, sessions: &Sessions, now: i64) -> Result<(Vec<InsightRow>, u64)> {
        let alternatives = Alternatives::of(self, now);
        let mut findings = Findings::default();
        let mut caches = Caches::new(self.ledger.split_sessions(&selected.packs)?, now);
        self.each(selected, |turn| {
            findings.total.add(&turn.addend());
            let share = findings.shares.entry((turn.model_row, turn.key.session)).or_default();
            share.totals.add(&turn.addend());
            share.requests += u64::from(turn.numbers.requests.unwrap_or(0));
            share.is_open |= turn.numbers.requests.is_none();
            share.newest = share.newest.max(turn.numbers.timestamp);
            self.look_at(turn, sessions, &alternatives, &mut findings);
            caches.add(self, turn, &mut findings);
            Ok(())
        })?;
        caches.finish(self, &mut findings);
        let rows = self.insight_rows(&findings, sessions, &alternatives);
        Ok((rows, findings.total.turns))
    }

    /// What a turn by itself shows.
    fn look_at(&self, turn: &Priced<'_>, sessions: &Sessions, alternatives: &Alternatives, findings: &mut Findings) {
        let numbers = &turn.numbers;
        let tokens = &numbers.tokens;
        let known = tokens.known_total();
        let mut found = |insight: Insight, tokens: u64, saved: Option<Money>| {
            findings
                .found
                .entry((insight, turn.model_row))
                .or_default()
                .add(turn, tokens, saved);
        };
        if numbers.presence == Presence::Reverted {
            found(Insight::RevertedTurns, known, exact(turn));
        }
        // Where reasoning is not told apart, output contains it.
        let answered = tokens.output().map(|output| output + tokens.reasoning().unwrap_or(0));
        let is_paid = turn.cost.cost > Some(Money::ZERO);
        if answered == Some(0) && numbers.accuracy == Accuracy::Exact && is_paid {
            found(Insight::EmptyAnswers, known, exact(turn));
        }
        if numbers.requests == Some(1)
            && let Some((above, premium)) = premium(numbers, &turn.model.prices)
        {
            found(
                Insight::LongContext,
                context(tokens).saturating_sub(above),
                Some(premium),
            );
        }
        let cheaper = alternatives.of_model(turn.model_row);
        let instead = |this: &Self| {
            let other = this.models().of(cheaper?);
            let here = list_cost(numbers, &turn.model.prices)?;
            let there = list_cost(numbers, &other.prices)?;
            Some(here.minus(there).max(Money::ZERO))
        };
        let is_expensive = cheaper.is_some();
        let is_small =
            answered.is_some_and(|answered| (1..=SMALL_OUTPUT).contains(&answered)) && context(tokens) <= SMALL_CONTEXT;
        let is_of_subagent = !self.ledger.names().origin(turn.origin_row).subagent.is_empty()
            || sessions
                .of(turn.key.session)
                .is_some_and(|session| session.parent.is_some());
        if is_of_subagent {
            found(
                Insight::Subagents,
                known,
                if is_expensive { instead(self) } else { None },
            );
        } else if is_expensive && is_small {
            found(Insight::SmallAnswers, known, instead(self));
        }
    }
}

fn context(tokens: &Tokens) -> u64 {
    let of = |bucket| tokens.count(bucket).unwrap_or(0);
    of(Bucket::Input) + of(Bucket::CacheRead) + of(Bucket::CacheWrite)
}

/// What a turn cost, where that is known whole.
fn exact(turn: &Priced<'_>) -> Option<Money> {
    turn.cost.cost.filter(|_| turn.cost.status != CostStatus::Partial)
}

/// Tokens at list prices; `None` where a part has no price.
fn list_cost(numbers: &Numbers, prices: &ModelPrices) -> Option<Money> {
    let of_tokens = Numbers {
        fees: Fees::NONE,
        ..*numbers
    };
    let cost = cost_of(&of_tokens, prices, CostFrom::List);
    cost.cost.filter(|_| cost.status != CostStatus::Partial)
}

/// The size above which a request costs more, and how much more this one cost.
fn premium(numbers: &Numbers, prices: &ModelPrices) -> Option<(u64, Money)> {
    let price = prices.at(numbers.timestamp, numbers.mode)?;
    let tier = price.tiers().first()?;
    if context(&numbers.tokens) <= tier.above {
        return None;
    }
    // Tiers apply to single requests: what is several costs the base rates.
    let at_base = Numbers {
        requests: None,
        ..*numbers
    };
    let premium = list_cost(numbers, prices)?.minus(list_cost(&at_base, prices)?);
    (premium > Money::ZERO).then_some((tier.above, premium))
}
