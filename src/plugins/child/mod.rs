//! The child: one plugin in a process of its own, which speaks to ttop by a pipe and can do nothing else.

mod budget;
mod engine;
mod exports;
mod host;
mod lock;
mod modules;
mod pipe;
mod rejections;
mod shared;
mod strip;
mod timers;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

/// The word that makes a process the child.
pub const WORD: &str = "__plugin";

/// Walls that a run goes without: a test of those that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    pub landlock: bool,
    pub seccomp: bool,
}

impl Without {
    /// As words of the child's command line.
    pub fn words(self) -> Vec<&'static str> {
        let word = |is_absent: bool, name| is_absent.then_some(name);
        [word(self.landlock, "landlock"), word(self.seccomp, "seccomp")]
            .into_iter()
            .flatten()
            .collect()
    }

    fn of(words: &[OsString]) -> Self {
        Self {
            landlock: words.iter().any(|word| word == "landlock"),
            seccomp: words.iter().any(|word| word == "seccomp"),
        }
    }
}

/// Runs as the child when the command line asks for it.
pub fn answer(words: &[OsString]) -> Option<ExitCode> {
    if words.get(1).is_none_or(|word| word != WORD) {
        return None;
    }
    let made = engine::prepare();
    let walls = lock::lock(Without::of(&words[2..]));
    Some(
        match made.map_err(Into::into).and_then(|made| engine::run(made, walls)) {
            Ok(()) => ExitCode::SUCCESS,
            // Stderr has no reader; the parent sees the pipe close.
            Err(_) => ExitCode::FAILURE,
        },
    )
}
