//! One session or turn in depth, and where each of its numbers comes from.

use super::select::Selected;
use super::{Sessions, Usage};
use crate::core::bad_request::BadRequest;
use crate::core::fees::{Fee, Region};
use crate::core::group::Totals;
use crate::core::money::CostStatus;
use crate::core::numbers::Numbers;
use crate::core::price::Found;
use crate::core::rows::{Explained, ExplainedCopy, ModeName, SessionRow, ShowChild, ShowModel, ShowSum, Text, TurnRow};
use crate::core::short_id::meant;
use crate::core::time::Time;
use crate::ledger::query::FoundTurn;
use crate::system::System;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};

/// So many candidates are named for an ambiguous id.
const MOST_CANDIDATES: usize = 5;
/// A beginning of a `turnId` has at least so many digits.
const LEAST_DIGITS: usize = 6;

/// Subagents start subagents so many times at most.
const MOST_GENERATIONS: usize = 64;

/// The subject of an id.
pub enum Named {
    Session(i64),
    Turn(Box<FoundTurn>),
}

impl Usage<'_> {
    /// The session of an id, of a unique beginning or end of one or of `latest`, or the turn of a `turnId` or its beginning.
    ///
    /// # Errors
    /// When a prefix fits several sessions, or the ledger is damaged.
    pub fn named(&self, id: &str, sessions: &Sessions) -> Result<Option<Named>> {
        let exact: Vec<_> = sessions.all().filter(|session| &*session.id == id).collect();
        if let [session] = exact[..] {
            return Ok(Some(Named::Session(session.row)));
        }
        if id == "latest" {
            let latest = sessions.all().max_by_key(|session| (session.updated_at, &session.id));
            return Ok(latest.map(|session| Named::Session(session.row)));
        }
        let event = (id.len() == 16).then(|| u64::from_str_radix(id, 16).ok()).flatten();
        if let Some(event) = event
            && let Some(found) = self.ledger.copies(event)?.into_iter().find(|found| found.turn.counted)
        {
            return Ok(Some(Named::Turn(Box::new(found))));
        }
        let fitting = meant(id, sessions.all().map(|session| &*session.id));
        let of_id = |id: &str| sessions.all().find(|session| &*session.id == id);
        match fitting[..] {
            [] => self.turn_named(id),
            [one] => Ok(of_id(one).map(|session| Named::Session(session.row))),
            _ => {
                let mut newest: Vec<_> = fitting.iter().filter_map(|id| of_id(id)).collect();
                newest.sort_by_key(|session| std::cmp::Reverse((session.updated_at, session.id.clone())));
                let titled = newest.iter().take(MOST_CANDIDATES).map(|session| match &session.name {
                    Some(name) => format!("{} ({name})", session.id),
                    None => session.id.to_string(),
                });
                let message = format!("session id '{id}' is ambiguous ({} matches)", fitting.len());
                let hint = format!("the newest: {}", titled.collect::<Vec<_>>().join(", "));
                Err(BadRequest::new(message).with_hint(hint).into())
            }
        }
    }

    /// The turn whose `turnId` begins like this.
    fn turn_named(&self, beginning: &str) -> Result<Option<Named>> {
        let is_id =
            (LEAST_DIGITS..=16).contains(&beginning.len()) && beginning.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id {
            return Ok(None);
        }
        let lowest = u64::from_str_radix(&format!("{beginning:0<16}"), 16)?;
        let highest = u64::from_str_radix(&format!("{beginning:f<16}"), 16)?;
        let events = self.ledger.events_between(lowest, highest)?;
        let mut turns = Vec::new();
        for event in events {
            turns.extend(self.ledger.copies(event)?.into_iter().find(|found| found.turn.counted));
        }
        if turns.len() > 1 {
            let ids: Vec<String> = turns
                .iter()
                .take(MOST_CANDIDATES)
                .map(|found| found.turn.event.turn_id())
                .collect();
            let message = format!("turn id '{beginning}' is ambiguous ({} matches)", turns.len());
            return Err(BadRequest::new(message)
                .with_hint(format!("matches: {}", ids.join(", ")))
                .into());
        }
        Ok(turns.pop().map(|found| Named::Turn(Box::new(found))))
    }

    /// One session's row; `None` when the ledger has no such session.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn one_session(&self, row: i64, sessions: &Sessions) -> Result<Option<SessionRow>> {
        Ok(self.session_rows(&only([row]), sessions, true)?.into_iter().next())
    }

    /// The sessions that a session started.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn children(&self, row: i64, sessions: &Sessions) -> Result<Vec<ShowChild>> {
        let is_child =
            |candidate: &&super::SessionView| sessions.parent_of(candidate).is_some_and(|parent| parent.row == row);
        let rows: FxHashSet<i64> = sessions.all().filter(is_child).map(|session| session.row).collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let children = self
            .session_rows(&only(rows), sessions, true)?
            .into_iter()
            .map(|row| ShowChild {
                session_id: row.session_id,
                session_name: row.session_name,
                turns: row.turns,
                cost: row.cost,
                cost_status: row.cost_status,
            });
        Ok(children.collect())
    }

    /// A session with all that it started, directly or through others; `None` when it started nothing.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn with_subagents(&self, row: i64, sessions: &Sessions) -> Result<Option<ShowSum>> {
        let is_below = |session: &&super::SessionView| {
            let mut above = sessions.parent_of(session);
            // A loop in damaged data ends.
            for _ in 0..MOST_GENERATIONS {
                match above {
                    Some(parent) if parent.row == row => return true,
                    Some(parent) => above = sessions.parent_of(parent),
                    None => return false,
                }
            }
            false
        };
        let started: FxHashSet<i64> = sessions.all().filter(is_below).map(|session| session.row).collect();
        if started.is_empty() || started.contains(&row) {
            return Ok(None);
        }
        let subagents = started.len() as u64;
        let mut totals = Totals::default();
        self.each(&only(started.into_iter().chain([row])), |turn| {
            totals.add(&turn.addend());
            Ok(())
        })?;
        let tokens = totals.tokens.tokens();
        Ok(Some(ShowSum {
            subagents,
            turns: totals.turns,
            tokens,
            total_tokens: tokens.total(),
            cost: totals.cost.cost(),
            cost_status: totals.cost.status(),
        }))
    }

    /// The share of each model in a session, most expensive first.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn session_models(&self, row: i64) -> Result<Vec<ShowModel>> {
        let mut sums: FxHashMap<u32, Totals> = FxHashMap::default();
        self.each(&only([row]), |turn| {
            sums.entry(turn.model_row).or_default().add(&turn.addend());
            Ok(())
        })?;
        let mut models: Vec<ShowModel> = sums
            .into_iter()
            .map(|(model, totals)| ShowModel {
                provider_id: self.models().of(model).provider.clone(),
                model_id: self.models().of(model).model.clone(),
                turns: totals.turns,
                tokens: totals.tokens.tokens(),
                cost: totals.cost.cost(),
                cost_status: totals.cost.status(),
            })
            .collect();
        models.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.model_id.cmp(&b.model_id)));
        Ok(models)
    }

    /// The rows of a session's turns, and with `explain` where each number comes from.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn explained(&self, row: i64, sessions: &Sessions, system: &System) -> Result<Vec<Explained>> {
        let turns = self.ledger.turns(&only([row]).packs)?;
        turns.map(|found| self.explain(&found?, sessions, system)).collect()
    }

    /// Where the numbers of one turn come from.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn explain(&self, found: &FoundTurn, sessions: &Sessions, system: &System) -> Result<Explained> {
        let row: TurnRow = self.turn_row(found, sessions);
        let mut copies = self.ledger.copies(found.turn.event.0)?;
        copies.sort_by_key(|copy| (!copy.turn.counted, copy.head.pack, copy.turn.place));
        let owner = copies.first().cloned();
        let copies = copies
            .iter()
            .map(|copy| {
                let path = self.ledger.source_path(copy.head.key.source)?;
                let session = sessions.of(copy.head.key.session);
                Ok(ExplainedCopy {
                    session_id: session.map_or_else(|| Text::from(""), |session| session.id.clone()),
                    source: path.map(|path| system.tilde(&path)).unwrap_or_default(),
                    place: copy.turn.place,
                    counted: copy.turn.counted,
                    why: why(copy, owner.as_ref(), copies.len()),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Explained {
            turn_id: found.turn.event,
            message_id: row.message_id,
            timestamp: row.timestamp,
            tokens: row.tokens,
            mapping: mapping(&row.agent_id, row.requests),
            copies,
            cost: row.cost,
            cost_status: row.cost_status,
            price: self.price_rule(found, row.cost_status),
            mode: ModeName(found.turn.numbers.mode),
        })
    }

    /// Which rule gave the cost, and which list it is from.
    fn price_rule(&self, found: &FoundTurn, status: CostStatus) -> String {
        let numbers = &found.turn.numbers;
        let prices = &self.models().of(found.turn.model).prices;
        if status == CostStatus::Recorded {
            return "the agent recorded it".to_owned();
        }
        let in_force = prices
            .entries()
            .iter()
            .rev()
            .find(|entry| entry.since.is_none_or(|since| since <= numbers.timestamp));
        let Some(entry) = in_force.or(prices.entries().first()) else {
            return "no price is listed for this provider and model".to_owned();
        };
        let how = match prices.found() {
            Found::Exact => "listed under its own name".to_owned(),
            Found::Alias(name) => format!("listed as {name}"),
            Found::Override => "your own price".to_owned(),
            Found::Missing => "not listed".to_owned(),
        };
        let since = entry
            .since
            .map(|since| format!(", in force since {}", Time(since)))
            .unwrap_or_default();
        let reason = entry.reason.as_deref().map(|reason| format!(" ({reason})"));
        let beside = beside_tokens(numbers);
        format!("{how}; {}{since}{}{beside}", entry.source, reason.unwrap_or_default())
    }
}

/// What else the turn is billed for.
fn beside_tokens(numbers: &Numbers) -> String {
    let mut beside = String::new();
    for (fee, name) in [(Fee::WebSearch, "web searches"), (Fee::Other, "items without a price")] {
        let count = numbers.fees.count(fee);
        if count > 0 {
            beside.push_str(&format!("; {name}: {count}"));
        }
    }
    match numbers.region {
        Region::Global => {}
        Region::Us => beside.push_str("; bound to the United States"),
        Region::Other => beside.push_str("; bound to a region without a known price"),
    }
    beside
}

/// Why a copy counts or does not.
fn why(copy: &FoundTurn, owner: Option<&FoundTurn>, copies: usize) -> &'static str {
    let Some(owner) = owner else { return "" };
    match (copy.turn.counted, copies) {
        (true, 1) => "the only record of it",
        (true, _) => "the copy with the highest rank",
        (false, _) if owner.turn.counted && copy.turn.rank < owner.turn.rank => "a copy of lower rank",
        (false, _) if copy.turn.segment != 0 && !copy.turn.supersedes => "replaced by the sum of its closed segment",
        (false, _) if copy.turn.rank < owner.turn.rank => "a copy of lower rank",
        (false, _) => "an equal copy",
    }
}

