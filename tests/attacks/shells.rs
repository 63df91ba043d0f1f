//! Lines typed into real shells on a terminal, where what may follow has names that would run as commands.

use crate::support::{Home, program};
use serde_json::json;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);

/// Names that begin alike nowhere, so that two letters choose one: what is typed, and the whole name.
const NAMES: &[(&str, &str)] = &[
    ("aa", "aa`touch PWN`"),
    ("ab", "ab$(touch${IFS}PWN)"),
    ("ac", "ac;touch PWN"),
    ("ad", "ad two words"),
    ("ae", "ae'q\"uo\\te"),
    ("af", "af!!"),
    ("ag", "ag*"),
    ("ah", "ah&touch PWN"),
    ("ai", "ai|touch PWN"),
    ("aj", "aj#$HOME"),
    ("ak", "ak:colon/slash"),
    ("al", "al(touch PWN)"),
    ("am", "am{a,b}~<x>"),
    ("an", "an%a^b=c"),
    ("ao", "ao日本 語"),
];

/// Names that are never offered: they would steer the terminal or end the line.
const STEERING: &[&str] = &[
    "zqa\u{1b}[31mred",
    "zqb\nsecond",
    "zqc\u{9b}31m",
    "zqd\u{202e}dib",
    "--output=zqe",
    "zqf\tcell",
];

/// A home where every name is a model, the end of a project's path and a session.
fn hostile_home() -> Home {
    let home = Home::new();
    for (at, name) in NAMES.iter().map(|(_, name)| name).chain(STEERING).enumerate() {
        let line = json!({
            "type": "assistant", "sessionId": name, "cwd": format!("/{name}"), "uuid": format!("u{at}"), "requestId": format!("r{at}"),
            "timestamp": format!("2026-11-20T10:{at:02}:00.000Z"), "version": "2.1.0",
            "message": {"id": format!("m{at}"), "role": "assistant", "model": name, "stop_reason": "end_turn", "content": [],
                "usage": {"input_tokens": 10, "output_tokens": 5}},
        });
        home.write(&format!(".claude/projects/-p{at}/s{at}.jsonl"), format!("{line}\n"));
    }
    home.stdout(&["sync"]);
    // The program of that name asks the real one what may follow, and writes down what else it was run with.
    let real = assert_cmd::cargo::cargo_bin("ttop");
    home.write(
        "bin/ttop",
        format!(
            "#!/bin/sh\n[ -n \"$TTOP_COMPLETE\" ] && exec '{}' \"$@\"\nprintf '%s\\0' \"$@\" > \"$HOME/ran.part\" && mv \"$HOME/ran.part\" \"$HOME/ran\"\n",
            real.display()
        ),
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home.path().join("bin/ttop"), mode).expect("executable");
    home
}

/// A shell on a terminal.
struct Terminal<'a> {
    child: Child,
    keys: Arc<Mutex<ChildStdin>>,
    screen: Arc<Mutex<Vec<u8>>>,
    home: &'a Home,
}

