//! The columns of `ttop watch --events`: steps of replies and what happened, in the same places.

use super::event::tone;
use crate::core::rows::{ActivityRow, StreamRow};
use crate::render::{Align, Cell, Column, Row, Tone, number};

impl Row for StreamRow {
    const NAME: &'static str = "stream";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "time",
                title: "Time",
                align: Align::Left,
                drop: 0,
                cell: |row, view| match row {
                    Self::Activity(row) => Cell::clock(row.timestamp, view),
                    Self::Event(row) => Cell::clock(row.timestamp, view),
                },
            },
            Column {
                key: "type",
                title: "Event",
                align: Align::Left,
                drop: 3,
                cell: |row, _| match row {
                    Self::Activity(row) => Cell::toned(row.kind, Tone::Dim),
                    Self::Event(row) => Cell::toned(row.kind.name(), tone(row.severity)),
                },
            },
            Column {
                key: "title",
                title: "What",
                align: Align::Left,
                drop: 0,
                cell: |row, _| match row {
                    Self::Activity(row) => Cell::text(Some(row.session_name.as_deref().unwrap_or(&row.session_id))),
                    Self::Event(row) => Cell::toned(row.title.as_str(), tone(row.severity)),
                },
            },
            Column {
                key: "message",
                title: "More",
                align: Align::Left,
                drop: 2,
                cell: |row, _| match row {
                    Self::Activity(row) => Cell::text(row.model_id.as_deref()),
                    Self::Event(row) => Cell::plain(row.message.as_str()),
                },
            },
            Column {
                key: "totalTokens",
                title: "Tokens",
                align: Align::Right,
                drop: 1,
                cell: |row, _| of_reply(row, |row| Cell::plain(number::step(row.total_tokens))),
            },
            Column {
                key: "cost",
                title: "Cost",
                align: Align::Right,
                drop: 1,
                cell: |row, _| of_reply(row, |row| Cell::money(row.cost, Some(row.cost_status))),
            },
            Column {
                key: "sessionCost",
                title: "Total",
                align: Align::Right,
                drop: 4,
                cell: |row, _| of_reply(row, |row| Cell::money(row.session_cost, None)),
            },
        ]
    }
}

fn of_reply(row: &StreamRow, cell: fn(&ActivityRow) -> Cell) -> Cell {
    match row {
        StreamRow::Activity(row) => cell(row),
        StreamRow::Event(_) => Cell::empty(),
    }
}
