//! The files of a new plugin, which loads and passes its own case.

use super::declare::{Kind, is_id};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;

struct Template {
    source: &'static str,
    case: &'static str,
}

const fn template(kind: Kind) -> Template {
    match kind {
        Kind::Agent => Template {
            source: include_str!("templates/agent.ts"),
            case: include_str!("templates/agent.json"),
        },
        Kind::Notification => Template {
            source: include_str!("templates/notification.ts"),
            case: include_str!("templates/notification.json"),
        },
        Kind::Provider => Template {
            source: include_str!("templates/provider.ts"),
            case: include_str!("templates/provider.json"),
        },
        Kind::Theme => Template {
            source: include_str!("templates/theme.ts"),
            case: include_str!("templates/theme.json"),
        },
    }
}

/// Writes them into a folder of their own below `parent`, and returns the name of that folder.
///
/// # Errors
/// When the id is none, the folder exists, or a file cannot be written.
pub fn create(parent: &Path, kind: Kind, id: &str) -> Result<String> {
    if !is_id(id) {
        bail!("'{id}' is no plugin id: lowercase letters, digits and hyphens, a letter first");
    }
    let template = template(kind);
    let package = format!("tokentop-{}-{id}", kind.name());
    let folder = parent.join(&package);
    if folder.exists() {
        bail!("{} exists", folder.display());
    }
    let name: String = id.split('-').map(capitalized).collect::<Vec<_>>().join(" ");
    let filled = |text: &str| {
        let text = text.replace("{{id}}", id).replace("{{name}}", &name);
        text.replace("{{var}}", &id.to_uppercase().replace('-', "_"))
    };
    let manifest = serde_json::json!({
        "name": package, "version": "0.1.0", "type": "module", "main": "src/index.ts", "files": ["src"],
        "peerDependencies": {"@tokentop/plugin-sdk": "^1.5.0"},
    });
    write(
        &folder.join("package.json"),
        &format!("{}\n", serde_json::to_string_pretty(&manifest)?),
    )?;
    write(&folder.join("src/index.ts"), &filled(template.source))?;
    write(&folder.join("expected.json"), &filled(template.case))?;
    if kind == Kind::Agent {
        let home = folder.join("home").join(format!(".{id}/sessions/first.jsonl"));
        write(&home, include_str!("templates/agent.jsonl"))?;
    }
    Ok(package)
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}
