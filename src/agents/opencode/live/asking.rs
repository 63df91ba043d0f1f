//! Questions for a permission in OpenCode's log: its database has no trace of them.

use crate::agents::opencode::Family;
use crate::system::System;
use crate::system::open;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

/// How much of the log's end is read: an older question has been open for a long time.
const LOG_BYTES: u64 = 256 << 10;

/// When a session asked for a permission, if it did and nothing of its run came after: epoch milliseconds.
pub(super) fn asked_at(family: &Family, session_id: &str, system: &System) -> Option<i64> {
    pending(&log(family, system)?, session_id)
}

/// `log/opencode.log` in the data folder.
fn log(family: &Family, system: &System) -> Option<String> {
    let folder: PathBuf = (family.root)(system).path.join("log");
    let (mut file, metadata) = open::open(&folder.join(format!("{}.log", family.stem))).ok()?;
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(LOG_BYTES)))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `timestamp=2026-11-29T06:26:13.851Z level=INFO run=2e43341c message=asking id=per_1 permission=bash patterns="[…]"`. A run is
/// a process; `message=loop session.id=ses_1 step=0` names the session it works on from there. The answer is not logged, but
/// whatever the run does next.
fn pending(log: &str, session_id: &str) -> Option<i64> {
    let loops = format!("message=loop session.id={session_id} ");
    let mut run: Option<&str> = None;
    let mut asked = None;
    for line in log.lines() {
        let of = field(line, "run=");
        if line.contains(&loops) {
            run = of;
            asked = None;
        } else if run.is_some() && of == run {
            match field(line, "message=") {
                Some("asking") => {
                    asked = field(line, "timestamp=").and_then(|time| time.parse::<jiff::Timestamp>().ok())
                }
                Some("tracking" | "loop") => asked = None,
                _ => {}
            }
        }
    }
    asked.map(jiff::Timestamp::as_millisecond)
}

/// The value of a field without spaces.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(' ').find_map(|word| word.strip_prefix(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_open_until_its_run_goes_on() {
        let line = |run: &str, rest: &str| format!("timestamp=1970-01-01T00:00:01Z level=INFO run={run} {rest}\n");
        let begun = line("a", "message=loop session.id=ses_1 step=0");
        let asks = line("a", "message=asking id=per_1 permission=bash");
        let open = |lines: &[&str]| pending(&lines.concat(), "ses_1");
        assert_eq!(open(&[&begun, &asks]), Some(1_000));
        assert_eq!(open(&[&begun, &asks, &line("b", "message=tracking")]), Some(1_000));
        for next in [
            "message=tracking",
            "message=loop session.id=ses_1 step=1",
            "message=loop session.id=ses_2 step=0",
        ] {
            assert_eq!(open(&[&begun, &asks, &line("a", next)]), None, "{next}");
        }
        assert_eq!(open(&[&asks]), None);
        assert_eq!(
            open(&[&line("a", "message=loop session.id=ses_12 step=0"), &asks]),
            None
        );
        assert_eq!(open(&[&begun, &line("b", "message=asking id=per_1")]), None);
    }
}
