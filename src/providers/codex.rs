//! Codex: windows and credits of a ChatGPT plan.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{epoch, is_blank, items, number, text, words};
use super::{About, Provider};
use crate::core::credential::{CredentialSpec, Entry, Kind};
use crate::core::quota::{Capability, Credits, Limit, ProviderUsage, Spend, SpendPeriod, money};
use serde_json::Value;

pub(super) struct Codex;

impl Provider for Codex {
    fn about(&self) -> About {
        About {
            id: "codex".into(),
            name: "Codex (ChatGPT plan)".into(),
            biller_id: "openai".into(),
            base_url: "https://chatgpt.com".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits, Capability::Credits, Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "codex".into(),
                accepts: vec![Kind::Oauth],
                tries_others: false,
                variables: vec![],
                entries: vec![Entry {
                    id: "openai".into(),
                    kinds: vec![Kind::Oauth],
                }],
                usual: ("codex-cli".into(), "~/.codex/auth.json".into()),
                hint: "run codex login".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let mut call = ask.get("/backend-api/wham/usage").bearer();
        if let Some(account) = &ask.credential.details.account_id {
            call = call.header("chatgpt-account-id", account);
        }
        let root = call.object(ROOT)?;
        let mut limits = Vec::new();
        add_windows(&mut limits, &root["rate_limit"], None, ask.now());
        for extra in items(&root["additional_rate_limits"]) {
            let name = text(&extra["limit_name"]).or_else(|| text(&extra["metered_feature"]));
            let name = name.unwrap_or("additional");
            add_windows(&mut limits, &extra["rate_limit"], Some(name), ask.now());
        }
        let usage = ProviderUsage {
            plan: text(&root["plan_type"]).map(words),
            limits,
            credits: credits(&root["credits"]),
            tokens: None,
            spend: spend(&root),
            note: None,
        };
        // Plans without limits have null in place of all windows, or of each.
        let windows = root.get("rate_limit");
        let slots = ["primary_window", "secondary_window"];
        let slots: Vec<&Value> = slots.iter().filter_map(|slot| windows?.get(*slot)).collect();
        let is_empty = match slots.is_empty() {
            true => windows.is_some_and(Value::is_null),
            false => slots.into_iter().all(is_blank),
        };
        with_numbers(usage, is_empty)
    }
}

const ROOT: &[&str] = &["rate_limit", "plan_type", "credits", "additional_rate_limits"];

/// Free plans have the weekly window in the first slot and an empty second one, so only the length identifies a window.
fn add_windows(limits: &mut Vec<Limit>, rate_limit: &Value, scope: Option<&str>, now: i64) {
    for slot in ["primary_window", "secondary_window"] {
        let window = &rate_limit[slot];
        let Some(percent) = number(&window["used_percent"]) else {
            continue;
        };
        let seconds = number(&window["limit_window_seconds"]).filter(|seconds| *seconds > 0.0);
        let after = || Some(now + (number(&window["reset_after_seconds"])? * 1000.0) as i64);
        let resets_at = epoch(&window["reset_at"], 1000).or_else(after);
        let limit = Limit::new(percent, seconds.map(|seconds| (seconds / 60.0) as u64)).until(resets_at);
        limits.push(match scope {
            Some(scope) => limit.of(scope),
            None => limit,
        });
    }
}

fn credits(credits: &Value) -> Option<Credits> {
    let is_unlimited = credits["unlimited"] == true;
    (is_unlimited || credits["has_credits"] == true).then(|| Credits {
        balance: number(&credits["balance"]).filter(|_| !is_unlimited).map(money),
        currency: "credits".to_owned(),
        is_unlimited,
    })
}

/// The limit that a workspace sets for one member; it has been seen in three places.
fn spend(root: &Value) -> Option<Spend> {
    let places = [root, &root["rate_limit"], &root["spend_control"]];
    let limit = places
        .map(|place| &place["individual_limit"])
        .into_iter()
        .find(|limit| limit.is_object())?;
    let spend = Spend::new(number(&limit["used"])?, "credits", SpendPeriod::Month);
    Some(spend.within(number(&limit["limit"])))
}
