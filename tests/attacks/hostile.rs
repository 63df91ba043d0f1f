//! A home in which every foreign text tries to steer a terminal.

use crate::support::Home;
use serde_json::{Value, json};

/// Shows that a text was printed at all.
pub const WORD: &str = "zqzq";
/// ttop itself never blinks in reverse magenta.
pub const STYLE: &str = "\x1b[5;35;7m";
const SESSION: &str = "5a5a0000-0000-4000-8000-000000000001";

/// Control characters of both sets, escape sequences, invisible and reordering characters, and a flood of marks.
pub fn evil() -> String {
    format!(
        "{WORD}{STYLE}\x1b]52;c;ZXZpbA==\x07\x1b[2J\u{9b}31m\u{9d}0;t\u{9c}\u{202e}gpj\u{2066}\u{200b}\u{feff}\x08\x7f\u{e0041}e{}",
        "\u{301}".repeat(40)
    )
}

/// The same with what ends lines and cells.
fn evil_text() -> String {
    format!("{}\r\n\t\x0b\x0c\u{2028}| two", evil())
}

fn claude_code(home: &Home) {
    let (name, text) = (evil(), evil_text());
    let reply = |at: u32, more: &Value| {
        let mut line = json!({
            "type": "assistant", "sessionId": SESSION, "cwd": format!("/{text}"), "gitBranch": text, "version": text,
            "uuid": format!("u{at}"), "requestId": text, "timestamp": format!("2026-11-20T17:{at:02}:00.000Z"), "slug": text,
            "message": {"id": format!("m{at}{text}"), "role": "assistant", "model": text, "stop_reason": text,
                "content": [{"type": "text", "text": text}, {"type": "tool_use", "id": text, "name": text, "input": {"file_path": text}}],
                "usage": {"input_tokens": 10, "output_tokens": 5, "service_tier": text, "inference_geo": text, "new_billed_field": text}},
        });
        for (key, value) in more.as_object().expect("an object") {
            line[key] = value.clone();
        }
        format!("{line}\n")
    };
    let prompt = json!({"type": "user", "sessionId": SESSION, "cwd": format!("/{text}"), "uuid": "p1", "timestamp": "2026-11-20T17:00:30.000Z",
        "message": {"role": "user", "content": text}});
    let title = json!({"type": "summary", "summary": text, "leafUuid": "u1"});
    let unknown = json!({"type": text, "sessionId": SESSION, "usage": {"tokens": 1}});
    let lines = format!(
        "{title}\n{prompt}\n{}{}{unknown}\n{}",
        reply(1, &json!({})),
        reply(2, &json!({"isSidechain": true, "agentId": text, "agentName": text})),
        "{\"type\":\"assistant\",\"message\":{\"usage\":1}\n"
    );
    home.write(&format!(".claude/projects/-{name}/{SESSION}.jsonl"), &lines);
    home.write(
        &format!(".claude/projects/-{name}/{name}.jsonl"),
        reply(3, &json!({"sessionId": name, "message": 1})),
    );
    home.write(
        &format!(".claude/projects/-p/{SESSION}/subagents/agent-{name}.jsonl"),
        reply(4, &json!({"isSidechain": true, "agentId": name})),
    );
    home.write(
        ".claude.json",
        json!({"mcpServers": {&text: {"command": text, "args": [text], "env": {&text: text}}}, "oauthAccount": {"emailAddress": text}}).to_string(),
    );
}

fn opencode(home: &Home) {
    use crate::support::opencode_db::{Database, Reply};
    let text = evil_text();
    let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
    let at = 1_795_197_000_000;
    for (id, parent) in [("ses_one", None), ("ses_two", Some("ses_one"))] {
        database
            .connection
            .execute(
                "insert into session values (?1, ?2, ?3, ?4, ?5, ?5, null, ?6, ?6)",
                (id, &text, parent, format!("/{text}"), &text, at),
            )
            .expect("a session");
        let mut reply: Value = serde_json::from_str(&Reply::at(at).json()).expect("JSON");
        for key in ["modelID", "providerID", "agent", "mode", "finish", "summary"] {
            reply[key] = json!(text);
        }
        reply["error"] = json!({"name": text, "data": {"message": text}});
        database.message(&format!("msg_{id}"), id, at, reply.to_string());
    }
    database
        .connection
        .execute("insert into project values (?1, ?2)", (&text, format!("/{text}")))
        .expect("a project");
    drop(database);
    home.write(
        ".local/share/opencode/auth.json",
        json!({&text: {"type": "api", "key": "x"}, "anthropic": {"type": text, "access": text, "accountId": text}})
            .to_string(),
    );
    home.write(
        ".config/opencode/opencode.json",
        json!({"mcp": {&text: {"type": "local", "command": [text, text], "environment": {&text: text}}, "far": {"type": "remote", "url": text}},
            "provider": {&text: {"models": {&text: {"name": text, "cost": {"input": 1, "output": text}}}}, "acme": {"models": {&text: {"cost": {"input": 1, "output": 2}}}}}})
        .to_string(),
    );
}

