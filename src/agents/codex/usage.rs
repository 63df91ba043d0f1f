//! Codex's counters: derives calls from `token_count` records.

use crate::agents::shared::lenient::Count;
use crate::core::tokens::Tokens;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// A token vector as Codex writes it: input includes both kinds of cache, output includes reasoning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub input_tokens: u64,
    #[serde(default)]
    pub cached_input_tokens: u64,
    #[serde(default)]
    pub cache_write_input_tokens: u64,
    #[serde(default)]
    pub output_tokens: u64,
    #[serde(default)]
    pub reasoning_output_tokens: u64,
    #[serde(default)]
    pub total_tokens: u64,
}

/// The same, as found in a file.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageJson {
    input_tokens: Count,
    cached_input_tokens: Count,
    cache_write_input_tokens: Count,
    /// The same in what gateways write.
    cache_creation_input_tokens: Count,
    output_tokens: Count,
    reasoning_output_tokens: Count,
    total_tokens: Count,
}

impl From<UsageJson> for Usage {
    fn from(json: UsageJson) -> Self {
        Self {
            input_tokens: json.input_tokens.0,
            cached_input_tokens: json.cached_input_tokens.0,
            cache_write_input_tokens: json.cache_write_input_tokens.0.max(json.cache_creation_input_tokens.0),
            output_tokens: json.output_tokens.0,
            reasoning_output_tokens: json.reasoning_output_tokens.0,
            total_tokens: json.total_tokens.0,
        }
    }
}

impl Usage {
    /// The fields in which tokens are counted; the total is also used for other things.
    fn fields(&self) -> [u64; 5] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            self.output_tokens,
            self.reasoning_output_tokens,
        ]
    }

    pub(super) fn is_zero(&self) -> bool {
        self.fields() == [0; 5]
    }

    /// In disjoint buckets.
    pub(super) fn tokens(&self) -> Tokens {
        let cached = self.cached_input_tokens.saturating_add(self.cache_write_input_tokens);
        Tokens::new(
            self.input_tokens.saturating_sub(cached),
            self.output_tokens.saturating_sub(self.reasoning_output_tokens),
            self.reasoning_output_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
        )
    }

    fn fell_below(&self, before: &Self) -> bool {
        self.fields()
            .iter()
            .zip(before.fields())
            .any(|(now, before)| *now < before)
    }

    fn minus(&self, before: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens - before.input_tokens,
            cached_input_tokens: self.cached_input_tokens - before.cached_input_tokens,
            cache_write_input_tokens: self.cache_write_input_tokens - before.cache_write_input_tokens,
            output_tokens: self.output_tokens - before.output_tokens,
            reasoning_output_tokens: self.reasoning_output_tokens - before.reasoning_output_tokens,
            total_tokens: self.total_tokens.saturating_sub(before.total_tokens),
        }
    }
}

/// `info` of a `token_count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Info {
    pub total: Usage,
    /// Missing in old files.
    pub last: Option<Usage>,
    /// Hash of the id of the limit that it was written for; 0 where there is none.
    pub limit: u64,
}

impl Info {
    /// Hash of counters as written: with their place in a session they survive being copied, whatever becomes of times.
    pub(super) fn print(&self) -> u64 {
        let usages = std::iter::once(&self.total).chain(&self.last);
        let numbers = usages.flat_map(|usage| usage.fields().into_iter().chain([usage.total_tokens]));
        xxh3_64(&numbers.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
    }
}

/// Upper bound of records that still expect a repetition.
const MOST_ECHOES: usize = 8;
/// Upper bound of limits whose latest counters are remembered.
const MOST_LIMITS: usize = 8;

/// What of a session's counters is known so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counter {
    total: Option<Usage>,
    /// The hash of the latest counters that were written for each limit. A limit repeats its own when others have gone on.
    #[serde(default)]
    latest: Vec<(u64, u64)>,
    /// How often the totals started again from below.
    pub restarts: u32,
    /// Usages of `token_usage_record`s, with the totals after them; a `token_count` that repeats each of them follows.
    echoes: Vec<(Usage, Usage)>,
    /// Hash of the answer that the last record was about, with the counters after it.
    answer: Option<u64>,
}

