//! Entry points for fuzzers: every parser of text that ttop did not write, under a name. Agents are fuzzed through their sources.

use crate::cli::parse;
use crate::core::event_id::EventId;
use crate::core::period::{Edge, parse_day, parse_time};
use crate::credentials::file;
#[cfg(feature = "plugins")]
use crate::plugins::{as_theme, consent, declare, message, npm, ops, package, rows, settings, usage};
use crate::prices::list;
use crate::processes::sockets::Listeners;
use crate::render::bar::template::Template;
use crate::system::config::Config;
use crate::system::{jsonc, parse_instant};
use jiff::tz::TimeZone;
use std::ffi::OsString;

/// 2026-11-20 18:00 UTC.
const NOW: i64 = 1_795_197_600_000;

/// A parser, which may refuse anything and panic at nothing.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&str),
    /// What it reads, to begin with.
    pub seeds: &'static [&'static str],
}

/// What a parser makes of an input is of no interest; that it makes it is.
fn done<T>(made: T) {
    std::hint::black_box(made);
}

/// Packs members, a line each of `NAME|KIND|LINK|CONTENT`, and unpacks them: whatever comes out is below its folder.
#[cfg(feature = "plugins")]
fn archive(text: &str) {
    use std::io::Write;
    let mut tar = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(4, '|').map(str::as_bytes);
        let mut next = || parts.next().unwrap_or_default();
        let (name, kind, link, content) = (next(), next(), next(), next());
        let mut header = tar::Header::new_ustar();
        let old = header.as_old_mut();
        for (field, bytes) in [(&mut old.name, name), (&mut old.linkname, link)] {
            let length = bytes.len().min(field.len());
            field[..length].copy_from_slice(&bytes[..length]);
        }
        header.set_entry_type(tar::EntryType::new(kind.first().copied().unwrap_or(b'0')));
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    if packed.write_all(&tar).is_ok()
        && let Ok(packed) = packed.finish()
        && let Ok(files) = npm::read_archive(&packed)
    {
        let is_plain = |path: &std::path::Path| {
            let mut parts = path.components();
            parts.all(|part| matches!(part, std::path::Component::Normal(_)))
        };
        assert!(files.iter().all(|(path, _)| is_plain(path)), "a file leads out");
    }
}

