//! What the SQL of several programs has in common.

use super::Cell;
use super::tables::{ColumnKind, Table};
use crate::core::money::Money;
use std::io::Write;

/// An identifier in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Text in single quotes, for programs in which a backslash is itself.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Dollars with all nine decimals, exactly.
pub(super) fn dollars(dollars: f64) -> String {
    let nanos = Money::from_dollars(dollars).nanos();
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    format!("{sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// Writes text with some of its bytes escaped.
pub(super) fn write_escaped(
    out: &mut impl Write,
    value: &str,
    escape: impl Fn(u8) -> Option<&'static [u8]>,
) -> std::io::Result<()> {
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        if let Some(escaped) = escape(byte) {
            out.write_all(&value.as_bytes()[from..at])?;
            out.write_all(escaped)?;
            from = at + 1;
        }
    }
    out.write_all(&value.as_bytes()[from..])
}

/// The columns of a table with their types; those of the key are never null.
pub(super) fn definitions(table: &Table, type_of: impl Fn(ColumnKind) -> &'static str) -> Vec<String> {
    let columns = table.columns.iter();
    columns
        .map(|column| {
            let required = if column.is_key { " not null" } else { "" };
            format!("{} {}{required}", quoted(&column.name), type_of(column.kind))
        })
        .collect()
}

/// A cell as plain text; `None` for null.
pub(super) fn plain(cell: Cell<'_>, kind: ColumnKind) -> Option<std::borrow::Cow<'_, str>> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Text(text) => text.into(),
        Cell::Integer(number) => number.to_string().into(),
        Cell::Number(number) if kind == ColumnKind::Money => dollars(number).into(),
        Cell::Number(number) => number.to_string().into(),
        Cell::Flag(flag) => flag.to_string().into(),
    })
}

/// `"a" = excluded."a", …` for every column that is no key.
pub(super) fn assignments(table: &Table) -> String {
    let columns = table.columns.iter().filter(|column| !column.is_key);
    let list: Vec<String> = columns
        .map(|column| format!("{0} = excluded.{0}", quoted(&column.name)))
        .collect();
    list.join(", ")
}

/// `a."k" = b."k" and …` for the columns of the key.
pub(super) fn same_key(table: &Table, a: &str, b: &str) -> String {
    let list: Vec<String> = table
        .key
        .iter()
        .map(|name| format!("{a}.{0} = {b}.{0}", quoted(name)))
        .collect();
    list.join(" and ")
}

/// The columns of the key, quoted.
pub(super) fn key(table: &Table) -> String {
    let names: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// From a stage with all rows of a machine to the table: what is gone goes, what changed changes, what is new comes in. A
/// row that several machines export stays with the one whose name is first, in whatever order they export.
pub(super) fn merge(table: &Table, stage: &str, exporter: &str) -> String {
    let (name, names) = (quoted(table.name), table.names(quoted));
    let changed: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.is_key)
        .map(|column| format!("t.{0} is distinct from excluded.{0}", quoted(&column.name)))
        .collect();
    format!(
        "delete from {name} as t where t.exported_by = {by} \
         and not exists (select 1 from {stage} as s where {matches});\n\
         insert into {name} as t ({names}) select {names} from {stage} where true \
         on conflict ({key}) do update set {set} where excluded.exported_by <= t.exported_by and ({changed});\n",
        by = text(exporter),
        matches = same_key(table, "s", "t"),
        key = key(table),
        set = assignments(table),
        changed = changed.join(" or "),
    )
}
