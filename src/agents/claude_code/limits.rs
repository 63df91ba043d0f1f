//! Plan limits from Claude Code's status line input, which `ttop bar-status claude` saves in a file of ttop.

use crate::agents::shared::batch::Batch;
use crate::agents::shared::jsonl::Lines;
use crate::agents::{Bookmark, Source};
use crate::core::quota::{FIVE_HOURS, Limit, LimitSeen, WEEK};
use crate::system::System;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The key of Claude Code's own record.
pub const LIMITS: &str = "rate_limits";
const SEEN_AT: &str = "seenAt";
/// The provider whose plan these are.
const PROVIDER: &str = "anthropic";

/// The windows by their keys: minutes, and the part of the plan they are for.
const WINDOWS: [(&str, u64, Option<&str>); 4] = [
    ("five_hour", FIVE_HOURS, None),
    ("seven_day", WEEK, None),
    ("seven_day_opus", WEEK, Some("Opus")),
    ("seven_day_sonnet", WEEK, Some("Sonnet")),
];

/// Where they are kept until a sync reads them.
pub fn spool(system: &System) -> PathBuf {
    system.own_data_dir().join("spool").join("claude-code-limits.jsonl")
}

/// A line of that file.
pub fn line(raw: &Value, seen_at: i64) -> Value {
    json!({SEEN_AT: seen_at, LIMITS: raw})
}

/// The windows of a record: `{"five_hour":{"used_percentage":41.5,"resets_at":1795200000}}`, epoch seconds.
pub fn parse(raw: &Value, seen_at: i64) -> Vec<LimitSeen> {
    let window = |(key, minutes, scope): &(&str, u64, Option<&str>)| {
        let window = raw.get(key)?;
        let used_percent = window["used_percentage"].as_f64();
        let used_percent = used_percent.filter(|percent| percent.is_finite() && *percent >= 0.0)?;
        let mut limit = Limit::new(used_percent, Some(*minutes));
        if let Some(scope) = scope {
            limit = limit.of(*scope);
        }
        let resets_at = window["resets_at"].as_f64().map(|seconds| (seconds * 1000.0) as i64);
        Some(LimitSeen {
            provider_id: PROVIDER.to_owned(),
            plan: None,
            label: limit.label(),
            used_percent: limit.used_percent,
            window_minutes: Some(*minutes),
            resets_at,
            seen_at,
        })
    };
    WINDOWS.iter().filter_map(window).collect()
}

/// Reads the limits saved since the last sync.
///
/// # Errors
/// When the file cannot be read.
pub fn read(source: &Source, from: &Bookmark, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
    let mut lines = Lines::open(source, from)?;
    while let Some((_, line)) = lines.next()? {
        // The file is ttop's own: an invalid line was truncated by a full disk.
        let Ok(line) = serde_json::from_slice::<Value>(line) else {
            continue;
        };
        let seen = line[SEEN_AT].as_i64().map(|at| parse(&line[LIMITS], at));
        seen.into_iter().flatten().for_each(|limit| into.limit(limit));
    }
    lines.finish(rules_version, 0, Vec::new(), into)
}
