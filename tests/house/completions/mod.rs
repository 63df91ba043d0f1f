//! Completions: committed scripts, and what real shells make of them.

mod nushell;

use crate::support::{self, Home};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use ttop::cli::answer::VARIABLE;
use ttop::cli::definition;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

#[test]
fn the_module_of_nushell_is_as_committed() {
    let mut root = definition();
    root.build();
    support::same_as_committed(&committed("ttop.nu"), nushell::module(&root).as_bytes());
}

#[test]
fn scripts_come_out_of_the_binary() {
    let home = Home::new();
    for (shell, file) in [
        ("bash", "ttop.bash"),
        ("zsh", "_ttop"),
        ("fish", "ttop.fish"),
        ("elvish", "ttop.elv"),
        ("powershell", "ttop.ps1"),
        ("nushell", "ttop.nu"),
    ] {
        let script = std::fs::read_to_string(committed(file)).expect("committed");
        assert!(
            home.stdout(&["completions", shell]) == script,
            "{shell}: the binary has another script"
        );
    }
}

#[test]
fn a_completion_never_writes_to_stderr() {
    let home = Home::new();
    home.write("ledger.db", "no database at all");
    let output = home
        .ttop()
        .env(VARIABLE, "fish")
        .env("TTOP_LEDGER", home.path().join("ledger.db"))
        .env("TTOP_NOW", "no time")
        .args(["--", "ttop", "sessions", "--session", ""])
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("latest\t"));
}

/// Runs a shell with a script, with `ttop` on its PATH and nothing of the environment but the home.
fn run(shell: &Path, args: &[&str], script: &str, home: &Home) -> String {
    home.write("script", script);
    let file = home.path().join("script");
    run_in(shell, &[args, &[file.to_str().expect("UTF-8")]].concat(), home)
}

fn run_in(program: &Path, args: &[&str], home: &Home) -> String {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let mut path = std::ffi::OsString::from(binary.parent().expect("a folder"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let (out, err) = (home.path().join("stdout"), home.path().join("stderr"));
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .env("TERM", "xterm")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).expect("a file"))
        .stderr(std::fs::File::create(&err).expect("a file"))
        .spawn()
        .expect("the program runs");
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned();
    // A shell that waits for a line that never comes would wait for good.
    for _ in 0..600 {
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(status.success(), "{}\n{}", read(&out), read(&err));
            return read(&out);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().expect("killed");
    panic!("{} does not end\n{}\n{}", program.display(), read(&out), read(&err));
}

#[test]
fn bash_completes() {
    let Some(bash) = support::program("bash") else { return };
    let script = format!(
        r#"source '{}'
        complete_line() {{
            COMP_LINE="$*" COMP_POINT=1000
            _ttop ttop "${{@: -1}}"
            echo "${{COMPREPLY[*]}}"
        }}
        complete_line ttop sess
        complete_line ttop sessions --presence ''
        complete_line ttop turns --fields cost,tokens.ca
        complete -p ttop
        "#,
        committed("ttop.bash").display()
    );
    let said = run(&bash, &["--norc"], &script, &Home::new());
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "sessions");
    assert_eq!(lines[1], "all present gone reverted");
    assert_eq!(lines[2], "cost,tokens.cacheRead cost,tokens.cacheWrite");
    assert!(lines[3].contains("-F _ttop ttop"), "{said}");
}

#[test]
fn fish_completes_with_descriptions() {
    let Some(fish) = support::program("fish") else { return };
    let script = format!(
        "source '{}'\ncomplete -C 'ttop sess'\ncomplete -C 'ttop cost --since tod'\n",
        committed("ttop.fish").display()
    );
    let said = run(&fish, &["--no-config"], &script, &Home::new());
    assert_eq!(said, "sessions\tList sessions, newest first\ntoday\tsince midnight\n");
}

