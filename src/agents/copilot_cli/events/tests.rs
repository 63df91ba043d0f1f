//! Logs of sessions, cut in every place.

use crate::agents::copilot_cli::CopilotCli;
use crate::agents::shared::testing::read_with_cuts;

const FILE: &str = ".copilot/session-state/s1/events.jsonl";
const SESSION: &str = concat!(
    r#"{"type":"session.start","data":{"sessionId":"s1","startTime":"2026-03-02T09:00:00Z","context":{"cwd":"/home/dev/acme/sub","gitRoot":"/home/dev/acme","model":"gpt-5"}},"id":"e1","timestamp":"2026-03-02T09:00:00Z"}"#,
    "\n",
    r#"{"type":"user.message","data":{"content":"Do it \ud83d"},"id":"e2","timestamp":"2026-03-02T09:00:01Z"}"#,
    "\n",
    r#"{"type":"assistant.message","data":{"messageId":"m1","content":"\"type\":\"session.shutdown\"","outputTokens":5},"id":"e3","timestamp":"2026-03-02T09:00:02Z"}"#,
    "\n",
    r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":9},"id":"e4","timestamp":"2026-03-02T09:00:03Z"}"#,
    "\n",
    r#"{"type":"session.shutdown","data":{"modelMetrics":{"openai/gpt-5":{"requests":{"count":2,"cost":1},"usage":{"inputTokens":100,"outputTokens":9,"cacheReadTokens":40,"cacheWriteTokens":10,"reasoningTokens":4}},"idle":{"usage":null}}},"id":"e5","timestamp":"2026-03-02T09:01:00Z"}"#,
    "\n",
    r#"{"type":"session.resume","data":{},"id":"e6","timestamp":"2026-03-02T10:00:00Z"}"#,
    "\n",
    r#"{"type":"session.model_change","data":{"newModel":"anthropic/claude-x"},"id":"e7","timestamp":"2026-03-02T10:00:01Z"}"#,
    "\n",
    r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":9},"id":"e8","timestamp":"2026-03-02T10:00:02Z"}"#,
    "\n",
    r#"{"type":"assistant.message","data":{"messageId":"m2","outputTokens":3,"toolRequests":null},"id":"e9","timestamp":"2026-03-02T10:00:03Z"}"#,
    "\n",
    r#"{"type":"assistant.message","data":{"messageId":"m3","outputTokens":null},"id":"ea","timestamp":"2026-03-02T10:00:04Z"}"#,
    "\n",
    r#"{"type":"session.shutdown","data":{"modelMetrics":{}},"id":"eb","timestamp":"2026-03-02T10:01:00Z"}"#,
    "\n",
    r#"{"type":"session.shut"#,
);

#[test]
fn a_shutdown_takes_the_place_of_the_replies_of_its_segment() {
    let result = read_with_cuts(&CopilotCli, FILE, SESSION);
    let turns = [
        "s1 m1 gpt-5 [-, 5, -, -, -]",
        "s1 m1 gpt-5 [-, 9, -, -, -]",
        "s1  gpt-5 [50, 5, 4, 40, 10]",
        "s1 m1 claude-x [-, 9, -, -, -]",
        "s1 m2 claude-x [-, 3, -, -, -]",
    ];
    assert_eq!(result.turns, turns);
    // What was written again after resuming is the old reply; the empty shutdown leaves the new one alone.
    assert_eq!(result.counted(), [turns[2], turns[4]]);
    let session = &result.sessions["s1"];
    assert_eq!(session.project.as_ref().expect("a project").path, "/home/dev/acme");
    assert_eq!(session.title.as_ref().expect("a title").rank, 0);
    assert!(result.problems.is_empty());
}

#[test]
fn a_crashed_segment_and_one_that_lost_its_start_keep_their_replies() {
    let text = concat!(
        r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":5,"model":"a"},"id":"e1"}"#,
        "\n",
        r#"{"type":"session.start","data":{"sessionId":"s1"},"id":"e2","timestamp":"2026-03-02T09:00:00Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m2","outputTokens":6,"model":"a"},"id":"e3"}"#,
        "\n",
        r#"{"type":"session.resume","data":{},"id":"e4","timestamp":"2026-03-02T10:00:00Z"}"#,
        "\n",
        r#"{"type":"session.shutdown","data":{"modelMetrics":{"a":{"usage":{"outputTokens":7}}}},"id":"e5"}"#,
        "\n",
    );
    let result = read_with_cuts(&CopilotCli, FILE, text);
    assert_eq!(
        result.counted(),
        [
            "s1 m1 a [-, 5, -, -, -]",
            "s1 m2 a [-, 6, -, -, -]",
            "s1  a [0, 7, 0, 0, 0]"
        ]
    );
}

#[test]
fn a_shutdown_that_is_written_again_ends_nothing() {
    let (start, shutdown) = (
        SESSION.find("\n").expect("a line"),
        SESSION.find("{\"type\":\"session.resume"),
    );
    let (start, closed) = (&SESSION[..=start], &SESSION[..shutdown.expect("a line")]);
    let last = closed.trim_end().rsplit('\n').next().expect("a line");
    let sums = ["s1  gpt-5 [50, 5, 4, 40, 10]"];
    assert_eq!(read_with_cuts(&CopilotCli, FILE, closed).counted(), sums);
    for again in [last, closed, &format!("{start}{last}")] {
        let result = read_with_cuts(&CopilotCli, FILE, &format!("{closed}{again}\n"));
        assert_eq!(result.counted(), sums, "{again}");
    }
}

#[test]
fn one_models_odd_sums_do_not_cost_the_others() {
    for (odd, problems) in [
        ("null", 0),
        (r#"{"requests":{"count":"1"},"usage":null}"#, 0),
        (r#"{"usage":"x"}"#, 1),
    ] {
        let result = read_with_cuts(&CopilotCli, FILE, &SESSION.replace(r#"{"usage":null}"#, odd));
        assert_eq!(result.counted()[0], "s1  gpt-5 [50, 5, 4, 40, 10]");
        assert_eq!(result.problems.len(), problems, "{odd}");
    }
}
