//! Which model answered where a reply names only the router that chose it.

use crate::agents::shared::batch::{Batch, session_hash};
use crate::agents::shared::lenient::{Text, part};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use anyhow::Result;
use rusqlite::{OptionalExtension, Params};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The condition of the index that finds the ends of steps. A part may hold whole files: without the index, a search for
/// these would read them all.
const STEPS: &str = r#"json_valid("part"."data") and json_extract("part"."data", '$.type') = 'step-finish'"#;

/// The models that routers chose, by the hash of the reply's id; `None` where the steps of a reply disagree.
#[derive(Default)]
pub(super) struct Routed(FxHashMap<u64, Option<String>>);

/// `{"type":"step-finish","model":{"providerID":"kilo","modelID":"anthropic/claude-sonnet-4.5"}}`
#[derive(Deserialize)]
struct Step<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default, rename = "modelID")]
    id: Option<Text<'a>>,
}

impl Routed {
    /// Of the replies in `sessions`, or of all. None are found in a database without the index: the versions that write
    /// models there make it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn read(database: &Database, sessions: Option<&[String]>, into: &mut Batch) -> Result<Self> {
        let mut routed = Self::default();
        if !has_index(database)? {
            return Ok(routed);
        }
        match sessions {
            None => routed.add(database, (&format!("where {STEPS}"), ()), into)?,
            Some(ids) => {
                let which = format!("where session_id in ({}) and {STEPS}", table::IN_LIST);
                for list in table::lists(ids) {
                    routed.add(database, (&which, [list]), into)?;
                }
            }
        }
        Ok(routed)
    }

    pub(super) fn model_of(&self, message: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&session_hash(message))?.as_deref()
    }

    fn add(&mut self, database: &Database, which: (&str, impl Params), into: &mut Batch) -> Result<()> {
        table::read(database, "part", &["message_id", "data"], which, into, |cells, _| {
            let model = cells.bytes("data").and_then(parse);
            if let (Some(model), Some(message)) = (model, cells.text("message_id")) {
                self.0
                    .entry(session_hash(&message))
                    .and_modify(|known| *known = known.take().filter(|known| *known == model))
                    .or_insert_with(|| Some(model.clone()));
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn has_index(database: &Database) -> Result<bool> {
    let select = "select 1 from sqlite_schema where type = 'index' and tbl_name = 'part' and sql like '%step-finish%'";
    let found = database.connection.query_row(select, [], |_| Ok(())).optional()?;
    Ok(found.is_some())
}

fn parse(data: &[u8]) -> Option<String> {
    let step: Step<'_> = serde_json::from_str(std::str::from_utf8(data).ok()?).ok()?;
    let model: Model<'_> = part(step.model)?;
    model.id.map(|id| id.0.trim().to_owned()).filter(|id| !id.is_empty())
}
