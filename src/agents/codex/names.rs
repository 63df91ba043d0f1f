//! Names of sessions: `session_index.jsonl`, written when the user names one, and the program's own database.

use crate::agents::shared::jsonl_reader;
use crate::agents::shared::lenient::{Text, When, title};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use crate::agents::{Batch, Bookmark, Source};
use crate::core::turn::{SessionInfo, Title};
use anyhow::Result;
use serde::Deserialize;

#[derive(Deserialize)]
struct EntryJson<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    thread_name: Option<Text<'a>>,
    updated_at: Option<When>,
}

/// Reads `{"id":"019c…","thread_name":"…","updated_at":"…"}` lines; the last name of a session counts, whatever the clock
/// recorded when it was given.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read_index(source: &Source, from: &Bookmark, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
    jsonl_reader::read(source, from, rules_version, into, |last: &mut i64, line, into| {
        let entry: EntryJson = serde_json::from_str(line.text)?;
        let at = entry.updated_at.and_then(|when| when.0).unwrap_or_default();
        let name = entry.id.zip(entry.thread_name.and_then(|name| title(&name)));
        if let Some((id, text)) = name {
            // Above 0, where the database's names are.
            *last = at.max(*last + 1);
            name_session(into, &id, 2, *last, text);
        }
        Ok(())
    })
}

/// Reads the names in `state_<n>.sqlite`, and which sessions started others.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn read_database(source: &Source, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
    let database = Database::open(&source.path)?;
    table::read(
        &database,
        "threads",
        &["id", "name", "title"],
        table::ALL,
        into,
        |cells, into| {
            // What the user called it; what the program shows, which is the first prompt.
            let text = |column: &str| cells.text(column).as_deref().and_then(title);
            let (given, shown) = (text("name"), text("title"));
            let rank = if given.is_some() { 2 } else { 1 };
            if let (Some(id), Some(text)) = (cells.text("id"), given.or(shown)) {
                name_session(into, &id, rank, 0, text);
            }
            Ok(())
        },
    )?;
    let edge = ["child_thread_id", "parent_thread_id"];
    table::read(
        &database,
        "thread_spawn_edges",
        &edge,
        table::ALL,
        into,
        |cells, into| {
            if let (Some(child), Some(parent)) = (cells.text("child_thread_id"), cells.text("parent_thread_id"))
                && child != parent
            {
                into.session(SessionInfo {
                    parent_id: Some(parent),
                    ..SessionInfo::new(child)
                });
            }
            Ok(())
        },
    )?;
    Ok(Bookmark::read_whole(source, rules_version))
}

fn name_session(into: &mut Batch, id: &str, rank: u8, at: i64, text: String) {
    into.session(SessionInfo {
        title: Some(Title { rank, at, text }),
        ..SessionInfo::new(id)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(batch: &Batch) -> Vec<(String, u8, String)> {
        let mut names: Vec<_> = batch
            .sessions
            .values()
            .filter_map(|info| {
                info.title
                    .as_ref()
                    .map(|title| (info.id.clone(), title.rank, title.text.clone()))
            })
            .collect();
        names.sort();
        names
    }

    fn name(id: &str, rank: u8, text: &str) -> (String, u8, String) {
        (id.to_owned(), rank, text.to_owned())
    }

    #[test]
    fn the_last_name_in_the_index_counts() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("session_index.jsonl");
        let lines = [
            r#"{"id":"a","thread_name":"draft","updated_at":"2026-03-02T09:21:00.000Z"}"#,
            r#"{"id":"a","thread_name":"final","updated_at":"2026-03-02T09:22:00.500921232Z"}"#,
            r#"{"id":"b","thread_name":null}"#,
            r#"{"id":"a","thread_name":"after the clock was set back","updated_at":"2026-03-02T09:20:00Z"}"#,
            r#"{"id":"c","thread_name":"cut"#,
        ];
        // At once, and with a stop before the last name.
        for cuts in [&[5][..], &[3, 5]] {
            let (mut batch, mut mark) = (Batch::default(), Bookmark::default());
            for cut in cuts {
                std::fs::write(&path, lines[..*cut].join("\n") + if *cut < 5 { "\n" } else { "" }).expect("written");
                let source = Source::find(&path, 1).expect("there");
                mark = read_index(&source, &mark, &mut batch, 1).expect("reads");
            }
            assert_eq!(names(&batch), [name("a", 2, "after the clock was set back")]);
        }
    }

    #[test]
    fn the_database_links_a_session_to_its_parent() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("state_5.sqlite");
        let connection = rusqlite::Connection::open(&path).expect("a database");
        connection
            .execute_batch(
                "create table thread_spawn_edges (parent_thread_id text, child_thread_id text, status text);
                 insert into thread_spawn_edges values ('a', 'b', 'open'), ('c', 'c', 'open'), (null, 'd', 'open')",
            )
            .expect("a table");
        let mut batch = Batch::default();
        let source = Source::find_database(&path, 2).expect("there");
        read_database(&source, &mut batch, 1).expect("reads");
        let parents: Vec<_> = batch
            .sessions
            .values()
            .map(|info| (&*info.id, info.parent_id.as_deref()))
            .collect();
        assert_eq!(parents, [("b", Some("a"))]);
    }

    #[test]
    fn the_database_names_by_what_it_has() {
        for (columns, values, expected) in [
            (
                "id, title, name",
                "('a', 'shown', 'given'), ('b', 'shown', null), ('c', '', '')",
                2,
            ),
            ("id, title", "('b', 'shown')", 1),
            ("id", "('b')", 0),
            ("other", "(1)", 0),
        ] {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("state_5.sqlite");
            let connection = rusqlite::Connection::open(&path).expect("a database");
            connection
                .execute_batch(&format!(
                    "create table threads ({columns}); insert into threads values {values}"
                ))
                .expect("a table");
            let mut batch = Batch::default();
            let source = Source::find_database(&path, 2).expect("there");
            read_database(&source, &mut batch, 1).expect("reads");
            let all = [name("a", 2, "given"), name("b", 1, "shown")];
            assert_eq!(names(&batch), all[2 - expected..], "{columns}");
        }
    }
}
