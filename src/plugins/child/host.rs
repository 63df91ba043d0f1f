//! The host's functions: an object that only the prelude sees, never the global object.

use super::shared::{Env, Shared};
use super::values::{Reader, entry, length_of};
use crate::plugins::message::{FromChild, Level, Limit, MOST_BYTES, Refused, Thrown};
use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::rc::Rc;
use std::time::{Duration, Instant};
use url::Url;

/// Rows that are sent together.
const CHUNK: usize = 1000;
const MOST_CHUNK: usize = 1 << 20;
const MOST_ROW: usize = 8 << 20;
const MOST_WAIT_MS: f64 = 2_147_483_647.0;

/// The prelude's parts, by the name under which they are asked for. Each is evaluated at its first use: compiling them is
/// most of what a child does before it reads the plugin. They are arrow functions without parentheses around them: what is
/// in parentheses is scanned twice, to tell whether it is the head of a function.
const PARTS: &[(&str, &str)] = &[
    ("core", include_str!("js/core.js")),
    ("text", include_str!("js/text.js")),
    ("events", include_str!("js/events.js")),
    ("web", include_str!("js/web.js")),
    ("http", include_str!("js/http.js")),
    ("buffer", include_str!("js/buffer.js")),
    ("process", include_str!("js/process.js")),
    ("context", include_str!("js/context.js")),
    ("path", include_str!("js/path.js")),
    ("fs", include_str!("js/fs.js")),
    ("sqlite", include_str!("js/sqlite.js")),
    ("sdk", include_str!("js/sdk.js")),
    ("testing", include_str!("js/testing.js")),
    ("emitter", include_str!("js/emitter.js")),
    ("language", include_str!("js/language.js")),
    ("numbers", include_str!("js/numbers.js")),
    ("console", include_str!("js/console.js")),
    ("handles", include_str!("js/handles.js")),
    ("watching", include_str!("js/watching.js")),
];

/// Evaluates the prelude and returns what the engine calls.
pub(super) fn install<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>, label: &str, env: Env) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    pipe_functions(ctx, shared, &host)?;
    result_functions(ctx, shared, &host)?;
    text_functions(ctx, &host)?;
    let part = Function::new(ctx.clone(), |ctx: Ctx<'js>, name: String| -> Result<Value<'js>> {
        let source = PARTS.iter().find(|(part, _)| *part == name).map(|(_, source)| *source);
        match source {
            Some(source) => ctx.eval(source),
            None => Err(Exception::throw_reference(&ctx, &format!("no part {name}"))),
        }
    })?;
    host.set("part", part)?;
    let machine = serde_json::to_string(&*shared.machine.borrow()).unwrap_or_default();
    host.set("machine", ctx.json_parse(machine)?)?;
    host.set("label", label)?;
    host.set("env", ctx.json_parse(serde_json::to_string(&env).unwrap_or_default())?)?;
    let main: Function = ctx.eval(PARTS[0].1)?;
    main.call((host,))
}

/// Operations, timers, logs.
fn pipe_functions<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>, host: &Object<'js>) -> Result<()> {
    let own = Rc::clone(shared);
    let ask = move |ctx: Ctx<'js>, op: String, body: Opt<String>, as_text: Opt<bool>| -> Result<Vec<Value<'js>>> {
        let body = body.0.as_deref().map(bytes_of).unwrap_or_default();
        bound(&ctx, &op, &body)?;
        let answer = own.ask(&op, &body).map_err(|error| own.broken(&ctx, &error))?;
        let (is_ok, json) = json_of(answer.0);
        let body: Value = match as_text.0.unwrap_or_default() {
            true => rquickjs::String::from_str(ctx.clone(), &String::from_utf8_lossy(&answer.1))?.into_value(),
            false => TypedArray::new(ctx.clone(), answer.1)?.into_value(),
        };
        Ok(vec![
            Value::new_bool(ctx.clone(), is_ok),
            rquickjs::String::from_str(ctx, &json)?.into_value(),
            body,
        ])
    };
    host.set("ask", Function::new(ctx.clone(), ask)?)?;
    let own = Rc::clone(shared);
    let post = move |ctx: Ctx<'js>, op: String, body: Opt<String>| -> Result<f64> {
        let body = body.0.as_deref().map(bytes_of).unwrap_or_default();
        bound(&ctx, &op, &body)?;
        own.awaited.set(own.awaited.get() + 1);
        let posted = own.pipe.borrow_mut().ask(&op, &body);
        posted.map(|id| id as f64).map_err(|error| own.broken(&ctx, &error))
    };
    host.set("post", Function::new(ctx.clone(), post)?)?;
    let own = Rc::clone(shared);
    let timer = move |id: f64, ms: f64| {
        let ms = if ms.is_finite() {
            ms.clamp(1.0, MOST_WAIT_MS)
        } else {
            1.0
        };
        own.timers
            .borrow_mut()
            .set(id as u64, Duration::from_micros((ms * 1000.0) as u64));
    };
    host.set("timer", Function::new(ctx.clone(), timer)?)?;
    let own = Rc::clone(shared);
    let untimer = move |id: f64| own.timers.borrow_mut().clear(id as u64);
    host.set("untimer", Function::new(ctx.clone(), untimer)?)?;
    let own = Rc::clone(shared);
    let waits = move |more: i32| {
        let now = i64::try_from(own.awaited.get()).unwrap_or_default() + i64::from(more);
        own.awaited.set(usize::try_from(now).unwrap_or_default());
    };
    host.set("waits", Function::new(ctx.clone(), waits)?)?;
    let own = Rc::clone(shared);
    let log = move |level: String, text: rquickjs::String<'js>| {
        let level = match level.as_str() {
            "debug" => Level::Debug,
            "warn" => Level::Warn,
            "error" => Level::Error,
            _ => Level::Info,
        };
        own.log(level, super::values::text_of(&text));
    };
    host.set("log", Function::new(ctx.clone(), log)?)?;
    let own = Rc::clone(shared);
    host.set(
        "looked",
        Function::new(ctx.clone(), move || own.looked_at_env.set(true))?,
    )?;
    let start = Instant::now();
    let now = move || start.elapsed().as_secs_f64() * 1000.0;
    host.set("now", Function::new(ctx.clone(), now)?)
}

