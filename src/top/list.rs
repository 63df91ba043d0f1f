//! Lists: which rows are shown, in which order, and where the cursor is.

use crate::core::money::{CostStatus, Money};
use crate::core::text::Printable;
use crate::render::{Cell, View as Reader};
use std::cmp::Ordering;

/// A column of a list.
pub struct Col<R: 'static> {
    /// The key of the row that it shows, which is its name in the sort overlay.
    pub key: &'static str,
    pub title: &'static str,
    pub width: Width,
    /// The list's width from which on the column is shown.
    pub from: u16,
    pub value: Value<R>,
}

/// What a column shows of a row, and how rows are ordered by it.
pub enum Value<R: 'static> {
    Text(for<'r> fn(&'r R) -> Option<&'r str>),
    /// A folder.
    Path(for<'r> fn(&'r R) -> Option<&'r str>),
    Count(fn(&R) -> Option<u64>),
    Tokens(fn(&R) -> Option<u64>),
    Money(fn(&R) -> (Option<Money>, Option<CostStatus>)),
    /// Epoch milliseconds.
    Time(fn(&R) -> Option<i64>),
    Own {
        is_number: bool,
        cell: fn(&R, &Reader) -> Cell,
        sort: for<'r> fn(&'r R) -> SortKey<'r>,
    },
}

impl<R: 'static> Col<R> {
    pub const fn new(key: &'static str, title: &'static str, width: Width, from: u16, value: Value<R>) -> Self {
        Self {
            key,
            title,
            width,
            from,
            value,
        }
    }

    /// A number, which is written at the right.
    pub const fn is_number(&self) -> bool {
        match self.value {
            Value::Text(_) | Value::Path(_) | Value::Time(_) => false,
            Value::Count(_) | Value::Tokens(_) | Value::Money(_) => true,
            Value::Own { is_number, .. } => is_number,
        }
    }

    pub fn cell(&self, row: &R, reader: &Reader) -> Cell {
        match self.value {
            Value::Text(read) => plain(read(row).unwrap_or_default()),
            Value::Path(read) => Cell::path(read(row), reader),
            Value::Count(read) => read(row).map_or_else(Cell::empty, Cell::count),
            Value::Tokens(read) => Cell::tokens(read(row)),
            Value::Money(read) => {
                let (cost, status) = read(row);
                Cell::money(cost, status)
            }
            Value::Time(read) => Cell::time(read(row), reader),
            Value::Own { cell, .. } => cell(row, reader),
        }
    }

    pub fn sort<'r>(&self, row: &'r R) -> SortKey<'r> {
        match self.value {
            Value::Text(read) | Value::Path(read) => SortKey::text(read(row)),
            Value::Count(read) | Value::Tokens(read) => SortKey::count(read(row)),
            Value::Money(read) => SortKey::int(read(row).0.map(Money::nanos)),
            Value::Time(read) => SortKey::int(read(row)),
            Value::Own { sort, .. } => sort(row),
        }
    }
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Fixed(u16),
    /// A share of what is left.
    Flexible(u16),
}

/// The value a row is sorted by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SortKey<'r> {
    Unknown,
    Int(i64),
    Float(f64),
    Text(&'r str),
}

impl<'r> SortKey<'r> {
    pub fn text(text: Option<&'r str>) -> Self {
        text.map_or(Self::Unknown, Self::Text)
    }

    pub fn int(number: Option<i64>) -> Self {
        number.map_or(Self::Unknown, Self::Int)
    }

    pub fn count(number: Option<u64>) -> Self {
        Self::int(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }

    pub fn float(number: Option<f64>) -> Self {
        number.map_or(Self::Unknown, Self::Float)
    }

    /// Unknown values are last both ways, as in the tables of commands.
    fn compare(self, other: Self, is_descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Unknown, Self::Unknown) => return Ordering::Equal,
            (Self::Unknown, _) => return Ordering::Greater,
            (_, Self::Unknown) => return Ordering::Less,
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        if is_descending { order.reverse() } else { order }
    }
}

/// A row that a list can hold.
pub trait Listed: Sized + 'static {
    const COLS: &'static [Col<Self>];

    /// What the row is known by when others come.
    fn id(&self) -> String;

    /// Hands on every text that plain words of the filter are looked for in.
    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str));

    /// The cost that `$>1` is compared with, in dollars.
    fn dollars(&self) -> Option<f64>;

    /// What a second line of the row has, where there is room for one.
    fn second(&self, _: &Reader) -> String {
        String::new()
    }

    /// Rows of a group stay together, those of none come first.
    fn group(&self) -> Option<&str> {
        None
    }
}

/// The state of a list.
#[derive(Clone, Debug)]
pub struct List {
    /// The position in `order`.
    pub cursor: usize,
    /// The first row on the screen.
    pub offset: usize,
    /// The column it is sorted by.
    pub sort: usize,
    pub is_descending: bool,
    /// The rows that pass the filter, in their order.
    pub order: Vec<usize>,
    /// The id of the row under the cursor.
    anchor: Option<String>,
}

impl List {
    pub fn new(sort: usize, is_descending: bool) -> Self {
        Self {
            cursor: 0,
            offset: 0,
            sort,
            is_descending,
            order: Vec::new(),
            anchor: None,
        }
    }