fn codex(home: &Home) {
    let text = evil_text();
    let lines = [
        json!({"timestamp": "2026-11-20T17:00:00.000Z", "type": "session_meta", "payload": {"id": SESSION, "cwd": format!("/{text}"),
            "originator": text, "cli_version": text, "git": {"branch": text}, "model_provider": text, "source": text, "agent_nickname": text}}),
        json!({"timestamp": "2026-11-20T17:00:01.000Z", "type": "turn_context", "payload": {"model": text, "cwd": format!("/{text}")}}),
        json!({"timestamp": "2026-11-20T17:00:02.000Z", "type": "event_msg", "payload": {"type": "user_message", "message": text}}),
        json!({"timestamp": "2026-11-20T17:00:03.000Z", "type": "event_msg", "payload": {"type": "token_count",
            "info": {"total_token_usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12},
                "last_token_usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}},
            "rate_limits": {"limit_id": text, "limit_name": text, "plan_type": text, "primary": {"used_percent": 42.0, "window_minutes": 300, "resets_at": 1_795_200_000}}}}),
        json!({"timestamp": "2026-11-20T17:00:04.000Z", "type": text, "payload": {"type": text}}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    home.write(
        &format!(".codex/sessions/2026/11/20/rollout-2026-11-20T17-00-00-{SESSION}.jsonl"),
        lines,
    );
    let history = json!({"id": SESSION, "thread_name": text, "updated_at": "2026-11-20T17:00:00Z"});
    home.write(".codex/session_index.jsonl", format!("{history}\n"));
}

const PLUGIN_IDS: [&str; 4] = ["acme", "odd", "ink", "note"];

fn plugins(home: &Home) {
    let text = serde_json::to_string(&evil_text()).expect("JSON");
    let declared =
        |id: &str, kind: &str| format!("apiVersion: 2, id: '{id}', type: '{kind}', name: TEXT, version: '1.0.0'");
    let sources = [
        format!(
            "export default {{ {}, permissions: {{ filesystem: {{ read: true, paths: ['~/.acme'] }} }}, agent: {{ name: TEXT, command: TEXT }},
             meta: {{ description: TEXT, author: TEXT, homepage: TEXT }}, configSchema: {{ key: {{ type: 'string', label: TEXT, description: TEXT }} }},
             capabilities: {{ sessionParsing: true }}, isInstalled: async () => true,
             async parseSessions(_, ctx) {{ ctx.logger.error(TEXT); console.warn(TEXT);
                return [{{ sessionId: TEXT, sessionName: TEXT, providerId: 'acme', modelId: TEXT, projectPath: TEXT, tokens: {{ input: 1, output: 2 }}, timestamp: 1795197000000 }},
                    {{ sessionId: TEXT, providerId: TEXT, modelId: TEXT, tokens: TEXT, timestamp: TEXT }}]; }} }};",
            declared("acme", "agent")
        ),
        format!(
            "export default {{ {}, permissions: {{}}, auth: {{ discover: async () => ({{ ok: true, credentials: {{ apiKey: 'k', source: TEXT, accountId: TEXT }} }}), isConfigured: () => true }},
             capabilities: {{ usageLimits: true, apiRateLimits: false, tokenUsage: false, actualCosts: false }},
             fetchUsage: async () => ({{ fetchedAt: 1795197000000, planType: TEXT, limits: {{ items: [{{ usedPercent: 40, label: TEXT, windowLabel: TEXT }}], primary: {{ usedPercent: 40, label: TEXT }} }}, error: TEXT }}) }};",
            declared("odd", "provider")
        ),
        format!(
            "export default {{ {}, permissions: {{}}, colorScheme: 'dark', family: TEXT, colors: {{ text: TEXT, background: '#000000' }} }};",
            declared("ink", "theme")
        ),
        format!(
            "export default {{ {}, permissions: {{}}, initialize: async () => {{}}, notify: async () => {{ throw new Error(TEXT); }}, test: async () => {{ throw new Error(TEXT); }} }};",
            declared("note", "notification")
        ),
    ];
    for (id, source) in PLUGIN_IDS.iter().zip(sources) {
        home.write(
            &format!(".config/tokentop/plugins/{id}.js"),
            format!("const TEXT = {text};\n{source}"),
        );
        let trusted = home
            .ttop()
            .args(["plugin", "trust", id, "--yes"])
            .output()
            .expect("runs");
        assert!(
            trusted.status.success(),
            "{id}: {}",
            String::from_utf8_lossy(&trusted.stderr)
        );
    }
    home.write(".acme/x", "x");
    home.write(&format!(".config/tokentop/plugins/{}.js", evil()), "export default {");
    home.write(
        ".config/tokentop/plugins/wrong.js",
        format!("export default {{ apiVersion: 2, id: {text}, type: {text}, name: {text}, version: {text}, permissions: {{ network: {{ allowedDomains: [{text}] }} }} }};"),
    );
}

fn configuration(home: &Home) {
    let text = evil_text();
    let config = json!({
        "budgets": {"daily": 0.000_1, "projects": {&text: {"daily": 1}}, "agents": {&text: 1}, "weekly": text},
        "alerts": {"sinks": {&text: {"type": "command", "command": [text]}, "mine": {"type": "webhook", "url": text}, "bad": {"type": text}}},
        "plugins": {"local": [text], "npm": [text], "disabled": [text]},
        "pluginConfig": {"acme": {"key": text, &text: text}, &text: {"a": 1}},
        "display": {"theme": text, "numberFormat": text},
        "aliases": {&text: "cost", "odd": text},
        "providers": {&text: {"pricesFrom": text}, "acme": {"pricesFrom": text, "baseUrl": text}},
        "prices": {&text: {&text: {"input": 1, "output": 2}}},
        "agents": {"claude-code": {"roots": {"add": [text]}}, &text: {"roots": [text]}},
        "remotes": {&text: {"url": text}},
        "plans": {&text: {"price": text}},
        &text: text,
    });
    home.write(".config/tokentop/config.json", config.to_string());
}

/// A home with all of it.
pub fn home() -> Home {
    let home = Home::new();
    claude_code(&home);
    opencode(&home);
    codex(&home);
    plugins(&home);
    configuration(&home);
    home
}
