//! Bookmarks as bytes in the ledger.

use super::columns::Reader;
use crate::agents::Bookmark;
use crate::system::files::Stamp;

const VERSION: u8 = 1;
/// With a word more at the end of the numbers: what a list says about the source.
const LISTED: u8 = 2;

pub fn encode(mark: &Bookmark) -> Vec<u8> {
    const WORDS: usize = 2 * 4 + 4;
    let mut out = Vec::with_capacity(1 + WORDS * 8 + mark.state.len());
    out.push(if mark.list_entry == 0 { VERSION } else { LISTED });
    for stamp in [&mark.stamp, &mark.wal] {
        for word in [stamp.device, stamp.inode, stamp.size, stamp.modified_ns as u64] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
    for word in [mark.offset, mark.tail, u64::from(mark.rules_version)] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    if mark.list_entry != 0 {
        out.extend_from_slice(&mark.list_entry.to_le_bytes());
    }
    out.extend_from_slice(&mark.state);
    out
}

/// A damaged bookmark reads as the start: its source is read again, and nothing counts twice.
pub fn decode(bytes: &[u8]) -> Bookmark {
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Bookmark> {
    let mut reader = Reader::new(bytes);
    let has_list_entry = match reader.byte()? {
        VERSION => false,
        LISTED => true,
        _ => return None,
    };
    let mut stamp = || -> Option<Stamp> {
        Some(Stamp {
            device: reader.word()?,
            inode: reader.word()?,
            size: reader.word()?,
            modified_ns: reader.word()? as i64,
        })
    };
    let (stamp, wal) = (stamp()?, stamp()?);
    let (offset, tail) = (reader.word()?, reader.word()?);
    let version = u32::try_from(reader.word()?).ok()?;
    let list_entry = if has_list_entry { reader.word()? } else { 0 };
    Some(Bookmark {
        stamp,
        wal,
        list_entry,
        offset,
        tail,
        rules_version: version,
        state: reader.rest().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_come_back_and_damage_starts_over() {
        let mark = Bookmark {
            stamp: Stamp {
                device: 1,
                inode: 2,
                size: 3,
                modified_ns: -4,
            },
            offset: 9,
            tail: u64::MAX,
            rules_version: 7,
            state: vec![1, 2, 3],
            ..Bookmark::default()
        };
        let listed = Bookmark {
            list_entry: 5,
            ..mark.clone()
        };
        assert_eq!(decode(&encode(&listed)), listed);
        let bytes = encode(&mark);
        assert_eq!(decode(&bytes), mark);
        assert_eq!(decode(&bytes[..40]), Bookmark::default());
        assert_eq!(decode(b""), Bookmark::default());
    }
}
