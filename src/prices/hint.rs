//! The hint that a newer list exists: once for each list, not once for each run.

use crate::system::System;
use crate::system::open::{self, Most};
use crate::system::replace::replace;

const BEFORE: &str = "models newer than the prices of ";
const AFTER: &str = ": ttop prices update";

/// The hint at a newer list than the one of this name.
pub fn newer_than(list: &str) -> String {
    format!("{BEFORE}{list}{AFTER}")
}

/// Whether a line is to be printed: each line but a hint that was given before.
pub fn is_due(system: &System, line: &str) -> bool {
    let list = line.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    list.is_none_or(|list| is_first_hint(system, list))
}

/// Whether the hint was not given yet for the list of this name; it counts as given from then on. Where that cannot be
/// kept it is not given at all.
fn is_first_hint(system: &System, list: &str) -> bool {
    let path = system.own_data_dir().join("prices.hinted");
    let given = open::read_text(&path, Most::WORD).unwrap_or_default();
    given.trim_end() != list && replace(&path, format!("{list}\n").as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn each_list_is_hinted_at_once() {
        let home = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, home.path(), Default::default());
        let hints = ["a 1", "a 1", "a 2", "a 2"].map(|list| is_first_hint(&system, list));
        assert_eq!(hints, [true, false, true, false]);
        let lines = [&newer_than("a 3"), &newer_than("a 3"), "a 3", "a 3"].map(|line| is_due(&system, line));
        assert_eq!(lines, [true, false, true, true]);
    }
}
