//! Resolves textual filters to times, projects and globs, and filters rows.

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::core::filter::{Globs, ProjectWanted, SessionWanted, TurnFilter};
use crate::core::filter_text::FilterText;
use crate::core::period::{BadTime, Edge, Range, parse_day, parse_time};
use crate::core::project::Projects;
use crate::core::shell;
use crate::core::turn::Presence;
use crate::ledger::Ledger;
use crate::prices::model_name;
use crate::render::Row;
use crate::render::filter_keys::{FILTER_KEYS, TIME_KEYS, has_one};
use crate::render::keys::{self, value_at};
use crate::system::System;
use anyhow::Result;
use serde_json::Value;
use std::path::{Component, PathBuf};

impl Engine {
    /// The filter for turns and rows derived from them.
    ///
    /// # Errors
    /// When a time cannot be understood: a [`BadRequest`].
    pub fn filter(&self, text: &FilterText) -> Result<TurnFilter> {
        let projects = self.projects();
        Ok(TurnFilter {
            range: range(text, &self.system)?,
            agents: Globs::new(&text.agent),
            providers: Globs::new(&text.provider),
            models: Globs::new(&text.model),
            branches: Globs::new(&text.branch),
            subagents: Globs::new(&text.subagent),
            projects: text
                .project
                .iter()
                .map(|project| project_wanted(project, &projects, &self.system))
                .collect(),
            sessions: text
                .session
                .iter()
                .map(|session| match session.as_str() {
                    "latest" => SessionWanted::Latest,
                    prefix => SessionWanted::Prefix(prefix.to_owned()),
                })
                .collect(),
            presence: text.presences(),
        })
    }

    /// The moment that a flag names, or the start of its period.
    ///
    /// # Errors
    /// When it cannot be understood: a [`BadRequest`].
    pub fn moment(&self, flag: &str, text: &str) -> Result<i64> {
        let system = &self.system;
        parse_time(text, system.now, system.zone()?, Edge::Since).map_err(|error| bad_time(flag, error))
    }

    /// For rows that are not made of turns: those whose keys the filters ask for.
    ///
    /// # Errors
    /// When a filter has no key here or a prefix fits several sessions: a [`BadRequest`].
    pub fn choose<R: Row>(&self, filters: &FilterText, rows: Vec<R>) -> Result<Vec<R>> {
        if filters.is_empty() {
            return Ok(rows);
        }
        check::<R>(filters)?;
        let mut filter = self.filter(filters)?;
        let mut valued = rows
            .into_iter()
            .map(|row| Ok((serde_json::to_value(&row)?, row)))
            .collect::<Result<Vec<(Value, R)>>>()?;
        let known: Vec<String> = valued
            .iter()
            .filter_map(|(row, _)| text(row, "projectPath").map(str::to_owned))
            .collect();
        filter.settle_projects(known.iter().map(String::as_str));
        let models = self.model_names();
        let shown = valued.iter().filter_map(|(row, _)| text(row, "modelId"));
        filter.models = filter.models.or_words(models.iter().map(String::as_str).chain(shown));
        valued.retain(|(row, _)| is_wanted(row, &filter));
        let session = |(row, _): &(Value, R)| Some((text(row, "sessionId")?.to_owned(), time(row).unwrap_or_default()));
        let sessions: Vec<(String, i64)> = valued.iter().filter_map(session).collect();
        let chosen = filter
            .choose_sessions(sessions.iter().map(|(id, at)| (id.as_str(), *at)))
            .map_err(|error| BadRequest::new(error.to_string()).with_hint(error.hint()))?;
        if let Some(chosen) = chosen {
            valued.retain(|(row, _)| text(row, "sessionId").is_some_and(|id| chosen.contains(id)));
        }
        Ok(valued.into_iter().map(|(_, row)| row).collect())
    }

    /// The models of the ledger, where it is open.
    fn model_names(&self) -> Vec<String> {
        let models = self.ledger.get().into_iter().flat_map(Ledger::models);
        models.map(|(_, model)| model.to_owned()).collect()
    }

    /// Paths that count as one project: `projects.<name>` of the config.
    pub fn projects(&self) -> Projects {
        let expanded = |path: &String| self.system.expand(path).to_string_lossy().into_owned();
        let groups = self.config.projects.iter();
        Projects::new(groups.map(|(name, paths)| (name.clone(), paths.iter().map(expanded).collect())))
    }
}

/// For rows that are not made of turns: refuses filters that they have no key for.
///
/// # Errors
/// When there is such a filter.
pub fn check<R: Row>(filters: &FilterText) -> Result<(), BadRequest> {
    let keys = keys::keys::<R>();
    let given = [
        filters.since.is_some(),
        filters.until.is_some(),
        filters.on.is_some(),
        !filters.agent.is_empty(),
        !filters.provider.is_empty(),
        !filters.model.is_empty(),
        !filters.project.is_empty(),
        !filters.session.is_empty(),
        !filters.presence.is_empty(),
        !filters.branch.is_empty(),
        !filters.subagent.is_empty(),
    ];
    for ((flag, needed), _) in FILTER_KEYS.iter().zip(given).filter(|(_, is_given)| *is_given) {
        if !has_one(&keys, needed) {
            return Err(
                BadRequest::new(format!("--{flag}: {} rows have no {}", R::NAME, needed[0]))
                    .with_hint("run with --fields help for the list of keys"),
            );
        }
    }
    Ok(())
}

