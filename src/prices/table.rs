//! A price file in memory: sorted lines, searched as bytes, so that nothing is parsed before it is asked for.

use super::line::Entry;
use memchr::{memchr, memrchr};
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// `# ttop prices 1, models.dev 2026-09-28, 0123456789abcdef` and then lines in byte order. The last word is a hash of
/// the lines: a file that was cut or mixed up would be searched wrongly.
const HEAD: &str = "# ttop prices 1, ";

/// A whole price file.
#[derive(Clone, Debug)]
pub(super) struct Table {
    name: String,
    lines: Cow<'static, [u8]>,
}

/// Entries of one model, oldest first.
pub(super) type Entries = Vec<Entry>;

impl Table {
    /// A list that is built in.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub(super) fn built_in(file: &'static [u8]) -> Self {
        let (name, _, lines) = split(file).expect("the built-in list has a head");
        Self {
            name: name.to_owned(),
            lines: Cow::Borrowed(lines),
        }
    }

    /// A file that was read; `None` if it is damaged or not of this version.
    pub(super) fn parse(file: &[u8]) -> Option<Self> {
        let (name, hash, lines) = split(file)?;
        (hash == xxh3_64(lines)).then(|| Self {
            name: name.to_owned(),
            lines: Cow::Owned(lines.to_vec()),
        })
    }

    /// Where the list comes from and of which day it is: `models.dev 2026-09-28`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The day the list is of: `2026-09-28`.
    pub(super) fn day(&self) -> &str {
        self.name.rsplit(' ').next().unwrap_or_default()
    }

    /// Oldest first, empty where the model is not listed.
    pub(super) fn entries(&self, provider_id: &str, model_id: &str) -> Entries {
        let key = format!("{provider_id}\t{model_id}\t");
        let found = self.lines_from(&key);
        found.filter_map(|line| Entry::parse(line.get(key.len()..)?)).collect()
    }

    /// The model ids of a provider that start with a text, in byte order; each once.
    pub(super) fn models<'a>(&'a self, provider_id: &str, start: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut last = "";
        self.lines_from(&format!("{provider_id}\t{start}"))
            .filter_map(move |line| {
                let model = line.split('\t').nth(1)?;
                (std::mem::replace(&mut last, model) != model).then_some(model)
            })
    }

    /// Every provider and model, in byte order; each once.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut last = ("", "");
        self.lines_from("").filter_map(move |line| {
            let mut fields = line.split('\t');
            let key = (fields.next()?, fields.next()?);
            (std::mem::replace(&mut last, key) != key).then_some(key)
        })
    }

    /// The lines that start with a text.
    fn lines_from<'a>(&'a self, start: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let start = start.as_bytes().to_vec();
        let mut at = self.first_from(&start);
        std::iter::from_fn(move || {
            let rest = self.lines.get(at..)?;
            let line = &rest[..memchr(b'\n', rest)?];
            at += line.len() + 1;
            line.starts_with(&start).then_some(line)
        })
        .filter_map(|line| std::str::from_utf8(line).ok())
    }

    /// Where the first line begins that is not smaller than a text.
    fn first_from(&self, text: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.lines.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let begin = memrchr(b'\n', &self.lines[low..middle]).map_or(low, |at| low + at + 1);
            let end = memchr(b'\n', &self.lines[begin..]).map_or(self.lines.len(), |at| begin + at);
            if &self.lines[begin..end] < text {
                low = (end + 1).min(self.lines.len());
            } else {
                high = begin;
            }
        }
        low
    }
}

/// Name, hash and lines of a file.
fn split(file: &[u8]) -> Option<(&str, u64, &[u8])> {
    let end = memchr(b'\n', file)?;
    let head = std::str::from_utf8(&file[..end]).ok()?.strip_prefix(HEAD)?;
    let (name, hash) = head.split_once(", ")?;
    Some((name, u64::from_str_radix(hash, 16).ok()?, &file[end + 1..]))
}

/// Entries by provider and model, from which a new file is written.
pub(super) type Listed = BTreeMap<(String, String), Entries>;

/// The text of a file.
pub(super) fn write(name: &str, listed: &Listed) -> String {
    let mut lines: Vec<String> = listed
        .iter()
        .flat_map(|((provider, model), entries)| entries.iter().map(|entry| entry.line(provider, model)))
        .collect();
    lines.sort_unstable();
    let lines = lines.concat();
    format!("{HEAD}{name}, {:016x}\n{lines}", xxh3_64(lines.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(lines: &[&str]) -> Listed {
        let mut listed = Listed::new();
        for line in lines {
            let mut fields = line.splitn(3, ' ');
            let mut next = || fields.next().expect("a field").to_owned();
            let key = (next(), next());
            let entry = Entry::parse(&next().replace(' ', "\t")).expect("an entry");
            listed.entry(key).or_default().push(entry);
        }
        listed
    }

    fn table(lines: &[&str]) -> Table {
        Table::parse(write("test 2026-01-02", &listed(lines)).as_bytes()).expect("a table")
    }

    const LINES: [&str; 7] = [
        "a m  1 1 - - -",
        "a m 2026-11-20T00:00:00.000Z 2 2 - - -",
        "a m-2  3 3 - - -",
        "a m.1  4 4 - - -",
        "a-b m  5 5 - - -",
        "b m/x:free  6 6 - - -",
        "b z  7 7 - - -",
    ];

    #[test]
    fn finds_every_line_and_nothing_else() {
        for length in 0..=LINES.len() {
            let (inside, outside) = LINES.split_at(length);
            let table = table(inside);
            for line in inside {
                let [provider, model] = [0, 1].map(|at| line.split(' ').nth(at).expect("a field"));
                assert!(!table.entries(provider, model).is_empty(), "{line} in {length}");
            }
            for line in outside.iter().filter(|line| !line.starts_with("a m ")) {
                let [provider, model] = [0, 1].map(|at| line.split(' ').nth(at).expect("a field"));
                assert!(table.entries(provider, model).is_empty(), "{line} in {length}");
            }
        }
        let table = table(&LINES);
        let inputs: Vec<u64> = table
            .entries("a", "m")
            .iter()
            .map(|entry| entry.standard.base().input)
            .collect();
        assert_eq!(inputs, [1_000_000_000, 2_000_000_000]);
        for (provider, model) in [
            ("a", ""),
            ("", "m"),
            ("a", "M"),
            ("a", "m-"),
            ("b", "m/x"),
            ("c", "m"),
            ("z", "z"),
        ] {
            assert!(table.entries(provider, model).is_empty(), "{provider}/{model}");
        }
    }

    #[test]
    fn lists_models_once() {
        let table = table(&LINES);
        assert_eq!(table.models("a", "m").collect::<Vec<_>>(), ["m", "m-2", "m.1"]);
        assert_eq!(table.models("a", "m-").collect::<Vec<_>>(), ["m-2"]);
        assert_eq!(table.all().count(), 6);
        assert_eq!((table.name(), table.day()), ("test 2026-01-02", "2026-01-02"));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let text = write("test", &listed(&LINES));
        assert!(Table::parse(text.as_bytes()).is_some());
        for damaged in [
            &text[..text.len() - 1],
            &text.replace('5', "8"),
            "",
            "provider\tmodel\n",
            &text[1..],
        ] {
            assert!(Table::parse(damaged.as_bytes()).is_none());
        }
    }
}
