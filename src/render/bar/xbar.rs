//! xbar: the menu bar of macOS.

use super::menu::{self, Dialect};
use super::{Bar, Style};

pub(super) struct Xbar;

const DIALECT: Dialect = Dialect {
    literal: "emojize=false trim=false",
    click: |program, words| menu::click("shell", program, words),
    has_ansi: true,
};

impl Style for Xbar {
    fn name(&self) -> &'static str {
        "xbar"
    }

    fn about(&self) -> &'static str {
        "xbar, with a drop-down"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        menu::draw(bar, &DIALECT)
    }

    fn setup(&self) -> &'static str {
        "# an executable file ttop.5s.sh in ~/Library/Application Support/xbar/plugins\n\
         #!/bin/sh\n\
         exec ttop bar-status xbar --segments status,today,limit\n"
    }
}
