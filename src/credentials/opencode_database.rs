//! OpenCode's newer store, a table of its database: counted, and not read.

use super::Search;
use super::file::origin;
use crate::core::credential::{Content, Credential, Fault, Kind, Rank};
use crate::system::database;
use std::path::Path;

const TABLE: &str = "credential";

/// Reports that there is a store ttop does not read: its columns were never seen in a real one.
pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let folder = system.data_dir().join("opencode");
    let path = match system.var("OPENCODE_DB") {
        Some(named) => folder.join(system.expand(named)),
        None => folder.join("opencode.db"),
    };
    if !path.is_file() || count(&path).unwrap_or(0) == 0 {
        return;
    }
    let content = Content::Malformed(Fault::Unreadable);
    found.push(Credential {
        origin: origin(&path, system),
        entry: Some(TABLE.to_owned()),
        is_fault: false,
        note: Some("store not supported".to_owned()),
        ..Credential::new("opencode", Kind::Unknown, "opencode-auth", Rank::OpencodeAuth, content)
    });
}

fn count(path: &Path) -> rusqlite::Result<i64> {
    let connection = database::open_foreign(path)?;
    if database::is_table(&connection, TABLE)? != Some(true) {
        return Ok(0);
    }
    connection.query_row(&format!("select count(*) from {TABLE}"), [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Os, System};
    use rusqlite::Connection;

    #[test]
    fn a_filled_table_is_named_and_an_empty_one_is_not() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join(".local/share/opencode/opencode.db");
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let system = System::new(Os::Linux, home.path(), Default::default());
        let found = || {
            let mut found = Vec::new();
            let search = Search {
                system: &system,
                wanted: &[],
                keychain: None,
            };
            find(&search, &mut found);
            found
        };
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch("create table credential (id text, value text)")
            .expect("a table");
        assert!(found().is_empty());
        connection
            .execute_batch("insert into credential values ('x', 'CANARY')")
            .expect("a row");
        drop(connection);
        let found = found();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].origin, "~/.local/share/opencode/opencode.db");
        assert!(!format!("{:?}", found[0]).contains("CANARY"));
    }
}
