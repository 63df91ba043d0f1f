//! Lists that describe all sessions of an agent: what one says counts whenever it comes, and a session of which it says nothing
//! new is not read again.

use crate::incremental::comparable;
use crate::support;
use crate::support::counting::{Counting, read_all};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use ttop::agents::built_in;
use ttop::system::{Os, System};

/// A session, and a list that says different things of it over time; the last one says something new of another session only.
struct Case {
    agent: &'static str,
    sessions: &'static [(&'static str, &'static str)],
    list: &'static str,
    said: &'static [&'static str],
    /// A text that must be in what was read once the list is there.
    shows: &'static str,
}

const CASES: [Case; 8] = [
    Case {
        agent: "codebuddy",
        sessions: &[(
            ".codebuddy/projects/home-dev-acme/s1000000.jsonl",
            "{\"timestamp\":1772442001000,\"type\":\"message\",\"role\":\"assistant\",\"sessionId\":\"s1000000\",\"providerData\":{\
             \"messageId\":\"m1\",\"requestModelId\":\"custom-local:my-model\",\"rawUsage\":{\"prompt_tokens\":10}}}\n",
        )],
        list: ".codebuddy/models.json",
        said: &[
            r#"{"models":[{"id":"my-model","url":"http://127.0.0.1:8000/v1"}]}"#,
            r#"{"models":[{"id":"my-model","url":"https://openrouter.ai/api/v1"}]}"#,
            r#"{"models":[{"id":"my-model","url":"https://openrouter.ai/api/v1"}],"availableModels":["my-model"]}"#,
        ],
        shows: "openrouter",
    },
    Case {
        agent: "continue-cli",
        sessions: &[(
            ".continue/sessions/s1000000.json",
            r#"{"sessionId":"s1000000","history":[{"message":{"role":"assistant","content":"Hi",
                "usage":{"model":"gpt-5","prompt_tokens":10,"completion_tokens":5}}}]}"#,
        )],
        list: ".continue/sessions/sessions.json",
        said: &[
            "[]",
            r#"[{"sessionId":"s1000000","dateCreated":"1772442000000"}]"#,
            r#"[{"sessionId":"s1000000","dateCreated":"1772442000000"},{"sessionId":"s2","dateCreated":"1772442000009"}]"#,
        ],
        shows: "timestamp: 1772442000000",
    },
    Case {
        agent: "droid",
        sessions: &[(
            ".factory/sessions/s1000000.settings.json",
            r#"{"model":"custom:Acme-0","tokenUsage":{"inputTokens":7,"outputTokens":8}}"#,
        )],
        list: ".factory/settings.json",
        said: &[
            r#"{"customModels":[{"displayName":"Acme","model":"acme-1"}]}"#,
            r#"{"customModels":[{"displayName":"Acme","model":"acme-2"}]}"#,
            r#"{"customModels":[{"displayName":"Acme","model":"acme-2"}],"theme":"dark"}"#,
        ],
        shows: "acme-2",
    },
    // A folder with a hash for a name, of a log and of the form before it.
    Case {
        agent: "gemini-cli",
        sessions: &[
            (
                ".gemini/tmp/6689668a49dc648b376787d8cde1d55e418968e916b4efa79d849fba7fb28a1f/chats/session-1.jsonl",
                "{\"sessionId\":\"s1000000\",\"startTime\":\"2026-03-02T09:00:00Z\"}\n\
                 {\"id\":\"a\",\"timestamp\":\"2026-03-02T09:00:02Z\",\"type\":\"gemini\",\"model\":\"m\",\"tokens\":{\"input\":7}}\n",
            ),
            (
                ".gemini/tmp/6689668a49dc648b376787d8cde1d55e418968e916b4efa79d849fba7fb28a1f/chats/session-2.json",
                r#"{"sessionId":"s2000000","messages":[{"id":"b","type":"gemini","model":"m","tokens":{"input":8}}]}"#,
            ),
        ],
        list: ".gemini/projects.json",
        said: &[
            r#"{"projects":{}}"#,
            r#"{"projects":{"/home/dev/acme-api":"acme-api"}}"#,
            r#"{"projects":{"/home/dev/acme-api":"acme-api","/home/dev/other":"other"}}"#,
        ],
        shows: "/home/dev/acme-api",
    },
    Case {
        agent: "grok-cli",
        sessions: &[(
            ".grok/sessions/%2Fhome%2Fdev%2Facme/s1000000/updates.jsonl",
            "{\"timestamp\":1772442060,\"params\":{\"update\":{\"sessionUpdate\":\"turn_completed\",\"prompt_id\":\"p1\",\
             \"usage\":{\"modelUsage\":{\"house-model\":{\"inputTokens\":10}}}}}}\n",
        )],
        list: ".grok/config.toml",
        said: &[
            "[model.mine]\nmodel=\"house-model\"\nbase_url=\"http://127.0.0.1:8000/v1\"\n",
            "[model.mine]\nmodel=\"house-model\"\nbase_url=\"https://openrouter.ai/api/v1\"\n",
            "[models]\ndefault=\"mine\"\n[model.mine]\nmodel=\"house-model\"\nbase_url=\"https://openrouter.ai/api/v1\"\n",
        ],
        shows: "openrouter",
    },
    Case {
        agent: "kimi-cli",
        sessions: &[(
            ".kimi-code/sessions/wd_acme_1/session_1/agents/main/wire.jsonl",
            "{\"type\":\"llm.request\",\"provider\":\"openai\",\"model\":\"kimi-k2.5\",\"modelAlias\":\"or\",\"time\":1772442000100}\n\
             {\"type\":\"usage.record\",\"model\":\"or\",\"usage\":{\"inputOther\":11},\"usageScope\":\"turn\",\"time\":1772442001000}\n",
        )],
        list: ".kimi-code/config.toml",
        said: &[
            "[models.or]\nprovider=\"chutes\"\nmodel=\"kimi-k2.5\"\n",
            "[models.or]\nprovider=\"openrouter\"\nmodel=\"kimi-k2.5\"\n",
            "default_model=\"or\"\n[models.or]\nprovider=\"openrouter\"\nmodel=\"kimi-k2.5\"\n",
        ],
        shows: "openrouter",
    },
    Case {
        agent: "kimi-cli",
        sessions: &[(
            ".kimi/sessions/ce3fa0aa9e98006977055c78d826399a/s1000000/wire.jsonl",
            "{\"timestamp\":1772442001.123,\"message\":{\"type\":\"StatusUpdate\",\"payload\":{\"token_usage\":{\"input_other\":100},\"message_id\":\"m1\"}}}\n",
        )],
        list: ".kimi/kimi.json",
        said: &[
            r#"{"work_dirs":[]}"#,
            r#"{"work_dirs":[{"path":"/home/dev/acme-api"}]}"#,
            r#"{"work_dirs":[{"path":"/home/dev/acme-api"},{"path":"/home/dev/other"}]}"#,
        ],
        shows: "/home/dev/acme-api",
    },
    // Its list is a source, too, which is read each time.
    Case {
        agent: "mux",
        sessions: &[
            (
                ".mux/sessions/a1b2c3d4e5/chat.jsonl",
                r#"{"id":"m1","role":"assistant","metadata":{"timestamp":1772442001000,"model":"openai:gpt-5","usage":{"inputTokens":7,"outputTokens":8}}}
"#,
            ),
            (
                ".mux/sessions/f0f0f0f0f0/chat.jsonl",
                r#"{"id":"m1","role":"assistant","metadata":{"timestamp":1772442001000,"model":"openai:gpt-5","usage":{"inputTokens":7,"outputTokens":8}}}
"#,
            ),
        ],
        list: ".mux/config.json",
        said: &[
            r#"{"projects":[["/home/dev/acme",{"workspaces":[{"id":"a1b2c3d4e5","createdAt":"2026-03-02T07:59:00Z"}]}]]}"#,
            r#"{"projects":[["/home/dev/acme",{"workspaces":[{"id":"a1b2c3d4e5","createdAt":"2026-03-02T07:59:00Z"},
                {"id":"f0f0f0f0f0","createdAt":"2026-03-02T06:59:00Z"}]}]]}"#,
            r#"{"projects":[["/home/dev/acme",{"workspaces":[{"id":"a1b2c3d4e5","createdAt":"2026-03-02T07:59:00Z"},
                {"id":"f0f0f0f0f0","createdAt":"2026-03-02T06:59:00Z"},{"id":"other","createdAt":"2026-03-02T06:59:00Z"}]}]]}"#,
        ],
        shows: "f0f0f0f0f0",
    },
];

