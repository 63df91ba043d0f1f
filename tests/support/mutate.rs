//! Random damage, the same for the same seed.

/// What parsers stumble over.
const ODD: &[&[u8]] = &[
    b"null",
    b"-1",
    b"1e400",
    b"-0",
    b"99999999999999999999",
    b"\"\\ud83d\"",
    b"\xff\xfe\x00",
    b"{}",
    b"[[[[[[[[",
    b"\r\n\n",
    b",",
    b"\"",
    b"\\",
    "\u{202e}é👨‍👩‍👧".as_bytes(),
];

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Damages bytes once to four times.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            3 => {
                let piece: Vec<u8> = bytes[at..].iter().take(1 + random.below(64)).copied().collect();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => {
                let end = bytes.len().min(at + 1 + random.below(32));
                bytes.drain(at..end);
            }
            _ => {
                let odd = ODD[random.below(ODD.len())];
                bytes.splice(at..at, odd.iter().copied());
            }
        }
    }
}
