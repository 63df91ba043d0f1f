//! The turns of other machines: what their `ttop serve` read itself, asked for a window of time and kept for a moment.

use super::{Remote, Remotes, authorization, refused};
use crate::core::period::Range;
use crate::core::problem::Problem;
use crate::core::time::Time;
use crate::engine::Engine;
use crate::system::System;
use crate::system::http::{Failure, Request};
use crate::system::notices::Waker;
use anyhow::{Result, bail};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// For the turns of one machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer of a server.
const MOST_BYTES: u64 = 32 << 20;
/// How long turns are used without a question.
const FRESH: Duration = Duration::from_secs(5);
/// How long turns are kept to be used again if the machine reports no change.
const KEPT: Duration = Duration::from_secs(600);
/// For all windows together.
const MOST_KEPT_BYTES: usize = 128 << 20;
/// Windows that are asked for at the same time.
const MOST_ASKED: usize = 4;
/// Windows begin and end at full hours, so that `7d` is the same window for an hour.
const HOUR_MS: i64 = 3_600_000;

/// The time for which turns are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    start: i64,
    end: i64,
}

impl Window {
    /// The full hours around a range. What has not happened yet is open.
    pub fn around(range: Range, now: i64) -> Self {
        let start = range.start
            - range
                .start
                .rem_euclid(HOUR_MS)
                .min(range.start.saturating_sub(i64::MIN));
        let end = match range.end > now {
            true => i64::MAX,
            false => range.end.saturating_add(HOUR_MS - range.end.rem_euclid(HOUR_MS)),
        };
        Self { start, end }
    }
}

/// The turns of one machine in a window.
#[derive(Clone)]
struct Answer {
    name: String,
    /// Equal as long as nothing changed.
    tag: Option<String>,
    /// Lines of a ledger's export; `None` from a server that has no turns, as OpenCode's.
    lines: Option<Arc<[u8]>>,
}

struct Kept {
    asked_at: Instant,
    answers: Vec<Answer>,
    /// Machines whose turns are missing.
    missing: Vec<String>,
}

struct Fetched {
    window: Window,
    answers: Vec<(String, Result<Answer>)>,
}

/// The turns that other machines have beside this one.
#[derive(Clone, Default)]
pub struct Others {
    /// Lines of an export by the name of its machine.
    pub exports: Vec<(String, Arc<[u8]>)>,
    /// Machines that are away.
    pub missing: Vec<String>,
}

/// What other machines have, by window.
pub struct RemoteHistory {
    remotes: Remotes,
    waker: Option<Waker>,
    send: Sender<Fetched>,
    receive: Receiver<Fetched>,
    kept: FxHashMap<Window, Kept>,
    asked: FxHashSet<Window>,
}

impl RemoteHistory {
    pub fn new(engine: &Engine) -> Self {
        let (send, receive) = channel();
        Self {
            remotes: engine.remotes(),
            waker: engine.waker(),
            send,
            receive,
            kept: FxHashMap::default(),
            asked: FxHashSet::default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.remotes.is_empty()
    }

    /// The turns in a window. `None` until they are there: then the machines are asked on a thread of its own.
    /// `answered` are those that are not away, where that is known.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn of(&mut self, window: Window, answered: Option<&[String]>) -> Result<Option<Others>> {
        let is_there = |name: &String| answered.is_none_or(|answered| answered.contains(name));
        let fresh = self.kept.get(&window).filter(|kept| kept.asked_at.elapsed() < FRESH);
        if let Some(kept) = fresh {
            let mut missing = kept.missing.clone();
            let away = self.remotes.remotes.iter().map(|remote| &remote.name);
            missing.extend(away.filter(|name| !is_there(name)).cloned());
            missing.sort();
            missing.dedup();
            let lines = |answer: &Answer| Some((answer.name.clone(), answer.lines.clone()?));
            return Ok(Some(Others {
                exports: kept.answers.iter().filter_map(lines).collect(),
                missing,
            }));
        }
        if self.asked.len() < MOST_ASKED && !self.asked.contains(&window) {
            self.ask(window, &is_there)?;
        }
        Ok(None)
    }

    fn ask(&mut self, window: Window, is_there: &dyn Fn(&String) -> bool) -> Result<()> {
        let mut remotes = self.remotes.clone();
        remotes.remotes.retain(|remote| is_there(&remote.name));
        let known: Vec<Answer> = self
            .kept
            .get(&window)
            .map_or_else(Vec::new, |kept| kept.answers.clone());
        let (send, waker) = (self.send.clone(), self.waker.clone());
        std::thread::Builder::new().name("turns".to_owned()).spawn(move || {
            let answers = remotes.each(|remote, system| remote.turns(window, &known, system));
            let answers = answers
                .into_iter()
                .map(|(remote, answer)| (remote.name.clone(), answer));
            let fetched = Fetched {
                window,
                answers: answers.collect(),
            };
            // Without a receiver the server is ending.
            if send.send(fetched).is_ok()
                && let Some(waker) = &waker
            {
                waker.wake();
            }
        })?;
        self.asked.insert(window);
        Ok(())
    }

