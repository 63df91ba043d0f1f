//! `ttop budgets`: what was spent of each budget, and where that leads.

use super::context::Context;
use super::usage;
use crate::args::{Filters, RowArgs};
use crate::core::bad_request::BadRequest;
use crate::core::budget::{Amount, Budget, Every, Level, Scope};
use crate::core::filter::{ProjectWanted, TurnFilter};
use crate::core::money::Money;
use crate::core::problem::Problem;
use crate::core::rows::BudgetRow;
use crate::exit::Exit;
use crate::ledger::{Ledger, Standing};
use crate::render::Layout;
use crate::reports::budgets::{Spent, thresholds};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

/// Show what is spent of each budget
///
/// Budgets are `budgets.*` in the config. With --usd or --tokens one more is shown for this run; --agent, --provider,
/// --model and --project then say what it is about.
#[derive(Args, Debug, Default)]
pub struct BudgetsArgs {
    /// Add a budget of so many dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub usd: Option<f64>,
    /// Add a budget of so many tokens
    #[arg(long, value_name = "COUNT", value_parser = count, conflicts_with = "usd")]
    pub tokens: Option<f64>,
    /// How often the added budget begins anew
    #[arg(long, value_name = "PERIOD", default_value = "day")]
    pub every: PeriodWanted,
    /// Print only budgets that are exceeded, and exit 3 if any is
    #[arg(long)]
    pub check: bool,
    /// Count turns that a subscription covers, too
    #[arg(long)]
    pub include_plan: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// `--every`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PeriodWanted {
    #[default]
    Day,
    Week,
    Month,
}

/// Money, or how much of something.
///
/// # Errors
/// When it is none.
pub fn amount(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if number.is_finite() && number >= 0.0 {
        Ok(number)
    } else {
        Err(format!("'{text}' is no amount"))
    }
}

fn count(text: &str) -> Result<f64, String> {
    let number = amount(text)?;
    match number.fract() {
        0.0 => Ok(number),
        _ => Err(format!("'{text}' is no whole number")),
    }
}

impl BudgetsArgs {
    /// # Errors
    /// When the ledger cannot be used, or the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.request(&self.rows)?.check::<BudgetRow>(false)?;
        self.filters.check::<BudgetRow>()?;
        let mut budgets = configured(context)?;
        let added = self.added(context)?;
        let is_added = added.is_some();
        budgets.extend(added);
        if self.include_plan {
            budgets.iter_mut().for_each(|budget| budget.includes_plan = true);
        }
        let zone = context.system.zone()?.clone();
        usage::report(context, &TurnFilter::default(), |context, usage| {
            refuse_unusable(usage.ledger)?;
            let now = context.system.now;
            let spent = usage.budget_rows(&budgets, thresholds(&context.config), &zone, now)?;
            spent.iter().for_each(|one| warn_of_unpriced(context, one));
            let notes = plan_note(&spent);
            let mut rows: Vec<BudgetRow> = spent.into_iter().map(|one| one.row).collect();
            if self.check {
                rows.retain(|row| row.level == Some(Level::Exceeded));
            }
            // With a budget of this run, these words say what it is about.
            if !is_added {
                rows = self.filters.choose(context, rows)?;
            }
            let has_failed = self.check && !rows.is_empty();
            notes.iter().for_each(|note| context.note(note));
            let layout = Layout {
                grep: self.filters.grep(),
                ..Layout::default()
            };
            let exit = context.print(&self.rows, layout, rows.into_iter().map(Ok))?;
            Ok(if has_failed && exit == Exit::Ok {
                Exit::Check
            } else {
                exit
            })
        })
    }

    /// The budget of this run.
    fn added(&self, context: &Context) -> Result<Option<Budget>> {
        let limit = match (self.usd, self.tokens) {
            (Some(dollars), _) => Amount::Usd(Money::from_dollars(dollars)),
            (None, Some(count)) => Amount::Tokens(count as i64),
            (None, None) => return Ok(None),
        };
        if self.filters.has_time() {
            return Err(BadRequest::new("a budget has its own time: --every day, week or month").into());
        }
        let joined = |words: &[String]| (!words.is_empty()).then(|| words.join(","));
        let filter = self.filters.turn_filter(context)?;
        Ok(Some(Budget {
            id: "this-run".to_owned(),
            every: match self.every {
                PeriodWanted::Day => Every::Day,
                PeriodWanted::Week => Every::Week,
                PeriodWanted::Month => Every::Month,
            },
            limit,
            scope: Scope {
                agent: joined(&self.filters.agent),
                provider: joined(&self.filters.provider),
                model: joined(&self.filters.model),
                project: path_of(&filter).or_else(|| joined(&self.filters.project)),
            },
            filter,
            includes_plan: false,
        }))
    }
}

