//! Plan limits over time, from agents' files and from providers.

use super::Ledger;
use crate::core::quota::LimitSeen;
use anyhow::{Context, Result};
use serde_json::Value;

impl Ledger {
    /// Every limit seen since a time (epoch milliseconds), oldest first: the committed ones and the pending ones.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn limits_since(&self, since: i64) -> Result<Vec<LimitSeen>> {
        let mut seen: Vec<LimitSeen> = self
            .pending
            .limits
            .iter()
            .filter(|one| one.seen_at >= since)
            .cloned()
            .collect();
        if let Some(connection) = &self.connection {
            let query = "select provider, label, seen_at, body from seen_limit where seen_at >= ?1";
            let mut statement = connection.prepare_cached(query)?;
            let rows = statement.query_map([since], |row| {
                let body: String = row.get(3)?;
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, body))
            })?;
            for row in rows {
                let (provider_id, label, seen_at, body) = row.context("could not read the limits in the ledger")?;
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                let Some(used_percent) = body["usedPercent"].as_f64() else {
                    continue;
                };
                seen.push(LimitSeen {
                    provider_id,
                    label,
                    seen_at,
                    used_percent,
                    plan: body["plan"].as_str().map(str::to_owned),
                    window_minutes: body["windowMinutes"].as_u64(),
                    resets_at: body["resetsAt"].as_i64(),
                });
            }
        }
        seen.sort_by(|a, b| (a.seen_at, &a.provider_id, &a.label).cmp(&(b.seen_at, &b.provider_id, &b.label)));
        seen.dedup_by(|a, b| (a.seen_at, &a.provider_id, &a.label) == (b.seen_at, &b.provider_id, &b.label));
        Ok(seen)
    }

    /// Keeps limits with the next commit.
    pub fn remember_limits(&mut self, seen: Vec<LimitSeen>) {
        self.pending.limits.extend(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(label: &str, seen_at: i64) -> LimitSeen {
        LimitSeen {
            provider_id: "codex".to_owned(),
            plan: Some("Plus".to_owned()),
            label: label.to_owned(),
            used_percent: 12.5,
            window_minutes: Some(300),
            resets_at: None,
            seen_at,
        }
    }

    #[test]
    fn limits_come_back_as_they_were_seen_before_and_after_a_commit() {
        let mut ledger = Ledger::in_memory().expect("a ledger");
        ledger.remember_limits(vec![seen("Weekly", 20), seen("5-hour", 10), seen("5-hour", 5)]);
        let expected = vec![seen("5-hour", 10), seen("Weekly", 20)];
        assert_eq!(ledger.limits_since(10).expect("readable"), expected);
        ledger.commit(30).expect("committed");
        assert_eq!(ledger.limits_since(10).expect("readable"), expected);
        // Seen again: still one.
        ledger.remember_limits(vec![seen("Weekly", 20)]);
        assert_eq!(ledger.limits_since(10).expect("readable"), expected);
    }
}
