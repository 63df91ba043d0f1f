//! The ladder: which status follows from which facts.

use super::{Ask, ProcessActivity, Reported, ReportedStatus, SessionStatus, Status, StatusSource};
use crate::core::process::{CLOCK_SLACK_MS, End, Facts, Last};

/// How long a prompt may go unanswered before it is no longer "the model thinks".
const THINKING_MS: i64 = 60_000;
/// How long a reply may go without a write and still count as generating.
const GENERATING_MS: i64 = 120_000;
/// How long a tool call may go without a write before it may as well wait for permission.
const TOOL_MS: i64 = 30_000;

/// Determines the status from the program's own report, then its records, then its CPU use. Without evidence it is
/// `unknown`, never `idle`. Times are epoch milliseconds.
pub fn session_status(word: Option<&ReportedStatus>, facts: &Facts, life: &ProcessActivity, now: i64) -> SessionStatus {
    let ladder = Ladder { facts, life, now };
    match word.or(facts.word.as_ref()) {
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
            Reported::Busy => SessionStatus {
                activity: self.activity(),
                ..status_since(Status::Working, self.facts.prompted_at)
            },
            Reported::Idle => match self.at_rest() {
                rest if rest.status == Status::Idle => status_since(Status::Idle, rest.since),
                rest => rest,
            },
        }
    }

    fn by_records(&self) -> SessionStatus {
        let facts = self.facts;
        if let Some(tool) = &facts.pending_tool
            && let Some(ask) = tool.asks
            && self.is_of_this_life(tool.since)
        {
            return SessionStatus {
                activity: Some(tool.name.clone()),
                ..self.recorded(waiting(ask), Some(tool.since))
            };
        }
        match facts.last {
            Some(Last::Open { at }) if self.rested_since(at) => self.at_rest(),
            Some(Last::Open { at }) => self.open(at),
            Some(Last::Asked { at }) if self.rested_since(at) => self.at_rest(),
            Some(Last::Asked { at }) => self.asked(at),
            Some(Last::Ended {
                at,
                how: End::ToolCalls,
            }) if !self.rested_since(at) => self.between_steps(at),
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
            // A process of the tool still runs; a permission prompt would come before it.
            Some(tool)
                if self
                    .life
                    .tool_started_at
                    .is_some_and(|start| start >= tool.since - CLOCK_SLACK_MS) =>
            {
                working
            }
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
mod tests {
    use super::*;
    use crate::core::process::{PendingTool, Rest};

    const NOW: i64 = 10_000_000;
    const SECOND: i64 = 1_000;

    fn ago(seconds: i64) -> i64 {
        NOW - seconds * SECOND
    }

    /// A session whose agent announces replies, written to when its last message was.
    fn facts(last: Last) -> Facts {
        let (Last::Asked { at } | Last::Open { at } | Last::Ended { at, .. }) = last;
        Facts {
            source: Some(StatusSource::Database),
            last: Some(last),
            wrote_at: Some(at),
            announces_replies: true,
            ..Facts::default()
        }
    }

    fn with_tool(name: &str, asks: Option<Ask>, seconds: i64) -> Facts {
        Facts {
            pending_tool: Some(PendingTool {
                name: name.into(),
                since: ago(seconds),
                asks,
            }),
            ..facts(Last::Open { at: ago(seconds) })
        }
    }

    fn at_rest(how: End, seconds: i64) -> Facts {
        facts(Last::Ended { at: ago(seconds), how })
    }

    const ALIVE: ProcessActivity = ProcessActivity {
        is_alive: true,
        started_at: Some(NOW - 3_600 * SECOND),
        is_active: Some(false),
        tool_started_at: None,
    };
    const ACTIVE: ProcessActivity = ProcessActivity {
        is_active: Some(true),
        ..ALIVE
    };
    const DEAD: ProcessActivity = ProcessActivity {
        is_alive: false,
        ..ALIVE
    };

    fn word(says: Reported) -> ReportedStatus {
        ReportedStatus {
            says,
            since: None,
            source: StatusSource::Api,
        }
    }

    fn seen(standing: &SessionStatus) -> (Status, StatusSource, Option<&str>) {
        (standing.status, standing.source, standing.activity.as_deref())
    }

    use Status as S;
    use StatusSource::{Api, Cpu, Database};

    #[test]
    fn the_program_itself_is_believed_first() {
        let running = with_tool("bash", None, 300);
        let status_of = |says, facts: &Facts| seen(&session_status(Some(&word(says)), facts, &ALIVE, NOW)).0;
        assert_eq!(
            status_of(Reported::Waiting(Ask::Permission), &running),
            S::WaitingPermission
        );
        assert_eq!(
            status_of(Reported::Waiting(Ask::Question), &running),
            S::WaitingQuestion
        );
        assert_eq!(status_of(Reported::Retrying, &running), S::Retrying);
        assert_eq!(status_of(Reported::Busy, &at_rest(End::Stop, 5)), S::Working);
        let working = session_status(Some(&word(Reported::Busy)), &running, &ALIVE, NOW);
        assert_eq!(seen(&working), (S::Working, Api, Some("bash")));
        let idle = session_status(Some(&word(Reported::Idle)), &at_rest(End::Stop, 5), &ACTIVE, NOW);
        assert_eq!((seen(&idle), idle.since), ((S::Idle, Api, None), Some(ago(5))));
    }

    #[test]
    fn an_idle_program_still_shows_how_the_last_run_ended() {
        let status_of = |facts: &Facts| {
            let standing = session_status(Some(&word(Reported::Idle)), facts, &ALIVE, NOW);
            (standing.status, standing.source)
        };
        assert_eq!(status_of(&at_rest(End::Error, 5)), (S::Error, Database));
        assert_eq!(status_of(&at_rest(End::Length, 5)), (S::Truncated, Database));
        assert_eq!(status_of(&facts(Last::Open { at: ago(5) })), (S::Interrupted, Database));
        assert_eq!(status_of(&Facts::default()), (S::Idle, Api));
    }

    #[test]
    fn an_agents_own_note_counts_as_its_word() {
        let noted = Facts {
            word: Some(ReportedStatus {
                says: Reported::Waiting(Ask::Permission),
                since: Some(ago(9)),
                source: StatusSource::Transcript,
            }),
            ..Facts::default()
        };
        let standing = session_status(None, &noted, &ALIVE, NOW);
        assert_eq!((standing.status, standing.since), (S::WaitingPermission, Some(ago(9))));
    }

    #[test]
    fn records_alone_tell_what_a_reply_is_doing() {
        let status_of = |facts: &Facts, life: &ProcessActivity| {
            let standing = session_status(None, facts, life, NOW);
            (standing.status, standing.source)
        };
        let open = |seconds| facts(Last::Open { at: ago(seconds) });
        assert_eq!(status_of(&open(119), &ALIVE), (S::Working, Database));
        assert_eq!(status_of(&open(121), &ALIVE), (S::Stale, Database));
        assert_eq!(status_of(&open(121), &ACTIVE), (S::Working, Cpu));
        assert_eq!(status_of(&open(5), &DEAD), (S::Interrupted, Database));
        assert_eq!(status_of(&open(4_000), &ACTIVE), (S::Interrupted, Database));
        assert_eq!(status_of(&at_rest(End::ToolCalls, 29), &ALIVE), (S::Working, Database));
        assert_eq!(status_of(&at_rest(End::ToolCalls, 31), &ALIVE), (S::Idle, Database));
        assert_eq!(status_of(&at_rest(End::ToolCalls, 31), &ACTIVE), (S::Working, Cpu));
        // An idle agent that redraws its screen stays idle.
        assert_eq!(status_of(&at_rest(End::Stop, 600), &ACTIVE), (S::Idle, Database));
        assert_eq!(status_of(&at_rest(End::Other, 600), &ACTIVE), (S::Idle, Database));
        assert_eq!(status_of(&at_rest(End::Length, 600), &ACTIVE), (S::Truncated, Database));
        assert_eq!(status_of(&at_rest(End::Error, 600), &ACTIVE), (S::Error, Database));
        assert_eq!(
            status_of(&at_rest(End::Interrupted, 600), &ALIVE),
            (S::Interrupted, Database)
        );
    }

    #[test]
    fn an_unanswered_prompt_is_thought_about_for_a_minute() {
        let status_of = |facts: &Facts, life: &ProcessActivity| session_status(None, facts, life, NOW).status;
        let asked = |seconds| facts(Last::Asked { at: ago(seconds) });
        assert_eq!(status_of(&asked(59), &ALIVE), S::Thinking);
        assert_eq!(status_of(&asked(61), &ACTIVE), S::Thinking);
        assert_eq!(status_of(&asked(61), &ALIVE), S::Queued);
        let silent = Facts {
            announces_replies: false,
            ..asked(61)
        };
        assert_eq!(status_of(&silent, &ALIVE), S::Unknown);
        assert_eq!(status_of(&asked(4_000), &ALIVE), S::Interrupted);
        assert_eq!(status_of(&asked(61), &DEAD), S::Interrupted);
    }

    #[test]
    fn a_tool_that_runs_long_may_wait_for_permission() {
        let status_of = |facts: &Facts, life: &ProcessActivity| {
            let standing = session_status(None, facts, life, NOW);
            (standing.status, standing.activity)
        };
        let bash = || Some("bash".to_owned());
        assert_eq!(status_of(&with_tool("bash", None, 29), &ALIVE), (S::Working, bash()));
        assert_eq!(status_of(&with_tool("bash", None, 31), &ALIVE), (S::Unknown, bash()));
        assert_eq!(status_of(&with_tool("bash", None, 31), &ACTIVE), (S::Working, bash()));
        let child = ProcessActivity {
            tool_started_at: Some(ago(30)),
            ..ALIVE
        };
        assert_eq!(status_of(&with_tool("bash", None, 31), &child), (S::Working, bash()));
        let older_child = ProcessActivity {
            tool_started_at: Some(ago(300)),
            ..ALIVE
        };
        assert_eq!(
            status_of(&with_tool("bash", None, 31), &older_child),
            (S::Unknown, bash())
        );
    }

    #[test]
    fn a_question_waits_for_its_human_however_old() {
        let status_of = |facts: &Facts, life: &ProcessActivity| session_status(None, facts, life, NOW).status;
        assert_eq!(
            status_of(&with_tool("question", Some(Ask::Question), 3_000), &ALIVE),
            S::WaitingQuestion
        );
        assert_eq!(
            status_of(&with_tool("plan", Some(Ask::Permission), 3), &ALIVE),
            S::WaitingPermission
        );
        // The process that asked has ended: no session waits.
        assert_eq!(
            status_of(&with_tool("question", Some(Ask::Question), 4_000), &ALIVE),
            S::Interrupted
        );
        assert_eq!(
            status_of(&with_tool("question", Some(Ask::Question), 3), &DEAD),
            S::Interrupted
        );
    }

    #[test]
    fn the_end_of_a_run_is_unread_until_a_human_looked() {
        let rested = |end, viewed_at| Facts {
            rest: Some(Rest {
                at: ago(10),
                viewed_at,
                end,
            }),
            ..at_rest(End::Stop, 12)
        };
        let status_of = |facts: &Facts| session_status(None, facts, &ALIVE, NOW).status;
        assert_eq!(status_of(&rested(End::Stop, Some(ago(11)))), S::DoneUnread);
        assert_eq!(status_of(&rested(End::Stop, None)), S::DoneUnread);
        assert_eq!(status_of(&rested(End::Stop, Some(ago(9)))), S::Idle);
        assert_eq!(status_of(&rested(End::Error, Some(ago(9)))), S::Error);
        assert_eq!(status_of(&rested(End::Interrupted, None)), S::Interrupted);
        // A reply without an end from before the rest is not running.
        let left = Facts {
            last: Some(Last::Open { at: ago(12) }),
            ..rested(End::Stop, Some(ago(9)))
        };
        assert_eq!(status_of(&left), S::Idle);
        let newer = Facts {
            last: Some(Last::Open { at: ago(5) }),
            ..rested(End::Stop, Some(ago(9)))
        };
        assert_eq!(status_of(&newer), S::Working);
    }

    #[test]
    fn retries_queues_and_compactions_are_named() {
        let retrying = Facts {
            retry_at: Some(NOW + 5 * SECOND),
            ..facts(Last::Open { at: ago(8) })
        };
        assert_eq!(session_status(None, &retrying, &ALIVE, NOW).status, S::Retrying);
        let queued = Facts {
            queued_since: Some(ago(4)),
            ..at_rest(End::Stop, 8)
        };
        assert_eq!(session_status(None, &queued, &ALIVE, NOW).status, S::Queued);
        let compacting = Facts {
            compacting_since: Some(ago(4)),
            ..facts(Last::Open { at: ago(8) })
        };
        assert_eq!(
            seen(&session_status(None, &compacting, &ALIVE, NOW)).2,
            Some("compacting")
        );
    }

    #[test]
    fn what_nothing_tells_is_unknown() {
        assert_eq!(
            session_status(None, &Facts::default(), &ACTIVE, NOW),
            SessionStatus::UNKNOWN
        );
    }
}
