//! Chutes: windows of the subscription, else the daily quota.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, is_blank, next_day, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, DAY, Limit, MONTH, ProviderUsage, Reason};
use serde_json::Value;

pub(super) struct Chutes;

impl Provider for Chutes {
    fn about(&self) -> About {
        About {
            id: "chutes".into(),
            name: "Chutes".into(),
            biller_id: "chutes".into(),
            base_url: "https://api.chutes.ai".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "chutes".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![Variable::key("CHUTES_API_KEY")],
                entries: vec![Entry::any("chutes")],
                usual: ("env".into(), "$CHUTES_API_KEY".into()),
                hint: "set CHUTES_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let answer = ask.get("/users/me/subscription_usage").bearer().send()?;
        let root = match answer.status() {
            404 => None,
            _ => Some(answer.object(&["subscription", "rolling_window", "monthly"])?),
        };
        let limits = root.as_ref().map(windows).unwrap_or_default();
        if let (Some(root), false) = (&root, limits.is_empty()) {
            return Ok(usage(root, limits));
        }
        let day = ask.get("/users/me/quota_usage/me").bearer().send()?;
        match (day.object(&["quota", "used"]), root) {
            (Ok(quota), root) => {
                let limits = daily(&quota, ask.now()).into_iter().collect();
                // A quota of 0 is none.
                with_numbers(
                    usage(&root.unwrap_or_default(), limits),
                    number(&quota["quota"]) == Some(0.0),
                )
            }
            // The account is known and has neither: that is an answer too. A subscription that is active has windows.
            (Err(refusal), Some(root)) if refusal.reason == Some(Reason::Product) => {
                let subscription = &root["subscription"];
                let is_without = subscription.is_object() && subscription["active"] != true;
                let is_empty = is_blank(&root["rolling_window"]) && is_blank(&root["monthly"]);
                with_numbers(usage(&root, Vec::new()), is_empty && is_without)
            }
            (Err(refusal), _) => Err(refusal),
        }
    }
}

fn usage(root: &Value, limits: Vec<Limit>) -> ProviderUsage {
    ProviderUsage {
        plan: text(&root["subscription"]["plan_name"]).map(str::to_owned),
        limits,
        ..ProviderUsage::default()
    }
}

fn windows(root: &Value) -> Vec<Limit> {
    let rolling = &root["rolling_window"];
    let minutes = number(&rolling["window_minutes"]).filter(|minutes| *minutes >= 1.0);
    let rolling = window(rolling, minutes.map(|minutes| minutes as u64));
    rolling
        .into_iter()
        .chain(window(&root["monthly"], Some(MONTH)))
        .collect()
}

/// Percentages, used or remaining; otherwise computed from amounts.
fn window(window: &Value, minutes: Option<u64>) -> Option<Limit> {
    let used = number(&window["used"]).or_else(|| number(&window["requests"]));
    let counts = used.zip(number(&window["limit"]).filter(|limit| *limit > 0.0));
    let left = || number(&window["percent_remaining"]).map(|left| 100.0 - left);
    let by_count = || counts.map(|(used, limit)| used / limit * 100.0);
    let percent = number(&window["usage_percent"]).or_else(left).or_else(by_count)?;
    let resets_at = ["resets_at", "reset_at"].iter().find_map(|key| instant(&window[*key]));
    let limit = Limit::new(percent, minutes).until(resets_at);
    Some(match counts {
        Some((used, most)) => limit.with_counts(used, most, text(&window["unit"]).unwrap_or("requests")),
        None => limit,
    })
}

/// Accounts without a subscription have a quota for the day, in UTC.
fn daily(quota: &Value, now: i64) -> Option<Limit> {
    let limit = Limit::counted(number(&quota["used"])?, number(&quota["quota"])?, "requests", Some(DAY))?;
    Some(limit.until(Some(next_day(now))))
}
