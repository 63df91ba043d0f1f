//! What a reply itself cost, where an agent adds to it the cost of the subagents it started.

use crate::agents::shared::batch::{Batch, session_hash};
use crate::agents::shared::lenient::{Text, dollars, part};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use crate::core::money::Money;
use anyhow::Result;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Knows which sessions started others: only their replies need a second look.
pub struct OwnCosts {
    parents: FxHashSet<u64>,
    has_costs: bool,
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
    pub fn find(database: &Database, into: &mut Batch) -> Result<Option<Self>> {
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

    /// The part of `cost` that is the reply's own: what its steps cost, or the rest without its subagents.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of(&self, database: &Database, session: &str, message: &str, cost: Money) -> Result<Money> {
        if cost == Money::ZERO || !self.parents.contains(&session_hash(session)) {
            return Ok(cost);
        }
        let (mut steps, mut children) = (None, Vec::new());
        let select = "select data from part where message_id = ?1 order by id";
        let mut statement = database.connection.prepare_cached(select)?;
        let mut rows = statement.query([message])?;
        while let Some(row) = rows.next()? {
            database.budget.restart();
            let Some(part) = row.get_ref(0)?.as_bytes().ok().and_then(parse) else {
                continue;
            };
            match part {
                OwnCost::Step(cost) => steps = Some(cost.plus(steps.unwrap_or(Money::ZERO))),
                OwnCost::Child(id) => children.push(id),
            }
        }
        Ok(match steps {
            Some(steps) => steps,
            None => cost.minus(self.cost_below(database, &children)?).max(Money::ZERO),
        })
    }

    /// What sessions and those below them cost.
    fn cost_below(&self, database: &Database, sessions: &[String]) -> Result<Money> {
        let mut sum = Money::ZERO;
        if !self.has_costs {
            return Ok(sum);
        }
        let select = "with recursive below(id) as (select ?1 union select s.id from session s join below on s.parent_id = below.id)
            select sum(session.cost) from below join session on session.id = below.id";
        let mut statement = database.connection.prepare_cached(select)?;
        for session in sessions {
            let cost: Option<f64> = statement.query_row([session], |row| row.get(0))?;
            sum = sum.plus(dollars(cost).unwrap_or_default());
        }
        Ok(sum)
    }
}

/// The cost in a part.
enum OwnCost {
    Step(Money),
    Child(String),
}

fn parse(data: &[u8]) -> Option<OwnCost> {
    let text = std::str::from_utf8(data).ok()?;
    let record: Part<'_> = serde_json::from_str(text).ok()?;
    match record.kind.as_deref()? {
        "step-finish" => Money::from_decimal(record.cost?.get().as_bytes()).map(OwnCost::Step),
        "tool" => {
            let state: State<'_> = part(record.state)?;
            let metadata: Metadata<'_> = part(state.metadata)?;
            metadata.session_id.map(|id| OwnCost::Child(id.0.into_owned()))
        }
        _ => None,
    }
}
