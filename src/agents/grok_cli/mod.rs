//! Grok CLI: a log of updates per session; each finished turn leaves its usage by model.

mod config;
mod program;
mod subagents;
mod summary;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Skip, Source};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, part};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::core::money::{Money, share};
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Origin, Rank, RecordKey, SessionInfo, Turn};
use crate::system::System;
use anyhow::Result;
use config::Config;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use subagents::Subagents;
use summary::Summary;

const ID: &str = "grok-cli";
const RULES_VERSION: u32 = 6;
/// A record without an id that was written so long after it was made is a copy.
const COPIED_AFTER_MS: u64 = 60_000;

pub(super) struct GrokCli;

impl Agent for GrokCli {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Grok CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["grok"]),
            turns: "exact",
            limits: About::list(&[
                "a turn counts when it finishes, as one row per model that covers all its requests",
                "versions without updates.jsonl record only context sizes (signals.json), not usage",
                "requests of subagents that finish within a turn are recorded in that turn",
                "compactions and other requests beside the conversation are not recorded",
                "a turn has the branch that its session was in when ttop read it",
                "the user's own models are billed by whom config.toml names now, also for the past",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("GROK_HOME") {
            Some(home) => (home, "$GROK_HOME"),
            None => (system.home.join(".grok"), "default"),
        };
        let sessions = home.join("sessions");
        // The reader of a session names what is wrong with it.
        let models = Config::read(&home, &mut Batch::default()).fingerprint();
        let mut walk = Walk::default();
        for project in walk.folders(&sessions, &mut found) {
            for session in walk.folders(&project, &mut found) {
                let log = session.join("updates.jsonl");
                if let Some(source) = found.add_described(log, 0, &[summary::path(&session)]) {
                    source.set_list_entry(models.as_deref());
                }
            }
        }
        found.watch_list_in(&home);
        found.roots.push(Root::new(sessions, because));
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let folder = source.path.parent().unwrap_or(&source.path);
        let session = folder.file_name().unwrap_or_default().to_string_lossy();
        // `sessions/<project>/<session>` is in it.
        let home = folder.ancestors().nth(3);
        let known = Known {
            session: &session,
            summary: Summary::read(folder, &session, into),
            config: home.map(|home| Config::read(home, into)).unwrap_or_default(),
        };
        jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
            record(state, line, &known, into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// What files beside a log say of it.
struct Known<'a> {
    session: &'a str,
    summary: Summary,
    config: Config,
}

impl Known<'_> {
    /// What a turn was made for. That of a copy is in the session that made it.
    fn origin(&self, is_own: bool) -> Origin<'_> {
        let Summary {
            branch, subagent, task, ..
        } = &self.summary;
        match is_own {
            true => Origin { branch, subagent, task },
            false => Origin::NONE,
        }
    }
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    /// Time of the latest record.
    time: i64,
    #[serde(default)]
    subagents: Subagents,
    /// The sessions of which this log has a finished turn: its own, and those that it copies.
    #[serde(default)]
    have_run: BTreeSet<String>,
}

/// `{"timestamp":1785225600,"method":"…","params":{"update":{…},"_meta":{"eventId":"<session>-14","agentTimestampMs":1785225600500}}}`
#[derive(Deserialize)]
struct Entry<'a> {
    /// Seconds.
    #[serde(default)]
    timestamp: Option<f64>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    update: Update<'a>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    #[serde(default)]
    agent_timestamp_ms: When,
    #[serde(borrow, default)]
    event_id: Option<&'a RawValue>,
}

impl Meta<'_> {
    /// The session that made the record: forks and resumed subagents copy records with their ids, `<session>-14`.
    fn maker(&self) -> Option<String> {
        let id = part::<Text<'_>>(self.event_id)?;
        let (session, number) = id.rsplit_once('-')?;
        let is_numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_numbered && !session.is_empty()).then(|| session.to_owned())
    }
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow, default, rename = "sessionUpdate")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    prompt_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    child_session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent_prompt_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent_session_id: Option<Text<'a>>,
}

/// What was cached is inside the input, reasoning inside the output.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_tokens: Count,
    output_tokens: Count,
    cached_read_tokens: Count,
    cache_creation_tokens: Count,
    reasoning_tokens: Count,
    /// What was billed: one dollar is 10^10 of these.
    cost_usd_ticks: Option<Count>,
    /// Some request of the turn has no price: the cost is not all of it.
    cost_is_partial: Option<bool>,
    model_calls: Option<Count>,
    /// The calls of the agent itself, without those of its subagents.
    num_turns: Option<Count>,
    /// The same by model.
    model_usage: Option<BTreeMap<String, Usage>>,
}

