//! The type of a row in the syntax of other programs (DuckDB, Nushell).

use super::keys::{Key, Kind};

/// The `columns` argument of DuckDB's `read_ndjson`, which otherwise guesses from the first rows.
pub fn duckdb(keys: &[Key]) -> String {
    let columns: Vec<String> = keys
        .iter()
        .map(|key| format!("\"{}\": '{}'", key.path, duckdb_type(&key.kind)))
        .collect();
    format!("columns={{{}}}", columns.join(", "))
}

fn duckdb_type(kind: &Kind) -> String {
    match kind {
        Kind::Text => "VARCHAR".to_owned(),
        Kind::Time => "TIMESTAMPTZ".to_owned(),
        Kind::Integer => "BIGINT".to_owned(),
        Kind::Number => "DOUBLE".to_owned(),
        Kind::Flag => "BOOLEAN".to_owned(),
        Kind::List(item) => format!("{}[]", duckdb_type(item)),
        Kind::Object(keys) => {
            let fields: Vec<String> = keys
                .iter()
                .map(|key| format!("\"{}\" {}", last(key), duckdb_type(&key.kind)))
                .collect();
            format!("STRUCT({})", fields.join(", "))
        }
        Kind::Any => "JSON".to_owned(),
    }
}

/// The type of a row in Nushell, as `from json` reads it.
pub fn nu(keys: &[Key]) -> String {
    let fields: Vec<String> = keys
        .iter()
        .map(|key| format!("{}: {}", last(key), nu_type(&key.kind)))
        .collect();
    format!("record<{}>", fields.join(", "))
}

fn nu_type(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Time => "string".to_owned(),
        Kind::Integer => "int".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Flag => "bool".to_owned(),
        Kind::List(item) => format!("list<{}>", nu_type(item)),
        Kind::Object(keys) => nu(keys),
        Kind::Any => "any".to_owned(),
    }
}

fn last(key: &Key) -> &str {
    key.path.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<Key> {
        let key = |path: &str, kind| Key {
            path: path.to_owned(),
            kind,
        };
        let tokens = Kind::Object(vec![
            key("tokens.input", Kind::Integer),
            key("tokens.output", Kind::Integer),
        ]);
        let limit = Kind::Object(vec![key("usedPercent", Kind::Number), key("resetsAt", Kind::Time)]);
        vec![
            key("end", Kind::Integer),
            key("tokens", tokens),
            key("limits", Kind::List(Box::new(limit))),
            key("data", Kind::Any),
            key("used", Kind::Flag),
        ]
    }

    #[test]
    fn duckdb_reads_nested_rows_and_reserved_names() {
        assert_eq!(
            duckdb(&keys()),
            r#"columns={"end": 'BIGINT', "tokens": 'STRUCT("input" BIGINT, "output" BIGINT)', "#.to_owned()
                + r#""limits": 'STRUCT("usedPercent" DOUBLE, "resetsAt" TIMESTAMPTZ)[]', "data": 'JSON', "used": 'BOOLEAN'}"#
        );
    }

    #[test]
    fn nushell_reads_times_as_text() {
        assert_eq!(
            nu(&keys()),
            "record<end: int, tokens: record<input: int, output: int>, \
             limits: list<record<usedPercent: number, resetsAt: string>>, data: any, used: bool>"
        );
    }
}
