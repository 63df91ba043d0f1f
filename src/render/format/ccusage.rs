//! `-o ccusage`: one document in the shape of ccusage's reports, for the commands that have it.

use super::{End, Flow, Writer};
use crate::core::bad_request::BadRequest;
use crate::render::fields::Fields;
use crate::render::print::MakeDocument;
use crate::render::{Output, Row};
use anyhow::Result;

pub(super) struct Ccusage<R> {
    rows: Vec<R>,
    make: MakeDocument<R>,
}

impl<R> Ccusage<R> {
    /// # Errors
    /// When the command has no such document, or fields are chosen: a wrong command line.
    pub(super) fn new(fields: Option<Fields>, make: Option<MakeDocument<R>>) -> Result<Self, BadRequest> {
        let Some(make) = make else {
            return Err(
                BadRequest::new("-o ccusage supports daily, weekly, monthly and session costs")
                    .with_hint("ttop cost --by day -o ccusage"),
            );
        };
        if fields.is_some() {
            return Err(BadRequest::new("-o ccusage has fixed keys and takes no --fields"));
        }
        Ok(Self { rows: Vec::new(), make })
    }
}

impl<R: Row> Writer<R> for Ccusage<R> {
    fn row(&mut self, row: R, _: &mut Output<'_>) -> Result<Flow> {
        self.rows.push(row);
        Ok(Flow::Continue)
    }

    fn end(self: Box<Self>, _: End<R>, output: &mut Output<'_>) -> Result<()> {
        output.json_pretty(&(self.make)(self.rows))?;
        output.encoded(b"\n")?;
        Ok(())
    }
}
