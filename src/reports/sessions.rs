//! Session rows: the chosen turns of each session added up.

use super::select::Selected;
use super::{SessionView, Sessions, Usage, text};
use crate::core::group::Totals;
use crate::core::rows::{SessionRow, Text};
use crate::core::time::Time;
use crate::core::tokens::TokenSum;
use crate::core::turn::{Presence, Rank};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// The sums of a session.
#[derive(Default)]
struct Sum {
    totals: Totals,
    /// Each model (row of the names) with the time of its first and last turn.
    models: FxHashMap<u32, (i64, i64)>,
    /// Each origin (row of the names) with the time of its last turn.
    origins: FxHashMap<u32, i64>,
    /// Where the turns are from; rows, some more than once.
    sources: Vec<i64>,
}

impl Usage<'_> {
    /// One row per session, newest first. Sessions without a chosen turn are in it only with `idle`.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn session_rows(&self, selected: &Selected, sessions: &Sessions, idle: bool) -> Result<Vec<SessionRow>> {
        let mut sums: FxHashMap<i64, Sum> = FxHashMap::default();
        let mut with_copies = FxHashSet::default();
        self.ledger.visit(&selected.packs, |head, columns| {
            for at in 0..columns.len() {
                let entry = columns.turn(at);
                if !selected.takes(&entry) {
                    continue;
                }
                if !entry.counted {
                    with_copies.insert(head.key.session);
                    continue;
                }
                let sum = sums.entry(head.key.session).or_default();
                if sum.sources.last() != Some(&head.key.source) {
                    sum.sources.push(head.key.source);
                }
                sum.totals.add(&self.price(head.key, entry).addend());
                let at = entry.numbers.timestamp;
                let seen = sum.models.entry(entry.model).or_insert((at, at));
                *seen = (seen.0.min(at), seen.1.max(at));
                let last = sum.origins.entry(entry.origin).or_insert(at);
                *last = (*last).max(at);
            }
            Ok(())
        })?;
        let copied = self.copied_tokens(selected, with_copies)?;
        let is_chosen = |session: &&SessionView| {
            sums.contains_key(&session.row)
                || copied.contains_key(&session.row)
                || idle
                    && selected
                        .packs
                        .sessions
                        .as_ref()
                        .is_none_or(|rows| rows.contains(&session.row))
                    && selected
                        .packs
                        .agents
                        .as_ref()
                        .is_none_or(|agents| agents.contains(&session.agent))
        };
        let mut rows: Vec<SessionRow> = sessions
            .all()
            .filter(is_chosen)
            .map(|session| self.session_row(session, sums.get(&session.row), copied.get(&session.row)))
            .collect();
        rows.sort_by(|a, b| {
            b.session_updated_at
                .cmp(&a.session_updated_at)
                .then_with(|| a.session_id.cmp(&b.session_id))
        });
        Ok(rows)
    }

    fn session_row(&self, session: &SessionView, sum: Option<&Sum>, copied: Option<&TokenSum>) -> SessionRow {
        let nothing = Sum::default();
        let sum = sum.unwrap_or(&nothing);
        let totals = &sum.totals;
        let mut models: Vec<_> = sum
            .models
            .iter()
            .map(|(row, seen)| (*seen, self.models().of(*row)))
            .collect();
        models.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        let latest = models
            .iter()
            .max_by_key(|(seen, model)| (seen.1, &model.name))
            .map(|(_, model)| *model);
        let tokens = totals.tokens.tokens();
        let names = self.ledger.names();
        let origins = sum.origins.iter().map(|(row, last)| (*last, names.origin(*row)));
        let branches = origins.clone().filter(|(_, origin)| !origin.branch.is_empty());
        let branch = branches.max_by_key(|(last, origin)| (*last, origin.branch));
        let mut subagents = origins.map(|(_, origin)| origin.subagent);
        let subagent = subagents.next().filter(|first| subagents.all(|other| other == *first));
        // A session that this machine has a part of is its own.
        let mut hosts = sum.sources.iter().map(|source| self.host_of(*source));
        let host = hosts
            .next()
            .flatten()
            .filter(|first| hosts.all(|other| other == Some(first)));
        let (cost_display, currency) = self.displayed(totals.cost.cost());
        SessionRow {
            session_id: session.id.clone(),
            session_name: session.name.clone(),
            agent_id: self.agent_id(session.agent),
            provider_id: latest.and_then(|model| model.provider.clone()),
            model_id: latest.and_then(|model| model.model.clone()),
            models: models
                .iter()
                .map(|(_, model)| model.name.clone())
                .collect::<Vec<Text>>(),
            project_path: session.project.clone(),
            parent_session_id: session.parent.clone(),
            interactive: session.interactive,
            turns: totals.turns,
            tokens,
            total_tokens: tokens.total(),
            copied_tokens: copied.map_or(0, |copied| copied.tokens().known_total()),
            cost: totals.cost.cost(),
            cost_status: totals.cost.status(),
            billing: totals.billing.billing(),
            unpriced_tokens: totals.cost.unpriced_tokens(),
            accuracy: totals.accuracy(),
            presence: if session.gone {
                Presence::Gone
            } else {
                totals.presence()
            },
            started_at: session.started_at,
            session_updated_at: session.updated_at,
            time: session.updated_at.map(Time),
            branch: branch.and_then(|(_, origin)| text(origin.branch)),
            subagent: subagent.and_then(text),
            host: host.cloned(),
            cost_display,
            currency,
            depth: 0,
        }
    }

    /// Tokens of turns that lie in one of these sessions and are counted under another one.
    fn copied_tokens(&self, selected: &Selected, sessions: FxHashSet<i64>) -> Result<FxHashMap<i64, TokenSum>> {
        let mut copied: FxHashMap<i64, TokenSum> = FxHashMap::default();
        if sessions.is_empty() {
            return Ok(copied);
        }
        let mut counted: FxHashSet<(i64, u64)> = FxHashSet::default();
        let mut copies = Vec::new();
        let mut packs = selected.packs.clone();
        packs.sessions = Some(sessions);
        let mut heads = Vec::new();
        self.ledger.visit(&packs, |head, _| {
            heads.push(head);
            Ok(())
        })?;
        for head in heads {
            for turn in self.ledger.pack(head.pack)?.turns {
                let event = (head.key.session, turn.event.0);
                let is_superseded = turn.segment != 0 && !turn.supersedes && turn.rank != Rank::SHARED;
                if turn.counted {
                    counted.insert(event);
                } else if !is_superseded && selected.takes(&turn.entry()) {
                    copies.push((turn.rank, event, turn.numbers.tokens));
                }
            }
        }
        copies.sort_by_key(|(rank, ..)| Reverse(*rank));
        for (_, event, tokens) in copies {
            // The same session in two places (a database and the files it was imported from) is not a fork: use the
            // best copy.
            if counted.insert(event) {
                copied.entry(event.0).or_default().add(&tokens);
            }
        }
        Ok(copied)
    }
}

