//! Prompt caches: which writes were never read again, and what was written twice because the cache had expired.
//!
//! A request reads a prefix of its context from the cache and writes what follows it. Both rules look at one model's
//! requests in one conversation, oldest first, and count only what is certain from their sizes.

/// What a request read and wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheUse {
    /// Epoch milliseconds.
    pub at: i64,
    pub input: u64,
    pub read: u64,
    pub write: u64,
    /// How long what it wrote lasts without being read.
    pub lasts_ms: i64,
}

impl CacheUse {
    /// The prefix that is cached after the request.
    const fn cached(&self) -> u64 {
        self.read.saturating_add(self.write)
    }

    const fn context(&self) -> u64 {
        self.cached().saturating_add(self.input)
    }
}

/// How many tokens that each request wrote were read by no later one. What may still be read at `now` does not count.
pub fn unread_writes(uses: &[CacheUse], now: i64) -> Vec<u64> {
    let mut unread = vec![0; uses.len()];
    // The longest prefix that a later request read.
    let mut longest_read: u64 = 0;
    for (at, used) in uses.iter().enumerate().rev() {
        let served = longest_read.saturating_sub(used.read).min(used.write);
        let may_be_read = used.at.saturating_add(used.lasts_ms) > now;
        if !may_be_read {
            unread[at] = used.write - served;
        }
        longest_read = longest_read.max(used.read);
    }
    unread
}

/// How many tokens each request wrote, and sent as input, that the one before had in the cache until it expired. A
/// request with less context than the one before was cut (`/compact`, `/clear`), and proves nothing.
pub fn rewritten(uses: &[CacheUse]) -> Vec<(u64, u64)> {
    let mut lost = vec![(0, 0); uses.len()];
    for (at, pair) in uses.windows(2).enumerate() {
        let [before, used] = pair else { continue };
        let expired = used.at.saturating_sub(before.at) > before.lasts_ms;
        if !expired || used.context() < before.context() {
            continue;
        }
        let missed = before.cached().saturating_sub(used.read);
        let written = missed.min(used.write);
        lost[at + 1] = (written, (missed - written).min(used.input));
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    fn at(minute: i64, input: u64, read: u64, write: u64) -> CacheUse {
        CacheUse {
            at: minute * MINUTE,
            input,
            read,
            write,
            lasts_ms: 5 * MINUTE,
        }
    }

    #[test]
    fn a_write_that_a_later_request_reads_is_not_wasted() {
        let uses = [at(0, 5, 0, 1000), at(1, 5, 1000, 200), at(2, 5, 1150, 300)];
        assert_eq!(unread_writes(&uses, 60 * MINUTE), [0, 50, 300]);
        // The last write may still be read.
        assert_eq!(unread_writes(&uses, 6 * MINUTE), [0, 50, 0]);
        assert_eq!(unread_writes(&[], 0), [0; 0]);
    }

    #[test]
    fn a_pause_longer_than_the_cache_lasts_is_paid_again() {
        let uses = [
            at(0, 5, 0, 1000),
            at(6, 5, 0, 1200),
            at(7, 5, 1200, 10),
            at(20, 300, 400, 600),
        ];
        assert_eq!(rewritten(&uses), [(0, 0), (1000, 0), (0, 0), (600, 210)]);
        let hour = CacheUse {
            lasts_ms: 60 * MINUTE,
            ..uses[0]
        };
        assert_eq!(rewritten(&[hour, uses[1]]), [(0, 0), (0, 0)]);
    }

    #[test]
    fn a_context_that_was_cut_proves_nothing() {
        assert_eq!(rewritten(&[at(0, 0, 0, 1000), at(60, 0, 0, 300)]), [(0, 0), (0, 0)]);
    }

    proptest! {
        #[test]
        fn no_more_is_wasted_than_was_written(
            turns in proptest::collection::vec((0_i64..30, 0_u64..1000, 0_u64..5000, 0_u64..5000), 0..40)
        ) {
            let mut minute = 0;
            let uses: Vec<CacheUse> = turns
                .into_iter()
                .map(|(pause, input, read, write)| {
                    minute += pause;
                    at(minute, input, read, write)
                })
                .collect();
            for (used, unread) in uses.iter().zip(unread_writes(&uses, i64::MAX)) {
                prop_assert!(unread <= used.write);
            }
            for (used, (written, sent)) in uses.iter().zip(rewritten(&uses)) {
                prop_assert!(written <= used.write && sent <= used.input);
            }
        }
    }
}
