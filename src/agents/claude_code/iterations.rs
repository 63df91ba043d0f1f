//! The requests one reply took: `usage.iterations`, and `pausedResponses`, which a limit ended before the one whose usage
//! the reply has.

use super::billed::{prompt, written};
use super::reply::{Reply, Usage, UsageJson};
use crate::agents::shared::lenient::{Text, reason};
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

/// No price depends on whether a prompt is larger than fewer tokens.
const LEAST_TIER: u64 = 200_000;

/// A request that is billed beside the one that the reply is.
#[derive(Debug, PartialEq)]
pub(super) struct Extra<'a> {
    /// Which of the reply's requests it is, by its place.
    pub key: String,
    /// `None`: that of the reply.
    pub model: Option<Text<'a>>,
    pub usage: Usage,
    /// Whether its usage is the reply's, which may not be complete yet.
    pub is_latest: bool,
}

/// The requests of a reply.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Requests<'a> {
    pub own: Usage,
    /// Whether that is the reply's usage, or a part of it, and not that of a paused request.
    pub is_latest: bool,
    pub extras: Vec<Extra<'a>>,
}

impl Requests<'_> {
    /// A reply that is one request.
    pub(super) fn of(own: Usage) -> Self {
        Self {
            own,
            is_latest: true,
            extras: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
struct KindJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PausedJson<'a> {
    #[serde(borrow)]
    request_id: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<UsageJson<'a>>,
}

struct Iteration<'a> {
    at: usize,
    kind: KindJson<'a>,
    usage: Usage,
}

impl<'a> Iteration<'a> {
    fn read(at: usize, json: &'a RawValue) -> serde_json::Result<Self> {
        let usage: UsageJson<'_> = serde_json::from_str(json.get())?;
        Ok(Self {
            at,
            kind: serde_json::from_str(json.get())?,
            usage: usage.read(),
        })
    }
}

/// The requests of a reply. The first is the reply: it was known before any other.
///
/// # Errors
/// The reason why its lists cannot be read.
#[inline]
pub(super) fn requests<'a>(reply: &Reply<'a>) -> Result<Requests<'a>, String> {
    // Nearly all.
    if reply.iterations.is_empty() && reply.paused.is_empty() {
        return Ok(Requests::of(reply.usage));
    }
    listed(reply)
}

fn listed<'a>(reply: &Reply<'a>) -> Result<Requests<'a>, String> {
    let paused = paused(reply.paused)?.into_iter().filter_map(|paused| paused.usage);
    let mut usages: Vec<_> = paused.map(|usage| (usage.read(), usage.iterations())).collect();
    usages.push((reply.usage, reply.iterations));
    let (usage, iterations) = usages.remove(0);
    let last = usages.len();
    let mut requests = of_usage(usage, iterations, "")?;
    requests.is_latest = last == 0;
    for (at, (usage, iterations)) in (1..).zip(usages) {
        let key = format!("resumed {at}");
        let Requests { own, extras, .. } = of_usage(usage, iterations, &format!("{key} "))?;
        if prompt(&own) + own.output > 0 {
            requests.extras.push(Extra {
                key,
                model: None,
                usage: own,
                is_latest: at == last,
            });
        }
        requests.extras.extend(extras);
    }
    Ok(requests)
}

/// The hashes of the ids of the requests that a limit ended.
pub(super) fn paused_requests(list: &[u8]) -> Vec<u64> {
    let ids = paused(list).unwrap_or_default().into_iter();
    let ids = ids.filter_map(|paused| paused.request_id);
    ids.map(|id| xxh3_64(id.as_bytes()).max(1)).collect()
}

fn paused(list: &[u8]) -> Result<Vec<PausedJson<'_>>, String> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(list).map_err(|error| format!("paused responses of a reply hold {}", reason(&error)))
}

