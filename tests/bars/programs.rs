//! The lines of `--print-config` in the real programs.

use super::{at_wall, synced, wall};
use crate::support::opencode_db::Reply;
use crate::support::opencode_home::database;
use crate::support::{Home, program};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const HOSTILE: &str = "#{session_name} #H %{F#f} 9% <b>";

/// A home of this moment, since programs run ttop without a clock of ours.
fn now(title: &str) -> Home {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", wall() - 60_000);
    let titled = database.connection.execute("update session set title = ?1", [title]);
    titled.expect("titled");
    database.reply("msg_bar1", "ses_bar1", &Reply::at(wall() - 2_000));
    assert!(at_wall(&home, &["sync"]).status().expect("runs").success());
    home
}

fn setup(home: &Home, style: &str) -> String {
    home.stdout(&["bar-status", style, "--print-config"])
}

/// PATH with the binary of this build first.
fn path() -> String {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let folder = binary.parent().expect("a folder").to_string_lossy().into_owned();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

fn run(program: &Path, home: &Home, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .env("HOME", home.path())
        .env("PATH", path())
        .env("TTOP_OFFLINE", "1")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("TMUX")
        .stdin(Stdio::null())
        .output()
        .expect("runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A tmux server that ends when dropped.
struct Tmux {
    program: PathBuf,
    socket: String,
}

impl Tmux {
    fn run(&self, home: &Home, words: &[&str]) -> String {
        run(&self.program, home, &[&["-S", &self.socket], words].concat())
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new(&self.program)
            .args(["-S", &self.socket, "kill-server"])
            .output();
    }
}

#[test]
fn tmux_shows_the_title_as_it_is() {
    let Some(program) = program("tmux") else { return };
    let home = now(HOSTILE);
    let config = setup(&home, "tmux").replace("tmux)'", "tmux --segments session)'");
    assert!(config.contains("--segments"), "{config}");
    home.write("tmux.conf", config);
    let at = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let tmux = |socket: &str| Tmux {
        program: program.clone(),
        socket: at(socket),
    };
    // Jobs are for clients that see them: a tmux in a pane of another one.
    let (inner, outer) = (tmux("inner"), tmux("outer"));
    let client = format!(
        "env -u TMUX {} -S {} -f {} new-session",
        program.display(),
        inner.socket,
        at("tmux.conf")
    );
    let told = outer.run(
        &home,
        &["-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "20", &client],
    );
    assert_eq!(told, "");
    let mut shown = String::new();
    for _ in 0..200 {
        shown = outer.run(&home, &["capture-pane", "-p"]);
        if shown.contains("$0.5000") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(shown.contains(HOSTILE), "{shown}");
}

#[test]
fn i3blocks_takes_the_block() {
    let Some(program) = program("i3blocks") else { return };
    let home = now(HOSTILE);
    let config = setup(&home, "i3blocks").replace("bar-status i3blocks\n", "bar-status i3blocks --segments session\n");
    home.write("i3blocks.conf", config);
    let file = home.path().join("i3blocks.conf");
    let mut child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .env("HOME", home.path())
        .env("PATH", path())
        .env("TTOP_OFFLINE", "1")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("i3blocks starts");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("stdout")));
    let shown = lines
        .map_while(Result::ok)
        .find(|line| line.contains("short_text"))
        .expect("a block");
    let _ = child.kill();
    let _ = child.wait();
    assert!(shown.contains("&lt;b&gt;") && shown.contains("$0.5000"), "{shown}");
}

#[test]
fn vim_evaluates_the_status_line() {
    let Some(program) = program("vim") else { return };
    let home = synced(HOSTILE);
    home.write("vimrc", setup(&home, "vim"));
    let drawn = home.stdout(&["bar-status", "vim", "--no-sync", "--segments", "session,today"]);
    home.write("line.vim", format!("let g:ttop = {:?}\n", drawn.trim_end()));
    let at = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let script = format!(
        "redir! > {} | source {} | source {} | echo 'ok' | redir END",
        at("out"),
        at("vimrc"),
        at("line.vim")
    );
    run(&program, &home, &["-Nu", "NONE", "-es", "-c", &script, "-c", "qa!"]);
    let out = std::fs::read_to_string(home.path().join("out")).expect("vim ran");
    assert_eq!(out.trim(), "ok", "{out}");
}

#[test]
fn polybar_draws_the_module() {
    let (Some(polybar), Some(xvfb)) = (program("polybar"), program("xvfb-run")) else {
        return;
    };
    let home = now(HOSTILE);
    let module = setup(&home, "polybar").replace("bar-status polybar\n", "bar-status polybar --segments session\n");
    let bar = "[bar/x]\nwidth = 100%\nheight = 20\nmodules-right = ttop\n";
    home.write("config.ini", format!("{bar}{module}"));
    let config = home.path().join("config.ini").to_string_lossy().into_owned();
    let polybar = polybar.to_string_lossy().into_owned();
    let told = run(
        &xvfb,
        &home,
        &[
            "-a",
            "timeout",
            "8",
            &polybar,
            "--log=warning",
            "--stdout",
            "-c",
            &config,
            "x",
        ],
    );
    assert!(told.contains("% {F#f} 9% <b> $0.5000"), "{told}");
}
