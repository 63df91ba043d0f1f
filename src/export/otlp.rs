//! OpenTelemetry: spans and metrics in the GenAI conventions, as OTLP over HTTP with JSON.
//!
//! Ids come from the turns and metrics are totals since the first turn, so that sending again changes nothing for a
//! collector that knows them.

use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::TurnFilter;
use crate::core::rows::{Text, TurnRow};
use crate::core::tokens::Bucket;
use crate::engine::Engine;
use crate::reports::Sessions;
use crate::system::System;
use crate::system::http::{Http, Method, Request, origin_of};
use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// Spans of one request.
const BATCH: usize = 500;
const PATIENCE: Duration = Duration::from_secs(30);

/// The boundaries that the conventions give for `gen_ai.client.token.usage`.
const BOUNDS: [u64; 14] = [
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

/// What a collector took.
pub(crate) struct Sent {
    pub spans: u64,
    pub metrics: u64,
}

/// Where to send, and with which further headers.
pub(crate) struct Collector {
    endpoint: String,
    headers: Vec<(String, String)>,
    /// The name of this machine.
    host: String,
}

impl Collector {
    /// The collector at an endpoint or that of the environment, with the headers of the environment.
    ///
    /// # Errors
    /// When the headers are no list of names and values.
    pub(crate) fn new(endpoint: Option<&str>, host: String, system: &System) -> Result<Self, BadRequest> {
        let endpoint = endpoint.or_else(|| system.var("OTEL_EXPORTER_OTLP_ENDPOINT"));
        Ok(Self {
            endpoint: endpoint.unwrap_or("http://localhost:4318").to_owned(),
            headers: headers_of(system.var("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default())?,
            host,
        })
    }
}

/// `name=value,name=value`
fn headers_of(text: &str) -> Result<Vec<(String, String)>, BadRequest> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                // The value may be a secret.
                BadRequest::new("OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value")
            })?;
            Ok((name.trim().to_lowercase(), value.trim().to_owned()))
        })
        .collect()
}

/// Sends a span for each turn and the totals of each model.
///
/// # Errors
/// When the ledger is damaged or the collector refuses.
pub(crate) fn otlp(engine: &Engine, filter: &TurnFilter, to: &Collector) -> Result<Sent> {
    let http = Http::new(&engine.system);
    let resource = json!({"attributes": attributes([
        ("service.name", json!("ttop")),
        ("service.version", json!(env!("CARGO_PKG_VERSION"))),
        ("host.name", json!(to.host)),
    ])});
    let scope = json!({"name": "ttop", "version": env!("CARGO_PKG_VERSION")});
    let usage = engine.usage()?;
    let sessions = Sessions::load(usage.ledger)?;
    let selected = usage.select(filter, Some(&sessions))?;
    let (mut totals, mut batch, mut sent) = (Totals::default(), Vec::new(), 0);
    let send_spans = |spans: Vec<Value>| {
        let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]});
        post(&http, to, "v1/traces", &body)
    };
    for row in usage.turn_rows(&selected, &sessions, None)? {
        let row = row?;
        totals.add(&row);
        batch.push(span(&row));
        sent += 1;
        if batch.len() == BATCH {
            send_spans(std::mem::take(&mut batch))?;
        }
    }
    if !batch.is_empty() {
        send_spans(batch)?;
    }
    let metrics = totals.metrics(engine.system.now);
    let count = metrics.len() as u64;
    if count > 0 {
        let scoped = json!([{"scope": scope, "metrics": metrics}]);
        let body = json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": scoped}]});
        post(&http, to, "v1/metrics", &body)?;
    }
    Ok(Sent {
        spans: sent,
        metrics: count,
    })
}

fn post(http: &Http, to: &Collector, path: &str, body: &Value) -> Result<()> {
    let url = format!("{}/{path}", to.endpoint.trim_end_matches('/'));
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(to.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let origin = origin_of(&url);
    let answer = http.send(&Request {
        method: Method::Post,
        headers,
        body: serde_json::to_vec(body)?,
        timeout: PATIENCE,
        ..Request::get(&url)
    });
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(CannotAnswer::new(
            format!("the collector at {origin} answered {} to {path}", answer.status),
            "check --endpoint: ttop speaks OTLP over HTTP with JSON, usually on port 4318",
        )
        .into()),
        Err(failure) => Err(CannotAnswer::new(
            format!("the collector at {origin} cannot be reached: {failure}"),
            "check --endpoint; a collector usually listens on http://localhost:4318",
        )
        .into()),
    }
}

/// The conventions' name of a provider.
fn provider_name(id: &str) -> &str {
    match id {
        "google" => "gcp.gemini",
        "google-vertex" | "google-vertex-anthropic" => "gcp.vertex_ai",
        "amazon-bedrock" => "aws.bedrock",
        "azure" => "azure.ai.openai",
        "xai" => "x_ai",
        "mistral" => "mistral_ai",
        id => id,
    }
}

fn attributes<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Vec<Value> {
    let valued = |value: Value| match value {
        Value::String(text) => Some(json!({"stringValue": text})),
        // 64 bits are text in OTLP's JSON.
        Value::Number(number) if number.is_f64() => Some(json!({"doubleValue": number})),
        Value::Number(number) => Some(json!({"intValue": number.to_string()})),
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().map(|value| json!({"stringValue": value})).collect();
            Some(json!({"arrayValue": {"values": values}}))
        }
        _ => None,
    };
    let pairs = pairs.into_iter();
    pairs
        .filter_map(|(key, value)| Some(json!({"key": key, "value": valued(value)?})))
        .collect()
}

