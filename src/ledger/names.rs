//! Names: agents, models and origins, interned for the whole file.

use crate::core::turn::Origin;
use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;

/// The kind of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Agent = 0,
    /// `provider<TAB>model`.
    Model = 1,
    /// `branch<TAB>subagent<TAB>task`.
    Origin = 2,
}

/// All names, by row; rows are given out in order, so the new ones are those from `stored` on.
#[derive(Default)]
pub struct Names {
    texts: Vec<(Kind, String)>,
    rows: FxHashMap<(Kind, String), u32>,
    stored: usize,
}

impl Names {
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut names = Self::default();
        let mut statement = connection.prepare("select id, kind, text from name order by id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind = match row.get::<_, i64>(1)? {
                0 => Kind::Agent,
                1 => Kind::Model,
                _ => Kind::Origin,
            };
            // Rows count from 0 without gaps: nothing is ever deleted.
            let at: i64 = row.get(0)?;
            if usize::try_from(at) != Ok(names.texts.len()) {
                return Err(rusqlite::Error::IntegralValueOutOfRange(0, at));
            }
            names.add(kind, row.get(2)?);
        }
        names.stored = names.texts.len();
        Ok(names)
    }

    pub fn row(&mut self, kind: Kind, text: &str) -> u32 {
        match self.rows.get(&(kind, text.to_owned())) {
            Some(&row) => row,
            None => self.add(kind, text.to_owned()),
        }
    }

    pub fn find(&self, kind: Kind, text: &str) -> Option<u32> {
        self.rows.get(&(kind, text.to_owned())).copied()
    }

    pub fn model_row(&mut self, provider_id: &str, model_id: &str) -> u32 {
        self.row(Kind::Model, &format!("{provider_id}\t{model_id}"))
    }

    /// The row of an origin; 0, which always names an agent, where nothing is known.
    pub fn origin_row(&mut self, origin: &[String; 3]) -> u32 {
        if origin.iter().all(String::is_empty) {
            return 0;
        }
        let texts = origin.each_ref().map(|text| text.replace(['\t', '\n'], " "));
        self.row(Kind::Origin, &texts.join("\t"))
    }

    /// What a turn was made for.
    pub fn origin(&self, row: u32) -> Origin<'_> {
        let known = self.texts.get(row as usize).filter(|(kind, _)| *kind == Kind::Origin);
        let mut texts = known.map_or("", |(_, text)| text).splitn(3, '\t');
        let mut next = || texts.next().unwrap_or_default();
        Origin {
            branch: next(),
            subagent: next(),
            task: next(),
        }
    }

    /// The text of a row; empty for a row that a damaged pack made up.
    pub fn text(&self, row: u32) -> &str {
        self.texts.get(row as usize).map_or("", |(_, text)| text)
    }

    /// The agent of a row; `None` for a row that names something else.
    pub fn agent(&self, row: u32) -> Option<&str> {
        self.texts
            .get(row as usize)
            .filter(|(kind, _)| *kind == Kind::Agent)
            .map(|(_, text)| text.as_str())
    }

    /// The kind of a row's name.
    pub fn kind(&self, row: u32) -> Option<Kind> {
        self.texts.get(row as usize).map(|(kind, _)| *kind)
    }

    /// Provider and model of a row.
    pub fn model(&self, row: u32) -> (&str, &str) {
        self.text(row).split_once('\t').unwrap_or(("", ""))
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn add(&mut self, kind: Kind, text: String) -> u32 {
        let row = self.texts.len() as u32;
        self.rows.insert((kind, text.clone()), row);
        self.texts.push((kind, text));
        row
    }

    /// Writes the names that are not stored yet.
    pub fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("insert into name (id, kind, text) values (?1, ?2, ?3)")?;
        for (row, (kind, text)) in self.texts.iter().enumerate().skip(self.stored) {
            statement.execute(params![row as i64, *kind as i64, text])?;
        }
        Ok(())
    }

    /// Marks all names as stored.
    pub fn set_stored(&mut self) {
        self.stored = self.texts.len();
    }
}
