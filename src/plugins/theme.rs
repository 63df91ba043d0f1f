//! Themes: the colors of a theme plugin, in the SDK's keys, whatever keys it was written in.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The SDK's colors, each with the guide's key and the SDK keys that stand in for it.
const COLORS: &[(&str, &str, &[&str])] = &[
    ("background", "bg", &[]),
    ("foreground", "fg", &["text"]),
    ("text", "tableRowFg", &["foreground"]),
    ("textMuted", "muted", &["textSubtle", "text"]),
    ("textSubtle", "statusBarFg", &["textMuted", "text"]),
    ("primary", "primary", &["accent", "text"]),
    ("secondary", "secondary", &["primary", "text"]),
    ("accent", "accent", &["primary", "text"]),
    ("success", "success", &["text"]),
    ("warning", "warning", &["text"]),
    ("error", "error", &["text"]),
    ("info", "info", &["text"]),
    ("border", "border", &["textSubtle", "text"]),
    ("borderMuted", "tableHeaderBg", &["border", "text"]),
    ("selection", "tableSelectedBg", &["border", "background"]),
    ("highlight", "borderFocused", &["primary", "text"]),
    ("gaugeBackground", "tableHeaderBg", &["borderMuted", "background"]),
    ("gaugeFill", "primary", &["primary", "text"]),
    ("gaugeWarning", "warning", &["warning", "text"]),
    ("gaugeDanger", "error", &["error", "text"]),
];

/// Keys that only the guide has.
const GUIDE_ONLY: &[&str] = &[
    "bg",
    "fg",
    "borderFocused",
    "muted",
    "headerBg",
    "headerFg",
    "statusBarBg",
    "statusBarFg",
    "tableBg",
    "tableHeaderBg",
    "tableHeaderFg",
    "tableRowBg",
    "tableRowAltBg",
    "tableRowFg",
    "tableSelectedBg",
    "tableSelectedFg",
];

/// Where the guide's keys go among the components.
const COMPONENTS: &[(&str, &str, &str)] = &[
    ("header", "background", "headerBg"),
    ("header", "foreground", "headerFg"),
    ("statusBar", "background", "statusBarBg"),
    ("statusBar", "foreground", "statusBarFg"),
];

/// The fields of a theme: at the top, or below `theme` as the guide has them.
pub fn body(plugin: &Map<String, Value>) -> &Map<String, Value> {
    plugin.get("theme").and_then(Value::as_object).unwrap_or(plugin)
}

/// Keys that are no colors of the SDK or the guide, and values that are no colors.
pub fn warnings(colors: &Map<String, Value>) -> Vec<String> {
    let is_known = |key: &str| COLORS.iter().any(|(name, ..)| *name == key) || GUIDE_ONLY.contains(&key);
    let mut warnings = Vec::new();
    if colors.keys().any(|key| GUIDE_ONLY.contains(&key.as_str())) {
        warnings.push("theme colors in the guide's keys (bg, fg, …) are read as the SDK's".to_owned());
    }
    for (key, value) in colors {
        let key: String = key.chars().take(80).collect();
        if !is_known(&key) {
            warnings.push(format!("colors.{key} is unknown and has no effect"));
        } else if value.as_str().and_then(rgb).is_none() {
            let shown: String = value.as_str().unwrap_or("…").chars().take(80).collect();
            warnings.push(format!("colors.{key}: {shown} is not a color such as #rrggbb"));
        }
    }
    warnings
}

/// The theme as the plugin has it: for `plugin info` and cases.
pub fn as_declared(plugin: &Map<String, Value>) -> Value {
    let theme = body(plugin);
    let mut out = Map::new();
    for key in ["colorScheme", "colors", "components"] {
        if let Some(value) = theme.get(key) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    out.into()
}

/// Every color of the SDK that the theme gives, or that can be derived from what it gives.
pub fn resolved(plugin: &Map<String, Value>) -> BTreeMap<&'static str, [u8; 3]> {
    let colors = body(plugin).get("colors").and_then(Value::as_object);
    let given = |key: &str| {
        colors
            .and_then(|colors| colors.get(key))
            .and_then(Value::as_str)
            .and_then(rgb)
    };
    let direct = |key: &str| {
        let guide = COLORS
            .iter()
            .find(|(name, ..)| *name == key)
            .map(|(_, guide, _)| *guide);
        given(key).or_else(|| given(guide?))
    };
    let all = COLORS.iter().filter_map(|(name, _, others)| {
        let found = direct(name).or_else(|| others.iter().find_map(|other| direct(other)));
        found.map(|color| (*name, color))
    });
    all.collect()
}

/// Colors of components, the guide's keys included.
pub fn components(plugin: &Map<String, Value>) -> BTreeMap<(&'static str, &'static str), [u8; 3]> {
    let theme = body(plugin);
    let guide = theme.get("colors").and_then(Value::as_object);
    let all = COMPONENTS.iter().filter_map(|(component, part, key)| {
        let own = theme.get("components").map(|components| &components[*component][*part]);
        let text = own.and_then(Value::as_str).or_else(|| guide?.get(*key)?.as_str());
        Some(((*component, *part), rgb(text?)?))
    });
    all.collect()
}

/// `#rgb` and `#rrggbb`.
pub fn rgb(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let part = |text: &str| u8::from_str_radix(text, 16).ok();
    match digits.len() {
        3 => {
            let one = |at: usize| part(&digits[at..=at].repeat(2));
            Some([one(0)?, one(1)?, one(2)?])
        }
        6 => Some([part(&digits[..2])?, part(&digits[2..4])?, part(&digits[4..])?]),
        _ => None,
    }
}
