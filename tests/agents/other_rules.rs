//! Updates of ttop that change how turns are identified: what was there before, and what was away meanwhile, counts once.

use crate::new_ids::counts;
use crate::support;
use crate::support::counting::Counting;
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::system::{Os, System};

#[test]
fn what_is_identified_in_another_way_counts_once() {
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            for is_away in [false, true] {
                let home = support::Home::new();
                let fixture = case.join("home");
                support::copy_tree(&fixture, &home.path());
                let system = System::new(Os::Linux, home.path(), BTreeMap::new());
                let mut counting = Counting::of(*agent);
                let known = counts(&counting.sync(&system).turns);
                counting.change_rules();
                if is_away {
                    std::fs::remove_dir_all(home.path()).expect("removed");
                    std::fs::create_dir(home.path()).expect("a home");
                    assert_eq!(counts(&counting.sync(&system).turns), known, "{} gone", case.display());
                    support::copy_tree(&fixture, &home.path());
                }
                let after = counts(&counting.sync(&system).turns);
                assert_eq!(after, known, "{} after it was away: {is_away}", case.display());
            }
        }
    }
}
