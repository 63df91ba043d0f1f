//! Who pays: the providers that are subscriptions, and the configuration.

use crate::core::money::Billing;
use crate::system::config::Config;

/// Subscriptions without a telling id.
const PLANS: [&str; 7] = [
    "cline-pass",
    "cursor",
    "github-copilot",
    "gitlab",
    "kimi-for-coding",
    "ollama-cloud",
    "opencode-go",
];

/// What models.dev puts into the id of a subscription, before a region: `xiaomi-token-plan-cn`.
const PLAN_WORDS: [&str; 4] = ["coding", "token", "code", "step"];

/// Whether this provider sells a plan instead of tokens.
pub fn is_plan(provider_id: &str) -> bool {
    let words: Vec<&str> = provider_id.split('-').collect();
    let named = words
        .windows(2)
        .any(|pair| PLAN_WORDS.contains(&pair[0]) && pair[1] == "plan");
    named || PLANS.contains(&provider_id)
}

/// Who pays for a turn: `billing.<agentId>`, else `billing.<providerId>`, else the provider's default.
pub fn billing_of(config: &Config, agent_id: &str, provider_id: &str) -> Billing {
    let configured = |id: &str| config.billing.get(id).copied();
    configured(agent_id)
        .or_else(|| configured(provider_id))
        .unwrap_or(if is_plan(provider_id) {
            Billing::Plan
        } else {
            Billing::Unknown
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_told_by_their_id() {
        for plan in [
            "zai-coding-plan",
            "xiaomi-token-plan-cn",
            "kimi-code-plan-global",
            "github-copilot",
            "opencode-go",
        ] {
            assert!(is_plan(plan), "{plan}");
        }
        for metered in ["zai", "anthropic", "opencode", "planet", "coding-planet", "nvidia", ""] {
            assert!(!is_plan(metered), "{metered}");
        }
    }

    #[test]
    fn the_config_decides_who_pays_the_agent_first() {
        let config = Config::from_value(&serde_json::json!({
            "billing": {"claude-code": "plan", "anthropic": "metered", "github-copilot": "metered"}
        }));
        for (agent, provider, billing) in [
            ("claude-code", "anthropic", Billing::Plan),
            ("opencode", "anthropic", Billing::Metered),
            ("opencode", "github-copilot", Billing::Metered),
            ("opencode", "zai-coding-plan", Billing::Plan),
            ("opencode", "openai", Billing::Unknown),
        ] {
            assert_eq!(billing_of(&config, agent, provider), billing, "{agent} {provider}");
        }
    }
}
