//! Mutated fixtures through every parser: nothing panics. Seeded; `TTOP_TEST_FUZZ_SECONDS` runs it for longer.

use crate::support::cells::Cells;
use crate::support::mutate::{Random, mutate};
use crate::support::subjects::Subject;
use crate::support::{self, Home};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use ttop::fuzzing::TARGETS;

/// Each source and each parser is given so many inputs by default.
const ROUNDS: usize = 24;

/// Gives all subjects an input in turn, `ROUNDS` times or until the time is up. Says how many it gave.
fn rounds(mut give: impl FnMut(&mut Random)) -> usize {
    let number = |name: &str| -> Option<u64> {
        let text = std::env::var(name).ok()?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
    };
    let time = number("TTOP_TEST_FUZZ_SECONDS").map(Duration::from_secs);
    let mut random = Random::new(number("TTOP_TEST_FUZZ_SEED").unwrap_or(20_261_120));
    let (began, mut given) = (Instant::now(), 0);
    while time.map_or(given < ROUNDS, |time| began.elapsed() < time) {
        give(&mut random);
        given += 1;
    }
    given
}

/// Runs with an input; what makes it panic is kept beside the test binaries.
fn survive(name: &str, input: &[u8], run: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        let kept = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("panic-{name}"));
        std::fs::write(&kept, input).expect("kept");
        panic!("{name} panics at {}", kept.display());
    }
}

/// Each takes its time, and none waits for another.
#[test]
fn no_source_and_no_text_makes_a_reader_panic() {
    std::thread::scope(|scope| {
        scope.spawn(no_source_of_an_agent_makes_it_panic);
        scope.spawn(no_cell_of_a_database_makes_its_reader_panic);
        no_text_makes_a_parser_panic();
    });
}

fn no_source_of_an_agent_makes_it_panic() {
    let home = Home::new();
    let subjects = Subject::marked(&support::fixtures(), &home.path(), support::copy_tree);
    let rounds = rounds(|random| {
        for (subject, mark) in &subjects {
            let mut input = subject.original.clone();
            mutate(&mut input, random);
            survive(subject.agent.id(), &input, || {
                subject.read(&input, mark);
            });
        }
    });
    assert!(rounds > 0 && subjects.len() > 40, "{} sources", subjects.len());
}

fn no_cell_of_a_database_makes_its_reader_panic() {
    let home = Home::new();
    let subjects = Subject::marked(&support::fixtures(), &home.path(), support::copy_tree);
    let databases = subjects.iter().filter_map(|(subject, mark)| {
        let cells = Cells::of(subject)?;
        Some((cells, subject.agent.id(), mark))
    });
    let databases: Vec<_> = databases.collect();
    let rounds = rounds(|random| {
        for (cells, agent, mark) in &databases {
            let cell = &cells.all[random.below(cells.all.len())];
            let mut input = cell.original.clone();
            mutate(&mut input, random);
            survive(agent, &input, || cells.read(cell, &input, mark));
        }
    });
    let agents: BTreeSet<_> = databases.iter().map(|(_, agent, _)| agent).collect();
    assert!(rounds > 0 && agents.len() >= 10, "{agents:?}");
}

fn no_text_makes_a_parser_panic() {
    let rounds = rounds(|random| {
        for target in TARGETS {
            for seed in target.seeds {
                let mut input = seed.as_bytes().to_vec();
                mutate(&mut input, random);
                let text = String::from_utf8_lossy(&input);
                survive(target.name, &input, || (target.run)(&text));
            }
        }
    });
    assert!(rounds > 0);
}

#[test]
fn every_seed_is_read_as_it_is() {
    for target in TARGETS {
        assert!(!target.seeds.is_empty(), "{}", target.name);
        target.seeds.iter().for_each(|seed| (target.run)(seed));
    }
}
