//! A workspace's database: which conversations were held in which folder.

use super::RULES_VERSION;
use crate::agents::shared::json_file::read_beside;
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

/// Reads the folder of each conversation of a workspace.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    let done = Bookmark::read_whole(source, RULES_VERSION);
    let described: Option<Workspace> = read_beside(&source.path.with_file_name("workspace.json"), into);
    let Some(folder) = described.and_then(|workspace| path_of_uri(&workspace.folder?)) else {
        return Ok(done);
    };
    let database = Database::open(&source.path)?;
    if database.columns("ItemTable")?.is_empty() {
        return Ok(done);
    }
    // By its name: other keys of this table hold secrets.
    let query = "select cast(value as blob) from ItemTable where key = 'composer.composerData'";
    let value: Option<Option<Vec<u8>>> = database.connection.query_row(query, [], |row| row.get(0)).optional()?;
    let value = value.flatten().unwrap_or_default();
    let value = String::from_utf8_lossy(&value);
    if value.is_empty() {
        return Ok(done);
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
    Ok(done)
}
