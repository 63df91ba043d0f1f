//! The user's own models in `config.toml`: who bills what is asked at their addresses.

use crate::agents::Batch;
use crate::agents::shared::toml_file::read_toml;
use crate::core::biller::biller;
use crate::core::endpoint::biller_at;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// Who bills what no settings speak of.
const USUAL: &str = "xai";

/// The models of `config.toml` and who bills them; keys are passed over.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The model behind a name of the user's.
    models: BTreeMap<String, String>,
    /// The provider of a model; nothing where it is unknown.
    providers: BTreeMap<String, &'static str>,
    /// The address of all other models.
    elsewhere: Option<String>,
}

impl Config {
    /// Reads the file in a home; a missing one yields nothing, a damaged one is a problem.
    pub(super) fn read(home: &Path, into: &mut Batch) -> Self {
        Self::of(&read_toml(&home.join("config.toml"), into))
    }

    fn of(settings: &Table) -> Self {
        let elsewhere = text(settings.get("endpoints"), "models_base_url");
        let mut config = Self {
            elsewhere: elsewhere.map(str::to_owned),
            ..Self::default()
        };
        let own = settings.get("model").and_then(Value::as_table);
        for (name, entry) in own.into_iter().flatten() {
            let entry = Some(entry);
            let model = text(entry, "model").unwrap_or(name);
            config.models.insert(name.clone(), model.to_owned());
            let through = text(entry, "model_provider").and_then(|id| settings.get("model_providers")?.get(id));
            // An entry without an address sets something else of a model that is known anyway.
            let Some(url) = text(entry, "base_url").or_else(|| text(through, "base_url")) else {
                continue;
            };
            let provider = biller_at(url, model).unwrap_or("");
            let known = config.providers.entry(model.to_owned()).or_insert(provider);
            if *known != provider {
                // Usage does not name the entry: one model at two addresses leaves its name alone.
                *known = biller("", model).unwrap_or("");
            }
        }
        config
    }

    /// All it says of models.
    pub(super) fn fingerprint(&self) -> Option<String> {
        let is_empty = self.models.is_empty() && self.elsewhere.is_none();
        (!is_empty).then(|| format!("{self:?}"))
    }

    /// The id of a model that the user may have named.
    pub(super) fn model_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.models.get(name).map_or(name, |model| model)
    }

    pub(super) fn provider_of(&self, model: &str) -> &'static str {
        let elsewhere = || self.elsewhere.as_ref().map(|url| biller_at(url, model).unwrap_or(""));
        let known = self.providers.get(model).copied();
        known.or_else(elsewhere).unwrap_or(USUAL)
    }
}

fn text<'a>(table: Option<&'a Value>, key: &str) -> Option<&'a str> {
    table?.get(key)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_model_shows_who_bills() {
        let settings = r#"
            [models]
            default = "mine"
            [model.mine]
            model = "gpt-5.5"
            base_url = "https://api.openai.com/v1"
            api_key = "canary"
            [model."house/coder"]
            base_url = "http://127.0.0.1:8000/v1"
            [model.shared]
            model = "deepseek-chat"
            model_provider = "router"
            [model_providers.router]
            base_url = "https://openrouter.ai/api/v1"
            [model."grok-4.6"]
            temperature = 0.5
            [model.here]
            model = "claude-opus-5"
            base_url = "http://localhost:8000/v1"
            [model.there]
            model = "claude-opus-5"
            base_url = "https://openrouter.ai/api/v1"
            [model.gateway]
            model = "house-model"
            base_url = "https://llm.acme.example/v1"
        "#;
        let config = Config::of(&toml::from_str(settings).expect("TOML"));
        for (model, provider) in [
            ("gpt-5.5", "openai"),
            ("house/coder", "local"),
            ("deepseek-chat", "openrouter"),
            ("grok-4.6", "xai"),
            ("grok-5", "xai"),
            // Two addresses.
            ("claude-opus-5", "anthropic"),
            ("house-model", ""),
        ] {
            assert_eq!(config.provider_of(model), provider, "{model}");
        }
        assert_eq!(
            (config.model_of("mine"), config.model_of("grok-5")),
            ("gpt-5.5", "grok-5")
        );
        assert!(!config.fingerprint().expect("models").contains("canary"));
    }

    #[test]
    fn settings_of_other_shapes_are_passed_over() {
        for settings in [
            "",
            "model = \"grok\"",
            "model_providers = 7\n[model.a]\nbase_url = 7\nmodel_provider = \"b\"",
        ] {
            let config = Config::of(&toml::from_str(settings).expect("TOML"));
            assert_eq!(config.provider_of("a"), "xai", "{settings}");
        }
        let config =
            Config::of(&toml::from_str("[endpoints]\nmodels_base_url = \"http://10.0.0.7/v1\"").expect("TOML"));
        assert_eq!(config.provider_of("grok-4.6"), "local");
        assert!(config.fingerprint().is_some());
    }
}
