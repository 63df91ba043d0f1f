//! A workspace's database: which conversations were held in which folder.

use super::{DATABASE, RULES_VERSION, WORKSPACE};
use crate::agents::shared::json_file::{parse_text, read_beside, read_text};
use crate::agents::shared::lenient::{Text, part, reason};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::uri::path_of_uri;
use crate::agents::{Batch, Bookmark, Source};
use crate::core::problem::Problem;
use crate::core::turn::{Project, SessionInfo};
use anyhow::Result;
use rusqlite::OptionalExtension;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `{"folder":"file:///home/dev/acme%20api"}`; a workspace of several folders has none.
#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    folder: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composers<'a> {
    #[serde(borrow, default)]
    all_composers: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composer<'a> {
    #[serde(borrow, default)]
    composer_id: Option<Text<'a>>,
}

/// Reads a workspace whose folder is named, or is another one, since its database was read.
///
/// # Errors
/// When the description or the database cannot be read.
pub(super) fn read_folder(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    let described: Option<Workspace> = parse_text(&source.path, &read_text(&source.path)?, into)?;
    if let Some(database) = Source::find_database(source.path.with_file_name(DATABASE), WORKSPACE) {
        add(&database, described, into)?;
    }
    Ok(Bookmark::read_whole(source, RULES_VERSION))
}

/// Reads the folder of each conversation of a workspace.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    // A source of its own, which names its problems.
    let beside = &mut Batch::default();
    let described = read_beside(&source.path.with_file_name("workspace.json"), beside);
    add(source, described, into)?;
    Ok(Bookmark::read_whole(source, RULES_VERSION))
}

fn add(source: &Source, described: Option<Workspace>, into: &mut Batch) -> Result<()> {
    let Some(folder) = described.and_then(|workspace| path_of_uri(&workspace.folder?)) else {
        return Ok(());
    };
    let database = Database::open(&source.path)?;
    if database.columns("ItemTable")?.is_empty() {
        return Ok(());
    }
    // By its name: other keys of this table hold secrets.
    let query = "select cast(value as blob) from ItemTable where key = 'composer.composerData'";
    let value: Option<Option<Vec<u8>>> = database.connection.query_row(query, [], |row| row.get(0)).optional()?;
    let value = value.flatten().unwrap_or_default();
    let value = String::from_utf8_lossy(&value);
    if value.is_empty() {
        return Ok(());
    }
    match serde_json::from_str::<Composers>(&value) {
        Ok(composers) => {
            let ids = composers
                .all_composers
                .into_iter()
                .filter_map(|raw| part::<Composer>(Some(raw))?.composer_id);
            for id in ids {
                into.session(SessionInfo {
                    project: Some(Project::folder(0, folder.clone())),
                    ..SessionInfo::new(id.0)
                });
            }
        }
        Err(error) => into.problem(Problem::new(source.path.display(), reason(&error))),
    }
    Ok(())
}
