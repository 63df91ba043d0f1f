//! MiniMax: windows of a token or coding plan.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Minimax;

static ABOUT: About = About {
    id: "minimax",
    name: "MiniMax Token/Coding Plan",
    biller_id: "minimax-coding-plan",
    base_url: "https://api.minimax.io",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "minimax",
        accepts: ANY_KIND,
        variables: &[
            Variable::key("MINIMAX_CODING_API_KEY"),
            Variable::key("MINIMAX_API_KEY"),
        ],
        entries: &[
            Entry::any("minimax-coding-plan"),
            Entry::any("minimax-cn-coding-plan"),
            Entry::any("minimax"),
        ],
        usual: ("env", "$MINIMAX_CODING_API_KEY"),
        hint: "set MINIMAX_CODING_API_KEY, or run opencode auth login",
    },
};

impl Provider for Minimax {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
