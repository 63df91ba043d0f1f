//! The declaration of a plugin: read once into a plain value, checked whole, every error collected.

mod permissions;

pub use permissions::{Domain, Files, Network, Permissions, Vars};

use permissions::check_permissions;
use serde_json::{Map, Value};
use std::fmt;

/// The only version of the contract that ttop speaks.
const API_VERSION: u64 = 2;
const MOST_NAME: usize = 200;

/// What a plugin adds to ttop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    Agent,
    Notification,
    Provider,
    Theme,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Agent, Self::Notification, Self::Provider, Self::Theme];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Notification => "notification",
            Self::Provider => "provider",
            Self::Theme => "theme",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Functions that the kind needs, and those that it may have.
    const fn functions(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Agent => (
                &["isInstalled", "parseSessions"],
                &[
                    "readCredentials",
                    "getProviders",
                    "startActivityWatch",
                    "stopActivityWatch",
                ],
            ),
            Self::Notification => (&["initialize", "notify"], &["supports", "test"]),
            Self::Provider => (&["fetchUsage"], &["refreshToken", "healthCheck"]),
            Self::Theme => (&[], &[]),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A declaration that holds.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub id: String,
    pub kind: Kind,
    pub name: String,
    pub version: String,
    pub permissions: Permissions,
    /// The plain value: what is shown, hashed and enforced.
    pub value: Value,
}

impl Declaration {
    /// Whether the plugin has a function, by its path (`auth.discover`).
    pub fn has(&self, path: &str) -> bool {
        let found = path.split('.').try_fold(&self.value, |value, key| value.get(key));
        found.is_some_and(is_function)
    }

    /// Ids under which other tools keep this plugin's credential: declared, and granted by consent only.
    pub fn aliases(&self) -> Vec<&str> {
        let aliases = self.value["meta"]["providerAliases"].as_array();
        let aliases = aliases.into_iter().flatten().filter_map(Value::as_str);
        let listed = self.value["pricing"]["modelsDevProviderId"].as_str();
        let mut all: Vec<_> = aliases.chain(listed).filter(|alias| *alias != self.id).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A text of `meta`.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.value["meta"][key].as_str().filter(|text| !text.is_empty())
    }
}

/// What came out of a check.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Only without errors.
    pub declaration: Option<Declaration>,
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
    pub id: Option<String>,
    pub kind: Option<Kind>,
    pub name: Option<String>,
    pub version: Option<String>,
}

/// Checks a declaration.
pub fn check(value: &Value) -> Checked {
    let mut checked = Checked::default();
    let Some(plugin) = value.as_object().filter(|_| !is_function(value)) else {
        let error = "the module exports no plugin: a default export, or one named plugin";
        checked.errors.push(error.to_owned());
        return checked;
    };
    check_version_of_contract(plugin.get("apiVersion"), &mut checked.errors);
    checked.id = check_id(plugin.get("id"), &mut checked.errors);
    checked.kind = check_kind(plugin.get("type"), &mut checked.errors);
    checked.name = check_name(plugin, &mut checked);
    checked.version = check_version(plugin.get("version"), &mut checked.errors);
    let permissions = match plugin.get("permissions") {
        Some(value) => check_permissions(value, &mut checked.errors, &mut checked.warnings),
        None => {
            let error = "permissions is missing: {} for none";
            checked.errors.push(error.to_owned());
            Permissions::default()
        }
    };
    if let Some(kind) = checked.kind {
        check_functions(kind, plugin, &mut checked.errors);
        check_parts(kind, plugin, &mut checked);
    }
    check_schema(plugin.get("configSchema"), &mut checked.errors);
    for key in ["meta", "defaultConfig"] {
        if plugin
            .get(key)
            .is_some_and(|value| !value.is_object() && !value.is_null())
        {
            checked.errors.push(format!("{key} must be an object"));
        }
    }
    if checked.errors.is_empty()
        && let (Some(id), Some(kind), Some(name), Some(version)) =
            (&checked.id, checked.kind, &checked.name, &checked.version)
    {
        checked.declaration = Some(Declaration {
            id: id.clone(),
            kind,
            name: name.clone(),
            version: version.clone(),
            permissions,
            value: value.clone(),
        });
    }
    checked
}

fn check_version_of_contract(value: Option<&Value>, errors: &mut Vec<String>) {
    match value {
        Some(value) if value.as_u64() == Some(API_VERSION) => {}
        Some(value) if value.as_f64().is_some_and(|version| version > API_VERSION as f64) => errors.push(format!(
            "apiVersion {value} is not supported: ttop speaks version {API_VERSION}. Update ttop to use this plugin"
        )),
        Some(value) if value.is_number() => errors.push(format!(
            "apiVersion {value} is not supported: ttop speaks version {API_VERSION}. Update the plugin to the current SDK"
        )),
        Some(_) => errors.push(format!("apiVersion must be the number {API_VERSION}")),
        None => errors.push(format!(
            "apiVersion is missing: use create…Plugin of the SDK, or set {API_VERSION}"
        )),
    }
}