    /// Takes the turns that came in; whether there were any. A machine that is away is no news here: `answered` names the
    /// others, whose problems are noted.
    pub fn take(&mut self, engine: &mut Engine, answered: Option<&[String]>) -> bool {
        let mut has_news = false;
        while let Ok(Fetched { window, answers }) = self.receive.try_recv() {
            has_news = true;
            self.asked.remove(&window);
            let mut kept = Kept {
                asked_at: Instant::now(),
                answers: Vec::new(),
                missing: Vec::new(),
            };
            for (name, answer) in answers {
                match answer {
                    Ok(answer) => kept.answers.push(answer),
                    Err(error) => {
                        let is_away = is_connection(&error) || answered.is_none_or(|names| !names.contains(&name));
                        if !is_away {
                            let reason = format_args!("its turns are missing: {error:#}");
                            engine.note_once(Problem::new(format_args!("remote {name}"), reason));
                        }
                        kept.missing.push(name);
                    }
                }
            }
            self.kept.insert(window, kept);
        }
        self.kept.retain(|_, kept| kept.asked_at.elapsed() < KEPT);
        while self.bytes() > MOST_KEPT_BYTES && self.kept.len() > 1 {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.asked_at);
            let Some(window) = oldest.map(|(window, _)| *window) else {
                break;
            };
            self.kept.remove(&window);
        }
        has_news
    }

    fn bytes(&self) -> usize {
        let answers = self.kept.values().flat_map(|kept| &kept.answers);
        answers
            .filter_map(|answer| answer.lines.as_ref())
            .map(|lines| lines.len())
            .sum()
    }
}

/// Whether the machine cannot be reached, which those that ask for its agents note.
fn is_connection(error: &anyhow::Error) -> bool {
    use Failure::{Connection, HostNotFound, Offline, Tls};
    matches!(error.downcast_ref(), Some(Connection | HostNotFound | Offline | Tls))
}

impl Remote {
    /// Its own turns in a window, or those that are known if nothing changed since.
    fn turns(&self, window: Window, known: &[Answer], system: &System) -> Result<Answer> {
        let mut url = format!("{}/v1/ledger", self.url);
        let mut mark = '?';
        for (name, at, open) in [("since", window.start, i64::MIN), ("until", window.end, i64::MAX)] {
            if at != open {
                url.push_str(&format!("{mark}{name}={}", Time(at)));
                mark = '&';
            }
        }
        let known = known.iter().find(|answer| answer.name == self.name);
        let mut request = Request::get(&url);
        (request.timeout, request.max_bytes) = (PATIENCE, MOST_BYTES);
        request.headers.push(("accept", "application/x-ndjson".to_owned()));
        request.headers.extend(authorization(self.login(system)?.as_ref()));
        let tag = known.and_then(|known| known.tag.clone());
        request.headers.extend(tag.map(|tag| ("if-none-match", tag)));
        let response = self.http(system)?.send(&request)?;
        let is_ndjson = response
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-ndjson"));
        let answer = |tag: Option<&str>, lines| Answer {
            name: self.name.clone(),
            tag: tag.map(str::to_owned),
            lines,
        };
        match (response.status, known) {
            (304, Some(known)) => Ok(known.clone()),
            (200, _) if is_ndjson => Ok(answer(response.header("etag"), Some(response.body.as_slice().into()))),
            // OpenCode's servers have no such path; version 1 answers it with a page.
            (200 | 404, _) => Ok(answer(None, None)),
            (400, _) => match reason(&response.body) {
                Some(reason) => bail!("{reason}"),
                None => Err(refused(400)),
            },
            (status, _) => Err(refused(status)),
        }
    }
}

/// The message of a server's error.
fn reason(body: &[u8]) -> Option<String> {
    let error: Value = serde_json::from_slice(body).ok()?;
    let message = error["error"]["message"].as_str()?;
    let is_text = !message.is_empty() && message.len() < 200 && !message.chars().any(char::is_control);
    is_text.then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_the_full_hours_around_its_range() {
        let (now, hour) = (1_000 * HOUR_MS + 5, HOUR_MS);
        let around = |start, end| Window::around(Range { start, end }, now);
        let window = |start, end| Window { start, end };
        assert_eq!(around(i64::MIN, i64::MAX), window(i64::MIN, i64::MAX));
        assert_eq!(around(hour + 1, 2 * hour + 1), window(hour, 3 * hour));
        assert_eq!(around(hour, now), window(hour, 1_001 * hour));
        assert_eq!(around(hour + 7, now + 1), window(hour, i64::MAX));
        assert_eq!(around(-1, 0).start, -hour);
    }
}
