//! Databases: opened read-only where they are granted, with everything denied that leads elsewhere.

use super::{Answer, plain};
use crate::agents::shared::sqlite::Database;
use crate::plugins::grant::{Access, Grants};
use crate::plugins::message::Refused;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, limits::Limit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const MOST_DATABASES: usize = 16;
const MOST_ROWS: usize = 1_000_000;
const MOST_RESULT: usize = 12 << 20;
const MOST_TEXT: i32 = 8 << 20;
/// Pages of a database in memory, and of temporary tables: 16 MiB.
const MOST_PAGES: u32 = 4096;
/// Values may be large, so that few steps can take long.
const OPS_A_LOOK: i32 = 500;
/// Steps of one statement.
const MOST_STEPS: i32 = 25_000;
/// All values that a statement may hold at once: each of its steps makes one at most.
const MOST_HELD: usize = 256 << 20;
/// Of statements whose steps are not counted.
const SHORT_TEXT: i32 = 64 << 10;

/// Pragmas that only look.
const PRAGMAS: &[&str] = &[
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "database_list",
    "user_version",
    "schema_version",
    "encoding",
    "page_count",
    "page_size",
    "compile_options",
    "query_only",
    "busy_timeout",
    "data_version",
    "application_id",
    "freelist_count",
];

/// Databases that a plugin holds open.
#[derive(Default)]
pub struct Databases {
    open: BTreeMap<u64, Kept>,
    last: u64,
    /// `readwrite` was asked for and not given; said once.
    pub was_asked_to_write: bool,
}

enum Kept {
    File(Database),
    Memory(Connection),
}

impl Kept {
    fn connection(&mut self) -> &mut Connection {
        match self {
            Self::File(database) => &mut database.connection,
            Self::Memory(connection) => connection,
        }
    }
}

/// Values for a statement.
#[derive(Debug, Default, Deserialize)]
pub struct Parameters {
    list: Vec<Parameter>,
    named: Vec<(String, Parameter)>,
}

/// One value as it travels.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Parameter {
    Null(serde::de::IgnoredAny),
    Text(String),
    Integer(String),
    Real(f64),
    /// One character a byte.
    Blob(String),
}

impl ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::Value as Sql;
        Ok(ToSqlOutput::Owned(match self {
            Self::Null(_) => Sql::Null,
            Self::Text(text) => return Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            Self::Integer(digits) => digits.parse().map_or_else(|_| Sql::Text(digits.clone()), Sql::Integer),
            Self::Real(real) => Sql::Real(*real),
            Self::Blob(text) => Sql::Blob(
                text.chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                    .collect(),
            ),
        }))
    }
}

impl Databases {
    /// # Errors
    /// When it is outside, not there, or no database.
    pub fn open(&mut self, grants: &Grants, path: &str, writes: bool) -> Answer {
        if self.open.len() >= MOST_DATABASES {
            return Err(Refused::failed(format!(
                "too many open databases: at most {MOST_DATABASES}"
            )));
        }
        let mut kept = if path == ":memory:" || path.is_empty() {
            let connection = Connection::open_in_memory().map_err(|error| failed(&error))?;
            connection
                .pragma_update(None, "max_page_count", MOST_PAGES)
                .map_err(|error| failed(&error))?;
            Kept::Memory(connection)
        } else {
            grants.files(Access::Read, path)?;
            let real = super::files::resolve(grants, path)?;
            if !real.is_file() {
                return Err(Refused::failed(format!("unable to open database file: {path}")));
            }
            self.was_asked_to_write |= writes;
            Kept::File(
                Database::open(&real).map_err(|_| Refused::failed(format!("unable to open database file: {path}")))?,
            )
        };
        guard(kept.connection()).map_err(|error| failed(&error))?;
        self.last += 1;
        self.open.insert(self.last, kept);
        plain(self.last)
    }

    fn get(&mut self, database: u64) -> Result<&mut Connection, Refused> {
        let kept = self
            .open
            .get_mut(&database)
            .ok_or_else(|| Refused::failed("the database is closed"))?;
        Ok(kept.connection())
    }

    /// # Errors
    /// When the statement is none, or not allowed.
    pub fn prepare(&mut self, database: u64, sql: &str) -> Answer {
        self.get(database)?.prepare(sql).map_err(|error| failed(&error))?;
        plain(Value::Null)
    }

    /// # Errors
    /// When a statement fails, is not allowed, or takes too long.
    pub fn execute(&mut self, database: u64, sql: &str, time: Duration) -> Answer {
        let connection = self.get(database)?;
        timed(connection, time, |connection| {
            let bounded = connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, SHORT_TEXT);
            bounded
                .and_then(|_| connection.execute_batch(sql))
                .map_err(|error| failed(&error))
        })?;
        plain(Value::Null)
    }

    /// # Errors
    /// As [`Databases::execute`], and when there is too much of an answer.
    pub fn query(
        &mut self,
        database: u64,
        sql: &str,
        parameters: &Parameters,
        most: Option<usize>,
        time: Duration,
    ) -> Answer {
        let connection = self.get(database)?;
        let value = timed(connection, time, |connection| {
            query(connection, sql, parameters, most.unwrap_or(MOST_ROWS))
        })?;
        plain(value)
    }

    pub fn close(&mut self, database: u64) {
        self.open.remove(&database);
    }

    pub fn close_all(&mut self) {
        self.open.clear();
    }
}

