//! Homes written again the way their agents wrote them: line by line, row by row, field by field.

use rusqlite::types::Value as Cell;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use ttop::agents::Agent;
use ttop::system::{Os, System};

/// What Claude Code writes when a program ends.
const TOTALS: &[u8] = b"{\"type\":\"cost-state\"";

/// One write of an agent.
pub enum Write {
    /// Bytes at the end of a file.
    Append(PathBuf, Vec<u8>),
    /// A file written anew.
    Replace(PathBuf, Vec<u8>),
    /// A statement on a database, which its owner keeps open.
    Sql(PathBuf, String, Vec<Cell>),
}

/// The writes that make the sources of an agent in `from`, in the order of their times. Files that are no sources are in
/// `to` from the start.
pub fn writes(agent: &dyn Agent, from: &Path, to: &Path) -> Vec<Write> {
    let found = agent.sources(&System::new(Os::Linux, from, std::collections::BTreeMap::new()));
    let mut sources: Vec<_> = found.sources.into_iter().map(|source| source.path).collect();
    sources.sort();
    sources.dedup();
    let mut timed = Vec::new();
    let contents: Vec<(PathBuf, Vec<u8>)> = sources
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .map(|path| (path.clone(), std::fs::read(path).expect("readable")))
        .collect();
    let makers = makers(&contents);
    let is_copy = |source: &Path, line: &[u8]| {
        let maker = makers.get(&plain(source, line));
        maker.is_some_and(|maker| *maker != source) || memchr::memmem::find(line, b"\"requestSessionId\"").is_some()
    };
    for source in &sources {
        let place = to.join(source.strip_prefix(from).expect("a source below the home"));
        if source.is_dir() {
            continue;
        }
        let content = std::fs::read(source).expect("readable");
        std::fs::remove_file(&place).expect("copied before");
        if source.extension().is_some_and(|extension| extension == "jsonl") {
            let subagents: Vec<i64> = contents
                .iter()
                .filter(|(path, _)| path.starts_with(source.with_extension("")))
                .flat_map(|(_, content)| times(content))
                .collect();
            lines(&content, &place, |line| is_copy(source, line), &subagents, &mut timed);
            continue;
        }
        let mut writes = Vec::new();
        if content.starts_with(b"SQLite format 3") {
            let wal = place.with_file_name(format!("{}-wal", place.file_name().expect("a name").to_string_lossy()));
            let _ = std::fs::remove_file(wal);
            rows(source, &place, &mut writes);
        } else {
            documents(&content, &place, &mut writes);
        }
        let last = times(&content).max().unwrap_or(0);
        timed.extend(writes.into_iter().map(|write| (last, write)));
    }
    // Stable: writes of one time and file keep their order.
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, write)| write).collect()
}

/// The times in a text, epoch milliseconds.
fn times(bytes: &[u8]) -> impl Iterator<Item = i64> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let iso = bytes.windows(20).filter(move |text| {
        text[..2] == *b"20" && text[4] == b'-' && text[10] == b'T' && text[13] == b':' && text[..4].iter().all(is_digit)
    });
    let parse = |text: &[u8]| {
        let text = format!("{}Z", String::from_utf8_lossy(&text[..19]));
        ttop::system::parse_instant(&text)
    };
    let epochs = bytes
        .split(|byte| !byte.is_ascii_digit())
        .filter(|digits| digits.len() == 13 && digits[0] == b'1')
        .filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    iso.filter_map(parse).chain(epochs)
}

/// A line without the id of the session its file is named after.
fn plain(source: &Path, line: &[u8]) -> String {
    let session = source.file_stem().expect("a name").to_string_lossy().into_owned();
    String::from_utf8_lossy(line).replace(&session, "")
}

/// The file that each line with a time was written to first: of several, the one that ends first. A fork goes on after
/// what it copied.
fn makers(contents: &[(PathBuf, Vec<u8>)]) -> HashMap<String, &Path> {
    let mut ends: Vec<_> = contents
        .iter()
        .map(|(path, content)| (times(content).max(), path, content))
        .collect();
    ends.sort();
    let mut makers = HashMap::new();
    for (_, path, content) in ends {
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            if times(line).next().is_some() {
                makers.entry(plain(path, line)).or_insert(path.as_path());
            }
        }
    }
    makers
}

/// Each line in two halves; what is behind the last line end comes in one piece. A line is written when the latest time
/// in the file so far was; the copied ones at the head of a fork when its first own one is; totals at the end of a
/// program when its subagents have written, too.
fn lines(
    content: &[u8],
    place: &Path,
    is_copy: impl Fn(&[u8]) -> bool,
    subagents: &[i64],
    timed: &mut Vec<(i64, Write)>,
) {
    let lines: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').collect();
    let time_of = |line: &&[u8]| times(line).next().filter(|_| !is_copy(line));
    let last = || times(content).max().unwrap_or(0);
    let mut time = lines.iter().find_map(time_of).unwrap_or_else(last);
    for (at, line) in lines.iter().enumerate() {
        time = time.max(time_of(line).unwrap_or(0));
        if line.starts_with(TOTALS) {
            let mut later = lines[at + 1..].iter().filter(|line| !line.starts_with(TOTALS));
            let next = later.find_map(time_of).unwrap_or(i64::MAX);
            time = subagents.iter().copied().filter(|&of| of < next).fold(time, i64::max);
        }
        let half = line.len() / 2;
        for part in [&line[..half], &line[half..]] {
            if !part.is_empty() {
                timed.push((time, Write::Append(place.to_owned(), part.to_owned())));
            }
        }
    }
}

