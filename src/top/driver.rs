//! The driver: the only part that touches the terminal. It turns input into events, draws, and does what is left to do.

use super::background;
use super::clipboard;
use super::keys::Keys;
use super::look::Look;
use super::remembered::Remembered;
use super::rows::{Data, Request};
use super::signals;
use super::state::State;
use super::terminal::{Screen, restore};
use super::update::{Effect, Event, next_tick, update};
use super::view::View;
use super::window::Window;
use super::worker::{Inbox, SetSetting, Worker};
use crate::core::filter_text::FilterText;
use crate::core::time::Time;
use crate::engine::Engine;
use crate::render::{View as Reader, eprint_line};
use crate::reports::models::model_name;
use crate::system::System;
use anyhow::{Context as _, Result, anyhow};
use ratatui::crossterm::event::{Event as Input, read};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Events that are taken before the next frame.
const MOST_AT_ONCE: usize = 1_000;
/// How long the worker may take to end after the screen.
const GRACE: Duration = Duration::from_millis(500);

/// How the screen starts.
pub struct Options {
    pub view: Option<View>,
    pub window: Option<Window>,
    pub filter: FilterText,
    pub look: Look,
    pub keys: Keys,
    pub has_mouse: bool,
    /// Lines for the log.
    pub notes: Vec<String>,
    pub set: SetSetting,
    /// How the last run left the views; `None` keeps nothing of this one either.
    pub remembered: Option<Remembered>,
}

/// Shows the screen until it ends; returns the signal that ended it.
///
/// # Errors
/// When the terminal cannot be used, or the ledger cannot be read.
pub fn run(engine: &mut Engine, options: Options) -> Result<Option<i32>> {
    let system = &engine.system;
    let reader = Reader {
        ids: Default::default(),
        zone: system.zone()?.clone(),
        now: system.now,
        home: system.home.to_string_lossy().into_owned(),
        model_name,
    };
    let mut state = State::new(reader, options.look, options.keys);
    state.base_filter = options.filter;
    state.view = options.view.unwrap_or_default();
    if let Some(remembered) = &options.remembered {
        remembered.restore(&mut state);
    }
    if let Some(window) = options.window {
        state.windows = [window; 5];
    }
    options.notes.into_iter().for_each(|note| state.note(note));
    (state.width, state.height) = Screen::size();
    let cwd = system.cwd.clone();
    let keeper = options.remembered.is_some().then(|| system.clone());
    let (send, receive) = channel();
    let inbox = Inbox::default();
    let worker = Worker::new(engine, state.wanted(), inbox.clone(), send.clone(), options.set);
    let screen = Screen::enter(options.has_mouse, send.clone()).context("could not set up the terminal")?;
    signals::watch(send.clone()).context("could not take over signals")?;
    // Where no view was asked for, the first scan decides.
    let is_free = options.view.is_none();
    let shown = inbox.clone();
    let send_input = send.clone();
    let ui = std::thread::spawn(move || {
        let _ends = Ends(shown.clone());
        if state.look.asks_for_background() {
            // The only time that anything but the input thread reads the terminal. The rows are made meanwhile.
            state.look = state.look.clone().on(background::scheme());
        }
        read_input(send_input);
        let ended = Ui {
            state,
            screen,
            receive,
            inbox: shown.clone(),
            cwd: cwd.to_string_lossy().into_owned(),
            is_free,
            keeper,
        }
        .run();
        restore();
        shown.finish();
        if !shown.wait_done(GRACE) {
            // The worker reads a long history. Stored data is complete or absent, so exiting is safe.
            let code = match &ended {
                Ok((None, _)) => 0,
                Ok((Some(2), _)) => 130,
                Ok(_) => 143,
                Err(_) => 1,
            };
            std::process::exit(code);
        }
        ended
    });
    let served = worker.serve();
    inbox.done();
    // Without a receiver the screen has ended.
    let _ = send.send(Event::Ended);
    drop(send);
    let ended = ui.join().map_err(|_| anyhow!("the screen failed"))?;
    restore();
    let (signal, written) = ended?;
    written.iter().for_each(|line| eprint_line(line));
    Ok(served?.or(signal))
}

/// Ends the worker with the screen, also where the screen panics.
struct Ends(Inbox);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Reads the terminal on a thread of its own.
fn read_input(send: Sender<Event>) {
    std::thread::spawn(move || {
        loop {
            let event = match read() {
                Ok(Input::Key(key)) => Event::Key(key),
                Ok(Input::Mouse(mouse)) => Event::Mouse(mouse),
                Ok(Input::Paste(text)) => Event::Paste(text),
                Ok(Input::Resize(width, height)) => Event::Resize(width, height),
                Ok(Input::FocusGained | Input::FocusLost) => continue,
                Err(_) => Event::Closed,
            };
            let is_closed = matches!(event, Event::Closed);
            if send.send(event).is_err() || is_closed {
                return;
            }
        }
    });
}

/// The thread of the screen.
struct Ui {
    state: State,
    screen: Screen,
    receive: Receiver<Event>,
    inbox: Inbox,
    cwd: String,
    is_free: bool,
    /// Where the views are remembered.
    keeper: Option<System>,
}

