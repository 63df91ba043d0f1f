//! OpenCode Zen: has no endpoint for the balance.

use super::ask::{Ask, Refusal};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry};
use crate::core::quota::ProviderUsage;

pub(super) struct Opencode;

impl Provider for Opencode {
    fn about(&self) -> About {
        About {
            id: "opencode".into(),
            name: "OpenCode Zen".into(),
            biller_id: "opencode".into(),
            base_url: "https://opencode.ai".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![],
            credentials: CredentialSpec {
                provider_id: "opencode".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![],
                entries: vec![Entry::any("opencode")],
                usual: ("opencode-auth".into(), "~/.local/share/opencode/auth.json".into()),
                hint: "run opencode auth login and choose OpenCode Zen".into(),
            },
        }
    }

    fn fetch(&self, _: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        Err(Refusal::unsupported("only the website shows the balance"))
    }
}
