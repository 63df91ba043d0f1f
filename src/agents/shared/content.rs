//! What a source holds: a file as it is, or one that was packed.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// A packed file that holds more is damaged, or meant to fill the memory.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;

/// Unpacks a file; one that grows beyond all measure is refused.
///
/// # Errors
/// When it is damaged or too large.
pub fn unpack(file: File) -> io::Result<Vec<u8>> {
    let mut unpacked = ruzstd::decoding::StreamingDecoder::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    let mut text = Vec::new();
    if (&mut unpacked).take(MAX_UNPACKED_BYTES + 1).read_to_end(&mut text)? as u64 > MAX_UNPACKED_BYTES {
        return Err(io::Error::other("more than 2 GiB are packed in it"));
    }
    Ok(text)
}

/// Where the bytes come from.
pub enum Content {
    File(File),
    Unpacked(Cursor<Vec<u8>>),
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Unpacked(text) => text.read(into),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Unpacked(text) => text.seek(to),
        }
    }
}
