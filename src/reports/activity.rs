//! Activity: the ledger's log of changes as the lines of `ttop watch`.

use super::Usage;
use super::select::Selected;
use crate::core::event_id::event_id;
use crate::core::money::{CostStatus, Money};
use crate::core::price::{CostSum, TurnCost};
use crate::core::rows::{ActivityRow, Text, TokenSteps};
use crate::core::time::Time;
use crate::core::tokens::Tokens;
use crate::ledger::changes::Logged;
use crate::ledger::merge::PackKey;
use crate::ledger::pack::PackEntry;
use crate::ledger::sessions::KnownSession;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// At most so many sessions are kept in memory; the rest comes back from the ledger.
const MOST_SESSIONS: usize = 10_000;

/// Follows the log: where it is, and the running totals of the sessions seen.
pub struct Follower {
    /// The 8 hex digits of the ledger.
    ledger_id: String,
    /// Number of the last reported change.
    pub cursor: i64,
    totals: FxHashMap<i64, Running>,
}

/// The sums of a session at a position of the log.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    counts: [i64; 5],
    /// Bit mask of buckets that some turn gave a count for.
    known: u8,
    cost: Money,
    has_cost: bool,
    /// How many turns have each status.
    statuses: [i64; STATUSES.len()],
}

const STATUSES: [CostStatus; 7] = [
    CostStatus::Recorded,
    CostStatus::Estimated,
    CostStatus::Mixed,
    CostStatus::Partial,
    CostStatus::Free,
    CostStatus::Plan,
    CostStatus::Unknown,
];

impl Running {
    fn add(&mut self, tokens: &Tokens, cost: TurnCost) {
        for (sum, count) in self.counts.iter_mut().zip(tokens.counts()) {
            *sum += count as i64;
        }
        self.known |= !tokens.unknown_mask() & 0b1_1111;
        self.cost = self.cost.plus(cost.cost.unwrap_or_default());
        self.has_cost |= cost.cost.is_some();
        self.count(Some(cost.status), 1);
    }

    fn count(&mut self, status: Option<CostStatus>, turns: i64) {
        if let Some(at) = STATUSES.iter().position(|known| Some(*known) == status) {
            self.statuses[at] += turns;
        }
    }

    fn status(&self) -> Option<CostStatus> {
        let mut sum = CostSum::default();
        for (status, _) in STATUSES.into_iter().zip(self.statuses).filter(|(_, turns)| *turns > 0) {
            sum.add(TurnCost {
                cost: None,
                status,
                unpriced_tokens: 0,
            });
        }
        sum.status()
    }

    fn step(&mut self, step: &Step, sign: i64) {
        for (sum, step) in self.counts.iter_mut().zip(step.steps.counts()) {
            *sum += sign * step;
        }
        self.count(step.statuses.0, -sign);
        self.count(step.statuses.1, sign);
        let cost = step.cost.unwrap_or_default();
        self.cost = if sign < 0 {
            self.cost.minus(cost)
        } else {
            self.cost.plus(cost)
        };
    }

    fn tokens(&self) -> Tokens {
        // The sum of nothing is zeros, as everywhere.
        let unknown = if self.known == 0 { 0 } else { !self.known & 0b1_1111 };
        Tokens::from_parts(self.counts.map(|count| count.max(0).unsigned_abs()), unknown)
    }
}

/// A batch from the log.
pub struct Taken {
    pub rows: Vec<ActivityRow>,
    /// The number of changes in them.
    pub changes: usize,
}

/// The session fields of lines.
struct Named {
    id: Text,
    name: Option<Text>,
    project: Option<Text>,
}

impl From<KnownSession> for Named {
    fn from(session: KnownSession) -> Self {
        let info = session.info;
        Self {
            id: info.id.into(),
            name: info.title.map(|title| title.text.into()),
            project: info.project.map(|project| project.path.into()),
        }
    }
}

/// A change with its prices.
struct Step {
    logged: Logged,
    steps: TokenSteps,
    cost: Option<Money>,
    status: CostStatus,
    /// Before and after.
    statuses: (Option<CostStatus>, Option<CostStatus>),
}

