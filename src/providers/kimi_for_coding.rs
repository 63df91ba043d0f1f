//! Kimi For Coding: requests per window.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, is_blank, items, number};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, DAY, Limit, ProviderUsage, WEEK};
use serde_json::Value;

pub(super) struct KimiForCoding;

impl Provider for KimiForCoding {
    fn about(&self) -> About {
        About {
            id: "kimi-for-coding".into(),
            name: "Kimi For Coding".into(),
            biller_id: "kimi-for-coding".into(),
            base_url: "https://api.kimi.com".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "kimi-for-coding".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("KIMI_CODE_API_KEY"), Variable::key("KIMI_API_KEY")],
                entries: vec![Entry::any("kimi-for-coding")],
                usual: ("kimi-cli".into(), "~/.kimi-code/credentials/kimi-code.json".into()),
                hint: "run kimi and log in, or set KIMI_API_KEY".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask.get("/coding/v1/usages").bearer().object(&["usage", "limits"])?;
        let week = limit(&root["usage"], Some(WEEK));
        let others = items(&root["limits"]).filter_map(|one| limit(&one["detail"], minutes(&one["window"])));
        let usage = ProviderUsage {
            limits: week.into_iter().chain(others).collect(),
            ..ProviderUsage::default()
        };
        // A limit of 0 is no quota.
        let is_stated = root["usage"].is_object() || root["limits"].is_array();
        with_numbers(
            usage,
            is_stated && is_blank(&root["usage"]) && is_blank(&root["limits"]),
        )
    }
}

fn limit(detail: &Value, minutes: Option<u64>) -> Option<Limit> {
    // Any two of the three give the third.
    let of = |key: &str| number(&detail[key]);
    let (used, left) = (of("used"), of("remaining"));
    let most = of("limit").or_else(|| Some(used? + left?))?;
    let used = used.or_else(|| Some(most - left?))?;
    let resets = ["resetTime", "resetAt", "reset_time", "reset_at"];
    let resets_at = resets.iter().find_map(|key| instant(&detail[*key]));
    Some(Limit::counted(used, most, "requests", minutes)?.until(resets_at))
}

/// `{"duration":300,"timeUnit":"TIME_UNIT_MINUTE"}`
fn minutes(window: &Value) -> Option<u64> {
    let each = match window["timeUnit"].as_str()? {
        "TIME_UNIT_MINUTE" => 1,
        "TIME_UNIT_HOUR" => 60,
        "TIME_UNIT_DAY" => DAY,
        _ => return None,
    };
    let duration = number(&window["duration"]).filter(|duration| *duration >= 1.0)?;
    Some((duration as u64).saturating_mul(each))
}
