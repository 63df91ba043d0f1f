//! Permissions: a closed type. What is not declared is not there, and what is no right is an error.

use serde_json::Value;
use std::fmt;

const MOST_HOST: usize = 253;
const MOST_PATH: usize = 4096;
const MOST_NAME: usize = 255;

/// What a plugin asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    pub network: Network,
    pub files: Files,
    pub vars: Vars,
    pub notifications: bool,
    pub clipboard: bool,
}

/// Hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Network {
    #[default]
    None,
    /// Every host; those that were listed besides may have a port.
    Any(Vec<Domain>),
    Domains(Vec<Domain>),
}

/// A name and what is below it, on one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// After IDNA, in lower case, without a last dot.
    pub name: String,
    pub port: Option<u16>,
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    pub read: bool,
    pub write: bool,
    /// As declared; empty is every path.
    pub paths: Vec<String>,
}

/// Variables of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Vars {
    #[default]
    None,
    Any,
    Names(Vec<String>),
}

pub(super) fn check_permissions(value: &Value, errors: &mut Vec<String>, warnings: &mut Vec<String>) -> Permissions {
    let mut permissions = Permissions::default();
    let Some(object) = value.as_object() else {
        errors.push("permissions must be an object: {} for none".to_owned());
        return permissions;
    };
    for key in object.keys() {
        if !["network", "filesystem", "env", "system"].contains(&key.as_str()) {
            warnings.push(format!(
                "permissions.{} is unknown and grants nothing",
                super::short(key)
            ));
        }
    }
    let mut part = Part { value, errors };
    if part.is_there("network") {
        let is_on = part.flag("network", "enabled");
        let list = part.list("network", "allowedDomains", domain);
        permissions.network = match (is_on, list) {
            (false, _) => Network::None,
            (true, Some(list)) if !list.is_empty() && !list.contains(&None) => {
                Network::Domains(list.into_iter().flatten().collect())
            }
            (true, list) => Network::Any(list.into_iter().flatten().flatten().collect()),
        };
    }
    if part.is_there("filesystem") {
        permissions.files = Files {
            read: part.flag("filesystem", "read"),
            write: part.flag("filesystem", "write"),
            paths: part.list("filesystem", "paths", path).unwrap_or_default(),
        };
    }
    if part.is_there("env") {
        let is_on = part.flag("env", "read");
        let list = part.list("env", "vars", variable).unwrap_or_default();
        permissions.vars = match (is_on, list.is_empty()) {
            (false, _) => Vars::None,
            (true, true) => Vars::Any,
            (true, false) => Vars::Names(list),
        };
    }
    if part.is_there("system") {
        permissions.notifications = part.flag("system", "notifications");
        permissions.clipboard = part.flag("system", "clipboard");
    }
    permissions
}

struct Part<'a> {
    value: &'a Value,
    errors: &'a mut Vec<String>,
}

impl Part<'_> {
    fn is_there(&mut self, part: &str) -> bool {
        match self.value.get(part) {
            None | Some(Value::Null) => false,
            Some(Value::Object(_)) => true,
            Some(_) => {
                self.errors.push(format!("permissions.{part} must be an object"));
                false
            }
        }
    }

    fn flag(&mut self, part: &str, key: &str) -> bool {
        match &self.value[part][key] {
            Value::Null => false,
            Value::Bool(is_on) => *is_on,
            _ => {
                self.errors
                    .push(format!("permissions.{part}.{key} must be true or false"));
                false
            }
        }
    }

    fn list<T>(&mut self, part: &str, key: &str, entry: impl Fn(&str) -> Result<T, &'static str>) -> Option<Vec<T>> {
        let list = match &self.value[part][key] {
            Value::Null => return None,
            Value::Array(list) => list,
            _ => {
                self.errors
                    .push(format!("permissions.{part}.{key} must be a list of texts"));
                return None;
            }
        };
        let mut taken = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let read = value.as_str().ok_or("a text").and_then(&entry);
            match read {
                Ok(value) => taken.push(value),
                Err(wanted) => self
                    .errors
                    .push(format!("permissions.{part}.{key}[{index}] must be {wanted}")),
            }
        }
        Some(taken)
    }
}

/// `None` is every host.
fn domain(text: &str) -> Result<Option<Domain>, &'static str> {
    const WANTED: &str = "the name of a host, such as \"api.example.com\"";
    if text == "*" {
        return Ok(None);
    }
    let text = text.strip_prefix("*.").unwrap_or(text);
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse().ok().filter(|port| *port != 0);
            (host, Some(port.ok_or("a host and a port")?))
        }
        _ => (text, None),
    };
    Ok(Some(Domain {
        name: host_name(host).ok_or(WANTED)?,
        port,
    }))
}

/// A host as URLs have it: IDNA first, then lower case; addresses as they are.
pub(super) fn host_name(text: &str) -> Option<String> {
    if text.is_empty()
        || text.contains(['/', '\\', '@', '?', '#', '*', ',', '%'])
        || text.chars().any(char::is_whitespace)
    {
        return None;
    }
    let host = url::Host::parse(text).ok()?;
    let name = host.to_string();
    let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
    let is_plausible = match host {
        // As long as DNS allows.
        url::Host::Domain(_) if name.len() > MOST_HOST => false,
        url::Host::Domain(_) => name.split('.').all(|label| !label.is_empty() && label.len() <= 63),
        // A number that a URL reads as an address is no name.
        url::Host::Ipv4(address) => address.to_string() == text,
        url::Host::Ipv6(_) => true,
    };
    is_plausible.then_some(name)
}

fn path(text: &str) -> Result<String, &'static str> {
    let is_home = text == "~" || text.starts_with("~/");
    let is_shown_as_it_is = !text.chars().any(crate::core::text::is_unsafe);
    if text.len() > MOST_PATH {
        return Err("a path of at most 4096 bytes");
    }
    if (is_home || std::path::Path::new(text).is_absolute()) && is_shown_as_it_is {
        return Ok(text.to_owned());
    }
    Err("an absolute path, or one below ~/")
}

fn variable(text: &str) -> Result<String, &'static str> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.len() <= MOST_NAME
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("the name of a variable")
    }
}
