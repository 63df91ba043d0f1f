//! `workspace.yaml` next to the events: folder and name of the session.

use super::RULES_VERSION;
use crate::agents::shared::instant::parse_time;
use crate::agents::shared::json_file::read_text;
use crate::agents::shared::lenient::title;
use crate::agents::{Batch, Bookmark, Source};
use crate::core::turn::{Project, SessionInfo, Title};
use crate::system::open::{self, Most};
use anyhow::Result;
use std::path::Path;

/// Reads the description, which is written anew each time.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    let path = &source.path;
    let text = read_text(path)?;
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    // A line without an end is being written at this moment: half a path would be another one.
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    into.session(describe(complete, &folder.to_string_lossy()));
    Ok(Bookmark::read_whole(source, RULES_VERSION))
}

fn describe(text: &str, folder: &str) -> SessionInfo {
    let at = |key| value(text, key).and_then(|time| parse_time(&time));
    // The events tell where the session began; this is where it is now.
    let root = value(text, "git_root").map(|path| Project::repository(i64::MAX, path));
    let project = root.or_else(|| value(text, "cwd").map(|path| Project::folder(i64::MAX, path)));
    let summary = value(text, "summary").and_then(|text| title(&text));
    SessionInfo {
        title: summary.map(|text| Title::from_agent(at("updated_at").unwrap_or(0), text)),
        project,
        ..SessionInfo::new(value(text, "id").unwrap_or_else(|| folder.to_owned()))
    }
}

/// The working folder that a description names.
pub(super) fn folder(path: &Path) -> Option<String> {
    value(&String::from_utf8_lossy(&open::read(path, Most::NOTE).ok()?), "cwd")
}

/// The value of a key at the left margin: plain, quoted, or a block (`summary: >-` and the indented lines below,
/// as long texts are written).
fn value(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines();
    let plain = lines
        .by_ref()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?
        .trim();
    let value = if plain.starts_with(['|', '>']) {
        let block: Vec<_> = lines
            .take_while(|line| line.starts_with(' ') || line.is_empty())
            .map(str::trim)
            .collect();
        block
            .join(if plain.starts_with('|') { "\n" } else { " " })
            .trim()
            .to_owned()
    } else if plain.starts_with('"') {
        // A quoted text of YAML is one of JSON as far as it is written here.
        serde_json::from_str(plain).ok()?
    } else if let Some(quoted) = plain.strip_prefix('\'') {
        quoted.strip_suffix('\'')?.replace("''", "'")
    } else {
        plain.split(" #").next().unwrap_or(plain).trim().to_owned()
    };
    Some(value).filter(|value| !matches!(value.as_str(), "" | "null" | "~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_way_a_text_is_written() {
        for (written, text) in [
            ("Health endpoint", Some("Health endpoint")),
            ("'It''s done'", Some("It's done")),
            (r#""a: \"b\"""#, Some("a: \"b\"")),
            (">-\n  a long\n  text\nother: x", Some("a long text")),
            ("|-\n  first\n  second\n", Some("first\nsecond")),
            ("plain # a remark", Some("plain")),
            ("null", None),
            ("''", None),
            ("\"open", None),
        ] {
            let yaml = format!("summary_count: 3\nsummary: {written}\n");
            assert_eq!(value(&yaml, "summary").as_deref(), text, "{written}");
        }
    }

    #[test]
    fn the_repository_is_the_project() {
        let text = "id: s1\ncwd: /home/dev/acme/sub\ngit_root: /home/dev/acme\r\nupdated_at: 2026-03-02T09:50:00.250Z\nsummary: Go\n";
        let info = describe(text, "folder");
        assert_eq!(info.id, "s1");
        assert_eq!(info.project.expect("a project").path, "/home/dev/acme");
        assert_eq!(info.title.expect("a title").at, 1_772_445_000_250);
        assert_eq!(describe("cwd: /tmp", "folder").id, "folder");
    }

    #[test]
    fn a_line_that_is_being_written_is_left_out() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("workspace.yaml");
        std::fs::write(&path, "id: s1\ncwd: /home/dev/ac").expect("written");
        let source = Source::find(&path, 1).expect("the file is there");
        let mut batch = Batch::default();
        read(&source, &mut batch).expect("reads");
        assert_eq!(batch.sessions["s1"].project, None);
    }

    proptest! {
        #[test]
        fn survives_any_text(text in any::<String>()) {
            describe(&format!("summary:{text}"), "folder");
        }
    }
}
