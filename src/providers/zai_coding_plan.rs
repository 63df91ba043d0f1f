//! Z.ai: the GLM coding plan.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{epoch, first_text, items, number, text};
use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Credential, CredentialSpec, Entry, Variable};
use crate::core::quota::{Capability, DAY, Limit, MONTH, ProviderState, ProviderUsage, WEEK};
use serde_json::Value;

pub(super) struct ZaiCodingPlan;

/// The id of keys that the Chinese host issues.
const CHINA: &str = "zhipuai-coding-plan";

impl Provider for ZaiCodingPlan {
    fn about(&self) -> About {
        About {
            id: "zai-coding-plan".into(),
            name: "Z.ai / GLM Coding Plan".into(),
            biller_id: "zai-coding-plan".into(),
            base_url: "https://api.z.ai".into(),
            interval_s: 120,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "zai-coding-plan".into(),
                accepts: ANY_KIND.to_vec(),
                tries_others: false,
                variables: vec![
                    Variable::key("ZAI_API_KEY"),
                    Variable::key("Z_AI_API_KEY"),
                    Variable {
                        variant: Some(CHINA.into()),
                        ..Variable::key("ZHIPU_API_KEY")
                    },
                ],
                entries: vec![Entry::any("zai-coding-plan"), Entry::any("zhipuai-coding-plan")],
                usual: ("env".into(), "$ZAI_API_KEY".into()),
                hint: "set ZAI_API_KEY, or run opencode auth login".into(),
            },
        }
    }

    /// Key and region stay together: the other host is never tried.
    fn host(&self, credential: &Credential) -> Option<String> {
        let is_chinese = credential.details.variant.as_deref() == Some(CHINA);
        is_chinese.then(|| "https://open.bigmodel.cn".to_owned())
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let root = ask
            .get("/api/monitor/usage/quota/limit")
            .bearer()
            .object(&["data", "code", "success"])?;
        if let Some(refusal) = refusal(&root) {
            return Err(refusal);
        }
        let data = &root["data"];
        let usage = ProviderUsage {
            plan: first_text(data, &["planName", "plan", "plan_type", "packageName", "level"]).map(str::to_owned),
            limits: items(&data["limits"]).filter_map(limit).collect(),
            ..ProviderUsage::default()
        };
        with_numbers(usage, data["limits"].as_array().is_some_and(Vec::is_empty))
    }
}

/// Errors arrive with HTTP 200: `{"code":1002,"success":false}`.
fn refusal(root: &Value) -> Option<Refusal> {
    let code = number(&root["code"]).map(|code| code as i64);
    match code {
        Some(401 | 1000..=1004) => Some(Refusal::new(ProviderState::Unauthorized, None)),
        None | Some(0 | 200) if root["success"] != false => None,
        _ => Some(Refusal::unsupported("no coding plan is active on this account")),
    }
}

fn limit(one: &Value) -> Option<Limit> {
    let kind = text(&one["type"]);
    let (unit, is_calls) = match kind {
        Some("TOKENS_LIMIT") => ("tokens", false),
        Some("CREDIT_LIMIT") => ("credits", false),
        Some("TIME_LIMIT") => ("calls", true),
        // Another kind of limit would be taken for one of these.
        Some(_) => return None,
        None => ("", false),
    };
    let minutes = minutes(&one["unit"], &one["number"]);
    // One minute encodes the calls of a month.
    let minutes = if is_calls && minutes == Some(1) {
        Some(MONTH)
    } else {
        minutes
    };
    // `usage` is the total, `currentValue` the used part.
    let total = number(&one["usage"]).filter(|total| *total > 0.0);
    let left = number(&one["remaining"]).zip(total).map(|(left, total)| total - left);
    let used = left.into_iter().chain(number(&one["currentValue"])).reduce(f64::max);
    let limit = match used.zip(total) {
        Some((used, total)) => Limit::new((used / total * 100.0).min(100.0), minutes).with_counts(used, total, unit),
        None => Limit::new(number(&one["percentage"])?.min(100.0), minutes),
    };
    let limit = limit.until(epoch(&one["nextResetTime"], 1));
    Some(if is_calls { limit.of("MCP") } else { limit })
}

fn minutes(unit: &Value, count: &Value) -> Option<u64> {
    let each = match number(unit)? as i64 {
        1 => DAY,
        3 => 60,
        5 => 1,
        6 => WEEK,
        _ => return None,
    };
    let count = number(count).filter(|count| *count >= 1.0)?;
    Some((count as u64).saturating_mul(each))
}
