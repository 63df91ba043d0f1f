//! GitHub Copilot: monthly requests.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, number, text, words};
use super::{About, Provider};
use crate::core::credential::{Credential, CredentialSpec, Entry, Kind, Variable};
use crate::core::quota::{Capability, Limit, MONTH, ProviderUsage, Spend, SpendPeriod};
use serde_json::Value;

pub(super) struct GithubCopilot;

impl Provider for GithubCopilot {
    fn about(&self) -> About {
        About {
            id: "github-copilot".into(),
            name: "GitHub Copilot".into(),
            biller_id: "github-copilot".into(),
            base_url: "https://api.github.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Limits, Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "github-copilot".into(),
                accepts: vec![Kind::Oauth],
                tries_others: true,
                variables: vec![
                    Variable::key("COPILOT_GITHUB_TOKEN"),
                    Variable::key("GH_TOKEN"),
                    Variable::key("GITHUB_TOKEN"),
                ],
                entries: vec![Entry::any("github-copilot")],
                usual: ("opencode-auth".into(), "~/.local/share/opencode/auth.json".into()),
                hint: "run opencode auth login and choose GitHub Copilot".into(),
            },
        }
    }

    /// A login of GitHub Enterprise goes to its own host and never to github.com.
    fn host(&self, credential: &Credential) -> Option<String> {
        let host = credential
            .details
            .host
            .as_deref()?
            .trim_start_matches("https://")
            .trim_end_matches('/');
        let is_name = host.contains('.')
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        match host {
            "github.com" | "api.github.com" => None,
            host if is_name => Some(format!("https://api.{host}")),
            // Something else than a host: an address that leads nowhere.
            _ => Some("https://host.invalid".to_owned()),
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let call = ask.get("/copilot_internal/user").authorization("token ");
        let root = call.header("x-github-api-version", "2025-04-01").object(ROOT)?;
        let dates = ["quota_reset_date_utc", "quota_reset_date", "limited_user_reset_date"];
        let resets_at = dates.iter().find_map(|key| instant(&root[*key]));
        let limits = snapshots(&root).chain(free(&root)).map(|limit| limit.until(resets_at));
        let usage = ProviderUsage {
            plan: text(&root["copilot_plan"]).map(words),
            limits: limits.collect(),
            spend: spend(&root),
            ..ProviderUsage::default()
        };
        let is_without_quota =
            |snapshot: &Value| snapshot["unlimited"] == true || number(&snapshot["entitlement"]) == Some(0.0);
        let snapshots = root["quota_snapshots"].as_object();
        with_numbers(usage, snapshots.is_some_and(|all| all.values().all(is_without_quota)))
    }
}

const ROOT: &[&str] = &[
    "quota_snapshots",
    "copilot_plan",
    "monthly_quotas",
    "limited_user_quotas",
];

fn scope(key: &str) -> &str {
    match key {
        "premium_interactions" => "Premium",
        "chat" => "Chat",
        "completions" => "Completions",
        other => other,
    }
}

fn snapshots(root: &Value) -> impl Iterator<Item = Limit> {
    let all = root["quota_snapshots"].as_object().into_iter().flatten();
    all.filter_map(|(key, snapshot)| Some(snapshot_limit(snapshot)?.of(scope(key))))
}

/// `{"entitlement":300,"remaining":173,"percent_remaining":57.6,"unlimited":false}`
fn snapshot_limit(snapshot: &Value) -> Option<Limit> {
    if snapshot["unlimited"] == true {
        return None;
    }
    let entitlement = number(&snapshot["entitlement"]);
    let remaining = number(&snapshot["remaining"]).or_else(|| number(&snapshot["quota_remaining"]));
    // What business seats carry in place of a quota.
    if entitlement == Some(0.0) && remaining == Some(0.0) {
        return None;
    }
    let counts = entitlement.zip(remaining).filter(|(entitlement, _)| *entitlement > 0.0);
    let counted = counts.map(|(entitlement, remaining)| (entitlement - remaining, entitlement));
    let by_count = counted.map(|(used, limit)| used / limit * 100.0);
    let by_percent = number(&snapshot["percent_remaining"]).map(|left| 100.0 - left);
    let percent = match remaining {
        // Where the share left stops at 0, the count goes on.
        Some(remaining) if remaining < 0.0 => by_percent.into_iter().chain(by_count).reduce(f64::max),
        _ => by_percent.or(by_count),
    };
    let limit = Limit::new(percent?, Some(MONTH));
    Some(match counted {
        Some((used, of)) => limit.with_counts(used, of, "requests"),
        None => limit,
    })
}

/// Free accounts: totals and remaining amounts are in different objects.
fn free(root: &Value) -> impl Iterator<Item = Limit> {
    let totals = root["monthly_quotas"].as_object().into_iter().flatten();
    totals.filter_map(|(key, total)| {
        let (total, left) = (number(total)?, number(&root["limited_user_quotas"][key])?);
        Some(Limit::counted(total - left, total, "requests", Some(MONTH))?.of(scope(key)))
    })
}

/// Seats that are billed by tokens count credits.
fn spend(root: &Value) -> Option<Spend> {
    let snapshots = root["quota_snapshots"].as_object().into_iter().flatten();
    let mut places = std::iter::once(root).chain(snapshots.map(|(_, snapshot)| snapshot));
    let used = places.find_map(|place| number(&place["credits_used"]))?;
    Some(Spend::new(used, "credits", SpendPeriod::Month))
}
