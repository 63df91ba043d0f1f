//! Expectations of cases: each key that a case may name is compared, and no other key passes in silence.

use crate::cases::{LOCKED, cases, fixtures, is_built_in, is_published};
use crate::support::{Home, copy_tree};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use ttop::plugins::case::{Setting, Verdict, checked, run};

/// An expectation that nothing meets which met the one before.
fn changed(value: &Value) -> Value {
    match value {
        Value::Bool(is_true) => (!is_true).into(),
        Value::Number(number) => (number.as_f64().unwrap_or_default() + 1.0).into(),
        Value::String(text) => format!("{text}, and more").into(),
        Value::Array(list) => match list.first() {
            Some(first) => std::iter::once(changed(first))
                .chain(list[1..].iter().cloned())
                .collect(),
            None => json!([["nothing like it"]]),
        },
        Value::Object(map) if !map.is_empty() && !map.keys().any(|key| key.starts_with('$')) => {
            let last = map.len() - 1;
            let fields = map.iter().enumerate();
            let one = |(at, (key, value)): (usize, (&String, &Value))| {
                let value = if at == last { changed(value) } else { value.clone() };
                (key.clone(), value)
            };
            fields.map(one).collect()
        }
        _ => json!("something else"),
    }
}

/// A value that the case named last does not have, for keys that list what must not be, or whose value is a bound.
fn forbidden(key: &str) -> Option<(&'static str, Value)> {
    Some(match key {
        "never" => ("rejections", json!(["nobody waits"])),
        "logNever" => ("rejections", json!(["nobody waits"])),
        "stderrLinesBegin" => ("rejections", json!(["ttop: "])),
        "stderrMaxBytes" => ("rejections", json!(10)),
        "unchanged" => ("agent-watch-files", json!([""])),
        "noRequestTo" => ("provider-basic", json!(["api.acme.test"])),
        "peakMiB" => ("agent-rows", json!(1)),
        "twice" => ("agent-rows", json!(false)),
        "shown" => ("notification-unconfigured", json!([["nothing like it"]])),
        "refused" => ("fs-absolute", json!({"all": ["nothing like it"]})),
        _ => return None,
    })
}

/// Words are for people, unless they name a state.
fn is_compared(key: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => key == "state",
        Value::Bool(_) => key != "hostOnly",
        value => !value.is_null(),
    }
}

/// A case with one expectation that does not hold, by the key that has to be named.
type Weakened = BTreeMap<String, (PathBuf, Value)>;

fn weakened(cases: &[PathBuf]) -> Weakened {
    const IN_STEPS: [&str; 5] = ["returns", "returnsPart", "throws", "row", "message"];
    const IN_PLUGINS: [&str; 9] = [
        "id", "type", "name", "version", "entry", "config", "state", "errors", "warnings",
    ];
    let mut all = Weakened::new();
    let mut add = |key: String, case: &Path, other: Value| {
        all.entry(key).or_insert_with(|| (case.to_path_buf(), other));
    };
    for case in cases {
        let text = std::fs::read_to_string(case.join("expected.json")).expect("a case");
        let spec: Value = serde_json::from_str(&text).expect("JSON");
        let with = |key: &str, value: Value| {
            let mut other = spec.clone();
            other[key] = value;
            other
        };
        for key in checked() {
            match forbidden(key) {
                Some((name, value)) if case.ends_with(name) => add(key.to_owned(), case, with(key, value)),
                None if is_compared(key, &spec[key]) => add(key.to_owned(), case, with(key, changed(&spec[key]))),
                _ => {}
            }
        }
        for (kind, want) in spec["rows"].as_object().into_iter().flatten() {
            let mut other = spec.clone();
            other["rows"] = json!({});
            other["rows"][kind] = changed(want);
            add(format!("rows.{kind}"), case, other);
        }
        for (at, step) in spec["steps"].as_array().into_iter().flatten().enumerate() {
            for key in IN_STEPS.into_iter().filter(|key| step.get(*key).is_some()) {
                let mut other = spec.clone();
                other["steps"][at][key] = changed(&step[key]);
                let what = step["do"].as_str().expect("a step");
                let name = if key == "row" {
                    format!("steps row {what}")
                } else {
                    format!("steps {key}")
                };
                add(name, case, other);
            }
        }
        for (at, plugin) in spec["plugins"].as_array().into_iter().flatten().enumerate() {
            for key in IN_PLUGINS.into_iter().filter(|key| plugin.get(*key).is_some()) {
                let mut other = spec.clone();
                other["plugins"][at][key] = changed(&plugin[key]);
                add(format!("plugins[{at}].{key}"), case, other);
            }
        }
        if case.ends_with("agent-rows") {
            let mut other = spec.clone();
            other["limits"] = json!({"wallMs": 0});
            add("limits.wallMs".to_owned(), case, other);
        }
    }
    all
}

fn verdict_of(case: &Path, spec: &Value) -> Verdict {
    let folder = tempfile::tempdir().expect("a folder");
    // A case may name what is beside it.
    let beside = case.parent().expect("a folder of cases").join("_home");
    if beside.is_dir() {
        copy_tree(&beside, &folder.path().join("_home"));
    }
    let copy = folder.path().join("case");
    copy_tree(case, &copy);
    std::fs::write(copy.join("expected.json"), spec.to_string()).expect("written");
    let setting = Setting {
        program: PathBuf::from(env!("CARGO_BIN_EXE_ttop")),
        without: LOCKED,
        is_strict: false,
        packages: None,
        data: None,
        is_built_in: &is_built_in,
    };
    run(&copy, &setting).expect("a case that can be set up")
}

