//! Cursor: the monthly plan and spend on demand.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, number, text, words};
use super::{About, Provider};
use crate::core::credential::{Credential, CredentialSpec, Entry, Kind};
use crate::core::quota::{Capability, Limit, MONTH, ProviderState, ProviderUsage, Spend, SpendPeriod};
use serde_json::Value;

pub(super) struct Cursor;

impl Provider for Cursor {
    fn about(&self) -> About {
        About {
            id: "cursor".into(),
            name: "Cursor".into(),
            biller_id: "cursor".into(),
            base_url: "https://cursor.com".into(),
            interval_s: 300,
            needs_consent: true,
            capabilities: vec![Capability::Limits, Capability::Spend],
            credentials: CredentialSpec {
                provider_id: "cursor".into(),
                accepts: vec![Kind::Oauth],
                tries_others: false,
                variables: vec![],
                entries: vec![Entry::any("cursor")],
                usual: (
                    "cursor-app".into(),
                    "~/.config/Cursor/User/globalStorage/state.vscdb".into(),
                ),
                hint: "log in with the Cursor app".into(),
            },
        }
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        // In its last minute it could expire on the way.
        if ask.credential.expires_at.is_some_and(|at| at <= ask.now() + 60_000) {
            return Err(Refusal::new(ProviderState::AuthExpired, None));
        }
        let cookie = cookie(ask.credential).ok_or_else(|| {
            let refusal = Refusal::new(ProviderState::Unauthorized, None);
            refusal.hinting("the session has no user id: open Cursor and log in again")
        })?;
        let root = ask.get("/api/usage-summary").header("cookie", cookie).object(ROOT)?;
        let resets_at = instant(&root["billingCycleEnd"]);
        let (own, team) = (&root["individualUsage"], &root["teamUsage"]);
        let plan = &own["plan"];
        let whole = [
            block(plan),
            block(&own["overall"]),
            block(&team["pooled"]).map(|limit| limit.of("Team")),
        ];
        let lane = |key: &str, name: &str| Some(Limit::new(number(&plan[key])?, Some(MONTH)).of(name));
        let lanes = [lane("autoPercentUsed", "Auto"), lane("apiPercentUsed", "API")];
        let limits = whole.into_iter().flatten().take(1).chain(lanes.into_iter().flatten());
        let usage = ProviderUsage {
            plan: text(&root["membershipType"]).map(words),
            limits: limits.map(|limit| limit.until(resets_at)).collect(),
            spend: [own, team].into_iter().find_map(|usage| spend(&usage["onDemand"])),
            ..ProviderUsage::default()
        };
        with_numbers(usage, root["isUnlimited"] == true)
    }
}

const ROOT: &[&str] = &["individualUsage", "teamUsage", "membershipType", "isUnlimited"];

/// The session cookie of the dashboard: the user id at the end of the token's subject, and the token.
fn cookie(credential: &Credential) -> Option<String> {
    let subject = credential.details.user_id.as_deref()?;
    let id = subject.rsplit('|').next().unwrap_or(subject);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_in_cookies = |byte: u8| byte.is_ascii_graphic() && !b"\";,\\".contains(&byte);
    let token = credential.secret()?.expose();
    let fits = !id.is_empty() && id.bytes().all(is_plain) && token.bytes().all(is_in_cookies);
    fits.then(|| format!("WorkosCursorSessionToken={id}%3A%3A{token}"))
}

/// One pool: the percentage it states, else that of its lanes, else that of its amounts, which are in cents.
fn block(block: &Value) -> Option<Limit> {
    let of = |key: &str| number(&block[key]);
    let lanes = match (of("autoPercentUsed"), of("apiPercentUsed")) {
        (Some(auto), Some(api)) => Some((auto + api) / 2.0),
        (auto, api) => auto.or(api),
    };
    let amounts = of("used").zip(of("limit").filter(|limit| *limit > 0.0));
    let by_amount = amounts.map(|(used, limit)| used / limit * 100.0);
    let percent = of("totalPercentUsed").or(lanes).or(by_amount)?;
    let limit = Limit::new(percent, Some(MONTH));
    Some(match amounts {
        Some((used, most)) => limit.with_counts(used / 100.0, most / 100.0, "USD"),
        None => limit,
    })
}

fn spend(on_demand: &Value) -> Option<Spend> {
    let used = number(&on_demand["used"]).filter(|_| on_demand["enabled"] == true)?;
    let spend = Spend::new(used / 100.0, "USD", SpendPeriod::BillingCycle);
    Some(spend.within(number(&on_demand["limit"]).map(|limit| limit / 100.0)))
}
