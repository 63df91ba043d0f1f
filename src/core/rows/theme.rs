//! `ThemeRow`: the colors of a theme, as `ttop theme` prints them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A theme.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "theme")]
pub struct ThemeRow {
    pub theme_id: String,
    pub name: String,
    /// The background it is made for: `dark` or `light`.
    pub scheme: String,
    /// Whether ttop uses it now.
    pub active: bool,
    /// Contrast of text on the background, by WCAG 2: 1 to 21.
    pub contrast: f64,
    /// Twenty colors as `#rrggbb`, by their keys.
    pub colors: Map<String, Value>,
}
