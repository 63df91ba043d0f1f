//! polybar: a script module.

use super::{Bar, Style};

pub(super) struct Polybar;

impl Style for Polybar {
    fn name(&self) -> &'static str {
        "polybar"
    }

    fn about(&self) -> &'static str {
        "polybar, with color tags"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let line = bar.join(|piece| {
            // These two characters start a tag and cannot be escaped.
            let text = piece.text.replace("%{", "% {");
            match bar.hex(piece.tone) {
                Some(color) => format!("%{{F{color}}}{text}%{{F-}}"),
                None => text,
            }
        });
        format!("{line}\n")
    }

    fn setup(&self) -> &'static str {
        "; ~/.config/polybar/config.ini, with ttop in one of the modules- lists\n\
         [module/ttop]\n\
         type = custom/script\n\
         exec = ttop bar-status polybar\n\
         interval = 5\n\
         ; or keep one process running: exec = ttop bar-status polybar --follow, tail = true, without an interval\n"
    }
}
