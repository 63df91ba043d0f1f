//! Agents whose replies may lack ids: equal replies of a session count each, and copies of the session add nothing.

use crate::support::Home;
use crate::support::counting::read_all;
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::core::tokens::Bucket;
use ttop::system::{Os, System};

/// An agent, where a session lies, what it begins with, a reply of `OUT` tokens, and what lies between replies and at the end.
struct Case {
    agent: &'static str,
    path: &'static str,
    start: &'static str,
    reply: &'static str,
    between: &'static str,
    end: &'static str,
}

const CASES: [Case; 7] = [
    Case {
        agent: "qwen-code",
        path: ".qwen/projects/p/chats/ID.jsonl",
        start: "",
        reply: r#"{"sessionId":"ID","timestamp":"2026-03-02T09:00:00Z","type":"assistant","model":"m","usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":OUT}}"#,
        between: "\n",
        end: "\n",
    },
    Case {
        agent: "qwen-code",
        path: ".qwen/usage/token-usage-ID.jsonl",
        start: "",
        reply: r#"{"sessionId":"ID","timestamp":"2026-03-02T09:00:00Z","model":"m","source":"main","inputTokens":9,"outputTokens":OUT}"#,
        between: "\n",
        end: "\n",
    },
    Case {
        agent: "codebuddy",
        path: ".codebuddy/projects/p/ID.jsonl",
        start: "",
        reply: r#"{"sessionId":"ID","timestamp":1772442000000,"type":"message","role":"assistant","providerData":{"model":"m","rawUsage":{"prompt_tokens":9,"completion_tokens":OUT}}}"#,
        between: "\n",
        end: "\n",
    },
    Case {
        agent: "copilot-cli",
        path: ".copilot/session-state/ID/events.jsonl",
        start: "{\"type\":\"session.start\",\"data\":{\"sessionId\":\"ID\"},\"timestamp\":\"2026-03-02T09:00:00Z\"}\n",
        reply: r#"{"type":"assistant.message","data":{"outputTokens":OUT},"timestamp":"2026-03-02T09:00:01Z"}"#,
        between: "\n",
        end: "\n",
    },
    Case {
        agent: "deepseek-harness",
        path: ".dsh/sessions/p/ID/session.jsonl",
        start: "{\"type\":\"session\",\"id\":\"ID\",\"createdAt\":1772442000000}\n",
        reply: r#"{"type":"assistant/message","time":1772442001000,"data":{"usage":{"inputTokens":9,"outputTokens":OUT}}}"#,
        between: "\n",
        end: "\n",
    },
    Case {
        agent: "cline",
        path: ".cline/data/sessions/ID/ID.messages.json",
        start: r#"{"messages":["#,
        reply: r#"{"role":"assistant","metrics":{"inputTokens":9,"outputTokens":OUT}}"#,
        between: ",",
        end: "]}",
    },
    Case {
        agent: "jcode",
        path: ".jcode/sessions/session_ID.json",
        start: r#"{"model":"m","messages":[{"role":"user","timestamp":"2026-03-02T09:00:00Z"},"#,
        reply: r#"{"role":"assistant","token_usage":{"input_tokens":9,"output_tokens":OUT}}"#,
        between: ",",
        end: "]}",
    },
];

#[test]
fn equal_replies_without_ids_count_each_and_copies_of_them_once() {
    for case in CASES {
        let home = Home::new();
        let agent = *built_in()
            .iter()
            .find(|agent| agent.id() == case.agent)
            .expect("an agent");
        let replies = ["5", "5", "7"].map(|output| case.reply.replace("OUT", output));
        let text = format!("{}{}{}", case.start, replies.join(case.between), case.end);
        let outputs = || {
            let reading = read_all(agent, &System::new(Os::Linux, home.path(), BTreeMap::new()));
            let outputs = reading.turns.iter().map(|turn| turn.tokens.count(Bucket::Output));
            outputs.collect::<Vec<_>>()
        };
        for id in ["0a0a0a0a-0001", "0a0a0a0a-0002"] {
            home.write(&case.path.replace("ID", id), text.replace("ID", id));
            // What describes a session of Cline lies beside it.
            if case.agent == "cline" {
                let path = format!(".cline/data/sessions/{id}/{id}.json");
                home.write(&path, r#"{"started_at":"2026-03-02T09:00:00Z"}"#);
            }
            let mut found = outputs();
            found.sort();
            assert_eq!(found, [Some(5), Some(5), Some(7)], "{} {}", case.agent, case.path);
        }
    }
}
