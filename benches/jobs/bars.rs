//! Bars: how long a call takes while an agent writes.

use super::{data, ttop};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const CALLS: usize = 200;

/// Wall milliseconds of many calls, one after the other: the median and the 95th percentile.
pub fn calls(home: &Path) -> (f64, f64) {
    let mut times: Vec<f64> = Vec::with_capacity(CALLS);
    let mut written = Instant::now();
    for _ in 0..CALLS {
        if written.elapsed() > Duration::from_millis(500) {
            data::grow("opencode", home);
            written = Instant::now();
        }
        let mut call = ttop(home, &["bar-status", "tmux"]);
        call.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        assert!(call.status().expect("started").success());
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        // As bars ask: not without a pause.
        std::thread::sleep(Duration::from_millis(20));
    }
    times.sort_by(f64::total_cmp);
    (times[CALLS / 2], times[CALLS * 95 / 100])
}
