//! Reports of organizations that come in pages, and the sum of their amounts.

use super::ask::{Call, Refusal};
use super::value::{items, text};
use serde_json::Value;

/// A month of days fits into one page; this is where a loop ends.
const MAX_PAGES: usize = 20;

/// Fetches every page of a report, from a path that already has a query.
///
/// # Errors
///
/// The error of the first page that cannot be fetched.
pub(super) fn fetch_pages<'a>(path: &str, call: impl Fn(String) -> Call<'a>) -> Result<Vec<Value>, Refusal> {
    let (mut pages, mut seen) = (Vec::new(), Vec::new());
    let mut next = path.to_owned();
    while pages.len() < MAX_PAGES {
        let page = call(next).object(&["data"])?;
        let cursor = text(&page["next_page"])
            .filter(|_| page["has_more"] == true)
            .map(str::to_owned);
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
pub(super) fn results(pages: &[Value]) -> impl Iterator<Item = &Value> {
    let days = pages.iter().flat_map(|page| items(&page["data"]));
    days.flat_map(|day| items(&day["results"]))
}

/// The sum, and the currency it is in; US dollars for none.
///
/// # Errors
/// `unsupported` for amounts in two currencies, which cannot be added.
pub(super) fn single_currency<'a>(amounts: impl Iterator<Item = (f64, &'a str)>) -> Result<(f64, String), Refusal> {
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
