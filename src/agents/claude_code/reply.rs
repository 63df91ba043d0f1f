//! One assistant record of a transcript, and the parser that has the last word on it.

use crate::agents::shared::lenient::{self, Count, Text, When};
use crate::core::fees::Region;
use crate::core::tokens::MAX_COUNT;
use crate::core::turn::is_standard_tier;
use memchr::memmem::Finder;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What a line must contain to be a reply; quotes inside JSON strings are escaped, so only keys (and whole strings) match.
pub(super) const NEEDLE: &str = "\"usage\"";

/// Finds the needle.
pub(super) static REPLY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NEEDLE));

/// `speed` of what is billed as fast.
pub(super) const FAST: &str = "fast";

/// The wanted fields of one record.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply<'a> {
    pub session_id: Cow<'a, str>,
    /// The session that asked, in a record that was copied from it.
    pub request_session: Cow<'a, str>,
    /// The record's own id.
    pub uuid: Cow<'a, [u8]>,
    pub request_id: Cow<'a, [u8]>,
    /// As JSON; see [`read_text`].
    pub cwd: &'a str,
    /// As JSON.
    pub branch: &'a str,
    /// Epoch milliseconds; `None` where it is missing or unreadable.
    pub timestamp: Option<i64>,
    pub is_sidechain: bool,
    pub is_api_error: bool,
    /// A hook answered in the model's place.
    pub is_unasked: bool,
    /// The user stopped it: its output count is a placeholder.
    pub is_aborted: bool,
    /// Its `stop_reason` is null: more of it was to come.
    pub is_open: bool,
    /// It is of a version that never writes a `stop_reason`.
    pub is_old: bool,
    /// Dollars; only in very old files.
    pub cost: Option<f64>,
    pub message_id: Option<Cow<'a, str>>,
    pub model: Cow<'a, str>,
    pub usage: Usage,
    /// `message.usage.iterations` as JSON; empty where there are none.
    pub iterations: &'a [u8],
    /// `message.pausedResponses` in the same way.
    pub paused: &'a [u8],
}

impl Reply<'_> {
    /// Whether its output is only the count with which the stream began.
    pub(super) fn has_placeholder(&self) -> bool {
        self.is_aborted || (self.is_open && !self.is_old)
    }
}

/// `message.usage`, but for its iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    /// `None` where the field is missing: then the two parts are all there is.
    pub cache_write: Option<u64>,
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    /// The part of `output` that was thinking.
    pub thinking: u64,
    pub web_searches: u64,
    pub region: Region,
    pub is_fast: bool,
    pub tier: Tier,
}

/// `service_tier`, as far as it changes the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tier {
    #[default]
    Standard,
    Batch,
    Flex,
    Priority,
    Other,
}

impl Tier {
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"batch" => Self::Batch,
            b"flex" => Self::Flex,
            b"priority" => Self::Priority,
            _ if is_standard_tier(name) => Self::Standard,
            _ => Self::Other,
        }
    }
}

/// `inference_geo`: where a request was bound to run.
pub(super) fn region(name: &[u8]) -> Region {
    match name {
        b"us" => Region::Us,
        b"" | b"global" | b"not_available" => Region::Global,
        _ => Region::Other,
    }
}

/// Whether a version, as JSON, leaves `stop_reason` null in every record of a streamed reply. 2.1.59 and before may; newer ones
/// complete the last record of a reply when its stream ends, so there only a reply that was cut off stays at null.
pub(super) fn is_old(version: &str) -> bool {
    const LAST: [u32; 3] = [2, 1, 59];
    let mut parts = version.trim_matches('"').splitn(3, '.').map(str::parse::<u32>);
    let mut part = || parts.next().and_then(Result::ok);
    match (part(), part(), part()) {
        (Some(major), Some(minor), Some(patch)) => [major, minor, patch] <= LAST,
        _ => false,
    }
}

/// A JSON value as text; empty where it is none. Windows paths are full of escapes.
pub(super) fn read_text(json: &str) -> Cow<'_, str> {
    let quoted = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_plain = |text: &&str| !text.bytes().any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
    // Read for every reply: a parser is only needed where there is an escape, and where there is no text it makes an error.
    if let Some(text) = quoted.or(json.is_empty().then_some("")).filter(is_plain) {
        return text.into();
    }
    serde_json::from_str::<Text>(json).map_or("".into(), |text| text.0)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    request_session_id: Option<Text<'a>>,
    #[serde(borrow)]
    uuid: Option<Text<'a>>,
    #[serde(borrow)]
    request_id: Option<Text<'a>>,
    #[serde(borrow)]
    git_branch: Option<&'a RawValue>,
    #[serde(borrow)]
    cwd: Option<&'a RawValue>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    timestamp: Option<When>,
    is_sidechain: Option<bool>,
    is_api_error_message: Option<bool>,
    answered_without_request: Option<bool>,
    is_aborted_mid_stream: Option<bool>,
    #[serde(borrow, rename = "costUSD")]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<MessageJson<'a>>,
}

#[derive(Deserialize)]
struct MessageJson<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    /// `None` where it is missing, which null is not.
    #[serde(borrow, default, deserialize_with = "raw")]
    stop_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<UsageJson<'a>>,
    #[serde(borrow, rename = "pausedResponses")]
    paused: Option<&'a RawValue>,
}