fn range(text: &FilterText, system: &System) -> Result<Range> {
    let (now, zone) = (system.now, system.zone()?);
    if let Some(day) = &text.on {
        return parse_day(day, now, zone).map_err(|error| bad_time("--on", error));
    }
    let edge = |flag, text: &Option<String>, edge, open| match text {
        Some(text) => parse_time(text, now, zone, edge).map_err(|error| bad_time(flag, error)),
        None => Ok(open),
    };
    let range = Range {
        start: edge("--since", &text.since, Edge::Since, Range::ALL.start)?,
        end: edge("--until", &text.until, Edge::Until, Range::ALL.end)?,
    };
    if let (Some(since), Some(until), true) = (&text.since, &text.until, range.start >= range.end) {
        return Err(
            BadRequest::new(format!("--until {until} must be after --since {since}"))
                .with_hint("a date in --until includes that day; a word or a time is the end itself")
                .into(),
        );
    }
    Ok(range)
}

pub(super) fn text<'v>(row: &'v Value, key: &str) -> Option<&'v str> {
    value_at(row, key).as_str()
}

fn time(row: &Value) -> Option<i64> {
    TIME_KEYS.iter().find_map(|key| value_at(row, key).as_i64())
}

/// The name of a row's model as tables show it.
fn name_of(row: &Value) -> String {
    let part = |key| text(row, key).unwrap_or_default();
    model_name(part("providerId"), part("modelId"))
}

fn is_wanted(row: &Value, filter: &TurnFilter) -> bool {
    let biller = text(row, "billerId");
    let presence = || serde_json::from_value(value_at(row, "presence").clone()).unwrap_or(Presence::Present);
    filter.agents.matches(text(row, "agentId"))
        && (filter.providers.matches(text(row, "providerId")) || biller.is_some() && filter.providers.matches(biller))
        && (filter.models.matches(text(row, "modelId")) || filter.models.matches_name(|| name_of(row)))
        && filter.branches.matches(text(row, "branch"))
        && filter.subagents.matches(text(row, "subagent"))
        && filter.is_project(text(row, "projectPath"))
        && (filter.presence.is_empty() || filter.is_presence(presence()))
        && (filter.range == Range::ALL || time(row).is_some_and(|at| filter.range.contains(at)))
}

/// The filters as flags of a command line, quoted for a shell.
pub fn quoted(filters: &FilterText) -> String {
    let one = |flag: &str, value: &Option<String>| value.iter().map(|value| (flag.to_owned(), value.clone())).collect();
    let many = |flag: &str, values: &[String]| -> Vec<(String, String)> {
        values.iter().map(|value| (flag.to_owned(), value.clone())).collect()
    };
    let presence = filters.presence.iter().filter_map(clap::ValueEnum::to_possible_value);
    let presence: Vec<String> = presence.map(|value| value.get_name().to_owned()).collect();
    let flags: [Vec<(String, String)>; 12] = [
        one("since", &filters.since),
        one("until", &filters.until),
        one("on", &filters.on),
        many("agent", &filters.agent),
        many("provider", &filters.provider),
        many("model", &filters.model),
        many("project", &filters.project),
        many("session", &filters.session),
        many("branch", &filters.branch),
        many("subagent", &filters.subagent),
        many("presence", &presence),
        many("grep", &filters.grep),
    ];
    let flags = flags.into_iter().flatten();
    let words = flags.map(|(flag, value)| format!("--{flag} {}", shell::quoted(&value)));
    words.collect::<Vec<_>>().join(" ")
}

fn bad_time(flag: &str, error: BadTime) -> anyhow::Error {
    BadRequest::new(format!("{flag}: {error}")).with_hint(error.hint).into()
}

/// Resolves a `--project`: a name from the configuration, `.`, or a path.
fn project_wanted(project: &str, projects: &Projects, system: &System) -> ProjectWanted {
    if let Some(roots) = projects.named(project) {
        return ProjectWanted::Under(roots.to_vec());
    }
    if project == "." {
        return ProjectWanted::Here(spellings_of_cwd(system));
    }
    ProjectWanted::Under(projects.roots(&absolute(project, system)))
}

/// The current directory as the system has it, and as the shell came there over symbolic links.
fn spellings_of_cwd(system: &System) -> Vec<String> {
    let mut spellings = vec![system.cwd.to_string_lossy().into_owned()];
    let logical = system.path_var("PWD").filter(|pwd| *pwd != system.cwd);
    if let Some(pwd) = logical.filter(|pwd| std::fs::canonicalize(pwd).ok() == std::fs::canonicalize(&system.cwd).ok())
    {
        spellings.push(pwd.to_string_lossy().into_owned());
    }
    spellings
}

/// A path without `~`, `.` and `..`, and not looked up on disk: projects are compared as they were recorded.
fn absolute(path: &str, system: &System) -> String {
    let expanded = system.expand(path);
    let is_foreign = path.as_bytes().get(1) == Some(&b':');
    if is_foreign {
        return path.to_owned();
    }
    let mut clean = PathBuf::new();
    for part in system.cwd.join(expanded).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    clean.to_string_lossy().into_owned()
}
