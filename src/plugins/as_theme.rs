//! A plugin as a theme: data of its declaration, so that nothing runs.

use super::declare::Declaration;
use super::theme::resolved;
use crate::render::theme::{Colors, KEYS, Rgb, Scheme, Theme};

/// Colors for what a theme neither gives nor implies, by its scheme.
const INK: [(Scheme, Rgb, Rgb); 2] = [
    (Scheme::Dark, Rgb(0x1c, 0x1c, 0x1c), Rgb(0xe4, 0xe4, 0xe4)),
    (Scheme::Light, Rgb(0xff, 0xff, 0xff), Rgb(0x1c, 0x1c, 0x1c)),
];

/// The theme of a declaration; `None` where it is of another type.
pub fn theme(declaration: &Declaration) -> Option<Theme> {
    let plugin = declaration.value.as_object()?;
    let scheme = match super::theme::body(plugin).get("colorScheme")?.as_str()? {
        "light" => Scheme::Light,
        _ => Scheme::Dark,
    };
    let (_, paper, ink) = INK.into_iter().find(|(of, ..)| *of == scheme)?;
    let given = resolved(plugin);
    let color = |key: &str| match (given.get(key), key) {
        (Some([red, green, blue]), _) => Rgb(*red, *green, *blue),
        (None, "background" | "gaugeBackground" | "selection") => paper,
        (None, _) => ink,
    };
    Some(Theme {
        id: declaration.id.clone().into(),
        name: declaration.name.clone().into(),
        scheme,
        colors: Colors::from_keys(KEYS.map(color)),
    })
}