impl<'a> Terminal<'a> {
    /// Starts the shell by a command line; `script` gives it a terminal of its own.
    fn start(command: &str, home: &'a Home) -> Self {
        let path = format!(
            "{}:{}",
            home.path().join("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut child = Command::new("script")
            .args(["-qefc", command, "/dev/null"])
            .env_clear()
            .envs([
                ("PATH", path.as_str()),
                ("TERM", "xterm"),
                ("TTOP_OFFLINE", "1"),
                ("TZ", "UTC"),
                ("LC_ALL", "C.UTF-8"),
            ])
            .env("HOME", home.path())
            .env("TTOP_NOW", "2026-11-20T18:00:00Z")
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script starts");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let mut output = child.stdout.take().expect("piped");
        let keys = Arc::new(Mutex::new(child.stdin.take().expect("piped")));
        let (written, answers) = (Arc::clone(&screen), Arc::clone(&keys));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                written.lock().expect("a screen").extend(&bytes[..count]);
                // Nushell asks where the cursor is, and waits.
                if bytes[..count].windows(4).any(|part| part == b"\x1b[6n") {
                    let _ = answers.lock().expect("keys").write_all(b"\x1b[1;1R");
                }
            }
        });
        Self {
            child,
            keys,
            screen,
            home,
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("a screen")).into_owned()
    }

    fn press(&self, keys: &str) {
        let mut to = self.keys.lock().expect("keys");
        to.write_all(keys.as_bytes()).expect("typed");
    }

    /// Types a line with its tab and its end, and returns what the program was run with.
    fn run(&self, keys: &str) -> Vec<String> {
        let ran = self.home.path().join("ran");
        let _ = std::fs::remove_file(&ran);
        self.press(keys);
        let text = wait(|| std::fs::read_to_string(&ran).ok()).unwrap_or_else(|| {
            panic!("{keys:?} runs nothing:\n{}", self.shown());
        });
        text.split_terminator('\0').map(str::to_owned).collect()
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // A shell that loses its terminal may spin for ever: it ends before `script` does.
        let script = self.child.id().to_string();
        let _ = Command::new("pkill").args(["-KILL", "-P", &script]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        if let Some(value) = found() {
            return Some(value);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// What stands before a name that is typed by its first letters, in each flag that takes one.
const FLAGS: &[(&[&str], &str)] = &[
    (&["cost", "--model"], ""),
    (&["cost", "--project"], "/"),
    (&["sessions", "--session"], ""),
    (&["show"], ""),
];

fn names_are_one_word(terminal: &Terminal, name: &str, quotes: &[&str], ends: &str) {
    for (before, start) in FLAGS {
        for (typed, whole) in NAMES {
            for quote in quotes {
                let ran = terminal.run(&format!("ttop {} {quote}{start}{typed}\t{ends}", before.join(" ")));
                let expected: Vec<String> = before
                    .iter()
                    .map(|word| (*word).to_owned())
                    .chain([format!("{start}{whole}")])
                    .collect();
                assert_eq!(ran, expected, "{name}: {quote}{typed}\n{}", terminal.shown());
            }
        }
    }
    assert!(
        !terminal.home.path().join("PWN").exists(),
        "{name} ran a name:\n{}",
        terminal.shown()
    );
}

fn shells() -> Option<Home> {
    program("script").map(|_| hostile_home())
}

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("completions")
        .join(name)
        .display()
        .to_string()
}

#[test]
fn bash_inserts_names_as_one_word() {
    let (Some(bash), Some(home)) = (program("bash"), shells()) else {
        return;
    };
    home.write(
        "rc",
        format!(
            "PS1='> '; bind 'set enable-bracketed-paste off'; source '{}'\n",
            script("ttop.bash")
        ),
    );
    let terminal = Terminal::start(&format!("{} --noprofile --rcfile rc -i", bash.display()), &home);
    names_are_one_word(&terminal, "bash", &["", "'", "\""], "\n");
}

#[test]
fn zsh_inserts_names_as_one_word() {
    let (Some(zsh), Some(home)) = (program("zsh"), shells()) else {
        return;
    };
    let setup = format!(
        "PS1='> '; autoload -Uz compinit && compinit -u -D; source '{}'; bindkey '^I' complete-word\n",
        script("_ttop")
    );
    home.write(".zshrc", setup);
    let terminal = Terminal::start(&format!("{} -i", zsh.display()), &home);
    names_are_one_word(&terminal, "zsh", &["", "'", "\""], "\n");
}

#[test]
fn fish_inserts_names_as_one_word() {
    let (Some(fish), Some(home)) = (program("fish"), shells()) else {
        return;
    };
    home.write(
        "rc.fish",
        format!("source '{}'\nset -g fish_greeting\n", script("ttop.fish")),
    );
    let terminal = Terminal::start(&format!("{} --no-config -i -C 'source rc.fish'", fish.display()), &home);
    names_are_one_word(&terminal, "fish", &["", "'", "\""], "\r");
}

#[test]
fn elvish_inserts_names_as_one_word() {
    let (Some(elvish), Some(home)) = (program("elvish"), shells()) else {
        return;
    };
    home.write("rc.elv", format!("eval (slurp < '{}')\n", script("ttop.elv")));
    let terminal = Terminal::start(&format!("{} -rc rc.elv", elvish.display()), &home);
    names_are_one_word(&terminal, "elvish", &["", "'", "\""], "\r\r");
}

#[test]
fn nushell_inserts_names_as_one_word() {
    let (Some(nu), Some(home)) = (program("nu"), shells()) else {
        return;
    };
    home.write(
        "config.nu",
        format!(
            "$env.config.show_banner = false\n$env.PROMPT_COMMAND = 'ready'\nsource '{}'\n",
            script("ttop.nu")
        ),
    );
    let terminal = Terminal::start(&format!("{} --config config.nu", nu.display()), &home);
    // Keys are lost while a command runs; Nushell marks its beginning and the end of each prompt.
    let is_ready = || {
        terminal
            .shown()
            .rsplit("133;C")
            .next()
            .is_some_and(|rest| rest.contains("133;B"))
    };
    for (before, start) in FLAGS {
        for (typed, whole) in NAMES {
            assert!(wait(|| is_ready().then_some(())).is_some(), "{}", terminal.shown());
            let ran = terminal.run(&format!("ttop {} {start}{typed}\t\r", before.join(" ")));
            assert!(
                ran.contains(&format!("{start}{whole}")),
                "{ran:?}: {typed}\n{}",
                terminal.shown()
            );
        }
    }
    assert!(!home.path().join("PWN").exists(), "{}", terminal.shown());
}

#[test]
fn no_shell_is_offered_a_name_that_steers() {
    let home = hostile_home();
    for shell in ["bash", "zsh", "fish", "elvish", "nushell", "powershell"] {
        for (before, start) in FLAGS {
            let line = format!("ttop {} {start}", before.join(" "));
            let mut command = home.ttop();
            command.env("TTOP_COMPLETE", shell).arg("--");
            match shell {
                "bash" => command.args([line.as_str(), start]),
                "nushell" => command.arg(&line),
                "powershell" => command.env("TTOP_COMPLETE_WORDS", line.replace(' ', "\n")),
                _ => command.args(line.split(' ')),
            };
            let text = String::from_utf8(command.output().expect("runs").stdout).expect("UTF-8");
            assert!(text.contains("colon/slash"), "{shell} {line}: {text}");
            let is_stray = |line: &&str| line.contains("zq") && !line.contains("/--output=");
            assert_eq!(text.lines().find(is_stray), None, "{shell} {before:?}");
            assert!(!text.contains(|character: char| character.is_control() && !matches!(character, '\n' | '\t')));
        }
    }
}

#[test]
fn no_script_evaluates_text() {
    // Names come from ledgers and folders; a script that evaluates text would run them.
    for name in ["ttop.bash", "_ttop", "ttop.fish", "ttop.elv", "ttop.ps1", "ttop.nu"] {
        let text = std::fs::read_to_string(Path::new(&script(name))).expect("committed");
        for word in ["eval ", "Invoke-Expression", "compadd -Q", "COMPREPLY=( $("] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}
