//! Codex: windows and credits of a ChatGPT plan.

use super::{About, Provider};
use crate::core::credential::{Entry, Kind, Wanted};
use crate::core::quota::Capability;

pub struct Codex;

static ABOUT: About = About {
    id: "codex",
    name: "Codex (ChatGPT plan)",
    biller_id: "openai",
    base_url: "https://chatgpt.com",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits, Capability::Credits, Capability::Spend],
    credentials: Wanted {
        provider_id: "codex",
        accepts: &[Kind::Oauth],
        variables: &[],
        entries: &[Entry {
            id: "openai",
            kinds: &[Kind::Oauth],
        }],
        usual: ("codex-cli", "~/.codex/auth.json"),
        hint: "run codex login",
    },
};

impl Provider for Codex {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
