//! SwiftBar: the menu bar of macOS.

use super::menu::{self, Dialect};
use super::{Bar, Style};

pub(super) struct Swiftbar;

const DIALECT: Dialect = Dialect {
    literal: "symbolize=false emojize=false trim=false",
    click: |program, words| menu::click("bash", program, words),
    has_ansi: true,
};

impl Style for Swiftbar {
    fn name(&self) -> &'static str {
        "swiftbar"
    }

    fn about(&self) -> &'static str {
        "SwiftBar, with a drop-down"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        menu::draw(bar, &DIALECT)
    }

    fn setup(&self) -> &'static str {
        "# an executable file ttop.5s.sh in SwiftBar's plugin folder (defaults read com.ameba.SwiftBar PluginDirectory)\n\
         #!/bin/sh\n\
         exec ttop bar-status swiftbar --segments status,today,limit\n\
         # or keep one process running: add the line #<swiftbar.type>streamable</swiftbar.type> and --follow\n"
    }

    fn between(&self) -> &'static str {
        "~~~\n"
    }
}
