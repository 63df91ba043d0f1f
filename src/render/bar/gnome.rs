//! The GNOME extension for OpenCode: its statistics file.

use super::{Bar, Needs, Style};
use crate::render::output::escape_json;

pub(super) struct Gnome;

impl Style for Gnome {
    fn name(&self) -> &'static str {
        "gnome"
    }

    fn about(&self) -> &'static str {
        "OpenCode's stats.json for the GNOME extension; --write updates the file"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let text = serde_json::to_string_pretty(&bar.stats).unwrap_or_default();
        format!("{}\n", escape_json(&text))
    }

    fn setup(&self) -> &'static str {
        "# ~/.config/systemd/user/ttop-gnome.service, then: systemctl --user enable --now ttop-gnome\n\
         [Service]\n\
         ExecStart=/bin/sh -lc 'exec ttop bar-status gnome --follow --write'\n\
         Restart=on-failure\n\
         [Install]\n\
         WantedBy=graphical-session.target\n"
    }

    fn needs(&self) -> Needs {
        Needs::Stats
    }
}
