//! Argos: the panel of GNOME Shell.

use super::menu::{self, Dialect};
use super::{Bar, Style};

pub(super) struct Argos;

const DIALECT: Dialect = Dialect {
    // Argos interprets text as Pango markup unless disabled.
    literal: "useMarkup=false emojize=false unescape=false trim=false",
    click: |program, words| {
        // The command is one text that a shell reads, in single quotes of the line.
        let safe = program.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
        let program = if safe { program } else { "ttop" };
        format!("bash='{program} {}' terminal=false", words.join(" "))
    },
    has_ansi: false,
};

impl Style for Argos {
    fn name(&self) -> &'static str {
        "argos"
    }

    fn about(&self) -> &'static str {
        "Argos on GNOME, with a drop-down"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        menu::draw(bar, &DIALECT)
    }

    fn setup(&self) -> &'static str {
        "# an executable file ~/.config/argos/ttop.5s.sh\n\
         #!/bin/sh\n\
         exec ttop bar-status argos --segments status,today,limit\n"
    }
}
