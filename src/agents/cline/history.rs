//! Task lists: titles, folders and parents. The tasks themselves have the counts.

use crate::agents::shared::json_file::{bad_record, parse_text, read_text};
use crate::agents::shared::lenient::{self, When};
use crate::agents::shared::words::words;
use crate::agents::{Batch, Source};
use crate::core::turn::{Project, SessionInfo, Title};
use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `{"id":"1772442000000","ts":…,"task":"Fix the login","cwdOnTaskInitialization":"/home/dev/acme"}`; Roo and
/// Kilo write `workspace`, and `parentTaskId` in tasks that another task started.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    #[serde(default)]
    id: String,
    #[serde(default)]
    ts: When,
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    cwd_on_task_initialization: Option<String>,
    #[serde(default)]
    workspace: Option<String>,
    #[serde(default)]
    parent_task_id: Option<String>,
}

impl Item {
    /// The session metadata of the entry.
    pub(super) fn session(self) -> SessionInfo {
        let at = self.ts.0.unwrap_or(0);
        let path = self.cwd_on_task_initialization.or(self.workspace);
        let parent_id = self.parent_task_id.filter(|id| !id.is_empty());
        SessionInfo {
            title: self
                .task
                .as_deref()
                .and_then(words)
                .and_then(lenient::title)
                .map(|text| Title::from_prompt(at, text)),
            project: path
                .filter(|path| !path.is_empty())
                .map(|path| Project::folder(at, path)),
            interactive: parent_id.as_ref().map(|_| false),
            parent_id,
            ..SessionInfo::new(self.id)
        }
    }
}

/// `_index.json`; `taskHistory.json` is the bare array.
#[derive(Deserialize)]
struct Index<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

/// Reads a list of tasks whole.
///
/// # Errors
/// When it cannot be read or is no list.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<()> {
    let text = read_text(&source.path)?;
    let items = if text.trim_start().starts_with('{') {
        parse_text::<Index<'_>>(&source.path, &text, into)?.map(|index| index.entries)
    } else {
        parse_text::<Vec<&RawValue>>(&source.path, &text, into)?
    };
    for (position, item) in items.unwrap_or_default().into_iter().enumerate() {
        match serde_json::from_str::<Item>(item.get()) {
            Ok(item) if !item.id.is_empty() => into.session(item.session()),
            _ => into.problem(bad_record(source, position, "not a task entry")),
        }
    }
    Ok(())
}
