//! Aliases: price list entries for a model that is not listed under its own id.

use crate::core::biller::{bedrock_name, biller};
use crate::core::vendor::vendor_of;
use std::collections::BTreeSet;

/// A provider whose prices the list has under another id.
const LISTED_AS: (&str, &str) = ("kimi-for-coding", "kimi-code-plan-global");

/// Providers that resell models at the vendor's price. A model that such a provider does not list costs the vendor's
/// price. Other resellers may charge less, nothing, or host the model themselves: their price stays unknown.
const RESELLERS: [&str; 12] = [
    "amazon-bedrock",
    "antigravity",
    "azure",
    "azure-cognitive-services",
    "cloudflare-ai-gateway",
    "cursor",
    "github-copilot",
    "github-models",
    "google-vertex",
    "google-vertex-anthropic",
    "openrouter",
    "vercel",
];

/// How resellers write a vendor before a model, where that is not the vendor's own id.
const PREFIXES: [(&str, &str); 4] = [
    ("alibaba", "qwen"),
    ("mistral", "mistralai"),
    ("xai", "x-ai"),
    ("zai", "z-ai"),
];

/// Reasoning effort, which Cursor appends to the model; it does not change the price.
const EFFORTS: [&str; 7] = ["-thinking", "-none", "-minimal", "-low", "-medium", "-high", "-xhigh"];

/// The text of `core/listed.tsv`: the providers of the list and of its past, and as `openrouter/<maker>` the makers of
/// OpenRouter's models.
pub fn listed(snapshot: &str, history: &str) -> String {
    let lines = snapshot
        .lines()
        .chain(history.lines())
        .filter(|line| !line.starts_with('#'));
    let ids = lines
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(provider, rest)| {
            let model = rest.split('\t').next().unwrap_or_default();
            let maker = model.split_once('/').filter(|_| provider == "openrouter");
            let maker = maker.map(|(maker, _)| format!("{provider}/{maker}"));
            std::iter::once(provider.to_owned()).chain(maker)
        });
    let ids: BTreeSet<_> = ids.collect();
    ids.into_iter().map(|id| id + "\n").collect()
}

/// Provider and model ids under which a model may be listed, best first, starting with its own.
pub(super) fn candidates(provider_id: &str, model_id: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |provider: &str, model: String| {
        let candidate = (provider.to_owned(), model);
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    };
    let spellings = spellings(provider_id, model_id);
    let known = biller(provider_id, model_id).filter(|id| !provider_id.is_empty() && *id != provider_id);
    let listed = known.or((provider_id == LISTED_AS.0).then_some(LISTED_AS.1));
    for provider in std::iter::once(provider_id).chain(listed) {
        spellings.iter().for_each(|model| add(provider, model.clone()));
        if let Some(vendor) = vendor_of(model_id) {
            let prefix = PREFIXES.iter().find(|(id, _)| *id == vendor).map(|(_, prefix)| *prefix);
            for prefix in std::iter::once(vendor).chain(prefix) {
                let plain = spellings.iter().filter(|model| !model.contains('/'));
                plain.for_each(|model| add(provider, format!("{prefix}/{model}")));
            }
        }
    }
    let is_reseller = RESELLERS.contains(&listed.unwrap_or(provider_id));
    // Meta gives its own models away, others do not.
    if let Some(vendor) = vendor_of(model_id).filter(|vendor| is_reseller && *vendor != "llama") {
        spellings.into_iter().for_each(|model| add(vendor, model));
    }
    found
}

