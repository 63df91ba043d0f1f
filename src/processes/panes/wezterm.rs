//! WezTerm: a process knows its pane by a variable, and the terminal lists their titles.

use super::{Multiplexer, Pane, known_by, lines, run};
use crate::core::process::Process;
use anyhow::Result;
use serde::Deserialize;

pub(super) struct WezTerm;

/// `wezterm cli list --format json`: `[{"pane_id":7,"title":"✋  Action Required (api)",…}]`
#[derive(Deserialize)]
struct Listed {
    pane_id: u64,
    #[serde(default)]
    title: String,
}

impl Multiplexer for WezTerm {
    fn name(&self) -> &'static str {
        "wezterm"
    }

    fn panes(&self, processes: &[&Process], wants_titles: bool) -> Vec<Pane> {
        let known = known_by(processes, "WEZTERM_PANE");
        let listed: Vec<Listed> = match wants_titles && !known.is_empty() {
            true => {
                let text = run("wezterm", &["cli", "list", "--format", "json"]).unwrap_or_default();
                serde_json::from_str(&text).unwrap_or_default()
            }
            false => Vec::new(),
        };
        let pane = |(process, id): (&Process, &str)| Pane {
            multiplexer: "wezterm",
            pid: process.pid,
            server: None,
            id: id.to_owned(),
            name: id.to_owned(),
            title: listed
                .iter()
                .find(|pane| pane.pane_id.to_string() == id)
                .map(|pane| pane.title.clone())
                .unwrap_or_default(),
        };
        known.into_iter().map(pane).collect()
    }

    fn select(&self, pane: &Pane) -> Result<()> {
        run("wezterm", &["cli", "activate-pane", "--pane-id", &pane.id]).map(drop)
    }

    fn capture(&self, pane: &Pane) -> Result<Vec<String>> {
        run("wezterm", &["cli", "get-text", "--pane-id", &pane.id]).map(|text| lines(&text))
    }
}
