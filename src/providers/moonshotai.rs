//! Moonshot: the balance of the open platform.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::number;
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Credential, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, Credits, ProviderUsage};

pub(super) struct Moonshotai;

impl Provider for Moonshotai {
    fn about(&self) -> About {
        About {
            id: "moonshotai".into(),
            name: "Moonshot / Kimi Open Platform".into(),
            biller_id: "moonshotai".into(),
            base_url: "https://api.moonshot.ai".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Credits],
            credentials: CredentialSpec {
                provider_id: "moonshotai".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("MOONSHOT_API_KEY")],
                entries: vec![Entry::any("moonshotai"), Entry::any("moonshotai-cn")],
                usual: ("env".into(), "$MOONSHOT_API_KEY".into()),
                hint: "set MOONSHOT_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    /// Key and region stay together: the other host is never tried.
    fn host(&self, credential: &Credential) -> Option<String> {
        is_chinese(credential).then(|| "https://api.moonshot.cn".to_owned())
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/v1/users/me/balance").bearer().object(&["data", "status"])?;
        // Errors arrive with HTTP 200; `code` is not 0 in answers that are sound.
        if root["status"] == false {
            return Err(Refusal::unsupported("the platform refused to return the balance"));
        }
        let currency = if is_chinese(ask.credential) { "CNY" } else { "USD" };
        let usage = ProviderUsage {
            credits: number(&root["data"]["available_balance"]).map(|balance| Credits::new(balance, currency)),
            ..ProviderUsage::default()
        };
        with_numbers(usage, root["data"].as_object().is_some_and(serde_json::Map::is_empty))
    }
}

fn is_chinese(credential: &Credential) -> bool {
    credential.details.variant.as_deref() == Some("moonshotai-cn")
}
