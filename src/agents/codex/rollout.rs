//! One rollout file: the calls and metadata of a session.

use super::limits;
use super::lineage::Lineage;
use super::meta::Meta;
use super::record::{self, NEEDLES, Record};
use super::thread::{Caller, Thread, TokenCount, time_of};
use super::unnamed::Unnamed;
use super::usage::Usage;
use crate::agents::shared::batch::{Batch, LimitSeen, Skip};
use crate::agents::shared::jsonl::object;
use crate::agents::shared::jsonl_reader::{self, LineReader};
use crate::agents::shared::lenient::{lossy, reason, title};
use crate::agents::shared::live::program::is_uuid;
use crate::agents::shared::source::{Bookmark, Source};
use crate::agents::shared::words::words;
use crate::core::biller::biller_or;
use crate::core::fees::Fees;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Mode, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More calls without a model than this are those of an old version that never names it.
const MOST_UNNAMED: usize = 64;
/// The kind of a subagent whose kind is not recorded.
const SUBAGENT: &str = "subagent";
/// Puts names from copied prompts below those from own ones: the first of several is the one with the largest number.
const COPIED_AT: i64 = -(1 << 60);

/// The state between reads of a file.
#[derive(Default, Serialize, Deserialize)]
struct State {
    /// Lines read, for the places of problems.
    lines: u64,
    thread: Thread,
    model: String,
    provider: String,
    mode: Mode,
    /// Of the session itself; see [`Origin`].
    branch: String,
    subagent: String,
    task: String,
    /// Calls of which no record has named the model yet: a resumed session repeats counters before its first turn.
    unnamed: Vec<Unnamed>,
    /// Time of the latest line that had one.
    time: i64,
    /// For the call that comes next.
    fees: Fees,
    has_prompt: bool,
    has_copied_prompt: bool,
    has_cwd: bool,
}

/// Reads the part of a rollout after a bookmark.
///
/// # Errors
/// When the file cannot be opened or read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
    let (mut lines, mut state) = jsonl_reader::resume::<State>(source, from, into)?;
    lines.long_lines_with(&NEEDLES);
    state.thread = state.thread.at(Lineage::of(&source.path));
    let before = state.lines;
    let mut rollout = Rollout {
        name: id_in(source),
        state,
        into,
        limits: BTreeMap::new(),
        last: None,
    };
    jsonl_reader::drive(&mut lines, source, before, &mut rollout)?;
    let mut state = rollout.finish();
    state.lines = before + lines.count();
    lines.finish(rules_version, before, serde_json::to_vec(&state)?, into)
}

/// `rollout-2026-03-02T09-00-00-019cab00-1000-7000-8000-000000000001.jsonl`
fn id_in(source: &Source) -> &str {
    const ID_LENGTH: usize = 36;
    let name = source
        .path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let stem = name.split_once(".jsonl").map_or(name, |(stem, _)| stem);
    stem.len()
        .checked_sub(ID_LENGTH)
        .and_then(|at| stem.get(at..))
        .unwrap_or(stem)
}

struct Rollout<'b> {
    /// The session's id as the file's name has it.
    name: &'b str,
    state: State,
    into: &'b mut Batch,
    /// The latest of each kind.
    limits: BTreeMap<String, LimitSeen>,
    /// Time of the session's latest own call in this read.
    last: Option<i64>,
}

impl LineReader for Rollout<'_> {
    fn line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        self.read_line(line, offset)
    }

    fn batch(&mut self) -> &mut Batch {
        self.into
    }
}

