//! `session_meta`: metadata of a rollout's session, and of sessions whose records were copied into it.

use crate::agents::shared::lenient::{Text, When, part};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `session_meta`.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub id: String,
    pub forked_from: Option<String>,
    /// Epoch milliseconds.
    pub created: Option<i64>,
    pub cwd: Option<String>,
    pub provider: Option<String>,
    /// Nothing is copied into a fork of a paginated session.
    pub is_paginated: bool,
    /// It goes on where another session was, whose counters it takes over.
    pub has_base: bool,
    pub is_subagent: bool,
    pub parent: Option<String>,
    /// What the program calls a subagent.
    pub nickname: Option<String>,
    /// What kind of subagent it is.
    pub role: Option<String>,
    pub branch: Option<String>,
}

/// Reads the payload of a `session_meta`; `None` without an id.
///
/// # Errors
/// When a wanted field has an unexpected type.
pub(super) fn parse(payload: &str) -> serde_json::Result<Option<Meta>> {
    Ok(serde_json::from_str::<MetaJson>(payload)?.meta())
}

/// A text that is not empty.
pub(super) fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
struct MetaJson<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    forked_from_id: Option<Text<'a>>,
    #[serde(borrow)]
    parent_thread_id: Option<Text<'a>>,
    timestamp: Option<When>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    #[serde(borrow)]
    model_provider: Option<Text<'a>>,
    #[serde(borrow)]
    history_mode: Option<Text<'a>>,
    #[serde(borrow)]
    history_base: Option<&'a RawValue>,
    #[serde(borrow)]
    thread_source: Option<Text<'a>>,
    /// `"cli"`, or an object.
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    agent_nickname: Option<Text<'a>>,
    #[serde(borrow)]
    agent_role: Option<Text<'a>>,
    #[serde(borrow)]
    git: Option<&'a RawValue>,
    /// Of a subagent: the session at the root of the tree.
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
}

/// `{"subagent":{"thread_spawn":{"parent_thread_id":"…","depth":1}}}`, `{"subagent":"review"}`
#[derive(Deserialize)]
struct SourceJson<'a> {
    #[serde(borrow)]
    subagent: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SubagentJson<'a> {
    #[serde(borrow)]
    thread_spawn: Option<SpawnJson<'a>>,
}

#[derive(Deserialize)]
struct SpawnJson<'a> {
    #[serde(borrow)]
    parent_thread_id: Option<Text<'a>>,
    #[serde(borrow)]
    agent_nickname: Option<Text<'a>>,
    #[serde(borrow)]
    agent_role: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct GitJson<'a> {
    #[serde(borrow)]
    branch: Option<Text<'a>>,
}

impl MetaJson<'_> {
    fn meta(self) -> Option<Meta> {
        let id = owned(self.id)?;
        let forked_from = owned(self.forked_from_id);
        let subagent = part::<SourceJson>(self.source).and_then(|source| source.subagent);
        let is_subagent = subagent.is_some() || self.thread_source.is_some_and(|source| &*source == "subagent");
        let spawn = part::<SubagentJson>(subagent).and_then(|subagent| subagent.thread_spawn);
        // `"review"` and the like are the kind itself.
        let named = owned(part::<Text>(subagent));
        let (spawned_by, nickname, role) = spawn.map_or((None, None, None), |spawn| {
            (
                owned(spawn.parent_thread_id),
                owned(spawn.agent_nickname),
                owned(spawn.agent_role),
            )
        });
        let parent = owned(self.parent_thread_id)
            .or(spawned_by)
            .or_else(|| forked_from.clone())
            .or_else(|| owned(self.session_id));
        Some(Meta {
            parent: parent.filter(|parent| is_subagent && *parent != id),
            has_base: self.history_base.is_some(),
            is_paginated: self.history_base.is_some() || self.history_mode.is_some_and(|mode| &*mode == "paginated"),
            created: self.timestamp.and_then(|when| when.0),
            cwd: owned(self.cwd),
            provider: owned(self.model_provider),
            nickname: nickname.or_else(|| owned(self.agent_nickname)),
            role: role.or_else(|| owned(self.agent_role)).or(named),
            branch: part::<GitJson>(self.git).and_then(|git| owned(git.branch)),
            id,
            forked_from,
            is_subagent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subagent_knows_its_parent() {
        let meta = |fields: &str| {
            let text = format!(r#"{{"id":"s-2",{fields}"cwd":"/home/dev"}}"#);
            let meta = parse(&text).expect("JSON").expect("an id");
            (meta.is_subagent, meta.parent)
        };
        let parent = || Some("s-1".to_owned());
        assert_eq!(meta(""), (false, None));
        assert_eq!(meta(r#""source":"cli","forked_from_id":"s-1","#), (false, None));
        assert_eq!(
            meta(r#""source":{"subagent":{"thread_spawn":{"parent_thread_id":"s-1"}}},"forked_from_id":"s-0","#),
            (true, parent())
        );
        for fields in [
            r#""source":{"subagent":"review"},"session_id":"s-1","#,
            r#""thread_source":"subagent","parent_thread_id":"s-1","#,
        ] {
            assert_eq!(meta(fields), (true, parent()));
        }
    }
}
