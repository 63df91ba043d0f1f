//! Anthropic: windows of a Claude plan.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{first_text, instant, is_blank, items, number, text, words};
use super::{About, Provider};
use crate::core::credential::{CredentialSpec, Entry, Kind, Variable};
use crate::core::quota::{Capability, FIVE_HOURS, Limit, ProviderUsage, Spend, SpendPeriod, WEEK};
use serde_json::Value;

pub(super) struct Anthropic;

impl Provider for Anthropic {
    fn about(&self) -> About {
        About {
            id: "anthropic".into(),
            name: "Anthropic (Claude plan)".into(),
            biller_id: "anthropic".into(),
            base_url: "https://api.anthropic.com".into(),
            interval_s: 300,
            needs_consent: true,
            capabilities: vec![Capability::Limits, Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "anthropic".into(),
                accepts: vec![Kind::Oauth],
                tries_others: false,
                variables: vec![
                    Variable::login("CLAUDE_CODE_OAUTH_TOKEN"),
                    Variable::key("ANTHROPIC_API_KEY"),
                ],
                entries: vec![Entry::any("anthropic")],
                usual: ("claude-code".into(), "~/.claude/.credentials.json".into()),
                hint: "run claude and log in with your plan".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let call = ask.get("/api/oauth/usage").bearer();
        let root = call.header("anthropic-beta", "oauth-2025-04-20").object(ROOT)?;
        let details = &ask.credential.details;
        let usage = ProviderUsage {
            plan: plan(details.subscription_type.as_deref(), details.rate_limit_tier.as_deref()),
            limits: limits(&root),
            spend: spend(&root["extra_usage"]),
            ..ProviderUsage::default()
        };
        let keys = ROOT.iter().filter(|key| **key != "extra_usage");
        let windows: Vec<&Value> = keys.filter_map(|key| root.get(*key)).collect();
        with_numbers(usage, !windows.is_empty() && windows.into_iter().all(is_blank))
    }
}

const ROOT: &[&str] = &[
    "five_hour",
    "seven_day",
    "seven_day_opus",
    "seven_day_sonnet",
    "limits",
    "extra_usage",
];

/// Weekly windows for a part of the account, with the names they go by.
const SCOPED: &[(&str, &str)] = &[
    ("seven_day_opus", "Opus"),
    ("seven_day_sonnet", "Sonnet"),
    ("seven_day_oauth_apps", "OAuth apps"),
    ("seven_day_routines", "Routines"),
    ("seven_day_cowork", "Routines"),
];

/// `max` and `default_claude_max_5x` → `Max 5x`.
fn plan(subscription: Option<&str>, tier: Option<&str>) -> Option<String> {
    let name = words(subscription?);
    let last = tier.and_then(|tier| tier.rsplit('_').next());
    let is_multiplier = |part: &&str| {
        let digits = part.strip_suffix('x').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    Some(match last.filter(is_multiplier) {
        Some(multiplier) => format!("{name} {multiplier}"),
        None => name,
    })
}

fn limits(root: &Value) -> Vec<Limit> {
    let listed = |kind: &str| items(&root["limits"]).find(|one| one["kind"] == kind);
    let mut limits = Vec::new();
    for (key, kind, minutes) in [("five_hour", "session", FIVE_HOURS), ("seven_day", "weekly_all", WEEK)] {
        let flat = window(&root[key], "utilization", minutes);
        limits.extend(flat.or_else(|| window(listed(kind)?, "percent", minutes)));
    }
    // `{"kind":"weekly_scoped","percent":5,"scope":{"model":{"display_name":"Fable"}}}`
    for one in items(&root["limits"]).filter(|one| one["kind"] == "weekly_scoped") {
        let model = &one["scope"]["model"];
        let name = first_text(model, &["display_name", "id"]);
        if let Some(name) = name.filter(|name| !name.eq_ignore_ascii_case("all models")) {
            add(&mut limits, window(one, "percent", WEEK), name);
        }
    }
    for (key, name) in SCOPED {
        add(&mut limits, window(&root[*key], "utilization", WEEK), name);
    }
    limits
}

/// Both forms may contain the same window: keep the first.
fn add(limits: &mut Vec<Limit>, limit: Option<Limit>, name: &str) {
    let is_known = limits.iter().any(|known| {
        known
            .scope
            .as_deref()
            .is_some_and(|scope| scope.eq_ignore_ascii_case(name))
    });
    if !is_known {
        limits.extend(limit.map(|limit| limit.of(name)));
    }
}

/// The percentage is one already: 0.5 is half a per cent.
fn window(value: &Value, percent: &str, minutes: u64) -> Option<Limit> {
    Some(Limit::new(number(&value[percent])?, Some(minutes)).until(instant(&value["resets_at"])))
}

/// Amounts are in minor units.
fn spend(extra: &Value) -> Option<Spend> {
    let used = number(&extra["used_credits"]).filter(|_| extra["is_enabled"] == true)?;
    let currency = text(&extra["currency"]).unwrap_or("USD");
    let limit = number(&extra["monthly_limit"]).map(|limit| limit / 100.0);
    Some(Spend::new(used / 100.0, currency, SpendPeriod::Month).within(limit))
}
