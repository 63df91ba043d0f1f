//! `ttop guard`: a hard stop. As a hook of an agent it blocks a prompt once a budget is gone.

use super::context::Context;
use crate::args::complete;
use crate::args::values::amount;
use crate::core::bad_request::BadRequest;
use crate::core::budget::{Budget, Level};
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::rows::BudgetRow;
use crate::engine::prompt_hook::{Hook, decision, event};
use crate::exit::{Exit, hint_of};
use crate::render::columns::budget::exceeded;
use crate::render::print_encoded;
use crate::reports::budgets::plan_note;
use anyhow::Result;
use clap::Args;

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
    #[arg(long, value_name = "PATH", add = complete::projects())]
    pub project: Vec<String>,
    /// Answer in this agent's hook protocol [default: that of the agent whose event is on stdin]
    #[arg(long, value_name = "AGENT")]
    pub hook: Option<Hook>,
    /// Print the lines to add to this agent's configuration
    #[arg(long, value_name = "AGENT")]
    pub print_config: Option<Hook>,
}

impl GuardArgs {
    /// # Errors
    /// On the command line when the spend is not known; when stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if let Some(agent) = self.print_config {
            context.out.note(&format!("ttop: {}", agent.place()));
            print_encoded(agent.setup(&self.command(agent)).as_bytes())?;
            return Ok(Exit::Ok);
        }
        let event = event(self.hook);
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
                Ok(context.out.outcome().checked(true))
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
            Ok((gone.map(|one| exceeded(&one.row)).collect::<Vec<_>>(), notes))
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
        let mut budgets = engine.dollar_budgets([self.daily, self.weekly, self.monthly], &scope)?;
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
        words.extend(["--hook".to_owned(), agent.name().to_owned()]);
        words
    }
}

/// Why a prompt is blocked that could not be checked, with the remedy.
fn unchecked(error: &anyhow::Error) -> String {
    let hint = hint_of(error).map_or_else(String::new, |hint| format!("; {hint}"));
    format!("ttop: the budget cannot be checked: {error:#}{hint}")
}
