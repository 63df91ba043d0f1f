//! OpenCode's database while it grows: ttop finds what changed, and keeps and marks what vanished.

use crate::support::counting::{Counted, Reading, read_all};
use crate::support::opencode_db::Reply;
use crate::support::opencode_live::{Live, NEW, OLD, scopes, shown};
use crate::support::set_modified;
use ttop::agents::Scope;
use ttop::agents::opencode::OPENCODE;
use ttop::agents::shared::batch::session_hash;
use ttop::core::turn::Presence;

#[test]
fn the_first_read_is_whole_and_the_next_one_looks_only_at_recent_sessions() {
    let mut live = Live::filled();
    let first = live.read_on();
    assert_eq!(scopes(&first), (vec![], true, true));
    assert_eq!(first.turns.len(), 5);
    let second = live.read_on();
    assert_eq!(scopes(&second), (vec!["ses_c"], false, false));
    assert_eq!(second.turns.len(), 1);
    let mark = live.mark.clone();
    live.read_on();
    assert_eq!(live.mark, mark);
}

#[test]
fn new_rows_are_found_when_their_session_was_not_touched() {
    let mut live = Live::filled();
    live.read_on();
    live.sync();
    live.database.reply("ses_a_3", "ses_a", &Reply::at(NEW + 5));
    assert_eq!(scopes(&live.read_on()), (vec!["ses_a", "ses_c"], false, false));
    assert_eq!(live.sync().turns.len(), 6);
}

#[test]
fn a_reply_that_ends_late_is_read_again_when_its_session_was_not_touched() {
    let mut live = Live::filled();
    let reply = Reply::at(OLD + 3);
    live.database.reply("ses_b_3", "ses_b", &reply.unfinished());
    live.read_on();
    assert_eq!(live.sync().turns.len(), 5);
    assert_eq!(scopes(&live.read_on()).0, ["ses_c"]);
    // Counted, but not complete: it will be written once more.
    let counted = Reply {
        completed: None,
        ..reply.clone()
    };
    live.database.rewrite("ses_b_3", &counted, OLD + 600);
    assert_eq!(scopes(&live.read_on()).0, ["ses_b", "ses_c"]);
    assert_eq!(live.sync().turns.len(), 6);
    live.database.rewrite("ses_b_3", &reply, OLD + 700);
    assert_eq!(scopes(&live.read_on()).0, ["ses_b", "ses_c"]);
    assert_eq!(live.sync().turns.len(), 6);
    assert_eq!(scopes(&live.read_on()).0, ["ses_c"]);
}

#[test]
fn a_session_whose_time_moved_backwards_is_read_again() {
    let mut live = Live::filled();
    live.read_on();
    live.database.rewrite(
        "ses_a_1",
        &Reply {
            output: 77,
            ..Reply::at(OLD + 1)
        },
        OLD,
    );
    live.database.touch("ses_a", OLD - 5);
    assert_eq!(scopes(&live.read_on()).0, ["ses_a", "ses_c"]);
}

#[test]
fn a_row_that_vanished_from_the_middle_was_taken_back() {
    let mut live = Live::filled();
    live.read_on();
    live.sync();
    live.database.run("delete from message where id = 'ses_a_1'");
    assert_eq!(scopes(&live.read_on()).0, ["ses_a", "ses_c"]);
    let reading = live.sync();
    assert_eq!(shown(&reading)[0], ("ses_a", "ses_a_1", 110, Presence::Reverted));
    assert_eq!(shown(&reading)[1], ("ses_a", "ses_a_2", 110, Presence::Present));
    assert_eq!(reading.turns.len(), 5);
}

#[test]
fn a_session_that_lost_all_rows_took_them_back() {
    let mut live = Live::filled();
    live.sync();
    live.database.run("delete from message where session_id = 'ses_a'");
    let reading = live.sync();
    let taken_back = |turn: &&Counted| turn.presence == Presence::Reverted;
    assert_eq!(reading.turns.iter().filter(taken_back).count(), 2);
}

