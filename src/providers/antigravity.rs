//! Antigravity: quota per model or model family.

use super::{About, Provider};
use crate::core::credential::{Entry, Kind, Wanted};
use crate::core::quota::Capability;

pub struct Antigravity;

static ABOUT: About = About {
    id: "antigravity",
    name: "Antigravity",
    biller_id: "google",
    base_url: "https://cloudcode-pa.googleapis.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "antigravity",
        accepts: &[Kind::Oauth],
        variables: &[],
        entries: &[Entry {
            id: "google",
            kinds: &[Kind::Oauth],
        }],
        usual: ("antigravity-accounts", "~/.config/opencode/antigravity-accounts.json"),
        hint: "log in with OpenCode's Antigravity plugin",
    },
};

impl Provider for Antigravity {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
