//! `DoctorRow`: what ttop sees of one agent, or of its own files, as `ttop doctor` prints it.

use super::Text;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "doctor")]
pub struct DoctorRow {
    pub kind: DoctorKind,
    /// The id of the agent, or what of ttop's own it is.
    pub subject: Text,
    pub state: DoctorState,
    /// What decided that the agent is installed: `database`, `config`, `auth file`, `records`, `command`.
    pub installed: Option<Text>,
    /// Its command on PATH.
    pub command: Option<String>,
    /// What that command says of its version.
    pub version: Option<String>,
    /// What its records give: `exact`, `partial` or `none`.
    pub turns: Option<Text>,
    /// Whether it can be looked at while it runs.
    pub live: Option<bool>,
    /// Every path looked at.
    pub paths: Vec<DoctorPath>,
    /// Files and databases found there.
    pub sources: Option<u64>,
    /// Turns that count, of what is on disk now.
    pub counted: Option<u64>,
    /// Records that are no turns, by reason.
    pub skipped: BTreeMap<Text, u64>,
    /// What could not be read or used.
    pub problems: Vec<String>,
    /// What cannot be known, and what else to know.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorKind {
    Agent,
    Ledger,
    Prices,
    Config,
    Bar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorState {
    Ok,
    /// Nothing of it is on this machine.
    Absent,
    /// Something could not be read or used.
    Problem,
}

/// A path that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoctorPath {
    /// With the home folder as `~`.
    pub path: String,
    /// What led there.
    pub because: String,
    pub exists: bool,
}

impl DoctorRow {
    /// A row that knows nothing yet.
    pub fn new(kind: DoctorKind, subject: impl Into<Text>) -> Self {
        Self {
            kind,
            subject: subject.into(),
            state: DoctorState::Ok,
            installed: None,
            command: None,
            version: None,
            turns: None,
            live: None,
            paths: Vec::new(),
            sources: None,
            counted: None,
            skipped: BTreeMap::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}
