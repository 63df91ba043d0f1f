//! Copilot Chat in VS Code: each chat is a document of requests, since 1.109 written as a log of its changes.

mod chat;
mod request;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::editors;
use crate::agents::shared::json_file::{self, parse_text, read_beside};
use crate::agents::shared::jsonl_reader;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::uri::path_of_uri;
use crate::agents::shared::walk::Walk;
use crate::core::turn::Project;
use crate::system::System;
use anyhow::Result;
use chat::Chat;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

const ID: &str = "copilot-chat";
const RULES_VERSION: u32 = 1;
/// Kinds of sources: a chat as a log of changes, or as one document.
const LOG: u8 = 0;
const DOCUMENT: u8 = 1;
/// Below a workspace's folder.
const CHATS: &str = "chatSessions";
/// Below `globalStorage`: chats of windows without a folder.
const EMPTY_WINDOWS: &str = "emptyWindowChatSessions";
/// Beside [`CHATS`]: which folder the workspace is.
const WORKSPACE: &str = "workspace.json";

pub(super) struct CopilotChat;

impl Agent for CopilotChat {
    fn id(&self) -> &str {
        ID
    }

    fn name(&self) -> &str {
        "Copilot Chat"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&[]),
            turns: "partial",
            limits: About::list(&[
                "of the input only the last call of a request is recorded, with its cached tokens inside: input and caches are unknown",
                "before VS Code 1.117 the output of the last call alone is recorded: that of a request with several calls is unknown",
                "before about 1.126, and with keys of one's own, no cost is recorded",
                "tokens of subagents are not recorded; their cost is part of the request's, since about 1.131 exactly",
                "reasoning that a model call does not report is included in output",
                "requests for titles, for inline chat, completions and commit messages, and of compactions are not recorded",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut walk = Walk::default();
        let users = match &system.moved {
            Some(moved) => vec![(moved.clone(), "config".to_owned())],
            None => editors::users(system, &mut walk, &mut found),
        };
        for (user, because) in users {
            let (workspaces, empty) = (
                user.join("workspaceStorage"),
                user.join("globalStorage").join(EMPTY_WINDOWS),
            );
            let known = found.sources.len();
            for workspace in walk.folders(&workspaces, &mut found) {
                let beside = [workspace.join(WORKSPACE)];
                add_chats(&workspace.join(CHATS), &beside, &mut walk, &mut found);
            }
            // Extensions fill the folders of workspaces whether anybody chats or not.
            let chats = Root {
                exists: found.sources.len() > known,
                ..Root::new(&workspaces, because.clone())
            };
            add_chats(&empty, &[], &mut walk, &mut found);
            let is_first = found.roots.is_empty();
            let roots = [chats, Root::new(empty, because)];
            found
                .roots
                .extend(roots.into_iter().filter(|root| is_first || root.exists));
        }
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let mut chat = Chat::default();
        // Every line changes what came before it, and a log is written anew now and then: it is read from its start.
        let mark = match source.kind {
            LOG => {
                let start = Bookmark::default();
                jsonl_reader::read(source, &start, RULES_VERSION, into, |(): &mut (), line, _| {
                    chat.line(line.text, line.offset)
                })?
            }
            _ => json_file::read(source, RULES_VERSION, into, |text, into| {
                let document: Option<&RawValue> = parse_text(&source.path, text, into)?;
                document.map_or(Ok(false), |document| Ok(chat.whole(document, 0).map(|()| true)?))
            })?,
        };
        chat.finish(source, folder_of(&source.path, into), into);
        Ok(mark)
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

fn add_chats(folder: &Path, beside: &[std::path::PathBuf], walk: &mut Walk, found: &mut Found) {
    for path in walk.files(folder, 0, found) {
        let kind = match path.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => LOG,
            Some("json") => DOCUMENT,
            _ => continue,
        };
        found.add_described(path, kind, beside);
    }
}

/// The folder that a chat's workspace is; one of several folders has none.
fn folder_of(chat: &Path, into: &mut Batch) -> Option<Project> {
    #[derive(Deserialize)]
    struct Workspace {
        #[serde(default)]
        folder: Option<String>,
    }
    let folder = chat.parent().filter(|folder| folder.ends_with(CHATS))?;
    let workspace: Workspace = read_beside(&folder.with_file_name(WORKSPACE), into)?;
    Some(Project::folder(0, path_of_uri(&workspace.folder?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_chat_tells_what_is_gone() {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, kind, text, scopes) in [
            ("a.json", DOCUMENT, r#"{"sessionId":"s-1","requests":[]}"#, 1),
            ("b.json", DOCUMENT, r#"{"sessionId":"s-1","requ"#, 0),
            (
                "c.jsonl",
                LOG,
                "{\"kind\":0,\"v\":{\"sessionId\":\"s-1\",\"requests\":[]}}\n",
                1,
            ),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            let source = Source::find(path, kind).expect("a source");
            let mut batch = Batch::default();
            CopilotChat
                .read(&source, &Bookmark::default(), &mut batch)
                .expect("read");
            assert_eq!(batch.scopes.len(), scopes, "{name}");
        }
    }
}
