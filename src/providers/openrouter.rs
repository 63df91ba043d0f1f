//! OpenRouter: limit of the key, balance, spend of the month.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{next_day, next_monday, next_month, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, Credits, DAY, Limit, MONTH, ProviderUsage, Spend, SpendPeriod, WEEK};
use serde_json::Value;

pub(super) struct Openrouter;

impl Provider for Openrouter {
    fn about(&self) -> About {
        About {
            id: "openrouter".into(),
            name: "OpenRouter".into(),
            biller_id: "openrouter".into(),
            base_url: "https://openrouter.ai".into(),
            interval_s: 60,
            needs_consent: false,
            capabilities: vec![Capability::Limits, Capability::Credits, Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "openrouter".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("OPENROUTER_API_KEY")],
                entries: vec![Entry::any("openrouter")],
                usual: ("env".into(), "$OPENROUTER_API_KEY".into()),
                hint: "set OPENROUTER_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/api/v1/key").bearer().object(&["data"])?;
        let key = &root["data"];
        // Many keys may not read the balance: then there is none to show.
        let balance = ask.get("/api/v1/credits").bearer().object(&["data"]).ok();
        let credits = balance.and_then(|root| {
            let bought = number(&root["data"]["total_credits"])?;
            Some(Credits::new(bought - number(&root["data"]["total_usage"])?, "USD"))
        });
        let usage = ProviderUsage {
            plan: (key["is_free_tier"] == true).then(|| "Free".to_owned()),
            limits: key_limit(key, ask.now()).into_iter().collect(),
            credits,
            tokens: None,
            spend: number(&key["usage_monthly"]).map(|amount| Spend::new(amount, "USD", SpendPeriod::Month)),
            note: None,
        };
        with_numbers(usage, false)
    }
}

/// The limit that a key was given; its periods end at 00:00 UTC, weeks on Monday.
fn key_limit(key: &Value, now: i64) -> Option<Limit> {
    let most = number(&key["limit"])?;
    let left = number(&key["limit_remaining"]).map(|left| most - left);
    let used = left.or_else(|| number(&key["usage"]))?;
    let (minutes, resets_at) = match text(&key["limit_reset"]) {
        Some("daily") => (Some(DAY), Some(next_day(now))),
        Some("weekly") => (Some(WEEK), Some(next_monday(now))),
        Some("monthly") => (Some(MONTH), next_month(now)),
        _ => (None, None),
    };
    Some(
        Limit::counted(used, most, "USD", minutes)?
            .until(resets_at)
            .of("API key"),
    )
}
