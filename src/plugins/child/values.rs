//! Values of the plugin as JSON: read field by field, once, within limits.

use rquickjs::object::Filter;
use rquickjs::{Array, Ctx, Error, Exception, Function, Object, Result, Value};
use std::cell::Cell;

/// One more character than a text may have, so that ttop sees that it was longer.
const MOST_CHARS: usize = 4097;
const MOST_DEPTH: usize = 64;
/// Values in one result, or in one row of a list.
const MOST_NODES: usize = 20_000;
/// Rows in one list.
pub(super) const MOST_ROWS: usize = 1_000_000;

/// Reads values; knows how the engine tells dates.
pub(super) struct Reader<'a, 'js> {
    pub ctx: &'a Ctx<'js>,
    /// The text of a date as JSON has it; `undefined` for anything else.
    date_text: Function<'js>,
    /// Whether a value is a list, proxies of lists included.
    is_array: Function<'js>,
    /// A text whose halves of characters are marks.
    well_formed: Function<'js>,
    /// Functions are marked instead of left out.
    pub marks_functions: bool,
    nodes: Cell<usize>,
    /// Something was left out: too deep, or too much.
    is_cut: Cell<bool>,
}

impl<'a, 'js> Reader<'a, 'js> {
    /// # Errors
    /// When the prelude lacks what tells kinds apart.
    pub(super) fn new(ctx: &'a Ctx<'js>, core: &Object<'js>) -> Result<Self> {
        Ok(Self {
            ctx,
            date_text: core.get("dateText")?,
            is_array: core.get("isArray")?,
            well_formed: core.get("wellFormed")?,
            marks_functions: false,
            nodes: Cell::new(0),
            is_cut: Cell::new(false),
        })
    }

    /// Whether a value is a list.
    ///
    /// # Errors
    /// When a proxy was revoked.
    pub(super) fn is_list(&self, value: &Value<'js>) -> Result<bool> {
        Ok(value.is_array() || (value.is_object() && self.is_array.call((value.clone(),))?))
    }

    /// The JSON of a value of which nothing may be left out.
    ///
    /// # Errors
    /// As [`Reader::read`], and when there is too much of it.
    pub(super) fn read_whole(&self, name: &str, value: &Value<'js>) -> Result<Option<serde_json::Value>> {
        self.is_cut.set(false);
        let read = self.read(value)?;
        if self.is_cut.get() {
            let message = format!("{name} has more than {MOST_NODES} values or {MOST_DEPTH} levels");
            return Err(Exception::throw_range(self.ctx, &message));
        }
        Ok(read)
    }

    /// The JSON of a value; `None` where JSON has none.
    ///
    /// # Errors
    /// What a getter throws, and lists that are too long.
    pub(super) fn read(&self, value: &Value<'js>) -> Result<Option<serde_json::Value>> {
        self.nodes.set(0);
        self.at_depth(value, 0)
    }

    fn at_depth(&self, value: &Value<'js>, depth: usize) -> Result<Option<serde_json::Value>> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MOST_NODES || depth > MOST_DEPTH {
            self.is_cut.set(true);
            return Ok(None);
        }
        if value.is_function() {
            return Ok(self.marks_functions.then(|| serde_json::json!({"$function": true})));
        }
        if let Some(boolean) = value.as_bool() {
            return Ok(Some(boolean.into()));
        }
        if let Some(integer) = value.as_int() {
            return Ok(Some(integer.into()));
        }
        if let Some(number) = value.as_float() {
            return Ok(Some(number_json(number)));
        }
        if let Some(text) = value.as_string() {
            return Ok(Some(self.text(text)?.into()));
        }
        if value.is_null() || value.type_of() == rquickjs::Type::BigInt {
            return Ok(Some(serde_json::Value::Null));
        }
        if self.is_list(value)? {
            return self.array(value, depth).map(Some);
        }
        match value.as_object() {
            Some(object) => self.object(object, depth).map(Some),
            None => Ok(None),
        }
    }

    fn text(&self, text: &rquickjs::String<'js>) -> Result<String> {
        match text.to_string() {
            Ok(text) => Ok(cut(text)),
            Err(_) => {
                let marked: rquickjs::String = self.well_formed.call((text.clone(),))?;
                Ok(text_of(&marked))
            }
        }
    }

    fn array(&self, value: &Value<'js>, depth: usize) -> Result<serde_json::Value> {
        let length = length_of(self.ctx, value)?;
        let object = object_of(value)?;
        let mut list = Vec::new();
        for index in 0..length {
            if self.nodes.get() > MOST_NODES {
                self.is_cut.set(true);
                break;
            }
            let item: Value = object.get(index_key(index))?;
            list.push(self.at_depth(&item, depth + 1)?.unwrap_or_default());
        }
        Ok(list.into())
    }

    fn object(&self, object: &Object<'js>, depth: usize) -> Result<serde_json::Value> {
        let mut map = serde_json::Map::new();
        for key in object.own_keys::<rquickjs::String>(Filter::new().string().enum_only()) {
            let key = key?;
            let value: Value = object.get(key.clone())?;
            if let Some(value) = self.at_depth(&value, depth + 1)? {
                map.insert(self.text(&key)?, value);
            }
            if self.nodes.get() > MOST_NODES {
                self.is_cut.set(true);
                break;
            }
        }
        if map.is_empty()
            && let Some(text) = self.date_text.call::<_, Option<Option<String>>>((object.clone(),))?
        {
            return Ok(text.map_or(serde_json::Value::Null, Into::into));
        }
        Ok(map.into())
    }
}

/// The length of a list.
///
/// # Errors
/// When it is no list, or longer than [`MOST_ROWS`].
pub(super) fn length_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<usize> {
    let length: f64 = object_of(value)?.get("length")?;
    if length.is_nan() || length < 0.0 || length > MOST_ROWS as f64 {
        let message = format!("the list has {length} entries: at most {MOST_ROWS} are taken");
        return Err(Exception::throw_range(ctx, &message));
    }
    // Within bounds, as just checked.
    Ok(length as usize)
}

/// One entry of a list, as its own value with limits of its own.
pub(super) fn entry<'js>(value: &Value<'js>, index: usize) -> Result<Value<'js>> {
    object_of(value)?.get(index_key(index))
}

fn index_key(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn object_of<'js>(value: &Value<'js>) -> Result<Object<'js>> {
    if let Some(array) = value.as_array() {
        let array: &Array = array;
        return Ok(array.as_object().clone());
    }
    value.as_object().cloned().ok_or(Error::new_from_js("value", "object"))
}

/// Whole numbers as such: JSON of the other side must not turn 2 into 2.0.
fn number_json(number: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return (number as i64).into();
    }
    serde_json::Number::from_f64(number).map_or(serde_json::Value::Null, Into::into)
}

/// The text, cut; what is no Unicode text becomes a mark.
pub(super) fn text_of(text: &rquickjs::String<'_>) -> String {
    text.to_string().map_or_else(|_| "\u{fffd}".to_owned(), cut)
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MOST_CHARS) {
        text.truncate(at);
    }
    text
}
