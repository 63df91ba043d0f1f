//! Auggie, Augment's command: one JSON document per session, in which each exchange has nodes with usage and billing.

mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::batch::Skip;
use crate::agents::shared::disjoint_usage::Usage;
use crate::agents::shared::json_file::{self, bad_record, parse_text};
use crate::agents::shared::lenient::{Count, Text, When, dollars, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::words::words;
use crate::core::biller::biller;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, EventKey, Origin, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const ID: &str = "auggie";
const RULES_VERSION: u32 = 4;
/// `billing_metadata.usage_unit` of dollars; others are credits.
const DOLLARS: u64 = 2;

/// What subagents are called whose money alone is recorded.
const SUBAGENTS: &str = "subagents";

pub(super) struct Auggie;

impl Agent for Auggie {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Auggie"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["auggie"]),
            turns: "exact",
            limits: About::list(&[
                "reasoning tokens are included in output",
                "Augment credits are not dollars and are not shown",
                "the provider is derived from the model's name: Augment chooses it",
                "the project of a session is not recorded",
                "requests of subagents are recorded only where Augment's servers ask for it; else only what they cost together",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let sessions = system.home.join(".augment/sessions");
        for path in Walk::default().files(&sessions, 0, &mut found) {
            if path.extension().is_some_and(|ending| ending == "json") {
                found.add_file(path, 0);
            }
        }
        found.roots.push(Root::new(sessions, "default"));
        found
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        json_file::read(source, RULES_VERSION, into, |text, into| {
            let Some(session) = parse_text::<Session<'_>>(&source.path, text, into)? else {
                return Ok(false);
            };
            add_session(source, text, &session, into);
            Ok(true)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(default)]
    created: When,
    #[serde(default)]
    modified: When,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    custom_title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    parent_conversation_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    agent_state: Option<&'a RawValue>,
    #[serde(borrow, default)]
    chat_history: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    summarizations: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    sub_agents: Option<Vec<&'a RawValue>>,
    /// Dollars that all subagents cost so far.
    #[serde(borrow, default)]
    sub_agent_cost_usd: Option<&'a RawValue>,
}

/// What a subagent did; it has no file of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubAgent<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default)]
    finished_at: When,
    #[serde(borrow, default)]
    chat_history: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentState<'a> {
    #[serde(borrow, default)]
    model_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(default)]
    finished_at: When,
    #[serde(borrow, default)]
    sequence_id: Option<&'a RawValue>,
    #[serde(borrow)]
    exchange: Exchange<'a>,
}

#[derive(Deserialize)]
struct Exchange<'a> {
    #[serde(borrow, default)]
    model_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    request_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    request_message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response_nodes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Node<'a> {
    #[serde(borrow, default)]
    token_usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    billing_metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Billing<'a> {
    #[serde(borrow, default)]
    transaction_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    cost_usd: Option<Text<'a>>,
    #[serde(default)]
    usage_unit: Count,
}

/// A request that wrote a summary of the conversation.
#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow, default)]
    request_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default, rename = "finishedAt")]
    finished_at: When,
    /// Not there if Augment bills credits.
    #[serde(borrow, default)]
    cost_usd: Option<Text<'a>>,
    #[serde(flatten)]
    usage: Usage,
}

/// The exchanges of each request id. A true copy repeats counts and time; where these differ, something gives all
/// requests one id.
#[derive(Default)]
struct Requests(FxHashMap<String, Vec<(Tokens, i64)>>);

impl Requests {
    fn key(&mut self, id: &str, tokens: Tokens, time: i64) -> String {
        let known = self.0.entry(id.to_owned()).or_default();
        let number = known.iter().position(|one| *one == (tokens, time));
        let number = number.unwrap_or_else(|| {
            known.push((tokens, time));
            known.len() - 1
        });
        match number {
            0 => id.to_owned(),
            number => format!("{id}\0{number}"),
        }
    }
}