/// What is longer than a frame is the plugin's mistake, and no end of the pipe.
fn bound(ctx: &Ctx<'_>, op: &str, body: &[u8]) -> Result<()> {
    // The op travels with its number.
    match op.len() + 64 > MOST_BYTES || body.len() > MOST_BYTES {
        true => Err(Exception::throw_range(ctx, "what is asked for is larger than 16 MiB")),
        false => Ok(()),
    }
}

/// What a call came to.
fn result_functions<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>, host: &Object<'js>) -> Result<()> {
    let own = Rc::clone(shared);
    let done = move |ctx: Ctx<'js>, id: f64, value: Value<'js>, is_list: bool| -> Result<()> {
        own.budget.begin_job();
        let id = id as u64;
        let reader = Reader::new(&ctx, &own.core(&ctx)?)?;
        let value = match is_list && reader.is_list(&value)? {
            true => send_rows(&own, &ctx, &reader, id, &value)?,
            false => reader.read(&value)?.unwrap_or_default(),
        };
        if own.settle(id) && !own.send_bounded(&FromChild::Return { id, value }) {
            let error = Thrown {
                name: "RangeError".to_owned(),
                message: "what it returned is larger than 16 MiB".to_owned(),
            };
            own.send(&FromChild::Threw { id, error });
        }
        Ok(())
    };
    host.set("done", Function::new(ctx.clone(), done)?)?;
    let own = Rc::clone(shared);
    let failed = move |id: f64, name: String, message: String, is_memory: bool| {
        if is_memory {
            own.spend(Limit::Memory);
        } else if own.settle(id as u64) {
            let cut = |mut text: String| {
                if let Some((at, _)) = text.char_indices().nth(4096) {
                    text.truncate(at);
                }
                text
            };
            let error = Thrown {
                name: cut(name),
                message: cut(message),
            };
            own.send(&FromChild::Threw { id: id as u64, error });
        }
    };
    host.set("failed", Function::new(ctx.clone(), failed)?)?;
    let own = Rc::clone(shared);
    let activity = move |ctx: Ctx<'js>, value: Value<'js>| -> Result<()> {
        let value = Reader::new(&ctx, &own.core(&ctx)?)?.read(&value)?.unwrap_or_default();
        // A hint that is longer than a frame is none.
        own.send_bounded(&FromChild::Activity { value });
        Ok(())
    };
    host.set("activity", Function::new(ctx.clone(), activity)?)
}

/// Sends a list in chunks; the answer then says how many there were.
fn send_rows<'js>(
    shared: &Shared,
    ctx: &Ctx<'js>,
    reader: &Reader<'_, 'js>,
    id: u64,
    list: &Value<'js>,
) -> Result<serde_json::Value> {
    let length = length_of(ctx, list)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for index in 0..length {
        let row = reader.read(&entry(list, index)?)?.unwrap_or_default();
        let row =
            serde_json::value::to_raw_value(&row).map_err(|error| Exception::throw_message(ctx, &error.to_string()))?;
        let size = row.get().len();
        if size > MOST_ROW {
            let message = format!("row {index} is larger than {} MiB", MOST_ROW >> 20);
            return Err(Exception::throw_range(ctx, &message));
        }
        bytes += size;
        rows.push(row);
        if rows.len() == CHUNK || bytes > MOST_CHUNK || index + 1 == length {
            bytes = 0;
            shared.send(&FromChild::Rows {
                id,
                rows: std::mem::take(&mut rows),
            });
        }
    }
    Ok(json!({ "rows": length }))
}

