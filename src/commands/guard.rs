//! `ttop guard`: a hard stop. As a hook of an agent it blocks a prompt once a budget is gone.

use super::budgets::{amount, plan_note};
use super::context::Context;
use crate::core::bad_request::BadRequest;
use crate::core::budget::{Amount, Budget, Every, Level};
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::money::Money;
use crate::core::rows::BudgetRow;
use crate::exit::Exit;
use crate::render::{number, print_encoded};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Block an agent's prompts once a budget is exceeded
///
/// Use it as a hook of Claude Code, Codex or OpenCode; --print-config prints the setup of each. Without --daily, --weekly
/// and --monthly, the configured budgets apply. A hook answers in the agent's own protocol, exits 0, and also blocks while a
/// budget cannot be checked. On the command line, ttop exits 3 if a budget is exceeded.
#[derive(Args, Debug, Default)]
pub struct GuardArgs {
    /// Block once a day costs more than this many US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub daily: Option<f64>,
    /// Block once a week costs more than this many US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub weekly: Option<f64>,
    /// Block once a month costs more than this many US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub monthly: Option<f64>,
    /// Also count turns that a subscription covers
    #[arg(long)]
    pub include_plan: bool,
    /// Only count this project and folders below it
    #[arg(long, value_name = "PATH")]
    pub project: Vec<String>,
    /// Answer in this agent's hook protocol [default: that of the agent whose event is on stdin]
    #[arg(long, value_name = "AGENT")]
    pub hook: Option<Hook>,
    /// Print the lines to add to this agent's configuration
    #[arg(long, value_name = "AGENT")]
    pub print_config: Option<Hook>,
}

/// An agent with hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hook {
    ClaudeCode,
    Codex,
    Opencode,
}

/// An agent writes its input before it starts a hook; a program that writes nothing until then is none.
const PATIENCE: Duration = Duration::from_millis(200);
/// With `--hook` an agent started it, which may be slow to write.
const HOOK_PATIENCE: Duration = Duration::from_secs(5);
/// A prompt may be long; only the kind of the event is read of it.
const MOST_BYTES: u64 = 16 << 20;

impl GuardArgs {
    /// # Errors
    /// On the command line when the spend is not known; when stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if let Some(agent) = self.print_config {
            context.out.note(&format!("ttop: {}", place(agent)));
            print_encoded(self.setup(agent).as_bytes())?;
            return Ok(Exit::Ok);
        }
        let event = match self.hook {
            Some(Hook::Opencode) => None,
            Some(_) => hook_event(HOOK_PATIENCE),
            None => hook_event(PATIENCE),
        };
        let checked = self.check(context);
        if self.hook.is_some() || event.is_some() {
            // A budget that cannot be checked does not pass: agents go on when a hook fails.
            let reason = match checked {
                Ok((reason, _)) => reason,
                Err(error) => Some(unchecked(&error)),
            };
            if let Some(reason) = reason {
                print_encoded(format!("{}\n", decision(event.as_deref(), &reason)).as_bytes())?;
            }
            return Ok(Exit::Ok);
        }
        match checked? {
            (None, _) => Ok(context.out.outcome()),
            (Some(reason), notes) => {
                notes.iter().for_each(|note| context.out.note(note));
                context.out.note(&reason);
                Ok(Exit::Check)
            }
        }
    }

    /// The budgets that are exceeded, in one sentence, and notes about the spend.
    fn check(&self, context: &mut Context) -> Result<(Option<String>, Vec<String>)> {
        let budgets = self.budgets(context)?;
        if budgets.is_empty() {
            return Err(BadRequest::new("there is no budget to guard")
                .with_hint("run 'ttop guard --daily 20', or 'ttop config set budgets.daily 20'")
                .into());
        }
        let (gone, notes) = context.report(&TurnFilter::default(), |engine, out| {
            engine.require_history()?;
            if !self.project.is_empty() {
                let scope = FilterText {
                    project: self.project.clone(),
                    ..FilterText::default()
                };
                out.report_unknown(&engine.unknown_names::<BudgetRow>(&scope, &[])?, true)?;
            }
            let spent = engine.spent(&budgets)?;
            let notes = plan_note(&spent);
            let gone = spent.iter().filter(|one| one.row.level == Some(Level::Exceeded));
            Ok((gone.map(|one| reason(&one.row)).collect::<Vec<_>>(), notes))
        })?;
        let reason = (!gone.is_empty()).then(|| format!("ttop: {}", gone.join("; ")));
        Ok((reason, notes.into_iter().collect()))
    }

    /// Those of the flags, else those of the configuration.
    fn budgets(&self, context: &Context) -> Result<Vec<Budget>> {
        let engine = &context.engine;
        let scope = FilterText {
            project: self.project.clone(),
            ..FilterText::default()
        };
        let mut budgets = Vec::new();
        for (name, every, dollars) in [
            ("daily", Every::Day, self.daily),
            ("weekly", Every::Week, self.weekly),
            ("monthly", Every::Month, self.monthly),
        ] {
            let Some(dollars) = dollars else { continue };
            let limit = Amount::Usd(Money::from_dollars(dollars));
            budgets.push(engine.budget_of(name, every, limit, &scope)?);
        }
        if budgets.is_empty() {
            if !self.project.is_empty() {
                return Err(BadRequest::new("--project needs a budget")
                    .with_hint("add --daily, --weekly or --monthly")
                    .into());
            }
            budgets = engine.budgets()?;
        }
        if self.include_plan {
            budgets.iter_mut().for_each(|budget| budget.includes_plan = true);
        }
        Ok(budgets)
    }

    /// The command of a hook, with the same budgets.
    fn command(&self, agent: Hook) -> Vec<String> {
        let mut words = vec!["ttop".to_owned(), "guard".to_owned()];
        for (flag, dollars) in [
            ("--daily", self.daily),
            ("--weekly", self.weekly),
            ("--monthly", self.monthly),
        ] {
            words.extend(
                dollars
                    .into_iter()
                    .flat_map(|dollars| [flag.to_owned(), dollars.to_string()]),
            );
        }
        words.extend(self.include_plan.then(|| "--include-plan".to_owned()));
        let projects = self.project.iter();
        words.extend(projects.flat_map(|project| ["--project".to_owned(), project.clone()]));
        let name = agent.to_possible_value().map(|value| value.get_name().to_owned());
        words.extend(name.into_iter().flat_map(|name| ["--hook".to_owned(), name]));
        words
    }

    fn setup(&self, agent: Hook) -> String {
        let words = self.command(agent);
        let line: Vec<String> = words.iter().map(|word| crate::core::shell::quoted(word)).collect();
        let line = line.join(" ");
        match agent {
            // Both read the same keys; the timeout is in seconds.
            Hook::ClaudeCode | Hook::Codex => {
                let hook = json!({"type": "command", "command": line, "timeout": 30});
                let hooks = json!({"hooks": {"UserPromptSubmit": [{"hooks": [hook]}]}});
                format!("{}\n", serde_json::to_string_pretty(&hooks).unwrap_or_default())
            }
            Hook::Opencode => PLUGIN.replace("WORDS", &serde_json::to_string(&words).unwrap_or_default()),
        }
    }
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

