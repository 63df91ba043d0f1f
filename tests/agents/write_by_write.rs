//! Every agent, every fixture, written again as its agent wrote it, with a sync after each write: a reply keeps its id,
//! nothing is taken back, and the end is what one cold read finds.

use crate::support;
use crate::support::counting::{Counted, Counting, Step, read_all};
use crate::support::replay::{Write, writes};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use ttop::agents::shared::source::wal_path;
use ttop::agents::{Agent, built_in};
use ttop::core::tokens::{BUCKETS, Bucket, Tokens};
use ttop::system::{Os, System};

/// The databases that agents keep open, and the time: a write a minute, all of them hours ago, because what was written this
/// moment is looked at again in any case.
struct Owners(HashMap<PathBuf, Connection>, SystemTime);

impl Owners {
    fn at(home: &Path) -> Self {
        let owners = Self(HashMap::new(), SystemTime::now() - Duration::from_secs(30 * 24 * 3600));
        support::files_in(home).iter().for_each(|path| owners.age(path));
        owners
    }

    fn age(&self, path: &Path) {
        support::set_modified(path, self.1);
    }

    fn write(&mut self, write: &Write) {
        self.1 += Duration::from_secs(60);
        let path = match write {
            Write::Append(path, _) | Write::Replace(path, _) | Write::Sql(path, ..) => path,
        };
        self.apply(write);
        self.age(path);
        let log = wal_path(path);
        if log.exists() {
            self.age(&log);
        }
    }

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Append(path, bytes) => {
                let mut file = std::fs::File::options().append(true).create(true).open(path);
                file.as_mut().expect("a file").write_all(bytes).expect("written");
            }
            Write::Replace(path, bytes) => std::fs::write(path, bytes).expect("written"),
            Write::Sql(path, sql, cells) => {
                let open = || {
                    let connection = Connection::open(path).expect("a database");
                    connection
                        .pragma_update(None, "foreign_keys", false)
                        .expect("no checks");
                    connection
                };
                let connection = self.0.entry(path.clone()).or_insert_with(open);
                let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
                let run = |statement: &mut rusqlite::Statement<'_>| {
                    let mut rows = statement.query(rusqlite::params_from_iter(cells))?;
                    while rows.next()?.is_some() {}
                    Ok(())
                };
                run(&mut statement).unwrap_or_else(|error: rusqlite::Error| panic!("{sql}: {error}"));
            }
        }
    }
}

/// A correction that later records of an agent make: the step, the steps of its sync.
type Correction = fn(&Step, &[Step]) -> bool;

/// Agents whose later records correct earlier ones, and exactly how.
const CORRECTIONS: [(&str, Correction); 4] = [
    ("auggie", is_told_apart),
    ("copilot-cli", is_summed_up),
    ("grok-cli", is_in_parent),
    ("roo-code", is_inside_input),
];

/// What subagents cost together gives way to their requests.
fn is_told_apart(step: &Step, sync: &[Step]) -> bool {
    let is_money_alone = step.old.is_some_and(|old| old.total().is_none());
    step.new.is_none() && is_money_alone && sync.iter().any(|other| other.old.is_none() && other.new.is_some())
}

/// The sums of a shutdown take the place of replies of which nothing but the output is recorded.
fn is_summed_up(step: &Step, sync: &[Step]) -> bool {
    let has_only_output = |tokens: &Tokens| tokens.count(Bucket::Input).is_none();
    let is_sum = |other: &Step| other.new.is_some_and(|new| new.count(Bucket::Input).is_some());
    step.new.is_none() && step.old.as_ref().is_some_and(has_only_output) && sync.iter().any(is_sum)
}

/// The turn of a subagent counts until the turn of its parent ends, which contains it.
fn is_in_parent(step: &Step, sync: &[Step]) -> bool {
    let contains = |all: Tokens, part: Tokens| {
        BUCKETS
            .iter()
            .all(|&bucket| all.count(bucket).unwrap_or(0) >= part.count(bucket).unwrap_or(0))
    };
    let is_parent =
        |other: &Step| other.old.is_none() && other.new.zip(step.old).is_some_and(|(all, part)| contains(all, part));
    step.new.is_none() && sync.iter().any(is_parent)
}

