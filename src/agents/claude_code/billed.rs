//! From a reply's usage to the numbers of its turn: its buckets, its rank among copies, its mode and its provider.

use super::reply::{Reply, Tier, Usage};
use crate::core::biller::biller_or;
use crate::core::fees::{Fee, Fees};
use crate::core::tokens::Tokens;
use crate::core::turn::{Mode, Rank};

/// What was written to the cache.
pub(super) fn written(usage: &Usage) -> u64 {
    let parts = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    usage.cache_write.unwrap_or(parts)
}

/// All that was sent.
pub(super) fn prompt(usage: &Usage) -> u64 {
    let rest = usage.cache_read.saturating_add(written(usage));
    usage.input.saturating_add(rest)
}

/// The buckets of a usage; thinking is part of its output.
pub(super) fn tokens(usage: &Usage) -> Tokens {
    let thinking = usage.thinking.min(usage.output);
    Tokens::new(
        usage.input,
        usage.output - thinking,
        thinking,
        usage.cache_read,
        written(usage),
    )
}

/// In the ranks of replies that took several requests because a limit paused them.
pub(super) const RESUMED: u64 = 1 << 61;

/// Not of a sidechain before of one (`/btw` replays the parent's replies), then a finished reply, then one that was resumed,
/// then the larger output, then the larger total, then one that is split into its requests.
pub(super) fn rank(reply: &Reply<'_>, tokens: &Tokens, is_split: bool) -> Rank {
    let main = u64::from(!reply.is_sidechain) << 63;
    let finished = u64::from(!reply.has_placeholder()) << 62;
    let resumed = if reply.paused.is_empty() { 0 } else { RESUMED };
    let total = tokens.known_total().saturating_add(u64::from(is_split));
    Rank(main | finished | resumed | reply.usage.output, total)
}

pub(super) fn fees(usage: &Usage) -> Fees {
    let searches = u32::try_from(usage.web_searches).unwrap_or(u32::MAX);
    Fees::NONE.with(Fee::WebSearch, searches)
}

pub(super) fn mode(usage: &Usage) -> Mode {
    match usage.tier {
        _ if usage.is_fast => Mode::Fast,
        Tier::Standard => Mode::Standard,
        Tier::Batch => Mode::Batch,
        Tier::Flex => Mode::Flex,
        Tier::Priority => Mode::Priority,
        Tier::Other => Mode::Other,
    }
}

/// The provider: Anthropic, unless the ids reveal a reselling cloud or the model has another vendor.
pub(super) fn provider(model: &str, message_id: &str) -> &'static str {
    cloud(message_id).unwrap_or_else(|| biller_or("", model, "anthropic"))
}

/// Clouds mark their messages: `msg_bdrk_01…`, `msg_vrtx_01…`.
fn cloud(message_id: &str) -> Option<&'static str> {
    let rest = message_id.strip_prefix("msg_")?;
    if rest.starts_with("bdrk_") {
        Some("amazon-bedrock")
    } else if rest.starts_with("vrtx_") {
        Some("google-vertex-anthropic")
    } else {
        None
    }
}

/// Providers of replies: most have the model of the one before.
#[derive(Default)]
pub(super) struct Providers {
    model: String,
    of_model: Option<&'static str>,
}

impl Providers {
    /// As [`provider`].
    pub(super) fn of(&mut self, model: &str, message_id: &str) -> &'static str {
        // Without an id, it is the model's.
        let known = self.of_model.filter(|_| self.model == model);
        let of_model = known.unwrap_or_else(|| {
            model.clone_into(&mut self.model);
            provider(model, "")
        });
        self.of_model = Some(of_model);
        cloud(message_id).unwrap_or(of_model)
    }
}
