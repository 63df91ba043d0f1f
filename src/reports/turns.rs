//! Turn rows: one per counted reply, oldest first.

use super::select::Selected;
use super::{SessionView, Sessions, Usage, text};
use crate::core::rows::TurnRow;
use crate::core::time::Time;
use crate::ledger::query::FoundTurn;
use anyhow::Result;
use std::collections::VecDeque;

impl Usage<'_> {
    /// Each chosen turn; with `newest`, only so many of the newest.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn turn_rows<'u>(
        &'u self,
        selected: &'u Selected,
        sessions: &'u Sessions,
        newest: Option<usize>,
    ) -> Result<Box<dyn Iterator<Item = Result<TurnRow>> + 'u>> {
        let found = self.ledger.turns(&selected.packs)?;
        let mut chosen = found.filter(|found| found.as_ref().map_or(true, |found| selected.takes(&found.turn.entry())));
        let Some(most) = newest else {
            return Ok(Box::new(chosen.map(move |found| Ok(self.turn_row(&found?, sessions)))));
        };
        let mut last: VecDeque<FoundTurn> = VecDeque::new();
        chosen.try_for_each(|found| {
            last.push_back(found?);
            if last.len() > most {
                last.pop_front();
            }
            anyhow::Ok(())
        })?;
        Ok(Box::new(
            last.into_iter().map(move |found| Ok(self.turn_row(&found, sessions))),
        ))
    }

    /// Each chosen turn, for tables that have no order: session by session.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn turn_rows_by_session<'u>(
        &'u self,
        selected: &'u Selected,
        sessions: &'u Sessions,
    ) -> Result<impl Iterator<Item = Result<TurnRow>> + 'u> {
        let found = self.ledger.turns_by_pack(&selected.packs)?;
        let chosen = found.filter(|found| found.as_ref().map_or(true, |found| selected.takes(&found.turn.entry())));
        Ok(chosen.map(move |found| Ok(self.turn_row(&found?, sessions))))
    }

    pub fn turn_row(&self, found: &FoundTurn, sessions: &Sessions) -> TurnRow {
        let priced = self.price(found.head.key, found.turn.entry());
        let session: Option<&SessionView> = sessions.of(found.head.key.session);
        let numbers = &priced.numbers;
        let origin = self.ledger.names().origin(found.turn.origin);
        let (cost_display, currency) = self.displayed(priced.cost.cost);
        TurnRow {
            turn_id: found.turn.event,
            session_id: session.map_or_else(|| "".into(), |session| session.id.clone()),
            message_id: (!found.message_id.is_empty()).then(|| found.message_id.as_str().into()),
            agent_id: self.agent_id(found.head.key.agent),
            provider_id: priced.model.provider.clone(),
            vendor_id: priced.model.vendor.clone(),
            model_id: priced.model.model.clone(),
            session_name: session.and_then(|session| session.name.clone()),
            project_path: session.and_then(|session| session.project.clone()),
            parent_session_id: session.and_then(|session| session.parent.clone()),
            tokens: numbers.tokens,
            total_tokens: numbers.tokens.total(),
            requests: numbers.requests,
            cost: priced.cost.cost,
            cost_status: priced.cost.status,
            billing: priced.billing,
            accuracy: numbers.accuracy,
            presence: numbers.presence,
            timestamp: numbers.timestamp,
            time: Time(numbers.timestamp),
            session_updated_at: session
                .and_then(|session| session.updated_at)
                .unwrap_or(numbers.timestamp),
            branch: text(origin.branch),
            subagent: text(origin.subagent),
            subagent_task: text(origin.task),
            host: self.host_of(found.head.key.source).cloned(),
            cost_display,
            currency,
        }
    }
}
