//! CSV: a file for each table, replaced when it is complete.

use super::sql::plain;
use super::tables::Table;
use super::{Cells, Target};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder of files: `turns-HOST.csv`.
pub(crate) struct Csv {
    folder: PathBuf,
    exporter: String,
    null: &'static str,
    writer: Option<csv::Writer<File>>,
    file: Option<NamedTempFile>,
}

impl Csv {
    /// Writes null as an empty field.
    ///
    /// # Errors
    /// When there is no such folder and none can be made.
    pub(crate) fn new(folder: &Path, exporter: &str) -> Result<Self> {
        Self::with_null(folder, exporter, "")
    }

    /// The same, with null as this text.
    ///
    /// # Errors
    /// When there is no such folder and none can be made.
    pub(crate) fn with_null(folder: &Path, exporter: &str, null: &'static str) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            exporter: exporter.to_owned(),
            null,
            writer: None,
            file: None,
        })
    }
}

/// The file of a table: several machines export into one folder.
pub(super) fn path_of(folder: &Path, table: &Table, exporter: &str, extension: &str) -> PathBuf {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let host: String = exporter.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    folder.join(format!("{}-{host}.{extension}", table.name))
}

impl Target for Csv {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let file = NamedTempFile::new_in(&self.folder)?;
        let mut writer = csv::Writer::from_writer(file.reopen()?);
        writer.write_record(table.columns.iter().map(|column| &*column.name))?;
        (self.file, self.writer) = (Some(file), Some(writer));
        Ok(())
    }

    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()> {
        let writer = self.writer.as_mut().context("no table was begun")?;
        for (cell, column) in cells.iter().zip(&table.columns) {
            match plain(cell, column.kind) {
                Some(value) => writer.write_field(&*value)?,
                None => writer.write_field(self.null)?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        if let Some(mut writer) = self.writer.take() {
            writer.flush()?;
        }
        let path = path_of(&self.folder, table, &self.exporter, "csv");
        if let Some(file) = self.file.take() {
            file.persist(&path)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}
