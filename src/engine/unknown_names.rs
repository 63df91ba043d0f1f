//! Filters that cannot match: agents, providers, models, projects, branches, subagents and sessions that are known nowhere.

use super::Engine;
use super::filters::text;
use crate::agents;
use crate::core::bad_request::BadRequest;
use crate::core::filter::{Globs, ProjectWanted, is_plain};
use crate::core::filter_text::FilterText;
use crate::core::problem::Problem;
use crate::core::project::is_below;
use crate::core::shell;
use crate::core::short_id::meant;
use crate::ledger::Ledger;
use crate::prices::model_name;
use crate::render::Row;
use crate::render::keys::similar;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A value of a filter that neither this machine nor ttop knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// `agent`
    pub kind: &'static str,
    pub value: String,
    /// Known names that are like it, best first.
    pub near: Vec<String>,
}

impl UnknownName {
    /// `no agent 'claude' is known`
    pub fn message(&self) -> String {
        format!("no {} '{}' is known", self.kind, self.value)
    }

    /// What was probably meant, or where the known names are listed.
    pub fn hint(&self) -> String {
        match (self.near.first(), self.kind) {
            (Some(near), kind) => format!("did you mean --{kind} {}?", shell::quoted(near)),
            (None, "agent") => "ttop doctor lists the agents".to_owned(),
            (None, "session") => "ttop sessions lists the sessions".to_owned(),
            (None, "project") => "ttop cost --by project lists the projects".to_owned(),
            (None, kind) => format!("ttop cost --by {kind} lists those in use"),
        }
    }

    /// The error of a check that could never fail.
    pub fn refused(&self) -> BadRequest {
        BadRequest::new(format!(
            "--{}: {}, so the check could never fail",
            self.kind,
            self.message()
        ))
        .with_hint(self.hint())
    }
}

impl Engine {
    /// The values of these filters that cannot match anything. Names in `rows` are known, too.
    ///
    /// # Errors
    /// When there is no ledger, or it is damaged.
    pub fn unknown_names<R: Row>(&self, filters: &FilterText, rows: &[R]) -> Result<Vec<UnknownName>> {
        let mut unknown = Vec::new();
        if [
            &filters.agent,
            &filters.provider,
            &filters.model,
            &filters.project,
            &filters.session,
            &filters.branch,
            &filters.subagent,
        ]
        .iter()
        .all(|values| values.is_empty())
        {
            return Ok(unknown);
        }
        let rows: Vec<Value> = rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let shown = |key: &'static str| rows.iter().filter_map(move |row| text(row, key));
        let ledger = self.ledger()?;
        if !filters.agent.is_empty() {
            let known = self.agent_names(ledger).into_iter().chain(shown("agentId"));
            let known = known.collect();
            named("agent", &filters.agent, (&known, &known), by_name, &mut unknown);
        }
        if !filters.provider.is_empty() {
            let used = self.provider_names(ledger).into_iter();
            let used: BTreeSet<&str> = used.chain(shown("providerId")).chain(shown("billerId")).collect();
            let listed = self.prices().all().map(|(provider, _)| provider);
            let all = used.iter().copied().chain(listed).collect();
            named("provider", &filters.provider, (&all, &used), by_name, &mut unknown);
        }
        if !filters.model.is_empty() {
            let listed = self.prices().all().map(|(_, model)| model);
            let known: BTreeSet<&str> = ledger
                .models()
                .map(|(_, model)| model)
                .chain(shown("modelId"))
                .collect();
            let names: Vec<String> = ledger
                .models()
                .map(|(provider, model)| model_name(provider, model))
                .collect();
            let names = names.iter().map(String::as_str);
            let all = known.iter().copied().chain(listed).chain(names).collect();
            let by_words = |value: &str| Globs::new(&[value]).or_words(known.iter().copied());
            named("model", &filters.model, (&all, &known), by_words, &mut unknown);
        }
        if !filters.branch.is_empty() {
            let known = ledger.branches().chain(shown("branch")).collect();
            named("branch", &filters.branch, (&known, &known), by_name, &mut unknown);
        }
        if !filters.subagent.is_empty() {
            let known = ledger.subagents().chain(shown("subagent")).collect();
            named("subagent", &filters.subagent, (&known, &known), by_name, &mut unknown);
        }
        if !filters.project.is_empty() {
            let shown = shown("projectPath").map(str::to_owned).collect();
            self.unknown_projects(filters, shown, &mut unknown)?;
        }
        if !filters.session.is_empty() {
            let sessions = ledger.sessions()?;
            let known: Vec<&str> = sessions
                .values()
                .map(|known| known.info.id.as_str())
                .chain(shown("sessionId"))
                .collect();
            for value in filters.session.iter().filter(|value| *value != "latest") {
                if meant(value, known.iter().copied()).is_empty() {
                    unknown.push(UnknownName {
                        kind: "session",
                        value: value.clone(),
                        near: near(value, known.iter().copied()),
                    });
                }
            }
        }
        Ok(unknown)
    }

