//! Chooses the format of an answer by what the client accepts.

use super::request::{Refused, Request};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowFormat {
    Json,
    Ndjson,
}

impl RowFormat {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The format that `Accept` prefers; JSON where it has no preference.
    ///
    /// # Errors
    /// When the client accepts neither.
    pub(super) fn of(request: &Request) -> Result<Self, Refused> {
        let json = quality(request, &["application/json"]);
        let ndjson = quality(
            request,
            &[
                "application/x-ndjson",
                "application/ndjson",
                "application/jsonl",
                "application/x-jsonlines",
            ],
        );
        match (json, ndjson) {
            (0, 0) => Err(Refused::new(406, "rows are application/json or application/x-ndjson")),
            (json, ndjson) if ndjson > json => Ok(Self::Ndjson),
            _ => Ok(Self::Json),
        }
    }
}

/// Whether metrics are OpenMetrics, rather than the older text that Prometheus and its tools read.
pub(super) fn is_open_metrics(request: &Request) -> bool {
    quality(request, &["application/openmetrics-text"]) >= quality(request, &["text/plain"])
}

/// How much a client wants one of these types, in thousandths: the most specific range decides.
fn quality(request: &Request, types: &[&str]) -> u32 {
    let mut best: Option<(u8, u32)> = None;
    let mut has_any = false;
    for range in request.header_list("accept").filter(|range| !range.is_empty()) {
        has_any = true;
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let precision = match name.as_str() {
            name if types.contains(&name) => 2,
            "*/*" => 0,
            name if is_kind_of(name, types) => 1,
            _ => continue,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(Some(1.0), |text| text.parse::<f64>().ok())
            .filter(|weight| (0.0..=1.0).contains(weight));
        let found = (precision, (weight.unwrap_or(0.0) * 1000.0) as u32);
        best = best.max(Some(found));
    }
    if has_any {
        best.map_or(0, |(_, weight)| weight)
    } else {
        1000
    }
}

/// `application/*` for a type of applications.
fn is_kind_of(range: &str, types: &[&str]) -> bool {
    let kind = range.strip_suffix('*');
    kind.is_some_and(|kind| kind.ends_with('/') && types.iter().any(|one| one.starts_with(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_format_is_chosen_and_json_wins_a_tie() {
        use RowFormat::{Json, Ndjson};
        for (accept, expected) in [
            ("", Ok(Json)),
            ("Accept: */*\r\n", Ok(Json)),
            ("Accept: application/json\r\n", Ok(Json)),
            ("Accept: application/x-ndjson\r\n", Ok(Ndjson)),
            ("Accept: application/ndjson, application/json;q=0.5\r\n", Ok(Ndjson)),
            ("Accept: application/jsonl;q=0.5, application/json\r\n", Ok(Json)),
            ("Accept: application/x-ndjson;q=0, */*\r\n", Ok(Json)),
            ("Accept: text/html, application/xhtml+xml, */*;q=0.8\r\n", Ok(Json)),
            ("Accept: text/event-stream\r\n", Err(406)),
            ("Accept: application/json;q=nonsense\r\n", Err(406)),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{accept}\r\n");
            let (request, _) = Request::parse(head.as_bytes()).expect("parses").expect("complete");
            let chosen = RowFormat::of(&request).map_err(|refused| refused.status);
            assert_eq!(chosen, expected, "{accept}");
        }
    }

    #[test]
    fn the_older_text_of_metrics_is_for_those_who_prefer_it() {
        for (accept, is_open) in [
            ("", true),
            ("Accept: */*\r\n", true),
            ("Accept: text/plain\r\n", false),
            ("Accept: text/plain;version=0.0.4, */*;q=0.1\r\n", false),
            (
                "Accept: application/openmetrics-text;version=1.0.0;q=0.75, text/plain;version=0.0.4;q=0.5, */*;q=0.1\r\n",
                true,
            ),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{accept}\r\n");
            let (request, _) = Request::parse(head.as_bytes()).expect("parses").expect("complete");
            assert_eq!(is_open_metrics(&request), is_open, "{accept}");
        }
    }
}
