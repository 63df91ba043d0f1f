//! `ttop theme`: the themes, and the colors of one.

use super::context::Context;
use crate::args::{RowArgs, complete};
use crate::engine::themes::theme_row;
use crate::exit::Exit;
use crate::render::theme::Theme;
use crate::render::{Footer, Layout};
use anyhow::Result;
use clap::{Args, Subcommand};

/// List themes, or show the colors of one
///
/// Choose one with --theme, or permanently with `ttop config set display.theme ID`.
#[derive(Args, Debug, Default)]
#[command(subcommand_value_name = "ACTION", subcommand_help_heading = "Actions")]
pub struct ThemeArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    rows: RowArgs,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// List every theme
    List {
        #[command(flatten)]
        rows: RowArgs,
    },
    /// Show the colors of a theme
    Show {
        /// Theme, such as `nord`
        #[arg(add = complete::themes())]
        id: String,
        #[command(flatten)]
        rows: RowArgs,
    },
}

impl ThemeArgs {
    /// # Errors
    /// When there is no such theme, or the rows could not be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let active = context.theme()?.map(|theme| theme.id);
        let default = context.engine.registry.themes.first().map(|theme| theme.id.clone());
        let active = active.or(default);
        let row = |theme: &Theme| theme_row(theme, active.as_ref() == Some(&theme.id));
        match &self.action {
            None => {
                let rows = context.engine.registry.themes.iter().map(row).collect();
                context.rows(&self.rows, rows)
            }
            Some(Action::List { rows }) => {
                let themes = context.engine.registry.themes.iter().map(row).collect();
                context.rows(rows, themes)
            }
            Some(Action::Show { id, rows }) => {
                let row = row(context.engine.find_theme(id)?);
                let notes: Vec<String> = row
                    .colors
                    .iter()
                    .map(|(key, color)| format!("{key:<16} {}", color.as_str().unwrap_or_default()))
                    .collect();
                let request = context.request(rows)?;
                let layout = Layout {
                    footer: Some(Box::new(|_| Footer::new(None, notes))),
                    ..Layout::default()
                };
                context.out.print(&request, layout, std::iter::once(Ok(row)))
            }
        }
    }
}
