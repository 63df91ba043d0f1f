//! CSV and TSV: one column a key, unknown values are empty cells.

use super::{Flow, Writer};
use crate::render::keys::{Key, value_at};
use crate::render::{Output, OutputError, Row, text};
use anyhow::Result;
use serde_json::Value;
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// RFC 4180, with `\n` at the end of lines.
    Comma,
    /// Tabs, line ends and backslashes in values are written `\t`, `\n`, `\r`, `\\`.
    Tab,
}

/// Writes rows with the same columns.
pub(super) struct Delimited {
    delimiter: Delimiter,
    columns: Vec<String>,
    has_header: bool,
    line: Vec<u8>,
}

impl Delimited {
    /// Columns are keys that hold one value each, see [`crate::render::keys::leaves`].
    pub(super) fn new(delimiter: Delimiter, columns: Vec<Key>, has_header: bool) -> Self {
        Self {
            delimiter,
            columns: columns.into_iter().map(|key| key.path).collect(),
            has_header,
            line: Vec::new(),
        }
    }
}

impl<R: Row> Writer<R> for Delimited {
    fn begin(&mut self, output: &mut Output<'_>) -> Result<()> {
        if self.has_header {
            let names: Vec<Cow<str>> = self.columns.iter().map(|name| Cow::Borrowed(name.as_str())).collect();
            write(self.delimiter, &mut self.line, names)?;
            output.encoded(&self.line)?;
        }
        Ok(())
    }

    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        let row = serde_json::to_value(&row)?;
        // On a terminal, no cell may steer it.
        let is_terminal = output.is_terminal();
        let cells = self.columns.iter().map(|path| {
            let cell = cell(value_at(&row, path));
            if is_terminal {
                Cow::Owned(text::strip_control(&cell).into_owned())
            } else {
                cell
            }
        });
        write(self.delimiter, &mut self.line, cells)?;
        output.encoded(&self.line)?;
        Ok(Flow::Continue)
    }
}

/// A value as the text of a cell; lists stay JSON.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        // Without an exponent, which `bc` and some spreadsheets do not read.
        Value::Number(number) if number.is_f64() => Cow::Owned(number.as_f64().unwrap_or_default().to_string()),
        other => Cow::Owned(other.to_string()),
    }
}

fn write<'c>(
    delimiter: Delimiter,
    line: &mut Vec<u8>,
    cells: impl IntoIterator<Item = Cow<'c, str>>,
) -> Result<(), OutputError> {
    line.clear();
    match delimiter {
        Delimiter::Comma => {
            let mut writer = csv::WriterBuilder::new().from_writer(line);
            for cell in cells {
                writer.write_field(&*cell)?;
            }
            writer.write_record(None::<&[u8]>)?;
            writer.flush().map_err(OutputError)?;
        }
        Delimiter::Tab => {
            for (at, cell) in cells.into_iter().enumerate() {
                if at > 0 {
                    line.push(b'\t');
                }
                escape_tabs(&cell, line);
            }
            line.push(b'\n');
        }
    }
    Ok(())
}

fn escape_tabs(text: &str, line: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\t' => line.extend(b"\\t"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\\' => line.extend(b"\\\\"),
            _ => line.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(delimiter: Delimiter, row: &Value) -> String {
        let mut line = Vec::new();
        let cells = ["a", "t.b", "c", "d", "e"].map(|path| cell(value_at(row, path)));
        write(delimiter, &mut line, cells).expect("written to memory");
        String::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn escapes_what_would_end_a_cell() {
        let row = json!({"a": "x,\"y\"\n\tz\\", "t": {"b": 5}, "c": null, "d": 0.000001, "e": ["p/m"]});
        assert_eq!(
            line(Delimiter::Comma, &row),
            "\"x,\"\"y\"\"\n\tz\\\",5,,0.000001,\"[\"\"p/m\"\"]\"\n"
        );
        assert_eq!(
            line(Delimiter::Tab, &row),
            "x,\"y\"\\n\\tz\\\\\t5\t\t0.000001\t[\"p/m\"]\n"
        );
    }
}
