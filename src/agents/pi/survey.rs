//! The entry types and billed fields that this reader knows, of Pi and everything built on it.

use crate::agents::shared::survey::{Vocabulary, Words};

const TYPES: &[&str] = &[
    "branch_summary",
    "compaction",
    "context_edit",
    "custom",
    "custom_message",
    "label",
    "message",
    "model_change",
    "model_usage",
    "session",
    "session_info",
    "thinking_level_change",
    "title",
    "usage",
];

const USAGE: &[&str] = &[
    "cacheRead",
    "cacheWrite",
    "cacheWrite1h",
    "cost",
    "cttl",
    "input",
    "orchestration",
    "output",
    "reasoning",
    "reasoningTokens",
    "server",
    "totalTokens",
];

const COST: &[&str] = &[
    "cacheRead",
    "cacheWrite",
    "input",
    "output",
    "total",
    "totalFromProvider",
    "totalOrigin",
];

pub(crate) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("entry type", "type", TYPES),
        Words::new("usage field", "message.usage", USAGE),
        Words::new("usage field", "message.usage.cost", COST),
        Words::new("usage field", "usage", USAGE),
        Words::new("usage field", "usage.cost", COST),
        // OpenClaw keeps entries in a database.
        Words::new("entry type", "transcript_events.event_json:type", TYPES),
        Words::new("usage field", "transcript_events.event_json:message.usage", USAGE),
        Words::new("usage field", "transcript_events.event_json:message.usage.cost", COST),
        Words::new("entry type", "transcript_events.event_zstd:type", TYPES),
        Words::new("usage field", "transcript_events.event_zstd:message.usage", USAGE),
    ],
    counts: &["tokensBefore"],
    ..Vocabulary::EMPTY
};
