//! The error of a wrong command line, flag or value: the caller can mend it.

/// An error that is the caller's doing: exit 2 instead of 1.
#[derive(Debug)]
pub struct BadRequest {
    pub message: String,
    pub hint: Option<String>,
}

impl BadRequest {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for BadRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadRequest {}