fn guard(connection: &mut Connection) -> rusqlite::Result<()> {
    // Temporary tables grow in a file of ttop's, whatever the plugin may write.
    connection.pragma_update(Some("temp"), "max_page_count", MOST_PAGES)?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Authorization::Deny,
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => {
            // `table_info(x)` has a value too; the others only set by one.
            let is_look = PRAGMAS.contains(&pragma_name)
                && (pragma_value.is_none() || pragma_name.contains("_info") || pragma_name.ends_with("_list"));
            if is_look {
                Authorization::Allow
            } else {
                Authorization::Deny
            }
        }
        AuthAction::Function {
            function_name: "load_extension" | "readfile" | "writefile" | "edit",
        } => Authorization::Deny,
        _ => Authorization::Allow,
    }))?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_TEXT)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_VDBE_OP, MOST_STEPS)?;
    Ok(())
}

/// Runs with a limit of time.
fn timed<T>(
    connection: &mut Connection,
    time: Duration,
    run: impl FnOnce(&Connection) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let end = Instant::now() + time;
    connection
        .progress_handler(OPS_A_LOOK, Some(move || Instant::now() > end))
        .map_err(|error| failed(&error))?;
    let ran = run(connection);
    if ran.is_err() && Instant::now() > end {
        return Err(Refused::failed(format!(
            "the query took longer than {} ms of CPU",
            time.as_millis()
        )));
    }
    ran
}

/// Bounds the size of a value by the number of steps that can make one: SQLite holds a whole row before anything of it can
/// be looked at.
fn bound_values(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_TEXT)?;
    let steps = connection.prepare(&format!("explain {sql}")).and_then(|mut statement| {
        let (mut rows, mut steps) = (statement.raw_query(), 0);
        while rows.next()?.is_some() {
            steps += 1;
        }
        Ok(steps)
    });
    let most = match steps {
        Ok(steps @ 1..) => i32::try_from(MOST_HELD / steps).unwrap_or(MOST_TEXT).min(MOST_TEXT),
        // The statement itself says what is wrong with it.
        _ => SHORT_TEXT,
    };
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, most).map(drop)
}

fn query(connection: &Connection, sql: &str, parameters: &Parameters, most: usize) -> Result<Value, Refused> {
    bound_values(connection, sql).map_err(|error| failed(&error))?;
    let mut statement = connection.prepare(sql).map_err(|error| failed(&error))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    bind(&mut statement, parameters)?;
    let mut rows = statement.raw_query();
    let mut taken: Vec<Value> = Vec::new();
    let mut size = 0;
    while taken.len() < most.min(MOST_ROWS) {
        let Some(row) = rows.next().map_err(|error| failed(&error))? else {
            break;
        };
        let mut values = Vec::with_capacity(columns.len());
        for index in 0..columns.len() {
            let value = row.get_ref(index).map_err(|error| failed(&error))?;
            size += size_of(value);
            // Checked before a value is copied: one row may have 2,000 cells of 8 MiB.
            if size > MOST_RESULT {
                return Err(Refused::failed(
                    "the query returns more than 12 MiB: ask for less at a time",
                ));
            }
            values.push(json_of(value));
        }
        taken.push(values.into());
    }
    drop(rows);
    drop(statement);
    Ok(json!({
        "columns": columns, "rows": taken,
        "changes": connection.changes(), "lastInsertRowid": connection.last_insert_rowid(),
    }))
}

fn bind(statement: &mut rusqlite::Statement<'_>, parameters: &Parameters) -> Result<(), Refused> {
    let count = statement.parameter_count();
    for (index, value) in parameters.list.iter().enumerate().take(count) {
        statement
            .raw_bind_parameter(index + 1, value)
            .map_err(|error| failed(&error))?;
    }
    for (name, value) in &parameters.named {
        let names = [name.clone(), format!("${name}"), format!(":{name}"), format!("@{name}")];
        for name in names {
            if let Ok(Some(index)) = statement.parameter_index(&name) {
                statement
                    .raw_bind_parameter(index, value)
                    .map_err(|error| failed(&error))?;
                break;
            }
        }
    }
    Ok(())
}

fn size_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() + 8,
        _ => 8,
    }
}

/// Integers beyond what JSON numbers hold, and bytes, travel as objects.
fn json_of(value: ValueRef<'_>) -> Value {
    const EXACT: i64 = 1 << 53;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) if integer.abs() <= EXACT => integer.into(),
        ValueRef::Integer(integer) => json!({ "integer": integer.to_string() }),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into(),
        ValueRef::Blob(bytes) => json!({ "blob": bytes.iter().map(|byte| char::from(*byte)).collect::<String>() }),
    }
}

/// What SQLite says, without a path.
fn failed(error: &rusqlite::Error) -> Refused {
    Refused::failed(format!("SQLite: {error}"))
}