/// `^[a-z][a-z0-9-]*$`
pub fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= MOST_NAME
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn check_id(value: Option<&Value>, errors: &mut Vec<String>) -> Option<String> {
    match value.and_then(Value::as_str) {
        Some(id) if is_id(id) => return Some(id.to_owned()),
        Some("") | None => errors.push("id is missing: lowercase letters, digits and hyphens".to_owned()),
        Some(id) => errors.push(format!(
            "id \"{}\" is not kebab-case: lowercase letters, digits and hyphens, a letter first",
            short(id)
        )),
    }
    None
}

fn check_kind(value: Option<&Value>, errors: &mut Vec<String>) -> Option<Kind> {
    let text = value.and_then(Value::as_str);
    let kind = text.and_then(Kind::named);
    if kind.is_none() {
        let shown = text.map_or_else(
            || "is missing".to_owned(),
            |text| format!("\"{}\" is unknown", short(text)),
        );
        errors.push(format!("type {shown}: provider, agent, theme or notification"));
    }
    kind
}

fn check_name(plugin: &Map<String, Value>, checked: &mut Checked) -> Option<String> {
    let text = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(|text| text.chars().take(MOST_NAME).collect::<String>())
    };
    if let Some(name) = text(plugin.get("name")) {
        return Some(name);
    }
    let name = text(plugin.get("meta").and_then(|meta| meta.get("name")));
    match name {
        Some(_) => {
            let warning = "name is taken from meta.name: the SDK wants it at the top";
            checked.warnings.push(warning.to_owned());
        }
        None => checked.errors.push("name is missing: a text at the top".to_owned()),
    }
    name
}

fn check_version(value: Option<&Value>, errors: &mut Vec<String>) -> Option<String> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let mut parts = text.splitn(3, '.');
    let is_number =
        |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let is_version = is_number(parts.next())
        && is_number(parts.next())
        && parts
            .next()
            .is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let is_version = is_version && text.chars().all(|c| c.is_ascii_graphic());
    if is_version && text.len() <= MOST_NAME {
        return Some(text.to_owned());
    }
    errors.push(match text {
        "" => "version is missing: a semantic version such as \"1.0.0\"".to_owned(),
        text => format!(
            "version \"{}\" is not a semantic version such as \"1.0.0\"",
            short(text)
        ),
    });
    None
}

fn check_functions(kind: Kind, plugin: &Map<String, Value>, errors: &mut Vec<String>) {
    let (needed, optional) = kind.functions();
    for name in needed {
        match plugin.get(*name) {
            Some(value) if is_function(value) => {}
            Some(_) => errors.push(format!("{name} must be a function")),
            None => errors.push(format!("{name} is missing: a function")),
        }
    }
    for name in optional {
        if plugin
            .get(*name)
            .is_some_and(|value| !is_function(value) && !value.is_null())
        {
            errors.push(format!("{name} must be a function"));
        }
    }
}

fn check_parts(kind: Kind, plugin: &Map<String, Value>, checked: &mut Checked) {
    match kind {
        Kind::Provider => match plugin.get("auth").and_then(Value::as_object) {
            None => checked
                .errors
                .push("auth is missing: an object with discover and isConfigured".to_owned()),
            Some(auth) => {
                for name in ["discover", "isConfigured"] {
                    if !auth.get(name).is_some_and(is_function) {
                        checked.errors.push(format!("auth.{name} is missing: a function"));
                    }
                }
            }
        },
        Kind::Theme => {
            let theme = super::theme::body(plugin);
            if plugin.get("theme").is_some_and(Value::is_object) {
                let warning = "theme { … } is read as if its fields were at the top, where the SDK has them";
                checked.warnings.push(warning.to_owned());
            }
            if !matches!(theme.get("colorScheme").and_then(Value::as_str), Some("light" | "dark")) {
                checked
                    .errors
                    .push("colorScheme must be \"light\" or \"dark\"".to_owned());
            }
            match theme.get("colors").and_then(Value::as_object) {
                Some(colors) => checked.warnings.extend(super::theme::warnings(colors)),
                None => checked.errors.push("colors is missing: an object of colors".to_owned()),
            }
        }
        Kind::Agent | Kind::Notification => {}
    }
}

fn check_schema(value: Option<&Value>, errors: &mut Vec<String>) {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return;
    };
    let Some(schema) = value.as_object() else {
        errors.push("configSchema must be an object".to_owned());
        return;
    };
    for (key, field) in schema {
        let at = format!("configSchema.{}", short(key));
        match field["type"].as_str() {
            Some("string" | "number" | "boolean") => {}
            Some("select") if field["options"].as_array().is_some_and(|options| !options.is_empty()) => {}
            Some("select") => errors.push(format!("{at}.options is missing: a list of {{value, label}}")),
            _ => errors.push(format!("{at}.type must be string, number, boolean or select")),
        }
        for bound in ["min", "max"] {
            if field
                .get(bound)
                .is_some_and(|value| !value.is_number() && !value.is_null())
            {
                errors.push(format!("{at}.{bound} must be a number"));
            }
        }
    }
}

fn is_function(value: &Value) -> bool {
    value["$function"] == true
}

/// A text of the plugin inside a message.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
