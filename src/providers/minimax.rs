//! MiniMax: windows of a token or coding plan.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{epoch, first_text, items, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Credential, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, Limit, ProviderState, ProviderUsage, WEEK};
use serde_json::Value;

pub(super) struct Minimax;

impl Provider for Minimax {
    fn about(&self) -> About {
        About {
            id: "minimax".into(),
            name: "MiniMax Token/Coding Plan".into(),
            biller_id: "minimax-coding-plan".into(),
            base_url: "https://api.minimax.io".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "minimax".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![
                    Variable::key("MINIMAX_CODING_API_KEY"),
                    Variable::key("MINIMAX_API_KEY"),
                ],
                entries: vec![
                    Entry::any("minimax-coding-plan"),
                    Entry::any("minimax-cn-coding-plan"),
                    Entry::any("minimax"),
                ],
                usual: ("env".into(), "$MINIMAX_CODING_API_KEY".into()),
                hint: "set MINIMAX_CODING_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    fn host(&self, credential: &Credential) -> Option<String> {
        let is_chinese = credential.details.variant.as_deref() == Some("minimax-cn-coding-plan");
        is_chinese.then(|| "https://api.minimaxi.com".to_owned())
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let mut answer = ask.get("/v1/token_plan/remains").bearer().send()?;
        if answer.status() == 404 {
            answer = ask.get("/v1/api/openplatform/coding_plan/remains").bearer().send()?;
        }
        let root = answer.object(&["model_remains", "base_resp", "data"])?;
        // Errors arrive with HTTP 200.
        match number(&root["base_resp"]["status_code"]).map(|code| code as i64) {
            None | Some(0) => {}
            Some(1004) => return Err(Refusal::new(ProviderState::Unauthorized, None)),
            Some(_) => {
                return Err(Refusal::unsupported(
                    "no token or coding plan is active on this account",
                ));
            }
        }
        let data = if root["model_remains"].is_array() {
            &root
        } else {
            &root["data"]
        };
        let titles = [
            "current_subscribe_title",
            "plan_name",
            "combo_title",
            "current_plan_title",
        ];
        let plan = first_text(data, &titles).or_else(|| first_text(&root, &titles));
        let lanes = &data["model_remains"];
        let usage = ProviderUsage {
            plan: plan.map(str::to_owned),
            limits: items(lanes).flat_map(|lane| lane_limits(lane, ask.now())).collect(),
            ..ProviderUsage::default()
        };
        // Lanes without a quota have a status that says so; extras have no week.
        let is_unlimited = |lane: &Value| {
            let has_week = lane.get(WEEKLY.status).is_some();
            is_not_counted(lane, &INTERVAL) && (!has_week || is_not_counted(lane, &WEEKLY))
        };
        with_numbers(usage, lanes.is_array() && items(lanes).all(is_unlimited))
    }
}

/// The keys of one window of a lane.
struct Keys {
    total: &'static str,
    /// What remains, in spite of its name.
    left: &'static str,
    left_percent: &'static str,
    status: &'static str,
    start: &'static str,
    end: &'static str,
    left_ms: &'static str,
    /// Where start and end are missing.
    minutes: Option<u64>,
}

const INTERVAL: Keys = Keys {
    total: "current_interval_total_count",
    left: "current_interval_usage_count",
    left_percent: "current_interval_remaining_percent",
    status: "current_interval_status",
    start: "start_time",
    end: "end_time",
    left_ms: "remains_time",
    minutes: None,
};

const WEEKLY: Keys = Keys {
    total: "current_weekly_total_count",
    left: "current_weekly_usage_count",
    left_percent: "current_weekly_remaining_percent",
    status: "current_weekly_status",
    start: "weekly_start_time",
    end: "weekly_end_time",
    left_ms: "weekly_remains_time",
    minutes: Some(WEEK),
};

/// The text lane is the plan itself and has a week; others are extras. A lane without a name is taken for the plan.
fn lane_limits(lane: &Value, now: i64) -> Vec<Limit> {
    let name = text(&lane["model_name"]).unwrap_or_default();
    let interval = limit(lane, &INTERVAL, now);
    if name.is_empty() || name == "general" || name.starts_with("MiniMax-M") {
        return interval.into_iter().chain(limit(lane, &WEEKLY, now)).collect();
    }
    interval.map(|limit| limit.of(name)).into_iter().collect()
}

fn limit(lane: &Value, keys: &Keys, now: i64) -> Option<Limit> {
    let left_percent = number(&lane[keys.left_percent]);
    let total = number(&lane[keys.total]).filter(|total| *total > 0.0);
    let counts = total
        .zip(number(&lane[keys.left]))
        .map(|(total, left)| (total - left, total));
    if is_not_counted(lane, keys) {
        return None;
    }
    let by_count = counts.map(|(used, total)| used / total * 100.0);
    let percent = left_percent.map(|left| 100.0 - left).or(by_count)?;
    let (start, end) = (epoch(&lane[keys.start], 1), epoch(&lane[keys.end], 1));
    let minutes = start
        .zip(end)
        .and_then(|(start, end)| u64::try_from((end - start) / 60_000).ok());
    let after = || Some(now + number(&lane[keys.left_ms])? as i64);
    let resets_at = end.filter(|end| *end > now).or_else(after);
    let limit = Limit::new(percent, minutes.filter(|minutes| *minutes > 0).or(keys.minutes)).until(resets_at);
    Some(match counts {
        Some((used, total)) => limit.with_counts(used, total, "prompts"),
        None => limit,
    })
}

/// Whether a window is not in the plan, or unlimited: full for ever.
fn is_not_counted(lane: &Value, keys: &Keys) -> bool {
    const NOT_COUNTED: f64 = 3.0;
    number(&lane[keys.status]) == Some(NOT_COUNTED)
        && number(&lane[keys.total]).is_none_or(|total| total <= 0.0)
        && number(&lane[keys.left_percent]).is_none_or(|left| left >= 100.0)
}
