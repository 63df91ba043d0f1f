//! Ollama Cloud: session, week or month; a local Ollama has no quota.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct OllamaCloud;

static ABOUT: About = About {
    id: "ollama-cloud",
    name: "Ollama Cloud",
    biller_id: "ollama-cloud",
    base_url: "https://ollama.com",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "ollama-cloud",
        accepts: ANY_KIND,
        variables: &[Variable::key("OLLAMA_API_KEY")],
        entries: &[Entry::any("ollama-cloud")],
        usual: ("env", "$OLLAMA_API_KEY"),
        hint: "set OLLAMA_API_KEY, or run opencode auth login",
    },
};

impl Provider for OllamaCloud {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