impl Usage {
    /// The recorded cost; a partial one is less than was billed.
    fn cost(&self) -> Option<Money> {
        let ticks = self.cost_usd_ticks.filter(|_| self.cost_is_partial != Some(true))?.0;
        let nanos = i64::try_from((ticks + 5) / 10).ok()?;
        (nanos > 0).then(|| Money::from_nanos(nanos))
    }

    fn tokens(&self) -> Tokens {
        let cached = self.cached_read_tokens.0 + self.cache_creation_tokens.0;
        let reasoning = self.reasoning_tokens.0.min(self.output_tokens.0);
        Tokens::new(
            self.input_tokens.0.saturating_sub(cached),
            self.output_tokens.0 - reasoning,
            reasoning,
            self.cached_read_tokens.0,
            self.cache_creation_tokens.0,
        )
    }
}

fn record(state: &mut State, line: &Line<'_>, known: &Known<'_>, into: &mut Batch) -> serde_json::Result<()> {
    let session = known.session;
    let entry: Entry<'_> = serde_json::from_str(line.text)?;
    let Some(Params { update, meta }) = part(entry.params) else {
        return Ok(());
    };
    // `as` saturates.
    let seconds = entry.timestamp.map(|seconds| (seconds * 1000.0) as i64);
    let meta = part::<Meta<'_>>(meta);
    let made_in = meta.as_ref().and_then(Meta::maker);
    let exact = meta.as_ref().and_then(|meta| meta.agent_timestamp_ms.0);
    let time = exact.or(seconds).filter(|ms| *ms > 0).unwrap_or(state.time);
    state.time = state.time.max(time);
    let child = update.child_session_id.as_deref().unwrap_or("");
    match &*update.kind {
        "subagent_spawned" => {
            let prompt = update.parent_prompt_id.as_deref().unwrap_or("");
            state.subagents.begin(child, prompt);
            // A fork copies what its source started.
            let recorded = update.parent_session_id.as_deref().filter(|parent| *parent != session);
            let parent = recorded.or(made_in.as_deref()).unwrap_or(session);
            subagents::describe(child, parent, into);
        }
        "subagent_finished" => state.subagents.end(child),
        _ => {}
    }
    if update.kind.0 != "turn_completed" {
        return Ok(());
    }
    let usage: Usage = match update.usage {
        Some(usage) => serde_json::from_str(usage.get())?,
        None => Usage::default(),
    };
    let prompt = update.prompt_id.as_deref().unwrap_or("");
    let by_model: Vec<(&str, &Usage)> = match &usage.model_usage {
        Some(models) if !models.is_empty() => models.iter().map(|(model, usage)| (&**model, usage)).collect(),
        _ => vec![("", &usage)],
    };
    // One bill for several models is shared out.
    let is_priced = by_model.iter().any(|(_, usage)| usage.cost().is_some());
    let weights: Vec<u64> = by_model.iter().map(|(_, usage)| usage.tokens().known_total()).collect();
    let shares = share(usage.cost().filter(|_| !is_priced).unwrap_or_default(), &weights);
    // A fork's copies carry the time of copying.
    let written = seconds.unwrap_or(time);
    let is_late = exact.is_some_and(|exact| written.abs_diff(exact) > COPIED_AFTER_MS);
    let maker = match made_in {
        None if is_late => None,
        None => Some(session.to_owned()),
        maker => maker,
    };
    // The first turn of a subagent's session is the one that its parent may have counted; those that follow are the user's.
    // A subagent that was resumed within seconds begins with a copy of the turn that its source's parent counted.
    let is_first = |maker: &String| state.have_run.insert(maker.clone());
    let segment = maker.clone().filter(is_first).map(|maker| subagents::segment(&maker));
    let is_own = maker.is_some_and(|maker| maker == session);
    for ((named, usage), share) in by_model.into_iter().zip(shares) {
        // Usage has the model's own id, the description may have the user's name for it.
        let model = match named {
            "" => known.config.model_of(&known.summary.model),
            named => named,
        };
        let turn = Finished {
            session,
            prompt,
            named,
            model,
            provider: known.config.provider_of(model),
            origin: known.origin(is_own),
            exact,
            time,
            written,
            is_own,
            segment: segment.as_deref(),
            cost: usage.cost().or(Some(share).filter(|share| *share > Money::ZERO)),
            place: line.offset,
        };
        turn.add(usage, into);
    }
    let has_more_calls = |(own, all): (Count, Count)| all.0 > own.0;
    let has_subagents = usage.num_turns.zip(usage.model_calls).is_some_and(has_more_calls);
    for child in state.subagents.finished_in(prompt).filter(|_| has_subagents) {
        subagents::add_to_parent(session, &child, time, line.offset, into);
    }
    Ok(())
}

