//! Anthropic API: spend and tokens of an organization.

use super::ask::{Ask, Refusal};
use super::pages::{Amount, fetch_pages, tokens, total};
use super::value::{count, month_start, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Variable};
use crate::core::quota::{Capability, ProviderUsage, Reason, Spend, SpendPeriod, SpentTokens};
use serde_json::Value;

pub(super) struct AnthropicAdmin;

impl Provider for AnthropicAdmin {
    fn about(&self) -> About {
        About {
            id: "anthropic-admin".into(),
            name: "Anthropic API (organization)".into(),
            biller_id: "anthropic".into(),
            base_url: "https://api.anthropic.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "anthropic-admin".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![
                    Variable::admin_key("ANTHROPIC_ADMIN_KEY"),
                    Variable::admin_key("ANTHROPIC_ADMIN_API_KEY"),
                ],
                entries: vec![],
                usual: ("env".into(), "$ANTHROPIC_ADMIN_KEY".into()),
                hint: "set ANTHROPIC_ADMIN_KEY".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let start = month_start(ask.now());
        let query = format!("starting_at={start}&bucket_width=1d&limit=31");
        let get = |path: &str| {
            fetch_pages(&format!("{path}?{query}"), |path| {
                ask.get(path)
                    .key_header("x-api-key")
                    .header("anthropic-version", "2023-06-01")
            })
        };
        let refused =
            |refusal: Refusal| refusal.explained(Reason::Scope, "needs an admin key: set ANTHROPIC_ADMIN_KEY");
        let costs = get("/v1/organizations/cost_report").map_err(refused)?;
        let (amount, currency) = total(&costs, amount)?;
        let usage = get("/v1/organizations/usage_report/messages").ok();
        let mut spend = Spend::new(amount, &currency, SpendPeriod::Month);
        spend.tokens = usage.and_then(|pages| tokens(&pages, COUNTS, SpentTokens::default(), add));
        Ok(ProviderUsage {
            spend: Some(spend),
            ..ProviderUsage::default()
        })
    }
}

/// Text in cents: "123.45" is $1.23. A result without a currency and a kind of cost is no cost.
fn amount(one: &Value) -> Amount<'_> {
    let is_cost = ["currency", "cost_type"].iter().any(|key| one.get(*key).is_some());
    match number(&one["amount"]) {
        Some(cents) => Amount::Of(cents / 100.0, text(&one["currency"]).unwrap_or("USD")),
        None if one.is_object() && one["amount"].is_null() && !is_cost => Amount::None,
        None => Amount::Unreadable,
    }
}

const COUNTS: &[&str] = &["uncached_input_tokens", "output_tokens", "cache_read_input_tokens"];

fn add(sum: SpentTokens, one: &Value) -> SpentTokens {
    let written = &one["cache_creation"];
    let written = count(&written["ephemeral_1h_input_tokens"]) + count(&written["ephemeral_5m_input_tokens"]);
    SpentTokens {
        input: sum.input + count(&one["uncached_input_tokens"]),
        output: sum.output + count(&one["output_tokens"]),
        cache_read: sum.cache_read + count(&one["cache_read_input_tokens"]),
        cache_write: sum.cache_write + written,
        requests: None,
    }
}
