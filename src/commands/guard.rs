//! `ttop guard`: a hard stop. As a hook of an agent it blocks a prompt once a budget is gone.

use super::budgets::{amount, plan_note};
use super::context::Context;
use crate::core::bad_request::BadRequest;
use crate::core::budget::{Amount, Budget, Every, Level};
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

/// Block an agent's prompts once a budget is gone; a hook for Claude Code, Codex and OpenCode
///
/// Without --daily, --weekly and --monthly the configured budgets count. A hook gets its answer in the agent's own
/// protocol, and the exit code is 0. On the command line, exit 3 if a budget is gone. --print-config prints the setup of
/// an agent.
#[derive(Args, Debug, Default)]
pub struct GuardArgs {
    /// Stop at this many US dollars a day
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub daily: Option<f64>,
    /// Stop at this many US dollars a week
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub weekly: Option<f64>,
    /// Stop at this many US dollars a month
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub monthly: Option<f64>,
    /// Also count turns that a subscription covers
    #[arg(long)]
    pub include_plan: bool,
    /// Only count this project and folders below it
    #[arg(long, value_name = "PATH")]
    pub project: Vec<String>,
    /// Answer as this agent expects it of a hook [default: the one with an event on stdin]
    #[arg(long, value_name = "AGENT")]
    pub hook: Option<Hook>,
    /// Print what to add to the configuration of this agent
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

/// An agent writes its input before it starts a hook; who writes nothing until then is none.
const PATIENCE: Duration = Duration::from_millis(200);
/// A prompt may be long; only the kind of the event is read of it.
const MOST_BYTES: u64 = 16 << 20;

impl GuardArgs {
    /// # Errors
    /// When the spend is not known, or stdout cannot be written. Agents show that, and go on.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if let Some(agent) = self.print_config {
            print_encoded(self.setup(agent).as_bytes())?;
            return Ok(Exit::Ok);
        }
        let event = match self.hook {
            Some(Hook::Opencode) => None,
            _ => hook_event(),
        };
        let budgets = self.budgets(context)?;
        if budgets.is_empty() {
            return Err(BadRequest::new("there is no budget to guard")
                .with_hint("ttop guard --daily 20, or ttop config set budgets.daily 20")
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
        let reason = (!gone.is_empty()).then(|| gone.join("; "));
        if self.hook.is_some() || event.is_some() {
            if let Some(reason) = &reason {
                print_encoded(format!("{}\n", decision(event.as_deref(), reason)).as_bytes())?;
            }
            return Ok(Exit::Ok);
        }
        match reason {
            None => Ok(context.out.outcome()),
            Some(reason) => {
                notes.iter().for_each(|note| context.out.note(note));
                context.out.note(&format!("ttop: {reason}"));
                Ok(Exit::Check)
            }
        }
    }

    /// Those of the flags, else those of the configuration.
    fn budgets(&self, context: &Context) -> Result<Vec<Budget>> {
        let engine = &context.engine;
        let scope = FilterText {
            project: self.project.clone(),
            ..FilterText::default()
        };
        let mut budgets = Vec::new();
        for (every, dollars) in [
            (Every::Day, self.daily),
            (Every::Week, self.weekly),
            (Every::Month, self.monthly),
        ] {
            let Some(dollars) = dollars else { continue };
            let limit = Amount::Usd(Money::from_dollars(dollars));
            budgets.push(engine.budget_of(every.name(), every, limit, &scope)?);
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
        let hooks = |timeout: u32| {
            let hook = json!({"type": "command", "command": line, "timeout": timeout});
            let hooks = json!({"hooks": {"UserPromptSubmit": [{"hooks": [hook]}]}});
            serde_json::to_string_pretty(&hooks).unwrap_or_default()
        };
        match agent {
            Hook::ClaudeCode => format!("// Merge into ~/.claude/settings.json\n{}\n", hooks(30)),
            Hook::Codex => format!(
                "// ~/.codex/hooks.json; hooks are on with [features] codex_hooks = true in ~/.codex/config.toml\n{}\n",
                hooks(30)
            ),
            Hook::Opencode => {
                let words = serde_json::to_string(&words).unwrap_or_default();
                format!(
                    "// ~/.config/opencode/plugin/ttop-guard.js\n\
                     import {{ spawnSync }} from \"node:child_process\"\n\n\
                     const [program, ...words] = {words}\n\n\
                     export const TtopGuard = async () => ({{\n\
                     \x20 \"chat.message\": async () => {{\n\
                     \x20   const answer = spawnSync(program, words, {{ encoding: \"utf8\" }})\n\
                     \x20   const text = (answer.stdout ?? \"\").trim()\n\
                     \x20   const decision = text ? JSON.parse(text) : {{}}\n\
                     \x20   if (decision.decision === \"block\") throw new Error(decision.reason)\n\
                     \x20 }},\n\
                     }})\n"
                )
            }
        }
    }
}

/// `the daily budget is gone: ~$21.30 of $20.00`
fn reason(row: &BudgetRow) -> String {
    let amount = |amount: Amount, is_spent: bool| match amount {
        Amount::Usd(money) => number::money(Some(money), row.cost_status.filter(|_| is_spent)),
        Amount::Tokens(count) => format!("{} tokens", number::tokens(Some(count.unsigned_abs()))),
    };
    let spent = row.spent.map_or_else(|| "—".to_owned(), |spent| amount(spent, true));
    format!(
        "the {} budget is gone: {spent} of {} ({})",
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
fn hook_event() -> Option<String> {
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
    let text = receive.recv_timeout(PATIENCE).ok().flatten()?;
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