#[test]
fn a_case_that_expects_something_else_fails_and_names_the_key() {
    let mut all = cases(&fixtures("conformance"));
    all.extend(cases(&fixtures("guide")));
    all.extend(cases(&fixtures("attacks")));
    all.retain(|case| !is_published(case));
    let weakened = weakened(&all);
    for key in checked() {
        assert!(weakened.contains_key(key), "no case is weakened by '{key}'");
    }
    let left = Mutex::new(weakened.into_iter());
    let unchecked = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("a lock").next();
                    let Some((key, (case, spec))) = next else { break };
                    if key == "peakMiB" && cfg!(not(target_os = "linux")) {
                        continue;
                    }
                    let wrong = verdict_of(&case, &spec).wrong;
                    let word = key.strip_prefix("steps ").map_or(key.as_str(), |_| "steps[");
                    if !wrong.iter().any(|line| line.contains(word)) {
                        let name = case.display();
                        unchecked
                            .lock()
                            .expect("a lock")
                            .push(format!("{key} of {name}: {wrong:?}"));
                    }
                }
            });
        }
    });
    let unchecked = unchecked.into_inner().expect("a lock");
    assert!(unchecked.is_empty(), "not checked:\n{}", unchecked.join("\n"));
}

#[test]
fn a_second_read_that_gives_other_turns_is_named() {
    let case = fixtures("conformance").join("agent-rows");
    let spec = json!({"load": [{"path": "other.js"}], "steps": [{"do": "parseSessions"}], "twice": true});
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("agent-rows");
    copy_tree(&case, &copy);
    let source = |at: &str| {
        format!(
            "let read = 0;
            export default {{ apiVersion: 2, id: 'other', type: 'agent', name: 'Other', version: '1.0.0', permissions: {{}}, agent: {{ name: 'Other' }},
              capabilities: {{ sessionParsing: true, authReading: false, realTimeTracking: false, multiProvider: false }},
              isInstalled: async () => true,
              parseSessions: async () => [{{ sessionId: 's', providerId: 'p', modelId: 'm', tokens: {{ input: ++read, output: 1 }}, timestamp: {at} }}] }};"
        )
    };
    for (at, count) in [("1795164387000 + read * 1000", 1), ("1795164387000", 0)] {
        std::fs::write(copy.join("other.js"), source(at)).expect("written");
        let wrong = verdict_of(&copy, &spec).wrong;
        assert_eq!(
            wrong.iter().filter(|line| line.starts_with("twice: ")).count(),
            count,
            "{wrong:?}"
        );
        assert_eq!(wrong.len(), count, "{wrong:?}");
    }
}

#[test]
fn a_misspelled_key_fails_the_case_and_one_that_is_unknown_is_shown() {
    let case = fixtures("conformance").join("agent-rows");
    let text = std::fs::read_to_string(case.join("expected.json")).expect("a case");
    let spec: Value = serde_json::from_str(&text).expect("JSON");
    let mut other = spec.clone();
    (other["turn"], other["aside"], other["charts"]) = (json!([]), json!("what the author thinks"), json!([]));
    other["steps"][0]["return"] = json!(true);
    let verdict = verdict_of(&case, &other);
    let wrong = [
        "turn: unknown key, did you mean 'turns'?",
        "steps[0].return: unknown key, did you mean 'returns'?",
    ];
    assert_eq!(verdict.wrong, wrong);
    assert_eq!(
        verdict.remarks,
        ["aside: what the author thinks", "charts: unknown key"]
    );
}

#[test]
fn a_plugin_that_does_not_load_fails_and_says_what_to_write_instead() {
    let home = Home::new();
    for (file, code, at, words) in [
        (
            "deco.ts",
            "class A {\n  @logged b(): number { return 1; }\n}",
            "deco.ts:2:3",
            "decorators",
        ),
        ("deco.js", "@logged class A {}", "deco.js:1:1", "decorators"),
        (
            "jsx.ts",
            "const a: number = 1;\nconst b = <b>{a}</b>;",
            "jsx.ts:2:11",
            "JSX",
        ),
        ("jsx.js", "const b = <></>;", "jsx.js:1:11", "JSX"),
        (
            "access.ts",
            "type A = number;\nclass B { accessor c: A = 1; }",
            "access.ts:2:11",
            "'accessor'",
        ),
        ("other.ts", "const a: number = ;", "other.ts:1:19", "SyntaxError"),
        ("throws.js", "throw new Error('at the top');", "throws.js", "at the top"),
    ] {
        home.write(file, format!("{code}\nexport default {{}};\n"));
        let output = home.ttop().args(["plugin", "test", file]).output().expect("runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(
            told.starts_with("FAILED") && told.contains(at) && told.contains(words),
            "{told}"
        );
        assert_eq!(
            told.contains("not supported: "),
            at.contains(':') && file != "other.ts",
            "{told}"
        );
    }
}
