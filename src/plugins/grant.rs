//! Grants: what a plugin may reach, decided from its declaration alone.

use super::declare::{Declaration, Domain, Files, Network, Vars};
use super::message::Refused;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use url::{Host, Url};

/// What one plugin may do. Nothing until its declaration was checked and trusted.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    network: Network,
    files: Files,
    roots: Vec<PathBuf>,
    /// ttop's own folders: never, whatever was granted.
    own: Vec<PathBuf>,
    vars: Vars,
    entries: BTreeSet<String>,
}

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

impl Grants {
    /// What a trusted declaration grants.
    pub fn of(declaration: &Declaration, home: &Path, own: &[PathBuf]) -> Self {
        let permissions = &declaration.permissions;
        let aliases = declaration.aliases().into_iter();
        Self {
            network: permissions.network.clone(),
            roots: permissions.files.paths.iter().map(|path| expand(path, home)).collect(),
            files: permissions.files.clone(),
            own: own.to_vec(),
            vars: permissions.vars.clone(),
            entries: std::iter::once(declaration.id.as_str())
                .chain(aliases)
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The variables that the plugin sees.
    pub fn visible(&self, env: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let is_granted = |name: &String| match &self.vars {
            Vars::None => false,
            Vars::Any => true,
            Vars::Names(names) => names.contains(name),
        };
        let granted = env.iter().filter(|(name, _)| is_granted(name));
        granted.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// # Errors
    /// When the variable was not declared.
    pub fn variable(&self, name: &str) -> Result<(), Refused> {
        match &self.vars {
            Vars::Any => Ok(()),
            Vars::Names(names) if names.iter().any(|granted| granted == name) => Ok(()),
            Vars::Names(names) => Err(Refused::permission(
                "env",
                format!(
                    "the variable {} is not declared (declared: {})",
                    quoted(name),
                    names.join(", ")
                ),
            )),
            Vars::None => Err(Refused::permission(
                "env",
                format!("the variable {} is not declared (no variables are)", quoted(name)),
            )),
        }
    }

    /// # Errors
    /// When the entry of OpenCode's credentials belongs to somebody else.
    pub fn entry(&self, name: &str) -> Result<(), Refused> {
        if self.entries.contains(name) {
            return Ok(());
        }
        Err(Refused::permission(
            "filesystem",
            format!("the OpenCode credential {} belongs to another provider", quoted(name)),
        ))
    }

    /// The folders that were granted, as declared.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Whether every path was granted.
    pub fn has_every_path(&self) -> bool {
        self.roots.is_empty()
    }

    /// Whether a folder is one of ttop's own, or the system's view of processes.
    pub fn is_closed(&self, path: &Path) -> bool {
        const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];
        let is_own =
            |own: &PathBuf| path.starts_with(own) || std::fs::canonicalize(own).is_ok_and(|own| path.starts_with(own));
        self.own.iter().any(is_own) || SYSTEM.iter().any(|folder| path.starts_with(folder))
    }

    /// Whether one of ttop's own folders is below a path: moved or removed, it would take them along, and something else
    /// could take their place.
    pub fn holds_own(&self, path: &Path) -> bool {
        let is_below =
            |own: &PathBuf| own.starts_with(path) || std::fs::canonicalize(own).is_ok_and(|own| own.starts_with(path));
        self.own.iter().any(is_below)
    }

    /// Whether files may be touched at all, before any path is looked at.
    ///
    /// # Errors
    /// When the right was not declared.
    pub fn files(&self, access: Access, path: &str) -> Result<(), Refused> {
        let (is_granted, word) = match access {
            Access::Read => (self.files.read, "read"),
            Access::Write => (self.files.write, "write"),
        };
        if is_granted {
            return Ok(());
        }
        Err(Refused::permission(
            "filesystem",
            format!("cannot {word} {}: {word} is not declared", quoted(path)),
        ))
    }

    /// One text for everything outside, there or not.
    pub fn outside(&self, path: &str) -> Refused {
        let declared = match self.files.paths.as_slice() {
            [] => "every path but ttop's own and the system's".to_owned(),
            paths => paths.join(", "),
        };
        Refused::permission(
            "filesystem",
            format!("{} is outside what is declared ({declared})", quoted(path)),
        )
    }

    /// One text for ttop's own files.
    pub fn own_files(path: &str) -> Refused {
        Refused::permission(
            "filesystem",
            format!("{} belongs to ttop or to the system", quoted(path)),
        )
    }

    /// Decides one hop. `text` is the address as the plugin wrote it.
    ///
    /// # Errors
    /// When the address is not one of a declared host.
    pub fn address(&self, text: &str) -> Result<Url, Refused> {
        let refuse = |what: String| Err(Refused::permission("network", what));
        let declared = match &self.network {
            Network::None => return refuse(format!("{} cannot be reached: no network is declared", shown(text))),
            Network::Any(_) => "any host".to_owned(),
            Network::Domains(domains) => domains.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let Ok(url) = Url::parse(text) else {
            return refuse(format!("{} is not an address", shown(text)));
        };
        let Some(host) = url.host() else {
            return refuse(format!("{} names no host", shown(text)));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(format!("{host} is asked for with a user name in the address"));
        }
        // A name that becomes plain only by mapping look-alikes is somebody's trick.
        let before_path = text.split(['/', '?', '#']).take(3).collect::<Vec<_>>().join("/");
        if !before_path.is_ascii() && !host.to_string().contains("xn--") {
            return refuse(format!("{host} is written with look-alike letters"));
        }
        let is_loopback = is_loopback_name(&host);
        let port = url.port_or_known_default().unwrap_or_default();
        let granted = match &self.network {
            Network::Domains(domains) | Network::Any(domains) => {
                domains.iter().find(|domain| covers(domain, &host, port, url.scheme()))
            }
            Network::None => None,
        };
        if matches!(self.network, Network::Domains(_)) && granted.is_none() {
            return refuse(format!(
                "{host}{} is not among the declared hosts ({declared}; https, port 443)",
                url.port().map_or_else(String::new, |port| format!(":{port}"))
            ));
        }
        match url.scheme() {
            "https" if granted.is_some() || port == 443 => {}
            "http" if is_loopback && granted.is_some() => {}
            "https" => return refuse(format!("{host}:{port} is not on port 443")),
            scheme => return refuse(format!("{host} is asked for by {scheme}, and only https is allowed")),
        }
        if let Some(address) = ip_of(&host)
            && is_private(address)
            && !(is_loopback && granted.is_some())
        {
            return refuse(format!("{host} is a private address"));
        }
        if is_loopback && granted.is_none() {
            return refuse(format!("{host} is a private address"));
        }
        Ok(url)
    }

    /// Whether a granted host may be on this machine: it was listed as such.
    pub fn may_be_local(url: &Url) -> bool {
        url.host().is_some_and(|host| is_loopback_name(&host))
    }
}

/// Whether a declared domain covers a host: itself and what is below it, on 443 or the port that it names.
fn covers(domain: &Domain, host: &Host<&str>, port: u16, scheme: &str) -> bool {
    let is_host = match host {
        Host::Domain(name) => {
            *name == domain.name || name.strip_suffix(&domain.name).is_some_and(|rest| rest.ends_with('.'))
        }
        address => address.to_string() == domain.name,
    };
    let default = if scheme == "http" { 80 } else { 443 };
    is_host && port == domain.port.unwrap_or(default)
}

fn is_loopback_name(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn ip_of(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

/// Addresses of this machine, its networks, and what clouds keep there.
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || (a == 192 && b == 0 && v4.octets()[2] == 0)
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // Addresses that carry one of version 4 inside.
            let inside = match v6.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] => Some((high, low)),
                [0x2002, high, low, ..] => Some((high, low)),
                _ => None,
            };
            let carried = inside.map(|(high, low)| {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                IpAddr::from([a, b, c, d])
            });
            // Only global unicast is public. Protocols, tunnels through Teredo, and documentation are within it.
            let is_global = (first & 0xe000) == 0x2000
                && !(first == 0x2001 && (v6.segments()[1] < 0x200 || v6.segments()[1] == 0xdb8))
                && !(first == 0x3fff && v6.segments()[1] < 0x1000);
            carried.map_or(!is_global, is_private)
        }
    }
}

