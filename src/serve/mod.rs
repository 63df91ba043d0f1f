//! The server of `ttop serve`: rows, bars' documents and events over HTTP, for this machine or with a token.
//!
//! Two threads share the work. The network's thread holds all sockets, which never block it: a connection that is slow or
//! idle is an entry in a map. The engine's thread owns the [`Engine`], which cannot change threads,
//! and answers one question after the other. Channels connect the two, and each wakes the other.

mod answer;
mod answers;
mod connection;
mod feed;
mod frames;
mod guard;
mod listener;
mod negotiate;
mod network;
mod page;
mod params;
mod request;
mod route;
mod token;
mod units;

pub(crate) use guard::Guard;
#[cfg(unix)]
pub(crate) use listener::remove_sockets;
pub(crate) use listener::{Listener, Place};
pub(crate) use token::{default_token_file, read_token};
pub(crate) use units::units;

use crate::core::problem::Problem;
use crate::engine::Engine;
use crate::engine::live_loop::{OnUnwritable, Step, WatchOptions};
use crate::engine::remotes::{Others, RemoteHistory, RemoteWatch};
use crate::prices::{Freshness, keep_fresh};
use answer::Answer;
use answers::{Answers, Query, refused, window};
use anyhow::{Context as _, Result, bail};
use feed::{Feed, Lines, Wanted};
use network::{Ask, Channels, Network, Tell};
use params::Params;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often commits of other processes are noticed without a question.
const TICK: Duration = Duration::from_secs(1);
/// How often alerts are decided while somebody waits for them.
const ALERT_TICK: Duration = Duration::from_millis(500);
/// How long questions are answered before agents' files are read again.
const ANSWER_TIME: Duration = Duration::from_millis(200);
/// Turns read at a time, so that a question waits for little.
const MOST_TURNS: usize = 5_000;

/// What a server is started with.
pub(crate) struct Settings {
    pub listeners: Vec<Listener>,
    pub guard: Guard,
    /// Whether answers have titles and texts of sessions.
    pub keeps_titles: bool,
}

/// The connection of a query, the query, and whether it is canceled.
type Parked = (usize, Query, Arc<AtomicBool>);

/// A server; the thread that runs it owns the engine.
pub(crate) struct Server<'e> {
    engine: &'e mut Engine,
    answers: Answers,
    feed: Option<Feed>,
    remotes: RemoteWatch,
    history: RemoteHistory,
    /// Queries that wait for turns of other machines.
    parked: Vec<Parked>,
    keeps_titles: bool,
    asks: Receiver<Ask>,
    tells: Sender<Tell>,
    waker: Arc<mio::Waker>,
    network: Option<JoinHandle<std::io::Result<()>>>,
}

impl<'e> Server<'e> {
    /// Starts to accept connections; [`Server::run`] answers them.
    ///
    /// # Errors
    /// When the system gives no notices, or a thread cannot be started.
    pub(crate) fn start(engine: &'e mut Engine, settings: Settings) -> Result<Self> {
        engine.watch(&WatchOptions {
            is_watched: &|_| true,
            is_abandoned: || false,
            on_unwritable: OnUnwritable::Fail,
        })?;
        let waker = engine.waker().context("nothing is watched")?;
        let (asks, asked) = channel();
        let (tells, told) = channel();
        let channels = Channels {
            asks,
            tells: told,
            engine: waker,
        };
        let (network, waker) = Network::new(settings.listeners, settings.guard, channels)?;
        let thread = std::thread::Builder::new().name("network".to_owned());
        Ok(Self {
            history: RemoteHistory::new(engine),
            engine,
            answers: Answers::new(settings.keeps_titles),
            feed: None,
            remotes: RemoteWatch::default(),
            parked: Vec::new(),
            keeps_titles: settings.keeps_titles,
            asks: asked,
            tells,
            waker,
            network: Some(thread.spawn(|| network.run())?),
        })
    }

