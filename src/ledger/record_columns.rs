//! The records of a pack: their keys, ranks, places and message ids.

use super::columns::{Reader, put, put_offset};
use super::pack::{Pack, PackTurn};
use super::pack_columns::version;
use crate::core::turn::{EventKey, Rank, RecordKey};

/// The first version that leaves out keys that follow from other columns, and the start that an id shares with the last one.
const SHORT: u8 = 4;

/// Where the keys of records are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keys {
    #[default]
    Stored,
    /// Each is that of its message id.
    OfId,
    /// Each is its event.
    Event,
}

impl Keys {
    fn of(pack: &Pack) -> Self {
        let all = |is_so: &dyn Fn(&PackTurn) -> bool| pack.turns.iter().all(is_so);
        if all(&|turn| turn.record.0 == turn.event.0) {
            Self::Event
        } else if all(&|turn| turn.record == RecordKey::of(pack.message_id(turn))) {
            Self::OfId
        } else {
            Self::Stored
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Stored, Self::OfId, Self::Event]
            .into_iter()
            .find(|keys| *keys as u8 == byte)
    }
}

/// Appends the columns of a pack's records.
pub fn put_records(out: &mut Vec<u8>, pack: &Pack) {
    let turns = &pack.turns;
    let keys = Keys::of(pack);
    out.push(keys as u8);
    if keys == Keys::Stored {
        put(out, turns.iter().map(|turn| turn.record.0));
    }
    put_offset(out, turns.iter().map(|turn| turn.rank.0));
    put_offset(out, turns.iter().map(|turn| turn.rank.1));
    put_offset(out, turns.iter().map(|turn| turn.place));
    put_texts(out, turns.iter().map(|turn| pack.message_id(turn)));
}

/// Appends texts without what each shares with the start of the one before it: ids begin with the time.
fn put_texts<'a>(out: &mut Vec<u8>, texts: impl ExactSizeIterator<Item = &'a str> + Clone) {
    let mut shared = Vec::with_capacity(texts.len());
    let mut before: &[u8] = b"";
    for text in texts.clone() {
        shared.push(shared_start(before, text.as_bytes()));
        before = text.as_bytes();
    }
    let rests = || {
        texts
            .clone()
            .map(str::as_bytes)
            .zip(&shared)
            .map(|(text, shared)| &text[usize::from(*shared)..])
    };
    put(out, shared.iter().map(|shared| u64::from(*shared)));
    put(out, rests().map(|rest| rest.len() as u64));
    rests().for_each(|rest| out.extend_from_slice(rest));
}

/// How many bytes two texts begin with, as far as a byte can say it.
fn shared_start(one: &[u8], other: &[u8]) -> u8 {
    let words = one.chunks_exact(8).zip(other.chunks_exact(8));
    let equal = words.take_while(|(one, other)| one == other).count() * 8;
    let rest = one[equal..].iter().zip(&other[equal..]);
    let shared = equal + rest.take_while(|(one, other)| one == other).count();
    u8::try_from(shared).unwrap_or(u8::MAX)
}

/// The blob of records, unpacked.
#[derive(Default)]
pub struct RecordColumns {
    keys: Keys,
    stored: Vec<u64>,
    ranks: (Vec<u64>, Vec<u64>),
    places: Vec<u64>,
    pub lengths: Vec<u64>,
    pub ids: String,
}

impl RecordColumns {
    pub fn read(blob: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(blob);
        let version = version(&mut reader)?;
        let count = reader.count()?;
        let mut columns = Self::default();
        if version >= SHORT {
            columns.keys = Keys::from_byte(reader.byte()?)?;
        }
        if columns.keys == Keys::Stored {
            reader.column(count, &mut columns.stored)?;
        }
        reader.offset_column(count, &mut columns.ranks.0)?;
        reader.offset_column(count, &mut columns.ranks.1)?;
        reader.offset_column(count, &mut columns.places)?;
        let mut shared = vec![0; count];
        if version >= SHORT {
            reader.column(count, &mut shared)?;
        }
        reader.column(count, &mut columns.lengths)?;
        columns.read_texts(&mut reader, &shared)?;
        reader.is_done().then_some(columns)
    }

    fn read_texts(&mut self, reader: &mut Reader<'_>, shared: &[u64]) -> Option<()> {
        let mut texts: Vec<u8> = Vec::new();
        let mut before = 0_usize;
        for (length, shared) in self.lengths.iter_mut().zip(shared) {
            let start = texts.len();
            let same = before..before.checked_add(usize::try_from(*shared).ok()?)?;
            texts.get(same.clone())?;
            texts.extend_from_within(same);
            texts.extend_from_slice(reader.take(usize::try_from(*length).ok()?)?);
            *length = (texts.len() - start) as u64;
            before = start;
        }
        self.ids = String::from_utf8(texts).ok()?;
        Some(())
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }

    pub fn key(&self, at: usize, event: EventKey, id: &str) -> RecordKey {
        match self.keys {
            Keys::Stored => RecordKey(self.stored[at]),
            Keys::OfId => RecordKey::of(id),
            Keys::Event => RecordKey(event.0),
        }
    }

    pub fn rank(&self, at: usize) -> Rank {
        Rank(self.ranks.0[at], self.ranks.1[at])
    }

    pub fn place(&self, at: usize) -> u64 {
        self.places[at]
    }
}
