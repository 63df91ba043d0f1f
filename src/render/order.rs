//! Sorting and limiting rows: nulls sort last, whichever way.

use super::Row;
use super::keys::{self, Key, Kind};
use crate::core::bad_request::BadRequest;
use anyhow::Result;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::VecDeque;

/// `--sort key[:desc]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    path: String,
    is_descending: bool,
}

impl Sort {
    /// # Errors
    /// When the rows have no such key, or it holds several values: a wrong command line.
    pub(super) fn parse<R: Row>(text: &str, keys: &[Key]) -> Result<Self, BadRequest> {
        let (path, is_descending) = match text.rsplit_once(':') {
            Some((path, "desc")) => (path, true),
            Some((path, "asc")) => (path, false),
            Some((_, direction)) => {
                return Err(
                    BadRequest::new(format!("cannot sort '{direction}'")).with_hint("write KEY, KEY:asc or KEY:desc")
                );
            }
            None => (text, false),
        };
        let meant = keys::meant::<R>(keys, path).unwrap_or_else(|| path.to_owned());
        let mut key = keys::find(keys, &meant)?;
        if matches!(key.kind, Kind::Object(_))
            && let Some(titled) = keys::titled::<R>(keys, path)
        {
            // A table shows the sum under this word.
            key = keys::find(keys, &titled)?;
        }
        if let Kind::Object(inner) = &key.kind {
            let first = inner.first().map_or(path, |key| &key.path);
            return Err(BadRequest::new(format!("'{path}' has several values"))
                .with_hint(format!("sort by one of them, for example {first}")));
        }
        Ok(Self {
            path: key.path.clone(),
            is_descending,
        })
    }

    /// Sorts rows; equal ones keep their order.
    ///
    /// # Errors
    /// When a row cannot be serialized.
    pub(super) fn apply<R: Row>(&self, rows: Vec<R>) -> Result<Vec<R>> {
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows {
            let mut value = serde_json::to_value(&row)?;
            keyed.push((take(&mut value, &self.path), row));
        }
        keyed.sort_by(|a, b| self.compare(&a.0, &b.0));
        Ok(keyed.into_iter().map(|(_, row)| row).collect())
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        match (a, b) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            _ if self.is_descending => ascending(b, a),
            _ => ascending(a, b),
        }
    }
}

fn take(value: &mut Value, path: &str) -> Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    value.pointer_mut(&pointer).map_or(Value::Null, Value::take)
}

fn ascending(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a
                .as_f64()
                .unwrap_or_default()
                .total_cmp(&b.as_f64().unwrap_or_default()),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => a.len().cmp(&b.len()),
        _ => Ordering::Equal,
    }
}

/// Which rows a limit keeps where nothing is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    #[default]
    First,
    /// Rows come oldest first, and the newest are wanted.
    Last,
}

/// At most `limit` rows, in the order they come.
pub(super) fn limit<'r, R: 'r>(
    rows: impl Iterator<Item = Result<R>> + 'r,
    limit: usize,
    keep: Keep,
) -> Box<dyn Iterator<Item = Result<R>> + 'r> {
    match keep {
        Keep::First => Box::new(rows.take(limit)),
        Keep::Last => {
            let mut rows = Some(rows);
            let mut kept = VecDeque::new().into_iter();
            Box::new(std::iter::from_fn(move || {
                if let Some(rows) = rows.take() {
                    match last(rows, limit) {
                        Ok(last) => kept = last.into_iter(),
                        Err(error) => return Some(Err(error)),
                    }
                }
                kept.next().map(Ok)
            }))
        }
    }
}

fn last<R>(rows: impl Iterator<Item = Result<R>>, limit: usize) -> Result<VecDeque<R>> {
    let mut kept = VecDeque::new();
    for row in rows {
        kept.push_back(row?);
        if kept.len() > limit {
            kept.pop_front();
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sorted(is_descending: bool, mut values: Vec<Value>) -> Vec<Value> {
        let sort = Sort {
            path: "a".to_owned(),
            is_descending,
        };
        values.sort_by(|a, b| sort.compare(a, b));
        values
    }

    #[test]
    fn nulls_are_last_both_ways() {
        let values = || vec![json!(null), json!(2), json!(10.5), json!(null), json!(-1)];
        assert_eq!(
            sorted(false, values()),
            [json!(-1), json!(2), json!(10.5), json!(null), json!(null)]
        );
        assert_eq!(
            sorted(true, values()),
            [json!(10.5), json!(2), json!(-1), json!(null), json!(null)]
        );
    }

    #[test]
    fn large_integers_are_compared_exactly() {
        let (small, large) = (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_994_i64));
        assert_eq!(sorted(true, vec![small.clone(), large.clone()]), [large, small]);
    }

    #[test]
    fn a_limit_keeps_the_first_or_the_last() {
        let keep = |keep| {
            limit((0..5).map(Ok), 2, keep)
                .map(|row| row.expect("a row"))
                .collect::<Vec<_>>()
        };
        assert_eq!(keep(Keep::First), [0, 1]);
        assert_eq!(keep(Keep::Last), [3, 4]);
    }

    #[test]
    fn a_failure_comes_through_a_limit() {
        let rows = [Ok(1), Err(anyhow::anyhow!("broken"))].into_iter();
        let kept: Vec<_> = limit(rows, 5, Keep::Last).collect();
        assert!(matches!(kept.as_slice(), [Err(_)]));
    }
}
