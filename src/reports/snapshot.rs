//! The sums of a snapshot, from one pass over the last weeks of the ledger.

use super::Usage;
use super::answers::{Answers, Collecting};
use super::select::Selected;
use crate::core::budget::{Amount, Budget, Scope, Thresholds};
use crate::core::group::Totals;
use crate::core::period::{BLOCK_MS, Calendar, Period, Range, Unit, blocks};
use crate::core::rows::Text;
use crate::core::snapshot::{Block, BudgetNow, Burn, Cost, Latest, SHAPE, STRETCH_MS, STRETCHES, Snapshot, Span};
use anyhow::Result;
use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;

/// How far back the beginning of the present blocks is looked for at first.
const BLOCKS_MS: i64 = 3 * 24 * 3600 * 1000;

/// A period that is being summed.
struct Summing {
    period: Period,
    totals: Totals,
    sessions: FxHashSet<i64>,
    last_session: Option<i64>,
}

impl Summing {
    fn new(period: &Period) -> Self {
        Self {
            period: period.clone(),
            totals: Totals::default(),
            sessions: FxHashSet::default(),
            last_session: None,
        }
    }

    fn span(self) -> Span {
        Span {
            start: self.period.start,
            end: self.period.end,
            cost: cost_of(&self.totals),
            tokens: self.totals.tokens.tokens().total(),
            turns: self.totals.turns,
            sessions: self.sessions.len() as u64,
        }
    }
}

fn cost_of(totals: &Totals) -> Cost {
    Cost::new(totals.cost.cost(), totals.cost.status())
}

