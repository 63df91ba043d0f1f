//! The columns of `ttop watch --events`: steps of replies and what happened, in the same places.

use super::event::tone;
use crate::core::rows::{ActivityRow, StreamRow};
use crate::render::{Cell, Column, Row, Tone, number};

impl Row for StreamRow {
    const NAME: &'static str = "stream";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("time", "Time", 0, |row, view| match row {
            Self::Activity(row) => Cell::clock(row.timestamp, view),
            Self::Event(row) => Cell::clock(row.timestamp, view),
        }),
        Column::text("type", "Event", 3, |row, _| match row {
            Self::Activity(row) => Cell::toned(row.kind, Tone::Dim),
            Self::Event(row) => Cell::toned(row.kind.name(), tone(row.severity)),
        }),
        Column::text("title", "What", 0, |row, _| match row {
            Self::Activity(row) => Cell::text(Some(row.session_name.as_deref().unwrap_or(&row.session_id))),
            Self::Event(row) => Cell::toned(row.title.as_str(), tone(row.severity)),
        }),
        Column::text("message", "More", 2, |row, _| match row {
            Self::Activity(row) => Cell::text(row.model_id.as_deref()),
            Self::Event(row) => Cell::plain(row.message.as_str()),
        }),
        Column::number("totalTokens", "Tokens", 1, |row, _| {
            of_reply(row, |row| Cell::plain(number::step(row.total_tokens)))
        }),
        Column::number("cost", "Cost", 1, |row, _| {
            of_reply(row, |row| Cell::money(row.cost, Some(row.cost_status)))
        }),
        Column::number("sessionCost", "Total", 4, |row, _| {
            of_reply(row, |row| Cell::money(row.session_cost, None))
        }),
    ];
}

fn of_reply(row: &StreamRow, cell: fn(&ActivityRow) -> Cell) -> Cell {
    match row {
        StreamRow::Activity(row) => cell(row),
        StreamRow::Event(_) => Cell::empty(),
    }
}