/// How an agent's own numbers become the five buckets.
fn mapping(agent_id: &str, requests: Option<u32>) -> &'static str {
    match agent_id {
        "claude-code" if requests.is_none() => {
            "requests that no message records (/compact, /btw, web searches, broken streams): the session's total \
             (cost-state) minus its recorded replies"
        }
        "opencode" | "kilo-cli" => {
            "input excludes cache; reasoning is subtracted from output if the total shows that it is included"
        }
        "claude-code" => "as recorded: input excludes cache, output includes reasoning",
        "codex" => "cached and cache-write tokens are subtracted from input, reasoning from output",
        "copilot-cli" => {
            "closed segments: cache reads and writes are subtracted from input, reasoning from output; open segments: output only"
        }
        "gemini-cli" => "cached tokens are subtracted from input, tool tokens added to it; thoughts count as reasoning",
        "qwen-code" => {
            "cached tokens are subtracted from input; thoughts are subtracted from output if the total shows that they are included"
        }
        "cursor" => "input and output as recorded; other tokens are not recorded",
        _ if requests.is_none() => "a total of several requests, as the agent recorded it",
        _ => "as the agent recorded them",
    }
}

fn only(rows: impl IntoIterator<Item = i64>) -> Selected {
    let mut selected = Selected::all();
    selected.packs.sessions = Some(rows.into_iter().collect());
    selected
}
