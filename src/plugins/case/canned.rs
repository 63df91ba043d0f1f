//! Canned answers: the network of a case.

use crate::plugins::grant::is_private;
use crate::plugins::message::Refused;
use crate::plugins::ops::http::{Request, Response, Transport, aborted, host_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Answers by method and exact address; 404 for the rest.
#[derive(Debug)]
pub(super) struct Canned {
    answers: Value,
    names: Value,
    /// How often each name was looked up.
    looks: Mutex<BTreeMap<String, usize>>,
    requests: Mutex<Vec<Value>>,
}

impl Canned {
    pub(super) fn new(answers: &Value, names: &Value) -> Self {
        Self {
            answers: answers.clone(),
            names: names.clone(),
            looks: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    /// What was asked for.
    pub(super) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names that the case resolves: all their addresses are checked. A list of lists answers differently each time.
    fn resolve(&self, request: &Request) -> Result<(), Refused> {
        let host = host_of(&request.url);
        let mut addresses = &self.names[&host];
        if let Some(last) = addresses.as_array().filter(|all| all.iter().any(Value::is_array)) {
            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            let look = looks.entry(host.clone()).or_default();
            addresses = &last[(*look).min(last.len() - 1)];
            *look += 1;
        }
        let parsed = addresses
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter_map(|text| text.parse::<IpAddr>().ok());
        match parsed.into_iter().any(is_private) {
            true => Err(Refused::permission(
                "network",
                format!("{host} resolves to a private address"),
            )),
            false => Ok(()),
        }
    }
}

impl Transport for Canned {
    fn send(&self, request: &Request, is_dropped: &AtomicBool) -> Result<Response, Refused> {
        self.resolve(request)?;
        let url = request.url.as_str();
        let headers: serde_json::Map<String, Value> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let mut seen = json!({"method": request.method, "url": url, "headers": headers});
        if let Some(body) = &request.body {
            seen["body"] = String::from_utf8_lossy(body).into();
        }
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        let fits =
            |answer: &&Value| answer["url"] == url && answer["method"].as_str().unwrap_or("GET") == request.method;
        let Some(answer) = self.answers.as_array().into_iter().flatten().find(fits) else {
            return Ok(Response {
                status: 404,
                ..Response::default()
            });
        };
        let end = Instant::now() + Duration::from_millis(answer["delayMs"].as_u64().unwrap_or_default());
        while Instant::now() < end {
            if is_dropped.load(Ordering::Relaxed) {
                return Err(aborted());
            }
            thread::sleep(Duration::from_millis(5));
        }
        if let Some(why) = answer["fails"].as_str() {
            return Err(Refused::network(why));
        }
        let body = match &answer["body"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone().into_bytes()),
            other => Some(other.to_string().into_bytes()),
        };
        let given = answer["headers"].as_object().into_iter().flatten();
        let given = given.filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())));
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(given);
        Ok(Response {
            status: answer["status"]
                .as_u64()
                .and_then(|status| u16::try_from(status).ok())
                .unwrap_or(200),
            headers,
            has_body: body.is_some(),
            body: body.unwrap_or_default(),
        })
    }
}
