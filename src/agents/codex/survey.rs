//! The record types, billed fields and service tiers that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "cache_write_input_tokens",
    "cached_input_tokens",
    "input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    version: &["payload.cli_version"],
    words: &[
        Words::new(
            "record type",
            "type",
            &[
                "compacted",
                "event_msg",
                "inter_agent_communication_metadata",
                "response_item",
                "session_meta",
                "token_usage_record",
                "turn_context",
                "world_state",
            ],
        ),
        Words::new("usage field", "type=token_usage_record/payload.usage", USAGE),
        Words::new("usage field", "type=event_msg/payload.info.last_token_usage", USAGE),
        Words::new(
            "service tier",
            "type=event_msg/payload.thread_settings.service_tier",
            &["auto", "batch", "default", "fast", "flex", "priority", "standard"],
        ),
    ],
    columns: &["threads.tokens_used"],
    ..Vocabulary::EMPTY
};