    /// The agents of the configuration that are neither built in nor plugins of this run, with the remedy.
    pub fn unknown_agents(&self) -> Vec<(Problem, String)> {
        let registered = self.registry.agents.iter().map(|agent| agent.id());
        let built_in = agents::built_in().iter().map(|agent| agent.id());
        let known: BTreeSet<&str> = registered.chain(built_in).collect();
        let configured = self.config.agents.keys();
        let unknown = configured.filter(|id| !known.contains(id.as_str())).map(|id| {
            let reason = format!("agents.{id}: no agent '{id}' is known; its roots are not read");
            let repair = match near(id, known.iter().copied()).first() {
                Some(near) => format!("did you mean agents.{near}?"),
                None => "ttop doctor lists the agents".to_owned(),
            };
            (Problem::new("config", reason), repair)
        });
        unknown.collect()
    }

    fn agent_names<'a>(&'a self, ledger: &'a Ledger) -> Vec<&'a str> {
        let names = ledger.names();
        let recorded = (0..names.len() as u32).filter_map(|row| names.agent(row));
        let registered = self.registry.agents.iter().map(|agent| agent.id());
        let built_in = agents::built_in().iter().map(|agent| agent.id());
        recorded.chain(registered).chain(built_in).collect()
    }

    fn provider_names<'a>(&'a self, ledger: &'a Ledger) -> Vec<&'a str> {
        let asked = self.registry.providers.iter().map(|provider| provider.about());
        let asked = asked.flat_map(|about| [about.id.as_str(), about.biller_id.as_str()]);
        let configured = self.config.providers.by_id.keys().map(String::as_str);
        let recorded = ledger.models().map(|(provider, _)| provider);
        recorded.chain(asked).chain(configured).collect()
    }

    /// A folder that exists may yet be worked in: only a path that is neither recorded nor there is a mistake.
    fn unknown_projects(&self, filters: &FilterText, shown: Vec<String>, unknown: &mut Vec<UnknownName>) -> Result<()> {
        let sessions = self.ledger()?.sessions()?;
        let recorded = sessions
            .values()
            .filter_map(|known| Some(known.info.project.as_ref()?.path.as_str()));
        let known: BTreeSet<&str> = recorded.chain(shown.iter().map(String::as_str)).collect();
        let projects = self.projects();
        for value in &filters.project {
            let only = FilterText {
                project: vec![value.clone()],
                ..FilterText::default()
            };
            let wanted = self.filter(&only)?.projects;
            let is_known = wanted.iter().all(|wanted| match wanted {
                ProjectWanted::Here(_) => true,
                ProjectWanted::Under(roots) => roots.iter().any(|root| {
                    projects.named(value).is_some()
                        || known.iter().any(|path| is_below(path, root))
                        || !self.is_sample() && Path::new(root).exists()
                }),
            });
            if !is_known {
                // A name without a folder is compared with the folders' names.
                let typed = value.rsplit(['/', '\\']).next().unwrap_or(value);
                let names: BTreeSet<&str> = known
                    .iter()
                    .filter_map(|path| path.rsplit(['/', '\\']).next())
                    .collect();
                let near = similar(typed, names.into_iter());
                let paths = known.iter().filter(|path| near.iter().any(|name| path.ends_with(name)));
                unknown.push(UnknownName {
                    kind: "project",
                    value: value.clone(),
                    near: paths.take(3).map(|path| self.system.tilde(Path::new(path))).collect(),
                });
            }
        }
        Ok(())
    }
}

/// Adds the plain values that match none of the known names, with what is like them among the names in use, else among
/// all.
fn named(
    kind: &'static str,
    values: &[String],
    (known, used): (&BTreeSet<&str>, &BTreeSet<&str>),
    globs: impl Fn(&str) -> Globs,
    unknown: &mut Vec<UnknownName>,
) {
    for value in values.iter().filter(|value| is_plain(value)) {
        let globs = globs(value);
        if !known.iter().any(|name| globs.matches(Some(name))) {
            unknown.push(UnknownName {
                kind,
                value: value.clone(),
                near: match near(value, used.iter().copied()) {
                    near if near.is_empty() => typo_of(value, known),
                    near => near,
                },
            });
        }
    }
}

/// The name of which a value is probably a misspelling: among thousands of names, likeness alone says little.
fn typo_of(value: &str, known: &BTreeSet<&str>) -> Vec<String> {
    const MOST_EDITS: usize = 2;
    let value = value.to_lowercase();
    let edits = |name: &&&str| strsim::osa_distance(&value, &name.to_lowercase());
    let nearest = known
        .iter()
        .min_by_key(edits)
        .filter(|name| edits(name) <= MOST_EDITS.min(value.len() / 4));
    nearest.map(|name| (*name).to_owned()).into_iter().collect()
}

fn by_name(value: &str) -> Globs {
    Globs::new(&[value])
}

fn near<'n>(value: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let known = known.filter(|name| !name.is_empty());
    similar(value, known).into_iter().map(str::to_owned).collect()
}
