//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "assistant_response_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "chat_history_tokens",
    "current_message_tokens",
    "input_tokens",
    "max_context_tokens",
    "max_output_tokens",
    "output_tokens",
    "system_prompt_tokens",
    "tool_definitions_tokens",
    "tool_result_tokens",
];

const BILLING: &[&str] = &[
    "cost_usd",
    "credits_consumed",
    "effective_model_name",
    "transaction_id",
    "usage_unit",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new(
            "usage field",
            "chatHistory.[].exchange.response_nodes.[].token_usage",
            USAGE,
        ),
        Words::new(
            "usage field",
            "chatHistory.[].exchange.response_nodes.[].billing_metadata",
            BILLING,
        ),
        Words::new(
            "usage field",
            "subAgents.[].chatHistory.[].exchange.response_nodes.[].token_usage",
            USAGE,
        ),
        Words::new(
            "usage field",
            "subAgents.[].chatHistory.[].exchange.response_nodes.[].billing_metadata",
            BILLING,
        ),
    ],
    counts: &["subAgentCostUsd", "subAgentCreditsUsed", "total_tokens"],
    ..Vocabulary::EMPTY
};