/// A declared path as a place: `~/` is the home, `..` is followed.
pub fn expand(path: &str, home: &Path) -> PathBuf {
    let full = match path.strip_prefix('~') {
        Some("") => home.to_path_buf(),
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(path),
    };
    collapse(&full)
}

/// Without `.` and `..`, by name.
pub fn collapse(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A text of the plugin inside a message of ttop.
pub fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .take(200)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    plain
}

/// An address without what may be secret.
fn shown(text: &str) -> String {
    let plain = text.split(['?', '#']).next().unwrap_or_default();
    let plain = match plain.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, rest)| rest)),
        None => plain.to_owned(),
    };
    quoted(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "203.0.113.1",
            "224.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "64:ff9b:1:a00::1",
            "2002:a9fe:a9fe::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(is_private(private.parse().expect("an address")), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2a00:1450::1",
            "2002:808:808::",
        ] {
            assert!(!is_private(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn nothing_that_holds_a_folder_of_ttop_is_moved() {
        let grants = Grants {
            own: vec![PathBuf::from("/home/me/.config/tokentop")],
            ..Grants::default()
        };
        for path in [
            "/",
            "/home",
            "/home/me",
            "/home/me/.config",
            "/home/me/.config/tokentop",
        ] {
            assert!(grants.holds_own(Path::new(path)), "{path}");
        }
        for path in ["/home/me/.config/other", "/home/me/.conf", "/home/you"] {
            assert!(!grants.holds_own(Path::new(path)), "{path}");
        }
    }
}
