//! `ttop setup`: offers completions, a bar, a budget, alerts and consents, and shows each change before it makes it.

mod bars;
mod change;
mod settings;
mod shells;

use super::budgets::amount;
use super::context::{Context, is_attended};
use crate::core::bad_request::BadRequest;
use crate::exit::Exit;
use crate::render::eprint_line;
use anyhow::{Context as _, Result};
use change::{Change, Files, Offer};
use clap::Args;
use std::io::{BufRead, Write};

/// Offer completions, a bar, budgets, alerts and consents
///
/// Shows each change as a diff and asks before it makes it. Keeps what is in a file, and offers nothing that is already
/// there. Without a terminal, use --print to see the changes or --yes to make them.
#[derive(Args, Debug, Default)]
pub struct SetupArgs {
    /// Make every change without a question
    #[arg(long)]
    pub yes: bool,
    /// Print every change as a patch, and make none
    #[arg(long, conflicts_with = "yes")]
    pub print: bool,
    /// Also set this daily budget, in US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub daily: Option<f64>,
}

impl SetupArgs {
    /// # Errors
    /// When it may not ask, or a file cannot be read or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if context.engine.is_sample() {
            return Err(BadRequest::new("the --demo sample has nothing to set up").into());
        }
        let may_ask = is_attended() && !context.out.global.quiet;
        if !self.yes && !self.print && !may_ask {
            return Err(
                BadRequest::new("'ttop setup' asks before each change, which needs a terminal")
                    .with_hint("run 'ttop setup --print' to see the changes, or 'ttop setup --yes' to make them")
                    .into(),
            );
        }
        let mut files = Files::default();
        let mut offered = 0;
        for make in [shells::offers, bars::offers] {
            offered += self.go_through(make(&context.engine.system, &files)?, context, &mut files)?;
        }
        let daily = match self.daily {
            None if may_ask && !self.yes && !self.print && settings::lacks_budget(context) => ask_budget()?,
            given => given,
        };
        // Each in turn: a later one builds on the text that an earlier one left.
        for setting in settings::wanted(context, daily)? {
            let offer = settings::offer(&setting, &context.engine.system, &files)?;
            offered += self.go_through(vec![offer], context, &mut files)?;
        }
        if offered == 0 {
            context.out.note("ttop: everything is set up");
        }
        Ok(context.out.outcome())
    }

    /// Shows each change, and makes those that are wanted. Returns how many there were.
    fn go_through(&self, offers: Vec<Offer>, context: &Context, files: &mut Files) -> Result<usize> {
        let mut changes = 0;
        for offer in offers {
            match offer {
                Offer::Note(note) => context.out.note(&format!("ttop: {note}")),
                Offer::Change(change) => {
                    changes += 1;
                    context.out.note(&format!("ttop: {}", change.purpose));
                    context.out.text(&change.diff(&context.engine.system))?;
                    let is_wanted = self.print || self.yes || has_agreed("Make this change?")?;
                    if is_wanted {
                        self.make(change, context, files)?;
                    }
                }
            }
        }
        Ok(changes)
    }

    fn make(&self, change: Change, context: &Context, files: &mut Files) -> Result<()> {
        if !self.print {
            let file = context.engine.system.tilde(&change.path);
            change.write().with_context(|| format!("could not write {file}"))?;
            context.out.note(&format!("ttop: wrote {file}{}", change.then));
        }
        files.keep(change);
        Ok(())
    }
}

/// Asks on the terminal; any answer other than yes means no.
fn has_agreed(question: &str) -> Result<bool> {
    Ok(matches!(
        ask(&format!("{question} [y/N] "))?.to_lowercase().as_str(),
        "y" | "yes"
    ))
}

/// A daily budget; none after an empty line, or when it is no amount.
fn ask_budget() -> Result<Option<f64>> {
    let answer = ask("A daily budget in US dollars (empty for none): ")?;
    if answer.is_empty() {
        return Ok(None);
    }
    match amount(answer.trim_start_matches('$')) {
        Ok(dollars) => Ok(Some(dollars)),
        Err(reason) => {
            eprint_line(&format!(
                "ttop: {reason}; to set a budget later, run 'ttop config set budgets.daily 20'"
            ));
            Ok(None)
        }
    }
}

fn ask(question: &str) -> Result<String> {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
