//! DeepSeek: the balance.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Deepseek;

static ABOUT: About = About {
    id: "deepseek",
    name: "DeepSeek",
    biller_id: "deepseek",
    base_url: "https://api.deepseek.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Credits],
    credentials: Wanted {
        provider_id: "deepseek",
        accepts: ANY_KIND,
        variables: &[Variable::key("DEEPSEEK_API_KEY")],
        entries: &[Entry::any("deepseek")],
        usual: ("env", "$DEEPSEEK_API_KEY"),
        hint: "set DEEPSEEK_API_KEY, or run opencode auth login",
    },
};

impl Provider for Deepseek {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
