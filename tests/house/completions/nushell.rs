//! The Nushell module, made from the command line's definition and the rows' schemas.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use std::any::TypeId;
use std::fmt::Write;
use ttop::render::keys::{Key, Kind};
use ttop::render::kinds::RowKind;

/// Flags that make no sense where the answer is a table already.
const LEFT_OUT: [&str; 9] = [
    "format",
    "no_header",
    "jq",
    "raw",
    "color",
    "quiet",
    "verbose",
    "help",
    "version",
];

const HEAD: &str = r#"# Commands of ttop for Nushell: flags and values are completed, answers are tables with dates, durations and sizes.
#
#   use ttop.nu *
#   ttop sessions --since 7d | where cost != null | sort-by cost --reverse | first 5
#
# `^ttop` is the program itself. Generated from its command line; do not edit.

# What ttop offers for the last word of a line
def "nu-complete ttop" [context: string] {
    let told = (with-env {TTOP_COMPLETE: nushell} { ^ttop -- $context | complete })
    let offered = ($told.stdout | lines | each {|line|
        let parts = ($line | split row "\t")
        {value: $parts.0, description: ($parts | skip 1 | str join " ")}
    })
    # ttop has chosen, and quotes: what was typed need not be how a value begins.
    {options: {filter: false, sort: false}, completions: $offered}
}

# Flags that were given, as the program takes them
def flags [given: record]: nothing -> list<string> {
    $given | items {|flag, value|
        if $value == null or $value == false {
            []
        } else if $value == true {
            [$"--($flag)"]
        } else {
            [$"--($flag)" ($value | into string)]
        }
    } | flatten
}

# Changes the values of some keys, where they are there and known
def change [keys: list<string>, how: closure] {
    let row = $in
    $keys | reduce --fold $row {|key, row|
        if ($key in $row) and ($row | get $key) != null {
            $row | update $key (do $how ($row | get $key))
        } else {
            $row
        }
    }
}

# Rows with Nushell's own dates, durations and sizes
def typed [instants: list<string>, times: list<string>, spans: list<string>, sizes: list<string>] {
    from json --objects | each {|row|
        $row
        | change $instants {|ms| $ms * 1_000_000 | into datetime }
        | change $times {|text| $text | into datetime }
        | change $spans {|ms| $ms * 1_000_000 | into duration }
        | change $sizes {|bytes| $bytes | into filesize }
    }
}
"#;

/// The whole module.
pub fn module(root: &Command) -> String {
    let mut text = HEAD.to_owned();
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        write_command(&mut text, command, "ttop", command.get_name());
    }
    text
}

fn write_command(text: &mut String, command: &Command, before: &str, top: &str) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    let has_rows = command.get_arguments().any(|arg| arg.get_id() == "format");
    let args: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !(arg.is_hide_set() || has_rows && LEFT_OUT.contains(&arg.get_id().as_str())))
        .filter(|arg| !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version))
        .collect();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let word = if has_rows { "def" } else { "extern" };
    writeln!(text, "\n# {about}\nexport {word} \"{name}\" [").expect("memory");
    for arg in &args {
        writeln!(text, "    {}  # {}", parameter(arg), help(arg)).expect("memory");
    }
    text.push_str(if has_rows { "] {\n" } else { "]\n" });
    if has_rows {
        write_body(text, &args, &name, top);
    }
    for inner in command.get_subcommands().filter(|command| command.get_name() != "help") {
        write_command(text, inner, &name, top);
    }
}

fn write_body(text: &mut String, args: &[&Arg], name: &str, top: &str) {
    let flags: Vec<String> = args
        .iter()
        .filter_map(|arg| arg.get_long())
        .map(|long| format!("{long}: ${}", long.replace('-', "_")))
        .collect();
    let words: String = args
        .iter()
        .filter(|arg| arg.is_positional())
        .map(|arg| {
            let variable = arg.get_id().as_str();
            if arg.get_action().takes_values() && is_list(arg) {
                format!(" ...${variable}")
            } else if arg.is_required_set() {
                format!(" ${variable}")
            } else {
                format!(" ...([${variable}] | compact)")
            }
        })
        .collect();
    writeln!(text, "    let flags = (flags {{{}}})", flags.join(", ")).expect("memory");
    let keys = RowKind::find(top).map(|row| (row.keys)()).unwrap_or_default();
    let named = |is_one: &dyn Fn(&Key) -> bool| {
        let names: Vec<&str> = keys
            .iter()
            .filter(|key| is_one(key))
            .map(|key| key.path.as_str())
            .collect();
        format!("[{}]", names.join(" "))
    };
    let is_whole = |key: &Key| key.kind == Kind::Integer;
    let instants = named(&|key| {
        is_whole(key) && (key.path.ends_with("At") || matches!(key.path.as_str(), "timestamp" | "start" | "end"))
    });
    let times = named(&|key| key.kind == Kind::Time);
    let spans = named(&|key| is_whole(key) && key.path.ends_with("Ms"));
    let sizes = named(&|key| is_whole(key) && key.path.ends_with("Bytes"));
    writeln!(
        text,
        "    ^{name}{words} -o ndjson ...$flags | typed {instants} {times} {spans} {sizes}\n}}"
    )
    .expect("memory");
}

fn is_list(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|range| range.max_values() > 1) || matches!(arg.get_action(), ArgAction::Append)
}

fn parameter(arg: &Arg) -> String {
    let value = match nu_type(arg.get_value_parser()) {
        "string" => "string@\"nu-complete ttop\"",
        other => other,
    };
    match (arg.get_long(), arg.get_short()) {
        (Some(long), short) => {
            let short = short.map(|short| format!("(-{short})")).unwrap_or_default();
            let value = if arg.get_action().takes_values() {
                format!(": {value}")
            } else {
                String::new()
            };
            format!("--{long}{short}{value}")
        }
        (None, _) => {
            let mark = if arg.is_required_set() { "" } else { "?" };
            let id = arg.get_id();
            if is_list(arg) {
                format!("...{id}: {value}")
            } else {
                format!("{id}{mark}: {value}")
            }
        }
    }
}

fn nu_type(parser: &ValueParser) -> &'static str {
    let id = parser.type_id();
    if [
        TypeId::of::<usize>(),
        TypeId::of::<u64>(),
        TypeId::of::<u32>(),
        TypeId::of::<i64>(),
    ]
    .iter()
    .any(|known| id == *known)
    {
        "int"
    } else if id == TypeId::of::<f64>() {
        "number"
    } else {
        "string"
    }
}

fn help(arg: &Arg) -> String {
    arg.get_help()
        .map(ToString::to_string)
        .unwrap_or_default()
        .replace('\n', " ")
}
