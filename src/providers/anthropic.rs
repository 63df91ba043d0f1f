//! Anthropic: windows of a Claude plan.

use super::{About, Provider};
use crate::core::credential::{Entry, Kind, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Anthropic;

static ABOUT: About = About {
    id: "anthropic",
    name: "Anthropic (Claude plan)",
    biller_id: "anthropic",
    base_url: "https://api.anthropic.com",
    interval_s: 300,
    needs_consent: true,
    capabilities: &[Capability::Limits, Capability::Spend],
    credentials: Wanted {
        provider_id: "anthropic",
        accepts: &[Kind::Oauth],
        variables: &[
            Variable::login("CLAUDE_CODE_OAUTH_TOKEN"),
            Variable::key("ANTHROPIC_API_KEY"),
        ],
        entries: &[Entry::any("anthropic")],
        usual: ("claude-code", "~/.claude/.credentials.json"),
        hint: "run claude and log in with your plan",
    },
};

impl Provider for Anthropic {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
