//! Gemini Code Assist: daily quota per model.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{first_text, instant, items, number, text};
use super::{About, Provider};
use crate::core::credential::{CredentialSpec, Kind, Variable};
use crate::core::quota::{Capability, DAY, Limit, ProviderUsage};
use serde_json::{Value, json};

pub(super) struct Gemini;

impl Provider for Gemini {
    fn about(&self) -> About {
        About {
            id: "gemini".into(),
            name: "Gemini Code Assist".into(),
            biller_id: "google".into(),
            base_url: "https://cloudcode-pa.googleapis.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "gemini".into(),
                accepts: vec![Kind::Oauth],
                tries_others: false,
                variables: vec![Variable::key("GEMINI_API_KEY")],
                entries: vec![],
                usual: ("gemini-cli".into(), "~/.gemini/oauth_creds.json".into()),
                hint: "run gemini and log in with Google".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        if matches!(
            ask.credential.details.auth_type.as_deref(),
            Some("gemini-api-key" | "vertex-ai")
        ) {
            return Err(Refusal::unsupported(
                "gemini logs in with an API key: only Google logins have limits",
            ));
        }
        let metadata =
            json!({"ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"});
        let load = ask
            .post("/v1internal:loadCodeAssist", &json!({"metadata": metadata}))
            .bearer();
        // Only the names of plan and project: nothing depends on it.
        let account = load
            .send()
            .ok()
            .and_then(|answer| answer.object(ACCOUNT).ok())
            .unwrap_or_default();
        let own = ask.credential.details.project_id.as_deref();
        let named = ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT_ID"]
            .into_iter()
            .find_map(|name| ask.system.var(name));
        let project = own.or(named).or_else(|| text(&account["cloudaicompanionProject"]));
        let body = project.map_or_else(|| json!({}), |project| json!({"project": project}));
        let answer = ask.post("/v1internal:retrieveUserQuota", &body).bearer().send()?;
        let root = answer.object(&["buckets"]).map_err(|refusal| match answer.status() {
            403 if answer.mentions("UNSUPPORTED_CLIENT") || answer.mentions("IneligibleTierError") => Refusal {
                status: Some(403),
                ..Refusal::unsupported("this account moved to Antigravity")
            },
            _ => refusal,
        })?;
        let usage = ProviderUsage {
            plan: plan(&account).map(str::to_owned),
            limits: limits(&root),
            ..ProviderUsage::default()
        };
        with_numbers(usage, root["buckets"].as_array().is_some_and(Vec::is_empty))
    }
}

const ACCOUNT: &[&str] = &["currentTier", "paidTier", "cloudaicompanionProject"];

fn plan(account: &Value) -> Option<&str> {
    let named = ["paidTier", "currentTier"]
        .into_iter()
        .find_map(|tier| text(&account[tier]["name"]));
    named.or_else(|| text(&account["currentTier"]["id"]))
}

/// One window per model and kind of token: the bucket with the least left.
fn limits(root: &Value) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    for bucket in items(&root["buckets"]) {
        let (Some(model), Some(left)) = (text(&bucket["modelId"]), number(&bucket["remainingFraction"])) else {
            continue;
        };
        let scope = match first_text(bucket, &["tokenType"]) {
            None | Some("REQUESTS") => model.to_owned(),
            Some(kind) => format!("{model} {}", kind.to_lowercase()),
        };
        let limit = Limit::new((1.0 - left) * 100.0, Some(DAY));
        let limit = limit.until(instant(&bucket["resetTime"])).of(scope);
        match limits.iter_mut().find(|known| known.scope == limit.scope) {
            Some(known) if known.used_percent < limit.used_percent => *known = limit,
            Some(_) => {}
            None => limits.push(limit),
        }
    }
    limits
}
