//! Waybar: a custom module that returns JSON.

use super::{Bar, Style, menu, pango};
use serde_json::json;

pub(super) struct Waybar;

impl Style for Waybar {
    fn name(&self) -> &'static str {
        "waybar"
    }

    fn about(&self) -> &'static str {
        "Waybar, as JSON"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let level = bar.level().name();
        let class = if bar.is_stale() {
            vec![level, "stale"]
        } else {
            vec![level]
        };
        let line = json!({
            "text": pango::draw(bar),
            "alt": level,
            "tooltip": pango::escape(&menu::tooltip(bar)),
            "class": class,
            "percentage": bar.percent().map_or(0, |percent| percent.clamp(0.0, 100.0).round() as u8),
        });
        format!("{line}\n")
    }

    fn setup(&self) -> &'static str {
        r#"// ~/.config/waybar/config, with "custom/ttop" in one of the modules- lists
"custom/ttop": {"exec": "ttop bar-status waybar", "return-type": "json", "interval": 5},
// or one process that stays, without an interval:
// "custom/ttop": {"exec": "ttop bar-status waybar --follow", "return-type": "json"},
/* ~/.config/waybar/style.css */
#custom-ttop.warn { color: #ff9500; }
#custom-ttop.crit { color: #ff3b30; }
#custom-ttop.stale { opacity: 0.6; }
"#
    }
}
