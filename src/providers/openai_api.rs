//! OpenAI API: spend and tokens of an organization.

use super::ask::{Ask, Refusal};
use super::pages::{Amount, fetch_pages, tokens, total};
use super::value::{count, month_start, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Kind, Variable};
use crate::core::quota::{Capability, ProviderUsage, Reason, Spend, SpendPeriod, SpentTokens};
use serde_json::Value;

pub(super) struct OpenaiApi;

impl Provider for OpenaiApi {
    fn about(&self) -> About {
        About {
            id: "openai-api".into(),
            name: "OpenAI API (organization)".into(),
            biller_id: "openai".into(),
            base_url: "https://api.openai.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "openai-api".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::admin_key("OPENAI_ADMIN_KEY"), Variable::key("OPENAI_API_KEY")],
                entries: vec![Entry {
                    id: "openai".into(),
                    kinds: vec![Kind::Api, Kind::Wellknown],
                }],
                usual: ("env".into(), "$OPENAI_ADMIN_KEY".into()),
                hint: "set OPENAI_ADMIN_KEY".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let start = month_start(ask.now()).as_second();
        let query = format!("start_time={start}&bucket_width=1d&limit=31");
        let get = |path: &str| fetch_pages(&format!("{path}?{query}"), |path| ask.get(path).bearer());
        let refused = |refusal: Refusal| refusal.explained(Reason::Scope, "needs an admin key: set OPENAI_ADMIN_KEY");
        let costs = get("/v1/organization/costs").map_err(refused)?;
        let (amount, currency) = total(&costs, amount)?;
        let usage = get("/v1/organization/usage/completions").ok();
        let mut spend = Spend::new(amount, &currency, SpendPeriod::Month);
        spend.tokens = usage.and_then(|pages| tokens(&pages, COUNTS, SpentTokens::counting_requests(), add));
        Ok(ProviderUsage {
            spend: Some(spend),
            ..ProviderUsage::default()
        })
    }
}

/// A null is no amount; a result that states another type is no cost.
fn amount(one: &Value) -> Amount<'_> {
    let amount = &one["amount"];
    let is_null = |value: &Value, key| value.get(key).is_some_and(Value::is_null);
    let is_other = || one.get("amount").is_none() && text(&one["object"]).is_some_and(|object| object != COST);
    match number(&amount["value"]) {
        Some(value) => Amount::Of(value, text(&amount["currency"]).unwrap_or("USD")),
        None if is_null(one, "amount") || is_null(amount, "value") || is_other() => Amount::None,
        None => Amount::Unreadable,
    }
}

const COST: &str = "organization.costs.result";

const COUNTS: &[&str] = &["input_tokens", "output_tokens", "input_cached_tokens"];

/// Input includes cache reads: subtract them.
fn add(sum: SpentTokens, one: &Value) -> SpentTokens {
    let cached = count(&one["input_cached_tokens"]);
    SpentTokens {
        input: sum.input + count(&one["input_tokens"]).saturating_sub(cached),
        output: sum.output + count(&one["output_tokens"]),
        cache_read: sum.cache_read + cached,
        cache_write: 0,
        requests: sum.requests.map(|sum| sum + count(&one["num_model_requests"])),
    }
}
