//! The terminal: enters the screen, and leaves it whatever happens.

use super::draw;
use super::state::State;
use super::update::Event;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode, size,
};
use ratatui::crossterm::{execute, queue};
use std::io::{self, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// Whether the terminal is in the state of the screen.
static IS_UP: AtomicBool = AtomicBool::new(false);

/// The screen, which is left when this goes.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    has_mouse: bool,
    log: Sender<Event>,
}

impl Screen {
    /// Enters the screen. What is written to stderr goes to the log until it is left.
    ///
    /// # Errors
    /// When the terminal cannot be set up; it is as before then.
    pub(super) fn enter(has_mouse: bool, log: Sender<Event>) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                before(panic);
            }));
        });
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let mut screen = Self {
            terminal,
            has_mouse,
            log,
        };
        screen.resume()?;
        Ok(screen)
    }

    /// Enters the screen again after it was left.
    ///
    /// # Errors
    /// When the terminal cannot be set up; it is as before then.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        IS_UP.store(true, Ordering::SeqCst);
        let entered = self.set_up();
        if entered.is_err() {
            restore();
        }
        entered
    }

    fn set_up(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        if self.has_mouse {
            execute!(out, EnableMouseCapture)?;
        }
        stderr::divert(&self.log);
        // Not `Terminal::clear`: that asks the terminal for the cursor, and the answer would go to the thread that reads keys.
        execute!(out, Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// The columns and rows there are.
    pub(super) fn size() -> (u16, u16) {
        size().unwrap_or((80, 24))
    }

    /// Draws what changed.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(super) fn draw(&mut self, state: &State) -> io::Result<()> {
        if !IS_UP.load(Ordering::SeqCst) {
            return Err(io::Error::other("the screen was left"));
        }
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            if let Some(cursor) = draw::screen(state, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        execute!(io::stdout(), EndSynchronizedUpdate)
    }

    /// Sends a sequence that shows nothing.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(super) fn send(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Undoes everything, in reverse order; once.
pub(super) fn restore() {
    if !IS_UP.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone needs nothing undone.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    stderr::give_back();
}

/// Stderr while the screen is up.
#[cfg(unix)]
mod stderr {
    use super::{Event, Sender};
    use std::io::{BufRead, BufReader, IsTerminal};
    use std::os::fd::OwnedFd;
    use std::sync::{Mutex, PoisonError};

    /// The terminal that stderr was.
    static TERMINAL: Mutex<Option<OwnedFd>> = Mutex::new(None);

    /// Sends each line of it to the log; a stderr that is no terminal stays as it is.
    pub(super) fn divert(log: &Sender<Event>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let (Ok(terminal), Ok((reader, writer))) = (rustix::io::dup(std::io::stderr()), std::io::pipe()) else {
            return;
        };
        if rustix::stdio::dup2_stderr(&writer).is_err() {
            return;
        }
        *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(terminal);
        let log = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                if log.send(Event::Stderr(line)).is_err() {
                    return;
                }
            }
        });
    }

    pub(super) fn give_back() {
        let terminal = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(terminal) = terminal {
            // Without it messages are lost, and nothing else.
            let _ = rustix::stdio::dup2_stderr(&terminal);
        }
    }
}

#[cfg(not(unix))]
mod stderr {
    use super::{Event, Sender};

    pub fn divert(_log: &Sender<Event>) {}

    pub fn give_back() {}
}
