//! OpenCode Zen: known, and without an endpoint that tells the balance.

use super::ask::{Ask, Refusal};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Wanted};
use crate::core::quota::ProviderUsage;

pub struct Opencode;

static ABOUT: About = About {
    id: "opencode",
    name: "OpenCode Zen",
    biller_id: "opencode",
    base_url: "https://opencode.ai",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[],
    credentials: Wanted {
        provider_id: "opencode",
        accepts: ANY_KIND,
        tries_others: false,
        variables: &[],
        entries: &[Entry::any("opencode")],
        usual: ("opencode-auth", "~/.local/share/opencode/auth.json"),
        hint: "run opencode auth login and choose OpenCode Zen",
    },
};

impl Provider for Opencode {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn fetch(&self, _: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        Err(Refusal::unsupported("the balance is only shown on the website"))
    }
}
