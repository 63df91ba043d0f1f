//! Every way of reading a record agrees with the plain one.

use super::super::reply::{Tier, Usage};
use super::place::NEAR_END_BYTES;
use super::*;
use crate::core::fees::Region;
use proptest::prelude::*;

const USAGE: &str = r#"{"input_tokens":3,"cache_creation_input_tokens":610,"cache_read_input_tokens":17400,"cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":10},"output_tokens":418,"output_tokens_details":{"thinking_tokens":256},"server_tool_use":{"web_search_requests":3},"service_tier":"standard","inference_geo":"us","iterations":[],"speed":"fast"}"#;

/// An assistant record with this content, these fields of the message after it, and these of the record at its end.
fn record(content: &str, message: &str, tail: &str) -> String {
    format!(
        r#"{{"parentUuid":null,"isSidechain":true,"cwd":"C:\\dev\\api","sessionId":"s-1","type":"assistant","message":{{"model":"claude-opus-4-6","id":"msg_1","role":"assistant","content":{content}{message}}}{tail},"uuid":"u-1","timestamp":"2026-03-02T09:00:09.050Z"}}"#
    )
}

fn usual(content: &str) -> String {
    let message = format!(r#","stop_reason":null,"stop_sequence":null,"usage":{USAGE}"#);
    record(content, &message, r#","requestId":"r""#)
}

/// Scratches that know nothing, the beginning of the records made here, that and their end, and that of another type.
fn scratches() -> [Scratch; 4] {
    let reply = usual("[]");
    let other = record("[]", "", "").replace("assistant", "user");
    let lines: [&[&str]; 4] = [&[], &[&reply], &[&reply, &reply], &[&reply, &reply, &other]];
    let scratches = lines.map(|lines| {
        let mut scratch = Scratch::default();
        for line in lines {
            scratch.read(line.as_bytes()).expect("a record");
        }
        scratch
    });
    assert!(!scratches[1].head.is_empty() && scratches[1].suffixes.is_empty());
    assert!(!scratches[2].suffixes.is_empty() && scratches[2].other.is_empty());
    assert!(!scratches[3].other.is_empty());
    scratches
}

fn read<'a>(scratch: &'a mut Scratch, line: &'a [u8]) -> serde_json::Result<Option<Reply<'a>>> {
    Ok(match scratch.read(line)? {
        Line::Reply(reply) => Some(reply),
        Line::Uncounted | Line::Other => None,
    })
}

/// The output tokens in a line, which all ways of reading it must agree on.
fn outputs(line: &str) -> Option<u64> {
    let line = line.as_bytes();
    let whole = parse_whole(line).expect("JSON");
    for mut scratch in scratches() {
        assert_eq!(read(&mut scratch, line).expect("a record"), whole);
    }
    whole.map(|reply| reply.usage.output)
}

#[test]
fn takes_every_wanted_field() {
    let line = usual(r#"[{"type":"text","text":"hi"}]"#);
    let expected = Reply {
        session_id: "s-1".into(),
        cwd: r#""C:\\dev\\api""#,
        timestamp: Some(1_772_442_009_050),
        is_sidechain: true,
        is_open: true,
        uuid: b"u-1".into(),
        request_id: b"r".into(),
        message_id: Some("msg_1".into()),
        model: "claude-opus-4-6".into(),
        usage: Usage {
            input: 3,
            output: 418,
            cache_read: 17400,
            cache_write: Some(610),
            cache_write_5m: 600,
            cache_write_1h: 10,
            thinking: 256,
            web_searches: 3,
            region: Region::Us,
            is_fast: true,
            tier: Tier::Standard,
        },
        ..Reply::default()
    };
    for mut scratch in scratches() {
        assert_eq!(
            read(&mut scratch, line.as_bytes()).expect("a record").as_ref(),
            Some(&expected)
        );
    }
    assert_eq!(parse_whole(line.as_bytes()).expect("JSON"), Some(expected));
}

#[test]
fn only_the_usage_of_the_message_counts() {
    let decoy = r#"{"usage":{"output_tokens":9}}"#;
    let stop = r#""stop_reason":"end_turn""#;
    for (line, output) in [
        (
            usual(r#"[{"type":"tool_use","input":{"usage":{"output_tokens":9},"id":null}}]"#),
            Some(418),
        ),
        (usual(r#"[{"name":"usage"},"usage"]"#), Some(418)),
        (usual(r#""plain text""#), Some(418)),
        (record("[]", &format!(r#","usage":{USAGE},{stop}"#), ""), Some(418)),
        (record("[]", &format!(r#","usage":{USAGE}"#), ""), Some(418)),
        (
            record(
                "[]",
                &format!(r#",{stop},"usage":{USAGE}"#),
                &format!(r#","toolUseResult":{decoy}"#),
            ),
            Some(418),
        ),
        (
            record("[]", &format!(r#",{stop}"#), &format!(r#","toolUseResult":{decoy}"#)),
            None,
        ),
        (
            record(
                "[]",
                "",
                &format!(r#","toolUseResult":{{"content":[],"usage":{USAGE}}}"#),
            ),
            None,
        ),
        (record(&format!("[{decoy}]"), &format!(",{stop}"), ""), None),
        (record("[]", &format!(r#",{stop},"usage":null"#), ""), None),
        (
            record("[]", r#","usage":{"output_tokens":null,"input_tokens":-1}"#, ""),
            Some(0),
        ),
        (
            record(
                "[]",
                r#","stop_reason":null,"usage":{"iterations":[{"output_tokens":7}],"output_tokens":5}"#,
                "",
            ),
            Some(5),
        ),
        (
            format!(r#"{{"type":"assistant","message":{{"usage":{USAGE},"content":[{decoy}]}},"x":1}}"#),
            Some(418),
        ),
        (
            format!(r#"{{"message":{{"content":[],{stop},"usage":{USAGE}}},"type":"assistant"}}"#),
            Some(418),
        ),
        (
            format!(r#"{{"message":{{"content":[],{stop},"usage":{USAGE}}},"type":"user"}}"#),
            None,
        ),
        (
            format!(r#"{{"type":"user","message":{{"content":[]}},"toolUseResult":{{"usage":{USAGE}}}}}"#),
            None,
        ),
        (
            format!(r#"{{"type":"progress","data":{{"message":{{{stop},"usage":{USAGE}}}}}}}"#),
            None,
        ),
        (format!(r#"{{"message":{{{stop},"usage":{USAGE}}}}}"#), None),
    ] {
        assert_eq!(outputs(&line), output, "{line}");
        assert_eq!(
            outputs(&line.replace(':', " : ").replace(',', " ,\t")),
            output,
            "spaced {line}"
        );
    }
}

/// What a record adds to the usual one is seen whether or not replies before it had the same.
#[test]
fn what_only_some_replies_have_is_read() {
    let advisor = r#""iterations":[{"type":"advisor_message","input_tokens":1}]"#;
    let paused = r#""pausedResponses":[{"limit":"max_tokens","usage":{"input_tokens":1}}]"#;
    for (from, to) in [
        (r#","requestId":"r""#, r#","isAbortedMidStream":true"#),
        (r#","requestId":"r""#, r#","requestSessionId":"s-0""#),
        (r#","requestId":"r""#, r#","gitBranch":"main""#),
        (r#","requestId":"r""#, r#","version":"2.1.29""#),
        (r#""sessionId":"s-1""#, r#""sessionId":"s-1","version":"2.1.59""#),
        (r#""stop_reason":null"#, r#""stop_reason":"end_turn""#),
        (r#""stop_reason":null"#, r#""stop_details":null"#),
        (r#""sessionId":"s-1""#, r#""sessionId":"s-1","gitBranch":"a\\b""#),
        (r#""iterations":[]"#, advisor),
        (r#""web_search_requests":3"#, r#""web_search_requests":null"#),
        (r#""inference_geo":"us""#, r#""inference_geo":null"#),
        (r#""inference_geo":"us""#, r#""inference_geo":"not_available""#),
        (r#""inference_geo":"us""#, r#""inference_geo":"eu""#),
        (r#""speed":"fast"}"#, &format!(r#""speed":"fast"}},{paused}"#)),
        (r#""role":"assistant""#, &format!(r#""role":"assistant",{paused}"#)),
        (r#""id":"msg_1""#, &format!(r#"{paused},"id":"msg_1""#)),
        (
            r#","requestId":"r""#,
            r#","requestId":"r","answeredWithoutRequest":true"#,
        ),
        (
            r#""sessionId":"s-1""#,
            r#""answeredWithoutRequest":true,"sessionId":"s-1""#,
        ),
        (r#"{"thinking_tokens":256}"#, "null"),
        (r#"{"web_search_requests":3}"#, "[]"),
    ] {
        let line = usual(r#"["text"]"#).replace(from, to);
        let whole = parse_whole(line.as_bytes()).expect("JSON").expect("a reply");
        assert_ne!(
            Some(&whole),
            parse_whole(usual("[]").as_bytes()).expect("JSON").as_ref(),
            "{to}"
        );
        for mut scratch in scratches() {
            let reply = read(&mut scratch, line.as_bytes()).expect("JSON").expect("a reply");
            assert_eq!(reply, whole, "{to}");
        }
    }
}

#[test]
fn odd_texts_do_not_cost_the_record() {
    let line = usual(r#"[{"text":"\ud83d"}]"#)
        .replace("s-1", "s-\\u0031")
        .replace("C:", "\\ud83d");
    for mut scratch in scratches() {
        let reply = read(&mut scratch, line.as_bytes()).expect("JSON").expect("a reply");
        assert_eq!((&*reply.session_id, reply.usage.output), ("s-1", 418));
    }
    let mut bytes = usual(r#"["~"]"#).into_bytes();
    for byte in &mut bytes {
        if *byte == b'~' {
            *byte = 0xff;
        }
    }
    for mut scratch in scratches() {
        let reply = read(&mut scratch, &bytes).expect("JSON").expect("a reply");
        assert_eq!(reply.usage.output, 418);
    }
}

#[test]
fn odd_parts_that_may_be_missing_do_not_cost_the_record() {
    for (from, to) in [
        (
            r#"{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":10}"#,
            "[7]",
        ),
        (r#""service_tier":"standard""#, r#""service_tier":7"#),
        (r#""speed":"fast""#, r#""speed":{}"#),
        (r#","requestId":"r""#, r#","requestId":"r","costUSD":"0.1""#),
    ] {
        let line = usual("[]").replace(from, to);
        assert_ne!(line, usual("[]"), "{to}");
        for line in [line.clone(), line.replace(':', " : ")] {
            for mut scratch in scratches() {
                let reply = read(&mut scratch, line.as_bytes()).expect("JSON").expect("a reply");
                assert_eq!(reply.usage.output, 418, "{line}");
            }
        }
    }
}

#[test]
fn a_broken_line_is_an_error() {
    let line = usual("[]");
    let needle = line.find("\"usage\"").expect("there") + 7;
    for mut scratch in scratches() {
        for cut in needle..line.len() {
            assert!(read(&mut scratch, &line.as_bytes()[..cut]).is_err(), "{cut}");
        }
        let line = line.replace("418", "\"many\"");
        assert!(read(&mut scratch, line.as_bytes()).is_err());
    }
}

#[test]
fn a_count_in_quotes_is_a_count() {
    assert_eq!(outputs(&usual("[]").replace("418", "\"418\"")), Some(418));
}

#[test]
fn counts_are_found_wherever_they_stand() {
    let decoy = r#"{"usage":{"output_tokens":9}}"#;
    let long = format!(r#""{}""#, "x".repeat(2 * NEAR_END_BYTES));
    let end = format!(r#","stop_reason":"tool_use","stop_sequence":null,"usage":{USAGE}"#);
    for content in [
        format!("[{decoy}]"),
        format!("[{decoy},{long}]"),
        format!("[{long},{decoy}]"),
    ] {
        assert_eq!(outputs(&record(&content, &end, r#","requestId":"r""#)), Some(418));
    }
    let other = format!(r#","x":{{"stop_reason":[],"usage":{{"output_tokens":9}}}},"y":{long}"#);
    let near = format!(r#","y":{long},"x":{{"stop_reason":null,"speed":null,"usage":{{"output_tokens":9}}}}"#);
    let after = format!(r#","y":{long},"x":{{"usage":{{"output_tokens":9}},"stop_reason":null}}"#);
    let message_like = r#"{"stop_reason":null,"stop_sequence":null,"usage":{"output_tokens":9}}"#;
    let line = usual("[]");
    let line = line.strip_suffix('}').expect("an object");
    assert_eq!(
        outputs(&format!(r#"{line},"y":{long},"x":{message_like}}}"#)),
        Some(418)
    );
    for tail in [
        format!(r#","x":{long}"#),
        format!(r#","x":[{long},{decoy}]"#),
        other,
        near,
        after,
    ] {
        assert_eq!(outputs(&record("[]", &end, &tail)), Some(418));
    }
}

/// As the program's second version writes them: the type after the message.
#[test]
fn a_type_at_the_end_is_as_good() {
    let line = |kind: &str, output: u32| {
        usual(r#"[{"type":"text","text":"hi"}]"#)
            .replace(r#""type":"assistant","#, "")
            .replace(r#","uuid""#, &format!(r#","type":"{kind}","uuid""#))
            .replace("418", &output.to_string())
    };
    let mut scratch = Scratch::default();
    for output in [1, 22, 333] {
        let line = line("assistant", output);
        let reply = read(&mut scratch, line.as_bytes()).expect("JSON").expect("a reply");
        assert_eq!(reply.usage.output, u64::from(output));
    }
    assert!(!scratch.suffixes.is_empty());
    let other = line("user", 4);
    assert_eq!(read(&mut scratch, other.as_bytes()).expect("JSON"), None);
}

proptest! {
    #[test]
    fn all_ways_agree(
        kind in prop::sample::select(vec!["assistant", "user", "system"]),
        content in r#"("[a-z]{0,9}",|\{"usage":\{"output_tokens":7\}\},|\{"type":"user","message":1\},){0,3}"#,
        filler in 0usize..2_000,
        usage in prop::sample::select(vec![USAGE, r#"{"output_tokens":5}"#, r#"{"output_tokens":[5]}"#, "null"]),
        request in r#"[a-z\\"{},]{0,9}"#,
        tail in r#"(,"usage":\{\}|,"x":\{"usage":\{"output_tokens":8\}\}){0,2}"#,
    ) {
        let content = format!("[{content}\"{}\"]", "y".repeat(filler));
        let tail = format!(r#","requestId":{}{tail}"#, serde_json::to_string(&request).expect("JSON"));
        let line = record(&content, &format!(r#","stop_reason":null,"stop_sequence":null,"usage":{usage}"#), &tail);
        let line = line.replace(r#""type":"assistant""#, &format!(r#""type":"{kind}""#));
        let whole = parse_whole(line.as_bytes()).ok();
        for mut scratch in scratches() {
            prop_assert_eq!(&read(&mut scratch, line.as_bytes()).ok(), &whole);
        }
    }

    #[test]
    fn never_panics_and_agrees_with_what_is_json(
        content in r#"[\[\]{}",:\\a usage]{0,40}"#,
        tail in r#"[\[\]{}",:a]{0,12}"#,
        cut in 0usize..900,
    ) {
        let line = record(&content, &format!(r#","stop_reason":null,"stop_sequence":null,"usage":{USAGE}"#), &tail);
        let line = &line.as_bytes()[..line.len() - cut.saturating_sub(800).min(line.len())];
        for mut scratch in scratches() {
            if let (Ok(fast), Ok(whole)) = (read(&mut scratch, line), parse_whole(line)) {
                prop_assert_eq!(fast, whole);
            }
        }
    }
}
