//! A pack as it is stored: three blobs, in one allocation while they wait to be written.

use std::ops::Range;

/// The numbers, events and records of a pack.
#[derive(Clone, Debug, Default)]
pub struct Blobs {
    bytes: Box<[u8]>,
    events: Range<usize>,
}

impl Blobs {
    pub fn of(numbers: &[u8], events: &[u8], records: &[u8]) -> Self {
        let start = numbers.len();
        Self::joined([numbers, events, records].concat(), start..start + events.len())
    }

    /// Of all three, one after the other, the second at `events`.
    pub fn joined(bytes: Vec<u8>, events: Range<usize>) -> Self {
        Self {
            bytes: bytes.into_boxed_slice(),
            events,
        }
    }

    /// What reports read.
    pub fn numbers(&self) -> &[u8] {
        &self.bytes[..self.events.start]
    }

    pub fn numbers_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.events.start]
    }

    /// What ownership searches.
    pub fn events(&self) -> &[u8] {
        &self.bytes[self.events.clone()]
    }

    /// What a later read of the same source needs, and the ids that `turns` prints.
    pub fn records(&self) -> &[u8] {
        &self.bytes[self.events.end..]
    }
}