#[test]
fn rows_that_took_the_numbers_of_deleted_ones_are_found() {
    let mut live = Live::filled();
    live.read_on();
    live.sync();
    // A revert that was made final: the last rows go, the next prompt takes their rowids.
    live.database
        .run("delete from message where id in ('ses_c_u', 'ses_c_1')");
    live.database.prompt("ses_b_u2", "ses_b", NEW + 1);
    live.database.reply("ses_b_3", "ses_b", &Reply::at(NEW + 2));
    assert!(
        scopes(&live.read_on()).1,
        "numbers no longer mean what they meant: read whole"
    );
    let reading = live.sync();
    assert_eq!(reading.turns.len(), 6);
    assert_eq!(shown(&reading)[5], ("ses_c", "ses_c_1", 110, Presence::Reverted));
}

#[test]
fn a_deleted_session_is_gone_and_what_it_cost_stays() {
    let mut live = Live::filled();
    live.read_on();
    live.sync();
    live.database.run("delete from message where session_id = 'ses_b'");
    live.database.run("delete from session where id = 'ses_b'");
    let batch = live.read_on();
    assert_eq!(scopes(&batch), (vec!["ses_c"], false, true));
    let left = batch.scopes.iter().find_map(|(scope, _)| match scope {
        Scope::Sessions(left) => Some(left.clone()),
        _ => None,
    });
    let mut left = left.expect("the sessions that are left");
    left.sort_unstable();
    let mut expected = ["ses_a", "ses_c"].map(session_hash);
    expected.sort_unstable();
    assert_eq!(left, expected);
    let reading = live.sync();
    let gone: Vec<_> = shown(&reading)
        .into_iter()
        .filter(|turn| turn.3 == Presence::Gone)
        .collect();
    assert_eq!(
        gone,
        [
            ("ses_b", "ses_b_1", 110, Presence::Gone),
            ("ses_b", "ses_b_2", 110, Presence::Gone)
        ]
    );
    // Reading everything gives the same.
    live.database.run("vacuum");
    assert_eq!(shown(&live.sync()), shown(&reading));
}

#[test]
fn a_pending_revert_marks_rows_by_time_and_undoing_it_brings_them_back() {
    let mut live = Live::filled();
    // Ids wrap round: the later message has the smaller id.
    live.database.prompt("msg_00", "ses_a", OLD + 10);
    live.database.reply("msg_01", "ses_a", &Reply::at(OLD + 11));
    live.sync();
    live.database.run(
        r#"update session set revert = '{"messageID":"msg_00"}', time_updated = time_updated + 1 where id = 'ses_a'"#,
    );
    let presences = |reading: &Reading| -> Vec<_> {
        let of_a = shown(reading).into_iter().filter(|turn| turn.0 == "ses_a");
        of_a.map(|turn| (turn.1.to_owned(), turn.3)).collect()
    };
    let (present, reverted) = (Presence::Present, Presence::Reverted);
    assert_eq!(
        presences(&live.sync()),
        [
            ("msg_01".into(), reverted),
            ("ses_a_1".into(), present),
            ("ses_a_2".into(), present)
        ]
    );
    live.database
        .run("update session set revert = null, time_updated = time_updated + 1 where id = 'ses_a'");
    assert!(presences(&live.sync()).iter().all(|(_, presence)| *presence == present));
}

#[test]
fn renumbered_rows_and_a_replaced_file_are_read_whole_and_count_once() {
    let mut live = Live::filled();
    live.read_on();
    let before = live.sync();
    // VACUUM may do this too.
    live.database.run("delete from message where id = 'ses_a_u'");
    live.database.run("update message set rowid = rowid - 1");
    assert!(scopes(&live.read_on()).1);
    assert_eq!(shown(&live.sync()), shown(&before));
    let checkpoint = "pragma wal_checkpoint(truncate)";
    live.database
        .connection
        .query_row(checkpoint, [], |_| Ok(()))
        .expect("a checkpoint");
    let path = live.home.path().join(".local/share/opencode/opencode.db");
    std::fs::copy(&path, path.with_extension("old")).expect("copied");
    std::fs::rename(path.with_extension("old"), &path).expect("renamed");
    let _ = std::fs::remove_file(path.with_extension("db-wal"));
    let _ = std::fs::remove_file(path.with_extension("db-shm"));
    assert!(scopes(&live.read_on()).1);
    assert_eq!(shown(&live.sync()), shown(&before));
}

