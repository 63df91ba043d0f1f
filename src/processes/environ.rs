//! The variables of a process, from `/proc/<pid>/environ`: their names, and places among their values.

use crate::core::process::is_folder_variable;
use crate::system::open::{self, Most};
use std::collections::BTreeMap;
use std::path::Path;

/// Names of variables, and the values of those that name a folder or a pane; other values may be secrets and are dropped.
pub(super) fn read_variables(dir: &Path) -> (Vec<String>, BTreeMap<String, String>) {
    let bytes = open::read_start(&dir.join("environ"), Most::SETTINGS).unwrap_or_default();
    let (mut names, mut places) = (Vec::new(), BTreeMap::new());
    for pair in bytes.split(|&byte| byte == 0) {
        let text = String::from_utf8_lossy(pair);
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        if name.is_empty() {
            continue;
        }
        names.push(name.to_owned());
        if is_pane(name) || is_folder_variable(name) && value.starts_with('/') {
            places.insert(name.to_owned(), value.to_owned());
        }
    }
    (names, places)
}

/// By which a process knows its pane.
fn is_pane(name: &str) -> bool {
    const PANES: [&str; 7] = [
        "ZELLIJ_SESSION_NAME",
        "ZELLIJ_PANE_ID",
        "STY",
        "WINDOW",
        "WEZTERM_PANE",
        "KITTY_WINDOW_ID",
        "KITTY_LISTEN_ON",
    ];
    PANES.contains(&name)
}
