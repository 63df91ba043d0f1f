//! Reports of organizations that come in pages, and the sum of their amounts.

use super::ask::{Call, Refusal};
use super::value::{number, text};
use crate::core::quota::SpentTokens;
use serde_json::Value;

/// A month of days fits into one page; this is where a loop ends.
const MAX_PAGES: usize = 20;

/// Fetches every page of a report, from a path that already has a query.
///
/// # Errors
///
/// The error of the first page that cannot be fetched, and an unknown schema if a page has a next one but does not
/// name it.
pub(super) fn fetch_pages<'a>(path: &str, call: impl Fn(String) -> Call<'a>) -> Result<Vec<Value>, Refusal> {
    let (mut pages, mut seen) = (Vec::new(), Vec::new());
    let mut next = path.to_owned();
    while pages.len() < MAX_PAGES {
        let page = call(next).object(&["data"])?;
        let cursor = text(&page["next_page"]).filter(|_| page["has_more"] != false);
        let cursor = cursor.map(str::to_owned);
        if cursor.is_none() && page["has_more"] == true {
            return Err(Refusal::schema());
        }
        pages.push(page);
        let Some(cursor) = cursor.filter(|cursor| !seen.contains(cursor)) else {
            break;
        };
        next = format!("{path}&page={}", escape(&cursor));
        seen.push(cursor);
    }
    Ok(pages)
}

/// The results of all days of all pages.
///
/// # Errors
/// An unknown schema for a page without a list of days, or a day without a list of results: only an empty list is none.
fn results(pages: &[Value]) -> Result<Vec<&Value>, Refusal> {
    let mut all = Vec::new();
    for page in pages {
        for day in page["data"].as_array().ok_or_else(Refusal::schema)? {
            all.extend(day["results"].as_array().ok_or_else(Refusal::schema)?);
        }
    }
    Ok(all)
}

/// What one result states.
pub(super) enum Amount<'a> {
    /// Money, and the code of its currency.
    Of(f64, &'a str),
    /// None: a null amount, or a result of another kind.
    None,
    /// A cost without an amount that can be read.
    Unreadable,
}

/// The sum of the amounts, and its currency; 0 US dollars for no results.
///
/// # Errors
/// An unknown schema if an amount cannot be read, because the sum of the others is too small, and if no result has
/// one. `unsupported` for amounts in two currencies.
pub(super) fn total(pages: &[Value], amount_of: impl Fn(&Value) -> Amount<'_>) -> Result<(f64, String), Refusal> {
    let results = results(pages)?;
    let mut amounts = Vec::new();
    for one in &results {
        match amount_of(one) {
            Amount::Of(amount, currency) => amounts.push((amount, currency)),
            Amount::None => {}
            Amount::Unreadable => return Err(Refusal::schema()),
        }
    }
    if amounts.is_empty() && !results.is_empty() {
        return Err(Refusal::schema());
    }
    single_currency(amounts.into_iter())
}

/// The sum of all results; `None` if they are of an unknown schema, so that no result has one of these counts.
pub(super) fn tokens(
    pages: &[Value],
    counts: &[&str],
    start: SpentTokens,
    add: impl Fn(SpentTokens, &Value) -> SpentTokens,
) -> Option<SpentTokens> {
    let results = results(pages).ok()?;
    let is_known = |one: &&Value| counts.iter().any(|key| number(&one[*key]).is_some());
    (results.is_empty() || results.iter().any(is_known)).then(|| results.into_iter().fold(start, add))
}

/// The sum, and the currency it is in; US dollars for none.
///
/// # Errors
/// `unsupported` for amounts in two currencies, which cannot be added.
fn single_currency<'a>(amounts: impl Iterator<Item = (f64, &'a str)>) -> Result<(f64, String), Refusal> {
    let (mut sum, mut currency) = (0.0, None);
    for (amount, code) in amounts {
        let code = code.to_ascii_uppercase();
        if *currency.get_or_insert_with(|| code.clone()) != code {
            return Err(Refusal::unsupported("billed in more than one currency"));
        }
        sum += amount;
    }
    Ok((sum, currency.unwrap_or_else(|| "USD".to_owned())))
}

/// A cursor as part of a query.
fn escape(cursor: &str) -> String {
    let mut escaped = String::with_capacity(cursor.len());
    for byte in cursor.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_two_currencies_are_not_added() {
        let sum = |amounts: &[(f64, &'static str)]| single_currency(amounts.iter().copied());
        assert_eq!(sum(&[(1.5, "usd"), (2.0, "USD")]), Ok((3.5, "USD".to_owned())));
        assert_eq!(sum(&[]), Ok((0.0, "USD".to_owned())));
        assert!(sum(&[(1.0, "usd"), (1.0, "eur")]).is_err());
    }

    #[test]
    fn cursors_are_escaped() {
        assert_eq!(escape("page_A-1.~+/=&é"), "page_A-1.~%2B%2F%3D%26%C3%A9");
    }
}
