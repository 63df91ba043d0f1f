//! A provider of a case: the row that ttop makes of its answers, and what its models cost.

use super::Seen;
use super::checks::say;
use super::matchers::has;
use super::rows::has_all;
use crate::core::numbers::Numbers;
use crate::core::price::{CostFrom, cost_of};
use crate::core::tokens::Tokens;
use crate::plugins::as_pricing::pricing;
use crate::plugins::usage;
use crate::prices::PriceBook;
use serde_json::{Value, json};

/// Compares the keys of a row that a case names.
pub(super) fn check_row(at: &str, want: &Value, got: &Value, wrong: &mut Vec<String>) {
    for (key, want) in want.as_object().into_iter().flatten() {
        let is_right = match key.as_str() {
            // Words for people, unless they are to be matched; any note may be none.
            "note" if want.is_string() || want["$any"] == true => got.get("note").is_some(),
            "limits" => {
                let (want, got) = (want.as_array(), got["limits"].as_array());
                want.zip(got).is_some_and(|(want, got)| has_all(want, got))
            }
            "limitsLabels" => {
                let limits = got["limits"].as_array().into_iter().flatten();
                *want == limits.map(|limit| limit["label"].clone()).collect::<Value>()
            }
            "problemNames" => {
                let note = got["note"].as_str().unwrap_or_default();
                let mut names = want.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.all(|name| note.contains(name))
            }
            key => got.get(key).is_some_and(|got| has(want, got)),
        };
        say(wrong, is_right, || format!("{at}.{key}: wanted {want}, got {got}"));
    }
}

/// The row of an answer: every key, whether or not the answer has it.
pub(super) fn usage_row(answer: Option<&Value>) -> Value {
    let mut row = json!({
        "state": "unreachable", "reason": null, "note": null, "retryAfterMs": null, "plan": null, "usedPercent": null,
        "limits": null, "limitReached": false, "credits": null, "creditsUnlimited": null, "spend": null,
        "spendCurrency": null, "tokens": null, "fetchedAt": null,
    });
    let decided = answer.map(decided).unwrap_or_default();
    for (key, value) in decided.as_object().into_iter().flatten() {
        row[key] = value.clone();
    }
    row
}

/// The keys of a provider row that an answer decides.
fn decided(answer: &Value) -> Value {
    let usage = match usage::read(answer) {
        Ok(usage) => usage,
        Err(refusal) => {
            return json!({
                "state": refusal.state, "reason": refusal.reason, "note": refusal.hint,
                "retryAfterMs": refusal.retry_after_s.map(|seconds| seconds * 1000),
            });
        }
    };
    let fullest = usage.limits.iter().map(|limit| limit.used_percent).reduce(f64::max);
    let limits = usage.limits.iter().map(|limit| {
        json!({
            "label": limit.label(), "usedPercent": limit.used_percent, "windowMinutes": limit.window_minutes,
            "resetsAt": limit.resets_at,
        })
    });
    json!({
        "state": "ok", "plan": usage.plan, "usedPercent": fullest, "limits": limits.collect::<Vec<_>>(),
        "limitReached": usage.limits.iter().any(|limit| limit.is_reached()),
        "credits": usage.credits.as_ref().and_then(|credits| credits.balance),
        "creditsUnlimited": usage.credits.as_ref().map(|credits| credits.is_unlimited),
        "spend": usage.spend.as_ref().map(|spend| spend.amount),
        "spendCurrency": usage.spend.as_ref().map(|spend| spend.currency.clone()),
        "tokens": usage.tokens.map(|tokens| json!({
            "input": tokens.input, "output": tokens.output, "reasoning": null,
            "cacheRead": tokens.cache_read, "cacheWrite": tokens.cache_write,
        })),
        "fetchedAt": answer["fetchedAt"],
    })
}

/// Compares `priced` with what turns of the plugin's models cost.
pub(super) fn check_prices(spec: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    let Some(priced) = spec["priced"].as_array() else {
        return;
    };
    let plugins = seen.found.iter().filter_map(|found| found.plugin.as_ref());
    let more: Vec<_> = plugins.filter_map(pricing).collect();
    let book = PriceBook::built_in().with_more(&more);
    for want in priced {
        let text = |key: &str| want[key].as_str().unwrap_or_default();
        let count = |key: &str| want["tokens"][key].as_u64().unwrap_or_default();
        let numbers = Numbers {
            tokens: Tokens::new(
                count("input"),
                count("output"),
                count("reasoning"),
                count("cacheRead"),
                count("cacheWrite"),
            ),
            requests: want["requests"].as_u64().and_then(|count| u32::try_from(count).ok()),
            timestamp: jiff::Timestamp::now().as_millisecond(),
            ..Numbers::PLAIN
        };
        let cost = cost_of(&numbers, &book.of(text("providerId"), text("modelId")), CostFrom::Auto);
        let got = json!({"cost": cost.cost, "costStatus": cost.status});
        for key in ["cost", "costStatus"] {
            say(wrong, has(&want[key], &got[key]), || {
                format!("priced {}: {key}: wanted {}, got {got}", text("modelId"), want[key])
            });
        }
    }
}