impl Step {
    /// Whether a share of the agent's own figure was added to a turn that has a listed price.
    fn is_silent(&self) -> bool {
        let (Some(old), Some(new)) = (&self.logged.old, &self.logged.new) else {
            return false;
        };
        let (old, new) = (&old.numbers, &new.numbers);
        let is_other = old.is_share != new.is_share || old.is_share && old.cost != new.cost;
        is_other && self.steps.counts() == [0; 5] && self.cost.unwrap_or_default() == Money::ZERO
    }
}

impl Follower {
    /// Starts after change number `cursor`.
    pub fn new(ledger_id: impl Into<String>, cursor: i64) -> Self {
        Self {
            ledger_id: ledger_id.into(),
            cursor,
            totals: FxHashMap::default(),
        }
    }

    /// The 8 hex digits of the ledger.
    pub fn ledger_id(&self) -> &str {
        &self.ledger_id
    }

    /// The id of the last reported change.
    pub fn event_id(&self) -> String {
        event_id(&self.ledger_id, self.cursor)
    }

    /// The lines of at most `most` changes after the cursor, which moves on. Nothing may be pending in the ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next(&mut self, usage: &Usage<'_>, most: usize) -> Result<Vec<ActivityRow>> {
        Ok(self.take(usage, most, |batch| batch)?.rows)
    }

    /// Like [`Follower::next`], with one line per turn of the batch, regardless of the number of changes.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_combined(&mut self, usage: &Usage<'_>, most: usize) -> Result<Taken> {
        self.take(usage, most, combine)
    }

    fn take(
        &mut self,
        usage: &Usage<'_>,
        most: usize,
        shape: impl FnOnce(Vec<Logged>) -> Vec<Logged>,
    ) -> Result<Taken> {
        // Totals and log must be of one moment, or a change that is committed in between would count twice.
        usage.ledger.frozen(|| {
            let batch = usage.ledger.changes_after(self.cursor, most)?;
            let (changes, last) = (batch.len(), batch.last().map_or(self.cursor, |logged| logged.seq));
            let steps = shape(batch).into_iter().map(|logged| price(usage, logged));
            let steps: Vec<Step> = steps.filter(|step| !step.is_silent()).collect();
            self.learn(usage, &steps, changes == most)?;
            let mut sessions = FxHashMap::default();
            for row in steps.iter().map(|step| step.logged.session) {
                if let Entry::Vacant(entry) = sessions.entry(row) {
                    entry.insert(usage.ledger.session(row)?.map(Named::from));
                }
            }
            let rows = steps.iter().map(|step| self.row(usage, &sessions, step)).collect();
            self.cursor = last;
            Ok(Taken { rows, changes })
        })
    }

    /// Every turn since a time as a line of its own, for a ledger without a log.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn replay(&mut self, usage: &Usage<'_>, since: i64) -> Result<Vec<ActivityRow>> {
        let mut before = Selected::all();
        before.packs.end = since;
        usage.each(&before, |turn| {
            let running = self.totals.entry(turn.key.session).or_default();
            running.add(&turn.numbers.tokens, turn.cost);
            Ok(())
        })?;
        let mut now = Selected::all();
        now.packs.start = since;
        let mut sessions = FxHashMap::default();
        let mut rows = Vec::new();
        for found in usage.ledger.turns(&now.packs)? {
            let found = found?;
            let session = found.head.key.session;
            if let Entry::Vacant(entry) = sessions.entry(session) {
                entry.insert(usage.ledger.session(session)?.map(Named::from));
            }
            let logged = Logged {
                seq: self.cursor + 1,
                at: found.turn.numbers.timestamp,
                agent: found.head.key.agent,
                session,
                event: found.turn.event,
                message_id: found.message_id,
                old: None,
                new: Some(found.turn.entry()),
            };
            rows.push(self.row(usage, &sessions, &price(usage, logged)));
        }
        Ok(rows)
    }

    /// Brings in the totals of sessions not seen before, as they were before the first of these steps.
    fn learn(&mut self, usage: &Usage<'_>, steps: &[Step], has_more: bool) -> Result<()> {
        let all = || steps.iter().map(|step| step.logged.session);
        let mut unseen: FxHashSet<i64> = all().filter(|session| !self.totals.contains_key(session)).collect();
        if unseen.is_empty() {
            return Ok(());
        }
        if self.totals.len() + unseen.len() > MOST_SESSIONS {
            self.totals.clear();
            unseen.extend(all());
        }
        if has_more {
            // Of a long replay: those that come later are looked up at the same time, as far as there is room.
            let room = MOST_SESSIONS - self.totals.len();
            usage.ledger.each_change_after(self.cursor, usize::MAX, |logged| {
                if unseen.len() < room && !self.totals.contains_key(&logged.session) {
                    unseen.insert(logged.session);
                }
            })?;
        }
        let mut then: FxHashMap<i64, Running> = unseen.iter().map(|session| (*session, Running::default())).collect();
        let mut selected = Selected::all();
        selected.packs.sessions = Some(unseen);
        usage.each(&selected, |turn| {
            then.entry(turn.key.session)
                .or_default()
                .add(&turn.numbers.tokens, turn.cost);
            Ok(())
        })?;
        // The ledger's state minus the changes still to report.
        usage.ledger.each_change_after(self.cursor, usize::MAX, |logged| {
            if let Some(running) = then.get_mut(&logged.session) {
                let step = price(usage, logged);
                running.step(&step, -1);
            }
        })?;
        self.totals.extend(then);
        Ok(())
    }

    fn row(&mut self, usage: &Usage<'_>, sessions: &FxHashMap<i64, Option<Named>>, step: &Step) -> ActivityRow {
        let logged = &step.logged;
        self.cursor = logged.seq;
        let running = self.totals.entry(logged.session).or_default();
        running.step(step, 1);
        running.has_cost |= step.cost.is_some();
        let session = sessions.get(&logged.session).and_then(Option::as_ref);
        let entry = logged.new.or(logged.old);
        let model = usage.models().of(entry.map_or(u32::MAX, |entry| entry.model));
        let timestamp = entry.map_or(logged.at, |entry| entry.numbers.timestamp);
        ActivityRow {
            kind: ActivityRow::kind(),
            event_id: event_id(&self.ledger_id, logged.seq),
            turn_id: logged.event,
            session_id: session.map_or_else(|| "".into(), |session| session.id.clone()),
            message_id: (!logged.message_id.is_empty()).then(|| logged.message_id.as_str().into()),
            agent_id: usage.agent_id(logged.agent),
            provider_id: model.provider.clone(),
            model_id: model.model.clone(),
            session_name: session.and_then(|session| session.name.clone()),
            project_path: session.and_then(|session| session.project.clone()),
            tokens: step.steps,
            total_tokens: step.steps.total(),
            cost: step.cost,
            cost_status: step.status,
            timestamp,
            time: Time(timestamp),
            observed_at: logged.at,
            session_tokens: running.tokens(),
            session_cost: running.has_cost.then_some(running.cost),
            session_cost_status: running.status(),
            host: None,
        }
    }
}

