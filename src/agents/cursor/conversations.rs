//! The database of all conversations: a row for each, and a row for each message ("bubble").

use super::mark::{MOST_KEY_BYTES, Mark, text};
use super::{ID, RULES_VERSION};
use crate::agents::shared::lenient::{Count, Text, When, part, reason, title};
use crate::agents::shared::sqlite::{Budget, Database, MOST_CELL_BYTES};
use crate::agents::{Batch, Bookmark, Scope, Skip, Source};
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Origin, Presence, Rank, RecordKey, SessionInfo, Title, Turn};
use anyhow::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The provider of every turn.
const PROVIDER: &str = "cursor";
/// What Cursor calls the model it chooses by itself.
const AUTO: &str = "default";

/// `composerData:<id>`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composer<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default)]
    created_at: When,
    #[serde(default)]
    last_updated_at: When,
    #[serde(borrow, default)]
    model_config: Option<&'a RawValue>,
    /// `{"branchName":"main","lastInteractionAt":1772442001000}`
    #[serde(borrow, default)]
    active_branch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pr_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pr_branch_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    committed_to_branch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    last_message_sent_on_branch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    created_on_branch: Option<&'a RawValue>,
}

impl Composer<'_> {
    /// The branch that the conversation works on. The one that it began on says least: its commits may be on another.
    fn branch(&self) -> Option<String> {
        let named = |raw| part::<Text>(raw).filter(|name| !name.is_empty());
        let active = part::<ActiveBranch>(self.active_branch).and_then(|active| named(active.branch_name));
        // A pull request that was not opened leaves the name that it would have had.
        let of_request = || named(self.pr_url).and_then(|_| named(self.pr_branch_name));
        let branch = active
            .or_else(of_request)
            .or_else(|| named(self.committed_to_branch))
            .or_else(|| named(self.last_message_sent_on_branch))
            .or_else(|| named(self.created_on_branch))?;
        Some(branch.0.into_owned())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActiveBranch<'a> {
    #[serde(borrow, default)]
    branch_name: Option<&'a RawValue>,
}

/// `bubbleId:<conversation>:<id>`; `type` 1 is the user, 2 the assistant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bubble<'a> {
    #[serde(default, rename = "type")]
    kind: Count,
    #[serde(default)]
    created_at: When,
    #[serde(default)]
    token_count: Option<TokenCount>,
    #[serde(borrow, default)]
    model_info: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TokenCount {
    input_tokens: Count,
    output_tokens: Count,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelName<'a> {
    #[serde(borrow, default)]
    model_name: Option<Text<'a>>,
}

/// Defaults from a conversation for its messages.
#[derive(Clone, Default)]
struct Lender {
    model: Option<String>,
    branch: Option<String>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

/// Reads new rows, or all rows if new ones cannot be identified.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    let database = Database::open(&source.path)?;
    let mut mark = Mark::default();
    if !database.columns("cursorDiskKV")?.is_empty() {
        // One view of the table for all the questions below.
        let view = database.connection.unchecked_transaction()?;
        // A database that took the place of another one has other rows under the same numbers.
        let is_same = source.stamp.is_same_file(&from.stamp);
        let before: Mark = serde_json::from_slice(&from.state).unwrap_or_default();
        mark = Mark::of(&view)?;
        let mut reading = Reading {
            source,
            connection: &view,
            budget: &database.budget,
            lenders: FxHashMap::default(),
            knows_all: false,
            into,
        };
        match before.resume(&mark, &view)?.filter(|_| is_same) {
            // Without an index, each search for a conversation would look at every row.
            Some(number) if has_key_index(&view)? => reading.changed(number)?,
            _ => reading.everything()?,
        }
    }
    Ok(Bookmark {
        state: serde_json::to_vec(&mark)?,
        ..Bookmark::read_whole(source, RULES_VERSION)
    })
}

struct Reading<'a> {
    source: &'a Source,
    connection: &'a Connection,
    budget: &'a Budget,
    lenders: FxHashMap<String, Lender>,
    /// Whether every conversation that is there is among the lenders.
    knows_all: bool,
    into: &'a mut Batch,
}

