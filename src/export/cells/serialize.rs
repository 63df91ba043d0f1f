//! A row, serialized straight into cells, without a JSON value between.

use super::{Cells, Held, Unfit};
use crate::export::tables::{Column, ColumnKind, Table};
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeStruct, Serializer};
use std::fmt::{self, Display};

/// Fills the columns of a group.
pub(super) struct Columns<'w> {
    all: &'w [Column],
    group: usize,
    into: &'w mut Cells,
}

/// Where the value of a key goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Column(usize),
    /// Columns below this key.
    Group(usize),
    Absent,
}

impl<'w> Columns<'w> {
    /// Those of the row itself.
    pub(super) fn of(table: &'w Table, into: &'w mut Cells) -> Self {
        Self {
            all: &table.columns,
            group: 0,
            into,
        }
    }

    /// Where a key goes: compared with the path of each column.
    fn find(&mut self, key: &str) -> Place {
        let path = format!("{}{key}", self.into.groups[self.group]);
        if let Some(at) = self.all.iter().position(|column| column.path == path) {
            return Place::Column(at);
        }
        let prefix = path + ".";
        if !self.all.iter().any(|column| column.path.starts_with(&prefix)) {
            return Place::Absent;
        }
        let groups = &mut self.into.groups;
        let known = groups.iter().position(|known| *known == prefix);
        Place::Group(known.unwrap_or_else(|| {
            groups.push(prefix);
            groups.len() - 1
        }))
    }

    /// The same for a key that each row has: it is looked for once a table. Rows bring their keys in one order, so that the
    /// next one is known by its address.
    fn find_again(&mut self, key: &'static str) -> Place {
        let group = self.group;
        if let Some((of, known, place)) = self.into.places.get(self.into.next)
            && *of == group
            && std::ptr::eq(*known, key)
        {
            self.into.next += 1;
            return *place;
        }
        // After a key that a row leaves out, and at first.
        let mut known = self.into.places.iter();
        let at = known.position(|(of, known, _)| *of == group && *known == key);
        let at = at.unwrap_or_else(|| {
            let place = self.find(key);
            self.into.places.push((group, key, place));
            self.into.places.len() - 1
        });
        self.into.next = at + 1;
        self.into.places[at].2
    }

    fn put(&mut self, place: Place, value: &(impl Serialize + ?Sized)) -> Result<(), Unfit> {
        match place {
            Place::Absent => Ok(()),
            Place::Group(group) => {
                let above = std::mem::replace(&mut self.group, group);
                let taken = value.serialize(&mut *self);
                self.group = above;
                taken
            }
            Place::Column(at) => {
                if self.into.has_millis && self.all[at].millis.is_some() {
                    return Ok(());
                }
                if self.all[at].kind == ColumnKind::Json {
                    let text = serde_json::to_string(value).map_err(ser::Error::custom)?;
                    if text != "null" {
                        self.into.set_text(at, &text);
                    }
                    return Ok(());
                }
                value.serialize(Leaf { at, into: self.into })
            }
        }
    }
}

/// What neither a row nor a cell can be.
macro_rules! refuse {
    ($($name:ident($($type:ty),*)),* $(,)?) => {$(
        fn $name(self, $(_: $type),*) -> Result<Self::Ok, Unfit> {
            Err(ser::Error::custom(concat!("no cell holds ", stringify!($name))))
        }
    )*};
}

impl<'s, 'w> Serializer for &'s mut Columns<'w> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Impossible<(), Unfit>;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Fields<'s, 'w>;
    type SerializeStruct = Fields<'s, 'w>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    refuse!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
        serialize_unit_struct(&'static str),
        serialize_unit_variant(&'static str, u32, &'static str),
    );

    /// The cells below stay null.
    fn serialize_none(self) -> Result<(), Unfit> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        Err(ser::Error::custom("a row is no list"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        Err(ser::Error::custom("a row is no tuple"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        Err(ser::Error::custom("a row is no tuple"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(ser::Error::custom("a row is no tuple"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        Ok(Fields {
            columns: self,
            key: String::new(),
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unfit> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(ser::Error::custom("a row is no variant"))
    }
}

pub(super) struct Fields<'s, 'w> {
    columns: &'s mut Columns<'w>,
    /// Of a map: flattened fields come as one.
    key: String,
}

impl SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unfit> {
        let place = self.columns.find_again(key);
        self.columns.put(place, value)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl SerializeMap for Fields<'_, '_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unfit> {
        let text = serde_json::to_string(key).map_err(ser::Error::custom)?;
        self.key = text.trim_matches('"').to_owned();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        let key = std::mem::take(&mut self.key);
        let place = self.columns.find(&key);
        self.columns.put(place, value)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

/// Fills one cell.
struct Leaf<'w> {
    at: usize,
    into: &'w mut Cells,
}

impl Leaf<'_> {
    fn hold(self, held: Held) -> Result<(), Unfit> {
        self.into.cells[self.at] = held;
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident($type:ty)),*) => {$(
        fn $name(self, value: $type) -> Result<(), Unfit> {
            self.hold(Held::Integer(i64::from(value)))
        }
    )*};
}

impl Serializer for Leaf<'_> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Impossible<(), Unfit>;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Impossible<(), Unfit>;
    type SerializeStruct = Impossible<(), Unfit>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    integers!(
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32)
    );

    refuse!(serialize_bytes(&[u8]), serialize_unit_struct(&'static str));

    fn serialize_u64(self, value: u64) -> Result<(), Unfit> {
        let number = i64::try_from(value).map_err(|_| Unfit(format!("{value} is too large for a column")))?;
        self.hold(Held::Integer(number))
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.hold(Held::Flag(value))
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unfit> {
        self.hold(Held::Number(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unfit> {
        self.hold(Held::Number(value))
    }

    fn serialize_char(self, value: char) -> Result<(), Unfit> {
        self.into.set_text(self.at, value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unfit> {
        self.into.set_text(self.at, value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        use fmt::Write;
        let start = self.into.text.len();
        write!(self.into.text, "{value}").map_err(ser::Error::custom)?;
        let end = self.into.text.len();
        self.hold(Held::Text(start..end))
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unfit> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        Err(ser::Error::custom("a cell is no list"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        Err(ser::Error::custom("a cell is no tuple"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        Err(ser::Error::custom("a cell is no tuple"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(ser::Error::custom("a cell is no tuple"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        Err(ser::Error::custom("a cell is no object"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unfit> {
        Err(ser::Error::custom("a cell is no object"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(ser::Error::custom("a cell is no object"))
    }
}
