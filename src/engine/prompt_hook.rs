//! The hooks in which agents ask before a prompt: how each is set up, and how each hears "no".

use crate::core::shell::quoted;
use crate::system::piped_input::piped_json;
use serde_json::{Value, json};
use std::time::Duration;

/// An agent writes its input before it starts a hook; a program that writes nothing until then is none.
const PATIENCE: Duration = Duration::from_millis(200);
/// With `--hook` an agent started it, which may be slow to write.
const HOOK_PATIENCE: Duration = Duration::from_secs(5);
/// A prompt may be long; only the kind of the event is read of it.
const MOST_BYTES: u64 = 16 << 20;

/// An agent with hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hook {
    ClaudeCode,
    Codex,
    Opencode,
}

impl Hook {
    /// The agent's id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
        }
    }

    /// Where the setup of the agent belongs.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::ClaudeCode => "merge this into ~/.claude/settings.json",
            Self::Codex => {
                "merge this into ~/.codex/hooks.json, and trust the hook in Codex (/hooks): until then Codex does not run \
                 it. Older versions also need codex_hooks = true below [features] in ~/.codex/config.toml"
            }
            Self::Opencode => "write this to ~/.config/opencode/plugin/ttop-guard.js",
        }
    }

    /// What makes the agent run a command before each prompt.
    #[must_use]
    pub fn setup(self, words: &[String]) -> String {
        let line: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let line = line.join(" ");
        match self {
            // Both read the same keys; the timeout is in seconds.
            Self::ClaudeCode | Self::Codex => {
                let hook = json!({"type": "command", "command": line, "timeout": 30});
                let hooks = json!({"hooks": {"UserPromptSubmit": [{"hooks": [hook]}]}});
                format!("{}\n", serde_json::to_string_pretty(&hooks).unwrap_or_default())
            }
            Self::Opencode => PLUGIN.replace("WORDS", &serde_json::to_string(words).unwrap_or_default()),
        }
    }
}

/// The event that an agent wrote to the hook that it started, if this is one.
#[must_use]
pub fn event(hook: Option<Hook>) -> Option<String> {
    let patience = match hook {
        // Its plugin writes nothing.
        Some(Hook::Opencode) => return None,
        Some(_) => HOOK_PATIENCE,
        None => PATIENCE,
    };
    let input = piped_json(patience, MOST_BYTES)?;
    input["hook_event_name"].as_str().map(str::to_owned)
}

/// OpenCode shows the message of an error in `chat.params`, which runs before each request to a model. An error in
/// `chat.message`, which runs once a prompt, reads "Unexpected server error" there (1.18).
const PLUGIN: &str = r#"// Stops requests to models once a budget is exceeded, or cannot be checked.
import { spawnSync } from "node:child_process"

const [program, ...words] = WORDS

export const TtopGuard = async () => ({
  "chat.params": async () => {
    const answer = spawnSync(program, words, { encoding: "utf8" })
    if (answer.error) throw new Error(`ttop guard: ${answer.error.message}`)
    if (answer.status !== 0) throw new Error(`ttop guard: ${answer.stderr.trim()}`)
    const text = answer.stdout.trim()
    const decision = text ? JSON.parse(text) : {}
    if (decision.decision === "block") throw new Error(decision.reason)
  },
})
"#;

/// What blocks an event: Claude Code and Codex read the same keys, and so does the plugin for OpenCode.
#[must_use]
pub fn decision(event: Option<&str>, reason: &str) -> Value {
    match event {
        // Tools have a decision of their own.
        Some(event @ "PreToolUse") => json!({"hookSpecificOutput": {
            "hookEventName": event, "permissionDecision": "deny", "permissionDecisionReason": reason
        }}),
        _ => json!({"decision": "block", "reason": reason}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_blocked_by_its_own_keys() {
        assert_eq!(
            decision(Some("UserPromptSubmit"), "gone"),
            json!({"decision": "block", "reason": "gone"})
        );
        assert_eq!(
            decision(Some("PreToolUse"), "gone")["hookSpecificOutput"]["permissionDecision"],
            "deny"
        );
    }
}
