//! `ttop setup`: offers completions, a bar, budgets, alerts and consents, and shows each change before it makes it.

use super::context::{Context, is_attended};
use super::dialog;
use crate::args::values::amount;
use crate::core::bad_request::BadRequest;
use crate::engine::setup::{self, BUDGETS, Change, Files, Offer};
use crate::exit::Exit;
use crate::render::eprint_line;
use anyhow::{Context as _, Result, bail};
use clap::Args;

/// Offer completions, a bar, budgets, alerts and consents
///
/// Shows each change as a diff and asks before it makes it. Keeps the content of each file and skips what is already set
/// up. Without a terminal, use --print to see the changes or --yes to make them. Plugins are never trusted by --yes.
#[derive(Args, Debug, Default)]
pub struct SetupArgs {
    /// Make every change without asking
    #[arg(long)]
    pub yes: bool,
    /// Print every change as a patch without making it
    #[arg(long, conflicts_with = "yes")]
    pub print: bool,
    /// Also set this daily budget, in US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub daily: Option<f64>,
    /// Also set this weekly budget, in US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub weekly: Option<f64>,
    /// Also set this monthly budget, in US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub monthly: Option<f64>,
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
        for make in [setup::completions, setup::bars] {
            let offers = make(&context.engine.system, &files)?;
            offered += self.go_through(offers, context, &mut files)?.offered;
        }
        let asks = may_ask && !self.yes && !self.print;
        let mut budgets = Vec::new();
        for (name, given) in BUDGETS.into_iter().zip([self.daily, self.weekly, self.monthly]) {
            let dollars = match given {
                None if asks && context.engine.lacks_budget(name) => ask_budget(name)?,
                given => given,
            };
            budgets.extend(dollars.map(|dollars| (name, dollars)));
        }
        // Each in turn: a later one builds on the text that an earlier one left.
        for setting in context.engine.settings_to_offer(&budgets)? {
            let mut next = Some(setting);
            while let Some(setting) = next {
                let offer = setting.offer(&context.engine.system, &files)?;
                let gone = self.go_through(vec![offer], context, &mut files)?;
                offered += gone.offered;
                next = setting.otherwise.filter(|_| gone.made == 0).map(|other| *other);
            }
        }
        #[cfg(feature = "plugins")]
        {
            offered += super::plugin::ask_for_trust(context, asks)?;
        }
        if offered == 0 {
            context.out.note("ttop: everything is set up");
        }
        Ok(context.out.outcome())
    }

    /// Shows each change, and makes those that are wanted.
    fn go_through(&self, offers: Vec<Offer>, context: &Context, files: &mut Files) -> Result<Gone> {
        let mut gone = Gone::default();
        for offer in offers {
            match offer {
                Offer::Note(note) => context.out.note(&format!("ttop: {note}")),
                Offer::Change(change) => {
                    gone.offered += 1;
                    context.out.note(&format!("ttop: {}", change.purpose));
                    context.out.text(&change.diff(&context.engine.system))?;
                    let is_wanted = self.print || self.yes || has_agreed("Make this change?")?;
                    if is_wanted {
                        gone.made += 1;
                        self.make(change, context, files)?;
                    }
                }
            }
        }
        Ok(gone)
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

/// Changes that were shown, and those of them that were made.
#[derive(Default)]
struct Gone {
    offered: usize,
    made: usize,
}

/// Asks on the terminal; any answer other than yes means no.
fn has_agreed(question: &str) -> Result<bool> {
    Ok(dialog::is_yes(&ask(&format!("{question} [y/N]"))?))
}

/// A budget; none after an empty line, or when it is no amount.
fn ask_budget(name: &str) -> Result<Option<f64>> {
    let answer = ask(&format!("A {name} budget in US dollars (empty for none):"))?;
    if answer.is_empty() {
        return Ok(None);
    }
    match amount(answer.trim_start_matches('$')) {
        Ok(dollars) => Ok(Some(dollars)),
        Err(reason) => {
            eprint_line(&format!(
                "ttop: {reason}; to set a budget later, run 'ttop config set budgets.{name} 20'"
            ));
            Ok(None)
        }
    }
}

/// Asks on the terminal. Setup stops when the input ended: an answer is part of what it does.
fn ask(question: &str) -> Result<String> {
    match dialog::ask(question)? {
        Some(answer) => Ok(answer),
        None => {
            eprint_line("");
            bail!("the input ended; what was not answered is unchanged")
        }
    }
}
