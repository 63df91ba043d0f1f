//! NDJSON: one JSON object per line.

use super::{Flow, Writer};
use crate::render::fields::Fields;
use crate::render::{Output, Row};
use anyhow::Result;

/// All keys of a row, or the fields asked for.
pub(super) struct Ndjson(pub Option<Fields>);

impl<R: Row> Writer<R> for Ndjson {
    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        write_row(self.0.as_ref(), &row, output)?;
        output.encoded(b"\n")?;
        Ok(Flow::Continue)
    }
}

/// Writes a row as one JSON object.
pub(super) fn write_row<R: Row>(fields: Option<&Fields>, row: &R, output: &mut Output<'_>) -> Result<()> {
    match fields {
        None => output.json(row)?,
        Some(fields) => output.json(&fields.pick(&serde_json::to_value(row)?))?,
    }
    Ok(())
}
