//! Report: the state of one provider, with or without a request.

use super::About;
use super::ask::Refusal;
use super::memory::Memory;
use crate::core::problem::Problem;
use crate::core::quota::{Capability, DAY, LimitSeen, ProviderState, ProviderUsage, Reason, sort_limits};
use std::sync::Arc;

/// Where numbers come from that no request was made for.
const LOCAL: &str = "local-files";

#[derive(Clone, Debug)]
pub struct Report {
    pub about: Arc<About>,
    pub is_enabled: bool,
    /// State, reason and wait are those of the latest attempt.
    pub state: ProviderState,
    pub reason: Option<Reason>,
    pub retry_after_s: Option<u64>,
    pub hint: Option<String>,
    /// The last good answer, however old.
    pub usage: Option<ProviderUsage>,
    /// When it was given: epoch milliseconds.
    pub fetched_at: Option<i64>,
    pub is_stale: bool,
    /// Where the credential or the numbers come from.
    pub source: Option<String>,
    /// Whether the answer was given now, so that history wants it.
    pub is_new: bool,
    /// What went wrong besides.
    pub problem: Option<Problem>,
}

impl Report {
    pub fn new(about: &Arc<About>) -> Self {
        Self {
            about: Arc::clone(about),
            is_enabled: true,
            state: ProviderState::Ok,
            reason: None,
            retry_after_s: None,
            hint: None,
            usage: None,
            fetched_at: None,
            is_stale: false,
            source: None,
            is_new: false,
            problem: None,
        }
    }

    #[must_use]
    pub fn refused(self, refusal: &Refusal) -> Self {
        let status = || refusal.status.map(|status| format!("HTTP {status}"));
        Self {
            state: refusal.state,
            reason: refusal.reason,
            retry_after_s: refusal.retry_after_s,
            hint: refusal.hint.as_deref().map(str::to_owned).or_else(status),
            ..self
        }
    }

    /// With the numbers that are kept.
    #[must_use]
    pub fn remembering(self, memory: &Memory, is_stale: bool) -> Self {
        let Some(answer) = &memory.answer else { return self };
        Self {
            usage: Some(answer.usage.clone()),
            fetched_at: Some(answer.fetched_at),
            is_stale,
            ..self
        }
    }

    /// Takes numbers that ride in agents' files, window by window, where they are newer than the answer.
    pub fn add_local(&mut self, seen: &[LimitSeen], now: i64) {
        if !self.about.capabilities.contains(&Capability::Limits) {
            return;
        }
        let answered_at = self.fetched_at.unwrap_or(i64::MIN);
        let is_ours = |one: &&LimitSeen| {
            (one.provider_id == self.about.id || one.provider_id == self.about.biller_id)
                && one.seen_at > answered_at
                && ends_at(one) > now
        };
        let mut newest: Vec<&LimitSeen> = Vec::new();
        for one in seen.iter().filter(is_ours) {
            match newest.iter_mut().find(|known| known.label == one.label) {
                Some(known) if known.seen_at < one.seen_at => *known = one,
                Some(_) => {}
                None => newest.push(one),
            }
        }
        let Some(latest) = newest.iter().max_by_key(|one| one.seen_at) else {
            return;
        };
        let usage = self.usage.get_or_insert_default();
        for one in &newest {
            usage.limits.retain(|limit| limit.label() != one.label);
            usage.limits.push(one.limit());
        }
        sort_limits(&mut usage.limits);
        usage.plan = usage.plan.take().or_else(|| latest.plan.clone());
        let oldest_fresh = now - 2 * i64::from(self.about.interval_s) * 1000;
        self.is_stale = latest.seen_at < oldest_fresh;
        self.fetched_at = Some(latest.seen_at);
        self.source = Some(LOCAL.to_owned());
    }

