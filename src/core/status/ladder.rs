//! The ladder: which status follows from which facts.

use super::{Ask, ProcessActivity, Reported, ReportedStatus, SessionStatus, Status, StatusSource};
use crate::core::process::{CLOCK_SLACK_MS, End, Facts, Last};

/// How long a prompt may go unanswered before it is no longer "the model thinks".
const THINKING_MS: i64 = 60_000;
/// How long a reply may go without a write and still count as generating.
const GENERATING_MS: i64 = 120_000;
/// How long a tool call may go without a write before it may as well wait for permission.
const TOOL_MS: i64 = 30_000;

/// Determines the status from records that can only mean one thing, then the program's own report, then its other records, then
/// its CPU use. Without evidence it is `unknown`, never `idle`. Times are epoch milliseconds.
pub fn session_status(word: Option<&ReportedStatus>, facts: &Facts, life: &ProcessActivity, now: i64) -> SessionStatus {
    let ladder = Ladder { facts, life, now };
    let word = word.or(facts.word.as_ref());
    if let Some(asking) = ladder.asking(word) {
        return asking;
    }
    match word {
        Some(word) => ladder.by_word(word),
        None if facts.source.is_none() => SessionStatus::UNKNOWN,
        None => ladder.by_records(),
    }
}

struct Ladder<'a> {
    facts: &'a Facts,
    life: &'a ProcessActivity,
    now: i64,
}

