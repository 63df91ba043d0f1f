//! Perplexity: has no free endpoint for usage.

use super::ask::{Ask, Refusal};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::ProviderUsage;

pub(super) struct Perplexity;

impl Provider for Perplexity {
    fn about(&self) -> About {
        About {
            id: "perplexity".into(),
            name: "Perplexity".into(),
            biller_id: "perplexity".into(),
            base_url: "https://api.perplexity.ai".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![],
            credentials: CredentialSpec {
                provider_id: "perplexity".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("PERPLEXITY_API_KEY")],
                entries: vec![Entry::any("perplexity")],
                usual: ("env".into(), "$PERPLEXITY_API_KEY".into()),
                hint: "set PERPLEXITY_API_KEY".into(),
            },
        }
    }

    fn fetch(&self, _: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        Err(Refusal::unsupported("Perplexity has no free endpoint for usage"))
    }
}
