//! Kimi For Coding: requests per window.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct KimiForCoding;

static ABOUT: About = About {
    id: "kimi-for-coding",
    name: "Kimi For Coding",
    biller_id: "kimi-for-coding",
    base_url: "https://api.kimi.com",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "kimi-for-coding",
        accepts: ANY_KIND,
        variables: &[Variable::key("KIMI_CODE_API_KEY"), Variable::key("KIMI_API_KEY")],
        entries: &[Entry::any("kimi-for-coding")],
        usual: ("kimi-cli", "~/.kimi-code/credentials/kimi-code.json"),
        hint: "run kimi and log in, or set KIMI_API_KEY",
    },
};

impl Provider for KimiForCoding {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