/// The requests of one usage. Billed beside it are `advisor_message` and `compaction`. A `message` is in it already; what
/// was declined before a `fallback_message` is free.
fn of_usage<'a>(usage: Usage, list: &'a [u8], prefix: &str) -> Result<Requests<'a>, String> {
    let iterations = iterations(list)?;
    let mut requests = Requests::of(usage);
    let extra = |at: usize, model: Option<Text<'a>>, usage| Extra {
        key: format!("{prefix}{at}"),
        model: model.filter(|model| !model.is_empty()),
        usage,
        is_latest: false,
    };
    let (messages, others): (Vec<_>, Vec<_>) = iterations
        .into_iter()
        .partition(|iteration| iteration.kind.kind.as_deref() == Some("message"));
    let places: Vec<_> = messages.iter().map(|iteration| iteration.at).collect();
    let messages = messages.into_iter().map(|iteration| iteration.usage).collect();
    if let Some(mut parts) = split(&usage, messages) {
        requests.own = parts.remove(0);
        requests.extras = places
            .into_iter()
            .skip(1)
            .zip(parts)
            .map(|(at, part)| extra(at, None, part))
            .collect();
    }
    for Iteration { at, kind, usage } in others {
        let is_beside = matches!(kind.kind.as_deref(), Some("advisor_message" | "compaction"));
        if is_beside && prompt(&usage) + usage.output > 0 {
            requests.extras.push(extra(at, kind.model, usage));
        }
    }
    Ok(requests)
}

fn iterations(list: &[u8]) -> Result<Vec<Iteration<'_>>, String> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |error| format!("iterations of a reply hold {}", reason(&error));
    let list: Vec<&RawValue> = serde_json::from_slice(list).map_err(wrong)?;
    let read = |(at, json)| Iteration::read(at, json).map_err(wrong);
    list.into_iter().enumerate().map(read).collect()
}

/// The requests whose sum a usage is, where that may change its price: a price for long prompts holds for each by itself.
/// What only the sum states falls to the first part that has room for it.
fn split(sum: &Usage, mut parts: Vec<Usage>) -> Option<Vec<Usage>> {
    let counts = |usage: &Usage| [usage.input, usage.output, usage.cache_read, written(usage)];
    let of_parts = parts.iter().map(counts).fold([0_u64; 4], |sum, part| {
        std::array::from_fn(|at| sum[at].saturating_add(part[at]))
    });
    if parts.len() < 2 || prompt(sum) <= LEAST_TIER || of_parts != counts(sum) {
        return None;
    }
    let told = |of: fn(&Usage) -> u64| parts.iter().map(of).fold(0, u64::saturating_add);
    let mut hours = sum.cache_write_1h.saturating_sub(told(|part| part.cache_write_1h));
    let mut thinking = sum.thinking.saturating_sub(told(|part| part.thinking));
    let mut web_searches = sum.web_searches;
    for part in &mut parts {
        let room = written(part).saturating_sub(part.cache_write_1h.saturating_add(part.cache_write_5m));
        let cache_write_1h = part.cache_write_1h.saturating_add(take(&mut hours, room));
        let room = part.output.saturating_sub(part.thinking);
        *part = Usage {
            input: part.input,
            output: part.output,
            cache_read: part.cache_read,
            cache_write: Some(written(part)),
            cache_write_5m: part.cache_write_5m,
            cache_write_1h,
            thinking: part.thinking.saturating_add(take(&mut thinking, room)),
            web_searches: std::mem::take(&mut web_searches),
            ..*sum
        };
    }
    Some(parts)
}

