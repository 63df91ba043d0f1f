//! `ProviderUsageData` of the SDK, checked field by field, as what ttop knows of a provider.

use crate::core::quota::{Credits, Limit, ProviderState, ProviderUsage, Reason, ReportedTokens, Spend, SpendPeriod};
use crate::providers::ask::Refusal;
use serde_json::Value;

const MOST_TEXT: usize = 200;
const MOST_LIMITS: usize = 64;
const MOST_TOKENS: f64 = 1e15;
/// What a provider asks for that names no time.
const RETRY_AFTER_S: u64 = 300;

/// Categories of errors, by words of their messages, in the order in which they are looked for.
const CATEGORIES: [(ProviderState, &[&str]); 3] = [
    (
        ProviderState::AuthExpired,
        &["expired", "re-authenticate", "refresh failed"],
    ),
    (
        ProviderState::Unauthorized,
        &[
            "invalid",
            "unauthorized",
            "scope",
            "authentication failed",
            "authorization failed",
            "check api key",
            "api key required",
            "token required",
            "not configured",
            "sign in",
            "not enabled",
            "configure",
            "401",
            "403",
        ],
    ),
    (ProviderState::RateLimited, &["rate limit", "too many requests", "429"]),
];

/// Reads an answer.
///
/// # Errors
/// When it tells of an error, or is not of the shape that the SDK gives it; the hint names the fields.
pub fn read(answer: &Value) -> Result<ProviderUsage, Refusal> {
    let schema = || Refusal::new(ProviderState::Unreachable, Some(Reason::Schema));
    if !answer.is_object() {
        return Err(schema().hinting("fetchUsage returned no object"));
    }
    let mut wrong = Vec::new();
    let usage = fields(answer, &mut wrong);
    if !wrong.is_empty() {
        wrong.truncate(8);
        return Err(schema().hinting(format!("not of the SDK's shape: {}", wrong.join(", "))));
    }
    if answer["rateLimited"] == true {
        return Err(limited(answer));
    }
    if let Some(error) = answer["error"].as_str().filter(|error| !error.is_empty()) {
        let lower = error.to_lowercase();
        let category = CATEGORIES
            .iter()
            .find(|(_, words)| words.iter().any(|word| has_word(&lower, word)));
        return Err(match category {
            Some((ProviderState::RateLimited, _)) => limited(answer),
            Some((state, _)) => Refusal::new(*state, None).hinting(short(error)),
            None => Refusal::new(ProviderState::Unreachable, None).hinting(short(error)),
        });
    }
    Ok(usage)
}

/// A number stands for itself only between other characters than digits.
fn has_word(text: &str, word: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.contains(word);
    }
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|part| part == word)
}

fn limited(answer: &Value) -> Refusal {
    let ms = answer["retryAfterMs"].as_f64().filter(|ms| *ms > 0.0);
    Refusal {
        retry_after_s: Some(ms.map_or(RETRY_AFTER_S, |ms| (ms / 1000.0).ceil() as u64).min(86_400)),
        hint: answer["error"].as_str().map(|error| short(error).into()),
        ..Refusal::new(ProviderState::RateLimited, None)
    }
}

fn fields(answer: &Value, wrong: &mut Vec<String>) -> ProviderUsage {
    let mut fields = Fields { wrong };
    if number(&answer["fetchedAt"]).is_none() {
        fields.wrong.push("fetchedAt".to_owned());
    }
    let limits = &answer["limits"];
    let mut listed: Vec<(String, &Value)> = Vec::new();
    match limits["items"].as_array() {
        Some(items) if !items.is_empty() => {
            let named = items.iter().take(MOST_LIMITS).enumerate();
            listed.extend(named.map(|(at, item)| (format!("limits.items[{at}]"), item)));
        }
        _ => listed.extend(["primary", "secondary"].map(|key| (format!("limits.{key}"), &limits[key]))),
    }
    let limits = listed
        .iter()
        .filter_map(|(at, limit)| fields.limit(at, limit))
        .collect();
    let spend = fields.spend(&answer["cost"]);
    let tokens = fields.tokens(&answer["tokens"]);
    let credits = fields.credits(&answer["credits"]);
    if !matches!(answer["error"], Value::Null | Value::String(_)) {
        fields.wrong.push("error".to_owned());
    }
    ProviderUsage {
        plan: fields.text("planType", &answer["planType"]),
        limits,
        credits,
        spend,
        tokens,
        note: None,
    }
}