fn nanos(ms: i64) -> String {
    (i128::from(ms) * 1_000_000).to_string()
}

/// Tokens of the prompt: the conventions count cached ones in.
fn input_of(row: &TurnRow) -> Option<u64> {
    let tokens = &row.tokens;
    let parts = [Bucket::Input, Bucket::CacheRead, Bucket::CacheWrite].map(|bucket| tokens.count(bucket));
    parts
        .into_iter()
        .try_fold(0_u64, |sum, part| Some(sum.saturating_add(part?)))
}

fn output_of(row: &TurnRow) -> Option<u64> {
    let output = row.tokens.output()?;
    Some(output.saturating_add(row.tokens.reasoning().unwrap_or(0)))
}

fn span(row: &TurnRow) -> Value {
    let model = row.model_id.as_deref().unwrap_or("unknown");
    let session = Sha256::digest(format!("{}\0{}", row.agent_id, row.session_id));
    let trace: String = session.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let text = |text: &Option<Text>| text.as_deref().map_or(Value::Null, Value::from);
    let provider = row.provider_id.as_deref().map(provider_name);
    json!({
        "traceId": trace,
        "spanId": row.turn_id.turn_id(),
        "name": format!("chat {model}"),
        // A client's.
        "kind": 3,
        "startTimeUnixNano": nanos(row.timestamp),
        // Agents record one moment of a reply.
        "endTimeUnixNano": nanos(row.timestamp),
        "attributes": attributes([
            ("gen_ai.operation.name", json!("chat")),
            ("gen_ai.provider.name", json!(provider)),
            ("gen_ai.request.model", json!(model)),
            ("gen_ai.conversation.id", json!(&*row.session_id)),
            ("gen_ai.agent.name", json!(&*row.agent_id)),
            ("gen_ai.usage.input_tokens", json!(input_of(row))),
            ("gen_ai.usage.output_tokens", json!(output_of(row))),
            ("gen_ai.usage.cache_read.input_tokens", json!(row.tokens.cache_read())),
            ("gen_ai.usage.cache_creation.input_tokens", json!(row.tokens.cache_write())),
            ("ttop.cost_usd", row.cost.map_or(Value::Null, |cost| json!(cost.dollars()))),
            ("ttop.cost_status", json!(row.cost_status)),
            ("ttop.project", text(&row.project_path)),
            ("ttop.branch", text(&row.branch)),
        ]),
    })
}

#[derive(Default)]
struct Totals {
    series: BTreeMap<(Text, Text, Text), Series>,
    first: Option<i64>,
}

#[derive(Default)]
struct Series {
    input: Histogram,
    output: Histogram,
    cost: f64,
}

#[derive(Default)]
struct Histogram {
    count: u64,
    sum: u64,
    buckets: [u64; BOUNDS.len() + 1],
}

impl Histogram {
    fn add(&mut self, tokens: Option<u64>) {
        let Some(tokens) = tokens else { return };
        self.count += 1;
        self.sum = self.sum.saturating_add(tokens);
        self.buckets[BOUNDS.partition_point(|bound| *bound < tokens)] += 1;
    }
}

impl Totals {
    fn add(&mut self, row: &TurnRow) {
        self.first = Some(self.first.map_or(row.timestamp, |first| first.min(row.timestamp)));
        let name = |id: &Option<Text>| id.clone().unwrap_or_else(|| "unknown".into());
        let key = (name(&row.provider_id), name(&row.model_id), row.agent_id.clone());
        let series = self.series.entry(key).or_default();
        series.input.add(input_of(row));
        series.output.add(output_of(row));
        series.cost += row.cost.map_or(0.0, |cost| cost.dollars());
    }

    fn metrics(&self, now: i64) -> Vec<Value> {
        let Some(first) = self.first else { return Vec::new() };
        let (start, end) = (nanos(first), nanos(now));
        let (mut usage, mut costs) = (Vec::new(), Vec::new());
        for ((provider, model, agent), series) in &self.series {
            let common = || {
                vec![
                    ("gen_ai.operation.name", json!("chat")),
                    ("gen_ai.provider.name", json!(provider_name(provider))),
                    ("gen_ai.request.model", json!(&**model)),
                    ("gen_ai.agent.name", json!(&**agent)),
                ]
            };
            for (kind, histogram) in [("input", &series.input), ("output", &series.output)] {
                let mut pairs = common();
                pairs.push(("gen_ai.token.type", json!(kind)));
                usage.push(json!({
                    "startTimeUnixNano": start,
                    "timeUnixNano": end,
                    "count": histogram.count.to_string(),
                    "sum": histogram.sum as f64,
                    "bucketCounts": histogram.buckets.map(|count| count.to_string()),
                    "explicitBounds": BOUNDS,
                    "attributes": attributes(pairs),
                }));
            }
            costs.push(json!({
                "startTimeUnixNano": start,
                "timeUnixNano": end,
                "asDouble": series.cost,
                "attributes": attributes(common()),
            }));
        }
        // Cumulative.
        let temporality = 2;
        vec![
            json!({
                "name": "gen_ai.client.token.usage",
                "description": "Number of input and output tokens used",
                "unit": "{token}",
                "histogram": {"aggregationTemporality": temporality, "dataPoints": usage},
            }),
            json!({
                "name": "ttop.cost",
                "description": "Known cost at list prices",
                "unit": "{USD}",
                "sum": {"aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": costs},
            }),
        ]
    }
}
