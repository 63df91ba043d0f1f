//! The events of a session: exact sums where a segment was shut down, the output of each reply where it was not.

use super::origin::Origins;
use super::record::{
    Accounting, Compaction, Event, ModelChange, Reply, Request, Shutdown, Start, ToolExecution, UsageRecord,
    UserMessage,
};
use super::segment::Progress;
use super::usage::{Metrics, Sum, Sums, Usage, is_partial, money, share_whole};
use super::{ID, RULES_VERSION};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, part, title};
use crate::agents::shared::nameless::Nameless;
use crate::agents::shared::words::first_words;
use crate::agents::{Batch, Bookmark, Skip, Source};
use crate::core::money::{Money, share};
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::core::vendor::vendor_of;
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The provider of every turn.
const PROVIDER: &str = "github-copilot";

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    session: String,
    /// From one start, resume or shutdown to the next; named after the event that began it.
    segment: String,
    /// How many segments came before.
    segments: u64,
    model: String,
    is_titled: bool,
    /// Ids of the shutdowns so far: one that is written again ends nothing.
    #[serde(default)]
    ended_by: BTreeSet<String>,
    /// Time of the latest event.
    time: i64,
    progress: Progress,
    /// When each reply was written first, by the hash of its id: resuming may write it again.
    replies: FxHashMap<u64, i64>,
    has_records: bool,
    unpriced: Vec<Unpriced>,
    /// Who bills, where it is not Copilot.
    own_provider: Option<String>,
    /// The same by model.
    providers: BTreeMap<String, Option<String>>,
    origins: Origins,
    nameless: Nameless,
}

/// A request without a cost of its own: it gets its share of the next shutdown.
#[derive(Clone, Serialize, Deserialize)]
struct Unpriced {
    key: String,
    id: String,
    provider: String,
    model: String,
    sum: Sum,
    time: i64,
    place: u64,
    /// Branch, subagent and task.
    #[serde(default)]
    origin: [String; 3],
    /// Whether this session asked for it: a fork holds copies.
    is_own: bool,
}

/// What a request was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Purpose {
    Reply,
    /// To shorten the context.
    Compaction,
    /// By a tool: an image.
    Tool,
}

/// Reads on in an event log.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        if state.session.is_empty() {
            state.session = session_of(&source.path);
        }
        state.event(line, into)
    })
}

