//! Kimi Code's log: events of one agent; each request leaves a record of its usage.

use super::ID;
use super::config::Config;
use super::place::Place;
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::words::first_words;
use crate::agents::{Batch, Skip};
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Rank, RecordKey, SessionInfo, Title, Turn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
    /// (provider's dialect, model) of the latest request by the alias the user gave that model.
    models: BTreeMap<String, (String, String)>,
    /// The alias of the latest request.
    latest: String,
    /// All usage up to here, and that of the latest request.
    #[serde(default)]
    sum: [u64; 4],
    #[serde(default)]
    last: [u64; 4],
}

/// The alias of a model that only the environment names.
const NAMELESS: &str = "__kimi_env_model__";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(default)]
    time: When,
    /// The model itself in a request, its alias in a record of usage.
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model_alias: Option<&'a RawValue>,
    #[serde(borrow, default)]
    provider: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage_scope: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    /// Of a prompt: `{"kind":"user"}`, or what else began the turn.
    #[serde(borrow, default)]
    origin: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
}

/// Disjoint.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_other: Count,
    output: Count,
    input_cache_read: Count,
    input_cache_creation: Count,
}

impl Usage {
    fn counts(&self) -> [u64; 4] {
        [
            self.input_other.0,
            self.output.0,
            self.input_cache_read.0,
            self.input_cache_creation.0,
        ]
    }
}

fn text(raw: Option<&RawValue>) -> String {
    part::<Text<'_>>(raw)
        .map(|text| text.0.into_owned())
        .unwrap_or_default()
}

pub(super) fn record(state: &mut State, line: &Line<'_>, place: &Place, into: &mut Batch) -> serde_json::Result<()> {
    let record: Record<'_> = serde_json::from_str(line.text)?;
    let time = record.time.0.unwrap_or(state.time);
    state.time = state.time.max(time);
    match record.kind.0.as_ref() {
        // `{"type":"llm.request","provider":"kimi","model":"kimi-k3","modelAlias":"kimi-code/k3",…}`
        "llm.request" => {
            state.latest = text(record.model_alias);
            let model = (text(record.provider), text(record.model));
            state.models.insert(state.latest.clone(), model);
        }
        "turn.prompt" if !state.is_titled && matches!(place.agent.as_str(), "" | "main") => {
            let origin = part::<Origin<'_>>(record.origin);
            let is_users = origin.is_none_or(|origin| &*origin.kind == "user");
            let words = first_words(record.input).filter(|_| is_users);
            let words = words.and_then(|words| title(&words));
            state.is_titled = words.is_some();
            into.session(SessionInfo {
                title: words.map(|text| Title::from_prompt(time, text)),
                started_at: record.time.0,
                ..SessionInfo::new(&place.session)
            });
        }
        "usage.record" => {
            let usage: Usage = match record.usage {
                Some(usage) => serde_json::from_str(usage.get())?,
                None => Usage::default(),
            };
            // Version 2.1 records requests outside of turns (compaction) with the scope `session`. Before, such a record
            // sums up or repeats those of turns.
            let counts = usage.counts();
            let is_known = counts == state.sum || counts == state.last;
            if text(record.usage_scope) != "turn" && is_known {
                into.skip(Skip::Repeated);
                return Ok(());
            }
            if counts != [0; 4] {
                state.last = counts;
                for (sum, count) in state.sum.iter_mut().zip(counts) {
                    *sum = sum.saturating_add(count);
                }
            }
            add(state, &text(record.model), &usage, time, place, line.offset, into);
        }
        _ => {}
    }
    Ok(())
}

fn add(state: &State, alias: &str, usage: &Usage, time: i64, place: &Place, offset: u64, into: &mut Batch) {
    let tokens = Tokens::new(
        usage.input_other.0,
        usage.output.0,
        0,
        usage.input_cache_read.0,
        usage.input_cache_creation.0,
    );
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let (provider, model) = model(state, alias, &place.config);
    // There is no id. Copies of a session keep times and counts.
    let key = format!("{}\0{time}\0{:?}", place.agent, tokens.counts());
    into.session(SessionInfo {
        updated_at: (time > 0).then_some(time),
        ..SessionInfo::new(&place.session)
    });
    into.turn(&Turn {
        session_id: &place.session,
        record: RecordKey::of(offset.to_string()),
        event: EventKey::of(ID, &key),
        rank: Rank(u64::from(place.is_own(time)), 0),
        provider_id: &provider,
        model_id: &model,
        numbers: Numbers::of(tokens, time),
        place: offset,
        ..Turn::PLAIN
    });
}

