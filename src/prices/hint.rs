//! The hint that a newer list exists: once for each list, not once for each run.

use crate::system::System;
use crate::system::open::{self, Most};
use crate::system::replace::replace;

/// Whether the hint was not given yet for the list of this name; it counts as given from then on. Where that cannot be
/// kept it is not given at all.
pub fn is_first_hint(system: &System, list: &str) -> bool {
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
    }
}
