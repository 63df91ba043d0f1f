//! The programs of agents: one row each, by which `ps` knows their processes.

use super::program::Program;
use crate::core::process::Role;
use crate::core::status::{Ask, Reported};

/// Options of most agents that answer one prompt.
const PRINTS: &[(&str, Role)] = &[("-p", Role::Run), ("--print", Role::Run)];

const OPENCODE_SUBCOMMANDS: &[(&str, Role)] = &[
    ("run", Role::Run),
    ("serve", Role::Server),
    ("web", Role::Server),
    ("acp", Role::Server),
    ("attach", Role::Attach),
    ("agent", Role::Helper),
    ("api", Role::Helper),
    ("db", Role::Helper),
    ("github", Role::Helper),
    ("pr", Role::Helper),
    ("service", Role::Helper),
    ("session", Role::Helper),
];

/// OpenCode and what was made from it differ in their names only.
const OPENCODE: Program = Program {
    subcommands: OPENCODE_SUBCOMMANDS,
    options: &[("-v", Role::Helper)],
    session_options: &["--session", "-s"],
    is_session_id: |text| text.starts_with("ses_") && text.len() > 4,
    knows: "its sessions, permissions and questions, from its interface where it listens, else from its database and log",
    ..Program::PLAIN
};

/// Gemini CLI's title is `◇  Ready (folder)`, `✦  Working… (folder)` or `✋  Action Required (folder)`; what was made from it
/// keeps that.
const GEMINI_TITLES: &[(&str, Reported)] = &[
    ("Action Required", Reported::Waiting(Ask::Permission)),
    ("✋", Reported::Waiting(Ask::Permission)),
    ("✦", Reported::Busy),
    ("⏲", Reported::Busy),
    ("◇", Reported::Idle),
];

