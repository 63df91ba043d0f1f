//! Rows of an agent plugin: each field checked, each fault named with its place.

use serde_json::Value;

const MOST_TEXT: usize = 4096;
const MOST_TOKENS: f64 = 1e12;
/// 2000-01-01 in epoch milliseconds.
const EARLIEST: f64 = 946_684_800_000.0;
const DAY_MS: i64 = 86_400_000;

/// A row that holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub session_id: String,
    pub session_name: Option<String>,
    pub provider_id: String,
    pub model_id: String,
    pub tokens: Tokens,
    /// Epoch milliseconds.
    pub timestamp: i64,
    pub session_updated_at: Option<i64>,
    pub project_path: Option<String>,
    /// US dollars.
    pub cost: Option<f64>,
    pub is_estimated: bool,
}

/// Counts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

/// Reads row number `index`.
///
/// # Errors
/// What is wrong, with the place: `rows[7].tokens.input: …`.
pub fn read(index: usize, row: &Value, now: i64) -> Result<Row, String> {
    let at = |field: &str| format!("rows[{index}]{}{field}", if field.is_empty() { "" } else { "." });
    if !row.is_object() {
        return Err(format!("{}: must be an object", at("")));
    }
    let needed = |key: &str| match row[key].as_str() {
        Some("") | None => Err(format!("{}: must be a text that is not empty", at(key))),
        Some(text) => short(text, &at(key)),
    };
    let optional = |key: &str| match &row[key] {
        Value::Null => Ok(None),
        Value::String(text) => short(text, &at(key)).map(Some),
        _ => Err(format!("{}: must be a text", at(key))),
    };
    let provider_id = needed("providerId")?;
    if !provider_id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        || provider_id.starts_with('.')
    {
        return Err(format!(
            "{}: must be an id of letters, digits, '.', '_' and '-'",
            at("providerId")
        ));
    }
    let mut is_estimated = row["metadata"]["isEstimated"] == true;
    let timestamp = time(&row["timestamp"], &at("timestamp"), now)?;
    let updated = match &row["sessionUpdatedAt"] {
        Value::Null => None,
        value => Some(time(value, &at("sessionUpdatedAt"), now)?),
    };
    let cost = match &row["cost"] {
        Value::Null => None,
        value => match value.as_f64().filter(|cost| (0.0..=1e9).contains(cost)) {
            Some(cost) => Some(cost),
            None => return Err(format!("{}: must be a sum of dollars, 0 or more", at("cost"))),
        },
    };
    let tokens = counts(&row["tokens"], &at("tokens"), &mut is_estimated)?;
    Ok(Row {
        session_id: needed("sessionId")?,
        session_name: optional("sessionName")?,
        provider_id,
        model_id: needed("modelId")?,
        tokens,
        timestamp,
        session_updated_at: updated,
        project_path: optional("projectPath")?,
        cost,
        is_estimated,
    })
}

fn short(text: &str, at: &str) -> Result<String, String> {
    match text.chars().nth(MOST_TEXT) {
        Some(_) => Err(format!("{at}: must have at most {MOST_TEXT} characters")),
        None => Ok(text.to_owned()),
    }
}

fn counts(tokens: &Value, at: &str, is_estimated: &mut bool) -> Result<Tokens, String> {
    if !tokens.is_object() {
        return Err(format!("{at}: must be an object with input and output"));
    }
    let mut count = |key: &str, is_needed: bool| match &tokens[key] {
        Value::Null if !is_needed => Ok(0),
        value => match value.as_f64().filter(|count| (0.0..=MOST_TOKENS).contains(count)) {
            Some(count) => {
                *is_estimated |= count.fract() != 0.0;
                // Within bounds, as just checked.
                Ok(count.round() as u64)
            }
            None => Err(format!("{at}.{key}: must be a number from 0 to 1e12")),
        },
    };
    Ok(Tokens {
        input: count("input", true)?,
        output: count("output", true)?,
        reasoning: count("reasoning", false)?,
        cache_read: count("cacheRead", false)?,
        cache_write: count("cacheWrite", false)?,
    })
}

/// Epoch milliseconds, cut to whole ones.
fn time(value: &Value, at: &str, now: i64) -> Result<i64, String> {
    let latest = now.saturating_add(DAY_MS) as f64;
    match value.as_f64() {
        Some(ms) if (EARLIEST..=latest).contains(&ms) => Ok(ms.floor() as i64),
        Some(ms) if (EARLIEST..=latest).contains(&(ms * 1000.0)) => {
            Err(format!("{at}: must be in milliseconds, and looks like seconds"))
        }
        Some(_) => Err(format!(
            "{at}: must be between 2000 and tomorrow, in epoch milliseconds"
        )),
        None => Err(format!("{at}: must be a number of epoch milliseconds")),
    }
}