/// The fields that are not of the SDK's shape, while others are read.
struct Fields<'a> {
    wrong: &'a mut Vec<String>,
}

impl Fields<'_> {
    fn text(&mut self, at: &str, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(short(text)).filter(|text| !text.is_empty()),
            _ => {
                self.wrong.push(at.to_owned());
                None
            }
        }
    }

    fn optional(&mut self, at: String, value: &Value) -> Option<f64> {
        if value.is_null() {
            return None;
        }
        let found = number(value).filter(|number| *number >= 0.0);
        if found.is_none() {
            self.wrong.push(at);
        }
        found
    }

    /// A limit whose percentage is unknown says nothing.
    fn limit(&mut self, at: &str, value: &Value) -> Option<Limit> {
        if value.is_null() {
            return None;
        }
        let percent = self.optional(format!("{at}.usedPercent"), &value["usedPercent"]);
        let minutes = self.optional(format!("{at}.windowMinutes"), &value["windowMinutes"]);
        let resets_at = self.optional(format!("{at}.resetsAt"), &value["resetsAt"]);
        let name = self.text(&format!("{at}.label"), &value["label"]);
        let limit = Limit::new(percent?, minutes.map(|minutes| minutes as u64)).until(resets_at.map(|at| at as i64));
        Some(Limit { name, ..limit })
    }

    /// Only what the provider billed: an estimate of the plugin is no spend.
    fn spend(&mut self, cost: &Value) -> Option<Spend> {
        let actual = &cost["actual"];
        if actual.is_null() {
            return None;
        }
        let total = number(&actual["total"]);
        let currency = self.text("cost.actual.currency", &actual["currency"]);
        match total {
            Some(total) => Some(Spend::new(
                total,
                currency.as_deref().unwrap_or("USD"),
                SpendPeriod::BillingCycle,
            )),
            None => {
                self.wrong.push("cost.actual.total".to_owned());
                None
            }
        }
    }

    fn tokens(&mut self, tokens: &Value) -> Option<ReportedTokens> {
        if tokens.is_null() {
            return None;
        }
        let mut count = |key: &str| {
            let count = self.optional(format!("tokens.{key}"), &tokens[key])?;
            Some(count.min(MOST_TOKENS).round() as u64)
        };
        let (input, output) = (count("input"), count("output"));
        let (cache_read, cache_write) = (count("cacheRead"), count("cacheWrite"));
        Some(ReportedTokens {
            input: input?,
            output: output?,
            cache_read,
            cache_write,
        })
    }

    fn credits(&mut self, credits: &Value) -> Option<Credits> {
        if credits.is_null() {
            return None;
        }
        let is_unlimited = credits["unlimited"] == true;
        let balance = match &credits["balance"] {
            Value::String(text) => text.trim().parse::<f64>().ok().filter(|balance| balance.is_finite()),
            value => number(value),
        };
        match balance {
            Some(balance) => Some(Credits {
                is_unlimited,
                ..Credits::new(balance, "credits")
            }),
            None if is_unlimited => Some(Credits {
                balance: None,
                currency: "credits".to_owned(),
                is_unlimited,
            }),
            None => None,
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

fn short(text: &str) -> String {
    super::ops::log::clean(text, &[]).chars().take(MOST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_are_states() {
        for (error, state) in [
            ("Token expired. Log in again.", ProviderState::AuthExpired),
            ("HTTP 401", ProviderState::Unauthorized),
            ("Invalid API key", ProviderState::Unauthorized),
            ("HTTP 429", ProviderState::RateLimited),
            ("HTTP 500 after 4010 ms", ProviderState::Unreachable),
            ("fetch failed", ProviderState::Unreachable),
        ] {
            let refusal = read(&json!({"fetchedAt": 1, "error": error})).expect_err(error);
            assert_eq!(refusal.state, state, "{error}");
        }
    }

    #[test]
    fn each_field_of_another_shape_is_named() {
        let odd = json!({"fetchedAt": "now", "limits": {"primary": {"usedPercent": "many"}}, "error": 7,
            "cost": {"actual": {"total": null, "currency": "USD"}}});
        let hint = read(&odd).expect_err("refused").hint.expect("a hint");
        for field in ["fetchedAt", "limits.primary.usedPercent", "cost.actual.total", "error"] {
            assert!(hint.contains(field), "{hint}");
        }
    }
}
