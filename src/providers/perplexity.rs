//! Perplexity: known, and without an endpoint that costs nothing.

use super::ask::{Ask, Refusal};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::ProviderUsage;

pub struct Perplexity;

static ABOUT: About = About {
    id: "perplexity",
    name: "Perplexity",
    biller_id: "perplexity",
    base_url: "https://api.perplexity.ai",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[],
    credentials: Wanted {
        provider_id: "perplexity",
        accepts: ANY_KIND,
        tries_others: false,
        variables: &[Variable::key("PERPLEXITY_API_KEY")],
        entries: &[Entry::any("perplexity")],
        usual: ("env", "$PERPLEXITY_API_KEY"),
        hint: "set PERPLEXITY_API_KEY",
    },
};

impl Provider for Perplexity {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn fetch(&self, _: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        Err(Refusal::unsupported("the only way to ask is a paid request"))
    }
}
