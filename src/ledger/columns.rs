//! Columns of integers in blobs: each as wide as its largest value needs, checked when unpacked.

/// The widths a column can have, in bytes; 0 means that every value is 0.
const WIDTHS: [u8; 6] = [0, 1, 2, 3, 4, 8];

/// Upper bound of the count in a blob: with width 0, the length would not reveal a damaged count.
pub const MAX_VALUES: usize = 1 << 22;

/// Appends a column.
pub fn put(out: &mut Vec<u8>, values: impl Iterator<Item = u64> + Clone) {
    let all = values.clone().fold(0, |all, value| all | value);
    let needed = (64 - all.leading_zeros()).div_ceil(8) as u8;
    let width = WIDTHS.into_iter().find(|&width| width >= needed).unwrap_or(8);
    out.push(width);
    match width {
        0 => {}
        1 => put_wide::<1>(out, values),
        2 => put_wide::<2>(out, values),
        3 => put_wide::<3>(out, values),
        4 => put_wide::<4>(out, values),
        _ => put_wide::<8>(out, values),
    }
}

fn put_wide<const WIDTH: usize>(out: &mut Vec<u8>, values: impl Iterator<Item = u64>) {
    for value in values {
        out.extend_from_slice(value.to_le_bytes().first_chunk::<WIDTH>().unwrap_or(&[0; WIDTH]));
    }
}

/// Appends a column as distances from its smallest value.
pub fn put_offset(out: &mut Vec<u8>, values: impl Iterator<Item = u64> + Clone) {
    let base = values.clone().min().unwrap_or(0);
    out.extend_from_slice(&base.to_le_bytes());
    put(out, values.map(move |value| value - base));
}

/// Reads a blob from its start. Every step fails on a truncated or inconsistent blob.
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(head)
    }

    pub fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub fn word(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    /// The number of values that follow in each column.
    pub fn count(&mut self) -> Option<usize> {
        let count = u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize;
        (count <= MAX_VALUES).then_some(count)
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    /// Reads a column into `into`, whose content is replaced.
    pub fn column(&mut self, count: usize, into: &mut Vec<u64>) -> Option<()> {
        let width = self.byte()?;
        into.clear();
        if !WIDTHS.contains(&width) {
            return None;
        }
        let bytes = self.take(count * width as usize)?;
        match width {
            0 => into.resize(count, 0),
            1 => into.extend(bytes.iter().map(|&byte| u64::from(byte))),
            2 => into.extend(
                bytes
                    .chunks_exact(2)
                    .map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))),
            ),
            3 => into.extend(
                bytes
                    .chunks_exact(3)
                    .map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], 0]))),
            ),
            4 => into.extend(
                bytes
                    .chunks_exact(4)
                    .map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
            ),
            _ => into.extend(
                bytes
                    .chunks_exact(8)
                    .map(|b| u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])),
            ),
        }
        Some(())
    }

    /// Goes past a column written by [`put_offset`].
    pub fn skip_offset_column(&mut self, count: usize) -> Option<()> {
        self.word()?;
        let width = self.byte()?;
        WIDTHS.contains(&width).then_some(())?;
        self.take(count * width as usize).map(drop)
    }

    /// Reads a column written by [`put_offset`].
    pub fn offset_column(&mut self, count: usize, into: &mut Vec<u64>) -> Option<()> {
        let base = self.word()?;
        self.column(count, into)?;
        for value in into {
            *value = value.wrapping_add(base);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_come_back_as_they_went_in(values in proptest::collection::vec(any::<u64>(), 0..40), shift in 0u32..64) {
            let values: Vec<u64> = values.iter().map(|value| value >> shift).collect();
            let mut blob = Vec::new();
            put(&mut blob, values.iter().copied());
            put_offset(&mut blob, values.iter().copied());
            let (mut reader, mut plain, mut offset) = (Reader::new(&blob), Vec::new(), Vec::new());
            prop_assert!(reader.column(values.len(), &mut plain).is_some());
            prop_assert!(reader.offset_column(values.len(), &mut offset).is_some());
            prop_assert!(reader.is_done());
            prop_assert_eq!(&plain, &values);
            prop_assert_eq!(&offset, &values);
        }

        #[test]
        fn damaged_blobs_are_refused_not_followed(blob in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut reader = Reader::new(&blob);
            let mut values = Vec::new();
            if let Some(count) = reader.count() {
                while reader.column(count.min(1000), &mut values).is_some() && !reader.is_done() {}
            }
        }
    }
}
