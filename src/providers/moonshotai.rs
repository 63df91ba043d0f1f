//! Moonshot: the balance of the open platform.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Moonshotai;

static ABOUT: About = About {
    id: "moonshotai",
    name: "Moonshot / Kimi Open Platform",
    biller_id: "moonshotai",
    base_url: "https://api.moonshot.ai",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Credits],
    credentials: Wanted {
        provider_id: "moonshotai",
        accepts: ANY_KIND,
        variables: &[Variable::key("MOONSHOT_API_KEY")],
        entries: &[Entry::any("moonshotai"), Entry::any("moonshotai-cn")],
        usual: ("env", "$MOONSHOT_API_KEY"),
        hint: "set MOONSHOT_API_KEY, or run opencode auth login",
    },
};

impl Provider for Moonshotai {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
