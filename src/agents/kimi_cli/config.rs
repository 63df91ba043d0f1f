//! The user's own models in `config.toml`: which provider an alias leads to.

use crate::agents::Batch;
use crate::agents::shared::toml_file::read_toml;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The models and providers of `config.toml`; keys are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    models: BTreeMap<String, Model>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    provider: String,
    model: String,
}

impl Config {
    /// Reads the file in a home; a missing one yields nothing, a damaged one is a problem.
    pub(super) fn read(home: &Path, into: &mut Batch) -> Self {
        read_toml(&home.join("config.toml"), into)
    }

    /// All it says of models.
    pub(super) fn fingerprint(&self) -> Option<String> {
        (!self.models.is_empty()).then(|| format!("{:?}", self.models))
    }

    /// The user's name of the provider behind an alias, if it leads to this model.
    pub(super) fn provider_of(&self, alias: &str, model: &str) -> Option<&str> {
        let entry = self.models.get(alias)?;
        let is_same = entry.model.is_empty() || model.is_empty() || entry.model == model;
        Some(&*entry.provider).filter(|provider| is_same && !provider.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "default_model = \"ds\"\n[models.ds]\nprovider = \"acme\"\nmodel = \"deepseek-v4\"\n\
        [models.\"kimi-code/k3\"]\nprovider = \"managed:kimi-code\"\n[providers.acme]\ntype = \"openai\"\napi_key = \"canary\"\n";

    #[test]
    fn an_alias_leads_to_a_provider_while_it_names_the_same_model() {
        let config = toml::from_str::<Config>(CONFIG).expect("TOML");
        assert_eq!(config.provider_of("ds", "deepseek-v4"), Some("acme"));
        assert_eq!(config.provider_of("ds", "another"), None);
        assert_eq!(config.provider_of("other", "deepseek-v4"), None);
    }

    #[test]
    fn a_damaged_file_is_a_problem_that_quotes_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut batch = Batch::default();
        assert!(Config::read(dir.path(), &mut batch).models.is_empty() && batch.problems.is_empty());
        std::fs::write(dir.path().join("config.toml"), "api_key = canary").expect("written");
        assert!(Config::read(dir.path(), &mut batch).models.is_empty());
        let shown = format!("{:?}", batch.problems);
        assert!(shown.contains("TOML") && !shown.contains("canary"), "{shown}");
    }
}