impl Counter {
    /// Whether there were any totals.
    pub(super) fn has_begun(&self) -> bool {
        self.total.is_some()
    }

    /// The usage of one call, if this `token_count` has one.
    pub(super) fn count(&mut self, info: &Info) -> Option<Usage> {
        let is_repeated = self.note(info);
        let before = self.total.replace(info.total);
        // Written again before the follow-up of every tool call, with a fresh time; and as an estimate of the context
        // (`last` all zero but its total) after a compaction.
        if before == Some(info.total) {
            return None;
        }
        if is_repeated {
            self.total = before;
            return None;
        }
        let has_restarted = before.is_some_and(|before| info.total.fell_below(&before));
        self.restarts += u32::from(has_restarted);
        let usage = match (info.last, before) {
            (Some(last), _) => last,
            (None, Some(before)) if !has_restarted => info.total.minus(&before),
            (None, _) => info.total,
        };
        // What a record bills and its `token_count` does not add is in the totals of both.
        let is_echo = |(call, after): &(Usage, Usage)| {
            call.fields() == usage.fields() || (!after.is_zero() && after.fields() == info.total.fields())
        };
        let echo = self.echoes.iter().position(is_echo);
        if let Some(echo) = echo {
            self.echoes.drain(..=echo);
            return None;
        }
        if usage.is_zero() {
            return None;
        }
        // Whatever repeats a record comes before the next call: the repetition of those before is missing.
        self.echoes.clear();
        Some(usage)
    }

    /// Notes the counters as the latest of their limit. Returns whether they were the latest of any.
    fn note(&mut self, info: &Info) -> bool {
        let print = info.print();
        let is_known = self.latest.iter().any(|(_, latest)| *latest == print);
        let own = self.latest.iter().position(|(limit, _)| *limit == info.limit);
        if let Some(at) = own.or((self.latest.len() == MOST_LIMITS).then_some(0)) {
            self.latest.remove(at);
        }
        self.latest.push((info.limit, print));
        is_known && info.last.is_some()
    }