    /// What history keeps of an answer that was given now: one entry per window.
    pub fn to_remember(&self) -> Vec<LimitSeen> {
        let Some(usage) = self.usage.as_ref().filter(|_| self.is_new) else {
            return Vec::new();
        };
        let seen = usage.limits.iter().map(|limit| LimitSeen {
            provider_id: self.about.id.to_owned(),
            plan: usage.plan.clone(),
            label: limit.label(),
            used_percent: limit.used_percent,
            window_minutes: limit.window_minutes,
            resets_at: limit.resets_at,
            seen_at: self.fetched_at.unwrap_or_default(),
        });
        seen.collect()
    }
}

/// When a window that was seen is over, at the latest.
fn ends_at(seen: &LimitSeen) -> i64 {
    let length = i64::try_from(seen.window_minutes.unwrap_or(DAY)).unwrap_or(i64::MAX);
    seen.resets_at
        .unwrap_or_else(|| seen.seen_at.saturating_add(length.saturating_mul(60_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::quota::{FIVE_HOURS, Limit, WEEK};
    use crate::providers::built_in;

    const NOW: i64 = 10_000_000;

    fn report(id: &str, fetched_at: Option<i64>) -> Report {
        let provider = built_in()
            .into_iter()
            .find(|one| one.about().id == id)
            .expect("is known");
        let mut report = Report::new(provider.about());
        report.fetched_at = fetched_at;
        report.usage = fetched_at.map(|_| ProviderUsage {
            limits: vec![Limit::new(10.0, Some(FIVE_HOURS)), Limit::new(20.0, Some(WEEK))],
            ..ProviderUsage::default()
        });
        report
    }

    fn seen(provider_id: &str, label: &str, percent: f64, seen_at: i64) -> LimitSeen {
        LimitSeen {
            provider_id: provider_id.to_owned(),
            plan: Some("Plus".to_owned()),
            label: label.to_owned(),
            used_percent: percent,
            window_minutes: Some(FIVE_HOURS),
            resets_at: Some(NOW + 1),
            seen_at,
        }
    }

    fn percents(report: &Report) -> Vec<f64> {
        let usage = report.usage.iter();
        usage
            .flat_map(|usage| &usage.limits)
            .map(|limit| limit.used_percent)
            .collect()
    }

    #[test]
    fn newer_numbers_of_local_files_replace_their_window_only() {
        let mut report = report("codex", Some(NOW - 5_000));
        report.add_local(
            &[
                seen("openai", "5-hour", 11.0, NOW - 4_000),
                seen("openai", "5-hour", 12.0, NOW - 1_000),
            ],
            NOW,
        );
        assert_eq!(percents(&report), [12.0, 20.0]);
        assert_eq!((report.fetched_at, report.is_stale), (Some(NOW - 1_000), false));
        assert_eq!(report.source.as_deref(), Some("local-files"));
    }

    #[test]
    fn older_numbers_and_windows_that_have_ended_change_nothing() {
        let mut report = report("codex", Some(NOW - 5_000));
        let mut over = seen("openai", "5-hour", 99.0, NOW - 1_000);
        over.resets_at = Some(NOW);
        report.add_local(
            &[
                seen("openai", "5-hour", 11.0, NOW - 6_000),
                over,
                seen("anthropic", "5-hour", 1.0, NOW),
            ],
            NOW,
        );
        assert_eq!(percents(&report), [10.0, 20.0]);
    }

    #[test]
    fn without_an_answer_local_numbers_are_all_there_is() {
        let mut report = report("anthropic", None);
        report.add_local(&[seen("anthropic", "Weekly (Opus)", 11.0, NOW - 4_000_000)], NOW);
        assert_eq!(percents(&report), [11.0]);
        assert!(report.is_stale);
        let mut organization = self::report("openai-api", None);
        organization.add_local(&[seen("openai", "5-hour", 11.0, NOW)], NOW);
        assert!(organization.usage.is_none());
    }

    #[test]
    fn only_new_answers_are_remembered() {
        let mut report = report("codex", Some(NOW));
        assert!(report.to_remember().is_empty());
        report.is_new = true;
        let labels: Vec<_> = report.to_remember().into_iter().map(|seen| seen.label).collect();
        assert_eq!(labels, ["5-hour", "Weekly"]);
    }
}
