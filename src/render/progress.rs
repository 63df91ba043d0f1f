//! The progress bar of a first run over a big history: on stderr, only when that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Below this many bytes reading is over before a bar is seen.
const WORTH_BYTES: u64 = 64 << 20;

pub struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    pub fn new(is_quiet: bool) -> Self {
        let is_shown = std::io::stderr().is_terminal() && !is_quiet;
        Self {
            bar: is_shown.then(|| {
                let style = ProgressStyle::with_template("reading history {bar:30} {bytes} of {total_bytes}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
                bar.enable_steady_tick(Duration::from_millis(100));
                bar
            }),
        }
    }

    pub fn show(&self, done: u64, total: u64) {
        if let Some(bar) = self.bar.as_ref().filter(|_| total >= WORTH_BYTES) {
            if bar.is_hidden() {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
