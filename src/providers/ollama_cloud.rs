//! Ollama Cloud: session, week or month; a local Ollama has no quota.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{next_monday, next_multiple, number};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, FIVE_HOURS, Limit, MONTH, ProviderUsage, WEEK};
use serde_json::Value;

pub(super) struct OllamaCloud;

impl Provider for OllamaCloud {
    fn about(&self) -> About {
        About {
            id: "ollama-cloud".into(),
            name: "Ollama Cloud".into(),
            biller_id: "ollama-cloud".into(),
            base_url: "https://ollama.com".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "ollama-cloud".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("OLLAMA_API_KEY")],
                entries: vec![Entry::any("ollama-cloud")],
                usual: ("env".into(), "$OLLAMA_API_KEY".into()),
                hint: "set OLLAMA_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/api/usage").bearer().object(&["limits"])?;
        // No reset times are given: sessions lie on a grid from the epoch on, weeks begin on Monday.
        const SESSION_MS: i64 = 18_000_000;
        let session = next_multiple(ask.now(), SESSION_MS, 0);
        let windows = [
            ("session", FIVE_HOURS, Some(session)),
            ("weekly", WEEK, Some(next_monday(ask.now()))),
            ("monthly", MONTH, None),
        ];
        let limit = |(key, minutes, resets_at): (&str, u64, Option<i64>)| {
            let fraction = number(&root["limits"][key]["usage"])?;
            Some(Limit::new(fraction * 100.0, Some(minutes)).until(resets_at))
        };
        let usage = ProviderUsage {
            limits: windows.into_iter().filter_map(limit).collect(),
            ..ProviderUsage::default()
        };
        // A null, of a window or of its usage, is no limit.
        let is_null = |window: &Value| window.is_null() || window.get("usage").is_some_and(Value::is_null);
        let windows = root["limits"].as_object();
        with_numbers(usage, windows.is_some_and(|windows| windows.values().all(is_null)))
    }
}
