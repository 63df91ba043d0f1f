//! GitHub Copilot: monthly requests.

use super::{About, Provider};
use crate::core::credential::{Entry, Kind, Variable, Wanted};
use crate::core::quota::Capability;

pub struct GithubCopilot;

static ABOUT: About = About {
    id: "github-copilot",
    name: "GitHub Copilot",
    biller_id: "github-copilot",
    base_url: "https://api.github.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Limits, Capability::Spend],
    credentials: Wanted {
        provider_id: "github-copilot",
        accepts: &[Kind::Oauth],
        variables: &[
            Variable::key("COPILOT_GITHUB_TOKEN"),
            Variable::key("GH_TOKEN"),
            Variable::key("GITHUB_TOKEN"),
        ],
        entries: &[Entry::any("github-copilot")],
        usual: ("opencode-auth", "~/.local/share/opencode/auth.json"),
        hint: "run opencode auth login and choose GitHub Copilot",
    },
};

impl Provider for GithubCopilot {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