impl Ui {
    /// Returns the signal that ended it, and what was written to stderr meanwhile.
    fn run(mut self) -> Result<(Option<i32>, Vec<String>)> {
        let mut written = Vec::new();
        let mut wanted = self.state.wanted();
        loop {
            let now_wanted = self.state.wanted();
            if wanted != now_wanted {
                wanted = now_wanted;
                self.inbox.ask(Request::Want(Box::new(wanted.clone())));
            }
            self.screen.draw(&self.state)?;
            let mut next = Some(self.wait()?);
            for _ in 0..MOST_AT_ONCE {
                let Some(event) = next.take() else { break };
                if let Event::Stderr(line) = &event {
                    written.push(line.clone());
                }
                self.choose_view(&event);
                for effect in update(&mut self.state, event) {
                    match self.do_effect(effect)? {
                        Flow::Continue => {}
                        Flow::End(signal) => {
                            written.extend(self.remember());
                            return Ok((signal, written));
                        }
                    }
                }
                next = self.receive.try_recv().ok();
            }
        }
    }

    /// Keeps how the views are shown; returns why that failed.
    fn remember(&self) -> Option<String> {
        let kept = Remembered::of(&self.state).save(self.keeper.as_ref()?);
        let error = kept.err()?;
        Some(format!("ttop: the views are not remembered: {error}"))
    }

    /// Waits for an event, at most until something has to go.
    fn wait(&self) -> Result<Event> {
        let Some(at) = next_tick(&self.state) else {
            return self.receive.recv().context("no more events");
        };
        match self.receive.recv_timeout(at.saturating_duration_since(Instant::now())) {
            Ok(event) => Ok(event),
            Err(RecvTimeoutError::Timeout) => Ok(Event::Tick),
            Err(error) => Err(error.into()),
        }
    }

    /// Starts with the cost where no agent runs, unless a key was pressed before.
    fn choose_view(&mut self, event: &Event) {
        if !self.is_free {
            return;
        }
        match event {
            Event::Data(Data::Live(rows)) => {
                self.is_free = false;
                if rows.is_empty() {
                    self.state.view = View::Cost;
                }
            }
            Event::Key(_) | Event::Mouse(_) => self.is_free = false,
            _ => {}
        }
    }

    fn do_effect(&mut self, effect: Effect) -> Result<Flow> {
        match effect {
            Effect::Quit => return Ok(Flow::End(None)),
            Effect::Die(signal) => return Ok(Flow::End(Some(signal))),
            Effect::Suspend => {
                restore();
                signals::stop()?;
                self.resume()?;
            }
            Effect::Redraw => {
                restore();
                self.resume()?;
            }
            Effect::Copy(text) => match clipboard::sequence(&text) {
                Some(sequence) => {
                    self.screen.send(&sequence)?;
                    self.state.flash(format!("sent to the terminal's clipboard: {text}"));
                }
                None => self.state.flash("too long for the clipboard"),
            },
            Effect::Save => {
                let text = match save(&self.state, Path::new(&self.cwd)) {
                    Ok(name) => format!("saved {name}"),
                    Err(error) => format!("{error:#}"),
                };
                self.state.flash(text);
            }
            Effect::Ask(request) => self.inbox.ask(request),
        }
        Ok(Flow::Continue)
    }

    fn resume(&mut self) -> Result<()> {
        self.screen.resume()?;
        (self.state.width, self.state.height) = Screen::size();
        Ok(())
    }
}

enum Flow {
    Continue,
    End(Option<i32>),
}

/// Saves the rows of the view, one JSON object a line; returns the name of the file.
fn save(state: &State, folder: &Path) -> Result<String> {
    fn lines<R: Serialize>(rows: &[R], order: &[usize]) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        for row in order.iter().filter_map(|at| rows.get(*at)) {
            serde_json::to_writer(&mut text, row)?;
            text.push(b'\n');
        }
        Ok(text)
    }
    let order = &state.list().order;
    let text = match (&state.detail, state.view) {
        (Some(detail), _) => {
            let rows = detail.rows.as_ref().map_or(&[][..], |rows| &rows.turns);
            lines(rows, &detail.list.order)?
        }
        (None, View::Live) => lines(state.live.as_deref().unwrap_or_default(), order)?,
        (None, View::Cost) => lines(state.cost.as_ref().map_or(&[][..], |rows| &rows.sessions), order)?,
        (None, View::Plans) => lines(state.plans.as_ref().map_or(&[][..], |rows| &rows.providers), order)?,
        (None, View::Projects) => lines(state.projects.as_ref().map_or(&[][..], |rows| &rows.projects), order)?,
        (None, View::Trends) => {
            let days = state.trends.as_ref().map_or(&[][..], |rows| match state.is_split {
                true => &rows.split,
                false => &rows.days,
            });
            lines(days, &(0..days.len()).collect::<Vec<_>>())?
        }
    };
    let at = Time(state.reader.now).timestamp().to_zoned(state.reader.zone.clone());
    let what = if state.detail.is_some() {
        "turns"
    } else {
        state.view.name()
    };
    let name = format!("ttop-{what}-{}.ndjson", at.strftime("%Y%m%d-%H%M%S"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(&name))
        .with_context(|| format!("could not create {name}"))?;
    file.write_all(&text)
        .with_context(|| format!("could not write {name}"))?;
    Ok(name)
}
