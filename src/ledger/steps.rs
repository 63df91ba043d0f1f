//! Steps: how the file of an older ttop becomes one of this version, with everything it holds.

use rusqlite::{Connection, TransactionBehavior};

/// The migration of each version, starting with the second. Add a step; never edit one.
const STEPS: [&str; 3] = [
    // 2: packs have a column of fees. Tables stay; the number keeps an older ttop from taking such packs for damage.
    "", // 3: packs have a column of origins, and names may be origins.
    "", // 4: packs leave out keys of records that follow from other columns, and what ids share.
    "",
];

/// The version of a file that went up every step; a file of a newer one is left alone.
pub const VERSION: i32 = 1 + STEPS.len() as i32;

/// Takes a file up every step that it lacks, all or none.
///
/// # Errors
/// When the file cannot be written, or another process writes it.
pub fn climb(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been here since the version was read.
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in missing(version) {
        transaction.execute_batch(step)?;
    }
    if version < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Whether a file of an older version reads like one of this version.
pub fn reads_alike(version: i32) -> bool {
    missing(version).iter().all(|step| step.is_empty())
}

fn missing(version: i32) -> &'static [&'static str] {
    let done = usize::try_from(version - 1).unwrap_or(0);
    STEPS.get(done..).unwrap_or_default()
}
