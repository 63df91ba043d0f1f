//! The running Antigravity app: its language server reports the quota of the account without a credential.

use super::ask::{Ask, Refusal, with_numbers};
use super::value::{instant, items, number, text};
use crate::core::credential::{Content, Credential, Details, Kind, Rank, Secret};
use crate::core::process::Process;
use crate::core::quota::{FIVE_HOURS, Limit, ProviderUsage, WEEK};
use serde_json::{Value, json};

const SOURCE: &str = "antigravity-app";

/// Whether a process is the app's language server: `language_server --csrf_token … --app_data_dir antigravity`.
pub(super) fn is_server(process: &Process) -> bool {
    let is_marked = |text: &str| text.to_ascii_lowercase().contains("antigravity");
    let exe = process.exe.as_ref().map(|exe| exe.to_string_lossy());
    let has_mark = process.args.iter().any(|arg| is_marked(arg)) || exe.is_some_and(|exe| is_marked(&exe));
    process.is_own && has_mark && token(process).is_some()
}

/// One credential per address that a server listens at: its own token, which lives in memory only.
pub(super) fn logins(processes: &[Process]) -> Vec<Credential> {
    let servers = processes.iter().filter(|process| is_server(process));
    let logins = servers.flat_map(|server| {
        // It is unknown which ports use TLS: try both schemes.
        let addresses = ["https", "http"].into_iter().flat_map(|scheme| {
            let listens = server.details.listens.iter();
            listens.map(move |address| format!("{scheme}://{address}"))
        });
        addresses.filter_map(|address| {
            let content = Content::Secret(Secret::new(token(server)?)?);
            Some(Credential {
                origin: format!("process {}", server.pid),
                details: Details {
                    host: Some(address),
                    ..Details::default()
                },
                ..Credential::new("antigravity", Kind::Unknown, SOURCE, Rank::Running, content)
            })
        })
    });
    logins.collect()
}

/// The value of `--csrf_token`, in one word or two.
fn token(process: &Process) -> Option<&str> {
    const FLAG: &str = "--csrf_token";
    let args = process.arguments();
    let at = args.iter().position(|arg| arg.starts_with(FLAG))?;
    match args[at][FLAG.len()..].strip_prefix('=') {
        Some(value) => Some(value),
        None => args.get(at + 1).filter(|_| args[at] == FLAG).map(String::as_str),
    }
}

/// # Errors
/// Why there are no numbers.
pub(super) fn fetch(ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
    const PATH: &str = "/exa.language_server_pb.LanguageServerService/RetrieveUserQuotaSummary";
    let metadata = json!({
        "ideName": "antigravity",
        "extensionName": "antigravity",
        "locale": "en",
        "ideVersion": "unknown",
    });
    let call = ask
        .post(PATH, &json!({"metadata": metadata}))
        .key_header("x-codeium-csrf-token");
    // Its certificate is self-signed; no other process can listen on its address.
    let call = call.header("connect-protocol-version", "1").trusting_this_machine();
    let root = call.object(&["response", "groups"])?;
    let summary = if root["response"].is_object() {
        &root["response"]
    } else {
        &root
    };
    let groups = items(&summary["groups"]);
    let usage = ProviderUsage {
        limits: groups.flat_map(group_limits).collect(),
        ..ProviderUsage::default()
    };
    with_numbers(usage, summary["groups"].as_array().is_some_and(Vec::is_empty))
}

fn group_limits(group: &Value) -> impl Iterator<Item = Limit> {
    let name = text(&group["displayName"]);
    let limits = items(&group["buckets"]).filter_map(bucket_limit);
    limits.map(move |limit| match name {
        Some(name) => limit.of(name),
        None => limit,
    })
}

/// `{"bucketId":"gemini-5h","displayName":"Five Hour Limit","remaining":{"remainingFraction":0.91},"resetTime":"…"}`;
/// `remaining` has also been seen as `{"case":"remainingFraction","value":0.5}`.
fn bucket_limit(bucket: &Value) -> Option<Limit> {
    let remaining = &bucket["remaining"];
    let left = number(&remaining["remainingFraction"]).or_else(|| number(&remaining["value"]))?;
    let names = [&bucket["bucketId"], &bucket["displayName"]].map(|name| text(name).unwrap_or_default().to_lowercase());
    let is_named = |words: &[&str]| names.iter().any(|name| words.iter().any(|word| name.contains(word)));
    let minutes = match () {
        () if is_named(&["week"]) => Some(WEEK),
        () if is_named(&["5h", "five", "session"]) => Some(FIVE_HOURS),
        () => None,
    };
    Some(Limit::new((1.0 - left) * 100.0, minutes).until(instant(&bucket["resetTime"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(args: &[&str], is_own: bool) -> Process {
        let mut process = Process {
            pid: 7,
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            is_own,
            ..Process::default()
        };
        process.details.listens = vec!["127.0.0.1:4000".parse().expect("an address")];
        process
    }

    #[test]
    fn the_apps_own_server_is_found_and_no_other() {
        let server = "/opt/Antigravity/bin/language_server_linux_x64";
        let found = |args: &[&str], is_own| logins(&[process(args, is_own)]);
        let hosts: Vec<_> = found(&[server, "--csrf_token", "t", "--extension_server_port", "1"], true)
            .into_iter()
            .map(|login| (login.secret().expect("a token").expose().to_owned(), login.details.host))
            .collect();
        let at = |url: &str| ("t".to_owned(), Some(url.to_owned()));
        assert_eq!(hosts, [at("https://127.0.0.1:4000"), at("http://127.0.0.1:4000")]);
        assert_eq!(found(&[server, "--csrf_token=t"], true).len(), 2);
        assert!(found(&[server, "--csrf_token", "t"], false).is_empty());
        assert!(found(&[server, "--csrf_token"], true).is_empty());
        assert!(found(&["/opt/windsurf/language_server", "--csrf_token", "t"], true).is_empty());
    }

    #[test]
    fn buckets_are_told_apart_by_their_names() {
        let limit = |json: Value| bucket_limit(&json).map(|limit| (limit.used_percent, limit.window_minutes));
        let left = json!({"case": "remainingFraction", "value": 0.5});
        assert_eq!(
            limit(json!({"bucketId": "3p-weekly", "remaining": left})),
            Some((50.0, Some(WEEK)))
        );
        assert_eq!(
            limit(json!({"displayName": "Five Hour Limit", "remaining": left})),
            Some((50.0, Some(FIVE_HOURS)))
        );
        assert_eq!(limit(json!({"bucketId": "x", "remaining": left})), Some((50.0, None)));
        assert_eq!(limit(json!({"bucketId": "x", "remaining": {}})), None);
    }
}
