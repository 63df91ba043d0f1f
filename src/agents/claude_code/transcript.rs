//! One transcript: its replies, each once, and the metadata of its sessions.

use super::billed::{Providers, fees, mode, rank, tokens};
use super::cost_state::{self, CostState};
use super::fast::{self, Line, Scratch};
use super::fork::Beginning;
use super::identity::{AGENT, Replies, Seen};
use super::iterations::{Requests, requests};
use super::names::Names;
use super::reply::{NEEDLE, Reply, Usage, read_text};
use super::subagent::Subagent;
use crate::agents::shared::batch::{Batch, Scope, Skip};
use crate::agents::shared::jsonl::{Lines, object};
use crate::agents::shared::jsonl_reader::{self, LineReader};
use crate::agents::shared::lenient::reason;
use crate::agents::shared::source::{Bookmark, Source};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Bucket;
use crate::core::turn::{Accuracy, EventKey, Origin, Presence, Project, Rank, RecordKey, SessionInfo, Turn};
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::path::Path;

/// Average size of a reply in a transcript, including prompts and tool results.
const BYTES_PER_REPLY: u64 = 8 * 1024;

/// The state between reads of a file.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Lines read, for the places of problems.
    lines: u64,
    /// Time of the latest line that had one, for replies without.
    time: i64,
    names: Names,
    /// What a subagent's transcript is of, by the file beside it.
    subagent: Subagent,
    /// Replies of which more records may follow.
    replies: Vec<Seen>,
    pub(super) beginning: Beginning,
    /// Whether the session's totals were read.
    pub(super) has_costs: bool,
    /// Size and time of the parent's transcript when it was read for its totals.
    #[serde(default)]
    pub(super) parent: Option<(u64, i64)>,
}

/// A transcript, read.
pub(super) struct Scan {
    pub state: State,
    /// The totals that were read.
    pub costs: Vec<CostState>,
    pub is_resumed: bool,
    pub lines: Lines,
    pub lines_before: u64,
}

/// Reads the records of a transcript.
///
/// # Errors
/// When the file cannot be opened or read.
pub(super) fn scan(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Scan> {
    let mut lines = Lines::open(source, from)?;
    let mut state = State::default();
    let subagent = Subagent::of(&source.path);
    if lines.is_resumed() {
        state = serde_json::from_slice(&from.state).unwrap_or_default();
        // Described after the first turns: they are all the subagent's.
        if state.subagent != subagent {
            (lines, state) = (Lines::open(source, &Bookmark::default())?, State::default());
        }
    }
    let is_resumed = lines.is_resumed();
    lines.long_lines_with(&[NEEDLE]);
    state.subagent = subagent;
    if !is_resumed {
        into.replace(Scope::Source, Presence::Gone);
    }
    let new_bytes = source.stamp.size.saturating_sub(lines.offset());
    let expected = usize::try_from(new_bytes / BYTES_PER_REPLY).unwrap_or(0);
    into.expect(expected);
    let scratch = into.scratch.take().and_then(|kept| kept.downcast::<Scratch>().ok());
    let mut scratch = scratch.map(|kept| kept.for_next_file()).unwrap_or_default();
    let lines_before = state.lines;
    let mut transcript = Transcript {
        replies: Replies::new(std::mem::take(&mut state.replies)),
        own: name(&source.path),
        session: session_of(&source.path),
        source,
        state,
        costs: Vec::new(),
        providers: Providers::default(),
        into,
        at: FxHashMap::with_capacity_and_hasher(expected.min(1 << 16), Default::default()),
        spans: Vec::new(),
        span_at: FxHashMap::default(),
        span: 0,
    };
    let mut reader = Reader {
        transcript: &mut transcript,
        scratch: &mut scratch,
    };
    jsonl_reader::drive(&mut lines, source, lines_before, &mut reader)?;
    let (mut state, costs) = transcript.finish();
    into.scratch = Some(Box::new(scratch));
    state.lines = lines_before + lines.count();
    Ok(Scan {
        state,
        costs,
        is_resumed,
        lines,
        lines_before,
    })
}

/// The session a transcript is named after: `<session>.jsonl`.
pub(super) fn name(path: &Path) -> &str {
    path.file_stem().and_then(OsStr::to_str).unwrap_or_default()
}

/// The session of records that name none: of a subagent's (`<session>/subagents/**/agent-<id>.jsonl`) its parent's.
fn session_of(path: &Path) -> &str {
    let subagents = path.ancestors().find(|folder| folder.ends_with("subagents"));
    subagents.and_then(Path::parent).map_or_else(|| name(path), name)
}

/// When a session's replies were written, and the working directory of the first.
struct Span {
    session: String,
    first: i64,
    last: i64,
    cwd: Option<(i64, String)>,
}

/// A transcript with what its fast reader keeps between files.
struct Reader<'t, 'a> {
    transcript: &'t mut Transcript<'a>,
    scratch: &'t mut Scratch,
}

impl LineReader for Reader<'_, '_> {
    fn line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        self.transcript.line(line, offset, self.scratch)
    }

    fn batch(&mut self) -> &mut Batch {
        self.transcript.into
    }
}

