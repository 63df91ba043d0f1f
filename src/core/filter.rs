//! TurnFilter: which turns, sessions and other rows a report is about.

use super::period::Range;
use super::project::{is_below, nearest};
use super::short_id::meant;
use super::turn::Presence;
use std::collections::BTreeSet;
use std::fmt;
use wildmatch::WildMatch;

/// What filters ask for. Filters of different kinds must all hold; of one kind, any.
#[derive(Clone, Debug)]
pub struct TurnFilter {
    pub range: Range,
    pub agents: Globs,
    pub providers: Globs,
    pub models: Globs,
    pub branches: Globs,
    pub subagents: Globs,
    pub projects: Vec<ProjectWanted>,
    pub sessions: Vec<SessionWanted>,
    /// Empty means all.
    pub presence: Vec<Presence>,
}

impl Default for TurnFilter {
    fn default() -> Self {
        Self {
            range: Range::ALL,
            agents: Globs::default(),
            providers: Globs::default(),
            models: Globs::default(),
            branches: Globs::default(),
            subagents: Globs::default(),
            projects: Vec::new(),
            sessions: Vec::new(),
            presence: Vec::new(),
        }
    }
}

/// A project asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectWanted {
    /// These paths and everything below.
    Under(Vec<String>),
    /// `.`: the nearest known project above the current directory, which may be spelled in several ways.
    Here(Vec<String>),
}

/// A session asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionWanted {
    /// The one with the newest `sessionUpdatedAt` that the other filters leave.
    Latest,
    /// The one whose id begins like this, or ends like this where none begins so.
    Prefix(String),
}

impl TurnFilter {
    /// Whether sessions without a turn pass: they belong to no time, model or provider.
    pub fn admits_idle_sessions(&self) -> bool {
        self.range == Range::ALL
            && self.models.matches_all()
            && self.providers.matches_all()
            && self.branches.matches_all()
            && self.subagents.matches_all()
            && self.presence.is_empty()
    }

    pub fn is_presence(&self, presence: Presence) -> bool {
        self.presence.is_empty() || self.presence.contains(&presence)
    }

    /// Whether a recorded project path is asked for. [`TurnFilter::settle_projects`] comes first.
    pub fn is_project(&self, path: Option<&str>) -> bool {
        let is_wanted = |path: &str| {
            self.projects.iter().any(|wanted| match wanted {
                ProjectWanted::Under(roots) => roots.iter().any(|root| is_below(path, root)),
                ProjectWanted::Here(spellings) => spellings.iter().any(|here| is_below(path, here)),
            })
        };
        self.projects.is_empty() || path.is_some_and(is_wanted)
    }

    /// Whether `.` was asked for, so that the known projects are needed.
    pub fn asks_for_here(&self) -> bool {
        let is_here = |wanted: &ProjectWanted| matches!(wanted, ProjectWanted::Here(_));
        self.projects.iter().any(is_here)
    }

    /// Turns `.` into the nearest known project above the current directory; if there is none it stays that directory.
    pub fn settle_projects<'a>(&mut self, known: impl Iterator<Item = &'a str> + Clone) {
        for wanted in &mut self.projects {
            let ProjectWanted::Here(spellings) = wanted else {
                continue;
            };
            let found = spellings
                .iter()
                .filter_map(|here| nearest(here, known.clone()))
                .max_by_key(|root| root.len());
            if let Some(root) = found {
                *wanted = ProjectWanted::Under(vec![root.to_owned()]);
            }
        }
    }

    /// The ids of the sessions asked for, of those that the other filters leave, given with their `sessionUpdatedAt`.
    /// `None` when every session is.
    ///
    /// # Errors
    /// When a prefix fits several sessions.
    pub fn choose_sessions<'a>(
        &self,
        sessions: impl Iterator<Item = (&'a str, i64)> + Clone,
    ) -> Result<Option<BTreeSet<&'a str>>, AmbiguousSession> {
        if self.sessions.is_empty() {
            return Ok(None);
        }
        let mut chosen = BTreeSet::new();
        for wanted in &self.sessions {
            match wanted {
                SessionWanted::Latest => {
                    let order = |&(id, updated): &(&'a str, i64)| (updated, std::cmp::Reverse(id));
                    chosen.extend(sessions.clone().max_by_key(order).map(|(id, _)| id));
                }
                SessionWanted::Prefix(prefix) => chosen.extend(find_prefix(prefix, sessions.clone())?),
            }
        }
        Ok(Some(chosen))
    }
}

/// The one session that an id, a beginning or an end of one means.
fn find_prefix<'a>(
    prefix: &str,
    sessions: impl Iterator<Item = (&'a str, i64)> + Clone,
) -> Result<Option<&'a str>, AmbiguousSession> {
    match meant(prefix, sessions.map(|(id, _)| id)).as_slice() {
        [] => Ok(None),
        [id] => Ok(Some(id)),
        several => Err(AmbiguousSession {
            prefix: prefix.to_owned(),
            candidates: several.iter().map(|id| (*id).to_owned()).collect(),
        }),
    }
}

/// A prefix that fits several sessions: the command line is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousSession {
    pub prefix: String,
    pub candidates: Vec<String>,
}

impl AmbiguousSession {
    /// Some of the ids that the prefix fits.
    pub fn hint(&self) -> String {
        const MOST: usize = 5;
        let mut hint = self.candidates[..self.candidates.len().min(MOST)].join(", ");
        if self.candidates.len() > MOST {
            hint.push_str(", …");
        }
        format!("matches: {hint}")
    }
}

impl fmt::Display for AmbiguousSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "session id '{}' is ambiguous ({} matches)",
            self.prefix,
            self.candidates.len()
        )
    }
}

impl std::error::Error for AmbiguousSession {}

