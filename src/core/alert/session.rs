//! Events of sessions: they start, finish, wait for the user, or stay idle.

use super::{Deciding, Remembered};
use crate::core::rows::{EventRow, EventType, Severity, Text};
use crate::core::status::{SessionStatus, Status};
use serde::{Deserialize, Serialize};

const PREFIX: &str = "session/";
/// Marks that sessions were checked before; those of a remote with `@` and its name.
const KEY: &str = "sessions";
/// A program that is slow to answer for one look has not finished.
const MISSING_MS: i64 = 5_000;

/// A session that a running process shows.
#[derive(Clone, Debug)]
pub struct SessionFact {
    pub agent_id: Text,
    pub session_id: Text,
    pub title: Option<String>,
    pub project: Option<String>,
    /// Whether no other session started it.
    pub is_root: bool,
    pub standing: SessionStatus,
    /// The remote it runs on.
    pub host: Option<String>,
}

/// The alerts fired for a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertedSession {
    is_root: bool,
    title: Option<String>,
    project: Option<String>,
    /// When the wait was reported: epoch milliseconds, like all times here.
    waiting_told_at: Option<i64>,
    /// End of the turn after which the idle alert fired.
    rested_since: Option<i64>,
    /// Since when no process shows it.
    missing_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

impl Deciding<'_> {
    /// `hosts` = the remotes that were asked and answered: of others nothing is known.
    pub(super) fn sessions(&mut self, sessions: &[SessionFact], hosts: &[String]) {
        let marks = hosts.iter().map(|host| format!("{KEY}@{host}"));
        let first_looks: Vec<String> = marks
            .chain([KEY.to_owned()])
            .filter(|mark| self.state(mark).is_none())
            .collect();
        for session in sessions {
            let mark = session.host.as_ref().map(|host| format!("{KEY}@{host}"));
            self.session(session, first_looks.contains(&mark.unwrap_or_else(|| KEY.to_owned())));
        }
        for mark in first_looks {
            self.remember(mark, Remembered::Sessions);
        }
        let gone: Vec<String> = self
            .states
            .keys()
            .filter(|key| key.starts_with(PREFIX))
            .cloned()
            .collect();
        let is_known = |host: Option<&String>| host.is_none_or(|host| hosts.contains(host));
        for key in gone {
            let host = match self.state(&key) {
                Some(Remembered::Session(alerted)) => alerted.host.as_ref(),
                _ => None,
            };
            if is_known(host) && !sessions.iter().any(|session| key_of(session) == key) {
                self.missing(key);
            }
        }
    }

    fn session(&mut self, session: &SessionFact, is_first_look: bool) {
        let key = key_of(session);
        let (mut alerted, is_new) = match self.state(&key) {
            Some(Remembered::Session(alerted)) => (alerted.clone(), false),
            _ => (AlertedSession::default(), true),
        };
        alerted.is_root = session.is_root;
        alerted.title = session.title.clone().or(alerted.title);
        alerted.project = session.project.clone().or(alerted.project);
        alerted.missing_since = None;
        alerted.host.clone_from(&session.host);
        if is_new && !is_first_look && session.is_root {
            let title = "Session started";
            self.fire(event(
                &key,
                &alerted,
                EventType::SessionStarted,
                Severity::Info,
                title,
                "",
            ));
        }
        self.waiting(session, &key, &mut alerted);
        self.idle(session, &key, &mut alerted, is_new && is_first_look);
        self.remember(key, Remembered::Session(alerted));
    }

    /// A waiting subagent also needs the user.
    fn waiting(&mut self, session: &SessionFact, key: &str, alerted: &mut AlertedSession) {
        let standing = &session.standing;
        if !standing.status.is_waiting() {
            alerted.waiting_told_at = None;
            return;
        }
        // It was answered and asks again, both since the last check.
        let is_another = |at: i64| standing.since.is_some_and(|since| since > at);
        if alerted.waiting_told_at.is_some_and(|at| !is_another(at)) {
            return;
        }
        alerted.waiting_told_at = Some(self.now);
        let what = match standing.status {
            Status::WaitingPermission => "waiting for permission",
            _ => "waiting for an answer",
        };
        let message = match &standing.activity {
            Some(activity) => format!("{what} ({activity})"),
            None => what.to_owned(),
        };
        let title = "Session is waiting for you";
        let event = event(
            key,
            alerted,
            EventType::SessionWaiting,
            Severity::Warning,
            title,
            &message,
        );
        self.fire(with_standing(event, standing));
    }

    /// Measured from the end of the turn. What rested for long when ttop first looked is old news.
    fn idle(&mut self, session: &SessionFact, key: &str, alerted: &mut AlertedSession, is_old_news: bool) {
        let standing = &session.standing;
        let rests = matches!(
            standing.status,
            Status::Idle | Status::DoneUnread | Status::Truncated | Status::Error
        );
        let Some(since) = standing.since.filter(|_| rests && session.is_root) else {
            return;
        };
        let is_alerted = alerted.rested_since.is_some_and(|alerted| since <= alerted);
        if is_alerted || self.now - since < self.rules.idle_ms {
            return;
        }
        alerted.rested_since = Some(since);
        if is_old_news {
            return;
        }
        let minutes = (self.now - since) / 60_000;
        let message = format!("no activity for {minutes} minutes");
        let event = event(
            key,
            alerted,
            EventType::SessionIdle,
            Severity::Warning,
            "Session is idle",
            &message,
        );
        self.fire(with_standing(event, standing).with(&[("idleMs", (self.now - since).into())]));
    }

    fn missing(&mut self, key: String) {
        let Some(Remembered::Session(alerted)) = self.state(&key) else {
            return;
        };
        match alerted.missing_since {
            Some(since) if self.now - since >= MISSING_MS => {
                if alerted.is_root {
                    let title = "Session finished";
                    self.fire(event(
                        &key,
                        alerted,
                        EventType::SessionFinished,
                        Severity::Info,
                        title,
                        "",
                    ));
                }
                self.decision.changed.insert(key, None);
            }
            Some(_) => {}
            None => {
                let alerted = AlertedSession {
                    missing_since: Some(self.now),
                    ..alerted.clone()
                };
                self.remember(key, Remembered::Session(alerted));
            }
        }
    }
}

