//! Zellij: a process knows its session and pane by two variables.

use super::{Multiplexer, Pane, known_by, run};
use crate::core::process::Process;
use anyhow::Result;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) struct Zellij;

/// `zellij action list-panes --json` (0.44): `[{"id":3,"is_plugin":false,"title":"✋  Action Required (api)"}]`
#[derive(Deserialize)]
struct Listed {
    id: u64,
    #[serde(default)]
    is_plugin: bool,
    #[serde(default)]
    title: String,
}

impl Multiplexer for Zellij {
    fn name(&self) -> &'static str {
        "zellij"
    }

    fn panes(&self, processes: &[&Process], wants_titles: bool) -> Vec<Pane> {
        let mut titles: BTreeMap<&str, Vec<Listed>> = BTreeMap::new();
        let known = known_by(processes, "ZELLIJ_PANE_ID")
            .into_iter()
            .filter_map(|(process, id)| {
                let session = process.details.place("ZELLIJ_SESSION_NAME")?;
                let listed = titles
                    .entry(session)
                    .or_insert_with(|| if wants_titles { list(session) } else { Vec::new() });
                let title = listed.iter().find(|pane| !pane.is_plugin && pane.id.to_string() == id);
                Some(Pane {
                    multiplexer: "zellij",
                    pid: process.pid,
                    server: Some(session.to_owned()),
                    id: id.to_owned(),
                    name: format!("{session}:{id}"),
                    title: title.map(|pane| pane.title.clone()).unwrap_or_default(),
                })
            });
        known.collect()
    }

    fn select(&self, pane: &Pane) -> Result<()> {
        let (session, id) = (
            pane.server.as_deref().unwrap_or_default(),
            format!("terminal_{}", pane.id),
        );
        run("zellij", &["--session", session, "action", "focus-pane-id", &id]).map(drop)
    }
}

/// Versions without the command have no titles to tell.
fn list(session: &str) -> Vec<Listed> {
    let text = run("zellij", &["--session", session, "action", "list-panes", "--json"]).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
