//! Every key of the configuration: its type, default and purpose.

use super::{remotes, rules, sinks};
use serde_json::Value;

/// A key of the config.
#[derive(Debug)]
pub struct Key {
    /// Dotted path; `*` matches a name: an agent, a provider, a project.
    pub path: &'static str,
    pub kind: Kind,
    /// As JSON; empty where there is none.
    pub default: &'static str,
    pub about: &'static str,
    /// Taken from TokenTop's config so that it stays usable; ttop does nothing with it.
    pub is_idle: bool,
}

/// The type of a key's value.
#[derive(Debug)]
pub enum Kind {
    Flag,
    Text,
    /// `https://…`; shown as scheme and host only.
    Url,
    OneOf(&'static [&'static str]),
    /// From and to, both included.
    Number(f64, f64),
    /// A number from 0 on, or null for none.
    Limit,
    /// A whole number from 0 on, or null for none.
    Count,
    Texts,
    /// A program and its arguments; never shown.
    Command,
    /// The address of a webhook; shown as scheme and host only.
    Hook,
    /// Budgets of a part: see `rules::check`.
    BudgetRules,
    Remotes,
    /// An object or a list of them.
    Prices,
    /// Only `USD`: nothing is converted.
    Currency,
    Anything,
}

impl Kind {
    /// # Errors
    /// What it must be instead.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let is_fine = match self {
            Self::Flag => value.is_boolean(),
            Self::Text => value.is_string(),
            Self::Url => value
                .as_str()
                .is_some_and(|url| url.starts_with("https://") || url.starts_with("http://")),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Number(from, to) => value.as_f64().is_some_and(|number| (*from..=*to).contains(&number)),
            Self::Limit => value.is_null() || value.as_f64().is_some_and(|number| number >= 0.0),
            Self::Count => value.is_null() || Self::Limit.check(value).is_ok() && rules::is_whole(value),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Self::Command => value
                .as_array()
                .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string)),
            Self::Hook => value.as_str().is_some_and(sinks::is_hook),
            Self::BudgetRules => return rules::check(value),
            Self::Remotes => return remotes::check(value),
            Self::Prices => value.is_object() || value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            Self::Currency => value == "USD",
            Self::Anything => true,
        };
        if is_fine {
            Ok(())
        } else {
            Err(format!("must be {}", self.meaning()))
        }
    }

    fn meaning(&self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Url => "a URL".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Number(from, to) if to.is_infinite() => format!("a number of at least {from}"),
            Self::Number(from, to) => format!("a number from {from} to {to}"),
            Self::Limit => "a number of at least 0, or null for none".to_owned(),
            Self::Count => "a whole number of at least 0, or null for none".to_owned(),
            Self::Texts => "a list of strings".to_owned(),
            Self::Command => "a list with a program and its arguments".to_owned(),
            Self::Hook => "an https URL, which may contain {env:NAME} and {file:PATH}".to_owned(),
            Self::BudgetRules => "a list of budgets".to_owned(),
            Self::Remotes => "a list of remotes".to_owned(),
            Self::Prices => "a price or a list of prices".to_owned(),
            Self::Currency => "USD; ttop does not convert currencies".to_owned(),
            Self::Anything => "anything".to_owned(),
        }
    }
}

