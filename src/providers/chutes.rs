//! Chutes: windows of the subscription, else the daily quota.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Chutes;

static ABOUT: About = About {
    id: "chutes",
    name: "Chutes",
    biller_id: "chutes",
    base_url: "https://api.chutes.ai",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "chutes",
        accepts: ANY_KIND,
        variables: &[Variable::key("CHUTES_API_KEY")],
        entries: &[Entry::any("chutes")],
        usual: ("env", "$CHUTES_API_KEY"),
        hint: "set CHUTES_API_KEY, or run opencode auth login",
    },
};

impl Provider for Chutes {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