/// A finished turn of one model.
struct Finished<'a> {
    session: &'a str,
    prompt: &'a str,
    /// The model as its record names it.
    named: &'a str,
    /// The same, or that of the session's description, which changes.
    model: &'a str,
    provider: &'a str,
    origin: Origin<'a>,
    /// The agent's own time.
    exact: Option<i64>,
    time: i64,
    written: i64,
    is_own: bool,
    segment: Option<&'a str>,
    cost: Option<Money>,
    place: u64,
}

impl Finished<'_> {
    fn add(&self, usage: &Usage, into: &mut Batch) {
        let tokens = usage.tokens();
        if tokens.is_zero() && self.cost.is_none() {
            return into.skip(Skip::Uncounted);
        }
        // A fork keeps the prompt's id, the agent's own time and the counts; not the session and not the line's time.
        let when = match (self.exact, self.prompt) {
            (Some(exact), _) => exact,
            (None, "") => self.time,
            (None, _) => 0,
        };
        let key = format!("{}\0{when}\0{:?}\0{}", self.prompt, tokens.counts(), self.named);
        into.session(SessionInfo {
            started_at: (self.time > 0 && self.is_own).then_some(self.time),
            updated_at: (self.time > 0).then_some(self.time),
            ..SessionInfo::new(self.session)
        });
        into.turn(&Turn {
            session_id: self.session,
            message_id: self.prompt,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            // The one that was written first is no copy; of one second, the one in the session that made it.
            rank: Rank(u64::MAX - self.written.unsigned_abs(), self.is_own.into()),
            segment: self.segment,
            provider_id: self.provider,
            model_id: self.model,
            origin: self.origin,
            numbers: Numbers {
                cost: self.cost,
                requests: usage
                    .model_calls
                    .and_then(|calls| u32::try_from(calls.0).ok())
                    .filter(|calls| *calls > 0),
                ..Numbers::of(tokens, self.time)
            },
            place: self.place,
            ..Turn::PLAIN
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::shared::testing::read_with_cuts;

    const FILE: &str = "sessions/%2Fhome%2Fdev/s1/updates.jsonl";
    const LOG: &str = concat!(
        r#"{"timestamp":1772442000,"params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"text":"\ud83d"}}}}"#,
        "\n",
        r#"{"timestamp":1772442060,"params":{"update":{"sessionUpdate":"turn_completed","prompt_id":"p1","usage":{"inputTokens":10,"outputTokens":5,"cachedReadTokens":20,"reasoningTokens":9,"modelCalls":2}},"_meta":{"agentTimestampMs":1772442060500}}}"#,
        "\n",
        r#"{"params":{"update":{"sessionUpdate":"turn_completed","usage":{"modelUsage":{"grok-5":{"inputTokens":7,"modelUsage":{"x":{}}}}}}}}"#,
        "\n",
        r#"{"timestamp":1772442061,"params":{"update":{"sessionUpdate":"turn_completed","usage":{"inputTokens":"many"}}}}"#,
        "\n",
        r#"{"timestamp":1772442062,"params":7}"#,
        "\n",
        r#"{"timestamp":1772442063,"params":{"update":{"sessionUpdate":"turn_comp"#,
    );

    #[test]
    fn counts_finished_turns_by_model() {
        let result = read_with_cuts(&GrokCli, FILE, LOG);
        assert_eq!(result.turns, ["s1 p1  [0, 0, 5, 20, 0]", "s1  grok-5 [7, 0, 0, 0, 0]"]);
        assert_eq!(result.sessions["s1"].updated_at, Some(1_772_442_060_500));
        assert_eq!(result.problems.len(), 1);
    }

    #[test]
    fn a_partial_cost_is_no_cost() {
        let costs = |partial: &str| -> Vec<Option<i64>> {
            let log = format!(
                r#"{{"timestamp":1772442060,"params":{{"update":{{"sessionUpdate":"turn_completed","usage":{{"inputTokens":10,"costUsdTicks":50000000{partial}}}}}}}}}
"#
            );
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("updates.jsonl");
            std::fs::write(&path, log).expect("written");
            let source = Source::find(path, 0).expect("a file");
            let mut batch = Batch::default();
            GrokCli.read(&source, &Bookmark::default(), &mut batch).expect("reads");
            let cost = |cost: Option<Money>| cost.map(Money::nanos);
            batch.turns.iter().map(|row| cost(row.numbers.cost)).collect()
        };
        assert_eq!(costs(""), [Some(5_000_000)]);
        assert_eq!(costs(r#","costIsPartial":false"#), [Some(5_000_000)]);
        assert_eq!(costs(r#","costIsPartial":true"#), [None]);
    }
}
