//! The exit codes and what each promises.

use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Answered: also when empty, with warnings, or when the reader closed the pipe.
    Ok,
    /// Could not answer; or `--strict` and something was skipped.
    Failed,
    /// Wrong command line.
    Usage,
    /// Answered, and a check that was asked for did not pass.
    Check,
    /// Stopped by SIGINT.
    Interrupted,
    /// Stopped by SIGTERM.
    Terminated,
}

impl Exit {
    /// After a check: one of an answer that is not whole, or was stopped, says nothing.
    #[must_use]
    pub fn checked(self, has_failed: bool) -> Self {
        match self {
            Self::Ok if has_failed => Self::Check,
            other => other,
        }
    }

    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Check => 3,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// The remedy of an error, where it has one.
pub fn hint_of(error: &anyhow::Error) -> Option<&str> {
    let usage = error
        .downcast_ref::<BadRequest>()
        .and_then(|usage| usage.hint.as_deref());
    usage.or(error.downcast_ref::<CannotAnswer>().map(|failure| &*failure.hint))
}