impl Ladder<'_> {
    /// A question in the records that has no answer.
    fn asking(&self, word: Option<&ReportedStatus>) -> Option<SessionStatus> {
        let tool = self.facts.pending_tool.as_ref()?;
        let ask = tool.asks?;
        // The answer may have been recorded nowhere: a report of rest that is newer knows better.
        let is_over = word.is_some_and(|word| {
            word.says == Reported::Idle && word.since.is_none_or(|since| since > tool.since + CLOCK_SLACK_MS)
        });
        if is_over || !self.is_of_this_life(tool.since) || ask == Ask::Permission && self.runs(tool.since) {
            return None;
        }
        Some(SessionStatus {
            activity: Some(tool.name.clone()),
            ..self.recorded(waiting(ask), Some(tool.since))
        })
    }

    /// Whether a process of a tool that was called then still runs: a permission prompt would come before it.
    fn runs(&self, since: i64) -> bool {
        self.life
            .tool_started_at
            .is_some_and(|start| start >= since - CLOCK_SLACK_MS)
    }

    fn by_word(&self, word: &ReportedStatus) -> SessionStatus {
        let status_since = |status, since: Option<i64>| SessionStatus {
            status,
            activity: None,
            source: word.source,
            since: word.since.or(since),
        };
        let tool = self.facts.pending_tool.as_ref();
        match word.says {
            Reported::Waiting(ask) => SessionStatus {
                activity: tool.map(|tool| tool.name.clone()),
                ..status_since(waiting(ask), tool.map(|tool| tool.since))
            },
            Reported::Retrying => status_since(Status::Retrying, self.facts.wrote_at),
            Reported::Busy => match self.by_records() {
                // An agent's registry only knows that it is busy.
                more if word.source == StatusSource::Transcript
                    && matches!(more.status, Status::Thinking | Status::Retrying) =>
                {
                    more
                }
                _ => SessionStatus {
                    activity: self.activity(),
                    ..status_since(Status::Working, self.facts.prompted_at)
                },
            },
            Reported::Idle => match self.at_rest() {
                rest if rest.status == Status::Idle => status_since(Status::Idle, rest.since),
                rest => rest,
            },
        }
    }

    fn by_records(&self) -> SessionStatus {
        let facts = self.facts;
        match facts.last {
            Some(Last::Open { at }) if self.rested_since(at) => self.at_rest(),
            Some(Last::Open { at }) => self.open(at),
            Some(Last::Asked { at }) if self.rested_since(at) => self.at_rest(),
            Some(Last::Asked { at }) => self.asked(at),
            Some(Last::Ended {
                at,
                how: End::ToolCalls,
            }) if !self.rested_since(at) => self.between_steps(at),
            // It ended, or stopped to ask: the records are the same.
            Some(Last::Ended { at, how: End::Stop }) if self.life.asks_in_secret => SessionStatus {
                since: Some(at),
                ..SessionStatus::UNKNOWN
            },
            Some(Last::Ended { .. }) => self.at_rest(),
            None => match facts.rest {
                Some(_) => self.at_rest(),
                // A session without messages.
                None if self.life.is_alive => self.recorded(Status::Idle, facts.wrote_at),
                None => self.recorded(Status::Unknown, facts.wrote_at),
            },
        }
    }

    /// A reply without an end.
    fn open(&self, at: i64) -> SessionStatus {
        let wrote = self.facts.wrote_at.unwrap_or(at);
        if !self.is_of_this_life(wrote) {
            return self.recorded(Status::Interrupted, Some(wrote));
        }
        if self
            .facts
            .retry_at
            .is_some_and(|retry| self.now - retry < GENERATING_MS)
        {
            return self.recorded(Status::Retrying, Some(wrote));
        }
        let working = SessionStatus {
            activity: self.activity(),
            ..self.recorded(Status::Working, self.facts.prompted_at.or(Some(at)))
        };
        let fresh = |limit| self.now - wrote < limit;
        match &self.facts.pending_tool {
            Some(_) if fresh(TOOL_MS) => working,
            Some(tool) if self.runs(tool.since) => working,
            None if fresh(GENERATING_MS) => working,
            _ if self.life.is_active == Some(true) => self.by_cpu(working),
            // It may run, or wait for a permission that only an API would report.
            Some(tool) => SessionStatus {
                activity: Some(tool.name.clone()),
                ..self.recorded(Status::Unknown, Some(tool.since))
            },
            None => self.recorded(Status::Stale, Some(wrote)),
        }
    }

    /// A prompt, or tools' results, without a reply.
    fn asked(&self, at: i64) -> SessionStatus {
        let wrote = self.facts.wrote_at.unwrap_or(at).max(at);
        let thinking = self.recorded(Status::Thinking, Some(at));
        if !self.is_of_this_life(wrote) {
            return self.recorded(Status::Interrupted, Some(at));
        }
        if self.now - wrote < THINKING_MS {
            return thinking;
        }
        if self.life.is_active == Some(true) {
            return self.by_cpu(thinking);
        }
        // Where a reply is recorded when it begins, a prompt without one was not taken up.
        let status = if self.facts.announces_replies {
            Status::Queued
        } else {
            Status::Unknown
        };
        self.recorded(status, Some(at))
    }

    /// Tools' results are in and the next reply has not begun.
    fn between_steps(&self, at: i64) -> SessionStatus {
        let wrote = self.facts.wrote_at.unwrap_or(at).max(at);
        let working = self.recorded(Status::Working, self.facts.prompted_at.or(Some(at)));
        if self.is_of_this_life(wrote) {
            if self.now - wrote < TOOL_MS {
                return working;
            }
            if self.life.is_active == Some(true) {
                return self.by_cpu(working);
            }
        }
        self.at_rest()
    }

    /// The status when nothing runs.
    fn at_rest(&self) -> SessionStatus {
        let facts = self.facts;
        if let Some(queued) = facts.queued_since.filter(|&at| self.is_of_this_life(at)) {
            return self.recorded(Status::Queued, Some(queued));
        }
        let last = match facts.last {
            Some(Last::Ended { at, how }) => Some((at, how)),
            // Nothing runs, so a reply without an end will have none.
            Some(Last::Open { at } | Last::Asked { at }) if facts.rest.is_none() => Some((at, End::Interrupted)),
            _ => None,
        };
        let rest = facts.rest.map(|rest| (rest.at, rest.end));
        let ends = [rest, last].into_iter().flatten();
        let bad = ends.clone().find_map(|(at, how)| {
            let status = match how {
                End::Error => Status::Error,
                End::Interrupted => Status::Interrupted,
                End::Length => Status::Truncated,
                End::Stop | End::ToolCalls | End::Other => return None,
            };
            Some(self.recorded(status, Some(at)))
        });
        if let Some(bad) = bad {
            return bad;
        }
        let since = ends.map(|(at, _)| at).next().or(facts.wrote_at);
        let is_unread = facts
            .rest
            .is_some_and(|rest| rest.viewed_at.is_none_or(|viewed| rest.at > viewed));
        self.recorded(if is_unread { Status::DoneUnread } else { Status::Idle }, since)
    }

    fn activity(&self) -> Option<String> {
        let facts = self.facts;
        match (&facts.pending_tool, facts.compacting_since, &facts.last) {
            (Some(tool), ..) => Some(tool.name.clone()),
            (None, Some(_), _) => Some("compacting".to_owned()),
            (None, None, Some(Last::Open { .. })) => Some("generating".to_owned()),
            _ => None,
        }
    }

    fn recorded(&self, status: Status, since: Option<i64>) -> SessionStatus {
        SessionStatus {
            status,
            activity: None,
            source: self.facts.source.unwrap_or(StatusSource::None),
            since,
        }
    }

    fn by_cpu(&self, standing: SessionStatus) -> SessionStatus {
        SessionStatus {
            source: StatusSource::Cpu,
            ..standing
        }
    }

    /// Whether a process that still runs can have written this.
    fn is_of_this_life(&self, at: i64) -> bool {
        self.life.is_alive && self.life.started_at.is_none_or(|start| at >= start - CLOCK_SLACK_MS)
    }

    /// Whether the agent noted the end of a run after this.
    fn rested_since(&self, at: i64) -> bool {
        self.facts.rest.is_some_and(|rest| rest.at >= at)
    }
}

fn waiting(ask: Ask) -> Status {
    match ask {
        Ask::Permission => Status::WaitingPermission,
        Ask::Question => Status::WaitingQuestion,
    }
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
