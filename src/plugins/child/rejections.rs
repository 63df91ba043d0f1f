//! Rejections that no handler takes: each message becomes an error of the plugin, once.

use rquickjs::{Ctx, Persistent, Value};
use std::collections::HashSet;

/// Promises that are held until the queue of jobs is empty; those beyond are not named.
const MOST_WAITING: usize = 256;
/// Messages that one process names.
const MOST_NAMED: usize = 20;

/// Rejected promises without a handler, and the messages that were named already.
#[derive(Default)]
pub(super) struct Rejections {
    /// The promise, and its reason.
    waiting: Vec<(Persistent<Value<'static>>, Persistent<Value<'static>>)>,
    named: HashSet<String>,
    /// The plugin was ended: aborting what it left to do rejects promises that it no longer waits for.
    pub is_quiet: bool,
}

impl Rejections {
    /// The engine reports each rejection without a handler, and again when a handler comes.
    pub(super) fn note<'js>(&mut self, ctx: &Ctx<'js>, promise: &Value<'js>, reason: Value<'js>, is_handled: bool) {
        if is_handled {
            let is_it =
                |held: &Persistent<Value<'static>>| held.clone().restore(ctx).is_ok_and(|held| held == *promise);
            if let Some(at) = self.waiting.iter().rposition(|(held, _)| is_it(held)) {
                self.waiting.remove(at);
            }
        } else if self.waiting.len() < MOST_WAITING && self.named.len() <= MOST_NAMED && !self.is_quiet {
            let promise = Persistent::save(ctx, promise.clone());
            self.waiting.push((promise, Persistent::save(ctx, reason)));
        }
    }

    /// The reasons of those that no handler took.
    pub(super) fn take(&mut self) -> Vec<Persistent<Value<'static>>> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|(_, reason)| reason).collect()
    }

    /// The line for a message; `None` for one that was named before, or is one too many.
    pub(super) fn line(&mut self, message: String) -> Option<String> {
        if self.named.len() > MOST_NAMED || !self.named.insert(message.clone()) {
            return None;
        }
        Some(match self.named.len() > MOST_NAMED {
            false => format!("unhandled rejection: {message}"),
            true => format!("more than {MOST_NAMED} unhandled rejections: the others are not named"),
        })
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_named_once_and_their_number_is_bounded() {
        let mut rejections = Rejections::default();
        let lines: Vec<_> = (0..1000)
            .filter_map(|at| rejections.line(format!("Error: {}", at / 2)))
            .collect();
        assert_eq!(lines.len(), MOST_NAMED + 1, "{lines:?}");
        assert_eq!(lines[1], "unhandled rejection: Error: 1");
        assert!(lines[MOST_NAMED].contains("not named"), "{lines:?}");
    }
}