/// Money that an unusable ledger has forgotten would be missing from every budget.
///
/// # Errors
/// When the ledger cannot be used.
pub fn refuse_unusable(ledger: &Ledger) -> Result<()> {
    if let Standing::Unusable(_) = ledger.standing() {
        bail!("without the ledger's history no budget can be told: 'ttop ledger rebuild' makes a new one");
    }
    Ok(())
}

/// The budgets of the config: `budgets.daily` and its like, then the rules in their order.
///
/// # Errors
/// When a project of a rule cannot be understood.
pub fn configured(context: &Context) -> Result<Vec<Budget>> {
    let config = &context.config;
    let mut budgets = Vec::new();
    for (every, key) in Every::ALL.into_iter().zip(["daily", "weekly", "monthly"]) {
        let plain = |id: String, limit| Budget {
            id,
            every,
            limit,
            filter: TurnFilter::default(),
            scope: Scope::default(),
            includes_plan: false,
        };
        if let Some(dollars) = config.number(&["budgets", key]) {
            budgets.push(plain(key.to_owned(), Amount::Usd(Money::from_dollars(dollars))));
        }
        if let Some(count) = config.number(&["budgets", "tokens", key]) {
            budgets.push(plain(format!("tokens-{key}"), Amount::Tokens(count as i64)));
        }
    }
    let rules = config.value(&["budgets", "rules"]).and_then(Value::as_array);
    for (at, rule) in rules.into_iter().flatten().enumerate() {
        budgets.push(rule_of(rule, at + 1, context)?);
    }
    Ok(budgets)
}

/// A rule as the config check let it through.
fn rule_of(rule: &Value, number: usize, context: &Context) -> Result<Budget> {
    let text = |key: &str| rule[key].as_str().map(str::to_owned);
    let mut scope = Scope {
        agent: text("agent"),
        provider: text("provider"),
        model: text("model"),
        project: text("project"),
    };
    let words = |word: &Option<String>| word.iter().cloned().collect();
    let filters = Filters {
        agent: words(&scope.agent),
        provider: words(&scope.provider),
        model: words(&scope.model),
        project: words(&scope.project),
        ..Filters::default()
    };
    let filter = filters.turn_filter(context)?;
    scope.project = path_of(&filter);
    Ok(Budget {
        id: text("id").unwrap_or_else(|| format!("rule-{number}")),
        every: serde_json::from_value(rule["every"].clone())?,
        limit: match (rule["usd"].as_f64(), rule["tokens"].as_f64()) {
            (Some(dollars), _) => Amount::Usd(Money::from_dollars(dollars)),
            (None, count) => Amount::Tokens(count.unwrap_or_default() as i64),
        },
        filter,
        scope,
        includes_plan: rule["includePlan"].as_bool() == Some(true),
    })
}

/// Where the one project of a filter lies: rows have paths as agents record them, and not `~/acme` or a name.
fn path_of(filter: &TurnFilter) -> Option<String> {
    match &filter.projects[..] {
        [ProjectWanted::Under(paths) | ProjectWanted::Here(paths)] => paths.first().cloned(),
        _ => None,
    }
}

fn warn_of_unpriced(context: &mut Context, spent: &Spent) {
    if spent.unpriced_tokens > 0 {
        let tokens = spent.unpriced_tokens;
        context.warn(&Problem::new(
            format_args!("budget {}", spent.row.budget_id),
            format_args!("{tokens} tokens have no price: more was spent than it says"),
        ));
    }
}

/// Says that turns were left out: a budget that looks untouched is else a riddle.
fn plan_note(spent: &[Spent]) -> Option<String> {
    let most = spent.iter().map(|one| one.plan_turns).max().filter(|most| *most > 0)?;
    Some(format!(
        "ttop: {most} replies are covered by a plan and not counted; --include-plan counts them"
    ))
}
