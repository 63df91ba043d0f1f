//! What plugins say: a bounded ring of clean lines.

use crate::core::text::strip_control;
use crate::plugins::message::Level;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

const MOST_LINES: usize = 1000;
const MOST_CHARS: usize = 4096;
/// Shorter values are too common to be masked.
const LEAST_SECRET: usize = 6;

/// One line of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub level: Level,
    /// Its place among the lines of all plugins.
    pub order: u64,
    /// With the plugin's prefix, without control characters, line breaks as `⏎`.
    pub text: String,
}

/// The newest lines.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
    dropped: u64,
}

impl Log {
    pub fn push(&mut self, plugin: &str, level: Level, text: &str, secrets: &[String]) -> Option<&Line> {
        static ORDER: AtomicU64 = AtomicU64::new(0);
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        let text = format!("[plugin:{plugin}] {}", clean(text, secrets));
        let order = ORDER.fetch_add(1, Ordering::Relaxed);
        self.lines.push_back(Line { level, order, text });
        self.lines.back()
    }

    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// How many older lines are gone.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// A text of the plugin as one harmless line: secrets masked, addresses without their query.
pub fn clean(text: &str, secrets: &[String]) -> String {
    let text = mask(text.chars().take(MOST_CHARS).collect(), secrets);
    let text = without_queries(&text);
    let text = text
        .replace("\r\n", "\n")
        .replace(['\n', '\r', '\u{2028}', '\u{2029}'], " \u{23ce} ");
    strip_control(&text).into_owned()
}

/// A text without these secrets.
pub fn mask(mut text: String, secrets: &[String]) -> String {
    for secret in secrets.iter().filter(|secret| secret.len() >= LEAST_SECRET) {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), "***");
        }
    }
    text
}

/// `https://host/path?key=value` without what follows the path.
fn without_queries(text: &str) -> String {
    if !text.contains("://") {
        return text.to_owned();
    }
    let words = text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')'));
    words
        .map(|word| {
            match word
                .find("://")
                .and_then(|at| word[at..].find(['?', '#']).map(|query| at + query))
            {
                Some(at) => {
                    let end = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')'));
                    format!("{}{}", &word[..at], &word[end.len()..])
                }
                None => word.to_owned(),
            }
        })
        .collect()
}
