//! `ttop config set pluginConfig.<id>.<key>`: the value must be one that the plugin's schema allows.

use super::super::context::Context;
use super::list::{load, of};
use crate::core::bad_request::BadRequest;
use crate::plugins::host::Found;
use crate::plugins::settings;
use anyhow::Result;
use serde_json::Value;

/// The value to set; every other key of the config passes unchanged.
///
/// # Errors
/// When the plugin's schema does not allow the value, or has no such setting.
pub(crate) fn check(context: &Context, path: &[&str], typed: &str, value: Value) -> Result<Value> {
    let ["pluginConfig", id, key] = path else {
        return Ok(value);
    };
    let session = load(context, false)?;
    let declaration = of(&session.found, id).find_map(Found::declaration);
    let Some(schema) = declaration.and_then(|declaration| declaration.value["configSchema"].as_object()) else {
        if declaration.is_none() {
            context.out.note(&format!(
                "ttop: no plugin {id} is configured: its setting is not checked"
            ));
        }
        return Ok(value);
    };
    let Some(field) = schema.get(*key) else {
        let known: Vec<&str> = schema.keys().map(String::as_str).collect();
        let error = BadRequest::new(format!("pluginConfig.{id}.{key}: the plugin has no such setting"));
        return Err(error.with_hint(format!("its settings: {}", known.join(", "))).into());
    };
    // A key such as 12345 is a text where the plugin wants one.
    let is_text = settings::check(field, &value).is_err() && !value.is_string();
    let value = if is_text { Value::from(typed) } else { value };
    match settings::check(field, &value) {
        Ok(()) => Ok(value),
        Err(wanted) => Err(BadRequest::new(format!("pluginConfig.{id}.{key} must be {wanted}")).into()),
    }
}
