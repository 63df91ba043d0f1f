//! Record types, fields of a usage and service tiers that this reader does not know.

use crate::agents::shared::lenient::{Text, part};
use crate::agents::shared::survey::Survey;
use serde::Deserialize;
use serde_json::value::RawValue;

const TYPES: &[&str] = &[
    "compacted",
    "event_msg",
    "inter_agent_communication_metadata",
    "response_item",
    "session_meta",
    "token_usage_record",
    "turn_context",
    "world_state",
];

const USAGE: &[&str] = &[
    "cache_write_input_tokens",
    "cached_input_tokens",
    "input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
];

const TIERS: &[&str] = &["auto", "batch", "default", "fast", "flex", "priority", "standard"];

#[derive(Deserialize)]
struct RecordJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct PayloadJson<'a> {
    #[serde(borrow)]
    cli_version: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    thread_settings: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct InfoJson<'a> {
    #[serde(borrow)]
    last_token_usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SettingsJson<'a> {
    #[serde(borrow)]
    service_tier: Option<Text<'a>>,
}

/// Notes what is not known of a line; `version` is that of the program that wrote the file, as far as read.
pub(super) fn look(line: &str, version: &mut Option<String>, survey: &mut Survey) {
    // What cannot be read is a problem elsewhere.
    let Ok(record) = serde_json::from_str::<RecordJson<'_>>(line) else {
        return;
    };
    let kind = record.kind.as_deref().unwrap_or_default();
    let is_counted = matches!(kind, "session_meta" | "token_usage_record" | "event_msg");
    let payload = part::<PayloadJson<'_>>(record.payload.filter(|_| is_counted));
    if let Some(found) = payload.as_ref().and_then(|payload| payload.cli_version.as_deref()) {
        *version = Some(found.to_owned());
    }
    let version = version.as_deref();
    if !TYPES.contains(&kind) {
        survey.note("record type", kind, version);
    }
    let Some(payload) = payload else {
        return;
    };
    let last = part::<InfoJson<'_>>(payload.info).and_then(|info| info.last_token_usage);
    for usage in [payload.usage, last] {
        survey.note_fields("usage field", usage, USAGE, version);
    }
    let tier = part::<SettingsJson<'_>>(payload.thread_settings).and_then(|settings| settings.service_tier);
    if let Some(tier) = tier.filter(|tier| !TIERS.contains(&&**tier)) {
        survey.note("service tier", &tier, version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_in_a_record_is_named() {
        let (mut survey, mut version) = (Survey::default(), None);
        for line in [
            r#"{"type":"session_meta","payload":{"id":"a","cli_version":"0.200.0"}}"#,
            r#"{"type":"plan_record","payload":{"text":"secret"}}"#,
            r#"{"type":"token_usage_record","payload":{"usage":{"input_tokens":1,"audio_tokens":3}}}"#,
            r#"{"type":"event_msg","payload":{"type":"thread_settings_applied","thread_settings":{"service_tier":"turbo"}}}"#,
            r#"{"type":"response_item","payload":{"usage":{"x":1}}}"#,
        ] {
            look(line, &mut version, &mut survey);
        }
        let expected = [
            "record type plan_record",
            "service tier turbo",
            "usage field audio_tokens",
        ];
        let expected = expected.map(|name| format!("{name} (version 0.200.0)"));
        assert_eq!(survey.into_counts().into_keys().collect::<Vec<_>>(), expected);
    }
}
