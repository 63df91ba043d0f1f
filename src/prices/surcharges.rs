//! What providers bill beside tokens: web searches, and requests that are bound to a region.

use crate::core::biller::bedrock_name;
use crate::core::price::{ModelPrices, Surcharges};
use crate::core::vendor::vendor_of;

/// Nano-dollars for one web search, by who bills it: $10 per 1,000 at each.
/// Sources: platform.claude.com/docs (web search tool, pricing), openai.com/api/pricing (built-in tools).
const WEB_SEARCH: [(&str, u64); 6] = [
    ("anthropic", 10_000_000),
    ("azure", 10_000_000),
    ("google-vertex", 10_000_000),
    ("google-vertex-anthropic", 10_000_000),
    ("openai", 10_000_000),
    ("opencode", 10_000_000),
];

/// `inference_geo: "us"`: 1.1 × every token price of Claude 4.6 and later; earlier models have no such choice.
const BOUND_PERMILLE: u32 = 1_100;
const FIRST_WITH_REGION: (u32, u32) = (4, 6);

/// Bedrock's profiles of a geography and endpoints of one region, from Claude 4.5 on: 1.1 × what the maker and the global
/// profile take. Source: platform.claude.com/docs (pricing, regional endpoints).
const FIRST_WITH_PLACE: (u32, u32) = (4, 5);

/// How many thousandths of its maker's price a model costs at a cloud because of where its requests may run; `None` where
/// that makes no difference.
pub(super) fn of_place(provider_id: &str, model_id: &str) -> Option<u32> {
    if provider_id != "amazon-bedrock" || vendor_of(model_id) != Some("anthropic") {
        return None;
    }
    let id = model_id.strip_suffix("[1m]").unwrap_or(model_id).rsplit('/').next()?;
    let is_dearer = !id.starts_with("global.") && version(bedrock_name(id)?)? >= FIRST_WITH_PLACE;
    is_dearer.then_some(BOUND_PERMILLE)
}

/// Charges of this provider for this model besides tokens.
pub(super) fn surcharges(provider_id: &str, model_id: &str) -> Surcharges {
    let made_by_anthropic = vendor_of(model_id) == Some("anthropic");
    let of_provider = WEB_SEARCH.iter().find(|(id, _)| *id == provider_id);
    let web_search = of_provider
        // Other makers' searches at a cloud have prices of their own.
        .filter(|(id, _)| !id.starts_with("google-") || made_by_anthropic)
        .map(|(_, nanos)| *nanos);
    let us = (provider_id == "anthropic")
        .then(|| version(model_id))
        .flatten()
        .filter(|version| *version >= FIRST_WITH_REGION)
        .map(|_| BOUND_PERMILLE);
    Surcharges { web_search, us }
}

/// The version in `claude-opus-4-6-20260205`, `claude-4.6-sonnet` or `claude-sonnet-5`; a date is none.
fn version(model_id: &str) -> Option<(u32, u32)> {
    let mut numbers = model_id
        .split(['-', '.', '@'])
        .skip_while(|part| part.parse::<u32>().is_err())
        .map_while(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 2));
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

/// A listed provider's prices for a model of a cloud: those of its maker with what the place adds; the cloud's own list has it.
pub(super) fn at_place(prices: ModelPrices, listed: &str, provider_id: &str, model_id: &str) -> ModelPrices {
    match of_place(provider_id, model_id) {
        Some(permille) if listed != provider_id => prices.times(permille),
        _ => prices,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_billed_from_claude_4_6_on() {
        for (model, factor) in [
            ("claude-opus-4-6", Some(1_100)),
            ("claude-sonnet-4-6-20260217", Some(1_100)),
            ("claude-sonnet-4.6", Some(1_100)),
            ("claude-opus-5", Some(1_100)),
            ("claude-haiku-5-5", Some(1_100)),
            ("claude-sonnet-4-5-20250929", None),
            ("claude-sonnet-4-20250514", None),
            ("claude-3-5-haiku-20241022", None),
            ("gpt", None),
        ] {
            assert_eq!(surcharges("anthropic", model).us, factor, "{model}");
            assert_eq!(surcharges("amazon-bedrock", model).us, None, "{model}");
        }
    }

    #[test]
    fn a_place_costs_a_tenth_more_from_claude_4_5_on() {
        for (provider, model, factor) in [
            ("amazon-bedrock", "apac.anthropic.claude-sonnet-4-6", Some(1_100)),
            (
                "amazon-bedrock",
                "jp.anthropic.claude-opus-4-5-20251101-v1:0[1m]",
                Some(1_100),
            ),
            ("amazon-bedrock", "bedrock/anthropic.claude-opus-5", Some(1_100)),
            ("amazon-bedrock", "global.anthropic.claude-opus-5", None),
            ("amazon-bedrock", "us.anthropic.claude-opus-4-1-20250805-v1:0", None),
            ("amazon-bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0", None),
            ("amazon-bedrock", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", None),
            ("amazon-bedrock", "us.zai.glm-5", None),
            ("amazon-bedrock", "claude-opus-5", None),
            ("acme", "us.anthropic.claude-opus-5", None),
        ] {
            assert_eq!(of_place(provider, model), factor, "{provider}/{model}");
        }
    }

    #[test]
    fn a_web_search_costs_a_cent_where_that_is_published() {
        for (provider, model, nanos) in [
            ("anthropic", "claude-opus-5", Some(10_000_000)),
            ("google-vertex", "claude-sonnet-4-5@20250929", Some(10_000_000)),
            ("google-vertex", "gemini-2.5-pro", None),
            ("openai", "gpt-5.5", Some(10_000_000)),
            ("acme", "claude-opus-5", None),
        ] {
            assert_eq!(surcharges(provider, model).web_search, nanos, "{provider}/{model}");
        }
    }
}