struct Transcript<'a> {
    source: &'a Source,
    /// The session whose names are here.
    own: &'a str,
    session: &'a str,
    state: State,
    replies: Replies,
    costs: Vec<CostState>,
    providers: Providers,
    into: &'a mut Batch,
    /// Record and position of the span → position in the batch: the copies of one reply in one session are one turn.
    at: FxHashMap<(RecordKey, usize), usize>,
    spans: Vec<Span>,
    span_at: FxHashMap<String, usize>,
    /// Position of the span of the last reply.
    span: usize,
}

impl Transcript<'_> {
    /// Reads a line; the error is the reason it cannot be read.
    fn line(&mut self, line: &[u8], offset: u64, scratch: &mut Scratch) -> Result<(), String> {
        let Some(line) = object(line) else {
            return Ok(());
        };
        let line = line.map_err(str::to_owned)?;
        let named = match fast::read(line, scratch).map_err(|error| reason(&error))? {
            Line::Other => {
                self.state.beginning.line(line);
                if cost_state::is_kind(line, cost_state::KIND) {
                    let state = CostState::parse(line, self.own, offset, self.state.time);
                    self.costs.extend(state.map_err(|error| reason(&error))?);
                    return Ok(());
                }
                self.state.names.look(line, offset, self.own, self.source)
            }
            Line::Uncounted => self.state.names.look_at_reply(line, self.own),
            Line::Reply(reply) => {
                self.reply(&reply, offset)?;
                self.state.names.look_at_reply(line, self.own)
            }
        };
        if let Some(info) = named.and_then(|info| self.state.beginning.info(info)) {
            self.into.session(info);
        }
        Ok(())
    }

    fn reply(&mut self, reply: &Reply<'_>, offset: u64) -> Result<(), String> {
        if let Some(time) = reply.timestamp {
            self.state.time = time;
        }
        let timestamp = self.state.time;
        let session_id = if reply.session_id.is_empty() {
            self.session
        } else {
            &reply.session_id
        };
        let owner = match &*reply.request_session {
            "" => session_id,
            asked => asked,
        };
        if let Some(info) = self.state.beginning.reply(session_id, owner) {
            self.into.session(info);
        }
        if reply.is_api_error {
            self.into.skip(Skip::Failed);
            return Ok(());
        }
        if reply.model == "<synthetic>" || reply.is_unasked {
            self.into.skip(Skip::Synthetic);
            return Ok(());
        }
        let recorded = tokens(&reply.usage);
        if recorded.is_zero() && reply.paused.is_empty() {
            self.into.skip(Skip::Uncounted);
            return Ok(());
        }
        let event = self.replies.event(reply, timestamp);
        let message_id = match reply.message_id.as_deref() {
            Some(id) if !id.is_empty() => id,
            _ => std::str::from_utf8(&reply.uuid).unwrap_or_default(),
        };
        // A list that cannot be read is named; the reply itself counts.
        let (Requests { own, is_latest, extras }, damage) = match requests(reply) {
            Ok(requests) => (requests, None),
            Err(reason) => (Requests::of(reply.usage), Some(reason)),
        };
        // When the user or the system stops the program, the count is that of the reply's beginning. Until its last record
        // is written, the output of a streamed reply is unknown.
        let counted = |usage: &Usage, is_placeholder| match is_placeholder {
            true => (tokens(usage).without(Bucket::Output), Accuracy::Partial),
            false => (tokens(usage), Accuracy::Exact),
        };
        let (tokens, accuracy) = counted(&own, reply.has_placeholder() && is_latest);
        let branch = read_text(reply.branch);
        let subagent = self.state.subagent.clone();
        let turn = Turn {
            session_id: owner,
            origin: Origin {
                branch: &branch,
                subagent: match &*subagent.kind {
                    "" if reply.is_sidechain => Subagent::UNNAMED,
                    kind => kind,
                },
                task: &subagent.task,
            },
            message_id,
            record: RecordKey(event.0),
            event,
            rank: rank(reply, &recorded, !extras.is_empty()),
            provider_id: self.providers.of(&reply.model, message_id),
            model_id: &reply.model,
            numbers: Numbers {
                cache_write_1h: own.cache_write_1h.min(tokens.counts()[4]),
                cost: reply
                    .cost
                    .filter(|cost| (0.0..1e9).contains(cost))
                    .map(Money::from_dollars),
                mode: mode(&reply.usage),
                fees: fees(&own),
                region: reply.usage.region,
                accuracy,
                ..Numbers::of(tokens, timestamp)
            },
            place: offset,
            ..Turn::PLAIN
        };
        self.seen(owner, timestamp, reply.cwd);
        self.add(&turn, session_id);
        for extra in extras {
            let event = EventKey::of(AGENT, format!("{:x} {}", event.0, extra.key));
            let model_id = extra.model.as_deref().unwrap_or(&reply.model);
            let (tokens, accuracy) = counted(&extra.usage, reply.has_placeholder() && extra.is_latest);
            let extra = Turn {
                record: RecordKey(event.0),
                event,
                provider_id: self.providers.of(model_id, message_id),
                model_id,
                numbers: Numbers {
                    tokens,
                    cache_write_1h: extra.usage.cache_write_1h.min(tokens.counts()[4]),
                    cost: None,
                    fees: fees(&extra.usage),
                    accuracy,
                    ..turn.numbers
                },
                ..turn
            };
            self.add(&extra, session_id);
        }
        damage.map_or(Ok(()), Err)
    }

    /// Adds a turn, or takes it for a copy that already exists. In a fork, what the session that asked made is listed
    /// twice: under that session, should its own file be gone, and as what the fork shares with it.
    fn add(&mut self, turn: &Turn<'_>, session_id: &str) {
        match self.at.get(&(turn.record, self.span)) {
            None => {
                self.at.insert((turn.record, self.span), self.into.turn(turn));
                if turn.session_id != session_id {
                    self.into.turn(&Turn {
                        session_id,
                        record: RecordKey::of(format!("{:x} copied", turn.event.0)),
                        rank: Rank::SHARED,
                        ..*turn
                    });
                }
            }
            Some(&at) => {
                self.into.skip(Skip::Repeated);
                // Equal ranks: the later one, as the ledger decides between two reads.
                if turn.rank >= self.into.turns[at].rank {
                    self.into.correct(at, turn);
                }
            }
        }
    }

    fn seen(&mut self, session: &str, time: i64, cwd: &str) {
        if self.spans.get(self.span).is_none_or(|span| span.session != session) {
            self.span = match self.span_at.get(session) {
                Some(&at) => at,
                None => {
                    self.spans.push(Span {
                        session: session.to_owned(),
                        first: time,
                        last: time,
                        cwd: None,
                    });
                    self.span_at.insert(session.to_owned(), self.spans.len() - 1);
                    self.spans.len() - 1
                }
            };
        }
        let span = &mut self.spans[self.span];
        span.first = span.first.min(time);
        span.last = span.last.max(time);
        if span.cwd.as_ref().is_none_or(|(at, _)| time <= *at) {
            let cwd = (time, read_text(cwd).into_owned());
            if !cwd.1.is_empty() && span.cwd.as_ref().is_none_or(|known| cwd < *known) {
                span.cwd = Some(cwd);
            }
        }
    }

    fn finish(mut self) -> (State, Vec<CostState>) {
        self.state.replies = self.replies.kept();
        for span in self.spans {
            self.into.session(SessionInfo {
                project: span.cwd.map(|(at, path)| Project { rank: 0, at, path }),
                interactive: Some(true),
                started_at: Some(span.first),
                updated_at: Some(span.last),
                ..SessionInfo::new(span.session)
            });
        }
        (self.state, self.costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::claude_code::reply::Usage;

    fn reply<'a>(id: &'a str, output: u64, is_sidechain: bool) -> Reply<'a> {
        Reply {
            message_id: Some(id.into()),
            is_sidechain,
            usage: Usage {
                output,
                ..Usage::default()
            },
            ..Reply::default()
        }
    }

    fn ranked(output: u64, is_sidechain: bool) -> Rank {
        let reply = reply("m", output, is_sidechain);
        rank(&reply, &tokens(&reply.usage), false)
    }

    #[test]
    fn the_parents_copy_outranks_a_sidechains_and_then_the_larger_output_wins() {
        assert!(ranked(1, false) > ranked(500, true));
        assert!(ranked(2, false) > ranked(1, false));
        assert!(ranked(2, true) > ranked(1, true));
    }

    #[test]
    fn a_path_names_the_session_of_records_that_name_none() {
        let of = |path| session_of(Path::new(path));
        assert_eq!(of("projects/-p/s-1.jsonl"), "s-1");
        assert_eq!(of("projects/-p/s-1/subagents/agent-a.jsonl"), "s-1");
        assert_eq!(of("projects/-p/s-1/subagents/workflows/w/agent-a.jsonl"), "s-1");
    }

    #[test]
    fn cache_writes_come_from_the_parts_where_there_is_no_sum() {
        let usage = Usage {
            cache_write_5m: 10,
            cache_write_1h: 5,
            ..Usage::default()
        };
        assert_eq!(tokens(&usage).cache_write(), Some(15));
        let summed = Usage {
            cache_write: Some(12),
            ..usage
        };
        assert_eq!(tokens(&summed).cache_write(), Some(12));
    }

    #[test]
    fn ids_name_the_biller() {
        let mut providers = Providers::default();
        for (model, id, who) in [
            ("claude-sonnet-4-5-20250929", "msg_01A", "anthropic"),
            ("us.anthropic.claude-opus-4-6-v1:0", "msg_01A", "amazon-bedrock"),
            ("claude-sonnet-4-5-20250929", "msg_bdrk_01A", "amazon-bedrock"),
            ("claude-opus-4-1@20250805", "msg_vrtx_01A", "google-vertex-anthropic"),
            ("deepseek-chat", "chatcmpl-a", "deepseek"),
            ("house-model", "chatcmpl-a", "anthropic"),
        ] {
            assert_eq!(providers.of(model, id), who, "{model} {id}");
        }
    }
}