pub const TARGETS: &[Target] = &[
    Target {
        name: "bar_template",
        run: |text| done(Template::parse(text)),
        seeds: &["{cost} {today} {limits:5h}% {{x}}", "{waiting}"],
    },
    Target {
        name: "command_line",
        run: |text| {
            let words: Vec<OsString> = std::iter::once("ttop").chain(text.split(' ')).map(Into::into).collect();
            done(parse::parse(&words, false, |_| None));
        },
        seeds: &[
            "cost --by day,model --since 7d -o json",
            "watch --events all --heartbeat 5s -n 3",
            "bar-status --segments today,week",
            "ledger forget --before 2026-01-01 --yes",
        ],
    },
    Target {
        name: "config",
        run: |text| {
            done(Config::parse(text, "config.json").keys_without_effect());
        },
        seeds: &[
            crate::system::config::TEMPLATE,
            r#"{"budgets": {"daily": 20}, "alerts": {"sinks": {"team": {"type": "webhook", "url": "http://x"}}}}"#,
        ],
    },
    Target {
        name: "credential_file",
        run: |text| done(file::Object::parse(text.as_bytes())),
        seeds: &[r#"{"anthropic": {"type": "oauth", "access": "x", "expires": 1795197600000,}, /* c */ }"#],
    },
    Target {
        name: "event_id",
        run: |text| done(EventId::parse(text)),
        seeds: &["de300000.12", "de300000.12.3", "de300000.12.heartbeat"],
    },
    Target {
        name: "instant",
        run: |text| done(parse_instant(text)),
        seeds: &["2026-11-20T18:00:00Z", "1795197600000", "2026-11-20T18:00:00.123+02:00"],
    },
    Target {
        name: "jsonc",
        run: |text| done(jsonc::parse(text)),
        seeds: &["{\"a\": [1, 2.5e3, null, true], // c\n \"b\": \"\\u00e4\",}"],
    },
    #[cfg(feature = "plugins")]
    Target {
        name: "plugin_declaration",
        run: |text| {
            if let Ok(value) = serde_json::from_str(text) {
                let checked = declare::check(&value);
                if let Some(declaration) = &checked.declaration {
                    done(consent::lines(declaration, std::path::Path::new("/home/me")));
                    done(as_theme::theme(declaration));
                    done(settings::merge(
                        &declaration.id,
                        &declaration.value,
                        value["settings"].as_object(),
                    ));
                }
            }
        },
        seeds: &[
            r##"{"apiVersion": 2, "id": "acme", "type": "theme", "name": "Acme", "version": "1.0.0", "permissions": {},
                "colorScheme": "dark", "colors": {"text": "#abc", "bg": "#000000"}}"##,
            r#"{"apiVersion": 2, "id": "acme", "type": "agent", "name": "Acme", "version": "1.0.0",
                "permissions": {"network": {"enabled": true, "allowedDomains": ["api.acme.test", "[::1]:80"]},
                "filesystem": {"read": true, "paths": ["~/.acme", "/../x"]}, "env": {"read": true, "vars": ["A"]}},
                "isInstalled": {"$function": true}, "parseSessions": {"$function": true},
                "configSchema": {"n": {"type": "number", "min": 1, "max": 9}}, "settings": {"n": 12}}"#,
        ],
    },
    #[cfg(feature = "plugins")]
    Target {
        name: "plugin_frame",
        run: |text| {
            let mut frames = text.as_bytes();
            while let Ok(Some((message, body))) = message::read_message::<message::FromChild>(&mut frames) {
                done((message, body));
            }
            done(serde_json::from_str::<ops::Op>(text).is_ok());
        },
        seeds: &[
            "\u{18}\0\0\0\u{3}\0\0\0{\"idle\":{\"wakeMs\":1000}}abc",
            "\u{1c}\0\0\0\0\0\0\0{\"rows\":{\"id\":7,\"rows\":[1]}}",
            r#"{"op": "fetch", "url": "https://x", "method": "GET", "headers": [["a", "b"]], "hasBody": false, "redirect": "follow"}"#,
        ],
    },
    #[cfg(feature = "plugins")]
    Target {
        name: "plugin_package",
        run: |text| {
            done(npm::parse(text));
            let package = npm::Package {
                name: "tokentop-agent-x".to_owned(),
                version: None,
            };
            done(npm::release(text.as_bytes(), &package, "registry.example"));
            if let Ok(manifest) = package::parse(text.as_bytes()) {
                done(package::named(&manifest, ""));
                done(package::named(&manifest, "part/x.js"));
            }
        },
        seeds: &[
            "@tokentop/agent-claude-code@1.1.0",
            r#"{"name": "tokentop-agent-x", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"version": "1.0.0",
                "dist": {"tarball": "https://registry.example/x.tgz", "integrity": "sha512-AAAA"}}}}"#,
            r#"{"main": "./dist/index.js", "exports": {".": {"import": "./src/index.ts", "default": "../x.js"}}}"#,
        ],
    },
    #[cfg(feature = "plugins")]
    Target {
        name: "plugin_archive",
        run: archive,
        seeds: &[
            "package/package.json|0||{}\npackage/src/index.js|0||export default {}",
            "package/../evil.js|0||x\npackage/link|2|/etc/passwd|\npackage/hard|1|package/index.js|",
            "package//a/./b.js|7||x\npackage/c|5||\n././@LongLink|L||package/long",
        ],
    },
    #[cfg(feature = "plugins")]
    Target {
        name: "plugin_answer",
        run: |text| {
            if let Ok(value) = serde_json::from_str(text) {
                done(rows::read(0, &value, NOW));
                done(usage::read(&value).is_ok());
            }
        },
        seeds: &[
            r#"{"sessionId": "s", "providerId": "p", "modelId": "m", "tokens": {"input": 1, "output": 2.5},
                "timestamp": 1795164387672.0159, "cost": 0.1}"#,
            r#"{"fetchedAt": 1, "limits": {"primary": {"usedPercent": 33.3, "resetsAt": 2, "windowMinutes": 300}},
                "cost": {"actual": {"total": 4.2, "currency": "USD"}}, "credits": {"balance": "12.50"},
                "tokens": {"input": 1, "output": 2}, "error": "HTTP 429", "retryAfterMs": 1000}"#,
        ],
    },
    Target {
        name: "price_list",
        run: |text| done(list::parse(text.as_bytes(), Some(NOW))),
        seeds: &[
            r#"{"acme": {"id": "acme", "models": {"coder": {"id": "coder", "cost": {"input": 1, "output": 2.5, "cache_read": 0.1,
                "context_over_200k": {"input": 2, "output": 5}}, "limit": {"context": 200000}}}}}"#,
        ],
    },
    Target {
        name: "sockets",
        run: |text| done(Listeners::parse(text, text)),
        seeds: &[
            "  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1",
            "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0 0 0 0 0 99 1",
        ],
    },
    Target {
        name: "time",
        run: |text| {
            for edge in [Edge::Since, Edge::Until] {
                done(parse_time(text, NOW, &TimeZone::UTC, edge));
            }
            done(parse_day(text, NOW, &TimeZone::UTC));
        },
        seeds: &[
            "7d",
            "yesterday",
            "2026-11-20",
            "2026-11-20T18:00:00Z",
            "this month",
            "2026-W47",
        ],
    },
];
