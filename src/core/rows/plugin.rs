//! `PluginRow`: what became of one plugin, as `ttop plugin` prints it.

use crate::core::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// One plugin, by the source that named it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "plugin")]
pub struct PluginRow {
    /// Null where it could not be read.
    pub plugin_id: Option<String>,
    /// `agent`, `notification`, `provider`, `theme`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
    /// `loaded`, `refused`, `disabled`, `replaced`, `shadowed`, `untrusted`, `failed`, …
    pub state: String,
    /// `folder`, `npm`, `local`, `flag`.
    pub source: String,
    /// As the user wrote it.
    pub path: String,
    /// The file that is run, below the path.
    pub entry: Option<String>,
    /// SHA-256 of all its modules: what consent is bound to.
    pub hash: Option<String>,
    /// Its permissions as declared.
    pub declared: Option<Map<String, Value>>,
    /// The rights it asks for, in words.
    pub rights: Vec<String>,
    /// Whether it has them.
    pub granted: bool,
    /// Its settings in force.
    pub settings: Option<Map<String, Value>>,
    /// The walls around its process.
    pub walls: Vec<String>,
    /// Its last failure, in this run or an earlier one.
    pub last_failure: Option<String>,
    pub last_failure_at: Option<Time>,
    /// The providers that an agent plugin names, where `ttop plugin info` asked it.
    pub providers: Option<Vec<PluginProviderRow>>,
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
}

/// A provider as an agent plugin names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginProviderRow {
    pub id: String,
    pub name: Option<String>,
    /// Whether the agent can use it.
    pub configured: Option<bool>,
    pub enabled: Option<bool>,
}
