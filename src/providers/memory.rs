//! Memory: the last good answer of a provider and how the latest attempt went, shared by all processes.

use super::ask::Refusal;
use super::report::Report;
use super::{About, ProviderHandle};
use crate::core::quota::{LimitSeen, ProviderState, ProviderUsage, Reason};
use crate::system::System;
use crate::system::cache::Cache;
use crate::system::config::Config;
use serde::{Deserialize, Serialize};

/// The folder of the cache that answers are kept in.
pub const CACHE: &str = "providers";

/// Repeated refusals double the wait up to this.
const MAX_DOUBLED_S: u64 = 3600;

/// The saved state of one provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Memory {
    /// Which credential it was, at which address: for another one nothing of this holds.
    pub asked_with: String,
    pub answer: Option<Answer>,
    /// The latest attempt, when it failed.
    pub failure: Option<Failure>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Answer {
    /// Epoch milliseconds.
    pub fetched_at: i64,
    pub usage: ProviderUsage,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Epoch milliseconds.
    pub at: i64,
    pub state: ProviderState,
    pub reason: Option<Reason>,
    pub hint: Option<String>,
    /// Nothing is asked before; epoch milliseconds.
    pub blocked_until: Option<i64>,
    /// Refusals with a wait in a row.
    pub strikes: u32,
    /// Failed attempts in a row.
    #[serde(default)]
    pub in_a_row: u32,
}

/// Whether the saved state allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheDecision {
    /// The answer is new enough.
    Fresh,
    /// The provider wants to be left alone for so many seconds.
    Blocked(u64),
    Due,
}

impl Memory {
    /// The saved state, if it belongs to this identity.
    pub fn of(kept: Option<Self>, asked_with: &str) -> Self {
        kept.filter(|memory| memory.asked_with == asked_with)
            .unwrap_or_else(|| Self {
                asked_with: asked_with.to_owned(),
                ..Self::default()
            })
    }

    pub fn standing(&self, now: i64, interval_s: u32) -> CacheDecision {
        let wait = self
            .failure
            .as_ref()
            .and_then(|failure| failure.blocked_until)
            .filter(|until| *until > now);
        if let Some(until) = wait {
            return CacheDecision::Blocked((until - now).unsigned_abs().div_ceil(1000));
        }
        let is_fresh = self.age(now).is_some_and(|age| age < i64::from(interval_s) * 1000);
        if is_fresh && self.failure.is_none() {
            CacheDecision::Fresh
        } else {
            CacheDecision::Due
        }
    }

    /// Milliseconds since the answer; `None` without one, or when it is from the future of a clock put back.
    pub fn age(&self, now: i64) -> Option<i64> {
        // A process that began a little later may have asked a little earlier.
        const AT_ONCE_MS: i64 = 60_000;
        let age = now - self.answer.as_ref()?.fetched_at;
        (age >= -AT_ONCE_MS).then_some(age.max(0))
    }

    pub fn succeed(&mut self, usage: ProviderUsage, now: i64) {
        self.answer = Some(Answer { fetched_at: now, usage });
        self.failure = None;
    }

    /// Keeps how it failed. The wait that is asked for doubles with every refusal in a row.
    pub fn fail(&mut self, refusal: &Refusal, now: i64) {
        let strikes = match (refusal.retry_after_s, &self.failure) {
            (None, _) => 0,
            (Some(_), Some(last)) => last.strikes.saturating_add(1),
            (Some(_), None) => 1,
        };
        let in_a_row = self.failure.as_ref().map_or(0, |last| last.in_a_row).saturating_add(1);
        let wait_s = refusal.retry_after_s.map(|wait| doubled(wait, strikes));
        self.failure = Some(Failure {
            at: now,
            state: refusal.state,
            reason: refusal.reason,
            hint: refusal.hint.as_deref().map(str::to_owned),
            blocked_until: wait_s.map(|wait| now + wait as i64 * 1000),
            strikes,
            in_a_row,
        });
    }
}

/// The last answer of a provider: for bars and alerts, which send no request and read no credential.
pub fn recall(about: &About, system: &System) -> Option<Memory> {
    let cache = Cache::new(system, CACHE);
    let kept = [about.id.clone(), app_name(about)].map(|name| cache.read::<Memory>(&name));
    let age = |memory: &Memory| memory.answer.as_ref().map(|answer| answer.fetched_at);
    kept.into_iter().flatten().max_by_key(age)
}

