//! OpenRouter: limit of the key, balance, spend of the month.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Openrouter;

static ABOUT: About = About {
    id: "openrouter",
    name: "OpenRouter",
    biller_id: "openrouter",
    base_url: "https://openrouter.ai",
    interval_s: 60,
    needs_consent: false,
    capabilities: &[Capability::Limits, Capability::Credits, Capability::Spend],
    credentials: Wanted {
        provider_id: "openrouter",
        accepts: ANY_KIND,
        variables: &[Variable::key("OPENROUTER_API_KEY")],
        entries: &[Entry::any("openrouter")],
        usual: ("env", "$OPENROUTER_API_KEY"),
        hint: "set OPENROUTER_API_KEY, or run opencode auth login",
    },
};

impl Provider for Openrouter {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
