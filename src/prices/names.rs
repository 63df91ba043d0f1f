//! Names of models for people: every spelling of a model leads to one.

use super::alias::spellings;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `claude-sonnet-4-5␉Claude Sonnet 4.5`, in byte order; `make prices` writes it.
const NAMES: &str = include_str!("names.tsv");

/// Whose names count, first to last: makers, then who sells models that their makers dropped.
const NAMERS: [&str; 17] = [
    "anthropic",
    "openai",
    "google",
    "xai",
    "deepseek",
    "moonshotai",
    "zai",
    "mistral",
    "minimax",
    "alibaba",
    "xiaomi",
    "cohere",
    "opencode",
    "github-copilot",
    "azure",
    "vercel",
    "openrouter",
];

/// The name of a model, the same for every spelling, provider, date and region; without one the id, undecorated.
pub fn model_name(provider_id: &str, model_id: &str) -> String {
    let plain = model_id.strip_suffix(":free").unwrap_or(model_id);
    let spellings = spellings(provider_id, plain);
    let named = spellings.iter().find_map(|id| named(id));
    let bare = || {
        // The same of all spellings, whichever was given: short, and `claude-haiku-5.5` before `claude-5-5-haiku`.
        let plain = spellings.iter().filter(|id| !id.contains(['/', '@']));
        let bare = plain.max_by_key(|id| (std::cmp::Reverse(id.len()), id.as_str()));
        bare.map_or(model_id, String::as_str)
    };
    named.unwrap_or_else(bare).to_owned()
}

fn named(model_id: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, NAMES.len());
    while low < high {
        let middle = NAMES.floor_char_boundary(low + (high - low) / 2);
        let begin = NAMES[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let end = NAMES[begin..].find('\n').map_or(NAMES.len(), |at| begin + at);
        let (id, name) = NAMES[begin..end].split_once('\t')?;
        match id.cmp(model_id) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = (end + 1).min(NAMES.len()),
            std::cmp::Ordering::Greater => high = begin,
        }
    }
    None
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct Model {
    name: Option<String>,
}

/// The text of `names.tsv` from models.dev's `api.json`.
///
/// # Errors
/// When it is not such a list.
pub fn names(json: &[u8]) -> serde_json::Result<String> {
    let providers: BTreeMap<String, Provider> = serde_json::from_slice(json)?;
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for provider in NAMERS.iter().filter_map(|id| providers.get(*id)) {
        for (id, model) in &provider.models {
            let id = id.rsplit('/').next().unwrap_or(id);
            let Some(name) = &model.name else { continue };
            let name = name.trim_end_matches(" (latest)");
            let name = name.split_once(": ").map_or(name, |(_, name)| name);
            if !id.contains([':', '\t']) && !name.contains(char::is_control) && !name.is_empty() {
                names.entry(id).or_insert(name);
            }
        }
    }
    Ok(names.into_iter().map(|(id, name)| format!("{id}\t{name}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_model_has_one_name() {
        for (name, spellings) in [
            (
                "Claude Sonnet 4.5",
                &[
                    ("anthropic", "claude-sonnet-4-5"),
                    ("anthropic", "claude-sonnet-4-5-20250929"),
                    ("github-copilot", "claude-sonnet-4.5"),
                    ("cursor", "claude-4.5-sonnet"),
                    ("cursor", "claude-4.5-sonnet-thinking"),
                    ("amazon-bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
                    ("google-vertex-anthropic", "claude-sonnet-4-5@20250929"),
                    ("openrouter", "anthropic/claude-sonnet-4.5"),
                    ("anthropic", "claude-sonnet-4-5[1m]"),
                ][..],
            ),
            (
                "GPT-5.5",
                &[
                    ("openai", "gpt-5.5"),
                    ("azure", "gpt-5.5"),
                    ("openai", "gpt-5.5-2026-04-23"),
                ],
            ),
            (
                "house-model",
                &[("acme", "house-model"), ("acme", "vendor/house-model:free")],
            ),
        ] {
            for (provider, model) in spellings {
                assert_eq!(model_name(provider, model), name, "{provider}/{model}");
            }
        }
        assert_eq!(model_name("acme", ""), "");
    }

    #[test]
    fn every_name_is_found_under_its_id() {
        let ids: Vec<&str> = NAMES.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(ids.is_sorted() && ids.len() > 100);
        assert!(ids.iter().all(|id| named(id).is_some()));
        assert_eq!(named("nonesuch"), None);
    }
}
