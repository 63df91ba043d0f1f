//! Steps: calls in order, as a case lists them.

use super::{Found, is_loaded};
use crate::plugins::parent::{CallError, Called};
use crate::plugins::plugin::Plugin;
use crate::plugins::theme;
use crate::plugins::world::Clock;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

/// What a step came to.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub plugin: Option<String>,
    pub result: Result<Value, String>,
}

/// A case while it is played.
pub(super) struct Stage<'a> {
    pub found: &'a [Found],
    pub clock: Clock,
    pub home: &'a Path,
    pub activity: Vec<Value>,
    pub background: Vec<Receiver<Result<Called, CallError>>>,
}

impl Stage<'_> {
    pub(super) fn play(&mut self, steps: &[Value]) -> Vec<Done> {
        let done = steps.iter().map(|step| self.step(step)).collect();
        self.collect();
        done
    }

    fn collect(&mut self) {
        let plugins = self.found.iter().filter_map(|found| found.plugin.as_ref());
        self.activity.extend(plugins.flat_map(|plugin| plugin.updates()));
    }

    fn step(&mut self, step: &Value) -> Done {
        let plugin = self.plugin(step);
        let id = plugin.as_ref().map(|plugin| plugin.id().to_owned());
        let result = match (step["do"].as_str().unwrap_or_default(), plugin) {
            ("wait", _) => {
                thread::sleep(Duration::from_millis(step["ms"].as_u64().unwrap_or_default()));
                self.collect();
                Ok(Value::Null)
            }
            ("advance", _) => {
                self.clock.advance(step["ms"].as_i64().unwrap_or_default());
                Ok(Value::Null)
            }
            ("append", _) => self.append(step),
            (_, None) => Err("no such plugin".to_owned()),
            (what, Some(plugin)) => self.call(what, &plugin, step),
        };
        Done { plugin: id, result }
    }

    fn plugin(&self, step: &Value) -> Option<Arc<Plugin>> {
        let wanted = step["plugin"].as_str();
        let fits = |found: &&Found| is_loaded(found) && wanted.is_none_or(|id| found.checked.id.as_deref() == Some(id));
        self.found.iter().find(fits)?.plugin.clone()
    }

    fn append(&self, step: &Value) -> Result<Value, String> {
        let path = self.home.join(step["file"].as_str().unwrap_or_default());
        let written = fs::create_dir_all(path.parent().unwrap_or(self.home))
            .and_then(|()| fs::OpenOptions::new().append(true).create(true).open(&path))
            .and_then(|mut file| file.write_all(step["text"].as_str().unwrap_or_default().as_bytes()));
        written.map(|()| Value::Null).map_err(|error| error.to_string())
    }

    fn call(&mut self, what: &str, plugin: &Plugin, step: &Value) -> Result<Value, String> {
        let hook = |name: &str| {
            plugin
                .hook(name)
                .map(|()| Value::Null)
                .map_err(|failure| failure.to_string())
        };
        let credentials = match &step["credentials"] {
            Value::Null => json!({"source": "env"}),
            given => given.clone(),
        };
        let options = match &step["options"] {
            Value::Null => json!({}),
            given => given.clone(),
        };
        let (method, args) = match what {
            "initialize" | "start" | "stop" | "destroy" => return hook(what),
            "configChange" => {
                let user = step["config"].as_object().cloned().unwrap_or_default();
                return plugin
                    .change_settings(&user)
                    .map(|()| Value::Null)
                    .map_err(|failure| failure.to_string());
            }
            "theme" => {
                let value = plugin.declaration.value.as_object().map(theme::as_declared);
                return Ok(value.unwrap_or_default());
            }
            "pricing" => return Ok(without_functions(&plugin.declaration.value["pricing"])),
            "abort" => {
                plugin.abort();
                return Ok(Value::Null);
            }
            "startWatch" => ("startActivityWatch", json!({})),
            "stopWatch" => {
                self.collect();
                return plugin
                    .stop_watch()
                    .map(|()| Value::Null)
                    .map_err(|failure| failure.to_string());
            }
            "discover" => ("auth.discover", json!({})),
            "isConfigured" => ("auth.isConfigured", json!({ "credentials": credentials })),
            "fetchUsage" => ("fetchUsage", json!({"credentials": credentials, "options": options})),
            "mapModelId" => ("pricing.mapModelId", json!({"modelId": step["modelId"]})),
            "parseSessions" => ("parseSessions", json!({ "options": options })),
            "notify" | "supports" => (what, json!({"event": step["event"]})),
            "test" | "healthCheck" | "isInstalled" | "getProviders" | "readCredentials" => (what, json!({})),
            other => return Err(format!("unknown step {other}")),
        };
        if what == "supports" && !plugin.declaration.has("supports") {
            return Ok(true.into());
        }
        if step["background"] == true {
            self.background.push(plugin.begin(method, args));
            return Ok(Value::Null);
        }
        let called = plugin.call(method, args).map_err(|failure| failure.to_string())?;
        Ok(match what {
            "startWatch" | "notify" => Value::Null,
            _ => called.into_value(),
        })
    }
}

fn without_functions(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, value| value["$function"] != true);
    }
    value
}
