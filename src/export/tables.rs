//! The exported tables: their columns come from the schemas of the rows, so that a new key is a new column.

use crate::core::rows::{LimitHistoryRow, PriceRow, SessionRow, TurnRow};
use crate::render::Row;
use crate::render::keys::{self, Kind};
use serde_json::Value;

/// A table.
pub(crate) struct Table {
    pub name: &'static str,
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    pub columns: Vec<Column>,
}

/// A column of a table.
pub(crate) struct Column {
    /// `tokens_cache_read`
    pub name: String,
    /// `tokens.cacheRead`; empty for what is not in the row.
    pub path: String,
    pub kind: ColumnKind,
    pub description: String,
    pub is_key: bool,
    /// The column that has the same moment in epoch milliseconds.
    pub millis: Option<usize>,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Text,
    /// A moment, in UTC.
    Time,
    Integer,
    /// US dollars with nine decimals.
    Money,
    Number,
    Flag,
    /// A list or an object as JSON text.
    Json,
}

/// The first two columns of every table: where a row comes from, and which machine exports it.
pub(crate) const HOST: &str = "host";
pub(crate) const EXPORTED_BY: &str = "exported_by";

/// Keys for people, which depend on the configuration of the machine: tables hold dollars.
const DISPLAYED: [&str; 2] = ["costDisplay", "currency"];

/// The names of all tables, in the order in which they are written.
pub(crate) const NAMES: [&str; 4] = ["turns", "sessions", "limits", "prices"];

/// A row for each model reply.
pub(crate) fn turns() -> Table {
    table::<TurnRow>("turns", &["turn_id"])
}

/// A row for each session.
pub(crate) fn sessions() -> Table {
    table::<SessionRow>("sessions", &[HOST, "agent_id", "session_id"])
}

/// A row for each time a plan limit was seen.
pub(crate) fn limits() -> Table {
    table::<LimitHistoryRow>("limits", &[HOST, "provider_id", "label", "timestamp"])
}

/// A row for each price of a model that was used.
pub(crate) fn prices() -> Table {
    table::<PriceRow>("prices", &[HOST, "provider_id", "model_id", "start"])
}

fn table<R: Row>(name: &'static str, key: &'static [&'static str]) -> Table {
    let schema = keys::schema::<R>();
    let origin = |name: &str, path: &str, description: &str| Column {
        name: name.to_owned(),
        path: path.to_owned(),
        kind: ColumnKind::Text,
        description: description.to_owned(),
        is_key: key.contains(&name),
        millis: None,
    };
    let mut columns = vec![
        origin(
            HOST,
            HOST,
            "The machine, or the name of the import that brought the row.",
        ),
        origin(EXPORTED_BY, "", "The machine that exported the row."),
    ];
    for leaf in keys::leaves(&keys::keys::<R>())
        .into_iter()
        .filter(|leaf| leaf.path != HOST && !DISPLAYED.contains(&&*leaf.path))
    {
        let name = snake_case(&leaf.path);
        columns.push(Column {
            kind: kind_of(&leaf.path, &leaf.kind),
            description: description(&schema, &leaf.path),
            is_key: key.contains(&name.as_str()),
            millis: None,
            path: leaf.path,
            name,
        });
    }
    let millis = columns.iter().position(|column| column.path == "timestamp");
    columns
        .iter_mut()
        .filter(|column| column.path == "time")
        .for_each(|column| column.millis = millis);
    Table { name, key, columns }
}

impl Table {
    /// The names of the columns, separated by commas, each quoted by `quote`.
    pub(crate) fn names(&self, quote: impl Fn(&str) -> String) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quote(&column.name)).collect();
        names.join(", ")
    }
}

/// Keys whose number is an amount of dollars, which must not be rounded.
const MONEY: [&str; 1] = ["cost"];

fn kind_of(path: &str, kind: &Kind) -> ColumnKind {
    match kind {
        Kind::Number if MONEY.contains(&path) => ColumnKind::Money,
        Kind::Text => ColumnKind::Text,
        Kind::Time => ColumnKind::Time,
        Kind::Integer => ColumnKind::Integer,
        Kind::Number => ColumnKind::Number,
        Kind::Flag => ColumnKind::Flag,
        Kind::List(_) | Kind::Object(_) | Kind::Any => ColumnKind::Json,
    }
}

/// `tokens.cacheRead` as `tokens_cache_read`
fn snake_case(path: &str) -> String {
    let mut name = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        match c {
            '.' => name.push('_'),
            c if c.is_ascii_uppercase() => {
                name.push('_');
                name.push(c.to_ascii_lowercase());
            }
            c => name.push(c),
        }
    }
    name
}

/// The description of a key, on one line.
fn description(schema: &Value, path: &str) -> String {
    let mut at = schema;
    for part in path.split('.') {
        let object = match at.get("anyOf").and_then(Value::as_array) {
            Some(options) => options
                .iter()
                .find(|option| option.get("properties").is_some())
                .unwrap_or(at),
            None => at,
        };
        match object.get("properties").and_then(|properties| properties.get(part)) {
            Some(found) => at = found,
            None => return String::new(),
        }
    }
    let text = at.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column<'t>(table: &'t Table, name: &str) -> Option<&'t Column> {
        table.columns.iter().find(|column| column.name == name)
    }

    #[test]
    fn columns_have_names_and_types_of_sql() {
        let turns = turns();
        let kind = |name: &str| column(&turns, name).map(|column| column.kind);
        assert_eq!(turns.columns[0].name, "host");
        assert_eq!(kind("turn_id"), Some(ColumnKind::Text));
        assert_eq!(kind("tokens_cache_read"), Some(ColumnKind::Integer));
        assert_eq!(kind("cost"), Some(ColumnKind::Money));
        assert_eq!(kind("time"), Some(ColumnKind::Time));
        let sessions = sessions();
        assert_eq!(
            column(&sessions, "models").map(|column| column.kind),
            Some(ColumnKind::Json)
        );
        assert!(column(&prices(), "fast_cache_write1h").is_some());
    }

    #[test]
    fn every_key_is_a_column() {
        for (table, name) in [turns(), sessions(), limits(), prices()].iter().zip(NAMES) {
            assert_eq!(table.name, name);
            for name in table.key {
                assert!(column(table, name).is_some(), "{}.{name}", table.name);
            }
            let mut names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
    }
}