fn key_of(session: &SessionFact) -> String {
    let key = format!("{PREFIX}{}/{}", session.agent_id, session.session_id);
    match &session.host {
        Some(host) => format!("{key}@{host}"),
        None => key,
    }
}

fn event(
    key: &str,
    alerted: &AlertedSession,
    kind: EventType,
    severity: Severity,
    title: &str,
    message: &str,
) -> EventRow {
    let (agent, session) = key
        .strip_prefix(PREFIX)
        .and_then(|key| key.split_once('/'))
        .unwrap_or_default();
    let host = alerted.host.as_deref();
    let on_host = host.and_then(|host| session.strip_suffix(host)?.strip_suffix('@'));
    let session = on_host.unwrap_or(session);
    let name = alerted.title.as_deref().unwrap_or(session);
    let message = match message {
        "" => name.to_owned(),
        _ => format!("{name}: {message}"),
    };
    EventRow {
        agent_id: Some(agent.into()),
        session_id: Some(session.into()),
        project_path: alerted.project.as_deref().map(Into::into),
        ..EventRow::new(kind, severity, title, message)
    }
    .with(&[("sessionName", alerted.title.as_deref().into())])
    .with(&host.map(|host| ("host", host.into())).into_iter().collect::<Vec<_>>())
}

fn with_standing(event: EventRow, standing: &SessionStatus) -> EventRow {
    event.with(&[
        ("status", standing.status.name().into()),
        ("activity", standing.activity.as_deref().into()),
        ("statusSource", standing.source.name().into()),
        ("since", standing.since.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::super::trial::Trial;
    use super::*;
    use crate::core::status::StatusSource;

    const MINUTE: i64 = 60_000;
    const NONE: [&str; 0] = [];
    const STARTED: &str = "session.started info";
    const WAITING: &str = "session.waiting warning";
    const IDLE: &str = "session.idle warning";

    fn session(id: &str, status: Status, since: i64) -> SessionFact {
        SessionFact {
            agent_id: "opencode".into(),
            session_id: id.into(),
            title: Some("Fix the parser".to_owned()),
            project: None,
            is_root: true,
            standing: SessionStatus {
                status,
                activity: None,
                source: StatusSource::Api,
                since: Some(since),
            },
            host: None,
        }
    }

    impl Trial {
        fn look(&mut self, now: i64, sessions: Vec<SessionFact>) -> Vec<String> {
            self.see(&Facts {
                now,
                sessions: Some(sessions),
                ..Facts::default()
            })
        }

        /// With a first look, at nothing.
        fn awake() -> Self {
            let mut trial = Self::new();
            assert_eq!(trial.look(0, Vec::new()), NONE);
            trial
        }
    }

    #[test]
    fn waiting_is_told_once_until_it_was_answered() {
        let mut trial = Trial::awake();
        let mut look = |now, status, since| trial.look(now, vec![session("a", status, since)]);
        assert_eq!(look(1_000, Status::WaitingPermission, 900), [STARTED, WAITING]);
        assert_eq!(look(60_000, Status::WaitingPermission, 900), NONE);
        assert_eq!(look(61_000, Status::Working, 61_000), NONE);
        assert_eq!(look(62_000, Status::WaitingQuestion, 61_500), [WAITING]);
        // Answered and asked again between two looks.
        assert_eq!(look(90_000, Status::WaitingPermission, 80_000), [WAITING]);
    }

    #[test]
    fn who_waits_already_is_told_at_the_first_look_and_old_rest_is_not() {
        let mut trial = Trial::new();
        let both = |rested| {
            vec![
                session("a", Status::WaitingPermission, 0),
                session("b", Status::Idle, rested),
            ]
        };
        assert_eq!(trial.look(60 * MINUTE, both(0)), [WAITING]);
        // The next idle period is reported.
        assert_eq!(trial.look(62 * MINUTE, both(61 * MINUTE)), NONE);
        assert_eq!(trial.look(77 * MINUTE, both(61 * MINUTE)), [IDLE]);
    }

    #[test]
    fn idle_counts_from_the_end_of_the_turn_and_once_per_turn() {
        let mut trial = Trial::awake();
        let mut look = |now, status, since| trial.look(now, vec![session("a", status, since)]);
        assert_eq!(look(MINUTE, Status::Working, 0), [STARTED]);
        assert_eq!(look(16 * MINUTE - 1, Status::Idle, MINUTE), NONE);
        assert_eq!(look(16 * MINUTE, Status::Idle, MINUTE), [IDLE]);
        // A status that flickers is still the same rest.
        assert_eq!(look(17 * MINUTE, Status::Unknown, MINUTE), NONE);
        assert_eq!(look(18 * MINUTE, Status::DoneUnread, MINUTE), NONE);
        assert_eq!(look(40 * MINUTE, Status::Idle, 20 * MINUTE), [IDLE]);
    }

    #[test]
    fn a_session_of_a_remote_finishes_only_where_the_remote_answers() {
        let mut trial = Trial::awake();
        let remote = || SessionFact {
            host: Some("build".to_owned()),
            ..session("a", Status::WaitingPermission, 0)
        };
        let mut look = |now, sessions: Vec<SessionFact>, hosts: &[&str]| {
            trial.events(&Facts {
                now,
                sessions: Some(sessions),
                hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
                ..Facts::default()
            })
        };
        // The same session here is another one.
        let events = look(1_000, vec![remote(), session("a", Status::Working, 0)], &["build"]);
        let told: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    event.kind,
                    event.session_id.as_deref(),
                    event.data.get("host").and_then(|host| host.as_str()),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                // What ran before ttop looked there did not start now.
                (EventType::SessionWaiting, Some("a"), Some("build")),
                (EventType::SessionStarted, Some("a"), None),
            ]
        );
        let here = || vec![session("a", Status::Working, 0)];
        for now in [2_000, 60_000, 120_000] {
            assert!(
                look(now, here(), &[]).is_empty(),
                "nothing is known of a machine that is away"
            );
        }
        assert!(look(130_000, here(), &["build"]).is_empty());
        let finished = look(140_000, here(), &["build"]);
        assert_eq!(finished.len(), 1);
        assert_eq!(finished[0].data["host"], "build");
    }

    #[test]
    fn subagents_only_wait() {
        let mut trial = Trial::awake();
        let mut look = |now, status| {
            let mut fact = session("child", status, 0);
            fact.is_root = false;
            trial.look(now, vec![fact])
        };
        assert_eq!(look(MINUTE, Status::Working), NONE);
        assert_eq!(look(60 * MINUTE, Status::Idle), NONE);
        assert_eq!(look(61 * MINUTE, Status::WaitingPermission), [WAITING]);
        assert_eq!(trial.look(62 * MINUTE, Vec::new()), NONE);
        assert_eq!(trial.look(63 * MINUTE, Vec::new()), NONE);
        assert_eq!(trial.states.len(), 1);
    }

    #[test]
    fn a_session_has_finished_when_it_stays_away() {
        let mut trial = Trial::awake();
        let here = || vec![session("a", Status::Working, 0)];
        assert_eq!(trial.look(1_000, here()), [STARTED]);
        assert_eq!(trial.look(2_000, Vec::new()), NONE);
        assert_eq!(trial.look(4_000, here()), NONE);
        assert_eq!(trial.look(6_000, Vec::new()), NONE);
        let finished = trial.events(&Facts {
            now: 11_000,
            sessions: Some(Vec::new()),
            ..Facts::default()
        });
        assert_eq!(finished[0].kind, EventType::SessionFinished);
        assert_eq!(finished[0].message, "Fix the parser");
        assert_eq!(finished[0].session_id.as_deref(), Some("a"));
        assert_eq!(trial.look(60_000, here()), [STARTED]);
    }
}