// Keys of one kind are a range of the key's index: `;` follows `:`. `+key` keeps the index out where few rows are new.
const COMPOSERS: &str = "key >= 'composerData:' and key < 'composerData;'";
const BUBBLES: &str = "key >= 'bubbleId:' and key < 'bubbleId;'";
const NEW_COMPOSERS: &str = "rowid >= ?1 and +key >= 'composerData:' and +key < 'composerData;'";
const NEW_BUBBLES: &str = "rowid >= ?1 and +key >= 'bubbleId:' and +key < 'bubbleId;'";
const BUBBLES_BETWEEN: &str = "key >= ?1 and key < ?2";

impl Reading<'_> {
    fn everything(&mut self) -> Result<()> {
        self.into.replace(Scope::Source, Presence::Gone);
        self.rows(COMPOSERS, [], Self::composer)?;
        self.knows_all = true;
        self.rows(BUBBLES, [], Self::bubble)
    }

    fn changed(&mut self, number: i64) -> Result<()> {
        self.rows(NEW_COMPOSERS, [number], Self::composer)?;
        let changed: FxHashSet<String> = self.lenders.keys().cloned().collect();
        self.rows(NEW_BUBBLES, [number], |reading, number, key, value| {
            // Those of changed conversations follow whole.
            let is_other = conversation(key).is_some_and(|(id, _)| !changed.contains(id));
            if is_other {
                reading.bubble(number, key, value)
            } else {
                Ok(())
            }
        })?;
        // The defaults of a conversation may change without its messages.
        for id in &changed {
            let range = [format!("bubbleId:{id}:"), format!("bubbleId:{id};")];
            self.rows(BUBBLES_BETWEEN, range, Self::bubble)?;
        }
        Ok(())
    }

    fn rows(
        &mut self,
        which: &str,
        which_of: impl Params,
        mut each: impl FnMut(&mut Self, i64, &str, &str) -> Result<()>,
    ) -> Result<()> {
        // A number in the place of a key or value that is never loaded.
        let query = format!(
            "select rowid, iif(octet_length(key) > {MOST_KEY_BYTES}, 0, key), \
             iif(octet_length(value) > {MOST_CELL_BYTES}, 0, value) from cursorDiskKV where {which}"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(which_of)?;
        while let Some(row) = rows.next()? {
            self.budget.restart();
            if [1, 2]
                .into_iter()
                .any(|at| matches!(row.get_ref(at), Ok(ValueRef::Integer(0))))
            {
                let place = format!("{}:row {}", self.source.path.display(), row.get::<_, i64>(0)?);
                self.into.problem(Problem::new(place, "an oversized cell is skipped"));
            }
            let (key, value) = (text(row.get_ref(1)?), text(row.get_ref(2)?));
            // Deleted messages stay as keys without a value.
            if !value.is_empty() {
                each(self, row.get(0)?, &key, &value)?;
            }
        }
        Ok(())
    }

    fn composer(&mut self, number: i64, key: &str, value: &str) -> Result<()> {
        let Some(id) = key.strip_prefix("composerData:") else {
            return Ok(());
        };
        let composer: Composer = match serde_json::from_str(value) {
            Ok(composer) => composer,
            Err(error) => return self.refuse(number, &error),
        };
        let (created_at, updated_at) = (composer.created_at.0, composer.last_updated_at.0);
        let name = composer.name.as_deref().and_then(title);
        self.into.session(SessionInfo {
            title: name.map(|text| Title::from_agent(updated_at.unwrap_or(0), text)),
            interactive: Some(true),
            started_at: created_at,
            updated_at: updated_at.or(created_at),
            ..SessionInfo::new(id)
        });
        let lender = Lender {
            model: model_name(composer.model_config),
            branch: composer.branch(),
            created_at,
            updated_at,
        };
        self.lenders.insert(id.to_owned(), lender);
        Ok(())
    }

    fn bubble(&mut self, number: i64, key: &str, value: &str) -> Result<()> {
        let Some((session, id)) = conversation(key) else {
            return Ok(());
        };
        let bubble: Bubble = match serde_json::from_str(value) {
            Ok(bubble) => bubble,
            Err(error) => return self.refuse(number, &error),
        };
        if bubble.kind.0 != 2 {
            return Ok(());
        }
        let counts = bubble.token_count.unwrap_or_default();
        let (input, output) = (counts.input_tokens.0, counts.output_tokens.0);
        if input == 0 && output == 0 {
            self.into.skip(Skip::Uncounted);
            return Ok(());
        }
        let lender = self.lender(session)?;
        let time = bubble.created_at.0.or(lender.updated_at).or(lender.created_at);
        let model = model_name(bubble.model_info).or(lender.model);
        let tokens = Tokens::new(input, output, 0, 0, 0)
            .without(Bucket::Reasoning)
            .without(Bucket::CacheRead)
            .without(Bucket::CacheWrite);
        // A duplicated conversation keeps the ids of its messages: the older one had them first.
        let age = lender.created_at.map_or(0, |created| u64::MAX - created.unsigned_abs());
        self.into.turn(&Turn {
            session_id: session,
            message_id: id,
            record: RecordKey::of(key),
            event: EventKey::of(ID, id),
            rank: Rank(age, 0),
            provider_id: PROVIDER,
            model_id: model.as_deref().unwrap_or(AUTO),
            origin: Origin {
                branch: lender.branch.as_deref().unwrap_or(""),
                ..Origin::NONE
            },
            numbers: Numbers {
                // Counts stand on the last message of a turn, which may have taken several requests.
                requests: None,
                accuracy: Accuracy::Partial,
                ..Numbers::of(tokens, time.unwrap_or(0))
            },
            place: number.unsigned_abs(),
            ..Turn::PLAIN
        });
        Ok(())
    }

    /// What a conversation lends; nothing when its row is gone.
    fn lender(&mut self, id: &str) -> Result<Lender> {
        if !self.knows_all && !self.lenders.contains_key(id) {
            self.rows("key = ?1", [format!("composerData:{id}")], Self::composer)?;
        }
        Ok(self.lenders.entry(id.to_owned()).or_default().clone())
    }

    fn refuse(&mut self, number: i64, error: &serde_json::Error) -> Result<()> {
        let place = format!("{}: row {number}", self.source.path.display());
        self.into.problem(Problem::new(place, reason(error)));
        Ok(())
    }
}

