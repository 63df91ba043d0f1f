//! Answers queries from the engine, on the thread that owns it; equal queries within a second share one answer.

mod ledger;
mod live;
mod metrics;
mod others;
mod otop;
mod print;
mod reports;
mod titles;
mod trends;

pub(super) use others::window;
pub(super) use titles::Untitled;

use super::answer::Answer;
use super::negotiate::RowFormat;
use super::params::Params;
use super::request::Refused;
use super::route::Route;
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::core::rows::PsRow;
use crate::engine::Engine;
use crate::engine::remotes::Others;
use crate::render::kinds::{ROWS, RowKind};
use crate::render::types;
use anyhow::{Result, bail};
use rustc_hash::FxHashMap;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long an answer stays true: nothing that agents wrote since is missing for longer.
const KEPT: Duration = Duration::from_secs(1);
const MOST_KEPT: usize = 64;
/// The switch that leaves out other machines.
const LOCAL: &str = "local";

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Query {
    pub route: Route,
    pub params: Vec<(String, String)>,
    pub format: RowFormat,
    /// For metrics.
    pub is_open_metrics: bool,
    /// For the ledger: what the client has.
    pub tag: Option<String>,
}

/// Makes answers, and keeps them for a moment.
pub(super) struct Answers {
    kept: FxHashMap<Query, (Instant, Answer)>,
    keeps_titles: bool,
    /// What other machines run, as they answered last.
    pub remote: Vec<PsRow>,
}

impl Answers {
    pub(super) fn new(keeps_titles: bool) -> Self {
        Self {
            kept: FxHashMap::default(),
            keeps_titles,
            remote: Vec::new(),
        }
    }

    /// Drops answers: agents wrote something.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    /// An answer that is still true.
    pub(super) fn known(&mut self, query: &Query) -> Option<Answer> {
        self.kept.retain(|_, (made, _)| made.elapsed() < KEPT);
        self.kept.get(query).map(|(_, answer)| answer.clone())
    }

    /// The answer to a query, which may be an error, with the turns of other machines.
    pub(super) fn answer(&mut self, query: &Query, others: &Others, engine: &mut Engine) -> Answer {
        let answer = self.make(query, others, engine).unwrap_or_else(|error| {
            let refused = refused(&error);
            if refused.status >= 500 {
                engine.note_problem(Problem::new("serve", &refused.message));
            }
            Answer::from(&refused)
        });
        let answer = match others.missing.is_empty() {
            true => answer,
            false => answer.with("Ttop-Missing", &others.missing.join(", ")),
        };
        if self.kept.len() < MOST_KEPT {
            self.kept.insert(query.clone(), (Instant::now(), answer.clone()));
        }
        answer
    }

    fn make(&self, query: &Query, others: &Others, engine: &mut Engine) -> Result<Answer> {
        if !engine.is_sample() {
            // Another process may have brought in more.
            engine.ledger_mut()?.reload()?;
        }
        match self.make_beside(query, others, engine) {
            Err(error) if engine.abandon_damaged(&error)? => self.try_make(query, false, engine),
            made => made,
        }
    }

    /// The answer while the turns of other machines are beside those of this one.
    fn make_beside(&self, query: &Query, others: &Others, engine: &mut Engine) -> Result<Answer> {
        if others.exports.is_empty() {
            return self.try_make(query, false, engine);
        }
        let exports = others.exports.iter().map(|(name, lines)| (name.as_str(), &**lines));
        let made = engine.ledger_mut()?.overlay(exports).and_then(|problems| {
            problems.into_iter().for_each(|problem| engine.note_once(problem));
            self.try_make(query, true, engine)
        });
        engine.ledger_mut()?.reload()?;
        made
    }

    fn try_make(&self, query: &Query, has_others: bool, engine: &mut Engine) -> Result<Answer> {
        let mut params = Params::new(query.params.clone());
        let format = query.format;
        match query.route {
            Route::Health | Route::Events => bail!("the network's thread answers this"),
            Route::OtopSessions => {
                params.finish()?;
                self.otop_sessions(engine)
            }
            Route::Metrics => {
                params.finish()?;
                metrics::metrics(engine, &self.remote, query.is_open_metrics)
            }
            Route::Stats => {
                params.flag(LOCAL)?;
                params.finish()?;
                live::stats(engine)
            }
            Route::Ledger => ledger::ledger(params, query.tag.as_deref(), self.keeps_titles, engine),
            Route::Snapshot => {
                params.finish()?;
                self.snapshot(engine)
            }
            Route::Sessions => self.sessions(params, format, has_others, engine),
            Route::Turns => self.turns(params, format, engine),
            Route::Cost => self.cost(params, format, engine),
            Route::Trends => self.trends(params, format, engine),
            Route::Insights => self.insights(params, format, engine),
            Route::Ps => self.ps(params, format, engine),
            Route::Providers => self.providers(params, format, engine),
            Route::Budgets => self.budgets(params, format, engine),
            Route::Schema => schema(&mut params).and_then(|answer| {
                params.finish()?;
                Ok(answer)
            }),
        }
    }
}

/// Wrong parameters are the client's mistake; everything else is the server's.
pub(super) fn refused(error: &anyhow::Error) -> Refused {
    match error.downcast_ref::<BadRequest>() {
        Some(bad) => Refused {
            status: 400,
            message: bad.message.clone(),
            hint: bad.hint.clone(),
        },
        None => Refused::new(500, format!("{error:#}")),
    }
}

/// The schema of a kind of row, or the list of kinds.
fn schema(params: &mut Params) -> Result<Answer> {
    let (row, language) = (params.text("row")?, params.text("as")?);
    let Some(name) = row else {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        return Ok(print::json(&json!({ "rows": names })));
    };
    let row = RowKind::find(&name)
        .ok_or_else(|| BadRequest::new(format!("'{name}' is no kind of row")).with_hint("GET /v1/schema lists them"))?;
    match language.as_deref() {
        None | Some("jsonschema") => Ok(print::json(&(row.schema)())),
        Some("duckdb") => Ok(print::text(types::duckdb(&(row.keys)()))),
        Some("nu") => Ok(print::text(types::nu(&(row.keys)()))),
        Some(_) => Err(BadRequest::new("as must be jsonschema, duckdb or nu").into()),
    }
}
