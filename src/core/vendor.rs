//! Derives the vendor of a model from its id.

/// Prefixes of model ids (without a `vendor/` prefix) and the models.dev id of the vendor.
const FAMILIES: [(&str, &str); 24] = [
    ("claude", "anthropic"),
    ("opus", "anthropic"),
    ("sonnet", "anthropic"),
    ("haiku", "anthropic"),
    ("gpt", "openai"),
    ("chatgpt", "openai"),
    ("codex", "openai"),
    ("gemini", "google"),
    ("gemma", "google"),
    ("grok", "xai"),
    ("deepseek", "deepseek"),
    ("kimi", "moonshotai"),
    ("moonshot", "moonshotai"),
    ("qwen", "alibaba"),
    ("qwq", "alibaba"),
    ("glm", "zai"),
    ("minimax", "minimax"),
    ("abab", "minimax"),
    ("mistral", "mistral"),
    ("devstral", "mistral"),
    ("codestral", "mistral"),
    ("magistral", "mistral"),
    ("ministral", "mistral"),
    ("llama", "llama"),
];

/// The models.dev id of a model's vendor; `None` if the id does not reveal it.
pub fn vendor_of(model_id: &str) -> Option<&'static str> {
    let name = model_id.rsplit('/').next().unwrap_or(model_id);
    // Bedrock writes `us.anthropic.claude-…`: the family follows the last `.` that precedes a letter.
    let starts = |name: &str, family: &str| {
        name.get(..family.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(family))
    };
    let found = |name: &str| {
        FAMILIES
            .iter()
            .find(|(family, _)| starts(name, family))
            .map(|(_, vendor)| *vendor)
            .or_else(|| {
                let mut letters = name.chars();
                let is_o_series =
                    matches!(letters.next(), Some('o' | 'O')) && letters.next().is_some_and(|c| c.is_ascii_digit());
                is_o_series.then_some("openai")
            })
    };
    found(name).or_else(|| {
        name.match_indices('.').find_map(|(at, _)| {
            let rest = &name[at + 1..];
            rest.starts_with(|c: char| c.is_ascii_alphabetic())
                .then(|| found(rest))
                .flatten()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_vendor_of_common_ids() {
        for (model, vendor) in [
            ("claude-sonnet-4-5-20250929", Some("anthropic")),
            ("us.anthropic.claude-opus-4-6-v1:0", Some("anthropic")),
            ("anthropic/claude-haiku-4.5", Some("anthropic")),
            ("gpt-5.5", Some("openai")),
            ("o3-mini", Some("openai")),
            ("vendor/open-coder:free", None),
            ("Qwen3-Coder", Some("alibaba")),
            ("opencode-zen", None),
            ("", None),
        ] {
            assert_eq!(vendor_of(model), vendor, "{model}");
        }
    }
}
