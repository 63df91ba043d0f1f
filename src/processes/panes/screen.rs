//! GNU Screen: a process knows its session and window by two variables.

use super::{Multiplexer, Pane, known_by, run};
use crate::core::process::Process;
use anyhow::Result;

pub(super) struct Screen;

impl Multiplexer for Screen {
    fn name(&self) -> &'static str {
        "screen"
    }

    fn panes(&self, processes: &[&Process], wants_titles: bool) -> Vec<Pane> {
        let known = known_by(processes, "WINDOW")
            .into_iter()
            .filter_map(|(process, window)| {
                let session = process.details.place("STY")?;
                let ask = || run("screen", &["-S", session, "-p", window, "-Q", "title"]).unwrap_or_default();
                Some(Pane {
                    multiplexer: "screen",
                    pid: process.pid,
                    server: Some(session.to_owned()),
                    id: window.to_owned(),
                    name: format!("{session}:{window}"),
                    title: if wants_titles { ask() } else { String::new() },
                })
            });
        known.collect()
    }

    fn select(&self, pane: &Pane) -> Result<()> {
        let session = pane.server.as_deref().unwrap_or_default();
        run("screen", &["-S", session, "-X", "select", &pane.id]).map(drop)
    }
}