/// Slightly more than the longest window of any provider: older limits are meaningless.
pub const TOLD_MS: i64 = 35 * 24 * 3600 * 1000;

/// Reports for every enabled provider without a request: saved answers, and limits from agents' files (`seen`, the
/// newest within [`TOLD_MS`]).
pub fn recalled_reports(
    providers: &[ProviderHandle],
    system: &System,
    config: &Config,
    seen: &[LimitSeen],
    now: i64,
) -> Vec<(Report, Memory)> {
    let all = providers.iter().map(ProviderHandle::about);
    all.filter(|about| config.provider(&about.id).enabled)
        .map(|about| {
            let memory = recall(about, system).unwrap_or_default();
            let mut report = Report::new(about).remembering(&memory, false);
            report.add_local(seen, now);
            (report, memory)
        })
        .collect()
}

/// Answers of a local app are saved separately: they do not affect the provider's retry time.
pub fn app_name(about: &About) -> String {
    format!("{}-app", about.id)
}

impl Failure {
    /// The earlier refusal, with the remaining wait.
    pub fn refusal(&self, now: i64) -> Refusal {
        let left = self.blocked_until.map(|until| until - now).filter(|left| *left > 0);
        let refusal = Refusal {
            retry_after_s: left.map(|left| left.unsigned_abs().div_ceil(1000)),
            ..Refusal::new(self.state, self.reason)
        };
        match &self.hint {
            Some(hint) => refusal.hinting(hint.clone()),
            None => refusal,
        }
    }
}

fn doubled(wait_s: u64, strikes: u32) -> u64 {
    let factor = 1_u64 << strikes.saturating_sub(1).min(20);
    wait_s.saturating_mul(factor).min(MAX_DOUBLED_S.max(wait_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(retry_after_s: u64) -> Refusal {
        Refusal {
            retry_after_s: Some(retry_after_s),
            ..Refusal::new(ProviderState::RateLimited, None)
        }
    }

    #[test]
    fn an_answer_is_fresh_for_its_interval() {
        let mut memory = Memory::default();
        assert_eq!(memory.standing(0, 300), CacheDecision::Due);
        memory.succeed(ProviderUsage::default(), 1_000);
        assert_eq!(memory.standing(300_999, 300), CacheDecision::Fresh);
        assert_eq!(memory.standing(301_000, 300), CacheDecision::Due);
        assert_eq!(memory.standing(999, 300), CacheDecision::Fresh);
        assert_eq!(memory.standing(-60_000, 300), CacheDecision::Due);
    }

    #[test]
    fn refusals_in_a_row_double_the_wait_and_an_answer_forgets_them() {
        let mut memory = Memory::default();
        let mut waits = Vec::new();
        for _ in 0..5 {
            memory.fail(&limited(600), 0);
            waits.push(memory.standing(0, 300));
        }
        assert_eq!(waits, [600, 1200, 2400, 3600, 3600].map(CacheDecision::Blocked));
        memory.fail(&limited(7200), 0);
        assert_eq!(memory.standing(0, 300), CacheDecision::Blocked(7200));
        assert_eq!(memory.standing(7_200_000, 300), CacheDecision::Due);
        memory.succeed(ProviderUsage::default(), 0);
        memory.fail(&limited(60), 0);
        assert_eq!(memory.standing(0, 300), CacheDecision::Blocked(60));
        assert_eq!(memory.failure.map(|failure| failure.in_a_row), Some(1));
    }

    #[test]
    fn what_is_kept_is_recalled_without_a_credential() {
        let home = tempfile::tempdir().expect("a folder");
        let system = System::new(crate::system::Os::Linux, home.path(), Default::default());
        let mut memory = Memory::of(None, "one");
        memory.succeed(ProviderUsage::default(), 5);
        Cache::new(&system, CACHE).write("codex", &memory).expect("written");
        let recalled = crate::providers::built_in();
        let recalled = recalled
            .iter()
            .filter_map(|one| Some((&one.about().id, recall(one.about(), &system)?)));
        assert_eq!(recalled.collect::<Vec<_>>(), [(&"codex".to_owned(), memory)]);
    }

    #[test]
    fn another_credential_starts_with_nothing() {
        let mut memory = Memory::of(None, "one");
        memory.fail(&limited(600), 0);
        assert_eq!(Memory::of(Some(memory.clone()), "one"), memory);
        assert_eq!(Memory::of(Some(memory), "two").failure, None);
    }
}