/// Orders rows as a tree: each session followed by those it started, with their depth.
pub(crate) fn nest(rows: Vec<SessionRow>) -> Vec<SessionRow> {
    let mut children: FxHashMap<(Text, Text), Vec<usize>> = FxHashMap::default();
    let ids: FxHashSet<(Text, Text)> = rows
        .iter()
        .map(|row| (row.agent_id.clone(), row.session_id.clone()))
        .collect();
    let mut roots = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match &row.parent_session_id {
            Some(parent) if ids.contains(&(row.agent_id.clone(), parent.clone())) && *parent != row.session_id => {
                children
                    .entry((row.agent_id.clone(), parent.clone()))
                    .or_default()
                    .push(at);
            }
            _ => roots.push(at),
        }
    }
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
    let mut is_placed = vec![false; rows.len()];
    // Sessions that name each other as parents, in damaged data, have no root: they follow at the end.
    let starts = roots.into_iter().chain(0..rows.len());
    for start in starts {
        let mut stack = vec![(start, 0)];
        while let Some((at, depth)) = stack.pop() {
            if std::mem::replace(&mut is_placed[at], true) {
                continue;
            }
            order.push((at, depth));
            let key = (rows[at].agent_id.clone(), rows[at].session_id.clone());
            stack.extend(
                children
                    .get(&key)
                    .into_iter()
                    .flatten()
                    .rev()
                    .map(|&child| (child, depth + 1)),
            );
        }
    }
    let mut rows: Vec<Option<SessionRow>> = rows.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|(at, depth)| rows[at].take().map(|row| SessionRow { depth, ..row }))
        .collect()
}
