//! A message as it was recorded, reduced to what matters for usage.

use crate::core::money::Money;
use std::borrow::Cow;

/// The last instant that every reader of the rows can show: 9999-12-30, in epoch milliseconds.
pub(super) const LAST_MS: i64 = 253_402_128_000_000;

/// Who wrote a message. Version 2 keeps that in a column and leaves it out of the JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    Assistant,
    Other,
    #[default]
    Unsaid,
}

/// The part of a message that matters for usage, as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub role: Role,
    /// Empty where it was not recorded; so is `model`.
    pub provider: Cow<'a, str>,
    pub model: Cow<'a, str>,
    /// The model that answered, where `model` is the router that chose it.
    pub routed: Option<&'a str>,
    /// Epoch milliseconds.
    pub created: Option<i64>,
    pub completed: Option<i64>,
    pub counts: Counts,
    pub cost: Option<Money>,
    /// Why the provider stopped was written down.
    pub is_finished: bool,
    pub is_failed: bool,
}

/// Token counts as recorded: `output` may or may not include `reasoning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// What the provider billed in all; the oldest versions and version 2 do not write it.
    pub total: Option<u64>,
}

impl Counts {
    /// The five buckets in the order of rows.
    pub(super) fn buckets(&self) -> [u64; 5] {
        [
            self.input,
            self.output,
            self.reasoning,
            self.cache_read,
            self.cache_write,
        ]
    }
}
