//! Documents compressed with zstd, unpacked up to a limit.

use anyhow::{Context, Result, bail};
use std::io::Read;

/// A compressed document may claim any size.
pub const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// Unpacks up to `most_bytes`.
///
/// # Errors
/// When it is damaged or larger; never with its content.
pub fn unpack(packed: impl Read, most_bytes: u64) -> Result<Vec<u8>> {
    let decoder = ruzstd::decoding::StreamingDecoder::new(packed).context("is not compressed with zstd")?;
    let mut text = Vec::new();
    decoder
        .take(most_bytes + 1)
        .read_to_end(&mut text)
        .context("its compressed text is damaged")?;
    if text.len() as u64 > most_bytes {
        bail!("is larger than {most_bytes} bytes");
    }
    Ok(text)
}

/// Unpacks frames that follow each other, up to `most_bytes`. The last one may be incomplete: its program is writing it.
///
/// # Errors
/// When the first frame is damaged, or all are larger.
pub fn unpack_frames(mut packed: &[u8], most_bytes: u64) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    while !packed.is_empty() {
        let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(&mut packed) else {
            break;
        };
        let left = most_bytes + 1 - text.len() as u64;
        let read = decoder.take(left).read_to_end(&mut text);
        if text.len() as u64 > most_bytes {
            bail!("is larger than {most_bytes} bytes");
        }
        if read.is_err() {
            break;
        }
    }
    if text.is_empty() {
        bail!("its compressed text is damaged");
    }
    Ok(text)
}
