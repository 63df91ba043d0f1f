//! kitty: a process knows its window by a variable; remote control, where it is on, lists titles and moves the focus.

use super::{Multiplexer, Pane, known_by, lines, run};
use crate::core::process::Process;
use anyhow::Result;
use serde_json::Value;

pub(super) struct Kitty;

impl Multiplexer for Kitty {
    fn name(&self) -> &'static str {
        "kitty"
    }

    fn panes(&self, processes: &[&Process], wants_titles: bool) -> Vec<Pane> {
        let pane = |(process, id): (&Process, &str)| {
            let server = process.details.place("KITTY_LISTEN_ON").map(str::to_owned);
            let title = || title_of(&control(server.as_deref(), &["ls"]).ok()?, id);
            Pane {
                multiplexer: "kitty",
                pid: process.pid,
                title: wants_titles.then(title).flatten().unwrap_or_default(),
                server,
                id: id.to_owned(),
                name: id.to_owned(),
            }
        };
        known_by(processes, "KITTY_WINDOW_ID").into_iter().map(pane).collect()
    }

    fn select(&self, pane: &Pane) -> Result<()> {
        let window = format!("id:{}", pane.id);
        control(pane.server.as_deref(), &["focus-window", "--match", &window]).map(drop)
    }

    fn capture(&self, pane: &Pane) -> Result<Vec<String>> {
        let window = format!("id:{}", pane.id);
        control(pane.server.as_deref(), &["get-text", "--match", &window]).map(|text| lines(&text))
    }
}

/// `kitten @ --to unix:/tmp/kitty ls`
fn control(server: Option<&str>, command: &[&str]) -> Result<String> {
    let mut args = vec!["@"];
    if let Some(server) = server {
        args.extend(["--to", server]);
    }
    args.extend(command);
    run("kitten", &args)
}

/// `[{"tabs":[{"windows":[{"id":5,"title":"✋  Action Required (api)"}]}]}]`
fn title_of(listed: &str, id: &str) -> Option<String> {
    let windows: Value = serde_json::from_str(listed).ok()?;
    let within = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let tabs = windows.as_array()?.iter().flat_map(|window| within(window, "tabs"));
    let mut panes = tabs.flat_map(|tab| within(&tab, "windows"));
    let id: u64 = id.parse().ok()?;
    let pane = panes.find(|pane| pane.get("id").and_then(Value::as_u64) == Some(id))?;
    Some(pane.get("title")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_that_of_the_window() {
        let listed = r#"[{"id":1,"tabs":[{"id":1,"windows":[{"id":5,"title":"five"},{"id":6,"title":"six"}]}]}]"#;
        assert_eq!(title_of(listed, "6").as_deref(), Some("six"));
        assert_eq!(title_of(listed, "1"), None);
        assert_eq!(title_of("", "6"), None);
    }
}