/// The session that a path names: its folder, or before sessions had folders the file.
fn session_of(path: &Path) -> String {
    let name = match path.file_name().and_then(|name| name.to_str()) {
        Some("events.jsonl") => path.parent().and_then(Path::file_name),
        _ => path.file_stem(),
    };
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `openai/gpt-5.4` → `gpt-5.4`.
fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

impl State {
    fn event(&mut self, line: &Line, into: &mut Batch) -> serde_json::Result<()> {
        let event: Event = serde_json::from_str(line.text)?;
        self.time = self.time.max(event.timestamp.0.unwrap_or(0));
        let Some(data) = event.data else {
            return Ok(());
        };
        match event.kind.as_deref() {
            Some("session.start" | "session.resume") => {
                self.start(&event, serde_json::from_str(data.get())?, line, into)
            }
            Some("subagent.started") => self.origins.start(data),
            Some("session.model_change") if event.agent_id.is_none() => {
                let change: ModelChange = serde_json::from_str(data.get())?;
                if let Some(model) = change.new_model {
                    bare(&model).clone_into(&mut self.model);
                }
            }
            Some("user.message") if !self.is_titled => {
                let words = part::<UserMessage>(Some(data)).and_then(|message| first_words(message.content));
                if let Some(text) = words.and_then(|text| title(&text)) {
                    self.is_titled = true;
                    // The greatest counts: the earliest text must have the greatest.
                    let first = Title::from_prompt(self.time, text);
                    into.session(SessionInfo {
                        title: Some(first),
                        ..SessionInfo::new(&*self.session)
                    });
                }
            }
            Some("assistant.message") => self.reply(&event, &serde_json::from_str(data.get())?, line, into),
            Some("session.usage_record") => {
                let record: UsageRecord = serde_json::from_str(data.get())?;
                let request: Request = serde_json::from_str(record.usage.get())?;
                let sum = serde_json::from_str::<Usage>(record.usage.get())?.sum(1);
                self.has_records = true;
                self.request(&event, &request, Purpose::Reply, sum, line, into);
            }
            Some("session.compaction_complete") => {
                let compaction: Compaction = serde_json::from_str(data.get())?;
                if let Some(used) = compaction.compaction_tokens_used {
                    let request: Request = serde_json::from_str(used.get())?;
                    let count = request.request_count.map_or(1, |count| count.0);
                    let sum = serde_json::from_str::<Usage>(used.get())?.sum(count);
                    self.request(&event, &request, Purpose::Compaction, sum, line, into);
                }
            }
            Some("tool.execution_complete") => {
                let execution: ToolExecution = serde_json::from_str(data.get())?;
                let Some(used) = execution.tool_usage else {
                    return Ok(());
                };
                let request: Request = serde_json::from_str(used.get())?;
                let sum = serde_json::from_str::<Usage>(used.get())?.sum(1);
                self.request(&event, &request, Purpose::Tool, sum, line, into);
            }
            Some("session.shutdown") => self.shutdown(&event, serde_json::from_str(data.get())?, line, into)?,
            _ => return Ok(()),
        }
        into.session(SessionInfo {
            updated_at: event.timestamp.0,
            ..SessionInfo::new(&*self.session)
        });
        Ok(())
    }

    fn begin_segment(&mut self, event: &Event, line: &Line) {
        self.segments += 1;
        self.progress.begin_segment();
        // Without the session: a copy of it under another id has the same segments.
        self.segment = match event.id.as_deref() {
            None | Some("") if self.time > 0 => format!("{}\0#{}", self.time, self.segments),
            None | Some("") => format!("{}\0@{}", self.session, line.offset),
            Some(id) => format!("{id}\0{}", self.time),
        };
    }

    fn start(&mut self, event: &Event, start: Start, line: &Line, into: &mut Batch) {
        if let Some(id) = start.session_id.filter(|id| !id.is_empty()) {
            self.session = id.0.into_owned();
        }
        if let Some(version) = part::<Text>(start.copilot_version) {
            self.progress.set_version(&version);
        }
        self.begin_segment(event, line);
        let mut info = SessionInfo {
            interactive: Some(true),
            started_at: start.start_time.0.or(event.timestamp.0),
            ..SessionInfo::new(&*self.session)
        };
        if let Some(context) = start.context {
            self.origins.set_branch(context.branch);
            if let Some(model) = context.model {
                bare(&model).clone_into(&mut self.model);
            }
            let filled = |path: Option<Text>| path.filter(|path| !path.is_empty()).map(|path| path.0.into_owned());
            let root = filled(context.git_root).map(|path| Project::repository(self.time, path));
            let cwd = filled(context.cwd).map(|path| Project::folder(self.time, path));
            info.project = root.or(cwd);
        }
        into.session(info);
    }

    /// A reply's output, which counts as long as no shutdown has summed up its segment.
    fn reply(&mut self, event: &Event, reply: &Reply, line: &Line, into: &mut Batch) {
        let output = reply.output_tokens.0;
        let ids = [reply.message_id.as_deref(), event.id.as_deref()];
        let id = ids.into_iter().flatten().find(|id| !id.is_empty()).unwrap_or("");
        let time = event.timestamp.0.unwrap_or(self.time);
        let first = match id {
            "" => time,
            id => *self.replies.entry(xxh3_64(id.as_bytes())).or_insert_with(|| {
                self.progress.replies += 1;
                self.progress.output += output;
                time
            }),
        };
        if output == 0 {
            return into.skip(Skip::Uncounted);
        }
        if self.has_records {
            return into.skip(Skip::Repeated);
        }
        let key = match id {
            "" => self.nameless.key(&self.session, time, &output.to_string()),
            id => format!("{id}\0{first}"),
        };
        let tokens = Tokens::new(0, output, 0, 0, 0)
            .without(Bucket::Input)
            .without(Bucket::Reasoning)
            .without(Bucket::CacheRead)
            .without(Bucket::CacheWrite);
        into.turn(&Turn {
            session_id: &self.session,
            message_id: id,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            // A reply is written more than once while it grows: the largest counts. Resuming may write it again:
            // it belongs to the segment it was made in, which may be summed up already.
            rank: Rank(u64::MAX - self.segments, output),
            segment: Some(&self.segment),
            provider_id: PROVIDER,
            model_id: reply.model.as_deref().map_or(&*self.model, bare),
            origin: self.origins.of(None),
            numbers: Numbers {
                accuracy: Accuracy::Partial,
                ..Numbers::of(tokens, time)
            },
            place: line.offset,
            ..Turn::PLAIN
        });
    }

    /// One request, or those that shortened the context.
    fn request(&mut self, event: &Event, request: &Request, purpose: Purpose, sum: Sum, line: &Line, into: &mut Batch) {
        let model = request.model.as_deref().map_or(&*self.model, bare).to_owned();
        let request_id = request.request_id.filter(|_| purpose == Purpose::Tool);
        let id = part::<Text>(request.api_call_id.or(request_id)).unwrap_or_default();
        if purpose == Purpose::Reply {
            self.own_provider = (part(request.is_byok) == Some(true)).then(|| {
                // A gateway is `other`.
                let named = part::<Text>(request.model_provider).filter(|name| !matches!(&**name, "" | "other"));
                let vendor = || vendor_of(&model).unwrap_or_default().to_owned();
                named.map_or_else(vendor, |name| name.0.into_owned())
            });
            self.providers.insert(model.clone(), self.own_provider.clone());
        }
        let time = event.timestamp.0.unwrap_or(self.time);
        let kind = match purpose {
            Purpose::Reply => "false",
            Purpose::Compaction => "true",
            Purpose::Tool => "tool",
        };
        // A copied session keeps all of these, whatever it is called.
        let key = format!("{time}\0{model}\0{}\0{:?}\0{kind}", &*id, sum.recorded());
        let sums = match purpose {
            Purpose::Compaction => &mut self.progress.compacted,
            Purpose::Reply | Purpose::Tool => &mut self.progress.recorded,
        };
        sums.add(&model, &sum);
        let call = part::<Text>(request.parent_tool_call_id);
        let origin = self.origins.of(call.as_deref());
        let accounting = part::<Accounting>(request.accounting);
        let asked = accounting
            .as_ref()
            .and_then(|accounting| accounting.source_session_id.as_deref());
        let unpriced = Unpriced {
            origin: [origin.branch, origin.subagent, origin.task].map(str::to_owned),
            key,
            id: id.0.into_owned(),
            provider: match purpose {
                Purpose::Reply => self.own_provider.as_deref(),
                Purpose::Compaction if sum.nano_aiu == 0 => self.own_provider_of(&model),
                Purpose::Compaction | Purpose::Tool => None,
            }
            .unwrap_or(PROVIDER)
            .to_owned(),
            is_own: asked == Some(&*self.session),
            model,
            sum,
            time,
            place: line.offset,
        };
        unpriced.add(&self.session, money(sum.nano_aiu), into);
        if unpriced.provider == PROVIDER && sum.nano_aiu == 0 && purpose != Purpose::Compaction {
            self.unpriced.push(unpriced);
        }
    }

    /// Who bills a model, where it is not Copilot: as in its latest request, or in that of any model.
    fn own_provider_of(&self, model: &str) -> Option<&str> {
        self.providers.get(model).unwrap_or(&self.own_provider).as_deref()
    }

    /// What the sums of a shutdown add, one row per model. They take the place of the segment's replies; a shutdown
    /// without any sums (`"modelMetrics":{}`) replaces nothing: replies in such a segment were made and stay.
    ///
    /// The error is that of the first model whose sums cannot be read; those of the others count.
    fn shutdown(&mut self, event: &Event, shutdown: Shutdown, line: &Line, into: &mut Batch) -> serde_json::Result<()> {
        let id = event.id.as_deref().filter(|id| !id.is_empty());
        if id.is_some_and(|id| !self.ended_by.insert(id.to_owned())) {
            into.skip(Skip::Repeated);
            return Ok(());
        }
        let (mut sums, mut spelled, mut outcome) = (Sums::default(), Sums::default(), Ok(()));
        for (model, metrics) in shutdown.model_metrics.unwrap_or_default() {
            match serde_json::from_str::<Option<Metrics>>(metrics.get()) {
                Ok(metrics) => {
                    let sum = metrics.unwrap_or_default().sum();
                    sums.add(bare(&model), &sum);
                    spelled.add(&model, &sum);
                }
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        let (mut added, mut is_certain) = (Sums::default(), true);
        if !sums.is_empty() {
            let is_partial = is_partial(shutdown.accounting_snapshot);
            let whole = part::<Count>(shutdown.total_nano_aiu).filter(|_| !is_partial);
            let whole = whole.map_or(0, |nano_aiu| nano_aiu.0);
            share_whole(&mut sums, whole);
            (added, is_certain) = self.progress.close(&sums, shutdown.accounting_snapshot.is_some());
        }
        let segment = std::mem::take(&mut self.segment);
        self.begin_segment(event, line);
        let unpriced = std::mem::take(&mut self.unpriced);
        for (name, model, sum) in rows(&added, &spelled) {
            let tokens = sum.tokens();
            let requests: Vec<&Unpriced> = unpriced.iter().filter(|request| request.model == model).collect();
            let weights: Vec<u64> = requests
                .iter()
                .map(|request| request.sum.weight())
                .chain([sum.weight()])
                .collect();
            let mut costs = share(money(sum.nano_aiu).unwrap_or_default(), &weights).into_iter();
            for (request, cost) in requests.into_iter().zip(&mut costs) {
                if cost > Money::ZERO {
                    request.add(&self.session, Some(cost), into);
                }
            }
            let cost = costs.next().filter(|cost| *cost > Money::ZERO);
            if tokens.is_zero() && cost.is_none() {
                into.skip(Skip::Uncounted);
                continue;
            }
            let key = format!("{}\0{name}", self.segment);
            into.turn(&Turn {
                session_id: &self.session,
                record: RecordKey::of(&key),
                event: EventKey::of(ID, &key),
                rank: Rank(u64::MAX, tokens.known_total()),
                supersedes: Some(&segment),
                provider_id: self.own_provider_of(model).unwrap_or(PROVIDER),
                model_id: model,
                origin: self.origins.of(None),
                numbers: Numbers {
                    cache_write_1h: sum.cache_write_1h(),
                    requests: u32::try_from(sum.requests).ok().filter(|&count| count > 0),
                    cost,
                    accuracy: if is_certain { Accuracy::Exact } else { Accuracy::Partial },
                    ..Numbers::of(tokens, event.timestamp.0.unwrap_or(self.time))
                },
                place: line.offset,
                ..Turn::PLAIN
            });
        }
        outcome
    }
}

/// The name, model and sum of each row: by spelling of the model where all of its sum is new.
fn rows<'a>(added: &'a Sums, spelled: &'a Sums) -> Vec<(&'a str, &'a str, Sum)> {
    let mut rows = Vec::new();
    for (model, sum) in &added.0 {
        let spellings = || spelled.0.iter().filter(|(name, _)| bare(name) == model);
        let mut whole = Sums::default();
        spellings().for_each(|(_, part)| whole.add(model, part));
        if whole.0.get(model) == Some(sum) {
            rows.extend(spellings().map(|(name, part)| (name.as_str(), model.as_str(), *part)));
        } else {
            rows.push((model.as_str(), model.as_str(), *sum));
        }
    }
    rows
}

impl Unpriced {
    fn add(&self, session: &str, cost: Option<Money>, into: &mut Batch) {
        let tokens = self.sum.tokens();
        if tokens.is_zero() && cost.is_none() {
            return into.skip(Skip::Uncounted);
        }
        let [branch, subagent, task] = self.origin.each_ref().map(String::as_str);
        into.turn(&Turn {
            session_id: session,
            message_id: &self.id,
            record: RecordKey::of(&self.key),
            event: EventKey::of(ID, &self.key),
            // That of the session which asked; with its share of the bill it takes the place of itself without.
            rank: Rank(u64::MAX, u64::from(self.is_own) << 1 | u64::from(cost.is_some())),
            provider_id: &self.provider,
            model_id: &self.model,
            origin: Origin { branch, subagent, task },
            numbers: Numbers {
                cache_write_1h: self.sum.cache_write_1h(),
                requests: u32::try_from(self.sum.requests).ok().filter(|&count| count > 0),
                cost,
                ..Numbers::of(tokens, self.time)
            },
            place: self.place,
            ..Turn::PLAIN
        });
    }
}

#[cfg(test)]
mod tests;
