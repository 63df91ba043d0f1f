//! Anthropic API: spend and tokens of an organisation.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Variable, Wanted};
use crate::core::quota::Capability;

pub struct AnthropicAdmin;

static ABOUT: About = About {
    id: "anthropic-admin",
    name: "Anthropic API (organization)",
    biller_id: "anthropic",
    base_url: "https://api.anthropic.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Spend],
    credentials: Wanted {
        provider_id: "anthropic-admin",
        accepts: ANY_KIND,
        variables: &[
            Variable::admin_key("ANTHROPIC_ADMIN_KEY"),
            Variable::admin_key("ANTHROPIC_ADMIN_API_KEY"),
        ],
        entries: &[],
        usual: ("env", "$ANTHROPIC_ADMIN_KEY"),
        hint: "set ANTHROPIC_ADMIN_KEY",
    },
};

impl Provider for AnthropicAdmin {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
