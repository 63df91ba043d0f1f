//! The plugin object: taken from the module once, read into a plain value once, and its functions kept.

use super::values::Reader;
use rquickjs::{Ctx, Object, Result, Value};
use serde_json::Map;

/// Fields of a plugin. A field of any other name is not looked at.
const FIELDS: &[&str] = &[
    "apiVersion",
    "id",
    "type",
    "name",
    "version",
    "permissions",
    "meta",
    "configSchema",
    "defaultConfig",
    "capabilities",
    "agent",
    "theme",
    "family",
    "colorScheme",
    "colors",
    "components",
];

/// Functions, by the path at which they are found.
pub(super) const FUNCTIONS: &[&str] = &[
    "initialize",
    "start",
    "stop",
    "destroy",
    "onConfigChange",
    "fetchUsage",
    "refreshToken",
    "healthCheck",
    "isInstalled",
    "parseSessions",
    "getProviders",
    "readCredentials",
    "startActivityWatch",
    "stopActivityWatch",
    "notify",
    "supports",
    "test",
];

/// Objects that hold functions, and data beside them.
const HOLDERS: &[(&str, &[&str], &[&str])] = &[
    ("auth", &["discover", "isConfigured"], &[]),
    ("pricing", &["mapModelId"], &["modelsDevProviderId", "staticPrices"]),
];

/// Default export if it is not null, else `plugin`, else the module itself.
pub(super) fn plugin_of<'js>(module: &Object<'js>) -> Result<Value<'js>> {
    for name in ["default", "plugin"] {
        let value: Value = module.get(name)?;
        if !value.is_undefined() && !value.is_null() {
            return Ok(value);
        }
    }
    Ok(module.clone().into_value())
}

/// The declaration as JSON, and the functions as an object of `[function, this]` by path.
///
/// # Errors
/// What a getter of the plugin throws.
pub(super) fn take<'js>(
    ctx: &Ctx<'js>,
    plugin: &Value<'js>,
    core: &Object<'js>,
) -> Result<(serde_json::Value, Object<'js>)> {
    let functions = Object::new_proto(ctx.clone(), None)?;
    let mut reader = Reader::new(ctx, core)?;
    reader.marks_functions = true;
    let Some(object) = plugin.as_object() else {
        return Ok((reader.read(plugin)?.unwrap_or_default(), functions));
    };
    let mut declared = Map::new();
    for field in FIELDS {
        let value: Value = object.get(*field)?;
        if let Some(value) = reader.read_whole(field, &value)? {
            declared.insert((*field).to_owned(), value);
        }
    }
    for name in FUNCTIONS {
        take_function(&reader, object, name, name, &mut declared, &functions)?;
    }
    for (holder, names, data) in HOLDERS {
        let value: Value = object.get(*holder)?;
        let Some(held) = value.as_object() else {
            if let Some(value) = reader.read(&value)? {
                declared.insert((*holder).to_owned(), value);
            }
            continue;
        };
        let mut inner = Map::new();
        for name in *names {
            take_function(&reader, held, name, &format!("{holder}.{name}"), &mut inner, &functions)?;
        }
        for name in *data {
            let value: Value = held.get(*name)?;
            if let Some(value) = reader.read_whole(name, &value)? {
                inner.insert((*name).to_owned(), value);
            }
        }
        declared.insert((*holder).to_owned(), inner.into());
    }
    Ok((declared.into(), functions))
}

fn take_function<'js>(
    reader: &Reader<'_, 'js>,
    holder: &Object<'js>,
    name: &str,
    path: &str,
    declared: &mut Map<String, serde_json::Value>,
    functions: &Object<'js>,
) -> Result<()> {
    let value: Value = holder.get(name)?;
    if value.is_function() {
        functions.set(path, vec![value.clone(), holder.clone().into_value()])?;
    }
    if let Some(value) = reader.read(&value)? {
        declared.insert(name.to_owned(), value);
    }
    Ok(())
}