/// Patterns with `*` and `?`, letter case ignored; none at all match everything.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    glob: WildMatch,
    /// Whether a name that contains the text as whole words matches, too.
    by_words: bool,
}

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        self.glob.matches(name) || self.by_words && has_words(&name.to_lowercase(), &self.text)
    }
}

/// Whether a text is free of `*` and `?`.
pub fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

/// Whether `words` is part of a name and neither end of it is within a word: `sonnet` in `claude-sonnet-4-5`.
fn has_words(name: &str, words: &str) -> bool {
    let is_edge = |character: Option<char>| !character.is_some_and(char::is_alphanumeric);
    !words.is_empty()
        && name
            .match_indices(words)
            .any(|(at, _)| is_edge(name[..at].chars().next_back()) && is_edge(name[at + words.len()..].chars().next()))
}

impl Globs {
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Self {
        let pattern = |pattern: &S| Pattern {
            text: pattern.as_ref().to_lowercase(),
            glob: WildMatch::new_case_insensitive(pattern.as_ref()),
            by_words: false,
        };
        Self {
            patterns: patterns.iter().map(pattern).collect(),
        }
    }

    /// Lets each pattern without `*` and `?` that equals none of the known names match their words: `sonnet` stands for
    /// every `claude-sonnet-…`, while `gpt-5` stays that one model where it is known.
    #[must_use]
    pub fn or_words<'k>(mut self, known: impl Iterator<Item = &'k str>) -> Self {
        for pattern in &mut self.patterns {
            pattern.by_words = is_plain(&pattern.text);
        }
        if self.matches_all() {
            return self;
        }
        for name in known {
            for pattern in &mut self.patterns {
                pattern.by_words &= !pattern.glob.matches(name);
            }
        }
        self
    }

    /// Whether a pattern is the name of a model as tables show it: no id of a model has a space.
    pub fn matches_name(&self, name: impl FnOnce() -> String) -> bool {
        let mut spaced = self
            .patterns
            .iter()
            .filter(|pattern| pattern.text.contains(' '))
            .peekable();
        if spaced.peek().is_none() {
            return false;
        }
        let name = name();
        spaced.any(|pattern| pattern.glob.matches(&name))
    }

    /// Whether no pattern was given.
    pub fn matches_all(&self) -> bool {
        self.patterns.is_empty()
    }

    pub fn matches(&self, text: Option<&str>) -> bool {
        let is_match = |text: &str| self.patterns.iter().any(|pattern| pattern.matches(text));
        self.patterns.is_empty() || text.is_some_and(is_match)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_reach_over_slashes_and_ignore_case() {
        let globs = Globs::new(&["claude-*", "*/glm-?.6"]);
        assert!(globs.matches(Some("Claude-Opus-4-6")));
        assert!(globs.matches(Some("zai/org/GLM-4.6")));
        assert!(!globs.matches(Some("gpt-5.5")));
        assert!(!globs.matches(None));
        assert!(Globs::default().matches(None));
    }

    #[test]
    fn a_plain_word_matches_whole_words_unless_it_is_a_name() {
        let known = [
            "gpt-5",
            "gpt-5-mini",
            "us.anthropic.claude-sonnet-4-5-v1:0",
            "Claude-Opus-4-6",
            "o3-mini",
        ];
        let matched = |pattern: &str| {
            let globs = Globs::new(&[pattern]).or_words(known.into_iter());
            known
                .into_iter()
                .filter(|name| globs.matches(Some(name)))
                .collect::<Vec<_>>()
        };
        assert_eq!(matched("gpt-5"), ["gpt-5"]);
        assert_eq!(matched("mini"), ["gpt-5-mini", "o3-mini"]);
        assert_eq!(matched("Sonnet"), ["us.anthropic.claude-sonnet-4-5-v1:0"]);
        assert_eq!(matched("opus-4"), ["Claude-Opus-4-6"]);
        assert!(matched("son").is_empty() && matched("pus").is_empty() && matched("").is_empty());
    }

    #[test]
    fn here_is_the_nearest_known_project_or_the_directory_itself() {
        let mut filter = TurnFilter {
            projects: vec![ProjectWanted::Here(vec!["/home/dev/app/src".into()])],
            ..TurnFilter::default()
        };
        assert!(filter.asks_for_here());
        assert!(!filter.is_project(Some("/home/dev/app")));
        filter.settle_projects(["/home/dev", "/home/dev/app"].into_iter());
        assert!(filter.is_project(Some("/home/dev/app")) && filter.is_project(Some("/home/dev/app/docs")));
        assert!(!filter.is_project(Some("/home/dev")) && !filter.is_project(None));
    }

    #[test]
    fn sessions_are_chosen_by_unique_prefix_or_as_the_latest() {
        let sessions = [("ses_a1", 5), ("ses_a2", 9), ("ses_b", 9), ("ses_a", 1)];
        let choose = |wanted: SessionWanted| {
            let filter = TurnFilter {
                sessions: vec![wanted],
                ..TurnFilter::default()
            };
            filter
                .choose_sessions(sessions.into_iter())
                .map(|chosen| chosen.expect("sessions were asked for").into_iter().collect::<Vec<_>>())
        };
        let prefix = |text: &str| SessionWanted::Prefix(text.to_owned());
        assert_eq!(choose(SessionWanted::Latest), Ok(vec!["ses_a2"]));
        assert_eq!(choose(prefix("ses_b")), Ok(vec!["ses_b"]));
        assert_eq!(choose(prefix("ses_a")), Ok(vec!["ses_a"]));
        assert_eq!(choose(prefix("nothing")), Ok(vec![]));
        let error = choose(prefix("ses_")).expect_err("four sessions fit");
        assert_eq!(error.to_string(), "session id 'ses_' is ambiguous (4 matches)");
    }
}
