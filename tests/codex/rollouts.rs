//! Codex rollouts as properties: a cut anywhere changes nothing, repeated counters add nothing, junk costs only itself.

use crate::support::Home;
use crate::support::counting::{Counted, Counting, Reading};
use proptest::prelude::*;
use std::collections::BTreeMap;
use ttop::agents::{Batch, Bookmark, Skip, Source, built_in};
use ttop::system::{Os, System};

const PATH: &str = ".codex/sessions/2026/11/20/rollout-2026-11-20T08-34-11-01a1f817-7e93-7893-9411-a307e052cd49.jsonl";

/// A line of a rollout.
#[derive(Clone, Debug)]
enum Line {
    Model(u8),
    Task(u8),
    /// A reply that used so much by one of two counters: input, of it cached, output, of it reasoning.
    Used(bool, [u16; 4]),
    /// The counters as they were.
    Again(bool),
    /// Another limit of the plan repeats the counters that it has, or takes over those of now.
    Other(bool, bool),
    /// Rate limits without counters.
    Limits,
    Text(String),
    Junk(Vec<u8>),
}

fn sound_line() -> impl Strategy<Value = Line> {
    prop_oneof![
        1 => (0u8..3).prop_map(Line::Model),
        1 => any::<u8>().prop_map(Line::Task),
        4 => any::<(bool, [u16; 4])>().prop_map(|(counter, [input, cached, output, reasoning])| {
            Line::Used(counter, [input, cached % input.max(1), output.max(1), reasoning % output.max(1)])
        }),
        2 => any::<bool>().prop_map(Line::Again),
        2 => any::<(bool, bool)>().prop_map(|(counter, takes)| Line::Other(counter, takes)),
        1 => Just(Line::Limits),
        2 => r#"[a-z"\\{}:,é\[\] ]{0,40}"#.prop_map(Line::Text),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let junk = prop::collection::vec(any::<u8>(), 0..40).prop_map(Line::Junk);
    prop_oneof![8 => sound_line(), 1 => junk]
}

fn usage([input, cached, output, reasoning]: [u64; 4]) -> serde_json::Value {
    serde_json::json!({
        "input_tokens": input, "cached_input_tokens": cached, "output_tokens": output,
        "reasoning_output_tokens": reasoning, "total_tokens": input + output,
    })
}

/// The file, and the tokens its last counters tell.
fn rollout(lines: &[Line]) -> (Vec<u8>, u64) {
    let mut file = Vec::new();
    // Of each counter the totals, and what the last reply added; and the same as another limit has it.
    let mut counters = [[[0u64; 4]; 2]; 2];
    let mut others = [None; 2];
    let write = |at: usize, kind: &str, payload: serde_json::Value| {
        let timestamp = format!("2026-11-20T08:{:02}:{:02}.000Z", at / 60 % 60, at % 60);
        let record = serde_json::json!({"timestamp": timestamp, "type": kind, "payload": payload});
        let mut line = record.to_string().into_bytes();
        line.push(b'\n');
        line
    };
    file.extend(write(
        0,
        "session_meta",
        serde_json::json!({"id": "01a1f817-7e93-7893-9411-a307e052cd49", "cwd": "/home/dev/acme", "model_provider": "openai"}),
    ));
    for (at, line) in lines.iter().enumerate() {
        let count = |limit: String, [total, last]: [[u64; 4]; 2]| serde_json::json!({"type": "token_count", "info": {"total_token_usage": usage(total), "last_token_usage": usage(last)}, "rate_limits": {"limit_id": limit}});
        let (kind, payload) = match line {
            Line::Model(model) => (
                "turn_context",
                serde_json::json!({"model": format!("gpt-5.{model}"), "cwd": "/home/dev/acme"}),
            ),
            Line::Task(id) => (
                "event_msg",
                serde_json::json!({"type": "task_started", "turn_id": format!("turn-{id}")}),
            ),
            Line::Used(counter, used) => {
                let [total, last] = &mut counters[usize::from(*counter)];
                *last = used.map(u64::from);
                total.iter_mut().zip(*last).for_each(|(sum, used)| *sum += used);
                ("event_msg", count(counter.to_string(), [*total, *last]))
            }
            Line::Again(counter) => {
                let now = counters[usize::from(*counter)];
                ("event_msg", count(counter.to_string(), now))
            }
            Line::Other(counter, takes) => {
                let now = counters[usize::from(*counter)];
                let other = &mut others[usize::from(*counter)];
                *other = other.filter(|_| !takes).or(Some(now));
                ("event_msg", count(format!("other {counter}"), other.unwrap_or(now)))
            }
            Line::Limits => (
                "event_msg",
                serde_json::json!({"type": "token_count", "info": null, "rate_limits": null}),
            ),
            Line::Text(text) => (
                "response_item",
                serde_json::json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
            ),
            Line::Junk(bytes) => {
                file.extend(bytes);
                file.push(b'\n');
                continue;
            }
        };
        file.extend(write(at, kind, payload));
    }
    let truth = counters.map(|[total, _]| total[0] + total[2]);
    (file, truth.into_iter().sum())
}

fn sync(counting: &mut Counting, home: &Home, bytes: &[u8]) -> Vec<Counted> {
    home.write(PATH, bytes);
    let Reading { mut turns, .. } = counting.sync(&System::new(Os::Linux, home.path(), BTreeMap::new()));
    turns.sort_by(|a, b| a.turn_id.cmp(&b.turn_id));
    turns
}

fn codex() -> Counting {
    Counting::of(*built_in().iter().find(|agent| agent.id() == "codex").expect("an agent"))
}

fn total(turns: &[Counted]) -> u64 {
    turns.iter().map(|turn| turn.tokens.known_total()).sum()
}

#[test]
fn what_cannot_be_counted_is_named() {
    let (home, id) = (Home::new(), "01a1f817-7e93-7893-9411-a307e052cd49");
    let line = |kind: &str, payload: serde_json::Value| {
        serde_json::json!({"timestamp": "2026-11-20T08:34:11Z", "type": kind, "payload": payload}).to_string() + "\n"
    };
    let file = line("session_meta", serde_json::json!({"id": id}))
        + &line(
            "event_msg",
            serde_json::json!({"type": "token_count", "info": {"last_token_usage": usage([5, 0, 1, 0])}}),
        )
        + &line(
            "token_usage_record",
            serde_json::json!({"response_id": "resp_1", "usage": usage([5, 0, 1, 0])}),
        );
    home.write(PATH, &file);
    let codex = *built_in().iter().find(|agent| agent.id() == "codex").expect("an agent");
    let source = Source::find(home.path().join(PATH), 0).expect("a file");
    let mut batch = Batch::default();
    codex.read(&source, &Bookmark::default(), &mut batch).expect("reads");
    assert!(batch.turns.is_empty());
    assert_eq!(batch.skipped.get(&Skip::Uncounted), Some(&1));
    let reasons: Vec<_> = batch.problems.iter().map(|problem| problem.reason.as_str()).collect();
    assert_eq!(reasons, ["a token_usage_record names no thread"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_rollout_cut_anywhere_counts_as_it_does_at_once(
        lines in prop::collection::vec(line(), 0..24), cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let (home, mut counting) = (Home::new(), codex());
        let (file, _) = rollout(&lines);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(file.len())).collect();
        cuts.sort_unstable();
        for cut in cuts {
            sync(&mut counting, &home, &file[..cut]);
        }
        let grown = sync(&mut counting, &home, &file);
        prop_assert_eq!(&grown, &sync(&mut codex(), &home, &file));
        prop_assert_eq!(&grown, &sync(&mut counting, &home, &file), "read once more");
    }

    #[test]
    fn the_turns_add_up_to_the_last_counters(lines in prop::collection::vec(sound_line(), 0..24)) {
        let (file, truth) = rollout(&lines);
        prop_assert_eq!(total(&sync(&mut codex(), &Home::new(), &file)), truth);
    }

    #[test]
    fn nothing_but_junk_is_nothing(junk in prop::collection::vec(any::<u8>(), 0..600), lines in 0usize..3) {
        let mut file = junk;
        file.extend(std::iter::repeat_n(b'\n', lines));
        prop_assert_eq!(sync(&mut codex(), &Home::new(), &file), []);
    }
}