/// Text, addresses, randomness: pure functions that the language lacks.
fn text_functions<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    let decode = |binary: String| String::from_utf8_lossy(&bytes_of(&binary)).into_owned();
    host.set("decode", Function::new(ctx.clone(), decode)?)?;
    let encode = |ctx: Ctx<'js>, text: String| TypedArray::<u8>::new(ctx, text.into_bytes());
    host.set("encode", Function::new(ctx.clone(), encode)?)?;
    let bytes = |ctx: Ctx<'js>, binary: String| TypedArray::<u8>::new(ctx, bytes_of(&binary));
    host.set("bytes", Function::new(ctx.clone(), bytes)?)?;
    let parse = |href: String, base: Opt<Option<String>>| -> Option<Vec<String>> {
        let base = match base.0.flatten() {
            Some(base) => Some(Url::parse(&base).ok()?),
            None => None,
        };
        Url::options()
            .base_url(base.as_ref())
            .parse(&href)
            .ok()
            .map(|url| parts(&url))
    };
    host.set("url", Function::new(ctx.clone(), parse)?)?;
    let set = |href: String, part: String, value: String| -> Option<Vec<String>> {
        let mut url = Url::parse(&href).ok()?;
        let optional = Some(value.as_str()).filter(|value| !value.is_empty());
        // A part that cannot be set stays as it is, as in browsers.
        let _ = match part.as_str() {
            "protocol" => url.set_scheme(value.trim_end_matches(':')),
            "host" | "hostname" => url.set_host(optional).map_err(|_| ()),
            "port" => url.set_port(value.parse().ok()),
            "username" => url.set_username(&value),
            "password" => url.set_password(optional),
            "pathname" => {
                url.set_path(&value);
                Ok(())
            }
            "search" => {
                url.set_query(optional.map(|value| value.trim_start_matches('?')));
                Ok(())
            }
            _ => {
                url.set_fragment(optional.map(|value| value.trim_start_matches('#')));
                Ok(())
            }
        };
        Some(parts(&url))
    };
    host.set("urlWith", Function::new(ctx.clone(), set)?)?;
    let random = |ctx: Ctx<'js>, count: usize| -> Result<TypedArray<'js, u8>> {
        let mut bytes = vec![0; count.min(65_536)];
        getrandom::getrandom(&mut bytes).map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
        TypedArray::new(ctx, bytes)
    };
    host.set("random", Function::new(ctx.clone(), random)?)?;
    let digest = |ctx: Ctx<'js>, algorithm: String, binary: String| -> Result<Option<TypedArray<'js, u8>>> {
        let bytes = bytes_of(&binary);
        let digest = match algorithm.to_uppercase().as_str() {
            "SHA-1" => <Sha1 as sha1::Digest>::digest(bytes).to_vec(),
            "SHA-256" => Sha256::digest(bytes).to_vec(),
            "SHA-384" => Sha384::digest(bytes).to_vec(),
            "SHA-512" => Sha512::digest(bytes).to_vec(),
            _ => return Ok(None),
        };
        TypedArray::new(ctx, digest).map(Some)
    };
    host.set("digest", Function::new(ctx.clone(), digest)?)
}

/// The parts of an address, in the order in which the prelude names them.
fn parts(url: &Url) -> Vec<String> {
    let or_empty = |text: Option<String>| text.unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let port = or_empty(url.port().map(|port| port.to_string()));
    let origin = url.origin().ascii_serialization();
    vec![
        url.as_str().to_owned(),
        format!("{}:", url.scheme()),
        url.username().to_owned(),
        url.password().unwrap_or_default().to_owned(),
        host.to_owned(),
        port,
        url.path().to_owned(),
        or_empty(
            url.query()
                .filter(|query| !query.is_empty())
                .map(|query| format!("?{query}")),
        ),
        or_empty(
            url.fragment()
                .filter(|text| !text.is_empty())
                .map(|text| format!("#{text}")),
        ),
        origin,
    ]
}

/// Bytes that came as a text of one character each.
fn bytes_of(binary: &str) -> Vec<u8> {
    binary
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

fn json_of(result: std::result::Result<serde_json::Value, Refused>) -> (bool, String) {
    match result {
        Ok(value) => (true, value.to_string()),
        Err(refused) => (false, serde_json::to_string(&refused).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_the_prelude_is_scanned_twice() {
        for (name, source) in PARTS {
            let mut lines = source.lines().filter(|line| !line.starts_with("//"));
            let first = lines.next().unwrap_or_default();
            assert!(first.starts_with('(') && first.ends_with(") => {"), "{name}: {first}");
            assert_eq!(lines.next_back(), Some("}"), "{name}");
        }
    }
}