impl Rollout<'_> {
    fn read_line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        let Some(line) = object(line) else {
            return Ok(());
        };
        let text = lossy(line.map_err(str::to_owned)?);
        let line = record::parse(&text).map_err(|error| reason(&error))?;
        if let Some(time) = line.time {
            self.state.time = time;
        }
        if let Some(Record::Meta(meta)) = line.record {
            self.meta(&meta, line.time);
            return Ok(());
        }
        self.state.thread.line(line.time);
        if line.record.is_some() {
            self.begin(line.time);
        }
        match line.record {
            Some(Record::Turn {
                id,
                cwd,
                model,
                is_context,
            }) => {
                self.state.thread.turn(id, is_context);
                self.set_model(model);
                self.cwd(cwd);
            }
            Some(Record::Settings { model, provider, mode }) => {
                self.state.mode = mode;
                if let Some(provider) = provider {
                    self.state.provider = provider;
                }
                self.set_model(model);
            }
            Some(Record::Prompt(text)) => self.prompt(&text, offset),
            Some(Record::Fee(fee)) => self.state.fees = self.state.fees.with(fee, 1),
            Some(Record::Tokens {
                info,
                limits,
                is_partial,
            }) => {
                if is_partial {
                    self.into.skip(Skip::Uncounted);
                }
                if let Some(limits) = limits.filter(|_| !self.state.thread.is_replaying()) {
                    self.limits(limits);
                }
                if let Some(info) = info {
                    let count = self.state.thread.count(&info, line.time);
                    match count.usage {
                        None => self.into.skip(Skip::Repeated),
                        Some(usage) => self.add_count(&count, usage, offset),
                    }
                }
            }
            Some(Record::Call { thread, .. }) if thread.is_empty() => {
                return Err("a token_usage_record names no thread".to_owned());
            }
            Some(Record::Call {
                thread,
                response,
                turn,
                usage,
                after,
            }) => {
                let doubted = self.state.thread.recorded(&thread, usage, response.as_deref(), &after);
                if usage.is_zero() {
                    self.into.skip(Skip::Uncounted);
                } else {
                    // A gateway may give every response one id; the counters still differ.
                    let origin = response.as_deref().or(turn.as_deref());
                    let origin = origin.unwrap_or_else(|| time_of(&thread));
                    let event = EventKey::of("codex", format!("{origin}\n{after:?}\n{usage:?}"));
                    let response = response.as_deref().unwrap_or_default();
                    self.recorded_call(&thread, event, usage, response, doubted.as_deref(), offset);
                }
            }
            Some(Record::Meta(_)) | None => {}
        }
        Ok(())
    }

    fn set_model(&mut self, model: Option<String>) {
        if let Some(model) = model {
            self.state.model = model;
            for call in std::mem::take(&mut self.state.unnamed) {
                self.put(&call.turn());
            }
        }
    }

    /// A damaged beginning: the file's name still has the session's id.
    fn begin(&mut self, time: Option<i64>) {
        if self.state.thread.id.is_empty() {
            self.state.thread.begin(self.name, time);
            self.into.session(SessionInfo {
                interactive: Some(true),
                started_at: time,
                ..SessionInfo::new(self.name)
            });
        }
    }

    fn meta(&mut self, meta: &Meta, time: Option<i64>) {
        if is_uuid(self.name) && meta.id != self.name {
            self.begin(time);
        }
        let thread = &mut self.state.thread;
        let is_own = thread.id.is_empty() || thread.id == meta.id;
        if is_own && thread.is_described {
            return;
        }
        if is_own {
            thread.describe(meta, time);
            self.state.provider = meta.provider.clone().unwrap_or_default();
            self.state.branch = meta.branch.clone().unwrap_or_default();
            if meta.is_subagent {
                self.state.subagent = meta.role.clone().unwrap_or_else(|| SUBAGENT.to_owned());
                self.state.task = meta.nickname.clone().unwrap_or_default();
            }
        } else {
            thread.ancestor(&meta.id);
            if !thread.is_described && thread.ancestors.first() == Some(&meta.id) {
                self.into.session(SessionInfo {
                    forked_from: Some(meta.id.clone()),
                    ..SessionInfo::new(&thread.id)
                });
            }
        }
        let nickname = meta.nickname.as_deref().and_then(title);
        self.into.session(SessionInfo {
            // The program's own database may have a better one.
            title: nickname.map(|text| Title { rank: 1, at: -1, text }),
            // A turn's own working directory is at 0.
            project: meta.cwd.clone().map(|path| Project {
                rank: 0,
                at: 1 + i64::from(!is_own),
                path,
            }),
            parent_id: meta.parent.clone(),
            forked_from: meta.forked_from.clone(),
            interactive: Some(!meta.is_subagent),
            started_at: meta.created.or(time.filter(|_| is_own)),
            ..SessionInfo::new(&meta.id)
        });
    }

    /// The first working directory of a turn stands above that of the session.
    fn cwd(&mut self, cwd: Option<String>) {
        if self.state.has_cwd || self.state.thread.is_replaying() || self.state.thread.id.is_empty() {
            return;
        }
        if let Some(path) = cwd {
            self.state.has_cwd = true;
            self.into.session(SessionInfo {
                project: Some(Project { rank: 0, at: 0, path }),
                ..SessionInfo::new(&self.state.thread.id)
            });
        }
    }

    fn prompt(&mut self, text: &str, offset: u64) {
        let is_copied = self.state.thread.is_replaying();
        let is_known = if is_copied {
            &mut self.state.has_copied_prompt
        } else {
            &mut self.state.has_prompt
        };
        // Not a block that Codex adds before the first prompt.
        let (Some(text), Ok(offset)) = (words(text).and_then(title), i64::try_from(offset)) else {
            return;
        };
        if *is_known {
            return;
        }
        *is_known = true;
        let mut name = |id: &str, at: i64| {
            self.into.session(SessionInfo {
                title: Some(Title {
                    rank: 0,
                    at,
                    text: text.clone(),
                }),
                ..SessionInfo::new(id)
            });
        };
        if is_copied {
            name(&self.state.thread.id, COPIED_AT - offset);
            if let Some(first) = self.state.thread.ancestors.last() {
                name(first, COPIED_AT - offset);
            }
        } else {
            name(&self.state.thread.id, -offset);
        }
    }

    fn limits(&mut self, raw: &serde_json::value::RawValue) {
        for limit in limits::parse(raw, self.state.time) {
            self.limits.insert(limit.label.clone(), limit);
        }
    }

    /// The call of a `token_count`.
    ///
    /// One of another session counts there: by that session's own file, or, where that is gone, by the copy under its
    /// id. The copy under this session's id never counts; it shows what this session shares.
    fn add_count(&mut self, count: &TokenCount, usage: Usage, offset: u64) {
        let session = self.state.thread.id.clone();
        let owner = match &count.caller {
            Caller::Own | Caller::Presumed => &session,
            Caller::Other(owner) => owner,
        };
        let is_own = count.caller == Caller::Own;
        let trace = count.trace.as_deref();
        let call = Turn {
            session_id: owner,
            record: count.record,
            event: count.event,
            // What is known replaces what was presumed of the same record, not the other way round.
            rank: match count.caller {
                Caller::Own => Rank(2, 0),
                Caller::Presumed => Rank(1, 1),
                Caller::Other(_) => Rank(0, 1),
            },
            segment: trace.filter(|_| !is_own),
            supersedes: trace.filter(|_| is_own),
            place: offset,
            ..Turn::PLAIN
        };
        if *owner == session {
            self.last = self.last.max(Some(self.state.time));
        }
        // What is presumed to be this session's own may turn out to be shared, too.
        if *owner != session || count.event.0 != count.record.0 {
            let copy = Turn {
                session_id: &session,
                record: RecordKey::of(format!("{:x} copied", count.event.0)),
                rank: Rank::SHARED,
                ..call
            };
            self.call(copy, usage);
        }
        self.call(call, usage);
        self.state.fees = Fees::NONE;
    }

    /// A call with a record of its own. That of another session is a copy, which counts where that session's file is gone.
    fn recorded_call(
        &mut self,
        session: &str,
        event: EventKey,
        usage: Usage,
        message_id: &str,
        supersedes: Option<&str>,
        offset: u64,
    ) {
        let is_own = session == self.state.thread.id;
        if is_own {
            self.last = self.last.max(Some(self.state.time));
        }
        let call = Turn {
            session_id: session,
            message_id,
            record: RecordKey(event.0),
            event,
            // Written twice, it has its fees once.
            rank: Rank(is_own.into(), self.state.fees.to_bits()),
            supersedes,
            place: offset,
            ..Turn::PLAIN
        };
        self.call(call, usage);
        self.state.fees = Fees::NONE;
    }

    /// Adds a call with what all calls at this place have in common.
    fn call(&mut self, call: Turn<'_>, usage: Usage) {
        let call = Turn {
            numbers: Numbers {
                mode: self.state.mode,
                fees: self.state.fees,
                ..Numbers::of(usage.tokens(), self.state.time)
            },
            ..call
        };
        if self.state.model.is_empty() && self.state.unnamed.len() < MOST_UNNAMED {
            self.state.unnamed.push(Unnamed::of(&call, usage));
        }
        self.put(&call);
    }

    /// Adds a call under the model and provider that are known now.
    fn put(&mut self, call: &Turn<'_>) {
        let State {
            model,
            provider,
            branch,
            subagent,
            task,
            thread,
            ..
        } = &self.state;
        // Another session's calls are in its own file.
        let is_own = call.session_id == thread.id;
        let origin = Origin { branch, subagent, task };
        let provider_id = biller_or(provider, model, "openai");
        self.into.turn(&Turn {
            provider_id,
            model_id: model,
            origin: if is_own { origin } else { Origin::NONE },
            ..*call
        });
    }

    fn finish(self) -> State {
        for limit in self.limits.into_values() {
            self.into.limit(limit);
        }
        if let Some(last) = self.last {
            self.into.session(SessionInfo {
                updated_at: Some(last),
                ..SessionInfo::new(&self.state.thread.id)
            });
        }
        self.state
    }
}
