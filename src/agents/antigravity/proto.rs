//! Fields of protobuf messages, as far as a reader of counts needs them.

use crate::agents::shared::instant::possible;

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Number(u64),
    /// A text or a message.
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers, up to its end or to the first damaged one.
pub(super) fn fields(mut bytes: &[u8]) -> impl Iterator<Item = (u64, Field<'_>)> {
    std::iter::from_fn(move || {
        loop {
            let tag = varint(&mut bytes)?;
            let field = match tag & 7 {
                0 => Field::Number(varint(&mut bytes)?),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)?).ok()?;
                    let (field, rest) = bytes.split_at_checked(length)?;
                    bytes = rest;
                    Field::Bytes(field)
                }
                // Fixed numbers hold no counts.
                kind @ (1 | 5) => {
                    bytes = bytes.get(if kind == 1 { 8 } else { 4 }..)?;
                    continue;
                }
                _ => return None,
            };
            return Some((tag >> 3, field));
        }
    })
}

pub(super) fn number(message: &[u8], wanted: u64) -> Option<u64> {
    fields(message).find_map(|field| match field {
        (at, Field::Number(number)) if at == wanted => Some(number),
        _ => None,
    })
}

pub(super) fn bytes(message: &[u8], wanted: u64) -> Option<&[u8]> {
    fields(message).find_map(|field| match field {
        (at, Field::Bytes(bytes)) if at == wanted => Some(bytes),
        _ => None,
    })
}

/// A text that is not empty.
pub(super) fn text(message: &[u8], wanted: u64) -> Option<&str> {
    let text = std::str::from_utf8(bytes(message, wanted)?).ok()?;
    (!text.is_empty()).then_some(text)
}

/// Epoch milliseconds of a `google.protobuf.Timestamp`.
pub(super) fn time(message: &[u8], wanted: u64) -> Option<i64> {
    let timestamp = bytes(message, wanted)?;
    let seconds = i64::try_from(number(timestamp, 1)?).ok()?;
    let nanos = i64::try_from(number(timestamp, 2).unwrap_or(0)).ok()?;
    seconds
        .checked_mul(1000)?
        .checked_add(nanos / 1_000_000)
        .filter(|ms| *ms != 0)
        .and_then(possible)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_damage_ends_the_message() {
        // 1: 300, 2: "ab", fixed64 3, 4: {1: 1}
        let message = [
            0x08, 0xac, 0x02, 0x12, 2, b'a', b'b', 0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x22, 2, 0x08, 1,
        ];
        assert_eq!(number(&message, 1), Some(300));
        assert_eq!(text(&message, 2), Some("ab"));
        assert_eq!(number(&message, 3), None);
        assert_eq!(number(bytes(&message, 4).expect("a message"), 1), Some(1));
        for end in 0..message.len() {
            assert!(fields(&message[..end]).count() <= 3, "{end}");
        }
        assert_eq!(fields(&[0xff; 12]).count(), 0);
        assert_eq!(fields(&[0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]).count(), 0);
    }
}
