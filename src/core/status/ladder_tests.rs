//! The status that follows from each set of facts.

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
    asks_in_secret: false,
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

#[test]
fn a_question_in_the_records_beats_every_word_but_a_newer_rest() {
    let open = with_tool("AskUserQuestion", Some(Ask::Question), 5);
    let says = |says, since| ReportedStatus {
        since,
        source: StatusSource::Transcript,
        ..word(says)
    };
    let status = |word: &ReportedStatus| session_status(Some(word), &open, &ALIVE, NOW).status;
    for (word, expected) in [
        (says(Reported::Busy, Some(ago(60))), Status::WaitingQuestion),
        (says(Reported::Busy, Some(ago(1))), Status::WaitingQuestion),
        (
            says(Reported::Waiting(Ask::Permission), Some(ago(5))),
            Status::WaitingQuestion,
        ),
        (says(Reported::Idle, Some(ago(60))), Status::WaitingQuestion),
        (says(Reported::Idle, Some(ago(1))), Status::Interrupted),
    ] {
        assert_eq!(status(&word), expected, "{word:?}");
    }
}

#[test]
fn a_permission_is_not_waited_for_once_the_tool_runs() {
    let asks = with_tool("exec_command", Some(Ask::Permission), 5);
    let runs = ProcessActivity {
        tool_started_at: Some(ago(4)),
        ..ALIVE
    };
    assert_eq!(
        session_status(None, &asks, &ALIVE, NOW).status,
        Status::WaitingPermission
    );
    assert_eq!(session_status(None, &asks, &runs, NOW).status, Status::Working);
}

#[test]
fn a_registry_that_is_busy_leaves_the_rest_to_the_records() {
    let busy = ReportedStatus {
        source: StatusSource::Transcript,
        ..word(Reported::Busy)
    };
    let status = |facts: &Facts| session_status(Some(&busy), facts, &ALIVE, NOW).status;
    assert_eq!(status(&facts(Last::Asked { at: ago(5) })), Status::Thinking);
    assert_eq!(
        status(&Facts {
            retry_at: Some(NOW),
            ..facts(Last::Open { at: ago(5) })
        }),
        Status::Retrying
    );
    assert_eq!(status(&at_rest(End::Stop, 5)), Status::Working);
}

#[test]
fn an_agent_that_asks_in_secret_is_not_known_to_rest() {
    let secret = ProcessActivity {
        asks_in_secret: true,
        ..ALIVE
    };
    let status = |facts: &Facts| session_status(None, facts, &secret, NOW).status;
    assert_eq!(status(&at_rest(End::Stop, 5)), Status::Unknown);
    assert_eq!(status(&at_rest(End::Error, 5)), Status::Error);
    let title = word(Reported::Idle);
    assert_eq!(
        session_status(Some(&title), &at_rest(End::Stop, 5), &secret, NOW).status,
        Status::Idle
    );
}
