//! The background of the terminal: asked for by OSC 11, once, before anything else is read.

use crate::render::theme::{Rgb, Scheme};

/// How long a terminal may take to answer.
#[cfg(unix)]
const PATIENCE_MS: i64 = 100;
/// Every terminal answers the second question, so that one that does not know the first is not waited for.
#[cfg(unix)]
const QUESTIONS: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// Whether the terminal is dark or light; `None` where it does not say. In raw mode only.
#[cfg(unix)]
pub(super) fn scheme() -> Option<Scheme> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::io::Write;
    use std::time::{Duration, Instant};
    let mut out = std::io::stdout();
    out.write_all(QUESTIONS).and_then(|()| out.flush()).ok()?;
    let stdin = std::io::stdin();
    let end = Instant::now() + Duration::from_millis(PATIENCE_MS.unsigned_abs());
    let mut answer = Vec::new();
    while !is_complete(&answer) {
        let left = end.checked_duration_since(Instant::now())?;
        let left = Timespec {
            tv_sec: 0,
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        if poll(&mut fds, Some(&left)).ok()? == 0 {
            break;
        }
        let mut bytes = [0; 256];
        match rustix::io::read(&stdin, &mut bytes).ok()? {
            0 => break,
            read => answer.extend_from_slice(&bytes[..read]),
        }
    }
    parse(&answer)
}

#[cfg(not(unix))]
pub fn scheme() -> Option<Scheme> {
    None
}

/// Whether the answer to the second question has come: `ESC [ ? … c`.
#[cfg(any(unix, test))]
fn is_complete(answer: &[u8]) -> bool {
    let start = answer.windows(3).position(|part| part == b"\x1b[?");
    start.is_some_and(|start| answer[start..].contains(&b'c'))
}

/// `ESC ] 11 ; rgb:1a1a/1b1b/2626 ESC \`
#[cfg(any(unix, test))]
fn parse(answer: &[u8]) -> Option<Scheme> {
    let text = String::from_utf8_lossy(answer);
    let color = text.split("11;rgb:").nth(1)?;
    let mut channels = color.split(|c: char| !c.is_ascii_hexdigit()).map(|digits| {
        let first = digits.get(..digits.len().min(2)).filter(|digits| !digits.is_empty())?;
        let value = u8::from_str_radix(first, 16).ok()?;
        // One digit stands for the same twice.
        Some(if first.len() == 1 { value * 17 } else { value })
    });
    let background = Rgb(channels.next()??, channels.next()??, channels.next()??);
    let is_light = background.contrast(Rgb(0, 0, 0)) > background.contrast(Rgb(255, 255, 255));
    Some(if is_light { Scheme::Light } else { Scheme::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_terminals_name_the_scheme() {
        for (answer, scheme) in [
            ("\u{1b}]11;rgb:1a1a/1b1b/2626\u{1b}\\\u{1b}[?62;c", Some(Scheme::Dark)),
            ("\u{1b}]11;rgb:ff/ff/ff\u{7}\u{1b}[?1;2c", Some(Scheme::Light)),
            ("\u{1b}]11;rgb:f/f/e\u{7}", Some(Scheme::Light)),
            ("\u{1b}[?62;c", None),
            ("\u{1b}]11;rgb:\u{7}", None),
            ("", None),
        ] {
            assert_eq!(parse(answer.as_bytes()), scheme, "{answer:?}");
        }
        assert!(is_complete(b"\x1b]11;rgb:cccc/0/0\x07\x1b[?62c"));
        assert!(!is_complete(b"\x1b]11;rgb:cccc/cccc/cccc\x07"));
    }
}
