//! The budgets of the config, and what became of them.

use super::Engine;
use super::unknown_names::UnknownName;
use crate::core::budget::{Amount, Budget, Every, Scope};
use crate::core::filter::{ProjectWanted, TurnFilter};
use crate::core::filter_text::FilterText;
use crate::core::money::Money;
use crate::core::rows::BudgetRow;
use crate::ledger::LedgerState;
use crate::reports::budgets::{Spent, thresholds};
use crate::system::config::settings::BudgetRule;
use anyhow::{Result, bail};

impl Engine {
    /// The budgets of the config: `budgets.daily` and its like, then the rules in their order.
    ///
    /// # Errors
    /// When a project of a rule cannot be understood.
    pub fn budgets(&self) -> Result<Vec<Budget>> {
        let config = &self.config;
        let mut budgets = Vec::new();
        let (usd, tokens) = (&config.budgets, &config.budgets.tokens);
        for (every, key, dollars, count) in [
            (Every::Day, "daily", usd.daily, tokens.daily),
            (Every::Week, "weekly", usd.weekly, tokens.weekly),
            (Every::Month, "monthly", usd.monthly, tokens.monthly),
        ] {
            let plain = |id: String, limit| Budget {
                id,
                every,
                limit,
                filter: TurnFilter::default(),
                scope: Scope::default(),
                includes_plan: false,
            };
            if let Some(dollars) = dollars {
                budgets.push(plain(key.to_owned(), Amount::Usd(Money::from_dollars(dollars))));
            }
            if let Some(count) = count {
                budgets.push(plain(format!("tokens-{key}"), Amount::Tokens(count as i64)));
            }
        }
        for (at, rule) in config.budgets.rules.iter().enumerate() {
            if let Some(rule) = rule {
                budgets.push(self.budget_of_rule(rule, at + 1)?);
            }
        }
        Ok(budgets)
    }

    fn budget_of_rule(&self, rule: &BudgetRule, number: usize) -> Result<Budget> {
        let mut scope = Scope {
            agent: rule.agent.clone(),
            provider: rule.provider.clone(),
            model: rule.model.clone(),
            project: rule.project.clone(),
        };
        let words = |word: &Option<String>| word.iter().cloned().collect();
        let filter = self.filter(&FilterText {
            agent: words(&scope.agent),
            provider: words(&scope.provider),
            model: words(&scope.model),
            project: words(&scope.project),
            ..FilterText::default()
        })?;
        scope.project = path_of(&filter);
        Ok(Budget {
            id: rule.id.clone().unwrap_or_else(|| format!("rule-{number}")),
            every: rule.every,
            limit: match (rule.usd, rule.tokens) {
                (Some(dollars), _) => Amount::Usd(Money::from_dollars(dollars)),
                (None, count) => Amount::Tokens(count.unwrap_or_default() as i64),
            },
            filter,
            scope,
            includes_plan: rule.include_plan,
        })
    }

    /// A budget that is no part of the config; its scope is that of the filters.
    ///
    /// # Errors
    /// When a filter cannot be understood.
    pub fn budget_of(&self, id: &str, every: Every, limit: Amount, scope: &FilterText) -> Result<Budget> {
        let joined = |words: &[String]| (!words.is_empty()).then(|| words.join(","));
        let filter = self.filter(scope)?;
        Ok(Budget {
            id: id.to_owned(),
            every,
            limit,
            scope: Scope {
                agent: joined(&scope.agent),
                provider: joined(&scope.provider),
                model: joined(&scope.model),
                project: path_of(&filter).or_else(|| joined(&scope.project)),
            },
            filter,
            includes_plan: false,
        })
    }

    /// Budgets of so many US dollars a day, a week and a month, of one scope.
    ///
    /// # Errors
    /// When a filter cannot be understood.
    pub fn dollar_budgets(&self, limits: [Option<f64>; 3], scope: &FilterText) -> Result<Vec<Budget>> {
        let periods = [
            ("daily", Every::Day),
            ("weekly", Every::Week),
            ("monthly", Every::Month),
        ];
        let mut budgets = Vec::new();
        for ((name, every), dollars) in periods.into_iter().zip(limits) {
            let Some(dollars) = dollars else { continue };
            let limit = Amount::Usd(Money::from_dollars(dollars));
            budgets.push(self.budget_of(name, every, limit, scope)?);
        }
        Ok(budgets)
    }

    /// The first name in the scope of a budget that cannot match.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn unknown_in_scope(&self, budget: &Budget) -> Result<Option<UnknownName>> {
        let words = |word: &Option<String>| word.iter().cloned().collect();
        let scope = FilterText {
            agent: words(&budget.scope.agent),
            provider: words(&budget.scope.provider),
            model: words(&budget.scope.model),
            project: words(&budget.scope.project),
            ..FilterText::default()
        };
        Ok(self.unknown_names::<BudgetRow>(&scope, &[])?.into_iter().next())
    }

    /// Refuses to judge a budget without history: money that an unusable ledger has forgotten is missing from every one.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub fn require_history(&self) -> Result<()> {
        if let LedgerState::Unusable(_) = self.ledger()?.standing() {
            bail!("budgets need the ledger, which cannot be read: run 'ttop ledger rebuild'");
        }
        Ok(())
    }

    /// The current spend of each budget, and notes on what the one lacks a price for that lacks most.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn spent_with_notes(&self, budgets: &[Budget]) -> Result<(Vec<Spent>, Vec<String>)> {
        let (zone, now) = (self.system.zone()?, self.system.now);
        let (mut all, mut notes, mut most) = (Vec::new(), Vec::new(), None);
        for budget in budgets {
            // One budget at a time: several count the same turns.
            let usage = self.usage()?;
            let spent = usage.budget_rows(std::slice::from_ref(budget), thresholds(&self.config), zone, now)?;
            let lacking = usage.unpriced_notes();
            let size = (spent.iter().map(|one| one.unpriced_tokens).max(), lacking.len());
            if most.is_none_or(|most| most < size) {
                (most, notes) = (Some(size), lacking);
            }
            all.extend(spent);
        }
        Ok((all, notes))
    }

    /// The current spend of each budget.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn spent(&self, budgets: &[Budget]) -> Result<Vec<Spent>> {
        let (zone, now) = (self.system.zone()?, self.system.now);
        self.usage()?.budget_rows(budgets, thresholds(&self.config), zone, now)
    }
}

/// Where the one project of a filter lies: rows have paths as agents record them, and not `~/acme` or a name.
fn path_of(filter: &TurnFilter) -> Option<String> {
    match &filter.projects[..] {
        [ProjectWanted::Under(paths) | ProjectWanted::Here(paths)] => paths.first().cloned(),
        _ => None,
    }
}