/// Who bills and the model: that of the latest request under this alias, else of the latest request at all (aliases
/// are written with and without their prefix), else the alias's.
fn model(state: &State, alias: &str, config: &Config) -> (String, String) {
    let alias = if alias == NAMELESS { "" } else { alias };
    let name = |alias: &str| alias.rsplit('/').next().unwrap_or_default().to_owned();
    let request = state
        .models
        .get_key_value(alias)
        .or_else(|| {
            state
                .models
                .iter()
                .find(|(known, _)| !alias.is_empty() && name(known) == name(alias))
        })
        .or_else(|| state.models.get_key_value(&state.latest));
    let (known, (dialect, model)) = request.map_or(("", Default::default()), |(known, model)| (known, model.clone()));
    let model = if model.is_empty() { alias.to_owned() } else { model };
    let is_plan = [alias, known].iter().any(|alias| alias.starts_with("kimi-code/"));
    let provider = match dialect.as_str() {
        _ if is_plan => "kimi-for-coding",
        "kimi" => "moonshotai",
        // Any other name is a dialect: who bills is the provider that the user's settings lead the alias to.
        _ => {
            let named = [alias, known]
                .into_iter()
                .find_map(|alias| config.provider_of(alias, &model));
            biller(named.unwrap_or(""), &model).unwrap_or("")
        }
    };
    (provider.to_owned(), model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::kimi_cli::KimiCli;
    use crate::agents::shared::testing::read_with_cuts;
    use crate::agents::{Agent, Bookmark, Source};

    const FILE: &str = "sessions/wd_acme_1/session_1/agents/main/wire.jsonl";
    const LOG: &str = concat!(
        r#"{"type":"metadata","protocol_version":"1.4","created_at":1772442000000}"#,
        "\n",
        r#"{"type":"turn.prompt","input":[{"type":"text","text":"Fix it"}],"time":1772442001000}"#,
        "\n",
        r#"{"type":"llm.request","provider":"kimi","model":"kimi-k3","modelAlias":"kimi-code/k3","time":1772442002000}"#,
        "\n",
        r#"{"type":"usage.record","model":"k3","usage":{"inputOther":100,"output":20,"inputCacheRead":300,"inputCacheCreation":4},"usageScope":"turn","time":1772442003000}"#,
        "\n",
        r#"{"type":"usage.record","model":"k3","usage":{"inputOther":100,"output":20,"inputCacheRead":300,"inputCacheCreation":4},"usageScope":"session","time":1772442003000}"#,
        "\n",
        r#"{"type":"context.append_loop_event","event":{"type":"step.end","usage":{"inputOther":100,"output":20}},"time":1772442003000}"#,
        "\n",
        r#"{"type":"llm.request","provider":"openai","model":"deepseek-v4","modelAlias":"ds","time":1772442004000}"#,
        "\n",
        r#"{"type":"usage.record","usage":{"inputOther":-1,"output":5,"inputCacheRead":null},"usageScope":"turn","time":1772442005000}"#,
        "\n",
        r#"{"type":"usage.record","model":"kimi-code/k3","usage":{"output":6},"usageScope":"turn","time":1772442006000}"#,
        "\n",
        r#"{"type":"usage.record","model":"kimi-code/k3","usage":{"inputOther":100,"output":31,"inputCacheRead":300,"inputCacheCreation":4},"usageScope":"session","time":1772442006500}"#,
        "\n",
        r#"{"type":"usage.record","model":"kimi-code/k3","usage":{"inputOther":900,"output":8},"usageScope":"session","time":1772442006700}"#,
        "\n",
        r#"{"type":"usage.record","model":"kimi-code/k3","usage":{"output":7},"usageScope":"tu"#,
    );

    #[test]
    fn counts_each_request_once_and_names_its_model() {
        let all = read_with_cuts(&KimiCli, FILE, LOG);
        assert_eq!(
            all.turns,
            [
                "session_1  kimi-k3 [100, 20, 0, 300, 4]",
                "session_1  deepseek-v4 [0, 5, 0, 0, 0]",
                "session_1  kimi-k3 [0, 6, 0, 0, 0]",
                "session_1  kimi-k3 [900, 8, 0, 0, 0]",
            ]
        );
        assert_eq!(
            all.sessions["session_1"].title.as_ref().expect("a title").text,
            "Fix it"
        );
    }

    #[test]
    fn without_a_request_only_the_alias_is_known() {
        let state = State::default();
        let model = |state: &State, alias: &str| model(state, alias, &Config::default());
        assert_eq!(
            model(&state, "kimi-code/k3"),
            ("kimi-for-coding".into(), "kimi-code/k3".into())
        );
        assert_eq!(model(&state, "gpt-5"), ("openai".into(), "gpt-5".into()));
        assert_eq!(model(&state, NAMELESS), (String::new(), String::new()));
        let mut state = State::default();
        state.models.insert(String::new(), ("kimi".into(), "kimi-k3".into()));
        assert_eq!(model(&state, "k3"), ("moonshotai".into(), "kimi-k3".into()));
    }

    #[test]
    fn the_settings_name_the_biller_of_a_model_of_another_dialect() {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = "[models.ds]\nprovider = \"acme\"\nmodel = \"deepseek-v4\"\n";
        std::fs::write(dir.path().join("config.toml"), settings).expect("written");
        let log = dir.path().join(FILE);
        std::fs::create_dir_all(log.parent().expect("a folder")).expect("folders");
        std::fs::write(&log, LOG).expect("written");
        let mut batch = Batch::default();
        let source = Source::find(&log, 0).expect("a file");
        KimiCli.read(&source, &Bookmark::default(), &mut batch).expect("read");
        let providers: Vec<_> = batch.turns.iter().map(|row| batch.provider_id(row)).collect();
        let plan = "kimi-for-coding";
        assert_eq!(providers, [plan, "acme", plan, plan]);
    }
}
