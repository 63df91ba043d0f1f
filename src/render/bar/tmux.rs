//! tmux: `status-right`.

use super::{Bar, Style};

pub(super) struct Tmux;

impl Style for Tmux {
    fn name(&self) -> &'static str {
        "tmux"
    }

    fn about(&self) -> &'static str {
        "tmux, in status-left or status-right"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let line = bar.join(|piece| {
            // What #() prints is expanded again.
            let text = piece.text.replace('#', "##");
            match bar.hex(piece.tone) {
                Some(color) => format!("#[fg={color}]{text}#[default]"),
                None => text,
            }
        });
        format!("{line}\n")
    }

    fn setup(&self) -> &'static str {
        "# ~/.tmux.conf: runs at each status-interval\n\
         set -g status-interval 5\n\
         set -g status-right-length 80\n\
         set -g status-right '#(ttop bar-status tmux)'\n\
         # or keep one process running:\n\
         # set -g status-right '#(ttop bar-status tmux --follow)'\n"
    }
}
