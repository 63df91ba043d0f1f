//! The ledger's promises, each as a property: cold = warm = incremental, copies never add, deletion never takes away.

use crate::support;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use ttop::agents::shared::jsonl::Lines;
use ttop::agents::{About, Agent, AgentHandle, Batch, Bookmark, Found, Root, Scope, Source};
use ttop::core::numbers::Numbers;
use ttop::core::tokens::Tokens;
use ttop::core::turn::{EventKey, Presence, Rank, RecordKey, Turn};
use ttop::ledger::Ledger;
use ttop::ledger::commit::Committed;
use ttop::ledger::forget::Erase;
use ttop::ledger::query::Selection;
use ttop::system::{Os, System};

/// An agent whose files hold a line per record: `session event rank output`.
struct Logs;

impl Agent for Logs {
    fn id(&self) -> &'static str {
        "logs"
    }

    fn name(&self) -> &'static str {
        "Logs"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&[]),
            turns: "exact",
            limits: About::list(&[]),
            rules_version: 1,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let folder = system.home.join("logs");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        let sources = paths.into_iter().filter_map(|path| Source::find(path, 0)).collect();
        Found {
            roots: vec![Root::new(folder, "default")],
            sources,
            ..Found::default()
        }
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> anyhow::Result<Bookmark> {
        let mut lines = Lines::open(source, from)?;
        if !lines.is_resumed() {
            into.replace(Scope::Source, Presence::Reverted);
        }
        while let Some((place, line)) = lines.next()? {
            let line = String::from_utf8_lossy(line).into_owned();
            let fields: Vec<&str> = line.split(' ').collect();
            let [session_id, event, rank, output] = fields[..] else {
                continue;
            };
            let output = output.parse().expect("a number");
            into.turn(&Turn {
                session_id,
                message_id: event,
                record: RecordKey::of(event),
                event: EventKey::of("logs", event),
                rank: Rank(rank.parse().expect("a number"), output),
                provider_id: "p",
                model_id: "m",
                numbers: Numbers::of(Tokens::new(0, output, 0, 0, 0), output as i64),
                place,
                ..Turn::PLAIN
            });
        }
        lines.finish(1, 0, Vec::new(), into)
    }
}

struct Place {
    home: support::Home,
    system: System,
}

impl Place {
    fn new() -> Self {
        let home = support::Home::new();
        let system = System::new(Os::Linux, home.path(), BTreeMap::new());
        Self { home, system }
    }

