//! Time zones: whether the days of a file are those of another zone.

use super::key::{Grouping, Key};
use super::ours::{Amount, SLOT_MS, Sums};
use super::statement::Counts;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

const MINUTE_MS: i64 = 60_000;
const HOUR: i64 = 60;
/// Offsets from UTC in minutes that are no whole hours.
const PARTS_OF_HOURS: [i64; 9] = [-210, 210, 270, 330, 345, 390, 570, 630, 765];

/// The zone whose days make the most lines equal, if there is a better one than the reader's. `theirs` are the counts of
/// the file's lines, `own` says how many are equal already.
pub(super) fn find(
    sums: &Sums,
    grouping: &Grouping<'_>,
    theirs: &FxHashMap<Key, Counts>,
    own: usize,
) -> Option<TimeZone> {
    if sums.slots.is_empty() || own == theirs.len() {
        return None;
    }
    let offsets = (-12..=14).map(|hours| hours * HOUR).chain(PARTS_OF_HOURS);
    let others: FxHashMap<u32, &Key> = grouping.others().map(|(key, number)| (number, key)).collect();
    let scored = offsets.map(|offset| {
        let shifted = shift(sums, grouping, &others, offset);
        let equal = theirs
            .iter()
            .filter(|(key, counts)| shifted.get(*key).is_some_and(|sum| sum.counts == **counts));
        (equal.count(), Reverse(offset.abs()), offset)
    });
    let (equal, _, minutes) = scored.max()?;
    let seconds = i32::try_from(minutes * 60).ok()?;
    let zone = Offset::from_seconds(seconds).ok().map(TimeZone::fixed);
    zone.filter(|_| equal > own)
}

/// The sums of each line if days begin at another offset from UTC, in minutes.
fn shift(sums: &Sums, grouping: &Grouping<'_>, others: &FxHashMap<u32, &Key>, offset: i64) -> FxHashMap<Key, Amount> {
    const DAY_MS: i64 = 24 * HOUR * MINUTE_MS;
    const EPOCH: Date = date(1970, 1, 1);
    let mut days: FxHashMap<(i64, u32), Amount> = FxHashMap::default();
    for ((slot, number), amount) in &sums.slots {
        let day = (slot * SLOT_MS + offset * MINUTE_MS).div_euclid(DAY_MS);
        days.entry((day, *number)).or_default().add(*amount);
    }
    let mut shifted: FxHashMap<Key, Amount> = FxHashMap::default();
    for ((day, number), amount) in days {
        let Some(other) = others.get(&number) else { continue };
        let date = Some(grouping.first_of(EPOCH.saturating_add(day.days())));
        let key = Key {
            date,
            ..(*other).clone()
        };
        shifted.entry(key).or_default().add(amount);
    }
    shifted
}