#[test]
fn what_a_list_says_counts_whenever_it_comes() {
    for case in CASES {
        let agent = *built_in().iter().find(|known| known.id() == case.agent).expect("known");
        let home = support::Home::new();
        // What was written this moment is looked at again in any case.
        let write = |path: &str, text: &str, hours: u64| {
            home.write(path, text);
            let then = SystemTime::now() - Duration::from_secs(hours * 3600);
            support::set_modified(&home.path().join(path), then);
        };
        for (path, text) in case.sessions {
            write(path, text, 20);
        }
        let system = System::new(Os::Linux, home.path(), BTreeMap::new());
        let mut counting = Counting::of(agent);
        assert!(!counting.sync(&system).turns.is_empty(), "{}", case.list);
        for (at, said) in case.said.iter().enumerate() {
            write(case.list, said, 10 - at as u64);
            let reading = counting.sync(&system);
            let is_source = agent
                .sources(&system)
                .sources
                .iter()
                .any(|source| source.path.ends_with(case.list));
            if at + 1 == case.said.len() {
                assert_eq!(
                    reading.read,
                    usize::from(is_source),
                    "{}: sources read again",
                    case.list
                );
            }
            let (now, at_once) = (comparable(reading), comparable(read_all(agent, &system)));
            assert_eq!(now.0, at_once.0, "{} after {said}", case.list);
            assert_eq!(now.1, at_once.1, "{} after {said}", case.list);
            let shown = format!("{now:?}");
            assert!(at == 0 || shown.contains(case.shows), "{}: {shown}", case.list);
        }
        // Half written, and gone.
        let known = comparable(counting.sync(&system));
        let last = case.said[case.said.len() - 1];
        write(case.list, &last[..last.len() / 2], 1);
        assert_eq!(comparable(counting.sync(&system)), known, "half of {}", case.list);
        std::fs::remove_file(home.path().join(case.list)).expect("removed");
        assert_eq!(comparable(counting.sync(&system)), known, "no {}", case.list);
    }
}