/// Three requests show that cached tokens are inside the input.
fn is_inside_input(step: &Step, _: &[Step]) -> bool {
    step.old.zip(step.new).is_some_and(|(old, new)| {
        let ([before, others @ ..], [after, same @ ..]) = (old.counts(), new.counts());
        others == same && before.checked_sub(others[2] + others[3]) == Some(after)
    })
}

/// Steps by which something that counted counts less, or no longer. A turn that moves to another session in the same
/// sync is none: where its owner is not recorded, a copy may have it. With the steps of its sync.
fn retractions(steps: &[Vec<Step>]) -> Vec<(&Step, &[Step])> {
    let falls = |step: &Step| {
        step.old.is_some_and(|old| {
            step.new.is_none_or(|new| {
                let count = |of: Tokens, bucket| of.count(bucket).unwrap_or(0);
                BUCKETS.iter().any(|&bucket| count(new, bucket) < count(old, bucket))
            })
        })
    };
    let has_moved = |step: &Step, others: &[Step]| {
        let is_same = |other: &Step| other.turn_id == step.turn_id && other.old.is_none() && other.new == step.old;
        step.new.is_none() && others.iter().any(is_same)
    };
    let of_sync = |steps: &'_ Vec<Step>| -> Vec<usize> {
        (0..steps.len())
            .filter(|&at| falls(&steps[at]) && !has_moved(&steps[at], steps))
            .collect()
    };
    steps
        .iter()
        .flat_map(|sync| of_sync(sync).into_iter().map(move |at| (&sync[at], sync.as_slice())))
        .collect()
}

fn sorted(mut turns: Vec<Counted>) -> Vec<Counted> {
    turns.sort_by(|a, b| (&a.turn_id, &a.session_id).cmp(&(&b.turn_id, &b.session_id)));
    turns
}

fn replay(agent: &'static (dyn Agent + Sync), case: &Path, faults: &mut Vec<String>) {
    let (whole, home) = (support::Home::new(), support::Home::new());
    for home in [&whole, &home] {
        support::copy_tree(&case.join("home"), &home.path());
    }
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let mut counting = Counting::of(agent);
    let (mut steps, mut warm) = (Vec::new(), Vec::new());
    let writes = writes(agent, &whole.path(), &home.path());
    let mut owners = Owners::at(&home.path());
    for write in writes.iter().map(Some).chain([None]) {
        write.into_iter().for_each(|write| owners.write(write));
        warm = counting.sync(&system).turns;
        steps.push(counting.new_steps());
    }
    let (warm, cold) = (sorted(warm), sorted(read_all(agent, &system).turns));
    let place = format!("{} {}", agent.id(), case.file_name().expect("a name").to_string_lossy());
    if warm != cold {
        let differing: Vec<_> = warm.iter().filter(|turn| !cold.contains(turn)).collect();
        let missing: Vec<_> = cold.iter().filter(|turn| !warm.contains(turn)).collect();
        faults.push(format!("{place}: write by write {differing:#?}\nat once {missing:#?}"));
    }
    let correction = CORRECTIONS.iter().find(|(id, _)| *id == agent.id());
    let mut replaced = BTreeSet::new();
    for (step, sync) in retractions(&steps) {
        if correction.is_some_and(|(_, is_correction)| is_correction(step, sync)) {
            replaced.extend(step.new.is_none().then_some(step.turn_id.as_str()));
        } else {
            faults.push(format!("{place}: taken back: {step:?}"));
        }
    }
    let at_last: BTreeSet<&str> = cold.iter().map(|turn| turn.turn_id.as_str()).collect();
    let ever: BTreeSet<&str> = steps.iter().flatten().map(|step| step.turn_id.as_str()).collect();
    let left: Vec<_> = ever.difference(&at_last).filter(|id| !replaced.contains(*id)).collect();
    if !left.is_empty() {
        faults.push(format!("{place}: ids that did not stay: {left:?}"));
    }
}

#[test]
fn replies_keep_their_ids_and_nothing_is_taken_back() {
    let mut faults = Vec::new();
    let mut replayed = 0;
    for &agent in built_in() {
        let folders = [format!("agents/{}", agent.id()), agent.id().to_owned()];
        let entries = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(support::fixtures().join(folder)).ok());
        for case in entries.flatten() {
            let case = case.expect("an entry").path();
            if case.join("home").is_dir() {
                replay(agent, &case, &mut faults);
                replayed += 1;
            }
        }
    }
    assert!(replayed > 40, "only {replayed} fixtures");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
