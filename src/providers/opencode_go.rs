//! OpenCode Go: its three windows.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, is_blank, number};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, FIVE_HOURS, Limit, MONTH, ProviderUsage, WEEK};

pub(super) struct OpencodeGo;

impl Provider for OpencodeGo {
    fn about(&self) -> About {
        About {
            id: "opencode-go".into(),
            name: "OpenCode Go".into(),
            biller_id: "opencode-go".into(),
            base_url: "https://opencode.ai".into(),
            interval_s: 60,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "opencode-go".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("OPENCODE_API_KEY")],
                entries: vec![Entry::any("opencode-go")],
                usual: ("opencode-auth".into(), "~/.local/share/opencode/auth.json".into()),
                hint: "run opencode auth login and choose OpenCode Go".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/zen/go/v1/usage").bearer().object(&["usage"])?;
        let windows = [("rolling", FIVE_HOURS), ("weekly", WEEK), ("monthly", MONTH)];
        let limit = |(key, minutes): (&str, u64)| {
            let window = &root["usage"][key];
            // A percentage: 1 is one per cent.
            Some(Limit::new(number(&window["percent"])?, Some(minutes)).until(instant(&window["resetsAt"])))
        };
        let usage = ProviderUsage {
            plan: Some("Go".to_owned()),
            limits: windows.into_iter().filter_map(limit).collect(),
            ..ProviderUsage::default()
        };
        with_numbers(usage, root["usage"].is_object() && is_blank(&root["usage"]))
    }
}