/// A usage, of a reply or of one of the requests that it took.
#[derive(Deserialize)]
pub(super) struct UsageJson<'a> {
    input_tokens: Option<Count>,
    output_tokens: Option<Count>,
    cache_read_input_tokens: Option<Count>,
    cache_creation_input_tokens: Option<Count>,
    #[serde(borrow)]
    cache_creation: Option<&'a RawValue>,
    #[serde(borrow)]
    output_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    server_tool_use: Option<&'a RawValue>,
    #[serde(borrow)]
    inference_geo: Option<&'a RawValue>,
    #[serde(borrow)]
    iterations: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    speed: Option<&'a RawValue>,
}

impl<'a> UsageJson<'a> {
    pub(super) fn read(&self) -> Usage {
        let count = |count: Option<Count>| count.unwrap_or_default().0.min(MAX_COUNT);
        let parts: Option<CacheCreationJson> = lenient::part(self.cache_creation);
        let text = |raw| lenient::part::<Text>(raw).unwrap_or_default();
        let part = |pick: fn(&CacheCreationJson) -> Option<Count>| count(parts.as_ref().and_then(pick));
        Usage {
            input: count(self.input_tokens),
            output: count(self.output_tokens),
            cache_read: count(self.cache_read_input_tokens),
            cache_write: self.cache_creation_input_tokens.map(|it| count(Some(it))),
            cache_write_5m: part(|parts| parts.ephemeral_5m_input_tokens),
            cache_write_1h: part(|parts| parts.ephemeral_1h_input_tokens),
            thinking: count(
                lenient::part::<OutputDetailsJson>(self.output_tokens_details)
                    .unwrap_or_default()
                    .thinking_tokens,
            ),
            web_searches: count(
                lenient::part::<ServerToolsJson>(self.server_tool_use)
                    .unwrap_or_default()
                    .web_search_requests,
            ),
            region: match self.inference_geo.map_or("", RawValue::get) {
                text if text.starts_with('"') => region(text.trim_matches('"').as_bytes()),
                _ => Region::Global,
            },
            tier: Tier::named(text(self.service_tier).as_bytes()),
            is_fast: &*text(self.speed) == FAST,
        }
    }

    /// As JSON; empty where there are none.
    pub(super) fn iterations(&self) -> &'a [u8] {
        list(json(self.iterations))
    }
}

fn json(raw: Option<&RawValue>) -> &[u8] {
    raw.map_or("", RawValue::get).as_bytes()
}

/// A list as JSON; an empty one is none.
pub(super) fn list(json: &[u8]) -> &[u8] {
    if matches!(json, b"[]" | b"null") { b"" } else { json }
}

fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct CacheCreationJson {
    ephemeral_5m_input_tokens: Option<Count>,
    ephemeral_1h_input_tokens: Option<Count>,
}

#[derive(Default, Deserialize)]
struct OutputDetailsJson {
    thinking_tokens: Option<Count>,
}

#[derive(Default, Deserialize)]
struct ServerToolsJson {
    web_search_requests: Option<Count>,
}

/// Reads a line with a parser that reads all of it; `None` for another kind of record, and for a reply without counts.
///
/// # Errors
/// When it is not JSON, or a wanted field has an unexpected type.
pub(super) fn parse_whole(line: &[u8]) -> Result<Option<Reply<'_>>, serde_json::Error> {
    // Only the kind first: records of other kinds may hold anything under the same names.
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Text<'a>>,
    }
    let kind: Kind = serde_json::from_slice(line)?;
    if kind.kind.is_none_or(|kind| kind.0 != "assistant") {
        return Ok(None);
    }
    let record: RecordJson = serde_json::from_slice(line)?;
    let Some(message) = record.message else {
        return Ok(None);
    };
    let Some(usage) = message.usage else {
        return Ok(None);
    };
    Ok(Some(Reply {
        session_id: record.session_id.unwrap_or_default().0,
        request_session: record.request_session_id.unwrap_or_default().0,
        uuid: bytes(record.uuid),
        request_id: bytes(record.request_id),
        cwd: record.cwd.map_or("", RawValue::get),
        branch: record.git_branch.map_or("", RawValue::get),
        timestamp: record.timestamp.and_then(|when| when.0),
        is_sidechain: record.is_sidechain.unwrap_or_default(),
        is_api_error: record.is_api_error_message.unwrap_or_default(),
        is_unasked: record.answered_without_request.unwrap_or_default(),
        is_aborted: record.is_aborted_mid_stream.unwrap_or_default(),
        is_open: message.stop_reason.is_some_and(|reason| reason.get() == "null"),
        is_old: is_old(record.version.map_or("", RawValue::get)),
        cost: lenient::part(record.cost),
        message_id: message.id.map(|id| id.0),
        model: message.model.unwrap_or_default().0,
        iterations: usage.iterations(),
        paused: list(json(message.paused)),
        usage: usage.read(),
    }))
}

fn bytes(text: Option<Text<'_>>) -> Cow<'_, [u8]> {
    match text.unwrap_or_default().0 {
        Cow::Borrowed(text) => text.as_bytes().into(),
        Cow::Owned(text) => text.into_bytes().into(),
    }
}