/// As much of what is left as there is room for.
fn take(left: &mut u64, room: u64) -> u64 {
    let taken = room.min(*left);
    *left -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply<'a>(usage: &Usage, iterations: &'a str, paused: &'a str) -> Reply<'a> {
        Reply {
            usage: *usage,
            iterations: iterations.as_bytes(),
            paused: paused.as_bytes(),
            ..Reply::default()
        }
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage {
            input,
            output,
            ..Usage::default()
        }
    }

    /// Key, model, and input, output, thinking, cache writes and those for an hour of each extra.
    fn shown(requests: &Requests<'_>) -> Vec<(String, String, [u64; 5])> {
        let shown = |extra: &Extra<'_>| {
            let Usage {
                input,
                output,
                thinking,
                cache_write_1h,
                ..
            } = extra.usage;
            let model = extra.model.as_deref().unwrap_or_default().to_owned();
            let counts = [input, output, thinking, written(&extra.usage), cache_write_1h];
            (extra.key.clone(), model, counts)
        };
        requests.extras.iter().map(shown).collect()
    }

    #[test]
    fn only_what_is_billed_beside_the_reply_is_taken() {
        let list = r#"[
            {"type":"compaction","input_tokens":180000,"output_tokens":3500,"cache_read_input_tokens":null},
            {"type":"message","input_tokens":1,"output_tokens":45},
            {"type":"advisor_message","model":"claude-opus-4-8","input_tokens":5,"output_tokens":9,
             "cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":7},"output_tokens_details":{"thinking_tokens":4}},
            {"type":"fallback_message","model":"m","input_tokens":5}, {"type":"advisor_message"}]"#;
        let own = usage(1, 45);
        let requests = requests(&reply(&own, list, "")).expect("lists");
        assert_eq!(requests.own, own);
        assert_eq!(
            shown(&requests),
            [
                ("0".to_owned(), String::new(), [180_000, 3500, 0, 0, 0]),
                ("2".to_owned(), "claude-opus-4-8".to_owned(), [5, 9, 4, 7, 7]),
            ]
        );
    }

    #[test]
    fn messages_of_a_long_sum_are_requests_of_their_own() {
        let list = r#"[{"type":"message","input_tokens":150000,"output_tokens":30,"cache_creation_input_tokens":10},
            {"type":"compaction","input_tokens":9},
            {"type":"message","input_tokens":150000,"output_tokens":70,"cache_creation_input_tokens":20}]"#;
        let sum = Usage {
            cache_write: Some(30),
            cache_write_1h: 15,
            thinking: 40,
            web_searches: 2,
            ..usage(300_000, 100)
        };
        let split = requests(&reply(&sum, list, "")).expect("lists");
        let own = Usage {
            cache_write: Some(10),
            cache_write_1h: 10,
            thinking: 30,
            ..Usage {
                input: 150_000,
                output: 30,
                ..sum
            }
        };
        assert_eq!(split.own, own);
        assert_eq!(
            shown(&split),
            [
                ("2".to_owned(), String::new(), [150_000, 70, 10, 20, 5]),
                ("1".to_owned(), String::new(), [9, 0, 0, 0, 0]),
            ]
        );
        // The whole, where the parts are not all of it, or no price depends on them.
        for sum in [usage(300_001, 100), usage(100_000, 100)] {
            let whole = requests(&reply(&sum, list, "")).expect("lists");
            assert_eq!((whole.own, whole.extras.len()), (sum, 1));
        }
    }

    #[test]
    fn paused_responses_are_requests_of_their_own() {
        let list = r#"[{"limit":"max_tokens","requestId":"req_1","usage":{"input_tokens":50000,"output_tokens":8000,
                "iterations":[{"type":"compaction","input_tokens":7}]}},
            {"limit":"pause_turn","usage":{"input_tokens":0,"output_tokens":0}}, {"limit":"x"}]"#;
        let requests = requests(&reply(&usage(2_000, 300), "", list)).expect("lists");
        assert_eq!(requests.own, usage(50_000, 8_000));
        assert_eq!(
            shown(&requests),
            [
                ("0".to_owned(), String::new(), [7, 0, 0, 0, 0]),
                ("resumed 2".to_owned(), String::new(), [2_000, 300, 0, 0, 0]),
            ]
        );
        let latest: Vec<_> = requests.extras.iter().map(|extra| extra.is_latest).collect();
        assert_eq!(latest, [false, true]);
        assert_eq!(paused_requests(list.as_bytes()), [xxh3_64(b"req_1")]);
    }

    #[test]
    fn a_damaged_list_is_named() {
        for (iterations, paused) in [
            (r#"[{"type":1}]"#, ""),
            ("{}", ""),
            ("", "{}"),
            ("", r#"[{"usage":[1]}]"#),
        ] {
            assert!(
                requests(&reply(&usage(1, 1), iterations, paused)).is_err(),
                "{iterations}{paused}"
            );
        }
    }
}