/// The model id in every other spelling that is known to mean the same.
pub(super) fn spellings(provider_id: &str, model_id: &str) -> Vec<String> {
    let mut spellings = vec![model_id.to_owned()];
    let mut also = |other: &dyn Fn(&str) -> Option<String>| {
        let others: Vec<String> = spellings.iter().filter_map(|model| other(model)).collect();
        for model in others {
            if !model.is_empty() && !spellings.contains(&model) {
                spellings.push(model);
            }
        }
    };
    also(&|model| Some(model.to_ascii_lowercase()));
    // `anthropic/claude-…`, `accounts/…/models/…`
    also(&|model| model.rsplit_once('/').map(|(_, name)| name.to_owned()));
    also(&|model| model.strip_suffix("[1m]").map(str::to_owned));
    // Bedrock's ids are listed with and without what stands for a version: `…-v1:0`, `…-v1`, `…`.
    for end in [":0", "-v1"] {
        also(&|model| {
            let shorter = model.strip_suffix(end).filter(|_| bedrock_name(model).is_some());
            shorter.map(str::to_owned)
        });
    }
    also(&|model| bedrock_name(model).map(str::to_owned));
    also(&undated);
    also(&|model| model.strip_suffix("-latest").map(str::to_owned));
    if provider_id == "cursor" {
        also(&|model| {
            EFFORTS
                .iter()
                .find_map(|effort| model.strip_suffix(effort))
                .map(str::to_owned)
        });
    }
    // Antigravity's.
    also(&|model| {
        let efforts = EFFORTS
            .iter()
            .filter(|effort| !matches!(**effort, "-thinking" | "-none"));
        let mut efforts = efforts.filter(|_| model.starts_with("gemini-"));
        efforts.find_map(|effort| model.strip_suffix(effort)).map(str::to_owned)
    });
    also(&|model| {
        let rest = model
            .strip_suffix("-thinking")
            .or_else(|| model.strip_suffix("-thought"))?;
        rest.starts_with("claude-").then(|| rest.to_owned())
    });
    also(&reordered);
    also(&|model| between_digits(model, '.', '-'));
    also(&|model| between_digits(model, '-', '.'));
    spellings
}

/// `claude-opus-4-5-20251101`, `claude-opus-4-5@20251101` and `gpt-4o-2024-08-06` without the date.
fn undated(model: &str) -> Option<String> {
    date_start(model).map(|at| model[..at].to_owned())
}

/// Where the date at the end of a model id begins, with its separator.
fn date_start(model: &str) -> Option<usize> {
    let is_date = |text: &str| {
        let (separator, date) = text.split_at(1);
        let has_digits = |date: &str| date.bytes().all(|b| b.is_ascii_digit());
        let dashed = date.len() == 10
            && date
                .bytes()
                .enumerate()
                .all(|(at, b)| (b == b'-') == matches!(at, 4 | 7));
        let plain = date.len() == 8 && has_digits(date);
        matches!(separator, "-" | "@")
            && date.starts_with("20")
            && (plain || (dashed && has_digits(&date.replace('-', ""))))
    };
    [9, 11].into_iter().find_map(|length| {
        let at = model.len().checked_sub(length)?;
        model.get(at..).filter(|end| end.is_ascii() && is_date(end)).map(|_| at)
    })
}

/// Whether one id is the other with a date behind it.
pub(super) fn is_dated(dated: &str, model: &str) -> bool {
    date_start(dated).is_some_and(|at| &dated[..at] == model)
}

/// `claude-4.5-sonnet` and `claude-sonnet-4.5` are the same model, with or without a suffix.
fn reordered(model: &str) -> Option<String> {
    let rest = model.strip_prefix("claude-")?;
    let parts: Vec<&str> = rest.split('-').collect();
    let is_version = |part: &&&str| part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let leading = parts.iter().take_while(is_version).count();
    let (version, family, more) = if leading > 0 {
        (&parts[..leading], parts.get(leading)?, &parts[leading + 1..])
    } else {
        let version = parts[1..].iter().take_while(is_version).count();
        (&parts[1..=version], &parts[0], &parts[version + 1..])
    };
    let family = std::slice::from_ref(family);
    let order = if leading > 0 {
        [family, version, more]
    } else {
        [version, family, more]
    };
    (!version.is_empty()).then(|| format!("claude-{}", order.concat().join("-")))
}