#[test]
fn a_damaged_bookmark_means_reading_whole() {
    let mut live = Live::filled();
    live.read_on();
    let at = live.mark.state.len() / 2;
    live.mark.state[at] ^= 1;
    assert!(scopes(&live.read_on()).1);
    assert_eq!(scopes(&live.read_on()).0, ["ses_c"]);
}

#[test]
fn after_a_day_of_changes_everything_is_read_once_more() {
    let mut live = Live::filled();
    live.read_on();
    let path = live.home.path().join(".local/share/opencode/opencode.db");
    let set = |at: std::time::SystemTime| {
        for path in [path.clone(), path.with_extension("db-wal")] {
            set_modified(&path, at);
        }
    };
    let now = std::time::SystemTime::now();
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3600);
    set(now + hours(23));
    assert!(!scopes(&live.read_on()).1);
    set(now + hours(25));
    assert!(scopes(&live.read_on()).1);
    // A clock that was set back.
    set(now - hours(1));
    assert!(scopes(&live.read_on()).1);
}

#[test]
fn messages_without_a_session_row_count_and_are_followed() {
    let mut live = Live::filled();
    live.database.reply("lost_1", "ses_lost", &Reply::at(OLD + 50));
    live.read_on();
    assert_eq!(live.sync().turns.len(), 6);
    live.database.reply("lost_2", "ses_lost", &Reply::at(OLD + 51));
    assert!(scopes(&live.read_on()).0.contains(&"ses_lost"));
    assert_eq!(live.sync().turns.len(), 7);
    live.database.run("delete from message where id = 'lost_1'");
    assert!(scopes(&live.read_on()).0.contains(&"ses_lost"));
    live.database.run("delete from message where session_id = 'ses_lost'");
    live.database.prompt("ses_c_9", "ses_c", NEW + 9);
    let reading = live.sync();
    let gone = |turn: &&Counted| turn.presence == Presence::Gone;
    assert_eq!(reading.turns.len(), 7);
    assert!(reading.turns.iter().any(|turn| gone(&turn)), "{:?}", shown(&reading));
}

#[test]
fn an_upgrade_to_version_two_between_two_reads_counts_everything_once() {
    let mut live = Live::filled();
    live.sync();
    live.database
        .connection
        .execute_batch(
            "create table session_v2(id text primary key, project_id text, parent_id text, fork_session_id text, directory text,
                title text, version text, time_created integer, time_updated integer);
             create table session_message(id text primary key, session_id text, type text, seq integer, time_created integer,
                time_updated integer, data text);
             insert into session_v2 select id, project_id, parent_id, null, directory, title, version, time_created, time_updated
                from session where id <> 'ses_b';
             insert into session_message select id, session_id, json_extract(data, '$.role'), 1, time_created, time_updated,
                json_remove(data, '$.role') from message where session_id <> 'ses_b';",
        )
        .expect("an upgrade");
    assert_eq!(live.sync().turns.len(), 5);
    let fork = "insert into session_v2 values('ses_f', 'p1', null, 'ses_a', '/', null, '2.0.0', 1, 1)";
    live.database.run(fork);
    live.database.run(
        "insert into session_message select 'f' || id, 'ses_f', type, seq, time_created, time_updated, data from session_message
            where session_id = 'ses_a'",
    );
    let reading = live.sync();
    assert_eq!(reading.turns.len(), 5);
    assert!(reading.turns.iter().all(|turn| turn.session_id != "ses_f"));
    assert_eq!(shown(&reading), shown(&read_all(&OPENCODE, &live.system())));
    // The old tables stay as they were: what is in both is not read from them again.
    live.database.run("delete from session_message where id = 'ses_a_2'");
    let reading = live.sync();
    assert_eq!(reading.turns.len(), 5);
}
