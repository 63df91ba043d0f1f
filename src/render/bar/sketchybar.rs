//! SketchyBar: the words that set an item.

use super::{Bar, Style};

pub(super) struct Sketchybar;

impl Style for Sketchybar {
    fn name(&self) -> &'static str {
        "sketchybar"
    }

    fn about(&self) -> &'static str {
        "SketchyBar, as arguments for --set"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        // The bar's own color, written as alpha, red, green, blue.
        let color = bar
            .hex(bar.level().tone())
            .map_or("0xffffffff".to_owned(), |color| format!("0xff{}", &color[1..]));
        format!("{} label.color={color}\n", quote(&format!("label={}", bar.text())))
    }

    fn setup(&self) -> &'static str {
        "# ~/.config/sketchybar/plugins/ttop.sh, executable\n\
         #!/bin/sh\n\
         ttop bar-status sketchybar | xargs sketchybar --set \"$NAME\"\n\
         # ~/.config/sketchybar/sketchybarrc\n\
         sketchybar --add item ttop right --set ttop update_freq=5 script=\"$CONFIG_DIR/plugins/ttop.sh\"\n"
    }
}

/// One word for a shell and for xargs alike.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
