//! Names of megabytes: whatever an agent recorded is cut in rows, so that few bytes of a file never become many of an answer.

use crate::support::{Home, agent_cases, copy_tree, files_in, is_database};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use ttop::agents::built_in;

/// Longer than any row, and shorter than what readers refuse.
const LONG_BYTES: usize = 50_000;
const MOST_ROW_BYTES: usize = 40 * 1024;
const COMMANDS: [&[&str]; 5] = [
    &["turns"],
    &["sessions"],
    &["cost", "--by", "model"],
    &["cost", "--by", "project"],
    &["cost", "--by", "branch"],
];

fn rows(home: &Home, command: &[&str]) -> Vec<(usize, Value)> {
    let text = home.stdout(&[command, &["-o", "ndjson"]].concat());
    let parse = |line: &str| (line.len(), serde_json::from_str(line).expect("a row"));
    text.lines().map(parse).collect()
}

/// What the rows call their session, model, project and so on.
fn names(turns: &[(usize, Value)]) -> BTreeSet<String> {
    const KEYS: [&str; 7] = [
        "sessionId",
        "sessionName",
        "messageId",
        "modelId",
        "projectPath",
        "branch",
        "subagent",
    ];
    let values = turns.iter().flat_map(|(_, row)| KEYS.map(|key| row[key].as_str()));
    let long_enough = |name: &&str| name.len() >= 3;
    values.flatten().filter(long_enough).map(str::to_owned).collect()
}

/// Few places of each name are enough: homes of real programs repeat theirs in every line.
const PLACES: usize = 3;

/// Lengthens the names where they are a whole text of JSON.
fn lengthen(text: &str, names: &BTreeSet<String>) -> String {
    let more = "x".repeat(LONG_BYTES);
    names.iter().fold(text.to_owned(), |text, name| {
        let quoted = Value::from(name.as_str()).to_string();
        let start = &quoted[..quoted.len() - 1];
        text.replacen(&quoted, &format!("{start}{more}\""), PLACES)
    })
}

fn lengthen_cells(path: &Path, names: &BTreeSet<String>) {
    let connection = Connection::open(path).expect("a database");
    connection
        .execute_batch("pragma journal_mode = delete; pragma foreign_keys = off")
        .expect("set");
    let mut cells = connection
        .prepare(
            "select m.name, c.name from sqlite_schema as m, pragma_table_info(m.name) as c
             where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'",
        )
        .expect("a schema");
    let cells: Vec<(String, String)> = cells
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("columns");
    let more = "x".repeat(LONG_BYTES);
    for (table, column) in cells {
        for name in names {
            let quoted = Value::from(name.as_str()).to_string();
            let long = format!("{}{more}\"", &quoted[..quoted.len() - 1]);
            let update = format!(
                "update \"{table}\" set \"{column}\" = case \"{column}\" when ?1 then ?1 || ?4 else replace(\"{column}\", ?2, ?3) end
                 where typeof(\"{column}\") = 'text' and instr(\"{column}\", ?1)"
            );
            // Some columns take no other text.
            let _ = connection.execute(&update, (name, &quoted, &long, &more));
        }
    }
}

#[test]
fn no_name_of_any_agent_makes_a_long_row() {
    let mut seen = BTreeSet::new();
    for agent in built_in() {
        // Of several homes the last one is mostly that of the newest version.
        for case in agent_cases(agent.id()).into_iter().rev().take(2) {
            let home = Home::new();
            copy_tree(&case.join("home"), &home.path());
            let names = names(&rows(&home, &["turns"]));
            for file in files_in(&home.path()) {
                if file.starts_with(home.path().join(".local/share/tokentop")) {
                    continue;
                }
                if is_database(&file) {
                    lengthen_cells(&file, &names);
                } else if let Ok(text) = std::fs::read_to_string(&file) {
                    std::fs::write(&file, lengthen(&text, &names)).expect("written");
                }
            }
            let home_of_long = Home::new();
            copy_tree(&home.path(), &home_of_long.path());
            std::fs::remove_dir_all(home_of_long.path().join(".local/share/tokentop")).expect("a ledger");
            for command in COMMANDS {
                for (bytes, row) in rows(&home_of_long, command) {
                    assert!(
                        bytes <= MOST_ROW_BYTES,
                        "{bytes} bytes: {}, {command:?}",
                        case.display()
                    );
                    if row.to_string().contains('…') {
                        seen.insert(agent.id());
                    }
                }
            }
        }
    }
    assert!(seen.len() >= 25, "only {seen:?}");
}
