//! The table of `ttop creds`.

use crate::core::credential::State;
use crate::core::rows::CredRow;
use crate::render::{Align, Cell, Column, Row, Tone};

impl Row for CredRow {
    const NAME: &'static str = "cred";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.provider_id),
            },
            Column {
                key: "used",
                title: "Used",
                align: Align::Left,
                drop: 1,
                cell: |row, _| Cell::toned(if row.used { "used" } else { "" }, Tone::Good),
            },
            Column {
                key: "state",
                title: "State",
                align: Align::Left,
                drop: 0,
                cell: |row, _| {
                    let tone = match row.state {
                        State::Valid | State::NoExpiry => Tone::Good,
                        State::Expired if row.used => Tone::Critical,
                        State::Expired | State::Malformed => Tone::Warning,
                        State::Missing => Tone::Dim,
                    };
                    Cell::toned(row.state.name(), tone)
                },
            },
            Column {
                key: "kind",
                title: "Kind",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::plain(row.kind.name()),
            },
            Column {
                key: "origin",
                title: "Where",
                align: Align::Path,
                drop: 0,
                cell: |row, _| match &row.entry {
                    Some(entry) => Cell::plain(format!("{} {entry}", row.origin)),
                    None => Cell::plain(&*row.origin),
                },
            },
            Column {
                key: "expiresAt",
                title: "Expires",
                align: Align::Left,
                drop: 3,
                cell: |row, view| Cell::time(row.expires_at, view),
            },
            Column {
                key: "account",
                title: "Account",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::text(row.account.as_deref()),
            },
            Column {
                key: "fingerprint",
                title: "Fingerprint",
                align: Align::Left,
                drop: 4,
                cell: |row, _| Cell::toned(row.fingerprint.as_deref().unwrap_or_default(), Tone::Dim),
            },
            Column {
                key: "note",
                title: "Note",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::text(row.note.as_deref()),
            },
        ]
    }
}