/// A document whose lists of records grow together, with one write that was caught half done.
fn documents(content: &[u8], place: &Path, writes: &mut Vec<Write>) {
    if let Ok(document) = serde_json::from_slice::<Value>(content) {
        let length = longest(&document, 0);
        for count in 1..length {
            let mut part = document.clone();
            cut(&mut part, count, length, 0);
            add_up(&mut part);
            let text = serde_json::to_vec(&part).expect("JSON");
            if count == length / 2 {
                writes.push(Write::Replace(place.to_owned(), text[..text.len() / 2].to_owned()));
            }
            writes.push(Write::Replace(place.to_owned(), text));
        }
    }
    writes.push(Write::Replace(place.to_owned(), content.to_owned()));
}

/// A session's total has the replies so far.
fn add_up(session: &mut Value) {
    for (total, part) in [
        ("promptTokens", "prompt_tokens"),
        ("completionTokens", "completion_tokens"),
    ] {
        let history = session["history"].as_array().into_iter().flatten();
        let sum: u64 = history.filter_map(|item| item["message"]["usage"][part].as_u64()).sum();
        if let Some(count) = session.get_mut("usage").and_then(|usage| usage.get_mut(total)) {
            *count = sum.into();
        }
    }
}

/// How many objects the longest list of a document has.
fn longest(value: &Value, depth: usize) -> usize {
    match value {
        Value::Array(items) if items.iter().all(Value::is_object) => items.len(),
        Value::Object(entries) if depth < 3 => {
            let lengths = entries.values().map(|value| longest(value, depth + 1));
            lengths.max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// Leaves `count` of `length` parts of each list.
fn cut(value: &mut Value, count: usize, length: usize, depth: usize) {
    match value {
        // What refers to records of the longest list is written after them.
        Value::Array(items) if items.iter().all(Value::is_object) => items.truncate(items.len() * count / length),
        Value::Object(entries) if depth < 3 => {
            entries
                .values_mut()
                .for_each(|value| cut(value, count, length, depth + 1));
        }
        _ => {}
    }
}

/// A row, as often as it is written: when it was made, its table, and its forms from the first to the last.
struct Row {
    made: i64,
    table: usize,
    forms: Vec<Vec<Cell>>,
}

fn rows(source: &Path, place: &Path, writes: &mut Vec<Write>) {
    let database = rusqlite::Connection::open(source).expect("a copy of a database");
    let run = |sql: String, cells: Vec<Cell>| Write::Sql(place.to_owned(), sql, cells);
    writes.push(run("pragma journal_mode = wal".into(), Vec::new()));
    let mut schema = database
        .prepare("select sql from sqlite_schema where sql is not null and type in ('table', 'index') and name not like 'sqlite_%' order by type desc, rowid")
        .expect("a schema");
    let statements = schema.query_map([], |row| row.get::<_, String>(0)).expect("statements");
    for statement in statements {
        writes.push(run(statement.expect("text"), Vec::new()));
    }
    let mut names = database
        .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by rowid")
        .expect("a schema");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("names");
    let (mut all, mut inserts) = (Vec::new(), Vec::new());
    for (table, name) in names.iter().enumerate() {
        let mut statement = database.prepare(&format!("select * from \"{name}\"")).expect("a table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let places = vec!["?"; columns.len()].join(", ");
        inserts.push(format!("insert or replace into \"{name}\" values ({places})"));
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<Cell> = (0..columns.len()).map(|at| row.get(at).expect("a cell")).collect();
            let named = || columns.iter().zip(&cells);
            let made = named().find_map(|(column, cell)| match cell {
                Cell::Integer(at) if column.contains("creat") || column.contains("start") => Some(*at),
                _ => None,
            });
            all.push(Row {
                made: made.unwrap_or(0),
                table,
                forms: forms(&columns, cells),
            });
        }
    }
    // Stable: rows of one time in the order of their tables and rowids.
    all.sort_by_key(|row| (row.made, row.table));
    for row in all {
        for form in row.forms {
            writes.push(run(inserts[row.table].clone(), form));
        }
    }
}

/// A reply is written without counts, with counts, and when it is complete; a total grows.
fn forms(columns: &[String], cells: Vec<Cell>) -> Vec<Vec<Cell>> {
    let mut forms = Vec::new();
    let message = cells.iter().position(|cell| match cell {
        Cell::Text(text) => text.contains("\"completed\"") && text.contains("\"tokens\""),
        _ => false,
    });
    if let Some(at) = message
        && let Cell::Text(text) = &cells[at]
        && let Ok(whole) = serde_json::from_str::<Value>(text)
    {
        let mut counted = whole.clone();
        if let Some(time) = counted["time"].as_object_mut() {
            time.remove("completed");
        }
        let mut begun = counted.clone();
        begun["cost"] = 0.into();
        begun["tokens"] =
            serde_json::json!({"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}});
        if let Some(fields) = begun.as_object_mut() {
            fields.remove("finish");
        }
        for form in [begun, counted] {
            let mut young = cells.clone();
            young[at] = Cell::Text(form.to_string());
            forms.push(young);
        }
    }
    let is_total = |column: &str| column.contains("token") || column.contains("cost");
    let mut half = cells.clone();
    for (column, cell) in columns.iter().zip(&mut half) {
        match cell {
            Cell::Integer(count) if is_total(column) => *count /= 2,
            Cell::Real(count) if is_total(column) => *count /= 2.0,
            _ => {}
        }
    }
    if half != cells {
        forms.push(half);
    }
    forms.push(cells);
    forms
}
