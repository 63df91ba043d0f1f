//! A session's money, where its parts have all of its tokens and no money: it is theirs, shared out.

use crate::rewritten_records::{Machine, database};

#[test]
fn requests_without_money_have_that_of_their_session() {
    let mut machine = Machine::of("goose");
    let schema = "create table sessions (id text, created_at text, accumulated_input_tokens, accumulated_output_tokens, accumulated_cost, accumulated_cache_read_tokens, accumulated_cache_write_tokens);
        create table usage_ledger (id integer primary key, session_id text, created_timestamp, model, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cost, cost_source, is_compaction);
        insert into sessions values ('a', '2026-03-02 09:00:00', 100, 10, 0.25, 0, 0), ('b', '2026-03-02 08:00:00', 300, 30, 0.5, 0, 0);
        insert into usage_ledger values (1, 'a', 1772442060, 'm', 100, 10, 110, 0, 0, null, null, 0),
            (2, 'b', 1772442060, 'm', 100, 10, 110, 0, 0, null, null, 0)";
    let goose = database(&machine.home, ".local/share/goose/sessions/sessions.db", schema);
    // The other session has tokens beside the list: its money is theirs.
    assert_eq!(machine.sync(), (3, 440, 750_000_000, 0));
    let add = "insert into usage_ledger values (3, 'a', 1772442120, 'm', 100, 10, 110, 0, 0, null, null, 0),
        (4, 'a', 1772442180, 'm', 100, 10, 110, 0, 0, 0.125, 'provider_reported', 0);
        update sessions set accumulated_input_tokens = 300, accumulated_output_tokens = 30, accumulated_cost = 0.5 where id = 'a'";
    goose.execute_batch(add).expect("written");
    assert_eq!(machine.sync(), (5, 660, 1_000_000_000, 0));
}

#[test]
fn totals_by_model_without_money_have_that_of_their_session() {
    let mut machine = Machine::of("hermes");
    let schema = "create table sessions (id text, started_at real, model text, billing_provider text, input_tokens, output_tokens, actual_cost_usd real);
        create table session_model_usage (session_id text, model text, billing_provider text, task text, api_call_count, input_tokens, output_tokens, actual_cost_usd real);
        insert into sessions values ('a', 1772442000, 'm', 'openrouter', 300, 30, 0.5);
        insert into session_model_usage values ('a', 'm', 'openrouter', '', 1, 100, 10, null), ('a', 'n', 'openrouter', '', 1, 100, 10, null),
            ('a', 'o', 'openrouter', '', 1, 100, 10, 0.125), ('a', 'p', 'openrouter', 'title', 1, 7, 1, 0.25)";
    let hermes = database(&machine.home, ".hermes/state.db", schema);
    // What is for a title is not in the session's own row.
    assert_eq!(machine.sync(), (4, 338, 750_000_000, 0));
    hermes
        .execute_batch("update sessions set input_tokens = 400, actual_cost_usd = 0.75; delete from session_model_usage where model in ('m', 'o', 'p')")
        .expect("written");
    // Tokens of the session alone have its money.
    let mut later = Machine::of("hermes");
    std::mem::swap(&mut machine.home, &mut later.home);
    assert_eq!(later.sync(), (2, 430, 750_000_000, 0));
}
