//! The table of `ttop creds`.

use crate::core::credential::{READABLE, State};
use crate::core::rows::CredRow;
use crate::render::{Cell, Column, Row, Tone};

impl Row for CredRow {
    const NAME: &'static str = "cred";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("providerId", "Provider", 0, |row, _| Cell::plain(&*row.provider_id)),
        Column::text("used", "Used", 1, |row, _| {
            Cell::toned(if row.used { "yes" } else { "" }, Tone::Good)
        }),
        Column::text("state", "State", 0, |row, _| {
            let tone = match row.state {
                State::Valid | State::NoExpiry => Tone::Good,
                State::Expired if row.used => Tone::Critical,
                State::Expired | State::Malformed => Tone::Warning,
                State::Missing => Tone::Dim,
            };
            Cell::toned(row.state.name(), tone)
        }),
        Column::text("kind", "Kind", 3, |row, _| Cell::plain(row.kind.name())),
        Column::path("origin", "Where", 0, |row, _| match &row.entry {
            Some(entry) => Cell::plain(format!("{} {entry}", row.origin)),
            None => Cell::plain(&*row.origin),
        }),
        Column::text("expiresAt", "Expires", 3, |row, view| Cell::time(row.expires_at, view)),
        Column::text("account", "Account", 2, |row, _| Cell::text(row.account.as_deref())),
        Column::text("fingerprint", "Fingerprint", 4, |row, _| {
            Cell::toned(row.fingerprint.as_deref().unwrap_or_default(), Tone::Dim)
        }),
    ];
}

/// What the credentials have to add, below the table: how to get them, or who can read their file. Those of one file
/// share a line.
pub fn advice(rows: &[CredRow]) -> Vec<String> {
    let mut notes: Vec<(&str, Option<&str>, Vec<&str>)> = Vec::new();
    for row in rows {
        let Some(note) = row.note.as_deref() else { continue };
        let file = note.ends_with(READABLE).then_some(&*row.origin);
        match notes
            .iter_mut()
            .find(|(known, of, _)| file.is_some() && *known == note && *of == file)
        {
            Some((_, _, providers)) if providers.contains(&&*row.provider_id) => {}
            Some((_, _, providers)) => providers.push(&row.provider_id),
            None => notes.push((note, file, vec![&row.provider_id])),
        }
    }
    let line = |(note, file, providers): (&str, Option<&str>, Vec<&str>)| match file {
        Some(file) => format!("{}: {note}; to keep it private: chmod 600 {file}", providers.join(", ")),
        None => format!("{}: {note}", providers.join(", ")),
    };
    notes.into_iter().map(line).collect()
}
