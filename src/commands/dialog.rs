//! Questions on the terminal.

use anyhow::Result;
use std::io::{BufRead, Write};

/// Asks a question; `None` when the input ended.
///
/// # Errors
/// When the terminal cannot be used.
pub(super) fn ask(question: &str) -> Result<Option<String>> {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut answer = String::new();
    let length = std::io::stdin().lock().read_line(&mut answer)?;
    Ok((length > 0).then(|| answer.trim().to_owned()))
}

/// Asks for consent; any answer other than yes means no.
///
/// # Errors
/// When the terminal cannot be used.
pub(super) fn has_agreed(question: &str) -> Result<bool> {
    Ok(ask(&format!("{question} [y/N]"))?.is_some_and(|answer| is_yes(&answer)))
}

pub(super) fn is_yes(answer: &str) -> bool {
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}