fn add_session(source: &Source, text: &str, session: &Session<'_>, into: &mut Batch) {
    let stem = source.path.file_stem().unwrap_or_default().to_string_lossy();
    let id = session
        .session_id
        .as_deref()
        .filter(|id| !id.is_empty())
        .unwrap_or(&stem);
    let state = part::<AgentState<'_>>(session.agent_state);
    let model = state.and_then(|state| state.model_id).unwrap_or_default();
    let at = session.created.0.unwrap_or(source.stamp.modified_ns / 1_000_000);
    let named = |raw, make: fn(i64, String) -> Title| {
        let name = part::<Text<'_>>(raw).and_then(|name| title(&name));
        name.map(|name| make(at, name))
    };
    let parent_id = part::<Text<'_>>(session.parent_conversation_id).filter(|parent| !parent.is_empty());
    let mut info = SessionInfo {
        title: named(session.custom_title, Title::from_user).or_else(|| named(session.title, Title::from_agent)),
        interactive: parent_id.as_ref().map(|_| false),
        parent_id: parent_id.map(|parent| parent.0.into_owned()),
        started_at: session.created.0,
        updated_at: session.modified.0,
        ..SessionInfo::new(id)
    };
    let mut history = History {
        source,
        text,
        session: id,
        at,
        created: session.created.0,
        // A copy of the session keeps when it was made.
        origin: session.created.0.map_or_else(|| id.to_owned(), |made| made.to_string()),
        subagent: "",
        requests: Requests::default(),
        spent: Money::ZERO,
    };
    let first = history.exchanges(&session.chat_history, &model, into);
    info.title = info.title.or_else(|| first.map(|first| Title::from_prompt(at, first)));
    history.summaries(session.summarizations.as_deref().unwrap_or_default(), &model, into);
    let mut of_subagents = Money::ZERO;
    for (position, raw) in session.sub_agents.iter().flatten().enumerate() {
        let Ok(agent) = serde_json::from_str::<SubAgent<'_>>(raw.get()) else {
            into.problem(bad_record(source, position, "not a subagent"));
            continue;
        };
        let mut of_agent = History {
            at: agent.finished_at.0.unwrap_or(at),
            origin: format!("{}\0agent {position}", history.origin),
            subagent: agent.name.as_deref().unwrap_or(""),
            requests: std::mem::take(&mut history.requests),
            spent: Money::ZERO,
            ..history
        };
        of_agent.exchanges(&agent.chat_history, agent.model.as_deref().unwrap_or(&model), into);
        of_subagents = of_subagents.plus(of_agent.spent);
        history.requests = of_agent.requests;
    }
    let whole = part::<f64>(session.sub_agent_cost_usd).and_then(|cost| dollars(Some(cost)));
    history.unrecorded(whole.unwrap_or_default(), of_subagents, session, into);
    into.session(info);
}

/// The exchanges of a session or of one of its subagents.
struct History<'a> {
    source: &'a Source,
    text: &'a str,
    session: &'a str,
    /// The time of requests without one.
    at: i64,
    created: Option<i64>,
    /// Distinguishes requests without ids, beside their position.
    origin: String,
    subagent: &'a str,
    requests: Requests,
    /// What its exchanges cost.
    spent: Money,
}

