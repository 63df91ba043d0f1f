//! OpenAI API: spend and tokens of an organization.

use super::ask::{Ask, Refusal};
use super::pages::{fetch_pages, results, single_currency};
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
        let amounts = results(&costs).filter_map(|one| {
            let amount = &one["amount"];
            Some((number(&amount["value"])?, text(&amount["currency"]).unwrap_or("USD")))
        });
        let (amount, currency) = single_currency(amounts)?;
        let usage = get("/v1/organization/usage/completions").ok();
        let mut spend = Spend::new(amount, &currency, SpendPeriod::Month);
        spend.tokens = usage.map(|pages| results(&pages).fold(SpentTokens::counting_requests(), add));
        Ok(ProviderUsage {
            spend: Some(spend),
            ..ProviderUsage::default()
        })
    }
}

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
