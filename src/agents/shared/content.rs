//! What a source holds: a file as it is, or one that was packed.

use ruzstd::decoding::StreamingDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// A packed file that holds more is damaged, or a bomb.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// Where the bytes come from.
pub enum Content {
    File(File),
    Packed(Box<Packed>),
}

impl Content {
    /// The content of a file that is compressed with zstd.
    ///
    /// # Errors
    /// When it is no zstd frame.
    pub fn packed(file: File) -> io::Result<Self> {
        let place = Place::Frame(frame(BufReader::new(file))?);
        Ok(Self::Packed(Box::new(Packed { place, at: 0 })))
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Packed(packed) => packed.read(into),
        }
    }
}

impl Content {
    /// Moves to an offset from the start.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn seek_to(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.seek(SeekFrom::Start(offset)).map(drop),
            Self::Packed(packed) => packed.seek_to(offset),
        }
    }
}

type Frame = StreamingDecoder<BufReader<File>, ruzstd::decoding::FrameDecoder>;

fn frame(file: BufReader<File>) -> io::Result<Box<Frame>> {
    StreamingDecoder::new(file).map(Box::new).map_err(io::Error::other)
}

/// Unpacks while it is read, so that a bomb never fills the memory. Going back starts over.
pub struct Packed {
    place: Place,
    /// Offset of the next byte, unpacked.
    at: u64,
}

/// A file holds one frame or several.
enum Place {
    Frame(Box<Frame>),
    End(BufReader<File>),
    Failed,
}

impl Packed {
    fn seek_to(&mut self, offset: u64) -> io::Result<()> {
        if offset < self.at {
            let mut file = match std::mem::replace(&mut self.place, Place::Failed) {
                Place::Frame(frame) => frame.into_inner(),
                Place::End(file) => file,
                Place::Failed => return Err(failed()),
            };
            file.rewind()?;
            (self.place, self.at) = (Place::Frame(frame(file)?), 0);
        }
        let distance = offset - self.at;
        match io::copy(&mut self.take(distance), &mut io::sink())? {
            passed if passed == distance => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Read for Packed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.place {
                Place::Frame(frame) => frame.read(into)?,
                Place::End(_) => return Ok(0),
                Place::Failed => return Err(failed()),
            };
            if read > 0 || into.is_empty() {
                self.at += read as u64;
                if self.at > MAX_UNPACKED_BYTES {
                    return Err(io::Error::other("it unpacks to more than 1 GiB"));
                }
                return Ok(read);
            }
            if let Place::Frame(ended) = std::mem::replace(&mut self.place, Place::Failed) {
                let mut file = ended.into_inner();
                self.place = match file.fill_buf()?.is_empty() {
                    true => Place::End(file),
                    false => Place::Frame(frame(file)?),
                };
            }
        }
    }
}

fn failed() -> io::Error {
    io::Error::other("its compressed text is damaged")
}
