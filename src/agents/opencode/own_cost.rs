//! What a reply itself cost, where an agent adds to it the cost of the subagents it started.

use crate::agents::shared::batch::{Batch, session_hash};
use crate::agents::shared::lenient::{Text, dollars, part};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use crate::core::money::Money;
use anyhow::Result;
use rusqlite::Params;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Knows which sessions started others: only their replies need a second look.
pub(super) struct OwnCosts {
    parents: FxHashSet<u64>,
    has_costs: bool,
}

/// What the parts of replies record, by the hash of the reply's id.
#[derive(Default)]
pub(super) struct Parts {
    of_reply: FxHashMap<u64, Recorded>,
    /// What sessions and those below them cost, by the hash of their ids.
    below: FxHashMap<u64, Money>,
}

#[derive(Default)]
struct Recorded {
    steps: Option<Money>,
    children: FxHashSet<u64>,
}

/// `{"type":"step-finish","cost":0.008}`, `{"type":"tool","state":{"metadata":{"sessionId":"ses_…"}}}`
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    cost: Option<&'a RawValue>,
    #[serde(borrow, default)]
    state: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
}

impl OwnCosts {
    /// `None` where the database does not tell.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn find(database: &Database, into: &mut Batch) -> Result<Option<Self>> {
        let has = |table: &str, wanted: &[&str]| -> Result<bool> {
            let columns = database.columns(table)?;
            Ok(wanted
                .iter()
                .all(|wanted| columns.iter().any(|column| column == wanted)))
        };
        if !has("session", &["id", "parent_id"])? || !has("part", &["id", "message_id", "data"])? {
            return Ok(None);
        }
        let mut parents = FxHashSet::default();
        let children = ("where parent_id is not null", ());
        table::read(database, "session", &["parent_id"], children, into, |cells, _| {
            parents.extend(cells.text("parent_id").map(|id| session_hash(&id)));
            Ok(())
        })?;
        let has_costs = has("session", &["cost"])?;
        Ok((!parents.is_empty()).then_some(Self { parents, has_costs }))
    }

    /// Reads the parts of the replies in `messages`, those of `sessions` or of all. A search for each reply would look at
    /// every part where the index is gone.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn parts(
        &self,
        database: &Database,
        messages: &str,
        sessions: Option<&[String]>,
        into: &mut Batch,
    ) -> Result<Parts> {
        let mut parts = Parts::default();
        let of_sessions =
            |which: &str| format!("where message_id in (select id from {messages} where session_id in ({which}))");
        match sessions {
            None => {
                let all = of_sessions("select parent_id from session where parent_id is not null");
                parts.add(database, (&all, ()), into)?;
            }
            Some(ids) => {
                let parents = ids.iter().filter(|id| self.parents.contains(&session_hash(id)));
                for list in table::lists(parents) {
                    parts.add(database, (&of_sessions(table::IN_LIST), [list]), into)?;
                }
            }
        }
        let needs_children = |recorded: &Recorded| recorded.steps.is_none() && !recorded.children.is_empty();
        if self.has_costs && parts.of_reply.values().any(needs_children) {
            parts.below = costs_below(database, into)?;
        }
        Ok(parts)
    }

    /// The part of `cost` that is the reply's own: what its steps cost, or the rest without its subagents. Unknown where
    /// the parts are damaged.
    pub(super) fn of(&self, parts: Option<&Parts>, session: u64, message: &str, cost: Money) -> Option<Money> {
        if cost == Money::ZERO || !self.parents.contains(&session) {
            return Some(cost);
        }
        let parts = parts?;
        let Some(recorded) = parts.of_reply.get(&session_hash(message)) else {
            return Some(cost);
        };
        Some(recorded.steps.unwrap_or_else(|| {
            let children = recorded.children.iter().filter_map(|child| parts.below.get(child));
            let children = children.fold(Money::ZERO, |sum, child| sum.plus(*child));
            cost.minus(children).max(Money::ZERO)
        }))
    }
}

impl Parts {
    fn add(&mut self, database: &Database, which: (&str, impl Params), into: &mut Batch) -> Result<()> {
        table::read(database, "part", &["message_id", "data"], which, into, |cells, _| {
            let cost = cells.bytes("data").and_then(parse);
            if let (Some(cost), Some(message)) = (cost, cells.text("message_id")) {
                let recorded = self.of_reply.entry(session_hash(&message)).or_default();
                match cost {
                    OwnCost::Step(cost) => recorded.steps = Some(cost.plus(recorded.steps.unwrap_or(Money::ZERO))),
                    OwnCost::Child(id) => {
                        recorded.children.insert(id);
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// What each session and those below it cost. Sessions that are below themselves cost what they cost alone.
fn costs_below(database: &Database, into: &mut Batch) -> Result<FxHashMap<u64, Money>> {
    let (mut sums, mut parents) = (FxHashMap::default(), FxHashMap::default());
    let mut waits_for: FxHashMap<u64, u32> = FxHashMap::default();
    let columns = ["id", "parent_id", "cost"];
    table::read(database, "session", &columns, table::ALL, into, |cells, _| {
        let hash = |column: &str| cells.text(column).map(|id| session_hash(&id));
        if let Some(id) = hash("id") {
            sums.insert(id, dollars(cells.number("cost")).unwrap_or_default());
            if let Some(parent) = hash("parent_id")
                && parents.insert(id, parent).is_none()
            {
                *waits_for.entry(parent).or_default() += 1;
            }
        }
        Ok(())
    })?;
    let mut ready: Vec<u64> = sums.keys().copied().filter(|id| !waits_for.contains_key(id)).collect();
    while let Some(id) = ready.pop() {
        let Some(parent) = parents.get(&id) else { continue };
        let cost = sums[&id];
        if let Some(sum) = sums.get_mut(parent) {
            *sum = sum.plus(cost);
        }
        if let Some(left) = waits_for.get_mut(parent) {
            *left -= 1;
            if *left == 0 {
                ready.push(*parent);
            }
        }
    }
    Ok(sums)
}

/// The cost in a part.
enum OwnCost {
    Step(Money),
    Child(u64),
}

fn parse(data: &[u8]) -> Option<OwnCost> {
    let text = std::str::from_utf8(data).ok()?;
    let record: Part<'_> = serde_json::from_str(text).ok()?;
    match record.kind.as_deref()? {
        "step-finish" => Money::from_decimal(record.cost?.get().as_bytes()).map(OwnCost::Step),
        "tool" => {
            let state: State<'_> = part(record.state)?;
            let metadata: Metadata<'_> = part(state.metadata)?;
            metadata.session_id.map(|id| OwnCost::Child(session_hash(&id.0)))
        }
        _ => None,
    }
}
