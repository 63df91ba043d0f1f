//! The error of a question that ttop could not answer, where it knows the remedy.

/// An error that is not the command line's fault: exit 1.
#[derive(Debug)]
pub struct CannotAnswer {
    pub message: String,
    pub hint: String,
}

impl CannotAnswer {
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl std::fmt::Display for CannotAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CannotAnswer {}
