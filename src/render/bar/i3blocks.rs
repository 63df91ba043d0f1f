//! i3blocks: a block of format json.

use super::{Bar, Style, pango};
use serde_json::json;

pub(super) struct I3blocks;

impl Style for I3blocks {
    fn name(&self) -> &'static str {
        "i3blocks"
    }

    fn about(&self) -> &'static str {
        "i3blocks, as JSON"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let mut block = json!({
            "full_text": pango::draw(bar),
            "short_text": pango::escape(&bar.short()),
            "markup": "pango",
        });
        if let Some(color) = bar.hex(bar.level().tone()) {
            block["color"] = json!(color);
        }
        format!("{block}\n")
    }

    fn setup(&self) -> &'static str {
        "# ~/.config/i3blocks/config\n\
         [ttop]\n\
         command=ttop bar-status i3blocks\n\
         format=json\n\
         interval=5\n\
         # or keep one process running: command=ttop bar-status i3blocks --follow, interval=persist\n"
    }
}