/// Every program, in any order.
pub static PROGRAMS: &[Program] = &[
    Program {
        agent_id: "opencode",
        commands: &["opencode", "opencode2"],
        scripts: &["opencode-ai/bin/opencode", "@opencode-ai/cli/bin/opencode2"],
        ..OPENCODE
    },
    Program {
        agent_id: "claude-code",
        commands: &["claude"],
        scripts: &["@anthropic-ai/claude-code/cli.js"],
        folders: &["/claude/versions/"],
        subcommands: &[
            // The service of background jobs: a spare process becomes a job once one is given to it.
            ("daemon", Role::Helper),
            ("bg-pty-host", Role::Helper),
            ("bg-spare", Role::Service),
            ("attach", Role::Attach),
        ],
        options: &[
            ("-p", Role::Run),
            ("--print", Role::Run),
            ("--ripgrep", Role::Helper),
            ("--bg", Role::Helper),
            ("--claude-in-chrome-mcp", Role::Helper),
        ],
        session_options: &["--resume", "--session-id", "-r"],
        forks: &["--fork-session"],
        knows: "its sessions, permissions and questions, from its registry of processes and its transcripts",
        ..Program::PLAIN
    },
    Program {
        agent_id: "codex",
        commands: &["codex"],
        scripts: &["@openai/codex/bin/codex.js"],
        subcommands: &[
            ("exec", Role::Run),
            ("e", Role::Run),
            ("review", Role::Run),
            ("resume", Role::Tui),
            ("fork", Role::Tui),
            ("app-server", Role::Server),
            ("app-server daemon", Role::Helper),
            ("exec-server", Role::Server),
            ("mcp-server", Role::Server),
            ("sandbox", Role::Helper),
            ("apply", Role::Helper),
            ("cloud", Role::Helper),
        ],
        // The service that interfaces share shows no session of its own.
        options: &[("--managed-daemon", Role::Helper)],
        session_options: &[],
        session_subcommands: &["resume"],
        continues: &["--last"],
        forks: &["fork"],
        knows: "its sessions and questions, from its rollouts; a permission only where a command wants to leave the sandbox",
        ..Program::PLAIN
    },
    Program {
        agent_id: "amp",
        commands: &["amp"],
        scripts: &["@sourcegraph/amp/"],
        options: &[("-x", Role::Run), ("--execute", Role::Run)],
        session_subcommands: &["continue"],
        is_session_id: |text| text.starts_with("T-") && text.len() > 2,
        knows: "its process, and its session where the thread is on this machine",
        ..Program::PLAIN
    },
    Program {
        agent_id: "cline",
        commands: &["cline"],
        scripts: &["cline/dist/cli.mjs", "node_modules/cline/"],
        options: &[
            ("-y", Role::Run),
            ("--yolo", Role::Run),
            ("--acp", Role::Server),
            ("--hub", Role::Helper),
        ],
        session_options: &["--id", "--taskId", "-T"],
        is_session_id: |text| text.len() > 9 && text.as_bytes()[..9].iter().all(u8::is_ascii_digit),
        ..Program::PLAIN
    },
    Program {
        agent_id: "continue-cli",
        commands: &["cn"],
        scripts: &["@continuedev/cli/"],
        subcommands: &[
            ("serve", Role::Server),
            ("remote", Role::Attach),
            ("checks", Role::Helper),
        ],
        options: PRINTS,
        continues: &["--resume", "--continue"],
        session_options: &["--session"],
        ..Program::PLAIN
    },
    Program {
        agent_id: "copilot-cli",
        commands: &["copilot"],
        scripts: &["@github/copilot/"],
        options: &[
            ("-p", Role::Run),
            ("--prompt", Role::Run),
            ("--server", Role::Server),
            ("--headless", Role::Server),
            ("--acp", Role::Server),
        ],
        session_options: &["--resume", "--session-id"],
        continues: &["--continue"],
        knows: "its sessions, permissions and questions, from its events",
        ..Program::PLAIN
    },
    Program {
        agent_id: "crush",
        commands: &["crush"],
        scripts: &["@charmland/crush/"],
        subcommands: &[
            ("run", Role::Run),
            ("server", Role::Server),
            ("dirs", Role::Helper),
            ("schema", Role::Helper),
        ],
        session_options: &["--session", "-s"],
        continues: &["--continue", "-C"],
        ..Program::PLAIN
    },
    Program {
        agent_id: "cursor",
        commands: &["cursor-agent"],
        folders: &["/cursor-agent/versions/"],
        subcommands: &[("worker", Role::Helper), ("acp", Role::Server), ("resume", Role::Tui)],
        options: PRINTS,
        session_options: &["--resume"],
        continues: &["--continue", "resume"],
        knows: "its sessions, from the time of the last write; neither permissions nor questions are recorded",
        ..Program::PLAIN
    },
    Program {
        agent_id: "droid",
        commands: &["droid"],
        scripts: &["@factory/cli/", "node_modules/droid/"],
        subcommands: &[("exec", Role::Run), ("daemon", Role::Helper)],
        session_options: &["--resume", "-r", "--session-id", "-s"],
        continues: &["--continue"],
        ..Program::PLAIN
    },
    Program {
        agent_id: "gemini-cli",
        commands: &["gemini"],
        scripts: &["@google/gemini-cli/", "gemini-cli/dist/index.js", "bundle/gemini.js"],
        options: &[
            ("-p", Role::Run),
            ("--prompt", Role::Run),
            ("--acp", Role::Server),
            ("--experimental-acp", Role::Server),
        ],
        session_options: &["--resume", "--session-id", "-r"],
        continues: &[],
        titles: GEMINI_TITLES,
        asks_in_secret: true,
        never_asks: &["--yolo", "-y", "--approval-mode=yolo"],
        knows: "its sessions, from its records; a permission only from the title of its pane, else the status is unknown",
        ..Program::PLAIN
    },
    Program {
        agent_id: "goose",
        commands: &["goose"],
        subcommands: &[
            ("run", Role::Run),
            ("session", Role::Tui),
            ("web", Role::Server),
            ("acp", Role::Server),
            ("serve", Role::Server),
            ("recipe", Role::Helper),
            ("schedule", Role::Helper),
        ],
        session_options: &["--session-id", "--id"],
        continues: &["--resume", "-r"],
        is_session_id: |text| text.len() > 8 && text.as_bytes()[..8].iter().all(u8::is_ascii_digit),
        knows: "its sessions and permissions, from its database",
        ..Program::PLAIN
    },
    Program {
        agent_id: "grok-cli",
        commands: &["grok"],
        scripts: &["@vibe-kit/grok-cli/", "@xai-official/grok/"],
        options: PRINTS,
        knows: "its sessions, from its records; neither permissions nor questions are recorded",
        ..Program::PLAIN
    },
    Program {
        agent_id: "hermes",
        commands: &["hermes"],
        scripts: &["hermes_cli/main.py"],
        modules: &["hermes_cli"],
        subcommands: &[
            ("chat", Role::Tui),
            ("gateway", Role::Server),
            ("acp", Role::Server),
            ("cron", Role::Helper),
        ],
        options: &[("-q", Role::Run), ("--query", Role::Run), ("-z", Role::Run)],
        session_options: &["--resume", "-r"],
        is_session_id: |text| text.len() > 8 && text.as_bytes()[..8].iter().all(u8::is_ascii_digit),
        ..Program::PLAIN
    },
    Program {
        agent_id: "kilo-cli",
        commands: &["kilo", "kilocode"],
        scripts: &["@kilocode/cli/"],
        ..OPENCODE
    },
    Program {
        agent_id: "kimi-cli",
        commands: &["kimi", "kimi-cli", "kimi-code"],
        scripts: &["@moonshot-ai/kimi-code/"],
        modules: &["kimi_cli"],
        subcommands: &[
            ("acp", Role::Server),
            ("web", Role::Server),
            ("server", Role::Server),
            ("term", Role::Tui),
        ],
        options: &[
            ("--print", Role::Run),
            ("-p", Role::Run),
            ("--prompt", Role::Run),
            ("--acp", Role::Server),
            ("--wire", Role::Server),
        ],
        session_options: &["--session", "-S", "--resume", "-r"],
        continues: &["--continue", "-C", "-c"],
        is_session_id: |text| text.len() >= 36 && text.contains('-'),
        knows: "its sessions, permissions and questions, from its records",
        ..Program::PLAIN
    },
    Program {
        agent_id: "mistral-vibe",
        commands: &["vibe", "vibe-acp"],
        modules: &["vibe"],
        options: &[("-p", Role::Run), ("--prompt", Role::Run)],
        session_options: &["--resume"],
        knows: "its sessions, from the time of the last reply; neither permissions nor questions are recorded",
        ..Program::PLAIN
    },
    Program {
        agent_id: "openclaw",
        commands: &["openclaw"],
        scripts: &["node_modules/openclaw/"],
        subcommands: &[
            ("agent", Role::Run),
            ("tui", Role::Tui),
            ("chat", Role::Tui),
            ("gateway", Role::Service),
            ("node", Role::Helper),
            ("channels", Role::Helper),
            ("cron", Role::Helper),
        ],
        session_options: &["--session-id"],
        continues: &[],
        ..Program::PLAIN
    },
    Program {
        agent_id: "pi",
        commands: &["pi", "omp"],
        scripts: &[
            "@earendil-works/pi-coding-agent/",
            "@mariozechner/pi-coding-agent/",
            "@oh-my-pi/pi-coding-agent/",
        ],
        subcommands: &[("remove", Role::Helper), ("list", Role::Helper)],
        options: &[("-p", Role::Run), ("--print", Role::Run), ("--mode", Role::Run)],
        session_options: &["--session", "--session-id"],
        ..Program::PLAIN
    },
    Program {
        agent_id: "qwen-code",
        commands: &["qwen"],
        scripts: &["@qwen-code/qwen-code/"],
        subcommands: &[("serve", Role::Server)],
        options: &[
            ("-p", Role::Run),
            ("--prompt", Role::Run),
            ("--acp", Role::Server),
            ("--experimental-acp", Role::Server),
        ],
        session_options: &["--resume", "--session-id", "-r"],
        titles: GEMINI_TITLES,
        ..Program::PLAIN
    },
    Program {
        agent_id: "mimo-code",
        commands: &["mimo"],
        ..OPENCODE
    },
    Program {
        agent_id: "auggie",
        commands: &["auggie"],
        scripts: &["@augmentcode/auggie/"],
        options: PRINTS,
        ..Program::PLAIN
    },
    Program {
        agent_id: "codebuddy",
        commands: &["codebuddy", "cbc"],
        scripts: &["@tencent-ai/codebuddy-code/"],
        options: PRINTS,
        ..Program::PLAIN
    },
    Program {
        // Its other name, `cmd`, is that of the shell of Windows.
        agent_id: "command-code",
        commands: &["command-code"],
        scripts: &["node_modules/command-code/"],
        options: PRINTS,
        ..Program::PLAIN
    },
    Program {
        agent_id: "devin-cli",
        commands: &["devin"],
        options: PRINTS,
        // Two words and a number.
        is_session_id: |text| text.split('-').count() >= 3,
        ..Program::PLAIN
    },
    Program {
        agent_id: "jcode",
        commands: &["jcode"],
        is_session_id: |text| text.starts_with("session_") && text.len() > 8,
        ..Program::PLAIN
    },
    Program {
        agent_id: "junie",
        commands: &["junie"],
        is_session_id: |text| text.starts_with("session-") && text.len() > 8,
        ..Program::PLAIN
    },
    Program {
        agent_id: "zcode",
        commands: &["zcode"],
        options: PRINTS,
        is_session_id: OPENCODE.is_session_id,
        ..Program::PLAIN
    },
];

