//! Real programs from npm with a model on loopback: `ps` shows the session of each, and the command it runs. Run by
//! `make test-real`; needs npm and its registry.

use crate::support::clock::eventually_within;
use crate::support::fake_agents::Process;
use crate::support::{Home, program, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A real program takes a while to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program, how it is told of the model, and what `ps` calls the command that it runs.
struct Real {
    package: &'static str,
    command: &'static str,
    agent: &'static str,
    arguments: &'static [&'static str],
    /// A file below its home, made of the model's URL.
    settings: (&'static str, fn(&str) -> String),
    activity: &'static str,
}

const PROGRAMS: [Real; 4] = [
    Real {
        package: "@earendil-works/pi-coding-agent",
        command: "pi",
        agent: "pi",
        arguments: &["--provider", "mock", "--model", "main", "-p", "go on"],
        settings: (".pi/agent/models.json", |url| {
            json!({"providers": {"mock": {"baseUrl": url, "api": "openai-completions", "apiKey": "none",
                "models": [{"id": "main"}]}}})
            .to_string()
        }),
        activity: "bash",
    },
    Real {
        package: "opencode-ai",
        command: "opencode",
        agent: "opencode",
        arguments: &["run", "go on"],
        settings: (".config/opencode/opencode.json", |url| {
            json!({"model": "mock/main", "small_model": "mock/main", "autoupdate": false, "share": "disabled",
                "permission": {"bash": "allow"},
                "provider": {"mock": {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": url, "apiKey": "none"},
                    "models": {"main": {"name": "main"}}}}})
            .to_string()
        }),
        activity: "bash",
    },
    Real {
        package: "@openai/codex",
        command: "codex",
        agent: "codex",
        arguments: &["exec", "--skip-git-repo-check", "go on"],
        settings: (".codex/config.toml", |url| {
            format!(
                "model = \"main\"\nmodel_provider = \"mock\"\napproval_policy = \"never\"\n\
                 sandbox_mode = \"danger-full-access\"\n[model_providers.mock]\nname = \"mock\"\nbase_url = \"{url}\"\n\
                 wire_api = \"responses\"\n"
            )
        }),
        activity: "exec_command",
    },
    Real {
        package: "@qwen-code/qwen-code",
        command: "qwen",
        agent: "qwen-code",
        arguments: &["-y", "-p", "go on"],
        settings: (".qwen/settings.json", |url| {
            json!({"security": {"auth": {"selectedType": "openai", "apiKey": "none", "baseUrl": url}},
                "model": {"name": "main"}})
            .to_string()
        }),
        activity: "run_shell_command",
    },
];

#[test]
fn real_programs_are_shown_with_their_session_and_their_tool() {
    for real in PROGRAMS {
        let Some(binary) = installed(real.package, real.command) else {
            continue;
        };
        let home = Home::new();
        let (path, text) = real.settings;
        home.write(path, text(&slow_model()));
        let folder = home.path().join("api");
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut command = Command::new(binary);
        command
            .args(real.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .env("OPENCODE_DISABLE_LSP_DOWNLOAD", "1")
            .current_dir(&folder);
        // It ends with everything it started.
        let _process = Process::of(command);
        let mut found = Vec::new();
        eventually_within(PATIENCE, real.package, || {
            found = all_of(&home, real.agent);
            found.iter().any(|row| {
                row["sessionId"].is_string() && row["status"] == "working" && row["activity"] == real.activity
            })
        });
        assert_eq!(found.len(), 1, "{found:#?}");
    }
}

/// The agents of the home, whatever their processes: a launcher starts the program itself.
fn all_of(home: &Home, agent: &str) -> Vec<Value> {
    let output = crate::ttop(home, &["ps", "--agent", agent]).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// A package's command, installed once beside the test binaries; `None` says why not.
fn installed(package: &str, command: &str) -> Option<PathBuf> {
    if std::env::var_os("TTOP_TEST_REAL").is_none() {
        skipped("real programs are for 'make test-real'");
        return None;
    }
    let npm = program("npm")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("real-{command}"));
    let binary = folder.join("node_modules/.bin").join(command);
    if !binary.exists() {
        let npm = Command::new(npm)
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&folder)
            .arg(package)
            .status();
        if !npm.is_ok_and(|status| status.success()) || !binary.exists() {
            skipped(&format!("npm cannot install {package} here"));
            return None;
        }
    }
    Some(binary)
}

/// A model that wants a command run which takes its time; speaks chat completions and responses.
fn slow_model() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // An agent that is stopped no longer listens.
            let _ = answer(&stream);
        }
    });
    url
}

fn answer(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let (kind, text) = match () {
        () if first.starts_with("GET ") => ("application/json", json!({"data": [{"id": "main"}]}).to_string()),
        () if first.contains("/responses") => ("text/event-stream", responses()),
        () => ("text/event-stream", completions(&body)),
    };
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    )
}

/// A title is asked for without tools, and answered with a word.
fn completions(body: &str) -> String {
    let name = if body.contains("run_shell_command") {
        "run_shell_command"
    } else {
        "bash"
    };
    let arguments = json!({"command": "tail -f /dev/null", "description": "wait", "is_background": false});
    let call = json!({"index": 0, "id": "call_1", "type": "function",
        "function": {"name": name, "arguments": arguments.to_string()}});
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "main",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let usage = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "main", "choices": [],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}});
    let has_tools = body.contains("\"tools\":[{");
    let (delta, finish) = match has_tools {
        true => (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls"),
        false => (json!({"role": "assistant", "content": "Waiting"}), "stop"),
    };
    let events = [chunk(delta, Value::Null), chunk(json!({}), json!(finish)), usage];
    let text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    format!("{text}data: [DONE]\n\n")
}

fn responses() -> String {
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "exec_command",
        "arguments": json!({"cmd": "tail -f /dev/null"}).to_string()});
    let usage = json!({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15});
    let events = [
        json!({"type": "response.created", "response": {"id": "r"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": call}),
        json!({"type": "response.completed", "response": {"id": "r", "usage": usage}}),
    ];
    let event = |event: &Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap_or_default()
        )
    };
    events.iter().map(event).collect()
}
