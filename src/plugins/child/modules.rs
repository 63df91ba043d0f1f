//! Modules: ttop's own, and those of the plugin, which ttop finds and the child strips.

use super::shared::{Known, Shared};
use super::strip::{explain, strip};
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::object::Filter;
use rquickjs::{Ctx, Error, Exception, Function, Module, Object, Result};
use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

/// Names of ttop's own modules begin with this once they are resolved.
const OWN: &str = "ttop:";
const SDK: &str = "@tokentop/plugin-sdk";

/// Modules that plugins of Node find, with and without `node:`.
const NODE: &[&str] = &[
    "fs",
    "fs/promises",
    "path",
    "path/posix",
    "path/win32",
    "os",
    "buffer",
    "url",
    "timers",
    "process",
    "events",
];

/// What a plugin uses instead of a module that is not there.
const INSTEAD: &[(&str, &str)] = &[
    ("http", "use ctx.http.fetch"),
    ("https", "use ctx.http.fetch"),
    ("net", "use ctx.http.fetch"),
    ("tls", "use ctx.http.fetch"),
    ("undici", "use ctx.http.fetch"),
    ("node-fetch", "use ctx.http.fetch"),
    ("axios", "use ctx.http.fetch"),
    ("child_process", "plugins start no programs"),
    ("worker_threads", "plugins start no threads"),
    ("module", "ship an ES module"),
    ("sqlite", "use bun:sqlite"),
    ("better-sqlite3", "use bun:sqlite"),
    ("crypto", "use the global crypto"),
    ("util", "use what the language has"),
];

pub(super) struct Modules(pub Rc<Shared>);

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if name.starts_with(OWN) {
            return Err(self.refuse(ctx, base, name, "is not available to plugins"));
        }
        if let Some(own) = own_module(name) {
            let mut known = self.0.known.borrow_mut();
            if known.is_closed && !known.own.contains(&own) {
                drop(known);
                return Err(self.refuse(
                    ctx,
                    base,
                    name,
                    "is not available: the plugin did not import it when it was loaded",
                ));
            }
            known.own.insert(own.clone());
            return Ok(format!("{OWN}{own}"));
        }
        let is_path = name.starts_with("./") || name.starts_with("../");
        let (scheme, bare) = name.split_once(':').map_or(("", name), |(scheme, rest)| (scheme, rest));
        let instead = INSTEAD
            .iter()
            .find(|(module, _)| *module == bare)
            .map(|(_, instead)| *instead);
        if let Some(instead) = instead {
            return Err(self.refuse(ctx, base, name, &format!("is not available to plugins: {instead}")));
        }
        if !is_path && (!scheme.is_empty() || name.starts_with('/') || is_builtin_elsewhere(name)) {
            return Err(self.refuse(ctx, base, name, "is not available to plugins"));
        }
        let asked = self.0.ask(
            &json!({"op": "resolve", "from": base, "specifier": name}).to_string(),
            &[],
        );
        match asked.map_err(|error| self.0.broken(ctx, &error))? {
            (Ok(value), _) => Ok(value.as_str().unwrap_or_default().to_owned()),
            (Err(refused), _) => Err(self.refuse(ctx, base, name, refused.message())),
        }
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if let Some(own) = name.strip_prefix(OWN) {
            return self.load_own(ctx, own, name);
        }
        let asked = self.0.ask(&json!({"op": "module", "name": name}).to_string(), &[]);
        let body = match asked.map_err(|error| self.0.broken(ctx, &error))? {
            (Ok(_), body) => body,
            (Err(refused), _) => return Err(Exception::throw_reference(ctx, refused.message())),
        };
        let Ok(source) = String::from_utf8(body) else {
            return Err(Exception::throw_syntax(ctx, &format!("{name} is not UTF-8")));
        };
        let script = script_of(name, &source).map_err(|message| {
            let message = explain(name, &source).unwrap_or(message);
            Exception::throw_syntax(ctx, &message)
        })?;
        let module = Module::declare(ctx.clone(), name, script).map_err(|error| match explain(name, &source) {
            Some(message) => {
                // It takes the place of what the engine makes of it.
                ctx.catch();
                Exception::throw_syntax(ctx, &message)
            }
            None => error,
        })?;
        self.0.known.borrow_mut().sources.insert(name.to_owned(), source);
        module.meta()?.set("url", format!("ttop-plugin:///{name}"))?;
        Ok(module)
    }
}

impl Modules {
    /// A module whose exports are those of an object of the prelude.
    fn load_own<'js>(&self, ctx: &Ctx<'js>, own: &str, name: &str) -> Result<Module<'js, Declared>> {
        let part: Function = self.0.core(ctx)?.get("part")?;
        let exports: Object = part.call((own,))?;
        let mut source = String::from("const own = import.meta.own; delete import.meta.own;\n");
        for key in exports.own_keys::<String>(Filter::new().string().enum_only()) {
            let key = key?;
            if key == "default" {
                source.push_str("export default own.default;\n");
            } else {
                source.push_str(&format!("export const {key} = own.{key};\n"));
            }
        }
        let module = Module::declare(ctx.clone(), name, source)?;
        module.meta()?.set("own", exports)?;
        Ok(module)
    }

    fn refuse(&self, ctx: &Ctx<'_>, base: &str, name: &str, why: &str) -> Error {
        let known = self.0.known.borrow();
        let line = known.sources.get(base).and_then(|source| line_of(source, name));
        let place = line.map_or_else(|| base.to_owned(), |line| format!("{base}:{line}"));
        Exception::throw_reference(ctx, &format!("{place}: module \"{name}\" {why}"))
    }
}