/// One change for each reply, at the place of its last one. What came and went leaves nothing.
fn combine(batch: Vec<Logged>) -> Vec<Logged> {
    let mut at = FxHashMap::default();
    let mut combined: Vec<Logged> = Vec::new();
    for logged in batch.into_iter().rev() {
        match at.entry((logged.session, logged.event)) {
            Entry::Occupied(entry) => {
                let last: &mut Logged = &mut combined[*entry.get()];
                last.old = logged.old;
            }
            Entry::Vacant(entry) => {
                entry.insert(combined.len());
                combined.push(logged);
            }
        }
    }
    combined.retain(|logged| logged.old.is_some() || logged.new.is_some());
    combined.reverse();
    combined
}

fn price(usage: &Usage<'_>, logged: Logged) -> Step {
    let key = PackKey {
        agent: logged.agent,
        source: 0,
        session: logged.session,
    };
    let cost = |entry| usage.price(key, entry).cost;
    let (old, new) = (logged.old.map(cost), logged.new.map(cost));
    let dollars = |cost: Option<TurnCost>| cost.and_then(|cost| cost.cost);
    let step = match (dollars(old), dollars(new)) {
        (None, None) => None,
        (before, after) => Some(after.unwrap_or_default().minus(before.unwrap_or_default())),
    };
    let tokens = |entry: Option<PackEntry>| entry.map(|entry| entry.numbers.tokens);
    let steps = TokenSteps::between(tokens(logged.old).as_ref(), tokens(logged.new).as_ref());
    let statuses = (old.map(|cost| cost.status), new.map(|cost| cost.status));
    let status = new.or(old).map_or(CostStatus::Unknown, |cost| cost.status);
    Step {
        logged,
        steps,
        cost: step,
        status,
        statuses,
    }
}
