//! OpenCode Zen: known, and without an endpoint that tells the balance.

use super::ask::{Ask, Refusal};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Wanted};
use crate::core::quota::ProviderUsage;

pub struct Opencode;

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
            credentials: Wanted {
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
        Err(Refusal::unsupported("the balance is only shown on the website"))
    }
}
