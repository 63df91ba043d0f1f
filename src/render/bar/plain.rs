//! One line of text, for everything that shows text.

use super::{Bar, Style};

pub(super) struct Plain;

impl Style for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn about(&self) -> &'static str {
        "One line of text"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        format!("{}\n", bar.text())
    }

    fn setup(&self) -> &'static str {
        "# anything that runs a command and shows its output\nttop bar-status\n"
    }
}