impl Usage<'_> {
    /// Everything but limits and processes.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn snapshot(&self, budgets: &[Budget], thresholds: Thresholds, zone: &TimeZone, now: i64) -> Result<Snapshot> {
        let mut calendar = Calendar::new(zone);
        let mut spans = [Unit::Day, Unit::Week, Unit::Month].map(|unit| Summing::new(calendar.period(unit, now)));
        let earliest = spans.iter().map(|span| span.period.start).min().unwrap_or(now);
        let mut selected = Selected::all();
        selected.packs.start = earliest.min(now - BLOCKS_MS);
        let mut hour = [0_u64; STRETCHES];
        let mut burning = Totals::default();
        let mut answers = Collecting::default();
        let mut latest: Option<(i64, i64)> = None;
        self.each(&selected, |turn| {
            let at = turn.numbers.timestamp;
            for span in &mut spans {
                if span.period.range().contains(at) {
                    span.totals.add(&turn.addend());
                    // Turns come session by session.
                    if span.last_session.replace(turn.key.session) != Some(turn.key.session) {
                        span.sessions.insert(turn.key.session);
                    }
                }
            }
            if at >= now - BLOCKS_MS {
                answers.push(turn.model_row, at);
            }
            if let Some(stretch) = stretch_of(at, now) {
                hour[stretch] = hour[stretch].saturating_add(turn.numbers.tokens.total().unwrap_or(0));
                if stretch >= STRETCHES - 3 {
                    burning.add(&turn.addend());
                }
            }
            latest = latest.max(Some((at, turn.key.session)));
            Ok(())
        })?;
        let [today, week, month] = spans.map(Summing::span);
        Ok(Snapshot {
            shape: SHAPE,
            summed_at: now,
            looked_at: 0,
            today,
            week,
            month,
            blocks: self.present_blocks(answers.by_provider(self), now)?,
            session: match latest {
                Some((at, session)) => self.latest(session, at)?,
                None => None,
            },
            burn: Burn {
                hour,
                cost: cost_of(&burning),
            },
            limits: Vec::new(),
            budgets: self.budgets_now(budgets, thresholds, zone, now)?,
            agents: Vec::new(),
            began: Vec::new(),
            zone: None,
            thresholds: (thresholds.warning, thresholds.critical),
            currency: self.exchange.as_ref().map(|exchange| exchange.currency.code.to_owned()),
        })
    }

    fn budgets_now(
        &self,
        budgets: &[Budget],
        thresholds: Thresholds,
        zone: &TimeZone,
        now: i64,
    ) -> Result<Vec<BudgetNow>> {
        let spent = self.budget_rows(budgets, thresholds, zone, now)?;
        let now = spent.into_iter().zip(budgets).map(|(spent, budget)| {
            let row = spent.row;
            BudgetNow {
                id: budget.id.clone(),
                is_whole: budget.scope == Scope::default(),
                every: row.every,
                spent: match row.spent {
                    Some(Amount::Usd(money)) => Some(Cost::new(Some(money), row.cost_status)),
                    _ => None,
                },
                used_percent: row.used_percent,
                level: row.level,
                end: row.end,
            }
        });
        Ok(now.collect())
    }

    /// A session with all its turns.
    fn latest(&self, row: i64, at: i64) -> Result<Option<Latest>> {
        let Some(known) = self.ledger.session(row)? else {
            return Ok(None);
        };
        let mut selected = Selected::all();
        selected.packs.sessions = Some(FxHashSet::from_iter([row]));
        let mut totals = Totals::default();
        let mut model: Option<(i64, Option<Text>)> = None;
        self.each(&selected, |turn| {
            totals.add(&turn.addend());
            if model.as_ref().is_none_or(|(at, _)| *at <= turn.numbers.timestamp) {
                model = Some((turn.numbers.timestamp, turn.model.model.clone()));
            }
            Ok(())
        })?;
        Ok(Some(Latest {
            id: known.info.id,
            name: known.info.title.map(|title| title.text),
            agent: self.agent_id(known.agent).to_string(),
            model: model.and_then(|(_, model)| model).map(|model| model.to_string()),
            cost: cost_of(&totals),
            tokens: totals.tokens.tokens().total(),
            at,
        }))
    }

    /// The current blocks. A pause as long as a block always starts a new one, so recent turns suffice; without such a
    /// pause, all turns are needed.
    fn present_blocks(&self, answers: Answers, now: i64) -> Result<Vec<Block>> {
        let mut found = Vec::new();
        let mut all: Option<Answers> = None;
        for (provider, mut times) in answers {
            if times.last().is_none_or(|last| now - last >= BLOCK_MS) {
                continue;
            }
            let pause = times.windows(2).rposition(|pair| pair[1] - pair[0] >= BLOCK_MS);
            let times = match (pause, &mut all) {
                (Some(pause), _) => times.split_off(pause + 1),
                (None, Some(all)) => all.remove(&provider).unwrap_or_default(),
                (None, none) => none.insert(self.answers()?).remove(&provider).unwrap_or_default(),
            };
            let present = blocks(times).into_iter().rfind(|block| block.contains(now));
            if let Some(range) = present {
                found.push(self.block(provider, range)?);
            }
        }
        found.sort_by(|a, b| a.provider.cmp(&b.provider));
        Ok(found)
    }

    fn block(&self, provider: Option<Text>, range: Range) -> Result<Block> {
        let mut selected = Selected::all();
        (selected.packs.start, selected.packs.end) = (range.start, range.end);
        let mut totals = Totals::default();
        self.each(&selected, |turn| {
            if turn.model.provider == provider {
                totals.add(&turn.addend());
            }
            Ok(())
        })?;
        Ok(Block {
            provider: provider.map(|provider| provider.to_string()),
            start: range.start,
            end: range.end,
            cost: cost_of(&totals),
        })
    }
}

/// Which stretch of the last hour an instant is in, the newest last.
fn stretch_of(at: i64, now: i64) -> Option<usize> {
    let ago = usize::try_from(now.checked_sub(at)? / STRETCH_MS).ok()?;
    (at <= now).then(|| (STRETCHES - 1).checked_sub(ago)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hour_has_twelve_stretches_and_nothing_beyond() {
        let now = 10 * 3_600_000;
        let minutes_ago = |minutes: i64| stretch_of(now - minutes * 60_000, now);
        assert_eq!(
            [0, 4, 5, 14, 15].map(minutes_ago),
            [Some(11), Some(11), Some(10), Some(9), Some(8)]
        );
        assert_eq!([59, 60, -1, -1_000_000].map(minutes_ago), [Some(0), None, None, None]);
    }
}
