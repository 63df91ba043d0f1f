//! Event ids: permanent ids of the lines of a stream.

/// A place in the log of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId<'a> {
    /// The 8 hex digits of the ledger.
    pub ledger: &'a str,
    /// The number of a change of turns.
    pub change: i64,
    /// The number of an event that came after it and before the next one.
    pub event: Option<i64>,
}

/// `<8 hex of the ledger>.<number>`, of a change.
pub fn event_id(ledger: &str, change: i64) -> String {
    format!("{ledger}.{change}")
}

/// `<8 hex of the ledger>.<number>.<tag>`, of what happened after a change; the tag of a logged event is its number.
pub fn tagged_id(ledger: &str, change: i64, tag: impl std::fmt::Display) -> String {
    format!("{ledger}.{change}.{tag}")
}

impl<'a> EventId<'a> {
    /// `None` for a text that is no event id: a time, for one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (ledger, rest) = text.split_once('.')?;
        let is_id = ledger.len() == 8 && ledger.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (change, tag) = match rest.split_once('.') {
            Some((_, "")) => return None,
            Some((change, tag)) => (change, Some(tag)),
            None => (rest, None),
        };
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        is_id.then_some(Self {
            ledger,
            change: number(change)?,
            event: tag.and_then(number),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_come_back_and_times_are_none() {
        let id = |event| EventId {
            ledger: "0a1b2c3d",
            change: 42,
            event,
        };
        assert_eq!(EventId::parse(&event_id("0a1b2c3d", 42)), Some(id(None)));
        assert_eq!(EventId::parse(&tagged_id("0a1b2c3d", 42, 7)), Some(id(Some(7))));
        assert_eq!(EventId::parse("0a1b2c3d.42.gap"), Some(id(None)));
        for text in [
            "2026-11-20",
            "7d",
            "0a1b2c3d.",
            "0a1b2c3d.-1",
            "0a1b2c3d.1.",
            "0a1b2c3.1",
            "1795197600000",
        ] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
