//! i3status-rust: a custom block that returns JSON.

use super::{Bar, Level, Style, pango};
use serde_json::json;

pub(super) struct I3statusRs;

impl Style for I3statusRs {
    fn name(&self) -> &'static str {
        "i3status-rs"
    }

    fn about(&self) -> &'static str {
        "i3status-rust, as JSON"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let state = match bar.level() {
            Level::Ok => "Idle",
            Level::Warn => "Warning",
            Level::Crit => "Critical",
        };
        // Its text is Pango markup; the color is that of the state.
        let block = json!({
            "icon": "",
            "state": state,
            "text": pango::escape(&bar.text()),
            "short_text": pango::escape(&bar.short()),
        });
        format!("{block}\n")
    }

    fn setup(&self) -> &'static str {
        "# ~/.config/i3status-rust/config.toml\n\
         [[block]]\n\
         block = \"custom\"\n\
         command = \"ttop bar-status i3status-rs\"\n\
         json = true\n\
         interval = 5\n\
         # or keep one process running: command = \"ttop bar-status i3status-rs --follow\", persistent = true\n"
    }
}