/// What zsh makes of a line with tabs in it. It completes only in an interactive line editor: zpty gives it one.
fn zsh_line(zsh: &Path, setup: &str) -> String {
    let script = format!(
        r#"zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z "PS1=; {setup}; bindkey '^I' complete-word; echo re''ady"
        zpty -r z line '*ready*'
        zpty -n -w z $'ttop sessi\t --presence rev\t\C-aprint -r -- WROTE \n'
        zpty -r z line $'*WROTE ttop sess*rev*\n*'
        print -r -- "$line"
        zpty -d z
        "#
    );
    run(zsh, &["-f"], &script, &Home::new())
}

#[test]
fn zsh_completes_in_a_terminal() {
    let Some(zsh) = support::program("zsh") else { return };
    let script = committed("_ttop");
    let init = "autoload -Uz compinit && compinit -u -D";
    let folder = script.parent().expect("a folder").display().to_string();
    for setup in [
        format!("{init}; source '{}'", script.display()),
        format!("fpath=('{folder}' $fpath); {init}"),
    ] {
        let said = zsh_line(&zsh, &setup);
        assert!(
            said.contains("WROTE ttop sessions --presence reverted"),
            "{setup}: {said:?}"
        );
    }
}

#[test]
fn elvish_completes() {
    let (Some(elvish), Some(script)) = (support::program("elvish"), support::program("script")) else {
        return;
    };
    let home = Home::new();
    // Only an interactive elvish has the editor's names, and its start file can use them.
    let start = format!(
        "eval (slurp < '{}')\nfor word [($edit:completion:arg-completer[ttop] ttop sess)] {{ echo 'offers '$word[stem] }}\nexit\n",
        committed("ttop.elv").display()
    );
    home.write("rc.elv", start);
    let command = format!("'{}' -rc '{}'", elvish.display(), home.path().join("rc.elv").display());
    let said = run_in(&script, &["-qec", &command, "/dev/null"], &home);
    assert!(said.contains("offers sessions"), "{said}");
}

#[test]
fn nushell_has_typed_commands_and_completes() {
    let Some(nu) = support::program("nu") else { return };
    let home = Home::of("opencode/data/home");
    let script = format!(
        r#"source '{}'
        print (ttop turns | first | get timestamp | describe)
        print (ttop turns | first | get time | describe)
        print (ttop sessions --limit 2 | length)
        print (ttop cost --by day,model --since 2020-01-01 | columns | first 3 | str join ,)
        print (nu-complete ttop 'ls | ttop sessions --presence g' | get completions.value | str join ,)
        print (ttop sessions --agent nobody | length)
        "#,
        committed("ttop.nu").display()
    );
    let said = run(&nu, &["--no-config-file"], &script, &home);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines, ["datetime", "datetime", "2", "period,start,end", "gone", "0"]);
}

#[test]
fn nushell_takes_the_module() {
    let Some(nu) = support::program("nu") else { return };
    let script = format!(
        "use '{}' *\nprint (ttop sessions | length)\n",
        committed("ttop.nu").display()
    );
    assert_eq!(run(&nu, &["--no-config-file"], &script, &Home::new()), "0\n");
}

#[test]
fn sessions_are_completed_from_the_ledger() {
    let Some(fish) = support::program("fish") else { return };
    let home = Home::of("opencode/data/home");
    let first = home.rows(&["sessions", "-n1"]).remove(0);
    let id = first["sessionId"].as_str().expect("an id");
    let script = format!(
        "source '{}'\ncomplete -C 'ttop turns --session {}'\ncomplete -C 'ttop cost --model '",
        committed("ttop.fish").display(),
        &id[..id.len() - 4],
    );
    let said = run(&fish, &["--no-config"], &script, &home);
    assert!(
        said.lines().any(|line| line.starts_with(id) && line.ends_with("ago)")),
        "{said}"
    );
    assert!(said.lines().any(|line| line == first["modelId"]), "{said}");
}