/// Whether keys can be found without a look at every row.
fn has_key_index(connection: &Connection) -> rusqlite::Result<bool> {
    let find =
        "select exists (select 1 from pragma_index_list('cursorDiskKV') as list, pragma_index_info(list.name) as part
        where not list.partial and part.seqno = 0 and part.name = 'key')";
    connection.query_row(find, [], |row| row.get(0))
}

/// Conversation and message of `bubbleId:<conversation>:<message>`.
fn conversation(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix("bubbleId:")?.split_once(':')
}

/// The model of `{"modelName":"…"}`, where there is one.
fn model_name(raw: Option<&RawValue>) -> Option<String> {
    let name = part::<ModelName>(raw)?.model_name?;
    Some(name.0.into_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Agent;
    use crate::agents::cursor::{CONVERSATIONS, Cursor};
    use crate::agents::shared::testing::ReadResult;
    use proptest::prelude::*;
    use std::path::PathBuf;

    const START: i64 = 1_772_442_000_000;

    struct Editor {
        database: Connection,
        path: PathBuf,
        _dir: tempfile::TempDir,
    }

    impl Editor {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("state.vscdb");
            let database = Connection::open(&path).expect("opens");
            database
                .execute_batch(
                    "pragma journal_mode = wal; pragma wal_autocheckpoint = 0;
                     create table cursorDiskKV (key text unique on conflict replace, value blob)",
                )
                .expect("a table");
            Self {
                database,
                path,
                _dir: dir,
            }
        }

        fn put(&self, key: &str, value: impl rusqlite::ToSql) {
            let put = "insert into cursorDiskKV (key, value) values (?1, ?2)";
            self.database
                .execute(put, rusqlite::params![key, value])
                .expect("written");
        }

        fn bubble(&self, key: &str, input: u64) {
            let value = format!(r#"{{"type":2,"tokenCount":{{"inputTokens":{input},"outputTokens":null}}}}"#);
            self.put(&format!("bubbleId:{key}"), value);
        }

        fn composer(&self, id: &str, model: &str, updated: i64) {
            let value = format!(
                r#"{{"name":"{id} \ud83d","createdAt":1772442001000,"lastUpdatedAt":{updated},"modelConfig":{{"modelName":"{model}"}}}}"#
            );
            self.put(&format!("composerData:{id}"), value);
        }

        fn run(&self, statement: &str) {
            self.database.execute_batch(statement).expect("runs");
        }

        fn read(&self, mark: &mut Bookmark) -> Batch {
            let source = Source::find_database(&self.path, CONVERSATIONS).expect("the file is there");
            let mut batch = Batch::default();
            *mark = Cursor.read(&source, mark, &mut batch).expect("reads");
            batch
        }

        fn turns(&self, mark: &mut Bookmark) -> Vec<String> {
            let mut result = ReadResult::default();
            result.take(&self.read(mark), "");
            result.turns.sort();
            result.turns
        }
    }

    #[test]
    fn reads_on_and_takes_up_what_was_rewritten() {
        let (editor, mut mark) = (Editor::new(), Bookmark::default());
        editor.composer("c1", "gpt-5", START + 2000);
        editor.bubble("c1:b1", 10);
        editor.bubble("c2:b2", 20);
        editor.put("bubbleId:c2:b3", rusqlite::types::Null);
        let first = ["c1 b1 gpt-5 [10, 0, -, -, -]", "c2 b2 default [20, 0, -, -, -]"];
        assert_eq!(editor.turns(&mut mark), first);
        assert!(editor.turns(&mut mark).is_empty());
        // A message grows, and a conversation is written only after its messages.
        editor.bubble("c1:b1", 11);
        editor.composer("c2", "o3", START + 3000);
        let then = ["c1 b1 gpt-5 [11, 0, -, -, -]", "c2 b2 o3 [20, 0, -, -, -]"];
        assert_eq!(editor.turns(&mut mark), then);
        assert_eq!(editor.turns(&mut Bookmark::default()), then);
        let batch = editor.read(&mut Bookmark::default());
        let times: Vec<_> = batch.turns.iter().map(|row| row.numbers.timestamp).collect();
        assert_eq!(times, [START + 2000, START + 3000]);
    }

    #[test]
    fn starts_again_when_the_numbers_of_rows_fell_or_were_given_anew() {
        let (editor, mut mark) = (Editor::new(), Bookmark::default());
        for at in 0..20 {
            editor.bubble(&format!("c:b{at}"), 1);
        }
        assert_eq!(editor.turns(&mut mark).len(), 20);
        editor.run("delete from cursorDiskKV where rowid > 15");
        assert_eq!(editor.turns(&mut mark).len(), 15);
        editor.run(
            "create table new (key text unique on conflict replace, value blob);
             insert into new select key, value from cursorDiskKV where rowid > 9;
             drop table cursorDiskKV;
             alter table new rename to cursorDiskKV",
        );
        for at in 30..50 {
            editor.bubble(&format!("c:b{at}"), 1);
        }
        assert_eq!(editor.turns(&mut mark).len(), 26);
    }

    #[test]
    fn the_older_of_two_conversations_owns_a_message_that_both_have() {
        let editor = Editor::new();
        editor.bubble("copy:b1", 10);
        editor.bubble("old:b1", 10);
        editor.put("composerData:old", r#"{"createdAt":1772442001000}"#);
        editor.put("composerData:copy", br#"{"createdAt":1772442002000}"#);
        let mut result = ReadResult::default();
        result.take(&editor.read(&mut Bookmark::default()), "");
        assert_eq!(result.counted(), ["old b1 default [10, 0, -, -, -]"]);
    }

    #[test]
    fn a_database_of_other_programs_or_versions_is_empty() {
        let editor = Editor::new();
        editor.run("drop table cursorDiskKV; create table ItemTable (key, value)");
        assert!(editor.turns(&mut Bookmark::default()).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn survives_any_value(value in prop::collection::vec(any::<u8>(), 0..60), at in 0..80_usize) {
            let editor = Editor::new();
            let mut mixed = br#"{"type":2,"tokenCount":{"inputTokens":1},"modelInfo":{"modelName":"m"},"createdAt":"2026"}"#.to_vec();
            mixed.splice(at..at, value.clone());
            editor.put("composerData:c", value);
            editor.put("bubbleId:c:bad", mixed);
            editor.bubble("c:good", 1);
            prop_assert!(!editor.turns(&mut Bookmark::default()).is_empty());
        }
    }
}
