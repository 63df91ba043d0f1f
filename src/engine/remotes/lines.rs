//! The lines of other machines: the events of their `ttop serve`, each turn told by one machine only.

use super::{Remote, Remotes, TIMEOUT, authorization, refused};
use crate::core::problem::Problem;
use crate::core::rows::ActivityRow;
use crate::core::turn::EventKey;
use crate::engine::Engine;
use crate::reports::select::Selected;
use crate::system::System;
use crate::system::http::Request;
use crate::system::notices::Waker;
use anyhow::{Context as _, Result, anyhow};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// How long a machine that is away is left alone.
const PAUSE: Duration = Duration::from_secs(5);
/// Between the end of a stream and the next one.
const REOPEN: Duration = Duration::from_millis(250);
/// A stream is opened anew so often, and goes on where it was.
const LONGEST: Duration = Duration::from_secs(300);
/// Longer lines are damage.
const MOST_LINE_BYTES: u64 = 1 << 20;
/// Lines on their way.
const MOST_QUEUED: usize = 1_000;
/// Turns whose machine is remembered: many times more than are open at once.
const MOST_TURNS: usize = 50_000;
/// Copies of a turn have its time, or one beside it.
const NEAR_MS: i64 = 60_000;

enum News {
    Line(Box<ActivityRow>),
    Problem(Problem),
}

/// What other machines report. Two machines can read one home: then the one that reports a turn first goes on with it.
#[derive(Default)]
pub struct RemoteLines {
    receive: Option<Receiver<News>>,
    told: FxHashMap<EventKey, String>,
    order: VecDeque<EventKey>,
}

impl RemoteLines {
    /// Follows every remote from now on, until this is dropped.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(engine: &Engine) -> Result<Self> {
        let Remotes { remotes, system } = engine.remotes();
        if remotes.is_empty() {
            return Ok(Self::default());
        }
        let (send, receive) = sync_channel(MOST_QUEUED);
        for remote in remotes {
            let mut follower = Following {
                remote,
                system: system.clone(),
                send: send.clone(),
                waker: engine.waker(),
                last: None,
            };
            let thread = std::thread::Builder::new().name("remote".to_owned());
            thread.spawn(move || follower.run())?;
        }
        Ok(Self {
            receive: Some(receive),
            ..Self::default()
        })
    }

    /// The lines that came in; machines that are away are noted.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn next(&mut self, engine: &mut Engine) -> Result<Vec<ActivityRow>> {
        let Some(receive) = &self.receive else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        for news in receive.try_iter().take(MOST_QUEUED) {
            match news {
                News::Problem(problem) => engine.note_once(problem),
                News::Line(row) => {
                    let host = row.host.as_deref().unwrap_or_default();
                    let is_its = match self.told.get(&row.turn_id) {
                        Some(first) => first == host,
                        None if is_here(engine, &row)? => false,
                        None => {
                            self.told.insert(row.turn_id, host.to_owned());
                            self.order.push_back(row.turn_id);
                            true
                        }
                    };
                    if is_its {
                        rows.push(*row);
                    }
                }
            }
        }
        while self.order.len() > MOST_TURNS {
            if let Some(oldest) = self.order.pop_front() {
                self.told.remove(&oldest);
            }
        }
        Ok(rows)
    }

    /// Whether no other machine reports this turn.
    pub fn is_own(&self, row: &ActivityRow) -> bool {
        !self.told.contains_key(&row.turn_id)
    }
}

/// Whether this machine has the turn itself.
fn is_here(engine: &Engine, row: &ActivityRow) -> Result<bool> {
    let mut near = Selected::all();
    near.packs.start = row.timestamp.saturating_sub(NEAR_MS);
    near.packs.end = row.timestamp.saturating_add(NEAR_MS);
    for found in engine.ledger()?.turns(&near.packs)? {
        if found?.turn.event == row.turn_id {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The thread of a remote.
struct Following {
    remote: Remote,
    system: System,
    send: SyncSender<News>,
    waker: Option<Waker>,
    /// The id of the last line it sent.
    last: Option<String>,
}

/// Why a stream ended.
enum End {
    /// Nobody receives any more.
    Over,
    /// This server has no lines: an OpenCode server.
    NoLines,
    /// The connection ended, as each one does.
    Closed,
}

impl Following {
    fn run(&mut self) {
        let mut is_away = false;
        loop {
            let pause = match self.follow(&mut is_away) {
                Ok(End::Over | End::NoLines) => return,
                Ok(End::Closed) => REOPEN,
                // A machine that stays away is news once.
                Err(_) if is_away => PAUSE,
                Err(error) => {
                    is_away = true;
                    if !self.tell(News::Problem(self.remote.problem(&error))) {
                        return;
                    }
                    PAUSE
                }
            };
            std::thread::sleep(pause);
        }
    }

    /// Whether somebody receives it.
    fn tell(&self, news: News) -> bool {
        let is_received = self.send.send(news).is_ok();
        if let Some(waker) = &self.waker {
            waker.wake();
        }
        is_received
    }

    /// Reads one stream to its end.
    fn follow(&mut self, is_away: &mut bool) -> Result<End> {
        let url = format!("{}/v1/events?events=activity", self.remote.url);
        let mut request = Request::get(&url);
        request.timeout = TIMEOUT;
        request.headers.push(("accept", "text/event-stream".to_owned()));
        request
            .headers
            .extend(authorization(self.remote.login(&self.system)?.as_ref()));
        request
            .headers
            .extend(self.last.iter().map(|last| ("last-event-id", last.clone())));
        let stream = self.remote.http(&self.system)?.open(&request, LONGEST)?;
        match stream.status {
            200 if stream.content_type.starts_with("text/event-stream") => {}
            200 | 404 => return Ok(End::NoLines),
            status => return Err(refused(status)),
        }
        *is_away = false;
        let mut reader = BufReader::new(stream.body);
        let (mut line, mut id, mut kind) = (Vec::new(), None, String::new());
        loop {
            line.clear();
            // A stream that breaks off goes on with the next one.
            match reader.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return Ok(End::Closed),
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            match text.trim_end().split_once(": ") {
                Some(("id", text)) => id = Some(text.to_owned()),
                Some(("event", text)) => text.clone_into(&mut kind),
                Some(("data", text)) => {
                    let news = self.news(&kind, text)?;
                    self.last = id.take().or(self.last.take());
                    if news.is_some_and(|news| !self.tell(news)) {
                        return Ok(End::Over);
                    }
                }
                _ => {}
            }
        }
    }

    fn news(&self, kind: &str, text: &str) -> Result<Option<News>> {
        if kind == "gap" {
            return Ok(Some(News::Problem(self.remote.problem(&anyhow!("lines are missing")))));
        }
        if kind != "activity" {
            return Ok(None);
        }
        let mut row: ActivityRow = serde_json::from_str(text).context("its lines cannot be read")?;
        // Its own turns only: two machines that follow each other would never end.
        if row.host.is_some() {
            return Ok(None);
        }
        row.host = Some(self.remote.name.clone());
        Ok(Some(News::Line(Box::new(row))))
    }
}
