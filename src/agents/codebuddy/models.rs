//! The user's own models in `models.json`: who bills what is asked at their addresses.

use crate::agents::Batch;
use crate::agents::shared::json_file::{read_beside, read_list};
use crate::core::biller::biller;
use crate::core::endpoint::biller_at;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Before the id of a model of the user's own, and of one that a company added.
const OWN: [&str; 2] = ["custom-local:", "custom:"];

/// The addresses that `models.json` names, as providers; keys are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "ModelsJson")]
pub(super) struct Models {
    /// The provider of a model; nothing where it is unknown.
    providers: BTreeMap<String, &'static str>,
}

/// `{"models":[{"id":"my-model","apiKey":"…","url":"http://127.0.0.1:8000/v1/chat/completions"}]}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelsJson {
    models: Vec<ModelJson>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelJson {
    id: Option<String>,
    url: Option<String>,
}

impl From<ModelsJson> for Models {
    fn from(json: ModelsJson) -> Self {
        let provider = |model: ModelJson| {
            let (id, url) = model.id.zip(model.url.filter(|url| !url.is_empty()))?;
            let provider = biller_at(&url, &id).unwrap_or("");
            Some((id, provider))
        };
        Self {
            providers: json.models.into_iter().filter_map(provider).collect(),
        }
    }
}

impl Models {
    /// Those of the home that a log is in.
    pub(super) fn of(log: &Path, into: &mut Batch) -> Self {
        let projects = log.ancestors().filter(|folder| folder.ends_with("projects")).last();
        let home = projects.and_then(Path::parent);
        home.and_then(|home| read_beside(&path(home), into)).unwrap_or_default()
    }

    /// All that a home says of them.
    pub(super) fn fingerprint(home: &Path) -> Option<String> {
        let Self { providers } = read_list(&path(home));
        (!providers.is_empty()).then(|| format!("{providers:?}"))
    }

    /// A model and who bills it, from the id that was asked for.
    pub(super) fn find<'a>(&self, asked: &'a str) -> (&'a str, &'static str) {
        let own = OWN.iter().find_map(|prefix| asked.strip_prefix(prefix));
        let model = own.unwrap_or(asked);
        let known = own.and_then(|own| self.providers.get(own)).copied();
        (model, known.or_else(|| biller("", model)).unwrap_or(""))
    }
}

fn path(home: &Path) -> PathBuf {
    home.join("models.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_ones_own_is_billed_by_its_address() {
        let settings = r#"{"models":[{"id":"my-model","apiKey":"canary","url":"http://127.0.0.1:8000/v1/chat/completions"},
            {"id":"claude-sonnet-4-5","url":"https://openrouter.ai/api/v1/chat/completions"},{"id":"gpt-5.5"},{"name":"x"}]}"#;
        let models: Models = serde_json::from_str(settings).expect("JSON");
        for (asked, model, provider) in [
            ("custom-local:my-model", "my-model", "local"),
            ("custom:my-model", "my-model", "local"),
            ("custom-local:claude-sonnet-4-5", "claude-sonnet-4-5", "openrouter"),
            // Tencent's own.
            ("claude-sonnet-4-5", "claude-sonnet-4-5", "anthropic"),
            ("custom-local:gpt-5.5", "gpt-5.5", "openai"),
            ("custom-local:gone", "gone", ""),
        ] {
            assert_eq!(models.find(asked), (model, provider), "{asked}");
        }
        assert!(!format!("{models:?}").contains("canary"));
    }
}
