//! Random histories of an OpenCode database: reading in steps equals reading at once.

use crate::support::counting::read_all;
use crate::support::opencode_db::{Database, Reply};
use crate::support::opencode_live::{DAY, Live, OLD};
use std::collections::BTreeMap;
use ttop::agents::opencode::OPENCODE;
use ttop::core::turn::Presence;

/// One thing that happens to a database.
#[derive(Clone, Debug)]
enum Step {
    Start(u8),
    Ask(u8),
    /// A reply that is written at once, or only begun.
    Answer(u8, bool),
    /// A begun reply ends; with or without its session being touched.
    Finish(u8, bool),
    DropReply(u8),
    DropSession(u8),
    Fork(u8),
    Revert(u8),
    Vacuum,
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let n = 0..4_u8;
    let step = prop_oneof![
        2 => n.clone().prop_map(Step::Start),
        1 => n.clone().prop_map(Step::Ask),
        5 => (n.clone(), any::<bool>()).prop_map(|(n, ends)| Step::Answer(n, ends)),
        4 => (any::<u8>(), any::<bool>()).prop_map(|(n, touches)| Step::Finish(n, touches)),
        1 => any::<u8>().prop_map(Step::DropReply),
        1 => n.clone().prop_map(Step::DropSession),
        1 => n.clone().prop_map(Step::Fork),
        1 => n.prop_map(Step::Revert),
        1 => Just(Step::Vacuum),
    ];
    prop::collection::vec(step, 1..25)
}

/// Plays steps against a database; times grow with each one, ids do not.
struct Player<'a> {
    database: &'a Database,
    at: i64,
    begun: Vec<(String, Reply)>,
}

impl Player<'_> {
    fn play(&mut self, step: &Step) {
        // Far enough apart that most sessions are not recent.
        self.at += DAY / 3;
        let (at, database) = (self.at, self.database);
        let name = |n: &u8| format!("ses_{n}");
        let exists = |n: &u8| {
            let sql = "select count(*) from session where id = ?1";
            database
                .connection
                .query_row(sql, [name(n)], |row| row.get::<_, i64>(0))
                .expect("a count")
                > 0
        };
        match step {
            Step::Start(n) if !exists(n) => database.session(&name(n), at),
            Step::Ask(n) if exists(n) => database.prompt(&format!("msg_{}_u", at % 9973), &name(n), at),
            Step::Answer(n, ends) if exists(n) => {
                let (id, reply) = (format!("msg_{}", at % 9973), Reply::at(at));
                if *ends {
                    database.reply(&id, &name(n), &reply);
                    database.touch(&name(n), at);
                } else {
                    database.reply(&id, &name(n), &reply.unfinished());
                    self.begun.push((id, reply));
                }
            }
            Step::Finish(n, touches) if !self.begun.is_empty() => {
                let (id, reply) = self.begun.remove(usize::from(*n) % self.begun.len());
                database.rewrite(&id, &reply, at);
                if *touches {
                    let sql = "update session set time_updated = ?2 where id = (select session_id from message where id = ?1)";
                    database.connection.execute(sql, (id, at)).expect("a session");
                }
            }
            Step::DropReply(n) => {
                let sql = "delete from message where rowid = (select rowid from message limit 1 offset ?1 % (select max(count(*), 1) from message))";
                database.connection.execute(sql, [n]).expect("a message");
            }
            Step::DropSession(n) => {
                database
                    .connection
                    .execute("delete from message where session_id = ?1", [name(n)])
                    .expect("messages");
                database
                    .connection
                    .execute("delete from session where id = ?1", [name(n)])
                    .expect("a session");
            }
            Step::Fork(n) if exists(n) => {
                let fork = format!("ses_f{at}");
                database.session(&fork, at);
                let sql = "insert into message select id || ?2, ?3, time_created, ?2, data from message where session_id = ?1";
                database.connection.execute(sql, (name(n), at, fork)).expect("copies");
            }
            Step::Revert(n) => {
                let sql = "update session set time_updated = ?2, revert = case when revert is null then
                    (select json_object('messageID', id) from message where session_id = ?1 order by time_created desc limit 1) end
                    where id = ?1";
                database.connection.execute(sql, (name(n), at)).expect("a session");
            }
            Step::Vacuum => {
                database.run("vacuum");
            }
            _ => {}
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Reading what changed gives what reading from the start gives, and nothing that was paid for is ever lost.
    #[test]
    fn reading_in_steps_equals_reading_at_once(steps in steps()) {
        let mut live = Live::new();
        let mut paid = BTreeMap::new();
        let mut at = OLD;
        let mut begun = Vec::new();
        for step in &steps {
            let mut player = Player { database: &live.database, at, begun };
            player.play(step);
            (at, begun) = (player.at, player.begun);
            let reading = live.sync();
            let known: BTreeMap<_, _> = reading.turns.iter().map(|turn| (turn.turn_id.clone(), turn)).collect();
            let cold = read_all(&OPENCODE, &live.system());
            for turn in &cold.turns {
                let found = known.get(&turn.turn_id);
                proptest::prop_assert!(
                    found.is_some_and(|found| found.tokens == turn.tokens && found.cost == turn.cost),
                    "{step:?}: {turn:?} is {found:?}"
                );
                paid.insert(turn.turn_id.clone(), turn.tokens);
            }
            for turn in reading.turns.iter().filter(|turn| turn.presence == Presence::Present) {
                let found = cold.turns.iter().find(|found| found.turn_id == turn.turn_id);
                proptest::prop_assert_eq!(found, Some(turn), "{:?}", step);
            }
            let kept: BTreeMap<_, _> = known.iter().map(|(id, turn)| (id.clone(), turn.tokens)).collect();
            proptest::prop_assert_eq!(&kept, &paid, "{:?}", step);
        }
    }
}
