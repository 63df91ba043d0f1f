//! Themes: their rows, and the theme of a run, asked for by flag, else by the configuration, for a dark or a light terminal.

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::core::rows::ThemeRow;
use crate::render::keys::similar;
use crate::render::theme::{KEYS, Scheme, Theme};
use crate::system::config::values::ColorScheme;
use serde_json::Value;

impl Engine {
    /// A theme by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn find_theme(&self, id: &str) -> Result<&Theme, BadRequest> {
        self.registry.theme(id).ok_or_else(|| {
            let ids = self.registry.themes.iter().map(|theme| &*theme.id);
            let hint = match similar(id, ids).first() {
                Some(near) => format!("did you mean '{near}'? 'ttop theme list' lists themes"),
                None => "run 'ttop theme list' for the list of themes".to_owned(),
            };
            BadRequest::new(format!("unknown theme '{id}'")).with_hint(hint)
        })
    }

    /// The theme asked for, in the variant for a scheme; `None` where none is.
    ///
    /// # Errors
    /// When a flag names no theme; an unknown one of the configuration is a problem.
    pub fn theme(&self, flag: Option<&str>, scheme: Scheme) -> Result<Option<Theme>, BadRequest> {
        let theme = match (flag, self.config.display.theme.as_deref()) {
            // A flag names the very theme.
            (Some(id), _) => return Ok(Some(self.find_theme(id)?.clone())),
            (None, Some(id)) => self.find_theme(id),
            (None, None) => return Ok(None),
        };
        Ok(match theme {
            Ok(theme) => Some(self.variant(theme, scheme).clone()),
            Err(error) => {
                self.note_problem(Problem::new("display.theme", error.message));
                None
            }
        })
    }

    /// The theme of the same family for a scheme, where there is one.
    pub fn variant<'t>(&'t self, theme: &'t Theme, scheme: Scheme) -> &'t Theme {
        theme.for_scheme(scheme, &self.registry.themes)
    }

    /// `display.colorScheme`, unless it is `auto`.
    pub fn color_scheme(&self) -> Option<Scheme> {
        match self.config.display.color_scheme {
            ColorScheme::Dark => Some(Scheme::Dark),
            ColorScheme::Light => Some(Scheme::Light),
            ColorScheme::Auto => None,
        }
    }
}

/// A theme with its colors.
pub fn theme_row(theme: &Theme, active: bool) -> ThemeRow {
    let colors = KEYS.iter().zip(theme.colors.all());
    let contrast = theme.colors.text.contrast(theme.colors.background);
    ThemeRow {
        theme_id: theme.id.to_string(),
        name: theme.name.to_string(),
        scheme: match theme.scheme {
            Scheme::Dark => "dark".to_owned(),
            Scheme::Light => "light".to_owned(),
        },
        active,
        contrast: (contrast * 10.0).round() / 10.0,
        colors: colors
            .map(|(key, color)| ((*key).to_owned(), Value::String(color.hex())))
            .collect(),
    }
}