    /// Reads what agents write and answers questions until a signal comes, which it returns.
    ///
    /// # Errors
    /// When the ledger cannot be read or written, or the network's thread ends.
    pub(crate) fn run(&mut self, warn: &mut dyn FnMut(&Problem)) -> Result<i32> {
        let prices = keep_fresh(&self.engine.system, &self.engine.config)?;
        self.remotes = self.engine.remotes().watch(self.engine.waker())?;
        self.engine.prices();
        self.engine.read_due()?;
        self.engine.ledger_mut()?.most_turns = MOST_TURNS;
        loop {
            let is_busy = self.answer_all()?;
            self.publish()?;
            self.engine.take_problems().iter().for_each(&mut *warn);
            let has_alerts = self.feed.as_ref().is_some_and(Feed::has_alerts);
            let rest = match (is_busy, has_alerts) {
                (true, _) => Duration::ZERO,
                (false, true) => ALERT_TICK,
                (false, false) => TICK,
            };
            match self.engine.step(rest)? {
                Step::Signal(signal) => return Ok(signal),
                Step::Abandoned | Step::Woke { is_read: false } => {}
                Step::Woke { is_read: true } => self.answers.clear(),
            }
            if self.remotes.take(self.engine) {
                self.answers.remote.clone_from(&self.remotes.latest.rows);
                self.answers.clear();
            }
            if self.history.take(self.engine, self.remotes.answered()) {
                for (connection, query, is_canceled) in std::mem::take(&mut self.parked) {
                    self.query(connection, query, is_canceled)?;
                }
            }
            match prices.try_recv() {
                Ok(Freshness::Renewed(book)) => self.engine.set_prices(*book),
                Ok(Freshness::Failed(problem)) => warn(&problem),
                Err(_) => {}
            }
        }
    }

    /// Answers what was asked; true when there may be more after [`ANSWER_TIME`], as agents' files must be read, too.
    fn answer_all(&mut self) -> Result<bool> {
        let began = Instant::now();
        while began.elapsed() < ANSWER_TIME {
            match self.asks.try_recv() {
                Ok(ask) => self.answer(ask)?,
                Err(TryRecvError::Empty) => return Ok(false),
                Err(TryRecvError::Disconnected) => bail!("the network's thread ended"),
            }
        }
        Ok(true)
    }

    fn answer(&mut self, ask: Ask) -> Result<()> {
        match ask {
            Ask::Query { is_canceled, .. } | Ask::Subscribe { is_canceled, .. } if is_canceled.load(Relaxed) => {}
            Ask::Query {
                connection,
                query,
                is_canceled,
            } => self.query(connection, query, is_canceled)?,
            Ask::Subscribe {
                connection,
                params,
                last,
                ..
            } => {
                let tell = match self.subscribe(connection, Params::new(params), last.as_deref()) {
                    Ok(first) => Tell::Opened { connection, first },
                    Err(error) => Tell::Answer {
                        connection,
                        answer: Answer::from(&refused(&error)),
                    },
                };
                self.tell(tell);
            }
            Ask::More { connection, from } => {
                self.publish()?;
                if let Some(feed) = &self.feed {
                    let lines = feed.catch_up(connection, from, self.engine)?;
                    self.tell(Tell::Missing { connection, lines });
                }
            }
            Ask::Unsubscribe { connection } => {
                if let Some(feed) = &mut self.feed {
                    feed.remove(connection);
                }
                // The log is followed while somebody reads it.
                if !self.feed.as_ref().is_some_and(Feed::has_readers) {
                    self.feed = None;
                }
            }
        }
        Ok(())
    }

    /// Answers a query, or parks it until the turns of other machines are there.
    fn query(&mut self, connection: usize, query: Query, is_canceled: Arc<AtomicBool>) -> Result<()> {
        if is_canceled.load(Relaxed) {
            return Ok(());
        }
        let answer = match self.answers.known(&query) {
            Some(known) => known,
            None => {
                let window = match self.history.is_empty() {
                    true => None,
                    false => window(&query, self.engine),
                };
                let others = match window {
                    None => Others::default(),
                    Some(window) => match self.history.of(window, self.remotes.answered())? {
                        Some(others) => others,
                        None => {
                            self.parked.push((connection, query, is_canceled));
                            return Ok(());
                        }
                    },
                };
                self.answers.answer(&query, &others, self.engine)
            }
        };
        self.tell(Tell::Answer { connection, answer });
        Ok(())
    }

    fn subscribe(&mut self, connection: usize, params: Params, last: Option<&str>) -> Result<Lines> {
        let (wanted, since) = Wanted::parse(params, self.engine)?;
        if self.feed.is_none() {
            self.feed = Some(Feed::start(self.engine, self.keeps_titles)?);
        }
        // What is new up to now is for those who read already.
        self.publish()?;
        let feed = self.feed.as_mut().context("there is no feed")?;
        feed.add(connection, wanted, since.as_deref(), last, self.engine)
    }

    /// Hands on what is new.
    fn publish(&mut self) -> Result<()> {
        let Some(feed) = &mut self.feed else { return Ok(()) };
        let (published, end) = feed.publish(self.engine)?;
        for (connection, lines) in published {
            self.tell(Tell::New { connection, lines, end });
        }
        Ok(())
    }

    fn tell(&self, tell: Tell) {
        // Without its thread there is nobody to wake: the next question is an error.
        if self.tells.send(tell).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.tell(Tell::Stop);
        if let Some(network) = self.network.take() {
            // What it holds is nothing that could be lost.
            let _ = network.join();
        }
    }
}
