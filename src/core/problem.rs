//! Problem: skipped input, with its place and the reason.

use std::fmt;

/// Something that could not be read or used; the rest was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// The file (with `:line` or `:row` where known), command or URL host.
    pub place: String,
    /// Why, in lower case, without a full stop, never with the content.
    pub reason: String,
}

impl Problem {
    pub fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        let (place, reason) = (place.to_string(), reason.to_string());
        let reason = without(&place, reason);
        Self { place, reason }
    }
}

/// A reason that does not name the place, as errors do which stand for themselves.
fn without(place: &str, reason: String) -> String {
    let named = format!(" {place}");
    if let Some(rest) = reason.strip_prefix(place).and_then(|rest| rest.strip_prefix(' ')) {
        rest.to_owned()
    } else if let Some(start) = reason.strip_suffix(&named) {
        start.to_owned()
    } else {
        reason.replacen(&format!("{named}: "), ": ", 1)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_once() {
        for (reason, expected) in [
            ("/a/x.json is not valid JSON", "is not valid JSON"),
            ("could not read /a/x.json: no such file", "could not read: no such file"),
            ("could not open /a/x.json", "could not open"),
            (
                "could not open /a/x.json-wal: is a pipe",
                "could not open /a/x.json-wal: is a pipe",
            ),
            ("is not valid JSON", "is not valid JSON"),
        ] {
            let problem = Problem::new("/a/x.json", reason);
            assert_eq!((&*problem.place, &*problem.reason), ("/a/x.json", expected));
        }
    }
}
