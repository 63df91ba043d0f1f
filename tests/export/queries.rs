//! `docs/sql.md`: every query runs and answers.

use crate::support::{Home, program};
use std::process::Command;

fn queries() -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sql.md")).expect("the page");
    page.split("```sql\n")
        .skip(1)
        .map(|part| part.split("```").next().expect("an end").trim().to_owned())
        .collect()
}

#[test]
fn every_query_of_the_page_answers() {
    let Some(duckdb) = program("duckdb") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("usage.duckdb");
    let home = Home::new();
    home.stdout(&["--demo", "export", "duckdb", path.to_str().expect("a path")]);
    let queries = queries();
    assert!(queries.len() >= 12, "{}", queries.len());
    for query in queries {
        let output = Command::new(&duckdb)
            .arg(&path)
            .args(["-csv", "-noheader", "-c", &query])
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{query}\n{text}");
        // The sample has a price for everything, no branches, and one look at each limit.
        let may_be_empty = ["cost is null", "branch is not null", "from limits"];
        if !may_be_empty.iter().any(|part| query.contains(part)) {
            assert!(!output.stdout.is_empty(), "{query}");
        }
    }
}
