//! `ttop plugin new`: the files of a plugin that loads and passes its own case.

use super::super::context::Context;
use super::NewKind;
use crate::exit::Exit;
use crate::plugins::declare::is_id;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;

struct Template {
    kind: &'static str,
    source: &'static str,
    case: &'static str,
}

const fn template(kind: NewKind) -> Template {
    match kind {
        NewKind::Agent => Template {
            kind: "agent",
            source: include_str!("templates/agent.ts"),
            case: include_str!("templates/agent.json"),
        },
        NewKind::Notification => Template {
            kind: "notification",
            source: include_str!("templates/notification.ts"),
            case: include_str!("templates/notification.json"),
        },
        NewKind::Provider => Template {
            kind: "provider",
            source: include_str!("templates/provider.ts"),
            case: include_str!("templates/provider.json"),
        },
        NewKind::Theme => Template {
            kind: "theme",
            source: include_str!("templates/theme.ts"),
            case: include_str!("templates/theme.json"),
        },
    }
}

pub fn new(context: &mut Context, kind: NewKind, id: &str) -> Result<Exit> {
    if !is_id(id) {
        bail!("'{id}' is no plugin id: lowercase letters, digits and hyphens, a letter first");
    }
    let template = template(kind);
    let package = format!("tokentop-{}-{id}", template.kind);
    let folder = context.engine.system.cwd.join(&package);
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
    if kind == NewKind::Agent {
        let home = folder.join("home").join(format!(".{id}/sessions/first.jsonl"));
        write(&home, include_str!("templates/agent.jsonl"))?;
    }
    let text = format!("{package}\n  ttop plugin test ./{package}\n  ttop plugin add ./{package}\n");
    context.out.text(&text)?;
    Ok(Exit::Ok)
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
