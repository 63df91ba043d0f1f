//! The real screen in tmux: keys, sizes, suspension, and the terminal that is left behind.

use crate::support::clock::eventually;
use crate::support::tmux::Tmux;
use crate::support::{Home, program};

const PANE: &str = "top:0.0";

/// A shell in a tmux of 120x40, in which ttop is run.
struct Terminal {
    tmux: Tmux,
    home: Home,
}

impl Terminal {
    fn start() -> Option<Self> {
        program("tmux")?;
        program("bash")?;
        let home = Home::new();
        let tmux = Tmux {
            socket: home.path().join("tmux.sock"),
        };
        let shell = format!(
            "env -i HOME={0} PATH={1} TERM=screen-256color TZ=UTC TTOP_OFFLINE=1 PS1='ready> ' bash --norc --noprofile -i",
            home.path().display(),
            std::env::var("PATH").expect("a PATH"),
        );
        tmux.run(&[
            "new-session",
            "-c",
            &home.path().to_string_lossy(),
            "-d",
            "-s",
            "top",
            "-x",
            "120",
            "-y",
            "40",
            &shell,
        ]);
        let terminal = Self { tmux, home };
        terminal.sees("ready>");
        Some(terminal)
    }

    fn shown(&self) -> String {
        self.tmux.text(&["capture-pane", "-p", "-t", PANE])
    }

    fn sees(&self, text: &str) {
        let mut shown = String::new();
        eventually(text, || {
            shown = self.shown();
            shown.contains(text)
        });
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux.run(&[&["send-keys", "-t", PANE], keys].concat());
    }

    fn line(&self, text: &str) {
        self.tmux.run(&["send-keys", "-t", PANE, "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Starts the screen, with the settings of the terminal before and after in files.
    fn top(&self) {
        let ttop = assert_cmd::cargo::cargo_bin("ttop");
        self.line("clear; stty -a > before");
        self.line(&format!(
            "{} --demo top; echo \"code $?\"; stty -a > after",
            ttop.display()
        ));
        self.sees("[1 Live]");
        self.sees("Port the payment service");
    }

    fn pid(&self) -> String {
        let tty = self.tmux.text(&["display-message", "-p", "-t", PANE, "#{pane_tty}"]);
        let list = std::process::Command::new("pgrep")
            .args(["-f", "ttop --demo top$", "-t", tty.trim_start_matches("/dev/")])
            .output()
            .expect("pgrep runs");
        String::from_utf8_lossy(&list.stdout).trim().to_owned()
    }

    fn flags(&self) -> String {
        let flags = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}";
        self.tmux.text(&["display-message", "-p", "-t", PANE, flags])
    }

    /// The terminal is as it was.
    fn is_restored(&self, how: &str) {
        let read = |name: &str| std::fs::read_to_string(self.home.path().join(name)).unwrap_or_default();
        eventually("settings after the screen", || !read("after").is_empty());
        assert_eq!(read("before"), read("after"), "{how}");
        assert_eq!(self.flags(), "0 0 1", "{how}: alternate screen, mouse, cursor");
    }
}

#[test]
fn keys_and_sizes_change_the_screen() {
    let Some(terminal) = Terminal::start() else { return };
    terminal.top();
    for (keys, text) in [
        (&["2"][..], "[2 Cost]"),
        (&["3"], "anthropic"),
        (&["4"], "Cost per day"),
        (&["5"], "acme-web"),
        (&["?"], "Everywhere"),
        (&["?"], "Active days"),
        (&["1"], "[1 Live]"),
        (&["/", "f", "l", "a", "k", "y", "Enter"], "1 of 4"),
        (&["Escape"], "Add rate limiting"),
        (&["Enter"], "tokens per turn"),
    ] {
        terminal.keys(keys);
        terminal.sees(text);
    }
    terminal.keys(&["Escape"]);
    for (width, height, text) in [
        ("60", "20", "ASKS"),
        ("38", "9", "needs 40x10"),
        ("200", "60", "Last words"),
        ("120", "40", "ASKS"),
    ] {
        terminal
            .tmux
            .run(&["resize-window", "-t", "top", "-x", width, "-y", height]);
        terminal.sees(text);
    }
    terminal.keys(&["q"]);
    terminal.sees("code 0");
    terminal.is_restored("q");
}

#[test]
fn the_terminal_is_restored_however_the_screen_ends() {
    // What is done, and the exit code.
    let ends: [(&str, &str); 6] = [
        ("C-c", "code 0"),
        ("TERM", "code 143"),
        ("HUP", "code 143"),
        ("INT", "code 130"),
        ("QUIT", "code 143"),
        ("F12", "code 1"),
    ];
    for (how, code) in ends {
        let Some(terminal) = Terminal::start() else { return };
        terminal.top();
        match how {
            "C-c" | "F12" => terminal.keys(&[how]),
            signal => {
                let status = std::process::Command::new("kill")
                    .args(["-s", signal, &terminal.pid()])
                    .status();
                assert!(status.is_ok_and(|status| status.success()), "{signal}");
            }
        }
        terminal.sees(code);
        terminal.is_restored(how);
    }
}

#[test]
fn a_suspended_screen_gives_the_terminal_back_and_returns() {
    let Some(terminal) = Terminal::start() else { return };
    terminal.top();
    terminal.keys(&["2"]);
    terminal.sees("[2 Cost]");
    terminal.keys(&["C-z"]);
    terminal.sees("Stopped");
    eventually("the terminal is given back", || terminal.flags() == "0 0 1");
    terminal.line("fg");
    terminal.sees("[2 Cost]");
    terminal.keys(&["1"]);
    terminal.sees("[1 Live]");
    let status = std::process::Command::new("kill")
        .args(["-s", "TSTP", &terminal.pid()])
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    terminal.sees("Stopped");
    terminal.line("fg");
    terminal.sees("[1 Live]");
    terminal.keys(&["q"]);
    terminal.sees("ready>");
    eventually("the screen is left", || terminal.flags() == "0 0 1");
}

#[test]
fn the_next_run_starts_as_the_last_one_ended() {
    let Some(terminal) = Terminal::start() else { return };
    let run = format!(
        "{} top; echo \"code $?\"",
        assert_cmd::cargo::cargo_bin("ttop").display()
    );
    for (start, keys, then) in [
        ("[2 Cost]", &["4"][..], "[4 Trends]"),
        ("[4 Trends]", &["5"], "[5 Projects]"),
    ] {
        terminal.line("clear");
        terminal.line(&run);
        terminal.sees(start);
        terminal.keys(keys);
        terminal.sees(then);
        terminal.keys(&["q"]);
        terminal.sees("code 0");
    }
    terminal.line("clear");
    terminal.line(&run.replace(" top;", " top --reset;"));
    terminal.sees("[2 Cost]");
    terminal.keys(&["q"]);
}

#[test]
fn a_terminal_that_is_closed_ends_the_screen() {
    let Some(terminal) = Terminal::start() else { return };
    terminal.top();
    let pid = terminal.pid();
    assert!(!pid.is_empty());
    terminal.tmux.run(&["kill-session", "-t", "top"]);
    eventually("the process has ended", || {
        !std::path::Path::new(&format!("/proc/{pid}")).exists()
    });
}
