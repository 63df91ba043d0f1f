//! zjstatus: the status bar of Zellij, by a pipe.

use super::{Bar, Style};

pub(super) struct Zjstatus;

impl Style for Zjstatus {
    fn name(&self) -> &'static str {
        "zjstatus"
    }

    fn about(&self) -> &'static str {
        "zjstatus in Zellij, for zellij pipe"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let line = bar.join(|piece| {
            // A style begins with these two, and two colons part the message.
            let mut text = piece.text.replace("#[", "# [");
            while text.contains("::") {
                text = text.replace("::", ": :");
            }
            match bar.hex(piece.tone) {
                Some(color) => format!("#[fg={color}]{text}#[fg=default]"),
                None => text,
            }
        });
        format!("zjstatus::pipe::pipe_ttop::{line}\n")
    }

    fn setup(&self) -> &'static str {
        "// the zjstatus plugin in a Zellij layout\n\
         format_right \"{pipe_ttop}\"\n\
         pipe_ttop_format \"{output}\"\n\
         pipe_ttop_rendermode \"dynamic\"\n\
         // in a shell of the session\n\
         // ttop bar-status zjstatus --follow | while IFS= read -r line; do zellij pipe \"$line\"; done\n"
    }
}