/// The JavaScript of a module.
fn script_of(name: &str, source: &str) -> std::result::Result<String, String> {
    if name.ends_with(".ts") {
        return strip(name, source);
    }
    Ok(source.to_owned())
}

/// The name of one of ttop's own modules.
fn own_module(name: &str) -> Option<String> {
    let node = name.strip_prefix("node:").unwrap_or(name);
    if NODE.contains(&node) {
        return Some(node.to_owned());
    }
    if name == "bun:sqlite" {
        return Some("sqlite".to_owned());
    }
    let rest = name.strip_prefix(SDK)?;
    match rest {
        "" | "/types" | "/helpers" => Some(format!("sdk{rest}")),
        "/testing" => Some("testing".to_owned()),
        _ => None,
    }
}

/// Names of modules that only another runtime has.
fn is_builtin_elsewhere(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "vm",
        "dgram",
        "cluster",
        "inspector",
        "bun",
        "readline",
        "stream",
        "zlib",
        "dns",
        "repl",
        "tty",
        "v8",
        "wasi",
        "assert",
        "async_hooks",
        "perf_hooks",
        "ws",
        "console",
        "constants",
        "string_decoder",
        "querystring",
    ];
    OTHERS.contains(&name) || name.starts_with(SDK)
}

/// An export that a module does not have: said with the names that the plugin knows, and the line that asks for it.
pub(super) fn missing_export(known: &Known, message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Could not find export '")?;
    let (export, rest) = rest.split_once("' in module '")?;
    let module = rest.strip_suffix('\'')?;
    let shown = match module.strip_prefix(OWN) {
        Some("sqlite") => "bun:sqlite".to_owned(),
        Some("testing") => format!("{SDK}/testing"),
        Some(own) if own.starts_with("sdk") => own.replacen("sdk", SDK, 1),
        Some(own) => own.to_owned(),
        None => module.to_owned(),
    };
    let is_asked = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
        words.any(|word| word == export)
    };
    let stem = Path::new(&shown).file_stem()?.to_string_lossy().into_owned();
    let mut sources: Vec<_> = known
        .sources
        .iter()
        .filter(|(_, source)| source.contains(&stem))
        .collect();
    sources.sort_unstable();
    let place = sources.into_iter().find_map(|(name, source)| {
        let line = source.lines().position(is_asked)?;
        Some(format!("{name}:{}: ", line + 1))
    });
    let place = place.unwrap_or_default();
    Some(format!(
        "{place}module \"{shown}\" has no export {export} that plugins may use"
    ))
}

/// The first line on which a module is named.
fn line_of(source: &str, name: &str) -> Option<usize> {
    let is_there = |line: &str| ['\'', '"', '`'].iter().any(|q| line.contains(&format!("{q}{name}{q}")));
    source.lines().position(is_there).map(|at| at + 1)
}

/// Modules that literal `import('…')` names: they are part of the plugin from the start.
pub(super) fn literal_imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("import") {
        let rest = source[at + "import".len()..].trim_start();
        let Some(rest) = rest.strip_prefix('(').map(str::trim_start) else {
            continue;
        };
        let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`')) else {
            continue;
        };
        if let Some((name, _)) = rest[1..].split_once(quote)
            && !name.contains(['\n', '$'])
        {
            found.push(name.to_owned());
        }
    }
    found
}

/// Resolves and fetches what literal imports name, as deep as they go. One that is not there fails when it is imported.
pub(super) fn fetch_literal_imports(shared: &Rc<Shared>) {
    let mut done = HashSet::new();
    loop {
        let wanted: Vec<(String, String)> = {
            let known = shared.known.borrow();
            let all = known.sources.iter().flat_map(|(base, source)| {
                let names = literal_imports(source).into_iter();
                names.map(|name| (base.clone(), name))
            });
            all.filter(|pair| !done.contains(pair)).collect()
        };
        if wanted.is_empty() {
            return;
        }
        for (base, name) in wanted {
            done.insert((base.clone(), name.clone()));
            if let Some(own) = own_module(&name) {
                shared.known.borrow_mut().own.insert(own);
                continue;
            }
            fetch(shared, &base, &name);
        }
    }
}

/// The module's source, and those of what it imports by name.
fn fetch(shared: &Rc<Shared>, base: &str, name: &str) {
    let asked = shared.ask(
        &json!({"op": "resolve", "from": base, "specifier": name}).to_string(),
        &[],
    );
    let Ok((Ok(serde_json::Value::String(found)), _)) = asked else {
        return;
    };
    if shared.known.borrow().sources.contains_key(&found) {
        return;
    }
    let asked = shared.ask(&json!({"op": "module", "name": found}).to_string(), &[]);
    if let Ok((Ok(_), body)) = asked
        && let Ok(source) = String::from_utf8(body)
    {
        let named = static_imports(&source);
        shared.known.borrow_mut().sources.insert(found.clone(), source);
        for name in named {
            if let Some(own) = own_module(&name) {
                shared.known.borrow_mut().own.insert(own);
            } else {
                fetch(shared, &found, &name);
            }
        }
    }
}

/// Modules that `import … from '…'` and `export … from '…'` name: too many is harmless, so words do.
fn static_imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for (at, _) in source.match_indices(word) {
            let rest = source[at + word.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else {
                continue;
            };
            if let Some((name, _)) = rest[1..].split_once(quote)
                && !name.contains('\n')
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_imports_are_found_and_computed_ones_are_not() {
        let source = "await import('./a.ts'); import( \"fs\" ); import(name); import(`./${x}`)";
        assert_eq!(literal_imports(source), ["./a.ts", "fs"]);
    }
}
