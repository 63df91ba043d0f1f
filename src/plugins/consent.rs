//! The question that consent answers: every right in words, resolved.

use super::declare::{Declaration, Network, Vars};
use super::grant::expand;
use std::path::Path;

/// One line a right; empty when the plugin asks for nothing.
pub fn lines(declaration: &Declaration, home: &Path) -> Vec<String> {
    let permissions = &declaration.permissions;
    let mut lines = Vec::new();
    let files = &permissions.files;
    let verb = match (files.read, files.write) {
        (true, true) => Some("read and write"),
        (true, false) => Some("read"),
        (false, true) => Some("write"),
        (false, false) => None,
    };
    if let Some(verb) = verb {
        if files.paths.is_empty() {
            lines.push(format!(
                "{verb} every file you can {}",
                if files.write { "read or write" } else { "read" }
            ));
        }
        for path in &files.paths {
            lines.push(format!("{verb} {}", place(path, home)));
        }
    }
    let hosts = hosts(&permissions.network);
    for host in &hosts {
        lines.push(format!("send to {host}"));
    }
    let vars = match &permissions.vars {
        Vars::None => Vec::new(),
        Vars::Any => vec!["every environment variable".to_owned()],
        Vars::Names(names) => names.iter().map(|name| format!("${name}")).collect(),
    };
    for var in &vars {
        lines.push(match hosts.is_empty() {
            true => format!("read {var}"),
            false => format!("read {var}, and may send {var} to {}", hosts.join(", ")),
        });
    }
    if verb.is_some() && !hosts.is_empty() {
        lines.push(format!("may send what it reads to {}", hosts.join(", ")));
    }
    for alias in declaration.aliases() {
        lines.push(format!("read the OpenCode credential {alias}"));
    }
    if permissions.notifications {
        lines.push("show notifications (ttop has no such function for plugins)".to_owned());
    }
    if permissions.clipboard {
        lines.push("use the clipboard (ttop has no such function for plugins)".to_owned());
    }
    lines
}

fn hosts(network: &Network) -> Vec<String> {
    let (any, domains) = match network {
        Network::None => return Vec::new(),
        Network::Any(domains) => (Some("any internet host".to_owned()), domains),
        Network::Domains(domains) => (None, domains),
    };
    let named = domains.iter().map(|domain| {
        let is_plain = domain.name.contains(['.', ':']) || domain.name == "localhost";
        if is_plain {
            domain.to_string()
        } else {
            format!("every host below {domain}")
        }
    });
    any.into_iter().chain(named).collect()
}

/// A declared path as the place that it is.
fn place(path: &str, home: &Path) -> String {
    let full = expand(path, home);
    if full == home {
        return format!("your whole home folder ({path})");
    }
    if home.starts_with(&full) {
        return format!("the folder above your home, {} ({path})", full.display());
    }
    match full.strip_prefix(home) {
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => full.display().to_string(),
    }
}