    /// Takes other rows, or another filter or order. The cursor stays on its row, or else in its place.
    pub fn arrange<R: Listed>(&mut self, rows: &[R], words: &Words) {
        self.order.clear();
        self.order
            .extend((0..rows.len()).filter(|&at| words.is_empty() || words.matches(&rows[at])));
        if let Some(col) = R::COLS.get(self.sort) {
            let is_descending = self.is_descending;
            self.order.sort_by(|&a, &b| {
                let (a, b) = (&rows[a], &rows[b]);
                let order = a.group().cmp(&b.group());
                order.then_with(|| col.sort(a).compare(col.sort(b), is_descending))
            });
        }
        let at = self.anchor.as_ref().filter(|_| self.cursor > 0);
        let at = at.and_then(|id| self.order.iter().position(|&row| rows[row].id() == *id));
        self.cursor = at.unwrap_or(self.cursor).min(self.order.len().saturating_sub(1));
        self.anchor = self.selected(rows).map(Listed::id);
    }

    pub fn selected<'r, R>(&self, rows: &'r [R]) -> Option<&'r R> {
        rows.get(*self.order.get(self.cursor)?)
    }

    /// Moves the cursor by so many rows, on a page of this height.
    pub fn step<R: Listed>(&mut self, by: isize, page: usize, rows: &[R]) {
        let last = self.order.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.anchor = self.selected(rows).map(Listed::id);
        self.scroll(page);
    }

    /// Keeps the cursor on the page.
    pub fn scroll(&mut self, page: usize) {
        let page = page.max(1);
        if self.cursor < self.offset {
            self.offset = self.cursor;
        } else if self.cursor >= self.offset + page {
            self.offset = self.cursor + 1 - page;
        }
        self.offset = self.offset.min(self.order.len().saturating_sub(page));
    }
}

/// The plain words of a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// In lower case; a row must have each of them.
    pub texts: Vec<String>,
    /// Only rows that cost more dollars.
    pub above: Option<f64>,
    /// Only rows that cost fewer dollars.
    pub below: Option<f64>,
}

impl Words {
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.above.is_none() && self.below.is_none()
    }

    fn matches<R: Listed>(&self, row: &R) -> bool {
        let is_within = self
            .above
            .is_none_or(|least| row.dollars().is_some_and(|cost| cost > least))
            && self
                .below
                .is_none_or(|most| row.dollars().is_some_and(|cost| cost < most));
        let has = |word: &String| {
            let mut is_found = false;
            row.texts(&mut |text| is_found = is_found || contains(text, word));
            is_found
        };
        is_within && self.texts.iter().all(has)
    }
}

/// Whether a text has a lower-case word in it, whatever its case.
fn contains(text: &str, word: &str) -> bool {
    if text.is_ascii() && word.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

/// A cell of text that may be anything.
pub(super) fn plain(text: &str) -> Cell {
    Cell::plain(Printable::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Listed for (i64, &'static str) {
        const COLS: &'static [Col<Self>] = &[Col::new(
            "number",
            "Number",
            Width::Fixed(5),
            0,
            Value::Count(|row| u64::try_from(row.0).ok()),
        )];

        fn id(&self) -> String {
            self.1.to_owned()
        }

        fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
            found(self.1);
        }

        fn dollars(&self) -> Option<f64> {
            (self.0 >= 0).then_some(self.0 as f64)
        }
    }

    const ROWS: [(i64, &str); 4] = [(3, "Über"), (-1, "unknown"), (9, "nine"), (5, "five")];

    #[test]
    fn unknown_values_are_last_both_ways() {
        let mut list = List::new(0, false);
        list.arrange(&ROWS, &Words::default());
        assert_eq!(list.order, [0, 3, 2, 1]);
        list.is_descending = true;
        list.arrange(&ROWS, &Words::default());
        assert_eq!(list.order, [2, 3, 0, 1]);
    }

    #[test]
    fn the_cursor_stays_on_its_row_when_rows_move() {
        let mut list = List::new(0, false);
        list.arrange(&ROWS, &Words::default());
        list.step(1, 10, &ROWS);
        assert_eq!(list.selected(&ROWS), Some(&(5, "five")));
        list.arrange(&ROWS[2..], &Words::default());
        assert_eq!(list.selected(&ROWS[2..]), Some(&(5, "five")));
        list.arrange::<(i64, &str)>(&[], &Words::default());
        list.step(5, 0, &ROWS[..0]);
        assert_eq!(list.selected(&ROWS[..0]), None);
    }

    #[test]
    fn words_are_found_whatever_their_case_and_costs_are_compared() {
        let words = |texts: &[&str], above| Words {
            texts: texts.iter().map(|&text| text.to_owned()).collect(),
            above,
            below: None,
        };
        assert!(words(&["über"], None).matches(&ROWS[0]));
        assert!(words(&["in"], None).matches(&ROWS[2]));
        assert!(!words(&["in", "x"], None).matches(&ROWS[2]));
        assert!(words(&[], Some(4.0)).matches(&ROWS[3]));
        assert!(
            !words(&[], Some(4.0)).matches(&ROWS[1]),
            "an unknown cost is not above anything"
        );
    }
}