impl History<'_> {
    /// Adds the exchanges; returns the first words of the user.
    fn exchanges(&mut self, history: &[&RawValue], model: &str, into: &mut Batch) -> Option<String> {
        let mut first = None;
        for (position, raw) in history.iter().enumerate() {
            let Ok(item) = serde_json::from_str::<Item<'_>>(raw.get()) else {
                into.problem(bad_record(self.source, position, "not an exchange"));
                continue;
            };
            if first.is_none() {
                let prompt = part::<Text<'_>>(item.exchange.request_message);
                first = prompt.and_then(|prompt| words(&prompt).and_then(title));
            }
            let (usage, cost) = nodes(&item.exchange);
            let time = item.finished_at.0.unwrap_or(self.at);
            let key = match (item.exchange.request_id.as_deref(), item.sequence_id) {
                (Some(request), _) if !request.is_empty() => self.requests.key(request, usage.tokens(), time),
                (_, Some(sequence)) => format!("{}\0{}", self.origin, sequence.get()),
                _ => format!("{}\0#{position}", self.origin),
            };
            let own = item.exchange.model_id.as_deref().filter(|model| !model.is_empty());
            self.add(&key, own.unwrap_or(model), usage, cost, time, raw, into);
        }
        first
    }

    fn summaries(&mut self, summaries: &[&RawValue], model: &str, into: &mut Batch) {
        for (position, raw) in summaries.iter().enumerate() {
            let Ok(summary) = serde_json::from_str::<Summary<'_>>(raw.get()) else {
                into.problem(bad_record(self.source, position, "not a summary"));
                continue;
            };
            let time = summary.finished_at.0.unwrap_or(self.at);
            let key = match summary.request_id.as_deref() {
                Some(request) if !request.is_empty() => self.requests.key(request, summary.usage.tokens(), time),
                _ => format!("{}\0summary {position}", self.origin),
            };
            let cost = summary.cost_usd.and_then(|cost| dollars(cost.parse().ok()));
            let cost = cost.filter(|cost| cost.nanos() > 0);
            let model = summary.model.as_deref().unwrap_or(model);
            self.add(&key, model, summary.usage, cost, time, raw, into);
        }
    }

    /// What subagents cost beyond the exchanges that are recorded of them: mostly all, for which there are no counts.
    fn unrecorded(&self, whole: Money, recorded: Money, session: &Session<'_>, into: &mut Batch) {
        if whole <= Money::ZERO {
            return;
        }
        // A rest of nothing is a turn that does not count: it takes the place of one from before the exchanges were recorded.
        let rest = Some(whole.minus(recorded)).filter(|rest| *rest > Money::ZERO);
        let tokens = rest.map_or(Tokens::ZERO, |_| Tokens::unreported());
        // A fork begins with the exchanges, and perhaps with the bill, of its parent.
        let first = session.chat_history.iter().find_map(|raw| {
            let item: Item<'_> = part(Some(raw))?;
            item.exchange.request_id.filter(|id| !id.is_empty())
        });
        let key = format!("{}\0subagents", first.as_deref().unwrap_or(&self.origin));
        let turn = self.turn(&key, "", tokens, rest, self.at);
        into.turn(&Turn {
            // It only grows.
            rank: Rank(whole.nanos().unsigned_abs(), 0),
            origin: Origin {
                subagent: SUBAGENTS,
                ..Origin::NONE
            },
            numbers: Numbers {
                requests: None,
                accuracy: Accuracy::Partial,
                ..turn.numbers
            },
            ..turn
        });
    }

    #[allow(clippy::too_many_arguments, reason = "one turn")]
    fn add(
        &mut self,
        key: &str,
        model: &str,
        usage: Usage,
        cost: Option<Money>,
        time: i64,
        raw: &RawValue,
        into: &mut Batch,
    ) {
        let tokens = usage.tokens();
        if tokens.is_zero() && cost.is_none() {
            return into.skip(Skip::Uncounted);
        }
        self.spent = self.spent.plus(cost.unwrap_or_default());
        into.turn(&Turn {
            place: (raw.get().as_ptr() as usize - self.text.as_ptr() as usize) as u64,
            ..self.turn(key, model, tokens, cost, time)
        });
    }

    fn turn<'t>(&'t self, key: &'t str, model: &'t str, tokens: Tokens, cost: Option<Money>, time: i64) -> Turn<'t> {
        Turn {
            session_id: self.session,
            message_id: if key.contains('\0') { "" } else { key },
            record: RecordKey::of(key),
            event: EventKey::of(ID, key),
            // A fork copies exchanges and is saved first when it is made.
            rank: Rank::in_session(tokens.known_total(), self.created),
            provider_id: biller("", model).unwrap_or(""),
            model_id: model,
            origin: Origin {
                subagent: self.subagent,
                ..Origin::NONE
            },
            numbers: Numbers {
                cost,
                ..Numbers::of(tokens, time)
            },
            ..Turn::PLAIN
        }
    }
}

/// The sums of an exchange: Auggie adds its nodes up, and each transaction is billed once.
fn nodes(exchange: &Exchange<'_>) -> (Usage, Option<Money>) {
    let mut usage = Usage::default();
    let mut costs = BTreeMap::new();
    for node in exchange
        .response_nodes
        .iter()
        .filter_map(|raw| part::<Node<'_>>(Some(raw)))
    {
        usage = usage.plus(part::<Usage>(node.token_usage).unwrap_or_default());
        if let Some(billing) = part::<Billing<'_>>(node.billing_metadata).filter(|it| it.usage_unit.0 == DOLLARS) {
            let cost = billing.cost_usd.and_then(|cost| dollars(cost.parse().ok()));
            costs.extend(cost.map(|cost| (billing.transaction_id.unwrap_or_default(), cost.nanos())));
        }
    }
    let cost = (!costs.is_empty()).then(|| Money::from_nanos(costs.values().sum()));
    (usage, cost)
}
