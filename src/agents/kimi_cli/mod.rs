//! Kimi CLI and its successor Kimi Code: one log per session and subagent, in two languages.

mod code;
mod config;
mod place;
mod program;
mod survey;
mod wire;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::jsonl_reader;
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use place::{Lists, Place};

const ID: &str = "kimi-cli";
const RULES_VERSION: u32 = 9;

/// A log, and Kimi Code's list of sessions.
const LOG: u8 = 0;
const INDEX: u8 = 1;

/// `<folder>/<session>/agents/<agent>/`, and as deep for subagents of Kimi CLI.
const DEPTH: usize = 4;

pub(super) struct KimiCli;

impl Agent for KimiCli {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Kimi CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["kimi"]),
            turns: "exact",
            limits: About::list(&[
                "Kimi CLI (before Kimi Code) does not record which model answered",
                "reasoning tokens are included in output",
                "the user's own models are billed by whom config.toml names now, also for the past",
                "requests of subagents are recorded in the session that started them",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut walk = Walk::default();
        for (variable, folder) in [("KIMI_CODE_HOME", ".kimi-code"), ("KIMI_SHARE_DIR", ".kimi")] {
            let (home, because) = match system.path_var(variable) {
                Some(home) => (home, format!("${variable}")),
                None => (system.home.join(folder), "default".to_owned()),
            };
            let sessions = home.join("sessions");
            let lists = Lists::read(&home);
            for path in walk.files(&sessions, DEPTH, &mut found) {
                if path.ends_with("wire.jsonl") {
                    let place = Place::of(&path);
                    if let Some(source) = found.add_described(path, LOG, &[place.state()]) {
                        source.set_list_entry(lists.known_of(&place));
                    }
                }
            }
            found.watch_list_in(&home);
            found.add_file(home.join("session_index.jsonl"), INDEX);
            found.roots.push(Root::new(sessions, because));
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        if source.kind == INDEX {
            return jsonl_reader::read(source, from, RULES_VERSION, into, |_: &mut (), line, into| {
                place::index_entry(line, into)
            });
        }
        let mut place = Place::of(&source.path);
        place.describe(into);
        if place.is_kimi_code {
            let place = place.with_config(into);
            jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
                code::record(state, line, &place, into)
            })
        } else {
            jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
                wire::record(state, line, &place, into)
            })
        }
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}
