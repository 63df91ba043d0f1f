//! 5-hour blocks, as subscription plans count them.

use super::Range;

/// The length of a block.
pub const BLOCK_MS: i64 = 5 * HOUR_MS;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The blocks of one provider from the times of its turns, oldest first: each starts at the first turn after the last
/// one ended, cut to the full UTC hour.
pub fn blocks(times: impl IntoIterator<Item = i64>) -> Vec<Range> {
    let mut blocks: Vec<Range> = Vec::new();
    for at in times {
        if blocks.last().is_none_or(|last| at >= last.end) {
            let start = at.saturating_sub(at.rem_euclid(HOUR_MS));
            // A block that would begin before the last one ended begins where that one ends.
            let start = blocks.last().map_or(start, |last| start.max(last.end));
            blocks.push(Range {
                start,
                end: start.saturating_add(BLOCK_MS),
            });
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_begins_at_the_hour_of_its_first_turn() {
        let minute = 60_000;
        let times = [130 * minute, 200 * minute, 419 * minute, 420 * minute, 1000 * minute];
        let starts: Vec<_> = blocks(times).iter().map(|block| block.start / minute).collect();
        assert_eq!(starts, [120, 420, 960]);
    }
}