    /// Takes note of a call that has a record of its own, with the id of its answer and the counters after it.
    pub(super) fn recorded(&mut self, usage: Usage, answer: Option<&str>, after: &Usage) {
        let answer = answer.map(|id| xxh3_64(format!("{id}\n{after:?}\n{usage:?}").as_bytes()));
        // Written twice, it is still repeated once.
        if answer.is_some() && std::mem::replace(&mut self.answer, answer) == answer {
            return;
        }
        if self.echoes.len() == MOST_ECHOES {
            self.echoes.remove(0);
        }
        self.echoes.push((usage, *after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            output_tokens: output,
            total_tokens: input + output,
            ..Usage::default()
        }
    }

    fn info(total: Usage, last: Option<Usage>) -> Info {
        Info { total, last, limit: 0 }
    }

    #[test]
    fn buckets_are_disjoint_and_never_negative() {
        let usage = Usage {
            input_tokens: 2600,
            cached_input_tokens: 2000,
            cache_write_input_tokens: 400,
            output_tokens: 10,
            reasoning_output_tokens: 4,
            total_tokens: 2610,
        };
        assert_eq!(usage.tokens(), Tokens::new(200, 6, 4, 2000, 400));
        let absurd = Usage {
            cached_input_tokens: 5000,
            reasoning_output_tokens: 50,
            ..usage
        };
        assert_eq!(absurd.tokens(), Tokens::new(0, 0, 50, 5000, 400));
    }

    #[test]
    fn an_unchanged_total_is_no_call() {
        let mut counter = Counter::default();
        let first = info(usage(10, 1), Some(usage(10, 1)));
        assert_eq!(counter.count(&first), Some(usage(10, 1)));
        assert_eq!(counter.count(&first), None);
        let estimate = Usage {
            total_tokens: 6543,
            ..Usage::default()
        };
        assert_eq!(counter.count(&info(usage(10, 1), Some(estimate))), None);
        assert_eq!(
            counter.count(&info(usage(20, 2), Some(usage(10, 1)))),
            Some(usage(10, 1))
        );
    }

    #[test]
    fn totals_alone_are_subtracted_until_they_restart() {
        let mut counter = Counter::default();
        let usages: Vec<_> = [usage(30, 3), usage(70, 5), usage(21, 1), usage(21, 2)]
            .map(|total| counter.count(&info(total, None)))
            .into();
        assert_eq!(
            usages,
            [usage(30, 3), usage(40, 2), usage(21, 1), usage(0, 1)].map(Some)
        );
        assert_eq!(counter.restarts, 1);
    }

    #[test]
    fn what_a_limit_repeats_is_no_call() {
        let of = |limit, input, output, last_input| Info {
            limit,
            ..info(usage(input, output), Some(usage(last_input, 1)))
        };
        let steps = [
            (of(1, 100, 1, 100), true),
            (of(2, 100, 1, 100), false),
            (of(1, 150, 2, 50), true),
            // The other limit has not gone on.
            (of(2, 100, 1, 100), false),
            (of(1, 150, 2, 50), false),
            // A counter of its own, and both in turns.
            (of(3, 70, 1, 70), true),
            (of(1, 160, 3, 10), true),
            (of(3, 70, 1, 70), false),
            (of(3, 95, 2, 25), true),
            (of(1, 160, 3, 10), false),
            (of(1, 170, 4, 10), true),
        ];
        let mut counter = Counter::default();
        for (at, (info, is_call)) in steps.iter().enumerate() {
            let state = serde_json::to_string(&counter).expect("a state");
            counter = serde_json::from_str(&state).expect("the same");
            assert_eq!(counter.count(info).is_some(), *is_call, "step {at}");
        }
        // Long after.
        for more in 1..=20 {
            assert!(counter.count(&of(1, 170 + more * 5, 4 + more, 5)).is_some());
        }
        assert_eq!(counter.count(&of(3, 95, 2, 25)), None);
        for limit in 10..100 {
            assert!(counter.count(&of(limit, limit * 7, 1, 1)).is_some());
        }
        assert_eq!(counter.latest.len(), MOST_LIMITS);
    }

    #[test]
    fn equal_calls_after_a_restart_count() {
        let mut counter = Counter::default();
        for _ in 0..3 {
            for calls in 1..=3 {
                let call = info(usage(calls * 10, calls), Some(usage(10, 1)));
                assert_eq!(counter.count(&call), Some(usage(10, 1)));
            }
        }
        assert_eq!(counter.restarts, 2);
    }

    #[test]
    fn a_recorded_call_is_not_counted_again() {
        let mut counter = Counter::default();
        counter.recorded(usage(10, 1), Some("r-1"), &Usage::default());
        counter.recorded(usage(20, 1), Some("r-2"), &Usage::default());
        assert_eq!(counter.count(&info(usage(10, 1), Some(usage(10, 1)))), None);
        assert_eq!(counter.count(&info(usage(30, 2), Some(usage(20, 1)))), None);
        // One whose `token_count` has less, as after a search of the provider's.
        counter.recorded(usage(40, 2), Some("r-3"), &usage(70, 4));
        assert_eq!(counter.count(&info(usage(70, 4), Some(usage(30, 2)))), None);
        // A call of an older program that continued the session.
        assert_eq!(
            counter.count(&info(usage(90, 5), Some(usage(20, 1)))),
            Some(usage(20, 1))
        );
    }

    #[test]
    fn a_record_that_was_not_repeated_or_written_twice_hides_no_later_call() {
        let mut counter = Counter::default();
        counter.recorded(usage(10, 1), Some("r-1"), &Usage::default());
        let other = info(usage(35, 3), Some(usage(25, 2)));
        assert_eq!(counter.count(&other), Some(usage(25, 2)));
        let equal = info(usage(45, 4), Some(usage(10, 1)));
        assert_eq!(counter.count(&equal), Some(usage(10, 1)));

        let mut counter = Counter::default();
        counter.recorded(usage(10, 1), Some("r-1"), &Usage::default());
        counter.recorded(usage(10, 1), Some("r-1"), &Usage::default());
        assert_eq!(counter.count(&info(usage(10, 1), Some(usage(10, 1)))), None);
        assert_eq!(
            counter.count(&info(usage(20, 2), Some(usage(10, 1)))),
            Some(usage(10, 1))
        );
    }
}
