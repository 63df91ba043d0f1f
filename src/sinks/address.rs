//! Webhook URLs, with `{env:NAME}` and `{file:PATH}` expanded.

use crate::core::credential::Secret;
use crate::system::System;
use crate::system::config::Config;
use crate::system::open::{self, Most};
use std::io::ErrorKind;
use std::path::Path;

/// A file that holds an address and nothing else.
const MAX_BYTES: u64 = 64 << 10;

/// The URL a text leads to.
///
/// # Errors
/// Which variable or file is not there; never what another one holds.
pub(super) fn resolve(written: &str, system: &System) -> Result<Secret, String> {
    let mut url = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('{') {
        let (reference, after) = after.split_once('}').ok_or("the url contains '{' without '}'")?;
        url.push_str(before);
        match reference.split_once(':') {
            Some(("env", name)) => {
                let value = system.var(name).ok_or_else(|| format!("${name} is not set"))?;
                url.push_str(value.trim());
            }
            Some(("file", path)) => url.push_str(&read(path, system)?),
            _ => return Err("the url supports {env:NAME} and {file:PATH} only".to_owned()),
        }
        rest = after;
    }
    url.push_str(rest);
    Secret::new(&url).ok_or_else(|| "the url is empty".to_owned())
}

/// Relative paths are those beside the config.
fn read(path: &str, system: &System) -> Result<String, String> {
    let config = Config::path(system);
    let path = config.parent().unwrap_or(Path::new("")).join(system.expand(path));
    let unreadable = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}", system.tilde(&path));
    let text = open::read_text(&path, Most(MAX_BYTES)).map_err(|error| match error.kind() {
        ErrorKind::Other | ErrorKind::FileTooLarge => unreadable(&error),
        kind => unreadable(&kind),
    })?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("hook"), "T0/x\n").expect("written");
        let env = [("HOST".to_owned(), "hooks.example".to_owned())].into();
        let system = System::new(Os::Linux, home.path(), env);
        let url = |written: &str| resolve(written, &system).map(|secret| secret.expose().to_owned());
        assert_eq!(url("https://a.example/b").as_deref(), Ok("https://a.example/b"));
        assert_eq!(
            url("https://{env:HOST}/{file:~/hook}?q").as_deref(),
            Ok("https://hooks.example/T0/x?q")
        );
        assert_eq!(url("{env:NONE}"), Err("$NONE is not set".to_owned()));
        assert_eq!(
            url("{file:none}"),
            Err("~/.config/tokentop/none cannot be read: entity not found".to_owned())
        );
        assert!(url("{x}").is_err() && url("{env:HOST").is_err());
    }
}
