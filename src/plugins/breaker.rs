//! The circuit breaker: five failures in a row rest a plugin for a minute, then one trial decides.

const MOST_FAILURES: u32 = 5;
const REST_MS: i64 = 60_000;

/// The failures of one plugin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Epoch milliseconds until which it rests.
    rests_until: Option<i64>,
}

impl Breaker {
    /// Until when the plugin rests, if it does.
    pub(super) fn rests_until(&self, now: i64) -> Option<i64> {
        self.rests_until.filter(|until| now < *until)
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Whether this failure opens the breaker.
    pub(super) fn failed(&mut self, now: i64) -> bool {
        self.failures += 1;
        let opens = self.failures >= MOST_FAILURES;
        if opens {
            self.rests_until = Some(now + REST_MS);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_open_and_one_trial_decides() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            assert!(!breaker.failed(0));
            assert_eq!(breaker.rests_until(0), None);
        }
        assert!(breaker.failed(0));
        assert_eq!(breaker.rests_until(59_999), Some(60_000));
        assert_eq!(breaker.rests_until(60_000), None);
        assert!(breaker.failed(60_000), "the trial failed");
        breaker.succeeded();
        assert!(!breaker.failed(200_000));
    }
}
