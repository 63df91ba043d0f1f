//! The definitions of the command line, each made once: a hint tries many lines, and clap builds what a line needs only once.

use super::{Cli, definition};
use clap::{ArgMatches, Command, CommandFactory};
use std::ffi::OsString;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A definition to look at, and one that is built further by every line it takes apart.
pub(super) struct Grammar {
    definition: LazyLock<Command>,
    parser: LazyLock<Mutex<Command>>,
}

/// What ttop takes, which is more than people read: flags that are refused with a reason.
pub(super) static TAKEN: Grammar = Grammar {
    definition: LazyLock::new(Cli::command),
    parser: LazyLock::new(|| Mutex::new(TAKEN.definition().clone())),
};

/// What people read.
pub(super) static READ: Grammar = Grammar {
    definition: LazyLock::new(definition),
    parser: LazyLock::new(|| Mutex::new(READ.definition().clone())),
};

impl Grammar {
    pub(super) fn definition(&'static self) -> &'static Command {
        &self.definition
    }

    /// # Errors
    /// When the words are no line of this grammar, or ask for help or the version.
    pub(super) fn parse(&self, words: &[OsString]) -> Result<ArgMatches, clap::Error> {
        let mut parser = self.parser.lock().unwrap_or_else(PoisonError::into_inner);
        parser.try_get_matches_from_mut(words)
    }
}
