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
