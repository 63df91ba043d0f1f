//! JSON: one array, one row per line.

use super::ndjson::write_row;
use super::{End, Flow, Writer};
use crate::render::fields::Fields;
use crate::render::{Output, Row};
use anyhow::Result;

pub(super) struct Json {
    fields: Option<Fields>,
    has_rows: bool,
}

impl Json {
    pub(super) fn new(fields: Option<Fields>) -> Self {
        Self {
            fields,
            has_rows: false,
        }
    }
}

impl<R: Row> Writer<R> for Json {
    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        output.encoded(if self.has_rows { b",\n" } else { b"[\n" })?;
        self.has_rows = true;
        write_row(self.fields.as_ref(), &row, output)?;
        Ok(Flow::Continue)
    }

    fn end(self: Box<Self>, _: End<R>, output: &mut Output<'_>) -> Result<()> {
        output.encoded(if self.has_rows { b"\n]\n" } else { b"[]\n" })?;
        Ok(())
    }
}