/// `4.5` as `4-5` or the other way, for numbers of one or two digits: dates and sizes keep theirs.
fn between_digits(model: &str, from: char, to: char) -> Option<String> {
    let is_short = |part: &str, digits: usize| (1..=2).contains(&digits) && digits <= part.len();
    let parts: Vec<&str> = model.split(from).collect();
    let mut text = parts[0].to_owned();
    for pair in parts.windows(2) {
        let before = pair[0].bytes().rev().take_while(u8::is_ascii_digit).count();
        let after = pair[1].bytes().take_while(u8::is_ascii_digit).count();
        let ends_there = pair[1].as_bytes().get(after).is_none_or(|b| !b.is_ascii_alphanumeric());
        let joins = is_short(pair[0], before) && is_short(pair[1], after) && ends_there;
        text.push(if joins { to } else { from });
        text.push_str(pair[1]);
    }
    (text != model).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::PriceBook;
    use super::*;
    use crate::core::turn::Mode;

    fn stands_for(provider: &str, model: &str, listed: &str) -> bool {
        let candidates = candidates(provider, model);
        candidates
            .iter()
            .any(|(provider, model)| format!("{provider}/{model}") == listed)
    }

    #[test]
    fn spellings_of_the_same_model_meet() {
        for (provider, model, listed) in [
            ("anthropic", "claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
            ("anthropic", "claude-4.5-sonnet", "anthropic/claude-sonnet-4-5"),
            ("anthropic", "claude-3.5-haiku-20241022", "anthropic/claude-3-5-haiku"),
            ("anthropic", "claude-haiku-3.5", "anthropic/claude-3-5-haiku"),
            ("anthropic", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
            ("anthropic", "claude-opus-4-6[1m]", "anthropic/claude-opus-4-6"),
            ("anthropic", "anthropic/claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
            (
                "openrouter",
                "claude-sonnet-4-5",
                "openrouter/anthropic/claude-sonnet-4.5",
            ),
            ("openrouter", "grok-4.5", "openrouter/x-ai/grok-4.5"),
            ("openai", "gpt-4o-2024-11-20", "openai/gpt-4o"),
            (
                "google-vertex",
                "claude-opus-4-5@20251101",
                "google-vertex/claude-opus-4-5",
            ),
            ("minimax", "MiniMax-M2", "minimax/minimax-m2"),
            ("cursor", "claude-4.5-sonnet-thinking", "anthropic/claude-sonnet-4-5"),
            ("cursor", "gpt-5.5-high", "openai/gpt-5.5"),
            ("google", "gemini-3-flash-high", "google/gemini-3-flash"),
            ("github-copilot", "claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
            (
                "amazon-bedrock",
                "us.anthropic.claude-opus-4-6-v1:0",
                "anthropic/claude-opus-4-6",
            ),
            ("amazon-bedrock", "us.xai.grok-4.6", "xai/grok-4.6"),
            ("azure_openai", "gpt-5.5", "azure/gpt-5.5"),
            ("kimi-for-coding", "k3", "kimi-code-plan-global/k3"),
        ] {
            assert!(stands_for(provider, model, listed), "{provider} {model} as {listed}");
        }
    }

    #[test]
    fn a_model_costs_alike_in_every_geography_and_spelling_of_bedrock() {
        let book = PriceBook::built_in();
        let price = |model: &str| {
            let prices = book.of("amazon-bedrock", model);
            let price = prices.at(1_795_197_600_000, Mode::Standard)?;
            Some(*price.base())
        };
        let all: Vec<&str> = book.all().map(|(_, model)| model).collect();
        let mut tried = 0;
        for listed in all.iter().filter(|model| model.starts_with("us.anthropic.claude-")) {
            let name = listed.strip_prefix("us.").unwrap_or_default();
            let expected = price(listed);
            for region in ["apac", "au", "ca", "eu", "in", "jp", "kr", "sa", "uk", "us"] {
                for end in ["", "[1m]", ":0", ":0[1m]"] {
                    let revision = ["", "-v1"][usize::from(end.starts_with(':') && !name.ends_with("-v1"))];
                    let model = format!("{region}.{name}{revision}{end}");
                    if model.contains(":0-v1:0") {
                        continue;
                    }
                    assert_eq!(price(&model), expected, "{model} and {listed}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 200, "{tried}");
        // Without its date, as a user may set it.
        assert_eq!(
            price("us.anthropic.claude-haiku-4-5"),
            price("us.anthropic.claude-haiku-4-5-20251001-v1:0")
        );
    }

    #[test]
    fn a_model_called_fast_costs_what_its_fast_mode_does() {
        let book = PriceBook::built_in();
        let (usual, fast) = (book.of("openai", "gpt-5.5"), book.of("openai", "gpt-5.5-fast"));
        for at in [0, 1_795_197_600_000] {
            let price = fast.at(at, Mode::Standard);
            assert_eq!(price, usual.at(at, Mode::Fast));
            assert!(price.is_some() && price != usual.at(at, Mode::Standard));
        }
    }

    #[test]
    fn different_models_stay_apart() {
        for (provider, model, listed) in [
            ("openai", "gpt-5-mini", "openai/gpt-5"),
            ("openai", "gpt-5.1", "openai/gpt-5"),
            ("openai", "gpt-5.5-fast", "openai/gpt-5.5"),
            ("cursor", "gpt-5.5-fast", "openai/gpt-5.5"),
            ("moonshotai", "kimi-k2-thinking", "moonshotai/kimi-k2"),
            ("google", "gemini-2.0-flash-thinking", "google/gemini-2.0-flash"),
            ("openrouter", "vendor/open-coder:free", "openrouter/vendor/open-coder"),
            ("acme", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
            ("nvidia", "deepseek-ai/deepseek-v4", "deepseek/deepseek-v4"),
            ("openai", "o3-2025-04-16", "openai/o3-2025"),
        ] {
            assert!(!stands_for(provider, model, listed), "{provider} {model} as {listed}");
        }
    }

    #[test]
    fn the_list_of_billers_is_that_of_the_prices() {
        let derived = listed(include_str!("snapshot.tsv"), include_str!("history.tsv"));
        if std::env::var_os("TTOP_GENERATE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/core/listed.tsv");
            std::fs::write(path, derived).expect("written");
            return;
        }
        assert!(
            derived == include_str!("../core/listed.tsv"),
            "run 'make prices' and commit listed.tsv"
        );
    }

    #[test]
    fn who_bills_is_told_for_every_id_of_the_list() {
        let book = PriceBook::built_in();
        for (provider, model) in book.all() {
            // A maker named beside a cloud's spelling is overruled; all others bill what they list.
            let billing = biller(provider, model);
            assert_eq!(billing, Some(provider), "{provider}/{model} with its provider");
            let alone = biller("", model);
            match provider {
                "amazon-bedrock" => assert_eq!(alone, Some(provider), "{model}"),
                "google-vertex-anthropic" => assert_eq!(alone, Some(provider), "{model}"),
                "google-vertex" if model.contains('@') || model.ends_with("-maas") => {
                    assert!(
                        alone.is_some_and(|id| id.starts_with("google-vertex")),
                        "{model}: {alone:?}"
                    );
                }
                "openrouter" if !model.starts_with("~") => assert_eq!(alone, Some(provider), "{model}"),
                "anthropic" | "openai" | "xai" | "deepseek" | "moonshotai" => {
                    assert!(alone.is_none_or(|id| id == provider), "{provider}/{model}: {alone:?}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn the_id_itself_comes_first_and_odd_ids_do_no_harm() {
        for model in [
            "gpt-5.5",
            "",
            "/",
            "claude-",
            "claude--",
            "claude-4",
            "é-2024-01-0é",
            "-20250101",
            "[1m]",
            "...",
            "1-1-1",
        ] {
            let candidates = candidates("cursor", model);
            assert_eq!(candidates[0], ("cursor".to_owned(), model.to_owned()));
        }
        assert!(is_dated("gpt-4o-2024-11-20", "gpt-4o") && !is_dated("gpt-4o-mini", "gpt-4o"));
    }
}
