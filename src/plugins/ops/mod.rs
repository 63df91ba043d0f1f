//! Operations: what a plugin asks of ttop. Each looks at the grants first, and none knows of JavaScript.

pub mod env;
pub mod files;
pub mod http;
pub mod log;
pub mod logfile;
pub mod opencode;
pub mod sqlite;
pub mod storage;
pub mod watch;

use super::message::Refused;
use serde::Deserialize;
use serde_json::Value;

/// What can be asked. Anything else is refused unread.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Op {
    Resolve {
        from: String,
        specifier: String,
    },
    Module {
        name: String,
    },
    Env {
        name: String,
    },
    Entry {
        name: String,
    },
    Read {
        path: String,
    },
    Stat {
        path: String,
        follow: bool,
    },
    List {
        path: String,
    },
    Realpath {
        path: String,
    },
    Open {
        path: String,
    },
    HandleRead {
        handle: u64,
        length: u64,
        position: u64,
    },
    HandleStat {
        handle: u64,
    },
    HandleClose {
        handle: u64,
    },
    Write {
        path: String,
        append: bool,
    },
    MayWrite {
        path: String,
    },
    MakeFolder {
        path: String,
        recursive: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    Watch {
        path: String,
        recursive: bool,
    },
    Unwatch {
        watch: u64,
    },
    Fetch {
        url: String,
        method: String,
        headers: Vec<(String, String)>,
        has_body: bool,
        redirect: String,
    },
    /// The request of that number is of no more interest.
    Drop {
        id: u64,
    },
    StorageGet {
        key: String,
    },
    StorageSet {
        key: String,
        value: String,
    },
    StorageDelete {
        key: String,
    },
    OpenDatabase {
        path: String,
        writes: bool,
    },
    Prepare {
        database: u64,
        sql: String,
    },
    Query {
        database: u64,
        sql: String,
        parameters: sqlite::Parameters,
        most: Option<usize>,
    },
    Execute {
        database: u64,
        sql: String,
    },
    CloseDatabase {
        database: u64,
    },
}

/// A result and the bytes beside it.
pub type Answer = Result<(Value, Vec<u8>), Refused>;

/// A result without bytes.
pub fn plain(value: impl Into<Value>) -> Answer {
    Ok((value.into(), Vec::new()))
}
