//! DeepSeek: the balance.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{items, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, Credits, ProviderUsage};

pub(super) struct Deepseek;

impl Provider for Deepseek {
    fn about(&self) -> About {
        About {
            id: "deepseek".into(),
            name: "DeepSeek".into(),
            biller_id: "deepseek".into(),
            base_url: "https://api.deepseek.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Credits],
            credentials: CredentialSpec {
                provider_id: "deepseek".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("DEEPSEEK_API_KEY")],
                entries: vec![Entry::any("deepseek")],
                usual: ("env".into(), "$DEEPSEEK_API_KEY".into()),
                hint: "set DEEPSEEK_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/user/balance").bearer().object(&["balance_infos"])?;
        let balances = || items(&root["balance_infos"]).filter(|one| number(&one["total_balance"]).is_some());
        // Balances in two currencies are two balances: one is shown, they are never added.
        let in_dollars = balances().find(|one| one["currency"] == "USD");
        let shown = in_dollars.or_else(|| balances().next());
        let usage = ProviderUsage {
            credits: shown.and_then(|one| {
                Some(Credits::new(
                    number(&one["total_balance"])?,
                    text(&one["currency"]).unwrap_or("USD"),
                ))
            }),
            note: (root["is_available"] == false).then(|| "the balance does not allow calls".to_owned()),
            ..ProviderUsage::default()
        };
        with_numbers(usage, root["balance_infos"].as_array().is_some_and(Vec::is_empty))
    }
}