/// Where the setup of an agent belongs.
const fn place(agent: Hook) -> &'static str {
    match agent {
        Hook::ClaudeCode => "merge this into ~/.claude/settings.json",
        Hook::Codex => {
            "merge this into ~/.codex/hooks.json, and trust the hook in Codex (/hooks): until then Codex does not run \
             it. Older versions also need codex_hooks = true below [features] in ~/.codex/config.toml"
        }
        Hook::Opencode => "write this to ~/.config/opencode/plugin/ttop-guard.js",
    }
}

/// Why a prompt is blocked that could not be checked, with the remedy.
fn unchecked(error: &anyhow::Error) -> String {
    let hint = error.downcast_ref::<BadRequest>().and_then(|usage| usage.hint.clone());
    let hint = hint.or_else(|| {
        error
            .downcast_ref::<CannotAnswer>()
            .map(|failure| failure.hint.to_string())
    });
    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
    format!("ttop: the budget cannot be checked: {error:#}{hint}")
}

/// `the daily budget is exceeded: ~$21.30 of $20.00`
fn reason(row: &BudgetRow) -> String {
    let amount = |amount: Amount, is_spent: bool| match amount {
        Amount::Usd(money) => number::money(Some(money), row.cost_status.filter(|_| is_spent)),
        Amount::Tokens(count) => format!("{} tokens", number::tokens(Some(count.unsigned_abs()))),
    };
    let spent = row.spent.map_or_else(|| "—".to_owned(), |spent| amount(spent, true));
    format!(
        "budget {} is exceeded: {spent} of {} ({})",
        row.budget_id,
        amount(row.budget, false),
        row.period
    )
}

/// What blocks an event: Claude Code and Codex read the same keys, and so does the plugin for OpenCode.
fn decision(event: Option<&str>, reason: &str) -> Value {
    match event {
        // Tools have a decision of their own.
        Some(event @ "PreToolUse") => json!({"hookSpecificOutput": {
            "hookEventName": event, "permissionDecision": "deny", "permissionDecisionReason": reason
        }}),
        _ => json!({"decision": "block", "reason": reason}),
    }
}

/// The event in the input of a hook; never waits for a terminal, and never for long.
fn hook_event(patience: Duration) -> Option<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return None;
    }
    let (send, receive) = channel();
    // Left behind when nothing comes: it ends with the process.
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdin.lock().take(MOST_BYTES).read_to_end(&mut text);
        let _ = send.send(read.is_ok().then_some(text));
    });
    let text = receive.recv_timeout(patience).ok().flatten()?;
    let input: Value = serde_json::from_slice(&text).ok()?;
    input["hook_event_name"].as_str().map(str::to_owned)
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
