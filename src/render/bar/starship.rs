//! starship: a custom module, which has its own style.

use super::{Bar, Style};

pub(super) struct Starship;

impl Style for Starship {
    fn name(&self) -> &'static str {
        "starship"
    }

    fn about(&self) -> &'static str {
        "starship, as text for a custom module"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        format!("{}\n", bar.text())
    }

    fn setup(&self) -> &'static str {
        "# ~/.config/starship.toml\n\
         [custom.ttop]\n\
         command = \"ttop bar-status starship --segments today,limit\"\n\
         when = true\n\
         shell = [\"sh\"]\n\
         style = \"dimmed\"\n\
         format = \"[$output]($style) \"\n"
    }
}