    fn append(&self, file: usize, text: &str) {
        let path = self.file(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("opens");
        file.write_all(text.as_bytes()).expect("written");
    }

    fn file(&self, file: usize) -> PathBuf {
        self.home.path().join(format!("logs/{file}.log"))
    }

    fn sync(&self) -> Ledger {
        let mut ledger = Ledger::open(&self.system).expect("a ledger");
        let synced = ledger
            .sync(&[AgentHandle::Shared(&Logs)], &self.system, &|_, _| {})
            .expect("synced");
        assert_eq!(synced.problems, []);
        ledger
    }

    fn commit(&self) -> Vec<Counted> {
        let mut ledger = self.sync();
        let pending = counted(&ledger);
        assert_ne!(ledger.commit(0).expect("committed"), Committed::GivenUp);
        let committed = counted(&Ledger::open(&self.system).expect("a ledger"));
        assert_eq!(pending, committed, "what is answered is what is kept");
        committed
    }

    /// The counts of a fresh ledger over the files as they are.
    fn cold(&self) -> Vec<Counted> {
        let mut ledger = Ledger::in_memory().expect("a ledger");
        ledger
            .sync(&[AgentHandle::Shared(&Logs)], &self.system, &|_, _| {})
            .expect("synced");
        counted(&ledger)
    }
}

/// Event, session, tokens, presence.
type Counted = (String, String, u64, Presence);

fn counted(ledger: &Ledger) -> Vec<Counted> {
    let sessions = ledger.sessions().expect("sessions");
    let mut turns = Vec::new();
    let mut last = i64::MIN;
    for found in ledger.turns(&Selection::ALL).expect("turns") {
        let found = found.expect("a turn");
        let numbers = found.turn.numbers;
        assert!(numbers.timestamp >= last, "oldest first");
        last = numbers.timestamp;
        let session = sessions[&found.head.key.session].info.id.clone();
        turns.push((
            found.message_id,
            session,
            numbers.tokens.known_total(),
            numbers.presence,
        ));
    }
    turns.sort_by(|a, b| a.0.cmp(&b.0));
    turns
}

fn total(turns: &[Counted]) -> u64 {
    turns.iter().map(|turn| turn.2).sum()
}

/// A line of file `file`: few events and sessions, so that copies are common.
fn line() -> impl Strategy<Value = (usize, String)> {
    (0usize..4, 0u8..3, 0u8..8, 0u64..3, 1u64..50)
        .prop_map(|(file, session, event, rank, output)| (file, format!("s{session} e{event} {rank} {output}\n")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn incremental_is_cold(lines in proptest::collection::vec((line(), any::<bool>(), any::<bool>()), 1..24)) {
        let place = Place::new();
        for ((file, line), syncs, is_killed) in &lines {
            // Half a line first: it must not be read before its end is there.
            let (head, tail) = line.split_at(line.len() / 2);
            place.append(*file, head);
            if *syncs {
                place.commit();
            }
            place.append(*file, tail);
            if *is_killed {
                // A sync whose process ends before the commit leaves no trace.
                drop(place.sync());
            }
        }
        prop_assert_eq!(place.commit(), place.cold());
        prop_assert_eq!(place.commit(), place.cold(), "warm");
    }

    #[test]
    fn the_order_of_files_is_irrelevant(lines in proptest::collection::vec(line(), 1..24)) {
        let (forward, backward) = (Place::new(), Place::new());
        for (file, line) in &lines {
            forward.append(*file, line);
            backward.append(9 - *file, line);
        }
        let totals = |turns: Vec<Counted>| turns.into_iter().map(|turn| (turn.0, turn.2)).collect::<Vec<_>>();
        prop_assert_eq!(totals(forward.cold()), totals(backward.cold()));
    }

    #[test]
    fn a_copy_never_adds_and_its_removal_never_takes_away(
        lines in proptest::collection::vec(line(), 1..16), copied in 0usize..4, removed in 0usize..4,
    ) {
        let place = Place::new();
        for (file, line) in &lines {
            place.append(*file, line);
        }
        let before = place.commit();
        if place.file(copied).exists() {
            std::fs::copy(place.file(copied), place.file(7)).expect("copied");
        }
        let with_copy = place.commit();
        prop_assert_eq!(total(&with_copy), total(&before));
        for file in [removed, 7] {
            // Either may not be there.
            let _ = std::fs::remove_file(place.file(file));
        }
        let after = place.commit();
        prop_assert_eq!(total(&after), total(&before));
    }

    #[test]
    fn changes_add_up_to_the_growth(lines in proptest::collection::vec((line(), any::<bool>()), 2..20)) {
        let place = Place::new();
        place.append(0, "s0 first 0 1\n");
        place.commit();
        for ((file, line), syncs) in &lines {
            place.append(*file, line);
            if *syncs {
                place.commit();
            }
        }
        let now = total(&place.commit());
        let ledger = Ledger::open(&place.system).expect("a ledger");
        let mut sum = 1i64;
        for change in ledger.changes_after(0, usize::MAX).expect("changes") {
            let known = |entry: Option<ttop::ledger::pack::PackEntry>| entry.map_or(0, |entry| entry.numbers.tokens.known_total() as i64);
            sum += known(change.new) - known(change.old);
        }
        prop_assert_eq!(sum, now as i64);
    }
}

#[test]
fn a_deleted_file_stays_in_the_totals_and_says_so() {
    let place = Place::new();
    place.append(0, "s e1 0 10\n");
    place.append(1, "t e2 0 20\n");
    place.commit();
    std::fs::remove_file(place.file(1)).expect("removed");
    let presence = |turns: Vec<Counted>| turns.into_iter().map(|turn| turn.3).collect::<Vec<_>>();
    assert_eq!(presence(place.commit()), [Presence::Present, Presence::Gone]);
    place.append(1, "t e2 0 20\n");
    assert_eq!(presence(place.commit()), [Presence::Present, Presence::Present]);
}

#[test]
fn a_rewritten_file_keeps_what_it_no_longer_holds() {
    let place = Place::new();
    place.append(0, "s e1 0 10\ns e2 0 20\n");
    place.commit();
    std::fs::write(place.file(0), "s e2 0 20\ns e3 0 30\n").expect("written");
    let turns = place.commit();
    assert_eq!(total(&turns), 60);
    assert_eq!(turns[0].3, Presence::Reverted);
}

#[test]
fn what_was_erased_stays_erased() {
    let place = Place::new();
    place.append(0, "s e1 0 10\nt e2 0 20\nt e3 0 5\n");
    place.commit();
    let mut ledger = Ledger::open(&place.system).expect("a ledger");
    let erased = ledger
        .forget(&Erase::Session {
            agent_id: "logs".into(),
            session_id: "s".into(),
        })
        .expect("erased");
    assert_eq!(erased, 1);
    ledger.forget(&Erase::Before(6)).expect("erased");
    ledger.commit(0).expect("committed");
    assert_eq!(total(&counted(&Ledger::open(&place.system).expect("a ledger"))), 20);
    place.append(0, "s e4 0 40\n");
    place.append(1, "s e1 0 10\nt e3 0 5\n");
    assert_eq!(total(&place.commit()), 20);
}

#[test]
fn ledgers_of_two_machines_merge_without_counting_twice() {
    let (here, there) = (Place::new(), Place::new());
    here.append(0, "s e1 0 10\ns e2 1 20\n");
    there.append(0, "s e2 0 15\nu e3 0 30\n");
    let mut text = String::new();
    there.commit();
    Ledger::open(&there.system)
        .expect("a ledger")
        .export(|line| {
            text.push_str(line);
            text.push('\n');
            Ok(())
        })
        .expect("exported");
    here.commit();
    for _ in 0..2 {
        let mut ledger = Ledger::open(&here.system).expect("a ledger");
        let imported = ledger.import("there", text.as_bytes()).expect("imported");
        assert_eq!((imported.read, imported.refused), (2, 0));
        ledger.commit(0).expect("committed");
        assert_eq!(total(&here.commit()), 60);
    }
}

#[test]
fn a_second_writer_gives_up_instead_of_waiting() {
    let place = Place::new();
    place.append(0, "s e1 0 10\n");
    place.commit();
    place.append(0, "s e2 0 20\n");
    let (mut first, mut second) = (place.sync(), place.sync());
    assert_eq!(first.commit(0).expect("committed"), Committed::Done);
    assert_eq!(total(&counted(&second)), 30, "it answers all the same");
    assert_eq!(second.commit(0).expect("answered"), Committed::GivenUp);
    assert_eq!(place.commit(), place.cold());
}

#[test]
fn a_damaged_ledger_is_left_alone_and_named() {
    let place = Place::new();
    place.append(0, "s e1 0 10\n");
    place.commit();
    let path: &Path = &place.home.path().join(".local/share/tokentop/ledger.db");
    let mut bytes = std::fs::read(path).expect("a ledger");
    bytes.iter_mut().take(100).for_each(|byte| *byte = 0xa5);
    std::fs::write(path, &bytes).expect("written");
    let ledger = place.sync();
    assert_eq!(total(&counted(&ledger)), 10);
    assert!(
        ledger.problems()[0].reason.contains("rebuild"),
        "{:?}",
        ledger.problems()
    );
    assert_eq!(std::fs::read(path).expect("still there"), bytes);
}

#[test]
fn a_reply_that_grows_past_another_one_keeps_what_counts() {
    let place = Place::new();
    place.append(0, "s0 e2 0 8\ns2 e2 0 1\ns2 e6 0 1\n");
    place.commit();
    // In its pack e2 stands after e6 from now on; e6 is the other session's, and e2 this one's.
    place.append(0, "s0 e6 0 1\ns2 e2 0 9\n");
    let owned = |turns: Vec<Counted>| {
        turns
            .into_iter()
            .map(|turn| (turn.0, turn.1, turn.2))
            .collect::<Vec<_>>()
    };
    let expected =
        [("e2", "s2", 9), ("e6", "s0", 1)].map(|(event, session, tokens)| (event.into(), session.into(), tokens));
    assert_eq!(owned(place.cold()), expected);
    assert_eq!(owned(place.commit()), expected);
}
