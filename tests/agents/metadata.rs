//! What records tell besides counts: who billed, what it cost, when; and of sessions titles, folders and parents.

use crate::support;
use crate::support::counting::{Reading, read_all};
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::system::{Os, System};

/// Reads one fixture of an agent.
fn reading(agent: &str, case: &str) -> Reading {
    let agent = *built_in().iter().find(|known| known.id() == agent).expect("an agent");
    let home = support::Home::of(&format!("agents/{}/{case}/home", agent.id()));
    read_all(agent, &System::new(Os::Linux, home.path(), BTreeMap::new()))
}

#[test]
fn records_hold_biller_cost_and_time() {
    let told = |agent: &str, case: &str| -> Vec<String> {
        let reading = reading(agent, case);
        let mut lines: Vec<String> = reading
            .turns
            .iter()
            .map(|turn| {
                let cost = turn.cost.map_or("-".to_owned(), |cost| cost.dollars().to_string());
                format!("{} {} {cost} {}", turn.provider_id, turn.model_id, turn.timestamp)
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(
        told("goose", "totals"),
        [
            "anthropic claude-sonnet-4-5 0.081 1772442000000",
            "google-vertex gemini-3-pro - 1772456400000",
            "openrouter z-ai/glm-5 - 1772442600000",
        ]
    );
    assert_eq!(
        told("crush", "home-project"),
        ["openai gpt-5.5 0.4321 1772442000000", "zai glm-5 0 1772451000000"]
    );
    assert_eq!(
        told("hermes", "profiles"),
        [
            "  - 1772449200000",
            "anthropic claude-sonnet-4-6 0.0125 1772442000250",
            "openai gpt-5.5 - 1772445600000",
        ]
    );
    assert_eq!(
        told("zed", "threads"),
        [
            "anthropic claude-3-7-sonnet-latest - 1748770200000",
            "github-copilot gpt-5 - 1772449200000",
            "zed.dev claude-sonnet-4-5 - 1772442000000",
            "zed.dev claude-sonnet-4-5 - 1772443200000",
        ]
    );
    // A model spelled `vendor/model` is a router's, over any protocol.
    assert_eq!(
        told("roo-code", "protocols"),
        [
            "anthropic claude-sonnet-4-5 0.004 1772442004000",
            "anthropic claude-sonnet-4-5 0.0123 1772442005000",
            "anthropic claude-sonnet-4-5 0.03 1772442003000",
            "openrouter anthropic/claude-opus-5 0.006 1772452002000",
            "openrouter anthropic/claude-opus-5 0.007 1772452003000",
            "openrouter anthropic/claude-opus-5 0.046 1772452001000",
            "openrouter openai/gpt-5.5 0.001 1772442002000",
            "openrouter openai/gpt-5.5 0.01 1772442001000",
        ]
    );
}

#[test]
fn sessions_have_titles_folders_and_parents() {
    for (agent, case, id, title, project, parent) in [
        (
            "cline",
            "editors",
            "1772442000000",
            "Make the login page work",
            "/home/dev/acme-web",
            "",
        ),
        (
            "roo-code",
            "protocols",
            "0199a1b2-0000-7000-8000-000000000002",
            "Subtask",
            "/home/dev/acme-api",
            "0199a1b2-0000-7000-8000-000000000001",
        ),
        (
            "droid",
            "sessions",
            "6f0c8b1e-0000-4000-8000-000000000001",
            "Speed up the import",
            "/home/dev/acme-api",
            "",
        ),
        (
            "droid",
            "sessions",
            "6f0c8b1e-0000-4000-8000-000000000002",
            "",
            "",
            "6f0c8b1e-0000-4000-8000-000000000001",
        ),
        (
            "goose",
            "totals",
            "20260302_6",
            "Helper",
            "/home/dev/acme-api",
            "20260302_1",
        ),
        (
            "zed",
            "threads",
            "4d1e0000-0000-4000-8000-000000000003",
            "Helper",
            "/home/dev/acme-api",
            "4d1e0000-0000-4000-8000-000000000001",
        ),
        (
            "kimi-cli",
            "kimi-cli",
            "7d0c0000-0000-4000-8000-000000000001",
            "Import speed",
            "/home/dev/acme-api",
            "",
        ),
        (
            "kimi-cli",
            "kimi-code",
            "session_0199aaaa-0000-7000-8000-000000000002",
            "",
            "/home/dev/acme",
            "",
        ),
        (
            "amp",
            "threads",
            "T-0a000000-0000-4000-8000-000000000001",
            "Speed up the import",
            "/home/dev/acme api",
            "",
        ),
        (
            "grok-cli",
            "updates",
            "0199bbbb-0000-7000-8000-000000000001",
            "Queue drain",
            "/home/dev/acme",
            "",
        ),
        (
            "grok-cli",
            "subagents",
            "0199cccc-0000-7000-8000-000000000001",
            "Explain the server",
            "/home/dev/acme",
            "",
        ),
        (
            "grok-cli",
            "subagents",
            "0199cccc-0000-7000-8000-000000000003",
            "Look around the server",
            "/home/dev/acme/api",
            "0199cccc-0000-7000-8000-000000000001",
        ),
        (
            "codebuddy",
            "made",
            "c0dec0de-0000-4000-8000-000000000001",
            "Health of the service",
            "/home/dev/acme-api",
            "",
        ),
        (
            "codebuddy",
            "subagents",
            "agent-f7f0cf4c-0000-4000-8000-000000000013",
            "Look around",
            "/home/dev/acme",
            "c0dec0de-0000-4000-8000-000000000011",
        ),
        ("mux", "made", "a1b2c3d4e5", "Health check", "/home/dev/acme-api", ""),
        ("mux", "made", "f6a7b8c9d0", "Find the server file", "", "a1b2c3d4e5"),
    ] {
        let sessions = reading(agent, case).sessions;
        let session = sessions.iter().find(|session| session.id == id).expect(id);
        let told = (
            session.title.as_ref().map_or("", |title| &title.text),
            session.project.as_ref().map_or("", |project| &project.path),
            session.parent_id.as_deref().unwrap_or(""),
        );
        assert_eq!(told, (title, project, parent), "{agent} {id}");
        assert_eq!(session.interactive == Some(false), !parent.is_empty(), "{agent} {id}");
    }
}

#[test]
fn a_subagent_of_codebuddy_is_one_session() {
    let reading = reading("codebuddy", "subagents");
    assert_eq!(reading.sessions.len(), 2, "{:?}", reading.sessions);
    let billed: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| (&*turn.model_id, &*turn.provider_id))
        .collect();
    let own = ("claude-sonnet-4-5", "anthropic");
    assert!(
        billed.contains(&own) && billed.contains(&("my-model", "local")),
        "{billed:?}"
    );
}

#[test]
fn a_fork_of_grok_has_its_own_start_and_its_source() {
    let sessions = reading("grok-cli", "subagents").sessions;
    let id = |number: u64| format!("0199cccc-0000-7000-8000-00000000000{number}");
    let told = |number: u64| {
        let session = sessions
            .iter()
            .find(|session| session.id == id(number))
            .expect("a session");
        (
            session.started_at,
            session.forked_from.clone(),
            session.parent_id.clone(),
        )
    };
    // It copies a turn of 09:00:00.990 and records that its source started the subagents.
    assert_eq!(told(4), (Some(1_796_029_205_000), Some(id(1)), None));
    assert_eq!(told(2), (Some(1_796_029_200_410), None, Some(id(1))));
    // A resumed subagent copies its source, and has the parent that resumed it.
    assert_eq!(told(3), (Some(1_796_029_200_710), Some(id(2)), Some(id(1))));
}
