//! The message types and billed fields that this reader knows, of Cline and the extensions made from it.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("message type", "type", &["ask", "say"]),
        Words::new(
            "usage field",
            "say=api_req_started/text.@",
            &[
                "apiProtocol",
                "cacheReads",
                "cacheWrites",
                "cancelReason",
                "cost",
                "inferenceProvider",
                "request",
                "retryStatus",
                "streamingFailedMessage",
                "tokensIn",
                "tokensOut",
                "usageMissing",
            ],
        ),
        Words::new(
            "usage field",
            "messages.[].metrics",
            &[
                "cacheReadTokens",
                "cacheWriteTokens",
                "cost",
                "inputTokens",
                "outputTokens",
                "reasoningTokenCount",
            ],
        ),
    ],
    // In the list of tasks.
    counts: &["totalCost"],
    ..Vocabulary::EMPTY
};
