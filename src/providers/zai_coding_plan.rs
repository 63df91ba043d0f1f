//! Z.ai: the GLM coding plan.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Variable, Wanted};
use crate::core::quota::Capability;

pub struct ZaiCodingPlan;

/// The id of keys that the Chinese host issues.
const CHINA: &str = "zhipuai-coding-plan";

static ABOUT: About = About {
    id: "zai-coding-plan",
    name: "Z.ai / GLM Coding Plan",
    biller_id: "zai-coding-plan",
    base_url: "https://api.z.ai",
    interval_s: 120,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "zai-coding-plan",
        accepts: ANY_KIND,
        variables: &[
            Variable::key("ZAI_API_KEY"),
            Variable::key("Z_AI_API_KEY"),
            Variable {
                variant: Some(CHINA),
                ..Variable::key("ZHIPU_API_KEY")
            },
        ],
        entries: &[Entry::any("zai-coding-plan"), Entry::any("zhipuai-coding-plan")],
        usual: ("env", "$ZAI_API_KEY"),
        hint: "set ZAI_API_KEY, or run opencode auth login",
    },
};

impl Provider for ZaiCodingPlan {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
