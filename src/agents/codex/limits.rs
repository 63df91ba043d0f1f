//! Plan limits that ride on `token_count`.

use crate::agents::shared::batch::LimitSeen;
use crate::agents::shared::lenient::Text;
use crate::core::quota::Limit;
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

/// The provider whose plan these are, as `providers` calls it.
const PROVIDER: &str = "codex";

#[derive(Deserialize)]
struct LimitsJson {
    limit_id: Option<String>,
    limit_name: Option<String>,
    plan_type: Option<String>,
    primary: Option<WindowJson>,
    secondary: Option<WindowJson>,
}

#[derive(Deserialize)]
struct WindowJson {
    used_percent: Option<f64>,
    window_minutes: Option<u64>,
    /// Epoch seconds.
    resets_at: Option<i64>,
    /// Older versions.
    resets_in_seconds: Option<i64>,
}

/// What distinguishes the limit of a record from others; 0 where it has no id.
pub(super) fn limit_hash(raw: &RawValue) -> u64 {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        limit_id: Text<'a>,
    }
    let named = serde_json::from_str::<Named<'_>>(raw.get());
    named.map_or(0, |limit| xxh3_64(limit.limit_id.as_bytes()))
}

/// Reads `rate_limits`: `{"primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1772500000},"plan_type":"plus"}`.
/// An unexpected shape yields no limits: the record is read for its counts.
pub(super) fn parse(raw: &RawValue, seen_at: i64) -> Vec<LimitSeen> {
    let Ok(limits) = serde_json::from_str::<LimitsJson>(raw.get()) else {
        return Vec::new();
    };
    let is_usual = limits.limit_id.as_deref().is_none_or(|id| id == PROVIDER);
    let scope = if is_usual {
        None
    } else {
        limits.limit_name.clone().or(limits.limit_id.clone())
    };
    let windows = [&limits.primary, &limits.secondary];
    windows
        .into_iter()
        .flatten()
        .filter_map(|window| {
            let used_percent = window
                .used_percent
                .filter(|percent| percent.is_finite() && *percent >= 0.0)?;
            let mut limit = Limit::new(used_percent, window.window_minutes);
            if let Some(scope) = &scope {
                limit = limit.of(scope);
            }
            let until = window.resets_at.map(|seconds| seconds.saturating_mul(1000));
            let later = window
                .resets_in_seconds
                .map(|seconds| seen_at.saturating_add(seconds.saturating_mul(1000)));
            Some(LimitSeen {
                provider_id: PROVIDER.to_owned(),
                plan: limits.plan_type.clone(),
                label: limit.label(),
                used_percent,
                window_minutes: window.window_minutes,
                resets_at: until.or(later),
                seen_at,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(json: &str) -> Vec<LimitSeen> {
        let raw: &RawValue = serde_json::from_str(json).expect("JSON");
        parse(raw, 1_000)
    }

    #[test]
    fn windows_are_named_by_their_length() {
        let limits = seen(
            r#"{"limit_id":"codex","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1772500000},
                "secondary":{"used_percent":40,"window_minutes":10080,"resets_in_seconds":60},"plan_type":"plus"}"#,
        );
        let rows: Vec<_> = limits
            .iter()
            .map(|it| (it.label.as_str(), it.used_percent, it.resets_at))
            .collect();
        assert_eq!(
            rows,
            [
                ("5-hour", 12.5, Some(1_772_500_000_000)),
                ("Weekly", 40.0, Some(61_000))
            ]
        );
        assert_eq!(
            (limits[0].plan.as_deref(), limits[0].provider_id.as_str()),
            (Some("plus"), "codex")
        );
    }

    #[test]
    fn other_limits_carry_their_name() {
        let limits =
            seen(r#"{"limit_id":"spark","limit_name":"Spark","primary":{"used_percent":1,"window_minutes":300}}"#);
        assert_eq!(limits[0].label, "5-hour (Spark)");
    }

    #[test]
    fn a_missing_field_is_no_limit() {
        for json in [
            r#"{"primary":null,"secondary":null}"#,
            "{}",
            "null",
            r#"{"primary":{"used_percent":null}}"#,
            "[]",
        ] {
            assert!(seen(json).is_empty(), "{json}");
        }
    }
}