const fn key(path: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Key {
    Key {
        path,
        kind,
        default,
        about,
        is_idle: false,
    }
}

const fn idle(path: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Key {
    Key {
        path,
        kind,
        default,
        about,
        is_idle: true,
    }
}

/// Who pays, as in the key `billing` of rows.
const BILLING: Kind = Kind::OneOf(&["metered", "plan", "mixed", "unknown"]);
const SOME: f64 = f64::INFINITY;

/// Every key, in the order `config show` has them.
pub const KEYS: &[Key] = &[
    idle(
        "configVersion",
        Kind::Number(0.0, SOME),
        "",
        "the version of TokenTop's config",
    ),
    key("offline", Kind::Flag, "false", "never use the network"),
    key("budgets.daily", Kind::Limit, "null", "US dollars per day"),
    key(
        "budgets.weekly",
        Kind::Limit,
        "null",
        "US dollars per week, starting on Monday",
    ),
    key("budgets.monthly", Kind::Limit, "null", "US dollars per month"),
    key("budgets.currency", Kind::Currency, "\"USD\"", "the currency of budgets"),
    key("budgets.tokens.daily", Kind::Count, "null", "tokens a day"),
    key(
        "budgets.tokens.weekly",
        Kind::Count,
        "null",
        "tokens per week, starting on Monday",
    ),
    key("budgets.tokens.monthly", Kind::Count, "null", "tokens a month"),
    key(
        "budgets.rules",
        Kind::BudgetRules,
        "[]",
        "budgets of an agent, provider, model or project",
    ),
    key(
        "alerts.warningPercent",
        Kind::Number(0.0, 100.0),
        "80",
        "usage in percent that causes a warning",
    ),
    key(
        "alerts.criticalPercent",
        Kind::Number(0.0, 100.0),
        "95",
        "usage in percent that is critical",
    ),
    key(
        "alerts.idleMinutes",
        Kind::Number(0.0, SOME),
        "15",
        "minutes without activity until a session counts as idle",
    ),
    key(
        "alerts.sinks.*.type",
        Kind::OneOf(&["desktop", "bell", "command", "webhook", "plugin"]),
        "",
        "how events are delivered",
    ),
    key(
        "alerts.sinks.*.events",
        Kind::Texts,
        "[]",
        "deliver only these events, such as budget.* or session.waiting",
    ),
    key(
        "alerts.sinks.*.minSeverity",
        Kind::OneOf(&["info", "warning", "critical"]),
        "\"warning\"",
        "deliver only events of at least this severity",
    ),
    key(
        "alerts.sinks.*.enabled",
        Kind::Flag,
        "true",
        "whether this sink is used",
    ),
    key(
        "alerts.sinks.*.command",
        Kind::Command,
        "",
        "the command, as a program and its arguments",
    ),
    key(
        "alerts.sinks.*.plugin",
        Kind::Text,
        "",
        "the id of a notification plugin",
    ),
    key("alerts.sinks.*.url", Kind::Hook, "", "the URL of a webhook"),
    key(
        "alerts.sinks.*.format",
        Kind::OneOf(&["slack", "discord", "json"]),
        "",
        "the format of a webhook, by default derived from its host",
    ),
    key("billing.*", BILLING, "", "who pays for an agent or provider"),
    key(
        "plans.*.price",
        Kind::Limit,
        "",
        "what the plan of a provider costs per month, in US dollars",
    ),
    key("projects.*", Kind::Texts, "", "folders that count as one project"),
    key(
        "prices.autoUpdate",
        Kind::Flag,
        "true",
        "fetch the price list of models.dev once a day",
    ),
    key(
        "prices.overrides.*",
        Kind::Prices,
        "",
        "the price of a provider/model, in dollars per million tokens",
    ),
    key("ledger.titles", Kind::Flag, "true", "store the titles of sessions"),
    key("remotes", Kind::Remotes, "[]", "other machines whose agents are listed"),
    idle(
        "providers.hideUnconfigured",
        Kind::Flag,
        "false",
        "hide providers without a credential",
    ),
    key(
        "providers.*.enabled",
        Kind::Flag,
        "true",
        "whether this provider is asked",
    ),
    key(
        "providers.*.pricesFrom",
        Kind::Text,
        "",
        "price this provider's models by another provider's list",
    ),
    key(
        "providers.*.login",
        Kind::Flag,
        "false",
        "consent to use another tool's login with this provider",
    ),
    key(
        "providers.*.background",
        Kind::Flag,
        "false",
        "also use that login in the background, from bars and watch",
    ),
    key("providers.*.baseUrl", Kind::Url, "", "another host for this provider"),
    key(
        "providers.*.userAgent",
        Kind::Text,
        "",
        "the user agent that ttop sends to this provider",
    ),
    key(
        "display.theme",
        Kind::Text,
        "",
        "the colors of tables, bars and the screen; ttop theme lists them",
    ),
    key(
        "display.colorScheme",
        Kind::OneOf(&["auto", "light", "dark"]),
        "\"auto\"",
        "whether the terminal is light or dark; auto asks it",
    ),
    key(
        "top.start",
        Kind::OneOf(&["auto", "live", "cost", "plans", "trends", "projects"]),
        "\"auto\"",
        "the first view of ttop top; auto shows live when an agent runs, else cost",
    ),
    key("top.mouse", Kind::Flag, "true", "whether ttop top takes the mouse"),
    key("top.keys.*", Kind::Texts, "", "the keys of a command of ttop top"),
    idle(
        "display.defaultTimeWindow",
        Kind::OneOf(&["5m", "15m", "1h", "24h", "7d", "30d", "all"]),
        "\"1h\"",
        "TokenTop's initial time window",
    ),
    idle("display.sidebarCollapsed", Kind::Flag, "false", "TokenTop's sidebar"),
    idle(
        "display.timeFormat",
        Kind::OneOf(&["24h", "12h"]),
        "\"24h\"",
        "TokenTop's time format",
    ),
    idle(
        "display.numberFormat",
        Kind::OneOf(&["compact", "full"]),
        "\"compact\"",
        "TokenTop's number format",
    ),
    idle(
        "display.sparkline.style",
        Kind::OneOf(&["braille", "block"]),
        "\"braille\"",
        "TokenTop's sparkline",
    ),
    idle(
        "display.sparkline.orientation",
        Kind::OneOf(&["up", "down"]),
        "\"up\"",
        "TokenTop's sparkline",
    ),
    idle(
        "display.sparkline.showBaseline",
        Kind::Flag,
        "true",
        "TokenTop's sparkline",
    ),
    idle(
        "refresh.intervalMs",
        Kind::Number(1000.0, SOME),
        "60000",
        "TokenTop's polling interval",
    ),
    idle(
        "refresh.pauseAutoRefresh",
        Kind::Flag,
        "false",
        "whether TokenTop waits for a key press",
    ),
    idle(
        "refresh.staleThresholdMs",
        Kind::Number(0.0, SOME),
        "300000",
        "TokenTop's age limit for responses",
    ),
    idle(
        "notifications.toastsEnabled",
        Kind::Flag,
        "true",
        "TokenTop's on-screen messages",
    ),
    idle("notifications.soundEnabled", Kind::Flag, "false", "TokenTop's sounds"),
    key(
        "agents.*.roots",
        Kind::Texts,
        "",
        "folders with records of an agent besides those ttop finds; !FOLDER leaves one out",
    ),
    key("plugins.local", Kind::Texts, "[]", "files and folders of plugins"),
    key(
        "plugins.npm",
        Kind::Texts,
        "[]",
        "plugins that ttop plugin add has fetched",
    ),
    key("plugins.disabled", Kind::Texts, "[]", "ids of plugins that do not run"),
    key(
        "plugins.replace",
        Kind::Texts,
        "[]",
        "ids of built-in agents and providers that a plugin may replace",
    ),
    key(
        "plugins.requireSandbox",
        Kind::Flag,
        "false",
        "whether plugins only run where Landlock and seccomp exist",
    ),
    key("pluginConfig.*.*", Kind::Anything, "", "settings of plugins"),
];

/// Keys that TokenTop documents but does not implement, with their meaning.
pub const FLAT: [(&str, &str); 3] = [
    ("theme", "display.theme"),
    ("colorScheme", "display.colorScheme"),
    ("refreshInterval", "refresh.intervalMs"),
];

/// The kind of value at a path.
pub enum Place {
    Key(&'static Key),
    /// Keys below it.
    Group,
    Unknown,
}

/// Returns the kind of value at a path of names.
pub fn place(path: &[&str]) -> Place {
    let fits = |pattern: &str, name: &str| pattern == name || (pattern == "*" && !name.is_empty());
    let mut place = Place::Unknown;
    for key in KEYS {
        let pattern: Vec<&str> = key.path.split('.').collect();
        let is_prefix =
            path.len() <= pattern.len() && pattern.iter().zip(path).all(|(pattern, name)| fits(pattern, name));
        match (is_prefix, path.len() == pattern.len()) {
            // Names before `*`: `providers.hideUnconfigured` is none of `providers.*`.
            (true, true) => return Place::Key(key),
            (true, false) => place = Place::Group,
            (false, _) => {}
        }
    }
    place
}

/// The names of a dotted key as typed: `prices.overrides.openai/gpt-5.5` has three, the last with a dot in it.
pub fn names(typed: &str) -> Option<Vec<String>> {
    let typed = FLAT
        .iter()
        .find(|(flat, _)| *flat == typed)
        .map_or(typed, |(_, path)| path);
    let plain = || {
        let names: Vec<&str> = typed.split('.').collect();
        let is_known = !matches!(place(&names), Place::Unknown);
        is_known.then(|| names.into_iter().map(str::to_owned).collect())
    };
    let found = KEYS.iter().find_map(|key| {
        let pattern: Vec<&str> = key.path.split('.').collect();
        matched(&pattern, typed)
    });
    found.or_else(plain)
}

/// The names by which a text fits a pattern; the last `*` takes all that is left.
fn matched(pattern: &[&str], typed: &str) -> Option<Vec<String>> {
    let (first, rest) = pattern.split_first()?;
    if rest.is_empty() {
        let fits = if *first == "*" {
            !typed.is_empty()
        } else {
            typed == *first
        };
        return fits.then(|| vec![typed.to_owned()]);
    }
    typed.match_indices('.').find_map(|(at, _)| {
        let name = &typed[..at];
        let fits = if *first == "*" {
            !name.is_empty()
        } else {
            name == *first
        };
        let mut names = vec![name.to_owned()];
        names.extend(fits.then(|| matched(rest, &typed[at + 1..])).flatten()?);
        Some(names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_what_its_key_may_hold() {
        for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
            let value: Value = serde_json::from_str(key.default).expect(key.path);
            assert_eq!(key.kind.check(&value), Ok(()), "{}", key.path);
        }
    }

    #[test]
    fn typed_keys_are_taken_apart_by_what_is_known() {
        for (typed, expected) in [
            ("budgets.daily", Some(&["budgets", "daily"][..])),
            ("budgets", Some(&["budgets"])),
            (
                "prices.overrides.openai/gpt-5.5",
                Some(&["prices", "overrides", "openai/gpt-5.5"]),
            ),
            ("providers.wafer.ai.login", Some(&["providers", "wafer.ai", "login"])),
            ("providers.hideUnconfigured", Some(&["providers", "hideUnconfigured"])),
            (
                "pluginConfig.slack.webhook.url",
                Some(&["pluginConfig", "slack", "webhook.url"]),
            ),
            ("theme", Some(&["display", "theme"])),
            ("budgets.dayly", None),
            ("providers.x.nothing", None),
            ("billing.", None),
            ("", None),
        ] {
            let names = names(typed);
            let names = names
                .as_ref()
                .map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(names.as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn flat_keys_mean_known_ones() {
        for (_, path) in FLAT {
            assert!(KEYS.iter().any(|key| key.path == path), "{path}");
        }
    }
}
