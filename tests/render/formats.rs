//! Every kind of row in every format: what is printed parses, and holds what the JSON rows hold.

use super::home as odd_home;
use crate::support::Home;
use serde_json::{Value, json};
use ttop::render::kinds::{ROWS, RowKind};

/// The clock of the homes stands still here, and so the log of their ledgers begins here.
const NOW: &str = "2026-11-20T18:00:00Z";

/// Places to print from: the sample home, and one whose titles break tables.
struct Place {
    home: Home,
    is_demo: bool,
    session: &'static str,
}

impl Place {
    fn print(&self, kind: &RowKind, format: &str) -> String {
        let mut words: Vec<&str> = if self.is_demo { vec!["--demo"] } else { Vec::new() };
        words.extend(kind.command.split(' '));
        match kind.command {
            "show" => words.push(self.session),
            "diff" => {
                self.home.copy("diff/anthropic-cost.csv", "bill.csv");
                words.extend(["bill.csv", "--all"]);
            }
            "providers --history" => words.push("365d"),
            "watch" => words.extend(["--once", "--since", NOW]),
            "watch --events" => words.extend([if self.is_demo { "all" } else { "activity" }, "--once", "--since", NOW]),
            "prices" => words.extend(["-n", "20"]),
            // Tables list absent agents in a line below, unless they are asked for.
            "doctor" => words.push("-v"),
            _ => {}
        }
        words.extend(["-o", format]);
        self.home.stdout(&words)
    }
}

fn places() -> [Place; 2] {
    let home = odd_home();
    let session = "aaaa-1";
    home.write(
        ".config/tokentop/config.json",
        json!({"budgets": {"daily": 20}}).to_string(),
    );
    home.write(
        ".claude.json",
        json!({"mcpServers": {"odd | \"name\"\t": {"command": "srv", "args": ["a|b", "c,d"]}}}).to_string(),
    );
    home.write(
        ".config/tokentop/plugins/odd.js",
        "import { createThemePlugin } from '@tokentop/plugin-sdk';\n\
         export default createThemePlugin({ id: 'odd', type: 'theme', name: 'Odd | \"name\"', version: '1.0.0', permissions: {} });\n",
    );
    home.stdout(&["sync"]);
    // What came after the first sync is news to a watch.
    let text = std::fs::read_to_string(home.path().join(".claude/projects/-home-dev/bbbb-2.jsonl")).expect("a log");
    home.write(
        ".claude/projects/-home-dev/dddd-4.jsonl",
        text.replace("bbbb-2", "dddd-4").replace("msg_", "msg_d"),
    );
    home.copy("agents/codex/made/home", "");
    [
        Place {
            home: Home::new(),
            is_demo: true,
            session: "ses_demo_01",
        },
        Place {
            home,
            is_demo: false,
            session,
        },
    ]
}

/// The value of a column, which names a key or a path of keys.
fn value_at<'r>(row: &'r Value, column: &str) -> &'r Value {
    let at = |row: &'r Value, key: &str| row.get(key).unwrap_or(&Value::Null);
    column.split('.').fold(row, at)
}

fn is_same(cell: &str, value: &Value) -> bool {
    match value {
        Value::Null => cell.is_empty(),
        Value::String(text) => cell == text,
        Value::Number(number) if number.is_f64() => cell.parse() == Ok(number.as_f64().expect("a float")),
        other => serde_json::from_str::<Value>(cell).is_ok_and(|cell| cell == *other),
    }
}

fn check_matrix(place: &str, matrix: &[Vec<String>], rows: &[Value]) {
    let (header, records) = matrix.split_first().expect("a header");
    let mut columns = header.clone();
    columns.sort();
    columns.dedup();
    assert_eq!(columns.len(), header.len(), "{place}: a column twice: {header:?}");
    assert_eq!(records.len(), rows.len(), "{place}");
    for (record, row) in records.iter().zip(rows) {
        assert_eq!(record.len(), header.len(), "{place}: {record:?}");
        for (column, cell) in header.iter().zip(record) {
            let value = value_at(row, column);
            assert!(is_same(cell, value), "{place}: {column}: {cell:?} is not {value}");
        }
        for key in row.as_object().expect("an object").keys() {
            let is_of = |column: &String| column == key || column.starts_with(&format!("{key}."));
            assert!(header.iter().any(is_of), "{place}: no column of {key}");
        }
    }
}

fn from_csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| cells(record.expect("a record")))
        .collect()
}

fn from_tsv(text: &str) -> Vec<Vec<String>> {
    let plain = |cell: &str| {
        let (mut out, mut letters) = (String::new(), cell.chars());
        while let Some(letter) = letters.next() {
            out.push(match letter {
                '\\' => match letters.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('\\') => '\\',
                    other => panic!("\\{other:?} in {cell:?}"),
                },
                letter => letter,
            });
        }
        out
    };
    text.lines().map(|line| line.split('\t').map(plain).collect()).collect()
}

/// The cells of a table in Markdown, whose bars are escaped within them.
fn from_markdown(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let line = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let line = line.unwrap_or_else(|| panic!("no row of a table: {text}"));
        let (mut cells, mut letters) = (vec![String::new()], line.chars());
        while let Some(letter) = letters.next() {
            match letter {
                '|' => cells.push(String::new()),
                '\\' => cells.last_mut().expect("a cell").extend(letters.next()),
                letter => cells.last_mut().expect("a cell").push(letter),
            }
        }
        cells
    };
    text.lines().map(cells).collect()
}

#[test]
fn every_kind_of_row_parses_in_every_format() {
    let places = places();
    for kind in ROWS {
        let mut total = 0;
        for place in &places {
            // What runs on this machine changes from one look to the next, and an alert fires once.
            if ["ps", "alert"].contains(&kind.command) && !place.is_demo {
                continue;
            }
            let name = |format: &str| format!("{} -o {format}, demo: {}", kind.command, place.is_demo);
            let text = place.print(kind, "json");
            let rows: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            total += rows.len();
            let lines = place.print(kind, "ndjson");
            let lines: Result<Vec<Value>, _> = lines.lines().map(serde_json::from_str).collect();
            assert_eq!(lines.expect("JSON"), rows, "{}", name("ndjson"));
            check_matrix(&name("csv"), &from_csv(&place.print(kind, "csv")), &rows);
            check_matrix(&name("tsv"), &from_tsv(&place.print(kind, "tsv")), &rows);
            let table = from_markdown(&place.print(kind, "md"));
            assert!(
                table[1].iter().all(|cell| cell.trim_matches([' ', ':']) == "---"),
                "{table:?}"
            );
            assert!(
                table.iter().all(|row| row.len() == table[0].len()),
                "{}: {table:?}",
                name("md")
            );
            assert!(
                table.len() >= rows.len() + 2,
                "{}: {} rows: {table:?}",
                name("md"),
                rows.len()
            );
        }
        assert!(total > 0, "no row of {}", kind.command);
    }
}
