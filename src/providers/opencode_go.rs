//! OpenCode Go: its three windows.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct OpencodeGo;

static ABOUT: About = About {
    id: "opencode-go",
    name: "OpenCode Go",
    biller_id: "opencode-go",
    base_url: "https://opencode.ai",
    interval_s: 60,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "opencode-go",
        accepts: ANY_KIND,
        variables: &[Variable::key("OPENCODE_API_KEY")],
        entries: &[Entry::any("opencode-go")],
        usual: ("opencode-auth", "~/.local/share/opencode/auth.json"),
        hint: "run opencode auth login and choose OpenCode Go",
    },
};

impl Provider for OpencodeGo {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