/// The program of an agent.
pub fn program_of(agent_id: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.agent_id == agent_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::built_in;
    use crate::core::process::Process;

    /// Agents that are windows, or parts of one: no process of theirs is a session.
    const WINDOWS: [&str; 6] = ["antigravity", "codebuff", "kilo-code", "roo-code", "windsurf", "zed"];
    /// Agents whose command is another program's on most machines: `dsh` runs commands on many hosts.
    const AMBIGUOUS: [&str; 1] = ["deepseek-harness"];
    /// Agents whose records say nothing of their turns.
    const SILENT: [&str; 2] = ["kiro", "mux"];

    /// Agents whose made-up fixtures have shorter ids than the agent gives.
    const SHORT: [&str; 1] = ["hermes"];

    /// Ids of sessions in an agent's fixtures.
    fn session_ids(agent_id: &str) -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/agents");
        let cases = std::fs::read_dir(folder.join(agent_id)).into_iter().flatten();
        let truths = cases.map(|case| case.expect("a case").path().join("truth.json"));
        let rows = truths.flat_map(|truth| {
            let text = std::fs::read(&truth).expect("a truth");
            let truth: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
            truth["rows"].as_array().cloned().expect("rows")
        });
        rows.filter_map(|row| Some(row["sessionId"].as_str()?.to_owned()))
            .collect()
    }

    #[test]
    fn a_program_knows_the_ids_of_its_sessions() {
        for program in PROGRAMS.iter().filter(|program| !SHORT.contains(&program.agent_id)) {
            let ids = session_ids(program.agent_id);
            // Ids of subagents may have another form: no command line names them.
            let is_known = ids.iter().any(|id| (program.is_session_id)(id));
            assert!(is_known || ids.is_empty(), "{}: {ids:?}", program.agent_id);
        }
    }

    fn started(args: &[&str]) -> Process {
        Process {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Process::default()
        }
    }

    #[test]
    fn every_agent_that_leaves_records_while_it_works_has_a_program() {
        for agent in built_in() {
            let lists = [&WINDOWS[..], &AMBIGUOUS, &SILENT];
            let is_unnamed = lists.iter().any(|list| list.contains(&agent.id()));
            assert_eq!(
                program_of(agent.id()).is_none(),
                is_unnamed,
                "{}: expected either a row in PROGRAMS or its id in WINDOWS, AMBIGUOUS or SILENT",
                agent.id()
            );
        }
        for program in PROGRAMS {
            assert!(!program.commands.is_empty(), "{}", program.agent_id);
        }
    }

    #[test]
    fn a_process_is_one_agents_only() {
        for program in PROGRAMS {
            let commands = program.commands.iter().map(|command| started(&[command]));
            let scripts = program.scripts.iter().map(|script| {
                let end = if script.ends_with('/') { "dist/cli.js" } else { "" };
                started(&["node", &format!("/usr/lib/node_modules/{script}{end}")])
            });
            let modules = program.modules.iter().map(|module| started(&["python3", "-m", module]));
            for process in commands.chain(scripts).chain(modules) {
                let known = PROGRAMS.iter().filter(|program| program.invocation(&process).is_some());
                let ids: Vec<_> = known.map(|program| program.agent_id).collect();
                assert_eq!(ids, [program.agent_id], "{:?}", process.args);
            }
        }
    }

    #[test]
    fn helpers_are_helpers_of_every_agent() {
        for program in PROGRAMS {
            for word in ["login", "update", "mcp", "--version"] {
                let process = started(&[program.commands[0], word]);
                let role = program.invocation(&process).map(|invocation| invocation.role);
                assert_eq!(role, Some(Role::Helper), "{:?}", process.args);
            }
        }
    }
}
