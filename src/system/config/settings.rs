//! The settings: every key of the configuration file with its type, its default and its purpose.
//!
//! A key is a field and nothing else: the checks, `config show`, the JSON Schema and docs/configuration.md derive from
//! these types. Three attributes of ttop's own say what a type cannot:
//! - `x-no-effect`: ttop accepts the key, because TokenTop has it, and ignores it,
//! - `x-secret`: `config show` hides the value,
//! - `x-fallback`: the value to assume while the configured one is wrong, where the default would be the bolder choice.

use super::values::*;
use crate::core::budget::Every;
use crate::core::money::Billing;
use crate::core::rows::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use smart_default::SmartDefault;
use std::collections::BTreeMap;

/// Configuration of ttop
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Version of TokenTop's configuration
    #[schemars(extend("x-no-effect" = true), range(min = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_version: Option<f64>,
    /// Never use the network
    #[schemars(extend("x-fallback" = true))]
    pub offline: bool,
    /// Command line that a word stands for, such as `cost --by day`
    pub aliases: BTreeMap<String, String>,
    pub budgets: Budgets,
    pub alerts: Alerts,
    pub agents: BTreeMap<String, Agent>,
    /// Who pays for an agent or provider
    pub billing: BTreeMap<String, Billing>,
    /// Folders that count as one project
    pub projects: BTreeMap<String, Vec<String>>,
    pub plans: BTreeMap<String, Plan>,
    pub prices: Prices,
    pub ledger: Ledger,
    pub providers: Providers,
    pub display: Display,
    pub top: Top,
    /// Other machines whose agents are listed
    #[schemars(with = "Vec<Remote>")]
    pub remotes: Vec<Option<Remote>>,
    pub refresh: Refresh,
    pub notifications: Notifications,
    pub plugins: Plugins,
    /// Settings of a plugin
    #[schemars(extend("x-secret" = true))]
    pub plugin_config: BTreeMap<String, Map<String, Value>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Agent {
    /// Folders with records of an agent besides those that ttop finds; `!FOLDER` leaves one out
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Budgets {
    /// US dollars per day
    #[schemars(range(min = 0))]
    pub daily: Option<f64>,
    /// US dollars per week, starting on Monday
    #[schemars(range(min = 0))]
    pub weekly: Option<f64>,
    /// US dollars per month
    #[schemars(range(min = 0))]
    pub monthly: Option<f64>,
    /// Currency of budgets
    #[schemars(extend("x-reason" = "budgets are in US dollars"))]
    #[default(Currency::Usd)]
    pub currency: Currency,
    pub tokens: TokenBudgets,
    /// Budgets of an agent, provider, model or project
    #[schemars(with = "Vec<BudgetRule>")]
    pub rules: Vec<Option<BudgetRule>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct TokenBudgets {
    /// Tokens per day
    #[schemars(range(min = 0), extend("multipleOf" = 1))]
    pub daily: Option<f64>,
    /// Tokens per week, starting on Monday
    #[schemars(range(min = 0), extend("multipleOf" = 1))]
    pub weekly: Option<f64>,
    /// Tokens per month
    #[schemars(range(min = 0), extend("multipleOf" = 1))]
    pub monthly: Option<f64>,
}

/// A budget of `usd` or `tokens` for the turns that match all of its filters
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-all-or-nothing" = true, "additionalProperties" = false))]
pub struct BudgetRule {
    /// Id of the budget in rows
    #[schemars(length(min = 1))]
    pub id: Option<String>,
    /// Period of the budget
    pub every: Every,
    /// Only count this agent
    #[schemars(length(min = 1))]
    pub agent: Option<String>,
    /// Only count this provider
    #[schemars(length(min = 1))]
    pub provider: Option<String>,
    /// Only count this model
    #[schemars(length(min = 1))]
    pub model: Option<String>,
    /// Only count this project
    #[schemars(length(min = 1))]
    pub project: Option<String>,
    /// US dollars per period
    #[schemars(range(min = 0))]
    pub usd: Option<f64>,
    /// Tokens per period
    #[schemars(range(min = 0), extend("multipleOf" = 1))]
    pub tokens: Option<f64>,
    /// Also count turns that a subscription covers
    #[serde(default)]
    pub include_plan: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Alerts {
    /// Usage in percent that causes a warning
    #[schemars(range(min = 0, max = 100))]
    #[default(80.0)]
    pub warning_percent: f64,
    /// Usage in percent that is critical
    #[schemars(range(min = 0, max = 100))]
    #[default(95.0)]
    pub critical_percent: f64,
    /// Minutes without activity until a session counts as idle
    #[schemars(range(min = 0))]
    #[default(15.0)]
    pub idle_minutes: f64,
    /// Where to deliver alerts
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sinks: BTreeMap<String, Sink>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-all-or-nothing" = true))]
pub struct Sink {
    /// How to deliver events
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<SinkType>,
    /// Only deliver these events, such as `budget.*` or `session.waiting`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Only deliver events of at least this severity
    #[default(Severity::Warning)]
    pub min_severity: Severity,
    /// Whether to use this sink
    #[default(true)]
    pub enabled: bool,
    /// Program of a command sink, with its arguments
    #[schemars(length(min = 1), extend("x-secret" = true, "x-meaning" = "a list with a program and its arguments"))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Id of a notification plugin
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// URL of a webhook sink
    #[schemars(extend("format" = "webhook", "x-secret" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Format of a webhook, by default derived from its host
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<SinkFormat>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Plan {
    /// Price of a provider's plan per month, in US dollars
    #[schemars(range(min = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Prices {
    /// Fetch the price list of models.dev once a day
    #[schemars(extend("x-fallback" = false))]
    #[default(true)]
    pub auto_update: bool,
    /// Price of a provider/model in dollars per million tokens, or a list of dated prices
    #[schemars(with = "BTreeMap<String, OwnPrices>", extend("propertyNames" = {"format": "provider-model"}))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Ledger {
    /// Store the titles of sessions
    #[schemars(extend("x-fallback" = false))]
    #[default(true)]
    pub titles: bool,
    /// Folder that a sync program carries between machines; `ttop merge` exchanges ledgers through it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Providers {
    /// Hide providers without a credential
    #[schemars(extend("x-no-effect" = true))]
    pub hide_unconfigured: bool,
    #[serde(flatten)]
    pub by_id: BTreeMap<String, Provider>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Provider {
    /// Whether to ask this provider
    #[schemars(extend("x-fallback" = false))]
    #[default(true)]
    pub enabled: bool,
    /// Price this provider's models by another provider's list
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices_from: Option<String>,
    /// Consent to use another tool's login with this provider
    pub login: bool,
    /// Also use that login in the background, from bars and `watch`
    pub background: bool,
    /// Another host for this provider
    #[schemars(extend("format" = "uri"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// User agent that ttop sends to this provider
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Display {
    /// Colors of tables, bars and the screen; `ttop theme` lists them
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Whether the terminal is light or dark; `auto` asks it
    #[default(ColorScheme::Auto)]
    pub color_scheme: ColorScheme,
    /// TokenTop's initial time window
    #[schemars(extend("x-no-effect" = true))]
    #[default(TimeWindow::Hour)]
    pub default_time_window: TimeWindow,
    /// Collapse TokenTop's sidebar
    #[schemars(extend("x-no-effect" = true))]
    pub sidebar_collapsed: bool,
    /// How to write times in tables
    #[default(TimeFormat::Hours24)]
    pub time_format: TimeFormat,
    /// How to write token counts
    #[default(NumberFormat::Compact)]
    pub number_format: NumberFormat,
    /// Currency of amounts in tables, bars, plots and the screen; keys of rows stay in dollars
    #[default(DisplayCurrency::Usd)]
    pub currency: DisplayCurrency,
    pub sparkline: Sparkline,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Sparkline {
    /// Characters of TokenTop's sparkline
    #[schemars(extend("x-no-effect" = true))]
    #[default(SparklineStyle::Braille)]
    pub style: SparklineStyle,
    /// Direction of TokenTop's sparkline
    #[schemars(extend("x-no-effect" = true))]
    #[default(SparklineOrientation::Up)]
    pub orientation: SparklineOrientation,
    /// Draw the baseline of TokenTop's sparkline
    #[schemars(extend("x-no-effect" = true))]
    #[default(true)]
    pub show_baseline: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Top {
    /// First view of `ttop top`; `auto` shows live when an agent runs, else cost
    #[default(TopView::Auto)]
    pub start: TopView,
    /// Whether `ttop top` takes the mouse
    #[default(true)]
    pub mouse: bool,
    /// Keys of a command of `ttop top`
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Vec<String>>,
}

/// A machine that runs `ttop serve` or an OpenCode server
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-all-or-nothing" = true, "additionalProperties" = false))]
pub struct Remote {
    /// Name of the machine in rows
    #[schemars(length(min = 1))]
    pub name: String,
    /// URL of its server
    #[schemars(extend("format" = "remote"))]
    pub url: String,
    /// File with the password of its server
    #[schemars(length(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Refresh {
    /// TokenTop's polling interval in milliseconds
    #[schemars(extend("x-no-effect" = true), range(min = 1000))]
    #[default(60_000.0)]
    pub interval_ms: f64,
    /// Wait for a key before TokenTop polls
    #[schemars(extend("x-no-effect" = true))]
    pub pause_auto_refresh: bool,
    /// TokenTop's age limit for responses in milliseconds
    #[schemars(extend("x-no-effect" = true), range(min = 0))]
    #[default(300_000.0)]
    pub stale_threshold_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Notifications {
    /// Show TokenTop's on-screen messages
    #[schemars(extend("x-no-effect" = true))]
    #[default(true)]
    pub toasts_enabled: bool,
    /// Play TokenTop's sounds
    #[schemars(extend("x-no-effect" = true))]
    pub sound_enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, rename_all = "camelCase")]
pub struct Plugins {
    /// Files and folders of plugins
    pub local: Vec<String>,
    /// Plugins from npm
    pub npm: Vec<String>,
    /// Ids of disabled plugins
    pub disabled: Vec<String>,
    /// Ids of plugins that replace built-in agents and providers
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<String>,
    /// Refuse plugins where the system has no sandbox
    #[schemars(extend("x-fallback" = true))]
    pub require_sandbox: bool,
}
