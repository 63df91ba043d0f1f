//! Antigravity: quota per model or model family.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{first_text, instant, items, number, text};
use super::{About, Provider, antigravity_app};
use crate::core::credential::{Credential, CredentialSpec, Entry, Kind, Rank};
use crate::core::quota::{Capability, Limit, ProviderUsage, Reason};
use serde_json::{Value, json};

pub(super) struct Antigravity;

impl Provider for Antigravity {
    fn about(&self) -> About {
        About {
            id: "antigravity".into(),
            name: "Antigravity".into(),
            biller_id: "google".into(),
            base_url: "https://cloudcode-pa.googleapis.com".into(),
            interval_s: 300,
            needs_consent: false,
            capabilities: vec![Capability::Limits],
            credentials: CredentialSpec {
                provider_id: "antigravity".into(),
                accepts: vec![Kind::Oauth],
                tries_others: false,
                variables: vec![],
                entries: vec![Entry {
                    id: "google".into(),
                    kinds: vec![Kind::Oauth],
                }],
                usual: (
                    "antigravity-accounts".into(),
                    "~/.config/opencode/antigravity-accounts.json".into(),
                ),
                hint: "log in with OpenCode's Antigravity plugin".into(),
            },
        }
    }

    /// The running app answers at an address of its own.
    fn host(&self, credential: &Credential) -> Option<String> {
        credential
            .details
            .host
            .clone()
            .filter(|_| credential.rank == Rank::Running)
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        if ask.credential.rank == Rank::Running {
            return antigravity_app::fetch(ask);
        }
        let project = ask.credential.details.project_id.as_deref();
        let body = project.map_or_else(|| json!({}), |project| json!({"project": project}));
        let call = ask.post("/v1internal:fetchAvailableModels", &body).bearer();
        let refused =
            |refusal: Refusal| refusal.explained(Reason::Scope, "start the Antigravity app for complete limits");
        let models = call.object(&["models"]).map_err(refused)?;
        // A second opinion: where it has a fraction, that is the one to believe.
        let quota = ask.post("/v1internal:retrieveUserQuota", &body).bearer();
        let quota = quota
            .send()
            .ok()
            .and_then(|answer| answer.object(&["buckets"]).ok())
            .unwrap_or_default();
        let usage = ProviderUsage {
            limits: limits(&models, &quota),
            ..ProviderUsage::default()
        };
        // Everything full proves that there are models, and no more.
        let mut stated = models["models"].as_object().into_iter().flatten();
        with_numbers(usage, stated.any(|(_, model)| left(&model["quotaInfo"]).is_some()))
    }
}

/// The remaining quota of one model.
struct Left {
    fraction: f64,
    resets_at: Option<i64>,
}

fn limits(models: &Value, quota: &Value) -> Vec<Limit> {
    let bucket_of = |model: &str| {
        let of_model = items(&quota["buckets"]).filter(|bucket| text(&bucket["modelId"]) == Some(model));
        let left = of_model.filter_map(left);
        left.min_by(|a, b| a.fraction.total_cmp(&b.fraction))
    };
    let (mut limits, mut is_proven) = (Vec::new(), false);
    for (id, model) in models["models"].as_object().into_iter().flatten() {
        let stated = left(&model["quotaInfo"]);
        let bucket = bucket_of(id);
        is_proven |= bucket.is_some() || stated.as_ref().is_some_and(|left| left.fraction < 1.0);
        let resets_at = stated.as_ref().and_then(|left| left.resets_at);
        let Some(left) = bucket.or(stated) else { continue };
        let name = first_text(model, &["displayName", "label"]).unwrap_or(id);
        let limit = Limit::new((1.0 - left.fraction) * 100.0, None).of(name);
        limits.push(limit.until(left.resets_at.or(resets_at)));
    }
    // Buckets of models that the list does not have, or that name none.
    for bucket in items(&quota["buckets"]) {
        let model = text(&bucket["modelId"]);
        let is_listed = model.is_some_and(|model| models["models"].get(model).is_some());
        let Some(left) = left(bucket).filter(|_| !is_listed) else {
            continue;
        };
        is_proven = true;
        let limit = Limit::new((1.0 - left.fraction) * 100.0, None).until(left.resets_at);
        limits.push(match model {
            Some(model) => limit.of(model),
            None => limit,
        });
    }
    // Everything full without a bucket lists the models but not their remaining quota.
    if is_proven { limits } else { Vec::new() }
}

fn left(value: &Value) -> Option<Left> {
    Some(Left {
        fraction: number(&value["remainingFraction"])?,
        resets_at: instant(&value["resetTime"]),
    })
}
