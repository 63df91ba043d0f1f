//! Every command in every format on a terminal, over a home in which every foreign text tries to steer it.

use crate::LIMIT;
use crate::support::{Home, program, skipped};
use clap::Command as Definition;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ttop::core::text::is_unsafe;
use unicode_width::UnicodeWidthChar;

/// Shows that a text was printed at all.
const WORD: &str = "zqzq";
/// ttop itself never blinks in reverse magenta.
const STYLE: &str = "\x1b[5;35;7m";
const NOW: &str = "2026-11-20T18:00:00Z";
const SESSION: &str = "5a5a0000-0000-4000-8000-000000000001";
/// No writing system stacks more; ttop keeps 16.
const MOST_MARKS: usize = 16;

/// Control characters of both sets, escape sequences, invisible and reordering characters, and a flood of marks.
fn evil() -> String {
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

fn home() -> Home {
    let home = Home::new();
    claude_code(&home);
    opencode(&home);
    codex(&home);
    plugins(&home);
    configuration(&home);
    home
}

/// A process that looks like an agent, with hostile arguments and a hostile folder.
struct Agent(Child);

impl Agent {
    fn start(home: &Home) -> Self {
        use std::os::unix::process::CommandExt;
        let folder = home.path().join(evil());
        std::fs::create_dir_all(&folder).expect("a folder");
        let child = Command::new("sh")
            .arg0("claude")
            // Waits for a line that never comes.
            .args(["-c", "read line", "claude", "--resume", &evil(), "--model", &evil()])
            .current_dir(folder)
            .env_clear()
            .env("HOME", home.path())
            .env(evil().replace('=', ""), evil())
            .stdin(Stdio::piped())
            .spawn();
        Self(child.expect("sh runs"))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It is gone already when it cannot be killed.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Every command that does something by itself, with the formats and styles that it prints.
fn leaves(definition: &Definition, path: &str, into: &mut Vec<(String, Vec<String>)>) {
    let children: Vec<_> = definition
        .get_subcommands()
        .filter(|child| child.get_name() != "help")
        .collect();
    for child in &children {
        leaves(child, format!("{path} {}", child.get_name()).trim(), into);
    }
    if path.is_empty() || (!children.is_empty() && definition.is_subcommand_required_set()) {
        return;
    }
    let choices = |long: &str| -> Vec<String> {
        let arg = definition.get_arguments().find(|arg| arg.get_long() == Some(long));
        let values = arg.map(clap::Arg::get_possible_values).unwrap_or_default();
        values
            .iter()
            .map(|value| format!("--{long}={}", value.get_name()))
            .collect()
    };
    let mut ways = vec![String::new(), "-vv".to_owned(), "--color=always".to_owned()];
    for long in ["format", "style", "as"] {
        ways.extend(choices(long));
    }
    into.push((path.to_owned(), ways));
}

/// Arguments that make a command work and end by itself; `$EVIL` is hostile.
fn arguments(command: &str) -> Vec<&'static str> {
    match command {
        "show" => vec!["latest --explain --messages 9", "ses_one", "$EVIL"],
        "watch" => vec!["--once --since 2026-11-20T00:00:00Z", "--events all --for 200ms"],
        "cost" => vec![
            "--by project,model,branch,subagent,agent,session",
            "--by day,name --breakdown",
            "--model $EVIL",
        ],
        "turns" | "sessions" => vec!["", "--project $EVIL", "--grep zqzq", "--fields $EVIL"],
        "bar-status" => vec![
            "",
            "--template '{today} {model} {project} {title} {waiting}'",
            "--template $EVIL",
        ],
        "top" => vec!["", "--once --view projects", "--once --view live", "--view cost"],
        "theme show" => vec!["ink", "$EVIL"],
        "plugin info" => vec!["acme", "odd", "$EVIL"],
        "plugin new" => vec!["theme fresh", "theme $EVIL"],
        "plugin add" | "plugin remove" | "plugin untrust" | "plugin trust" => vec!["$EVIL"],
        "plugin test" => vec![
            ".config/tokentop/plugins/acme.js",
            ".config/tokentop/plugins/wrong.js",
            "$EVIL",
        ],
        "prices show" => vec!["$EVIL", "zqzq"],
        "config get" => vec!["budgets", "plugins", "$EVIL"],
        "config set" => vec!["$EVIL 1", "budgets.daily $EVIL", "display.theme $EVIL"],
        "config unset" => vec!["$EVIL"],
        "ledger forget" => vec!["--before 2020-01-01 --yes", "--agent $EVIL --yes", "--import $EVIL"],
        "ledger import" => vec!["$EVIL", ".config/tokentop/config.json"],
        "completions" => vec!["bash"],
        "alert" => vec!["", "--test note", "--test $EVIL", "--dry-run"],
        "guard" => vec!["--daily 0.0001", "--daily 1 --project $EVIL"],
        "creds" | "providers" | "mcp" => vec!["", "--all"],
        "doctor" => vec!["", "--report"],
        // A server would stay.
        "serve" => vec![
            "--install-unit",
            "--listen 127.0.0.1:0 --token-file $EVIL",
            "--listen $EVIL",
        ],
        _ => vec![""],
    }
}

/// What a terminal gets from a command.
fn shown(home: &Home, line: &str) -> Vec<u8> {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let words = format!("exec '{}' {}", binary.display(), line.replace("$EVIL", "\"$EVIL\""));
    let mut command = Command::new("script");
    command
        .args(["-qefc", &words, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("TTOP_NOW", NOW)
        .env("TTOP_OFFLINE", "1")
        .env("EVIL", evil())
        .env("SHELL", "/bin/sh")
        .env(
            "TTOP_OPENROUTER_CREDENTIAL",
            json!({"kind": evil(), "token": "t"}).to_string(),
        )
        .env("GOOSE_PATH_ROOT", home.path().join(evil()))
        .env("TERM_PROGRAM", evil())
        .env("TMUX_PANE", evil())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    // A screen ends with a key; everything else finds the end of its input.
    let is_screen = line.starts_with("top ") && !line.contains("--once");
    let mut child = command.spawn().expect("script starts");
    let mut keys = child.stdin.take().filter(|_| is_screen);
    let mut output = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).map(|_| bytes)
    });
    let began = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if began.elapsed() > LIMIT {
            // It may have ended just now.
            let _ = child.kill();
            panic!("ttop {line} did not end");
        }
        if let Some(keys) = &mut keys {
            // A screen that has ended takes no key.
            let _ = keys.write_all(b"q").and_then(|()| keys.flush());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    reader.join().expect("a reader").expect("what was shown")
}

/// What a terminal must not get: `None` when there is nothing of it.
fn steering(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains(STYLE) {
        return Some("a style of the data".to_owned());
    }
    let mut marks = 0;
    for (at, character) in text.char_indices() {
        let is_mark = !character.is_ascii() && character.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        let is_own = match character {
            '\n' | '\r' | '\t' => true,
            '\x1b' => is_own_sequence(&text[at + 1..]),
            _ => !is_unsafe(character),
        };
        if !is_own || marks > MOST_MARKS {
            let end = text.ceil_char_boundary((at + 40).min(text.len()));
            return Some(format!(
                "{character:?} in {:?}",
                &text[text.floor_char_boundary(at.saturating_sub(60))..end]
            ));
        }
    }
    None
}

/// Colors, cursor and screen modes as ttop itself uses them; never a sequence that sets something beyond the screen.
fn is_own_sequence(rest: &str) -> bool {
    let Some(body) = rest.strip_prefix('[') else {
        // Saved cursor and character sets of a screen, and its question for the color of the background, which the one for
        // the terminal's kind follows: every terminal answers that.
        return rest.starts_with(['7', '8', '(', '>', '=', '\\']) || rest.starts_with("]11;?");
    };
    if body.starts_with('c') {
        return true;
    }
    let end = body.find(|character: char| !matches!(character, '0'..='9' | ';' | '?' | ':' | '>' | '<' | '='));
    end.is_some_and(|end| body[end..].starts_with(|last: char| "mKJHABCDEFGhlnsuqr".contains(last)))
}

#[test]
fn no_command_in_no_format_lets_foreign_text_steer_a_terminal() {
    if program("script").is_none() {
        return skipped("no script");
    }
    let home = home();
    let _agent = Agent::start(&home);
    home.ttop().arg("sync").output().expect("runs");
    let mut all = Vec::new();
    leaves(&ttop::cli::definition(), "", &mut all);
    let lines: Vec<(String, String)> = all
        .iter()
        .flat_map(|(path, ways)| {
            let line = move |(at, arguments): (usize, &'static str)| {
                // The first arguments in every way, the others once.
                let ways = if at == 0 { &ways[..] } else { &ways[..1] };
                ways.iter()
                    .map(move |way| (path.clone(), format!("{path} {arguments} {way}")))
            };
            arguments(path)
                .into_iter()
                .enumerate()
                .flat_map(line)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(lines.len() > 150, "{lines:?}");
    let mut speakers = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, line) in &lines {
        let bytes = shown(&home, line);
        if memchr::memmem::find(&bytes, WORD.as_bytes()).is_some() {
            speakers.insert(path.as_str());
        }
        if let Some(what) = steering(&bytes) {
            wrong.push(format!("ttop {line}: {what}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} runs:\n{}",
        wrong.len(),
        lines.len(),
        wrong.join("\n")
    );
    for path in [
        "sessions",
        "turns",
        "show",
        "cost",
        "mcp",
        "doctor",
        "plugin",
        "plugin info",
        "config show",
        "creds",
        "ps",
        "watch",
    ] {
        assert!(speakers.contains(path), "{path} shows nothing foreign: {speakers:?}");
    }
}

#[test]
fn what_this_test_looks_for_is_found() {
    for (text, is_wrong) in [
        ("plain \x1b[1;31mred\x1b[0m\r\n", false),
        ("é👩🏻\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏼", false),
        ("\x1b]0;title\x07", true),
        ("\x1bPq", true),
        ("\u{9b}31m", true),
        ("\u{202e}", true),
        ("\x08", true),
        (STYLE, true),
        (&format!("e{}", "\u{301}".repeat(40)), true),
    ] {
        assert_eq!(steering(text.as_bytes()).is_some(), is_wrong, "{text:?}");
    }
}
